/* SPDX-License-Identifier: BSD-2-Clause */
/* Motorola S-records: what is accepted, what is refused with which words, and what is written. The vectors of
 * srec_cat are in test_srec_vectors.c. */
#include "support.h"

#define HEADER "S00600004844521B\n" /* "HDR", the manual's own example */
#define FOUR                                                                                                           \
    "S1071000"                                                                                                         \
    "01020304"                                                                                                         \
    "DE\n" /* 01 02 03 04 at 0x1000 */
#define FOUR3                                                                                                          \
    "S3090800000001020304"                                                                                             \
    "E4\n"                 /* at 0x08000000 */
#define END "S9031000EC\n" /* start 0x1000 */

static struct dfu_error *err;
static char last_note[512];
static unsigned notes;

static void note(const char *text, void *user)
{
    assert_ptr_equal(user, &notes);
    (void)snprintf(last_note, sizeof last_note, "%s", text);
    notes++;
}

static int parse(const char *text, struct dfu_image **image)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.note = note;
    o.note_user = &notes;
    notes = 0;
    last_note[0] = '\0';
    return dfu_image_parse(text, strlen(text), "f.s19", &o, image, &err);
}

/* Parses text, which holds 1, 2, 3, 4 at address and nothing else. */
static struct dfu_image *reads(const char *text, uint64_t address)
{
    struct dfu_image *image;
    struct dfu_image_info info;
    uint8_t got[4];
    assert_dfu_ok(parse(text, &image), err);
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_string_equal(info.format, "srec");
    assert_int_equal(info.bytes, 4);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, address, got, 4), 4);
    assert_memory_equal(got, "\1\2\3\4", 4);
    return image;
}

static void accepts(const char *text, uint64_t address, unsigned wanted_notes)
{
    dfu_image_free(reads(text, address));
    assert_int_equal(notes, wanted_notes);
}

static void refuses(const char *text, int code, const char *words)
{
    struct dfu_image *image = NULL;
    assert_dfu_error(parse(text, &image), err, code, words);
    assert_null(image);
}

static void line_ends_and_blanks(void **state)
{
    (void)state;
    accepts(HEADER FOUR END, 0x1000, 0);
    accepts("S00600004844521B\r\nS107100001020304DE\r\nS9031000EC\r\n", 0x1000, 0);
    accepts("S00600004844521B\rS107100001020304DE\rS9031000EC", 0x1000, 0);
    accepts("\xEF\xBB\xBF" HEADER "\n \t" FOUR " " END " \n", 0x1000, 0);
    accepts("s00600004844521b\ns107100001020304de\ns9031000ec\n", 0x1000, 0);
}

static void address_widths(void **state)
{
    (void)state;
    accepts("S2081234560102030451\nS804123456"
            "5F\n",
            0x123456, 0);
    accepts(FOUR3 "S70508000131C0\n", 0x08000000, 0);
    accepts("S104000001FA\nS20500000102F7\nS30600000002"
            "03F4\nS1040003"
            "04F4\nS5030004F8\n",
            0, 0);
}

static void starts_and_headers(void **state)
{
    (void)state;
    struct dfu_image_info info;
    struct dfu_image *image = reads(HEADER FOUR3 "S70508000131C0\n", 0x08000000);
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.flags, DFU_IMAGE_HAS_START);
    assert_int_equal(info.start, 0x08000131);
    assert_string_equal(dfu_image_label(image, DFU_ALT_ANY), "HDR");
    assert_null(dfu_image_label(image, 0));
    dfu_image_free(image);
}

static void counts(void **state)
{
    (void)state;
    accepts(FOUR "S5030001FB\n" END, 0x1000, 0);
    accepts(FOUR "S604000001FA\n", 0x1000, 0);
    refuses(FOUR "S5030002FA\n" END, DFU_ERR_FORMAT, "f.s19: line 2: the file counts 2 data records, but has 1");
    refuses(FOUR FOUR "S604000001FA\n" END, DFU_ERR_FORMAT, "line 3: the file counts 1 data records, but has 2");
    refuses(FOUR "S504000100FA\n", DFU_ERR_FORMAT, "line 2: a record of type S5 holds no data, this one 1 bytes");
}

/* A count or an end record tells that the file is whole; with neither there is a remark. */
static void missing_end(void **state)
{
    (void)state;
    accepts(FOUR, 0x1000, 1);
    assert_non_null(strstr(last_note, "neither a record count nor an end record"));
    accepts(FOUR "S5030001FB\n", 0x1000, 0);
    accepts("S10500000102F7\nS5030001FB\n"
            "S10500020304F1\n",
            0, 1);
}

static void behind_the_end(void **state)
{
    (void)state;
    accepts(FOUR END "\n\r\n ", 0x1000, 0);
    accepts(FOUR END "\nbuilt on a Monday\n", 0x1000, 1);
    assert_string_equal(last_note, "f.s19: line 4: text after the end record ignored");
    refuses(FOUR END HEADER FOUR, DFU_ERR_FORMAT, "line 3: a record after the end record");
}

static void damage_is_named(void **state)
{
    (void)state;
    refuses("", DFU_ERR_FORMAT, "f.s19: the file contains no data");
    refuses(HEADER END, DFU_ERR_FORMAT, "f.s19: the file contains no data");
    refuses(HEADER "S107100001020304DF\n", DFU_ERR_FORMAT, "line 2: checksum 0xDF, should be 0xDE");
    refuses(HEADER "S107100001020304D\n", DFU_ERR_FORMAT,
            "line 2: 15 hex digits (an odd number), but a record that "
            "counts 7 bytes has 16");
    refuses(HEADER "S107100001020304DE00\n" END, DFU_ERR_FORMAT,
            "18 hex digits, but a record that counts 7 bytes has 16");
    refuses(HEADER "S1071000", DFU_ERR_FORMAT, "cut off");
    refuses(HEADER "S", DFU_ERR_FORMAT, "line 2: 'S' without a type");
    refuses(HEADER "S1", DFU_ERR_FORMAT, "line 2: the record ends before its byte count");
    refuses(HEADER "S1020000FD\n", DFU_ERR_FORMAT, "line 2: 8 hex digits, but a record that counts 2 bytes has 6");
    refuses(HEADER "S10200FD\n", DFU_ERR_FORMAT, "line 2: a record of type S1 counts at least 3 bytes, this one 2");
    refuses(HEADER "S10710000102G304DE\n", DFU_ERR_FORMAT, "line 2: column 13: 'G' where a hex digit should be");
    refuses(HEADER "S40710000102030400\n", DFU_ERR_FORMAT, "line 2: unknown record type S4");
    refuses(HEADER "SA0710000102030400\n", DFU_ERR_FORMAT, "line 2: unknown record type SA");
    refuses(HEADER FOUR ":00000001FF\n", DFU_ERR_FORMAT, "line 3: ':' where a record should begin with 'S'");
    refuses(HEADER "S107100001020304DE x\n", DFU_ERR_FORMAT, "line 2: text after the record");
    refuses("# made by x\n" HEADER FOUR, DFU_ERR_FORMAT, "line 1: '#' where a record");
    refuses("S309FFFFFFFE01020304F1\n", DFU_ERR_RANGE, "line 1: 4 bytes at 0xFFFFFFFE end past 4 GiB");
    refuses(FOUR "S1041002"
                 "05E4\n",
            DFU_ERR_FORMAT, "line 2: 0x05 at 0x00001002 contradicts 0x03 from line 1");
}

static char *written(const struct dfu_image *image, uint32_t record_bytes, uint32_t address_bytes)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.record_bytes = record_bytes;
    o.address_bytes = address_bytes;
    assert_dfu_ok(dfu_image_save(image, "test_srec.out.s19", &o, &err), err);
    char *text = (char *)test_slurp("test_srec.out.s19", NULL);
    (void)remove("test_srec.out.s19");
    return text;
}

static void assert_written(const struct dfu_image *image, uint32_t record_bytes, uint32_t address_bytes,
                           const char *wanted)
{
    char *text = written(image, record_bytes, address_bytes);
    assert_string_equal(text, wanted);
    free(text);
}

static void writes(void **state)
{
    (void)state;
    struct dfu_image *image = reads(HEADER FOUR END, 0x1000);
    assert_written(image, 0, 0, HEADER FOUR "S5030001FB\n" END);
    assert_written(image, 3, 0, HEADER "S1061000010203E3\nS104100304E4\nS5030002FA\n" END);
    assert_written(image, 0, 3, HEADER "S20800100001020304DD\nS5030001FB\nS804001000EB\n");
    assert_dfu_ok(dfu_image_set_label(image, DFU_ALT_ANY, NULL, &err), err);
    dfu_image_clear_start(image);
    assert_written(image, 0, 4, "S0030000FC\nS3090000100001020304DC\nS5030001FB\n");
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.record_bytes = 253;
    assert_dfu_error(dfu_image_save(image, "x.s19", &o, &err), err, DFU_ERR_ARGUMENT, "at most 252");
    o.record_bytes = 0;
    o.address_bytes = 5;
    assert_dfu_error(dfu_image_save(image, "x.s19", &o, &err), err, DFU_ERR_ARGUMENT, "have 2 to 4");
    assert_null(fopen("x.s19", "rb"));
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_and_blanks), cmocka_unit_test(address_widths),
        cmocka_unit_test(starts_and_headers),   cmocka_unit_test(counts),
        cmocka_unit_test(missing_end),          cmocka_unit_test(behind_the_end),
        cmocka_unit_test(damage_is_named),      cmocka_unit_test(writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
