/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw files, and how formats are chosen. */
#include "support.h"

#define NAME "test_bin.tmp.bin"

static struct dfu_error *err;

static struct dfu_image_options based(uint64_t base)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.base = base;
    o.flags = DFU_IMAGE_BASE_SET;
    return o;
}

static void goes_where_it_is_told(void **state)
{
    (void)state;
    struct dfu_image *image = NULL;
    struct dfu_image_options o = based(0x08004000);
    struct dfu_segment s;
    DFU_INIT(&s);
    assert_dfu_ok(dfu_image_parse("\0\1\2", 3, "fw", &o, &image, &err), err);
    assert_int_equal(dfu_image_count(image), 1);
    assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
    assert_int_equal(s.address, 0x08004000);
    assert_int_equal(s.alt, DFU_ALT_ANY);
    assert_memory_equal(s.data, "\0\1\2", 3);
    dfu_image_free(image);
    o = based(0); /* address 0 is legal */
    assert_dfu_ok(dfu_image_parse("\0\1\2", 3, "fw", &o, &image, &err), err);
    dfu_image_free(image);
}

static void refusals(void **state)
{
    (void)state;
    struct dfu_image *image = NULL;
    struct dfu_image_options o = based(0xFFFFFFFF);
    assert_dfu_error(dfu_image_parse("ab", 2, "fw", NULL, &image, &err), err, DFU_ERR_ARGUMENT, "fw: raw bytes");
    assert_dfu_error(dfu_image_parse("ab", 2, "fw", &o, &image, &err), err, DFU_ERR_RANGE, "past 4 GiB");
    o = based(UINT64_MAX);
    assert_dfu_error(dfu_image_parse("ab", 2, "fw", &o, &image, &err), err, DFU_ERR_RANGE, "past 4 GiB");
    o = based(0);
    assert_dfu_error(dfu_image_parse("", 0, "fw", &o, &image, &err), err, DFU_ERR_FORMAT,
                     "fw: the file contains no data");
    o.max_bytes = 1;
    assert_dfu_error(dfu_image_parse("ab", 2, "fw", &o, &image, &err), err, DFU_ERR_RANGE, "more than 1 bytes");
    o = based(0);
    o.format = "tek";
    assert_dfu_error(dfu_image_parse("ab", 2, "fw", &o, &image, &err), err, DFU_ERR_ARGUMENT, "unknown format \"tek\"");
    o = based(0);
    o.overlap = 3;
    assert_dfu_error(dfu_image_parse("ab", 2, "fw", &o, &image, &err), err, DFU_ERR_ARGUMENT, "overlap policy 3");
    assert_dfu_error(dfu_image_load("no/such", NULL, &image, &err), err, DFU_ERR_FILE, "no/such: cannot open: No such");
    assert_null(image);
}

/* Flashing a container as if it were code must be asked for. */
static void containers_are_not_raw(void **state)
{
    (void)state;
    struct dfu_image *image = NULL;
    struct dfu_image_options o = based(0x08000000);
    assert_dfu_error(dfu_image_parse("\177ELF\1\1\1", 7, "a.bin", &o, &image, &err), err, DFU_ERR_ARGUMENT,
                     "holds its own addresses");
    assert_dfu_error(dfu_image_parse("S00600004844521B\n", 17, "a", &o, &image, &err), err, DFU_ERR_ARGUMENT,
                     "S-records holds its own addresses");
    assert_dfu_error(dfu_image_parse("DfuSe\1....", 10, "a", &o, &image, &err), err, DFU_ERR_ARGUMENT,
                     "holds its own addresses");
    assert_dfu_error(dfu_image_parse("UF2\nWQ]\x9E", 8, "a", &o, &image, &err), err, DFU_ERR_ARGUMENT, "own addresses");
    assert_dfu_error(dfu_image_parse("\x1F\x8B\x08.", 4, "a", &o, &image, &err), err, DFU_ERR_FORMAT, "compressed");
    o.format = "bin";
    assert_dfu_ok(dfu_image_parse("\177ELF\1\1\1", 7, "a.bin", &o, &image, &err), err);
    dfu_image_free(image);
    assert_dfu_ok(dfu_image_parse(":04000000", 9, "a.hex", &o, &image, &err), err);
    dfu_image_free(image);
}

static void larger_than_any_buffer(void **state)
{
    (void)state;
    const size_t length = 1000003;
    struct dfu_image *image = NULL;
    struct dfu_image_options o = based(0x90000000);
    uint8_t *data = malloc(length);
    assert_non_null(data);
    for (size_t i = 0; i < length; i++)
        data[i] = (uint8_t)(i * i >> 3);
    assert_dfu_ok(dfu_image_parse(data, length, "fw", &o, &image, &err), err);
    assert_dfu_ok(dfu_image_save(image, NAME, NULL, &err), err);
    dfu_image_free(image);
    assert_dfu_ok(dfu_image_load(NAME, &o, &image, &err), err);
    struct dfu_segment s;
    DFU_INIT(&s);
    assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
    assert_int_equal(s.length, length);
    assert_memory_equal(s.data, data, length);
    dfu_image_free(image);
    free(data);
    (void)remove(NAME);
}

static void gap_cannot_be_written(void **state)
{
    (void)state;
    struct dfu_image *image;
    (void)remove(NAME);
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_error(dfu_image_save(image, NAME, NULL, &err), err, DFU_ERR_RANGE, NAME ": the image holds no data");
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x10, "ab", 2, 0, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x20, "cd", 2, 0, &err), err);
    assert_dfu_error(dfu_image_save(image, NAME, NULL, &err), err, DFU_ERR_RANGE,
                     "gap 0x00000012..0x00000020 (14 bytes)");
    assert_dfu_error(dfu_image_save(image, NAME, NULL, &err), err, DFU_ERR_RANGE, "--fill 0xFF@0x00000012..0x00000020");
    assert_null(fopen(NAME, "rb"));
    assert_dfu_error(dfu_image_save(image, "noname", NULL, &err), err, DFU_ERR_ARGUMENT, ".hex, .s19, .bin");
    assert_dfu_error(dfu_image_save(image, "a.hex/.b", NULL, &err), err, DFU_ERR_ARGUMENT, "does not say");
    dfu_image_free(image);
}

static void alts_in_one_file(void **state)
{
    (void)state;
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, 1, 0x10, "ab", 2, 0, &err), err);
    assert_dfu_ok(dfu_image_add(image, 0, 0x12, "cd", 2, 0, &err), err);
    assert_dfu_ok(dfu_image_save(image, NAME, NULL, &err), err);
    char *text = (char *)test_slurp(NAME, NULL);
    assert_string_equal(text, "abcd");
    free(text);
    assert_dfu_ok(dfu_image_add(image, 2, 0x13, "d", 1, 0, &err), err);
    assert_dfu_error(dfu_image_save(image, NAME, NULL, &err), err, DFU_ERR_RANGE,
                     "0 and 2 both have data at 0x00000013");
    dfu_image_free(image);
    (void)remove(NAME);
}

static void formats_are_listed(void **state)
{
    (void)state;
    static const char *const names[] = {"dfuse", "uf2", "elf", "srec", "hex", "bin"};
    const size_t count = sizeof names / sizeof *names;
    const char *text = NULL;
    assert_int_equal(dfu_format_count(), count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(dfu_format_name(i, &text), names[i]);
        assert_true(strlen(text) > 3);
    }
    assert_null(dfu_format_name(count, &text));
}

static void suffixes(void **state)
{
    (void)state;
    static const char *const names[] = {"test_bin.tmp.hex", "test_bin.tmp.IHX", "test_bin.tmp.ihex"};
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0, "\1\2\3\4", 4, 0, &err), err);
    for (size_t i = 0; i < 3; i++) {
        assert_dfu_ok(dfu_image_save(image, names[i], NULL, &err), err);
        char *text = (char *)test_slurp(names[i], NULL);
        assert_string_equal(text, ":020000040000FA\n:0400000001020304F2\n:00000001FF\n");
        free(text);
        (void)remove(names[i]);
    }
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_where_it_is_told),  cmocka_unit_test(refusals),
        cmocka_unit_test(containers_are_not_raw), cmocka_unit_test(larger_than_any_buffer),
        cmocka_unit_test(gap_cannot_be_written),  cmocka_unit_test(alts_in_one_file),
        cmocka_unit_test(formats_are_listed),     cmocka_unit_test(suffixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
