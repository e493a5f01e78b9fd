/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel HEX: what is accepted, what is refused with which words, and what is written. */
#include "support.h"

#define END ":00000001FF\n"
#define FOUR ":0400000001020304F2\n" /* 01 02 03 04 at offset 0 */
#define HIGH ":020000040800F2\n"     /* linear 0x0800xxxx */

static struct dfu_error *err;
static char last_note[512];
static unsigned notes;

static void note(const char *text, void *user)
{
    assert_ptr_equal(user, &notes);
    (void)snprintf(last_note, sizeof last_note, "%s", text);
    notes++;
}

static int parse(const char *text, size_t length, uint32_t overlap, struct dfu_image **image)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.overlap = overlap;
    o.note = note;
    o.note_user = &notes;
    notes = 0;
    last_note[0] = '\0';
    return dfu_image_parse(text, length, "f.hex", &o, image, &err);
}

/* Parses text and compares the bytes at address with wanted. */
static void reads(const char *text, uint64_t address, const char *wanted, size_t length)
{
    struct dfu_image *image;
    struct dfu_image_info info;
    char got[64];
    assert_dfu_ok(parse(text, strlen(text), DFU_OVERLAP_ERROR, &image), err);
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, address, got, length), length);
    assert_memory_equal(got, wanted, length);
    assert_int_equal(info.bytes, length);
    assert_string_equal(info.format, "hex");
    dfu_image_free(image);
}

static void refuses(const char *text, int code, const char *words)
{
    struct dfu_image *image = NULL;
    assert_dfu_error(parse(text, strlen(text), DFU_OVERLAP_ERROR, &image), err, code, words);
    assert_null(image);
}

static void line_ends_and_blanks(void **state)
{
    (void)state;
    reads(HIGH FOUR END, 0x08000000, "\1\2\3\4", 4);
    reads(":020000040800F2\r\n:0400000001020304F2\r\n:00000001FF\r\n", 0x08000000, "\1\2\3\4", 4);
    reads(":020000040800F2\r:0400000001020304F2\r:00000001FF\r", 0x08000000, "\1\2\3\4", 4);
    reads("\xEF\xBB\xBF" HIGH FOUR ":00000001FF", 0x08000000, "\1\2\3\4", 4);
    reads("\n  :020000040800F2 \t\n\n\t:0400000001020304f2  \n \n:00000001ff", 0x08000000, "\1\2\3\4", 4);
    assert_int_equal(notes, 0);
}

static void segmented_and_linear(void **state)
{
    (void)state;
    reads(":020000021000EC\n" FOUR END, 0x10000, "\1\2\3\4", 4);
    /* offset FFFE: wraps inside the segment … */
    struct dfu_image *image;
    static const char wraps[] = ":020000021000EC\n:04FFFE0001020304F5\n" END;
    uint8_t got[2];
    assert_dfu_ok(parse(wraps, strlen(wraps), 0, &image), err);
    assert_int_equal(dfu_image_count(image), 2);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, 0x1FFFE, got, 2), 2);
    assert_memory_equal(got, "\1\2", 2);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, 0x10000, got, 2), 2);
    assert_memory_equal(got, "\3\4", 2);
    dfu_image_free(image);
    /* … and goes on in linear mode, also when neither was said. */
    reads(":020000040800F2\n:04FFFE0001020304F5\n" END, 0x0800FFFE, "\1\2\3\4", 4);
    reads(":04FFFE0001020304F5\n" END, 0xFFFE, "\1\2\3\4", 4);
    /* a start record changes no mode */
    reads(":020000040800F2\n:0400000312340010A3\n:04FFFE0001020304F5\n" END, 0x0800FFFE, "\1\2\3\4", 4);
}

static void any_order(void **state)
{
    (void)state;
    reads(":020002000304F5\n:020000000102FB\n" END, 0, "\1\2\3\4", 4);
    reads(":0100030004F8\n:0100010002FC\n:0100020003FA\n:0100000001FE\n" END, 0, "\1\2\3\4", 4);
}

static uint64_t start_of(const char *text)
{
    struct dfu_image *image;
    struct dfu_image_info info;
    assert_dfu_ok(parse(text, strlen(text), 0, &image), err);
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    dfu_image_free(image);
    return (info.flags & DFU_IMAGE_HAS_START) != 0 ? info.start : UINT64_MAX;
}

static void start_addresses(void **state)
{
    (void)state;
    assert_int_equal(start_of(FOUR END), UINT64_MAX);
    assert_int_equal(start_of(FOUR ":0400000508000131BD\n" END), 0x08000131);
    assert_int_equal(start_of(":0400000312340010A3\n" FOUR END), 0x12350);
    assert_int_equal(start_of(FOUR ":00012301DB\n"), 0x123);
    assert_int_equal(start_of(HIGH FOUR ":00012301DB\n"), UINT64_MAX);
    assert_non_null(strstr(last_note, "line 3"));
    assert_int_equal(start_of(FOUR ":0400000508000131BD\n:0400000508000133BB\n" END), 0x08000131);
    assert_non_null(strstr(last_note, "line 3: another start address, 0x08000133, ignored"));
}

static void text_after_the_end_is_remarked(void **state)
{
    (void)state;
    reads(FOUR END "\n\r\n  ", 0, "\1\2\3\4", 4);
    assert_int_equal(notes, 0);
    reads(FOUR END "\nbuilt on a Monday\n", 0, "\1\2\3\4", 4);
    assert_string_equal(last_note, "f.hex: line 4: text after the end record ignored");
    reads(FOUR END FOUR END, 0, "\1\2\3\4", 4);
    assert_string_equal(last_note, "f.hex: line 3: records after the end record ignored");
    assert_int_equal(notes, 1);
}

static void damage_is_named(void **state)
{
    (void)state;
    refuses(HIGH FOUR, DFU_ERR_FORMAT, "f.hex: no end record");
    refuses(":00000001FF", DFU_ERR_FORMAT, "f.hex: the file contains no data");
    refuses("", DFU_ERR_FORMAT, "f.hex: the file contains no data");
    refuses(HIGH ":0400000001020304F3\n" END, DFU_ERR_FORMAT, "line 2: checksum 0xF3, should be 0xF2");
    refuses(HIGH ":0400000001020304F\n" END, DFU_ERR_FORMAT, "line 2: 17 hex digits (an odd number)");
    refuses(HIGH ":04000000010203F2\n" END, DFU_ERR_FORMAT, "16 hex digits, but a record of 4 data bytes has 18");
    refuses(HIGH ":0400000001020304F200\n" END, DFU_ERR_FORMAT, "20 hex digits, but a record of 4 data bytes has 18");
    refuses(HIGH ":04000000G1020304F2\n" END, DFU_ERR_FORMAT, "line 2: column 10: 'G'");
    refuses(HIGH ":0400000001020304F2x\n" END, DFU_ERR_FORMAT, "line 2: column 20: 'x'");
    refuses(HIGH ":0400000001020304F2 x\n" END, DFU_ERR_FORMAT, "line 2: text after the record");
    refuses(HIGH ":0400000001020304F2 " FOUR END, DFU_ERR_FORMAT, "line 2: text after the record");
    refuses(HIGH ":\n" END, DFU_ERR_FORMAT, "line 2: the record has 0 hex digits");
    refuses(HIGH ":00000001", DFU_ERR_FORMAT, "8 hex digits, but a record of 0 data bytes has 10");
    refuses(HIGH ":00000001", DFU_ERR_FORMAT, "cut off");
    refuses(HIGH ":0400000600010203F0\n" END, DFU_ERR_FORMAT, "line 2: unknown record type 0x06");
    refuses(":0100000408F3\n" END, DFU_ERR_FORMAT, "line 1: a record of type 0x04 holds 2 bytes, this one 1");
    refuses(FOUR ":0100000100FE\n", DFU_ERR_FORMAT, "line 2: a record of type 0x01 holds 0 bytes");
    refuses("# made by x\n" HIGH FOUR END, DFU_ERR_FORMAT, "line 1: '#' where a record");
    refuses(HIGH "\r\n\r; x\n" FOUR END, DFU_ERR_FORMAT, "line 4: ';' where a record");
    refuses(":02000004FFFFFC\n:04FFFE0001020304F5\n" END, DFU_ERR_RANGE,
            "line 2: 4 bytes at 0xFFFFFFFE end past 4 GiB");
}

/* What begins like Intel HEX never falls back to raw, not even with an address at hand. */
static void damaged_hex_is_not_raw(void **state)
{
    (void)state;
    struct dfu_image *image = NULL;
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.flags = DFU_IMAGE_BASE_SET;
    assert_dfu_error(dfu_image_parse(":10000000", 9, "fw", &o, &image, &err), err, DFU_ERR_ARGUMENT, "--move");
    o.flags = 0;
    assert_dfu_error(dfu_image_parse(":10000000", 9, "fw", &o, &image, &err), err, DFU_ERR_FORMAT, "line 1");
    assert_dfu_error(dfu_image_parse("no record", 9, "fw.HEX", &o, &image, &err), err, DFU_ERR_FORMAT, "line 1");
}

static void contradictions(void **state)
{
    (void)state;
    struct dfu_image *image;
    uint8_t got[4];
    static const char twice[] = ":0400000001020304F2\n:020001000203F8\n" END;
    static const char differs[] = HIGH ":0400000001020304F2\n\n:020002000309F0\n" END;
    reads(twice, 0, "\1\2\3\4", 4);
    refuses(differs, DFU_ERR_FORMAT, "f.hex: line 4: 0x09 at 0x08000003 contradicts 0x04 from line 2");
    assert_dfu_ok(parse(differs, strlen(differs), DFU_OVERLAP_FIRST, &image), err);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, 0x08000000, got, 4), 4);
    assert_memory_equal(got, "\1\2\3\4", 4);
    assert_non_null(strstr(last_note, "the first is kept"));
    dfu_image_free(image);
    assert_dfu_ok(parse(differs, strlen(differs), DFU_OVERLAP_LAST, &image), err);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, 0x08000000, got, 4), 4);
    assert_memory_equal(got, "\1\2\3\x09", 4);
    dfu_image_free(image);
}

/* The line of a byte deep inside a run of records is still known. */
static void line_inside_a_run(void **state)
{
    (void)state;
    static const char text[] = ":020000000102FB\n:020002000304F5\n:020004000506EF\n:0100060007F2\n:0100050009F1\n" END;
    refuses(text, DFU_ERR_FORMAT, "line 5: 0x09 at 0x00000005 contradicts 0x06 from line 3");
}

static void most_bytes(void **state)
{
    (void)state;
    struct dfu_image *image;
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.max_bytes = 3;
    assert_dfu_error(dfu_image_parse(FOUR END, strlen(FOUR END), "f.hex", &o, &image, &err), err, DFU_ERR_RANGE,
                     "more than 3 bytes");
    o.max_bytes = 4;
    assert_dfu_ok(dfu_image_parse(FOUR FOUR FOUR END, strlen(FOUR FOUR FOUR END), "f.hex", &o, &image, &err), err);
    dfu_image_free(image);
}

static void alt_option(void **state)
{
    (void)state;
    struct dfu_image *image;
    struct dfu_image_options o;
    struct dfu_segment s;
    DFU_INIT(&o);
    DFU_INIT(&s);
    o.alt = 0;
    o.flags = DFU_IMAGE_ALT_SET;
    assert_dfu_ok(dfu_image_parse(FOUR END, strlen(FOUR END), "f.hex", &o, &image, &err), err);
    assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
    assert_int_equal(s.alt, 0);
    dfu_image_free(image);
}

static char *written(const struct dfu_image *image, uint32_t record_bytes)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.record_bytes = record_bytes;
    assert_dfu_ok(dfu_image_save(image, "test_ihex.out.hex", &o, &err), err);
    char *text = (char *)test_slurp("test_ihex.out.hex", NULL);
    (void)remove("test_ihex.out.hex");
    return text;
}

static void writes(void **state)
{
    (void)state;
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0, "\1\2\3\4", 4, 0, &err), err);
    char *text = written(image, 0);
    assert_string_equal(text, ":020000040000FA\n" FOUR END);
    free(text);
    assert_dfu_ok(dfu_image_move(image, 0x0800FFFD, &err), err);
    assert_dfu_ok(dfu_image_set_start(image, 0x08000131, &err), err);
    text = written(image, 3);
    assert_string_equal(text, ":020000040800F2\n:03FFFD00010203FB\n:020000040801F1\n:0100000004FB\n"
                              ":0400000508000131BD\n" END);
    free(text);
    dfu_image_clear_start(image);
    assert_dfu_ok(dfu_image_move(image, 1790 - 0x0800FFFDLL, &err), err);
    text = written(image, 0); /* no record crosses a multiple of 1792 */
    assert_string_equal(text, ":020000040000FA\n:0206FE000102F7\n:020700000304F0\n" END);
    free(text);
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.record_bytes = 256;
    assert_dfu_error(dfu_image_save(image, "test_ihex.out.hex", &o, &err), err, DFU_ERR_ARGUMENT, "at most 255");
    assert_null(fopen("test_ihex.out.hex", "rb"));
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_and_blanks),
        cmocka_unit_test(segmented_and_linear),
        cmocka_unit_test(any_order),
        cmocka_unit_test(start_addresses),
        cmocka_unit_test(text_after_the_end_is_remarked),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(damaged_hex_is_not_raw),
        cmocka_unit_test(contradictions),
        cmocka_unit_test(line_inside_a_run),
        cmocka_unit_test(most_bytes),
        cmocka_unit_test(alt_option),
        cmocka_unit_test(writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
