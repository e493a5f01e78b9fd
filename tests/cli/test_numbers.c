/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"

#include "numbers.h"

static void numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0", 0},
                {"10", 10},
                {"0x10", 16},
                {"0XfF", 255},
                {"4K", 4096},
                {"2M", 2097152},
                {"0x1k", 1024},
                {"4294967295", UINT32_MAX},
                {"0xFFFFFFFFFFFFFFFF", UINT64_MAX}};
    static const char *const bad[] = {"",
                                      "x",
                                      "0x",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1KK",
                                      "08000000",
                                      "00",
                                      "1.5",
                                      "0x1g",
                                      "18446744073709551616",
                                      "0x10000000000000000",
                                      "18014398509481984K"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct dfu_error *err = NULL;
        uint64_t value = 1;
        assert_dfu_ok(number_parse(good[i].text, "n", UINT64_MAX, &value, &err), err);
        assert_int_equal(value, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct dfu_error *err = NULL;
        uint64_t value;
        assert_dfu_error(number_parse(bad[i], "n", UINT64_MAX, &value, &err), err, DFU_ERR_ARGUMENT, "is not a number");
    }
}

static void limits(void **state)
{
    struct dfu_error *err = NULL;
    uint64_t value;
    int64_t offset;
    (void)state;
    assert_dfu_ok(number_parse("255", "byte", 255, &value, &err), err);
    assert_dfu_error(number_parse("256", "byte", 255, &value, &err), err, DFU_ERR_ARGUMENT, "more than 255");
    assert_dfu_ok(number_parse_signed("-0x8000", "offset", &offset, &err), err);
    assert_int_equal(offset, -0x8000);
    assert_dfu_ok(number_parse_signed("+4K", "offset", &offset, &err), err);
    assert_int_equal(offset, 4096);
    assert_dfu_error(number_parse_signed("--1", "offset", &offset, &err), err, DFU_ERR_ARGUMENT, "is not a number");
}

static void leading_zeros_are_explained(void **state)
{
    struct dfu_error *err = NULL;
    uint64_t value;
    (void)state;
    assert_dfu_error(number_parse("08000000", "address", UINT32_MAX, &value, &err), err, DFU_ERR_ARGUMENT,
                     "write 0x08000000 for hexadecimal");
}

static void ranges(void **state)
{
    static const struct {
        const char *text;
        struct dfu_range range;
    } good[] = {{"0x08000000..0x08000001", {0x08000000, 0x08000001}},
                {"0x08000000+64K", {0x08000000, 0x08010000}},
                {"0+1", {0, 1}},
                {"0xFFFFFFFF..0x100000000", {0xFFFFFFFF, 0x100000000}},
                {"0xFFFFFFFF+1", {0xFFFFFFFF, 0x100000000}}};
    static const struct {
        const char *text;
        int code;
        const char *part;
    } bad[] = {{"", DFU_ERR_ARGUMENT, "is not a range"},
               {"0x08000000", DFU_ERR_ARGUMENT, "is not a range"},
               {"0x08000000.0x08000001", DFU_ERR_ARGUMENT, "is not a range"},
               {"0x0..", DFU_ERR_ARGUMENT, "is not a range"},
               {"0x0..4x", DFU_ERR_ARGUMENT, "is not a range"},
               {"4..4", DFU_ERR_RANGE, "is empty"},
               {"4+0", DFU_ERR_RANGE, "is empty"},
               {"5..4", DFU_ERR_RANGE, "is reversed"},
               {"0xFFFFFFFF+2", DFU_ERR_RANGE, "past the end"},
               {"1+18446744073709551615", DFU_ERR_RANGE, "past the end"}};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct dfu_error *err = NULL;
        struct dfu_range range;
        assert_dfu_ok(range_parse(good[i].text, &range, &err), err);
        assert_int_equal(range.start, good[i].range.start);
        assert_int_equal(range.end, good[i].range.end);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct dfu_error *err = NULL;
        struct dfu_range range;
        assert_dfu_error(range_parse(bad[i].text, &range, &err), err, bad[i].code, bad[i].part);
    }
}

static void fractions(void **state)
{
    struct dfu_error *err = NULL;
    uint32_t percent;
    (void)state;
    assert_dfu_ok(percent_parse("0.25", "scale", 10000, &percent, &err), err);
    assert_int_equal(percent, 25);
    assert_dfu_ok(percent_parse("2", "scale", 10000, &percent, &err), err);
    assert_int_equal(percent, 200);
    assert_dfu_ok(percent_parse("100", "scale", 10000, &percent, &err), err);
    assert_int_equal(percent, 10000);
    assert_dfu_error(percent_parse("0", "scale", 10000, &percent, &err), err, DFU_ERR_ARGUMENT, "from 0.01 to 100");
    assert_dfu_error(percent_parse("100.01", "scale", 10000, &percent, &err), err, DFU_ERR_ARGUMENT, "from 0.01");
    assert_dfu_error(percent_parse("0.001", "scale", 10000, &percent, &err), err, DFU_ERR_ARGUMENT, "from 0.01");
    assert_dfu_error(percent_parse("x", "scale", 10000, &percent, &err), err, DFU_ERR_ARGUMENT, "from 0.01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(limits),
                                       cmocka_unit_test(leading_zeros_are_explained), cmocka_unit_test(ranges),
                                       cmocka_unit_test(fractions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
