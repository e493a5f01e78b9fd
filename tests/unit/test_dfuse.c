/* SPDX-License-Identifier: BSD-2-Clause */
/* DfuSe files, put together here by UM0391; the command's tests compare with dfuse-pack. */
#include "support.h"

#define TARGET 274u

static struct dfu_error *err;

struct file {
    uint8_t bytes[4096];
    size_t used;
};

static void put(struct file *f, const void *data, size_t n)
{
    assert_true(f->used + n <= sizeof f->bytes);
    memcpy(f->bytes + f->used, data, n);
    f->used += n;
}

/* CRC-32 bit by bit, without the final inversion (DFU 1.1 appendix B). */
static uint32_t crc_of(const struct file *f)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < f->used; i++) {
        crc ^= f->bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
    }
    return crc;
}

static void put32(struct file *f, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    put(f, b, 4);
}

static void begin(struct file *f, uint32_t size, uint8_t targets)
{
    f->used = 0;
    put(f, "DfuSe\1", 6);
    put32(f, size);
    put(f, &targets, 1);
}

static void target(struct file *f, uint8_t alt, const char *name, uint32_t size, uint32_t elements)
{
    char padded[255] = {0};
    if (name != NULL)
        (void)snprintf(padded, sizeof padded, "%s", name);
    put(f, "Target", 6);
    put(f, &alt, 1);
    put32(f, name != NULL);
    put(f, padded, sizeof padded);
    put32(f, size);
    put32(f, elements);
}

static void element(struct file *f, uint32_t address, const char *data)
{
    put32(f, address);
    put32(f, (uint32_t)strlen(data));
    put(f, data, strlen(data));
}

static void suffix(struct file *f, uint16_t vid, uint16_t pid)
{
    uint8_t ids[8] = {0, 0, (uint8_t)pid, (uint8_t)(pid >> 8), (uint8_t)vid, (uint8_t)(vid >> 8), 0x1A, 0x01};
    put(f, ids, 8);
    put(f, "UFD\20", 4);
    put32(f, crc_of(f));
}

/* Two alts, three elements; the prefix claims extra bytes more than UM0391 has it. */
static void two_targets(struct file *f, uint32_t extra)
{
    begin(f, 11 + TARGET + 12 + 10 + TARGET + 14 + extra, 2);
    target(f, 0, "app", 22, 2);
    element(f, 0x08000000, "boot");
    element(f, 0x08000100, "!!");
    target(f, 3, NULL, 14, 1);
    element(f, 0x08000000, "data..");
    suffix(f, 0x0483, 0xDF11);
}

static int parse(const struct file *f, struct dfu_image **image)
{
    return dfu_image_parse(f->bytes, f->used, "f.dfu", NULL, image, &err);
}

static void refuses(const struct file *f, int code, const char *words)
{
    struct dfu_image *image = NULL;
    assert_dfu_error(parse(f, &image), err, code, words);
    assert_null(image);
}

static void assert_two_targets(const struct dfu_image *image)
{
    struct dfu_image_info info;
    char got[8] = "";
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_string_equal(info.format, "dfuse");
    assert_int_equal(info.bytes, 12);
    assert_int_equal(info.segments, 3);
    assert_int_equal(info.flags, DFU_IMAGE_HAS_IDS);
    assert_int_equal(info.vid, 0x0483);
    assert_int_equal(info.pid, 0xDF11);
    assert_int_equal(info.bcd_dfu, 0x011A);
    assert_int_equal(dfu_image_read(image, 0, 0x08000000, got, 6), 4);
    assert_string_equal(got, "boot");
    assert_int_equal(dfu_image_read(image, 3, 0x08000000, got, 6), 6);
    assert_string_equal(got, "data..");
    assert_string_equal(dfu_image_label(image, 0), "app");
    assert_null(dfu_image_label(image, 3));
}

static void reads_both_sizes(void **state)
{
    (void)state;
    struct file f;
    struct dfu_image *image;
    for (uint32_t extra = 0; extra <= 16; extra += 16) {
        two_targets(&f, extra);
        assert_dfu_ok(parse(&f, &image), err);
        assert_two_targets(image);
        dfu_image_free(image);
    }
    two_targets(&f, 1);
    refuses(&f, DFU_ERR_FORMAT, "f.dfu: the prefix says 596 bytes (offset 6), the file has 595 and a suffix");
}

static void writes_as_um0391(void **state)
{
    (void)state;
    struct file f;
    struct dfu_image *image;
    size_t size;
    two_targets(&f, 0);
    assert_dfu_ok(parse(&f, &image), err);
    assert_dfu_ok(dfu_image_save(image, "test_dfuse.tmp.dfu", NULL, &err), err);
    uint8_t *got = test_slurp("test_dfuse.tmp.dfu", &size);
    assert_int_equal(size, f.used);
    assert_memory_equal(got, f.bytes, size);
    free(got);
    dfu_image_free(image);
    (void)remove("test_dfuse.tmp.dfu");
}

/* Data for no alternate setting goes to 0; ids that nobody gave fit any device. */
static void writes_without_alts_and_ids(void **state)
{
    (void)state;
    struct file f;
    struct dfu_image *image;
    struct dfu_image_options o;
    size_t size;
    DFU_INIT(&o);
    o.format = "dfu";
    begin(&f, 11 + TARGET + 12, 1);
    target(&f, 0, NULL, 12, 1);
    element(&f, 0x08000000, "boot");
    uint8_t any[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1A, 0x01};
    put(&f, any, 8);
    put(&f, "UFD\20", 4);
    put32(&f, crc_of(&f));
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x08000000, "boot", 4, 0, &err), err);
    assert_dfu_ok(dfu_image_save(image, "test_dfuse.tmp", &o, &err), err);
    uint8_t *got = test_slurp("test_dfuse.tmp", &size);
    assert_int_equal(size, f.used);
    assert_memory_equal(got, f.bytes, size);
    free(got);
    o.flags = DFU_IMAGE_IDS_SET;
    o.vid = 0x1234;
    o.pid = 0x5678;
    o.bcd_device = 0x0200;
    assert_dfu_ok(dfu_image_save(image, "test_dfuse.tmp", &o, &err), err);
    struct dfu_suffix s;
    DFU_INIT(&s);
    assert_dfu_ok(dfu_suffix_check("test_dfuse.tmp", &s, &err), err);
    assert_int_equal(s.vid, 0x1234);
    assert_int_equal(s.pid, 0x5678);
    assert_int_equal(s.bcd_device, 0x0200);
    assert_dfu_ok(dfu_image_add(image, 1, 0x08001000, "x", 1, 0, &err), err);
    assert_dfu_error(dfu_image_save(image, "test_dfuse.tmp", &o, &err), err, DFU_ERR_RANGE, "some for none");
    dfu_image_free(image);
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, 256, 0, "x", 1, 0, &err), err);
    assert_dfu_error(dfu_image_save(image, "test_dfuse.tmp", &o, &err), err, DFU_ERR_RANGE, "alternate setting 256");
    dfu_image_free(image);
    (void)remove("test_dfuse.tmp");
}

/* Cut anywhere: an error, never an image. */
static void every_cut(void **state)
{
    (void)state;
    struct file f;
    two_targets(&f, 0);
    size_t whole = f.used;
    for (f.used = 5; f.used < whole; f.used++)
        refuses(&f, DFU_ERR_FORMAT, "cut off");
}

static void damage_is_named(void **state)
{
    (void)state;
    struct file f;
    two_targets(&f, 0);
    f.bytes[11 + TARGET + 8] ^= 1;
    refuses(&f, DFU_ERR_FORMAT, "f.dfu: the DFU suffix at offset 595 holds CRC 0x");
    two_targets(&f, 0);
    f.bytes[5] = 2;
    refuses(&f, DFU_ERR_FORMAT, "version 2 of the DfuSe format");
    two_targets(&f, 0);
    f.bytes[11] = 't';
    refuses(&f, DFU_ERR_FORMAT, "at offset 11 there should be target 1");
    begin(&f, 0, 1);
    target(&f, 0, NULL, 11, 1);
    element(&f, 0, "boot");
    suffix(&f, 1, 2);
    refuses(&f, DFU_ERR_FORMAT, "element 1 (offset 285) has 4 bytes, its target 3 left");
    begin(&f, 0, 1);
    target(&f, 0, NULL, 13, 1);
    element(&f, 0, "boot");
    suffix(&f, 1, 2);
    refuses(&f, DFU_ERR_FORMAT, "target 1 (offset 11) is 1 bytes longer than its 1 elements");
    begin(&f, 0, 1);
    target(&f, 0, NULL, 12, 2);
    element(&f, 0, "boot");
    suffix(&f, 1, 2);
    refuses(&f, DFU_ERR_FORMAT, "element 2 (offset 297) begins with 0 bytes of its target left");
    begin(&f, 311, 1);
    target(&f, 0, NULL, 26, 2);
    element(&f, 0x100, "boot");
    element(&f, 0x102, "xxxxxx");
    suffix(&f, 1, 2);
    refuses(&f, DFU_ERR_FORMAT, "f.dfu: element 2: 0x78 at 0x00000102 contradicts 0x6F from element 1");
    begin(&f, 0, 1);
    target(&f, 0, NULL, 12, 1);
    element(&f, 0xFFFFFFFD, "boot");
    suffix(&f, 1, 2);
    refuses(&f, DFU_ERR_RANGE, "f.dfu: element 1: 4 bytes at 0xFFFFFFFD end past 4 GiB");
    two_targets(&f, 0);
    put(&f, "x", 1);
    refuses(&f, DFU_ERR_FORMAT, "after the last target, at offset 595, there should be a DFU suffix");
}

/* A short file that claims 4 GiB. */
static void claims_four_gib(void **state)
{
    (void)state;
    struct file f;
    begin(&f, 0xFFFFFFFF, 1);
    target(&f, 0, NULL, 0xFFFFFFFF, 1);
    put32(&f, 0);
    put32(&f, 0xFFFFFFF0);
    put(&f, "some", 4);
    refuses(&f, DFU_ERR_FORMAT, "the file ends at 297, within an element, which needs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_sizes),
        cmocka_unit_test(writes_as_um0391),
        cmocka_unit_test(writes_without_alts_and_ids),
        cmocka_unit_test(every_cut),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(claims_four_gib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
