/* SPDX-License-Identifier: BSD-2-Clause */
/* The sparse image and its edits, case by case. */
#include "support.h"

#define ANY DFU_ALT_ANY

static struct dfu_error *err;

static struct dfu_image *new_image(void)
{
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    return image;
}

static void put(struct dfu_image *image, uint32_t alt, uint64_t address, const char *text)
{
    assert_dfu_ok(dfu_image_add(image, alt, address, text, strlen(text), DFU_OVERLAP_ERROR, &err), err);
}

/* All segments as "alt@address=text", one blank apart; alt "*" is any. */
static const char *drawn(const struct dfu_image *image)
{
    static char text[1024];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < dfu_image_count(image); i++) {
        struct dfu_segment s;
        DFU_INIT(&s);
        assert_int_equal(dfu_image_segment(image, i, &s), DFU_OK);
        char alt[16] = "*";
        if (s.alt != ANY)
            (void)snprintf(alt, sizeof alt, "%u", (unsigned)s.alt);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s@%llX=%.*s", i > 0 ? " " : "", alt,
                                 (unsigned long long)s.address, (int)s.length, (const char *)s.data);
    }
    return text;
}

static void adding_joins_neighbours(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    put(image, ANY, 0x10, "cd");
    put(image, ANY, 0x12, "ef");
    put(image, ANY, 0x20, "xy");
    put(image, ANY, 0x0E, "ab");
    assert_string_equal(drawn(image), "*@E=abcdef *@20=xy");
    put(image, ANY, 0x14, "ghijklmnopqr"); /* closes the gap */
    assert_string_equal(drawn(image), "*@E=abcdefghijklmnopqrxy");
    put(image, ANY, 0x10, "cdef"); /* equal bytes never conflict */
    put(image, ANY, 0x0D, "_abc");
    assert_string_equal(drawn(image), "*@D=_abcdefghijklmnopqrxy");
    struct dfu_segment s;
    DFU_INIT(&s);
    assert_int_equal(dfu_image_segment(image, 1, &s), DFU_ERR_RANGE);
    dfu_image_free(image);
}

static void overlap_policies(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    put(image, ANY, 0x10, "abcd");
    put(image, ANY, 0x16, "gh");
    assert_dfu_error(dfu_image_add(image, ANY, 0x12, "c?efgX_", 7, DFU_OVERLAP_ERROR, &err), err, DFU_ERR_RANGE,
                     "0x00000013 is 0x64 and 0x3F");
    assert_string_equal(drawn(image), "*@10=abcd *@16=gh");
    assert_dfu_ok(dfu_image_add(image, ANY, 0x12, "c?efgX_", 7, DFU_OVERLAP_FIRST, &err), err);
    assert_string_equal(drawn(image), "*@10=abcdefgh_");
    assert_dfu_ok(dfu_image_add(image, ANY, 0x0F, "1234567890AB", 12, DFU_OVERLAP_LAST, &err), err);
    assert_string_equal(drawn(image), "*@F=1234567890AB");
    assert_dfu_ok(dfu_image_add(image, ANY, 0x11, "x", 1, DFU_OVERLAP_LAST, &err), err);
    assert_string_equal(drawn(image), "*@F=12x4567890AB");
    dfu_image_free(image);
}

static void error_carries_address_and_bytes(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    struct dfu_error_info info;
    put(image, ANY, 0x10, "abcd");
    assert_int_equal(dfu_image_add(image, ANY, 0x10, "abXd", 4, DFU_OVERLAP_ERROR, &err), DFU_ERR_RANGE);
    DFU_INIT(&info);
    assert_int_equal(dfu_error_describe(err, &info), DFU_OK);
    assert_int_equal(info.flags, DFU_ERROR_HAS_ADDRESS | DFU_ERROR_HAS_CONTENTS);
    assert_int_equal(info.address, 0x12);
    assert_int_equal(info.expected, 'c');
    assert_int_equal(info.found, 'X');
    dfu_error_free(err);
    err = NULL;
    dfu_image_free(image);
}

static void alts_are_apart(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    char got[9] = "........";
    put(image, 1, 0x10, "one");
    put(image, ANY, 0x12, "any");
    put(image, 0, 0x11, "zero");
    assert_string_equal(drawn(image), "0@11=zero 1@10=one *@12=any");
    assert_int_equal(dfu_image_read(image, 1, 0x10, got, 8), 5);
    assert_string_equal(got, "oneny...");
    memcpy(got, "........", 8);
    assert_int_equal(dfu_image_read(image, 0, 0x10, got, 8), 4);
    assert_string_equal(got, ".zero...");
    memcpy(got, "........", 8);
    assert_int_equal(dfu_image_read(image, 7, 0x10, got, 8), 3);
    assert_string_equal(got, "..any...");
    memcpy(got, "........", 8);
    assert_int_equal(dfu_image_read(image, ANY, 0x10, got, 8), 5);
    assert_string_equal(got, "ozero...");
    struct dfu_image_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.bytes, 10);
    assert_int_equal(info.segments, 3);
    assert_int_equal(info.span.start, 0x10);
    assert_int_equal(info.span.end, 0x15);
    assert_null(info.format);
    dfu_image_free(image);
}

static void edits_with_alts(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    put(image, 2, 0x10, "ab");
    assert_dfu_ok(dfu_image_fill(image, '.', (struct dfu_range){0x0F, 0x13}, &err), err);
    assert_string_equal(drawn(image), "2@F=.ab.");
    assert_dfu_ok(dfu_image_patch(image, 0x20, "p", 1, &err), err);
    assert_string_equal(drawn(image), "2@F=.ab. 2@20=p");
    put(image, 3, 0x15, "xyz");
    assert_dfu_ok(dfu_image_patch(image, 0x16, "Y", 1, &err), err);
    assert_string_equal(drawn(image), "2@F=.ab. 2@20=p 3@15=xYz");
    assert_dfu_ok(dfu_image_fill(image, '-', (struct dfu_range){0x12, 0x16}, &err), err);
    assert_string_equal(drawn(image), "2@F=.ab. 2@20=p 3@15=xYz *@13=--");
    assert_dfu_ok(dfu_image_crop(image, (struct dfu_range){0x12, 0x17}, NULL, &err), err);
    assert_string_equal(drawn(image), "2@12=. 3@15=xY *@13=--");
    dfu_image_free(image);
}

static void fill_sets_only_what_is_unset(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    assert_dfu_ok(dfu_image_fill(image, 'g', (struct dfu_range){0x40, 0x44}, &err), err);
    assert_string_equal(drawn(image), "*@40=gggg");
    put(image, ANY, 0x48, "ab");
    put(image, ANY, 0x4C, "cd");
    assert_dfu_ok(dfu_image_fill(image, '.', (struct dfu_range){0x42, 0x4D}, &err), err);
    assert_string_equal(drawn(image), "*@40=gggg....ab..cd");
    assert_dfu_error(dfu_image_fill(image, 0, (struct dfu_range){8, 4}, &err), err, DFU_ERR_RANGE, "reversed");
    assert_dfu_error(dfu_image_fill(image, 0, (struct dfu_range){8, 8}, &err), err, DFU_ERR_RANGE, "empty");
    assert_dfu_error(dfu_image_fill(image, 0, (struct dfu_range){0, UINT64_C(0x100000001)}, &err), err, DFU_ERR_RANGE,
                     "past 4 GiB");
    assert_string_equal(drawn(image), "*@40=gggg....ab..cd");
    dfu_image_free(image);
}

static void crop_and_exclude(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    uint64_t removed = 99;
    put(image, ANY, 0x10, "abcdefgh");
    put(image, ANY, 0x20, "xyz");
    assert_dfu_ok(dfu_image_exclude(image, (struct dfu_range){0x12, 0x14}, &removed, &err), err);
    assert_int_equal(removed, 2);
    assert_string_equal(drawn(image), "*@10=ab *@14=efgh *@20=xyz");
    assert_dfu_ok(dfu_image_crop(image, (struct dfu_range){0x11, 0x22}, &removed, &err), err);
    assert_int_equal(removed, 2);
    assert_string_equal(drawn(image), "*@11=b *@14=efgh *@20=xy");
    assert_dfu_ok(dfu_image_exclude(image, (struct dfu_range){0x30, 0x31}, &removed, &err), err);
    assert_int_equal(removed, 0);
    assert_dfu_error(dfu_image_crop(image, (struct dfu_range){0x18, 0x20}, &removed, &err), err, DFU_ERR_RANGE,
                     "leaves no data: the image lies in 0x00000011..0x00000022");
    assert_dfu_error(dfu_image_exclude(image, (struct dfu_range){0, 0x100}, NULL, &err), err, DFU_ERR_RANGE,
                     "leaves no data");
    assert_dfu_error(dfu_image_crop(image, (struct dfu_range){5, 4}, NULL, &err), err, DFU_ERR_RANGE, "reversed");
    assert_string_equal(drawn(image), "*@11=b *@14=efgh *@20=xy");
    dfu_image_free(image);
}

/* srec_cat 1.64 does so: crop drops a start address outside its range, exclude one inside. */
static void start_goes_with_its_place(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    struct dfu_image_info info;
    DFU_INIT(&info);
    put(image, ANY, 0x10, "abcdefgh");
    assert_dfu_ok(dfu_image_set_start(image, 0x12, &err), err);
    assert_dfu_ok(dfu_image_crop(image, (struct dfu_range){0x10, 0x13}, NULL, &err), err);
    assert_dfu_ok(dfu_image_exclude(image, (struct dfu_range){0x10, 0x12}, NULL, &err), err);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.flags, DFU_IMAGE_HAS_START);
    assert_int_equal(info.start, 0x12);
    assert_dfu_ok(dfu_image_set_start(image, 0x13, &err), err);
    assert_dfu_ok(dfu_image_crop(image, (struct dfu_range){0x10, 0x13}, NULL, &err), err);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.flags, 0);
    assert_dfu_ok(dfu_image_set_start(image, 0x20, &err), err);
    assert_dfu_ok(dfu_image_exclude(image, (struct dfu_range){0x20, 0x21}, NULL, &err), err);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.flags, 0);
    dfu_image_free(image);
}

static void moving(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    struct dfu_image_info info;
    DFU_INIT(&info);
    put(image, ANY, 0x08000000, "ab");
    put(image, ANY, 0x08000010, "cd");
    assert_dfu_ok(dfu_image_set_start(image, 0x08000001, &err), err);
    assert_dfu_ok(dfu_image_move(image, -0x08000000, &err), err);
    assert_string_equal(drawn(image), "*@0=ab *@10=cd");
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.start, 1);
    assert_dfu_error(dfu_image_move(image, -1, &err), err, DFU_ERR_RANGE, "by -0x1");
    assert_dfu_ok(dfu_image_move(image, 0xFFFFFFEE, &err), err);
    assert_string_equal(drawn(image), "*@FFFFFFEE=ab *@FFFFFFFE=cd");
    assert_dfu_error(dfu_image_move(image, 1, &err), err, DFU_ERR_RANGE, "by +0x1");
    assert_dfu_error(dfu_image_move(image, INT64_MIN, &err), err, DFU_ERR_RANGE, "leaves the 4 GiB");
    assert_dfu_error(dfu_image_move(image, INT64_MAX, &err), err, DFU_ERR_RANGE, "leaves the 4 GiB");
    dfu_image_clear_start(image);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.flags, 0);
    dfu_image_free(image);
}

static void start_moves_or_stops_the_move(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    put(image, ANY, 0x1000, "ab");
    assert_dfu_ok(dfu_image_set_start(image, 0x800, &err), err);
    assert_dfu_error(dfu_image_move(image, -0x1000, &err), err, DFU_ERR_RANGE, "start address");
    assert_string_equal(drawn(image), "*@1000=ab");
    assert_dfu_error(dfu_image_set_start(image, UINT64_C(1) << 32, &err), err, DFU_ERR_RANGE, "past 4 GiB");
    assert_dfu_ok(dfu_image_set_start(image, 0xFFFF0000, &err), err);
    assert_dfu_error(dfu_image_move(image, 0x10000, &err), err, DFU_ERR_RANGE, "start address 0xFFFF0000 by +0x10000");
    assert_dfu_ok(dfu_image_move(image, 0xFFFF, &err), err);
    dfu_image_free(image);
}

static void patching(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    put(image, ANY, 0x10, "abcd");
    assert_dfu_ok(dfu_image_patch(image, 0x12, "CDE", 3, &err), err);
    assert_string_equal(drawn(image), "*@10=abCDE");
    assert_dfu_ok(dfu_image_patch(image, 0x20, "x", 1, &err), err);
    assert_dfu_ok(dfu_image_patch(image, 0x0F, "0123456789ABCDEFGHI", 19, &err), err);
    assert_string_equal(drawn(image), "*@F=0123456789ABCDEFGHI");
    assert_dfu_error(dfu_image_patch(image, 0xFFFFFFFF, "xy", 2, &err), err, DFU_ERR_RANGE, "past 4 GiB");
    assert_dfu_ok(dfu_image_patch(image, 0xFFFFFFFF, "x", 1, &err), err);
    dfu_image_free(image);
}

static void limits(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    put(image, ANY, 0x10, "abcd");
    assert_dfu_ok(dfu_image_limit(image, (struct dfu_range){0x10, 0x14}, &err), err);
    assert_dfu_error(dfu_image_limit(image, (struct dfu_range){0, 0x13}, &err), err, DFU_ERR_RANGE,
                     "image is 1 byte too long: it ends at 0x00000014, the limit is 0x00000013");
    assert_dfu_error(dfu_image_limit(image, (struct dfu_range){0x12, 0x20}, &err), err, DFU_ERR_RANGE,
                     "image begins 2 bytes too low");
    dfu_image_free(image);
}

static void merging(void **state)
{
    (void)state;
    struct dfu_image *a = new_image();
    struct dfu_image *b = new_image();
    struct dfu_image_info info;
    DFU_INIT(&info);
    put(a, ANY, 0x10, "aa");
    put(a, ANY, 0x20, "bb");
    put(b, ANY, 0x12, "cc");
    put(b, ANY, 0x1F, "_b");
    assert_dfu_ok(dfu_image_set_start(b, 0x11, &err), err);
    assert_dfu_ok(dfu_image_merge(a, b, DFU_OVERLAP_ERROR, &err), err);
    assert_string_equal(drawn(a), "*@10=aacc *@1F=_bb");
    assert_dfu_ok(dfu_image_set_start(b, 0x99, &err), err);
    assert_dfu_ok(dfu_image_merge(a, b, DFU_OVERLAP_ERROR, &err), err);
    assert_int_equal(dfu_image_describe(a, &info), DFU_OK);
    assert_int_equal(info.start, 0x11); /* the first stays */
    put(b, ANY, 0x11, "X");
    assert_dfu_error(dfu_image_merge(a, b, DFU_OVERLAP_ERROR, &err), err, DFU_ERR_RANGE, "0x00000011 is 0x61 and 0x58");
    assert_string_equal(drawn(a), "*@10=aacc *@1F=_bb");
    assert_dfu_ok(dfu_image_merge(a, a, DFU_OVERLAP_ERROR, &err), err);
    assert_string_equal(drawn(b), "*@11=Xcc *@1F=_b");
    dfu_image_free(a);
    dfu_image_free(b);
}

static void copies_are_deep(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    struct dfu_image *copy;
    put(image, ANY, 0x10, "abcd");
    assert_dfu_ok(dfu_image_copy(image, &copy, &err), err);
    assert_dfu_ok(dfu_image_patch(image, 0x10, "X", 1, &err), err);
    assert_string_equal(drawn(copy), "*@10=abcd");
    dfu_image_free(copy);
    struct dfu_image *empty = new_image();
    assert_dfu_ok(dfu_image_copy(empty, &copy, &err), err);
    put(copy, ANY, 1, "x");
    assert_int_equal(dfu_image_count(empty), 0);
    dfu_image_free(copy);
    dfu_image_free(empty);
    dfu_image_free(image);
    dfu_image_free(NULL);
}

static void own_bytes_can_be_added(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    struct dfu_segment s;
    put(image, ANY, 0x10, "abcd");
    for (unsigned i = 1; i < 10; i++) {
        DFU_INIT(&s);
        assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
        assert_dfu_ok(dfu_image_add(image, ANY, 0x10 + 4 * i, s.data, 4, DFU_OVERLAP_ERROR, &err), err);
    }
    assert_string_equal(drawn(image), "*@10=abcdabcdabcdabcdabcdabcdabcdabcdabcdabcd");
    dfu_image_free(image);
}

static void end_of_the_address_space(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    put(image, ANY, 0xFFFFFFFE, "yz");
    assert_dfu_error(dfu_image_add(image, ANY, 0xFFFFFFFE, "abc", 3, 0, &err), err, DFU_ERR_RANGE, "past 4 GiB");
    assert_dfu_error(dfu_image_add(image, ANY, UINT64_MAX, "abc", 3, 0, &err), err, DFU_ERR_RANGE, "past 4 GiB");
    assert_dfu_ok(dfu_image_add(image, ANY, UINT64_C(1) << 32, "", 0, 0, &err), err);
    assert_dfu_ok(dfu_image_fill(image, 'x', (struct dfu_range){0xFFFFFFF0, UINT64_C(1) << 32}, &err), err);
    assert_string_equal(drawn(image), "*@FFFFFFF0=xxxxxxxxxxxxxxyz");
    char got[4] = "____";
    assert_int_equal(dfu_image_read(image, ANY, 0xFFFFFFFE, got, 4), 2);
    assert_memory_equal(got, "yz__", 4);
    assert_int_equal(dfu_image_read(image, ANY, UINT64_MAX - 1, got, 4), 0);
    dfu_image_free(image);
}

/* A file of a few megabytes could otherwise ask for gigabytes of bookkeeping. */
static void pieces_have_a_limit(void **state)
{
    (void)state;
    struct dfu_image *image = new_image();
    for (uint64_t i = 0; i < 1u << 20; i++)
        assert_int_equal(dfu_image_add(image, ANY, 2 * i, "x", 1, DFU_OVERLAP_ERROR, &err), DFU_OK);
    assert_dfu_error(dfu_image_add(image, ANY, 3u << 20, "x", 1, DFU_OVERLAP_ERROR, &err), err, DFU_ERR_RANGE,
                     "more than 1048576 separate pieces");
    assert_dfu_ok(dfu_image_add(image, ANY, 1, "y", 1, DFU_OVERLAP_ERROR, &err), err);
    assert_int_equal(dfu_image_count(image), (1u << 20) - 1);
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_joins_neighbours),
        cmocka_unit_test(overlap_policies),
        cmocka_unit_test(error_carries_address_and_bytes),
        cmocka_unit_test(alts_are_apart),
        cmocka_unit_test(edits_with_alts),
        cmocka_unit_test(fill_sets_only_what_is_unset),
        cmocka_unit_test(crop_and_exclude),
        cmocka_unit_test(start_goes_with_its_place),
        cmocka_unit_test(moving),
        cmocka_unit_test(start_moves_or_stops_the_move),
        cmocka_unit_test(patching),
        cmocka_unit_test(limits),
        cmocka_unit_test(merging),
        cmocka_unit_test(copies_are_deep),
        cmocka_unit_test(own_bytes_can_be_added),
        cmocka_unit_test(end_of_the_address_space),
        cmocka_unit_test(pieces_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
