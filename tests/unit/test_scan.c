/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include "core/checked.h"
#include "core/scan.h"

#define SCAN(text) dfui_scan_of((text), sizeof(text) - 1)

static void decimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t limit;
        bool taken;
        uint64_t value;
        size_t left;
    } cases[] = {
        {"0", 10, true, 0, 0},
        {"0800*", 1000, true, 800, 1}, /* never octal */
        {"030", 1000, true, 30, 0},
        {"12ab", 1000, true, 12, 2},
        {"4294967295", 0xFFFFFFFF, true, 0xFFFFFFFF, 0},
        {"4294967296", 0xFFFFFFFF, true, UINT64_C(0x100000000), 0},
        {"99999999999999999999999999999999999999999x", 0xFFFFFFFF, true, UINT64_C(0x100000000), 1},
        {"18446744073709551616", 99, true, 100, 0}, /* 2^64 must not come round to 0 */
        {"10", 9, true, 10, 0},
        {"11", 9, true, 10, 0},
        {"", 9, false, 0, 0},
        {"x1", 9, false, 0, 2},
        {"-1", 9, false, 0, 2},
        {" 1", 9, false, 0, 2},
        {"+1", 9, false, 0, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dfui_scan s = dfui_scan_of(cases[i].text, strlen(cases[i].text));
        uint64_t value = 12345;
        assert_int_equal(dfui_scan_decimal(&s, cases[i].limit, &value), cases[i].taken);
        if (cases[i].taken)
            assert_int_equal(value, cases[i].value);
        assert_int_equal(dfui_scan_left(&s), cases[i].left);
    }
}

static void hexadecimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool taken;
        uint64_t value;
        size_t left;
    } cases[] = {
        {"0x08000000/", true, 0x08000000, 1},
        {"0X1fFf", true, 0x1FFF, 0},
        {"F000", true, 0xF000, 0},
        {"0", true, 0, 0},
        {"0x", false, 0, 2},
        {"0xg", false, 0, 3},
        {"x12", false, 0, 3},
        {"0xFFFFFFFF", true, 0xFFFFFFFF, 0},
        {"0x100000000", true, UINT64_C(0x100000000), 0},
        {"0x10000000000000000", true, UINT64_C(0x100000000), 0}, /* 2^64 */
        {"12 34", true, 0x12, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dfui_scan s = dfui_scan_of(cases[i].text, strlen(cases[i].text));
        uint64_t value = 12345;
        assert_int_equal(dfui_scan_hex(&s, 0xFFFFFFFF, &value), cases[i].taken);
        if (cases[i].taken)
            assert_int_equal(value, cases[i].value);
        assert_int_equal(dfui_scan_left(&s), cases[i].left);
    }
}

/* The scanner's end counts, not a NUL behind it. */
static void stops_at_its_end(void **state)
{
    (void)state;
    uint64_t value;
    char *exact = malloc(3);
    assert_non_null(exact);
    memcpy(exact, "123", 3);
    struct dfui_scan s = dfui_scan_of(exact, 3);
    assert_true(dfui_scan_decimal(&s, 1000, &value));
    assert_int_equal(value, 123);
    assert_int_equal(dfui_scan_peek(&s), -1);
    assert_false(dfui_scan_take(&s, '\0'));
    assert_false(dfui_scan_decimal(&s, 1000, &value));
    assert_false(dfui_scan_hex(&s, 1000, &value));
    memcpy(exact, " 0x", 3);
    s = dfui_scan_of(exact, 3);
    dfui_scan_blanks(&s);
    assert_false(dfui_scan_hex(&s, 1000, &value));
    free(exact);
    s = dfui_scan_of("12345", 2);
    assert_true(dfui_scan_decimal(&s, 1000, &value));
    assert_int_equal(value, 12);
}

static void characters(void **state)
{
    (void)state;
    struct dfui_scan s = SCAN(" \t \n\xFFx");
    dfui_scan_blanks(&s);
    assert_int_equal(dfui_scan_peek(&s), '\n');
    assert_false(dfui_scan_take(&s, 'x'));
    assert_true(dfui_scan_take(&s, '\n'));
    assert_int_equal(dfui_scan_peek(&s), 0xFF); /* not -1 */
    assert_true(dfui_scan_take(&s, '\xFF'));
    assert_true(dfui_scan_take(&s, 'x'));
    assert_int_equal(dfui_scan_left(&s), 0);
    for (int c = 0; c < 256; c++) {
        const char *digits = "0123456789abcdef";
        const char *at = c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
        assert_int_equal(dfui_hex_digit(c), at == NULL ? -1 : (int)(at - digits));
    }
    assert_int_equal(dfui_hex_digit(-1), -1);
}

static void checked_sums_and_ranges(void **state)
{
    (void)state;
    uint64_t v;
    assert_true(dfui_add(UINT64_MAX - 1, 1, &v));
    assert_false(dfui_add(UINT64_MAX, 1, &v));
    assert_true(dfui_mul(0, UINT64_MAX, &v));
    assert_int_equal(v, 0);
    assert_true(dfui_mul(UINT64_C(0xFFFFFFFF), UINT64_C(0x100000001), &v));
    assert_int_equal(v, UINT64_MAX);
    assert_false(dfui_mul(UINT64_C(0x100000000), UINT64_C(0x100000000), &v));

    const struct dfu_range a = {10, 20};
    assert_false(dfui_range_holds(a, 9));
    assert_true(dfui_range_holds(a, 10));
    assert_true(dfui_range_holds(a, 19));
    assert_false(dfui_range_holds(a, 20));
    struct dfu_range cut = dfui_range_cut(a, (struct dfu_range){15, 30});
    assert_int_equal(cut.start, 15);
    assert_int_equal(cut.end, 20);
    assert_true(dfui_range_empty(dfui_range_cut(a, (struct dfu_range){20, 30})));
    assert_true(dfui_range_empty(dfui_range_cut(a, (struct dfu_range){0, 5})));
    assert_false(dfui_range_empty(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal),
        cmocka_unit_test(hexadecimal),
        cmocka_unit_test(stops_at_its_end),
        cmocka_unit_test(characters),
        cmocka_unit_test(checked_sums_and_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
