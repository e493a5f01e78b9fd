/* SPDX-License-Identifier: BSD-2-Clause */
/* Random images through every format that is written: what comes back is what went in, but for what a format cannot
 * hold, and that is said here. The random images know nothing of formats. */
#include "support.h"

#define ROUNDS 60u /* each save waits for the disk */
#define PAGE 256u

static struct dfu_error *err;
static uint64_t seed;

static uint64_t below(uint64_t n)
{
    return (test_random(&seed) >> 16) % n;
}

static const struct format {
    const char *name;
    const char *file;
    int gaps;  /* holds them */
    int alts;  /* … different ones */
    int start; /* … the start address */
    int pages; /* rounds up to them, with zeros */
} formats[] = {
    {"hex", "test_formats.tmp.hex", 1, 0, 1, 0},   {"srec", "test_formats.tmp.s19", 1, 0, 1, 0},
    {"dfuse", "test_formats.tmp.dfu", 1, 1, 0, 0}, {"uf2", "test_formats.tmp.uf2", 1, 0, 0, 1},
    {"bin", "test_formats.tmp.bin", 0, 0, 0, 0},
};

#define FORMATS (sizeof formats / sizeof *formats)

/* A few pieces near one of the places where formats change their ways. */
static struct dfu_image *random_image(const struct format *f)
{
    static const uint64_t places[] = {0, 0xFF80, 0x08000000, 0xFFFFC0, 0x0800FF00, 0xFFFFE000};
    static uint8_t data[4096];
    struct dfu_image *image;
    uint64_t base = places[below(sizeof places / sizeof *places)];
    unsigned pieces = f->gaps ? 1 + (unsigned)below(6) : 1;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    for (unsigned i = 0; i < pieces; i++) {
        size_t n = 1 + (size_t)below(below(4) == 0 ? sizeof data : 70);
        uint64_t at = base + below(8192 - n);
        uint32_t alt = f->alts ? (uint32_t)below(3) : DFU_ALT_ANY;
        for (size_t k = 0; k < n; k++)
            data[k] = (uint8_t)below(256);
        assert_dfu_ok(dfu_image_add(image, alt, at, data, n, DFU_OVERLAP_LAST, &err), err);
    }
    if (below(2) == 0)
        assert_dfu_ok(dfu_image_set_start(image, below(UINT64_C(1) << 32), &err), err);
    return image;
}

static struct dfu_image *there_and_back(const struct format *f, const struct dfu_image *image)
{
    struct dfu_image *again;
    struct dfu_image_options o;
    struct dfu_image_info info;
    DFU_INIT(&o);
    DFU_INIT(&info);
    o.record_bytes = below(2) == 0 ? 0 : 1 + (uint32_t)below(250);
    assert_dfu_ok(dfu_image_save(image, f->file, &o, &err), err);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    DFU_INIT(&o);
    if (!f->gaps) {
        o.flags = DFU_IMAGE_BASE_SET;
        o.base = info.span.start;
    }
    assert_dfu_ok(dfu_image_load(f->file, &o, &again, &err), err);
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(again, &info), DFU_OK);
    assert_string_equal(info.format, f->name);
    (void)remove(f->file);
    return again;
}

static void assert_same(const struct dfu_image *a, const struct dfu_image *b)
{
    struct dfu_segment x;
    struct dfu_segment y;
    DFU_INIT(&x);
    DFU_INIT(&y);
    assert_int_equal(dfu_image_count(a), dfu_image_count(b));
    for (size_t i = 0; dfu_image_segment(a, i, &x) == DFU_OK; i++) {
        assert_int_equal(dfu_image_segment(b, i, &y), DFU_OK);
        assert_int_equal(x.address, y.address);
        assert_int_equal(x.length, y.length);
        assert_int_equal(x.alt, y.alt);
        assert_memory_equal(x.data, y.data, (size_t)x.length);
    }
}

/* What a format that writes whole pages makes of an image. */
static void round_to_pages(struct dfu_image *image)
{
    struct dfu_image *whole;
    assert_dfu_ok(dfu_image_copy(image, &whole, &err), err);
    struct dfu_segment s;
    DFU_INIT(&s);
    for (size_t i = 0; dfu_image_segment(whole, i, &s) == DFU_OK; i++) {
        struct dfu_range pages = {s.address / PAGE * PAGE, (s.address + s.length + PAGE - 1) / PAGE * PAGE};
        assert_dfu_ok(dfu_image_fill(image, 0, pages, &err), err);
    }
    dfu_image_free(whole);
}

static void round_trips(void **state)
{
    (void)state;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (size_t i = 0; i < FORMATS; i++) {
            const struct format *f = &formats[i];
            struct dfu_image_info before;
            struct dfu_image_info after;
            DFU_INIT(&before);
            DFU_INIT(&after);
            seed = round * FORMATS + i + 1;
            struct dfu_image *image = random_image(f);
            struct dfu_image *again = there_and_back(f, image);
            assert_int_equal(dfu_image_describe(image, &before), DFU_OK);
            assert_int_equal(dfu_image_describe(again, &after), DFU_OK);
            if (f->pages)
                round_to_pages(image);
            assert_same(image, again);
            assert_int_equal(after.flags & DFU_IMAGE_HAS_START, f->start ? before.flags & DFU_IMAGE_HAS_START : 0);
            assert_int_equal(after.start, f->start ? before.start : 0);
            dfu_image_free(image);
            dfu_image_free(again);
        }
    }
}

/* Two alternate settings with data at one address: only a DfuSe file can hold them, the others say so. */
static void what_formats_cannot_hold(void **state)
{
    (void)state;
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, 0, 0x100, "ab", 2, DFU_OVERLAP_ERROR, &err), err);
    assert_dfu_ok(dfu_image_add(image, 1, 0x101, "x", 1, DFU_OVERLAP_ERROR, &err), err);
    for (size_t i = 0; i < FORMATS; i++) {
        int rc = dfu_image_save(image, formats[i].file, NULL, &err);
        if (formats[i].alts)
            assert_dfu_ok(rc, err);
        else
            assert_dfu_error(rc, err, DFU_ERR_RANGE, "alternate settings 0 and 1 both have data at 0x00000101");
        (void)remove(formats[i].file);
    }
    dfu_image_free(image);
}

/* Every name and every suffix that the table lists leads to a format that is there. */
static void every_written_format_is_here(void **state)
{
    (void)state;
    struct dfu_image *image;
    size_t written = 0;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0, "abcd", 4, DFU_OVERLAP_ERROR, &err), err);
    for (size_t i = 0; i < dfu_format_count(); i++) {
        struct dfu_image_options o;
        DFU_INIT(&o);
        o.format = dfu_format_name(i, NULL);
        if (dfu_image_save(image, "test_formats.tmp", &o, &err) == DFU_OK)
            written++;
        else
            assert_string_equal(o.format, "elf");
        dfu_error_free(err);
        err = NULL;
    }
    assert_int_equal(written, FORMATS);
    (void)remove("test_formats.tmp");
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(what_formats_cannot_hold),
        cmocka_unit_test(every_written_format_is_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
