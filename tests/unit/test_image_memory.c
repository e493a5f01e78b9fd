/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocation number n fails, for every n: each time a clean error, an unchanged image and nothing leaked.
 */
#include "refuse.h"
#include "support.h"

/* Out of order, with a gap and a repeated record: every path of the loader. */
static const char text[] = ":020000040800F2\n:0400100001020304E2\n:0400000001020304F2\n:020002000304F5\n"
                           ":0400000508000131BD\n:00000001FF\n";

static void assert_untouched(const struct dfu_image *image, const struct dfu_image *copy)
{
    assert_int_equal(dfu_image_count(image), dfu_image_count(copy));
    for (size_t i = 0; i < dfu_image_count(copy); i++) {
        struct dfu_segment a;
        struct dfu_segment b;
        DFU_INIT(&a);
        DFU_INIT(&b);
        assert_int_equal(dfu_image_segment(image, i, &a), DFU_OK);
        assert_int_equal(dfu_image_segment(copy, i, &b), DFU_OK);
        assert_true(a.alt == b.alt && a.address == b.address && a.length == b.length);
        assert_memory_equal(a.data, b.data, (size_t)a.length);
    }
}

typedef int edit_fn(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err);

static int edit_add(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    (void)other;
    return dfu_image_add(image, DFU_ALT_ANY, 0x08000004, "abcd", 4, DFU_OVERLAP_ERROR, err);
}

static int edit_append(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    static const uint8_t much[100000];
    (void)other;
    return dfu_image_add(image, DFU_ALT_ANY, 0x09000000, much, sizeof much, DFU_OVERLAP_ERROR, err);
}

static int edit_merge(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    return dfu_image_merge(image, other, DFU_OVERLAP_LAST, err);
}

static int edit_fill(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    (void)other;
    return dfu_image_fill(image, 0xFF, (struct dfu_range){0x08000000, 0x08000020}, err);
}

static int edit_crop(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    (void)other;
    return dfu_image_crop(image, (struct dfu_range){0x08000001, 0x08000012}, NULL, err);
}

static int edit_exclude(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    (void)other;
    return dfu_image_exclude(image, (struct dfu_range){0x08000001, 0x08000002}, NULL, err);
}

static int edit_patch(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    (void)other;
    return dfu_image_patch(image, 0x08000002, "0123456789ABCDEF", 16, err);
}

static int edit_crc(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    struct dfu_image_crc_options o;
    (void)other;
    DFU_INIT(&o);
    o.flags = DFU_IMAGE_CRC_RANGE_SET;
    o.range = (struct dfu_range){0x08000010, 0x08000014};
    return dfu_image_stm32_crc(image, &o, NULL, err);
}

static int edit_copy(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    struct dfu_image *copy;
    (void)image;
    int rc = dfu_image_copy(other, &copy, err);
    dfu_image_free(copy);
    return rc;
}

static int edit_save(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    (void)other;
    return dfu_image_save(image, "test_image_memory.out.hex", NULL, err);
}

static int edit_load(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    struct dfu_image *loaded;
    (void)image;
    (void)other;
    int rc = dfu_image_load("test_image_memory.in.hex", NULL, &loaded, err);
    dfu_image_free(loaded);
    return rc;
}

static int edit_parse(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    struct dfu_image *parsed;
    (void)image;
    (void)other;
    int rc = dfu_image_parse(text, strlen(text), "f.hex", NULL, &parsed, err);
    dfu_image_free(parsed);
    return rc;
}

static const char *format_file;

static int edit_load_format(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    struct dfu_image *loaded;
    struct dfu_image_options o;
    (void)image;
    (void)other;
    DFU_INIT(&o);
    if (strstr(format_file, "gunzip") != NULL)
        o.flags = DFU_IMAGE_BASE_SET;
    int rc = dfu_image_load(format_file, &o, &loaded, err);
    dfu_image_free(loaded);
    return rc;
}

static int edit_save_format(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    (void)other;
    return dfu_image_save(image, format_file, NULL, err);
}

static struct dfu_image *parsed(void)
{
    struct dfu_error *err = NULL;
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_parse(text, strlen(text), "f.hex", NULL, &image, &err), err);
    return image;
}

/* Runs edit with allocation n failing, n = 1, 2, …, until it gets through. A shrink that cannot shrink is the
 * one failure that may go unnoticed. */
static void fails_cleanly(edit_fn *edit, unsigned long at_least)
{
    unsigned long n = 0;
    int rc;
    do {
        struct dfu_error *err = NULL;
        struct dfu_image *image = parsed();
        struct dfu_image *copy = parsed();
        struct dfu_image *other;
        assert_dfu_ok(dfu_image_new(&other, &err), err);
        assert_dfu_ok(dfu_image_add(other, DFU_ALT_ANY, 0x08000002, "xyz", 3, DFU_OVERLAP_ERROR, &err), err);
        long before = refuse_alive;
        refuse_asked = 0;
        refuse_at = ++n;
        rc = edit(image, other, &err);
        refuse_at = 0;
        if (rc != DFU_OK) {
            assert_int_equal(rc, DFU_ERR_NO_MEMORY);
            assert_int_equal(dfu_error_code(err), DFU_ERR_NO_MEMORY);
            assert_string_equal(dfu_error_message(err), "out of memory");
            assert_int_equal(refuse_alive, before);
            assert_untouched(image, copy);
        }
        dfu_error_free(err);
        dfu_image_free(other);
        dfu_image_free(copy);
        dfu_image_free(image);
        assert_int_equal(refuse_alive, 0);
    } while (rc != DFU_OK || n <= refuse_asked);
    assert_true(n > at_least);
}

static void every_allocation(void **state)
{
    (void)state;
    static const struct {
        edit_fn *edit;
        unsigned long at_least; /* allocations, so that the test cannot become empty */
    } edits[] = {
        {edit_parse, 6}, {edit_load, 7},    {edit_add, 2},   {edit_append, 1}, {edit_merge, 3}, {edit_fill, 1},
        {edit_crop, 1},  {edit_exclude, 1}, {edit_patch, 2}, {edit_crc, 1},    {edit_copy, 3},  {edit_save, 4},
    };
    FILE *f = fopen("test_image_memory.in.hex", "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    refuse_alive = 0;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        fails_cleanly(edits[i].edit, edits[i].at_least);
    (void)remove("test_image_memory.in.hex");
    (void)remove("test_image_memory.out.hex");
}

/* The readers and writers of the other formats. */
static void every_allocation_of_formats(void **state)
{
    (void)state;
    static const char *const names[] = {"test_image_memory.tmp.s19", "test_image_memory.tmp.dfu",
                                        "test_image_memory.tmp.uf2"};
    refuse_alive = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        format_file = names[i];
        fails_cleanly(edit_save_format, 3);
        fails_cleanly(edit_load_format, 4);
        (void)remove(names[i]);
    }
    format_file = test_own_data("elf/tiny.elf");
    fails_cleanly(edit_load_format, 4);
    format_file = test_own_data("elf/paged.elf");
    fails_cleanly(edit_load_format, 5);
    format_file = DFU_TESTS_DIR "/fuzz/seeds/gunzip/two";
    fails_cleanly(edit_load_format, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation),
                                       cmocka_unit_test(every_allocation_of_formats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
