/* SPDX-License-Identifier: BSD-2-Clause */
/* The DFU suffix. Expected bytes come from dfu-suffix 0.11: dfu-suffix -v 0483 -p df11 -d 0123 -a FILE. */
#include "support.h"

#define NAME "test_suffix.tmp"

static const uint8_t for_blinky[16] = {0x23, 0x01, 0x11, 0xDF, 0x83, 0x04, 0x00, 0x01,
                                       'U',  'F',  'D',  16,   0x12, 0x68, 0x6A, 0xD8};

static struct dfu_error *err;

static void write_file(const void *data, size_t length)
{
    FILE *f = fopen(NAME, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

static void assert_file(const void *wanted, size_t length, const void *then, size_t then_length)
{
    size_t size;
    uint8_t *data = test_slurp(NAME, &size);
    assert_int_equal(size, length + then_length);
    assert_memory_equal(data, wanted, length);
    assert_memory_equal(data + length, then, then_length);
    free(data);
}

static void add_check_remove(void **state)
{
    (void)state;
    struct dfu_suffix s;
    size_t size;
    uint8_t *blinky = test_slurp(test_own_data("blinky/blinky.bin"), &size);
    DFU_INIT(&s);
    s.vid = 0x0483;
    s.pid = 0xDF11;
    s.bcd_device = 0x0123;
    write_file(blinky, size);
    assert_dfu_error(dfu_suffix_check(NAME, &s, &err), err, DFU_ERR_FORMAT, NAME ": the file has no DFU suffix");
    assert_dfu_error(dfu_suffix_remove(NAME, &err), err, DFU_ERR_FORMAT, "no DFU suffix");
    assert_dfu_ok(dfu_suffix_add(NAME, &s, &err), err);
    assert_file(blinky, size, for_blinky, 16);
    assert_dfu_error(dfu_suffix_add(NAME, &s, &err), err, DFU_ERR_FORMAT, "has a DFU suffix already");
    assert_file(blinky, size, for_blinky, 16);
    memset(&s, 0, sizeof s);
    DFU_INIT(&s);
    assert_dfu_ok(dfu_suffix_check(NAME, &s, &err), err);
    assert_int_equal(s.vid, 0x0483);
    assert_int_equal(s.pid, 0xDF11);
    assert_int_equal(s.bcd_device, 0x0123);
    assert_int_equal(s.bcd_dfu, 0x0100);
    assert_int_equal(s.length, 16);
    assert_int_equal(s.crc, 0xD86A6812);
    assert_dfu_ok(dfu_suffix_remove(NAME, &err), err);
    assert_file(blinky, size, "", 0);
    assert_dfu_error(dfu_suffix_check("no/such", &s, &err), err, DFU_ERR_FILE, "no/such");
    free(blinky);
    (void)remove(NAME);
}

static struct dfu_image_options raw(const char *format)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.flags = DFU_IMAGE_BASE_SET;
    o.base = 0x08000000;
    o.format = format;
    return o;
}

static void assert_loads(const void *data, size_t length, const char *format, uint64_t bytes, uint32_t flags)
{
    struct dfu_image *image;
    struct dfu_image_info info;
    struct dfu_image_options o = raw(format);
    DFU_INIT(&info);
    assert_dfu_ok(dfu_image_parse(data, length, "f.dfu", &o, &image, &err), err);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.bytes, bytes);
    assert_int_equal(info.flags, flags);
    assert_int_equal(info.vid, flags != 0 ? 0x0483 : 0);
    dfu_image_free(image);
}

/* No data, but remembered; unless "bin" says that every byte is meant. */
static void stripped_from_raw_files(void **state)
{
    (void)state;
    size_t size;
    struct dfu_image *image = NULL;
    struct dfu_image_options o = raw(NULL);
    uint8_t *data = test_slurp(test_own_data("blinky/blinky.bin"), &size);
    uint8_t *longer = realloc(data, size + 16);
    assert_non_null(longer);
    data = longer;
    memcpy(data + size, for_blinky, 16);
    assert_loads(data, size + 16, NULL, size, DFU_IMAGE_HAS_IDS);
    assert_loads(data, size + 16, "bin", size + 16, 0);
    assert_loads(data, size + 15, NULL, size + 15, 0);
    data[0] ^= 1;
    assert_dfu_error(dfu_image_parse(data, size + 16, "f", &o, &image, &err), err, DFU_ERR_FORMAT,
                     "f: the DFU suffix at offset 136 holds CRC 0xD86A6812, the file has 0x");
    assert_dfu_error(dfu_image_parse(for_blinky, 16, "f", &o, &image, &err), err, DFU_ERR_FORMAT,
                     "holds CRC 0xD86A6812");
    assert_null(image);
    free(data);
}

/* A large file: the suffix lies across the blocks in which it is read. */
static void across_blocks(void **state)
{
    (void)state;
    const size_t block = (size_t)256 * 1024;
    uint8_t *data = calloc(1, block + 32);
    assert_non_null(data);
    for (size_t size = block - 16; size <= block + 16; size += 4) {
        struct dfu_image *image;
        struct dfu_image_options o = raw(NULL);
        struct dfu_suffix s;
        DFU_INIT(&s);
        s.vid = 0x0483;
        write_file(data, size);
        assert_dfu_ok(dfu_suffix_add(NAME, &s, &err), err);
        assert_dfu_ok(dfu_image_load(NAME, &o, &image, &err), err);
        struct dfu_image_info info;
        DFU_INIT(&info);
        assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
        assert_int_equal(info.bytes, size);
        assert_int_equal(info.flags, DFU_IMAGE_HAS_IDS);
        dfu_image_free(image);
    }
    free(data);
    (void)remove(NAME);
}

static void matching(void **state)
{
    (void)state;
    struct dfu_image *image;
    struct dfu_image_options o = raw(NULL);
    struct dfu_suffix s;
    write_file("abcd", 4);
    DFU_INIT(&s);
    s.vid = 0x0483;
    s.pid = 0xFFFF;
    assert_dfu_ok(dfu_suffix_add(NAME, &s, &err), err);
    assert_dfu_ok(dfu_image_load(NAME, &o, &image, &err), err);
    assert_dfu_ok(dfu_image_match(image, 0x0483, 0x1234, &err), err);
    assert_dfu_error(dfu_image_match(image, 0x0484, 0xDF11, &err), err, DFU_ERR_WRONG_TARGET,
                     "the file is for vendor id 0483, the device has 0484");
    dfu_image_free(image);
    s.vid = 0xFFFF;
    s.pid = 0xDF11;
    assert_dfu_ok(dfu_suffix_remove(NAME, &err), err);
    assert_dfu_ok(dfu_suffix_add(NAME, &s, &err), err);
    assert_dfu_ok(dfu_image_load(NAME, &o, &image, &err), err);
    assert_dfu_ok(dfu_image_match(image, 1, 0xDF11, &err), err);
    assert_dfu_error(dfu_image_match(image, 1, 2, &err), err, DFU_ERR_WRONG_TARGET,
                     "the file is for product id df11, the device has 0002");
    dfu_image_free(image);
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_match(image, 1, 2, &err), err);
    dfu_image_free(image);
    (void)remove(NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_check_remove),
        cmocka_unit_test(stripped_from_raw_files),
        cmocka_unit_test(across_blocks),
        cmocka_unit_test(matching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
