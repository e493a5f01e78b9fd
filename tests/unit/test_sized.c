/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include "core/core.h"

struct known {
    size_t size;
    uint32_t a;
    uint32_t b;
};

struct newer {
    size_t size;
    uint32_t a;
    uint32_t b;
    uint64_t c;
};

static void null_is_all_defaults(void **state)
{
    (void)state;
    struct known got = {1, 2, 3};
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfui_sized_in(&got, sizeof got, NULL, "options", &err), err);
    assert_int_equal(got.size, sizeof got);
    assert_int_equal(got.a, 0);
    assert_int_equal(got.b, 0);
}

static void an_older_caller_is_zero_filled(void **state)
{
    (void)state;
    struct known given = {offsetof(struct known, b), 5, 6};
    struct known got = {1, 2, 3};
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfui_sized_in(&got, sizeof got, &given, "options", &err), err);
    assert_int_equal(got.size, sizeof got);
    assert_int_equal(got.a, 5);
    assert_int_equal(got.b, 0);
}

static void a_newer_caller_may_not_ask_for_the_unknown(void **state)
{
    (void)state;
    struct newer given;
    struct known got;
    struct dfu_error *err = NULL;
    DFU_INIT(&given);
    given.a = 5;
    given.b = 6;
    assert_dfu_ok(dfui_sized_in(&got, sizeof got, &given, "options", &err), err);
    assert_int_equal(got.size, sizeof got);
    assert_int_equal(got.b, 6);
    given.c = 1;
    assert_dfu_error(dfui_sized_in(&got, sizeof got, &given, "options", &err), err, DFU_ERR_UNSUPPORTED, "options");
}

static void a_size_that_was_not_set(void **state)
{
    (void)state;
    struct known given = {0, 5, 6};
    struct known got;
    struct dfu_error *err = NULL;
    assert_dfu_error(dfui_sized_in(&got, sizeof got, &given, "open options", &err), err, DFU_ERR_ARGUMENT,
                     "open options: size 0 is not set");
    given.size = sizeof(size_t) - 1;
    assert_dfu_error(dfui_sized_in(&got, sizeof got, &given, "open options", &err), err, DFU_ERR_ARGUMENT, "DFU_INIT");
}

static void out_keeps_the_callers_size(void **state)
{
    (void)state;
    const struct known ours = {sizeof ours, 5, 6};
    struct newer newer = {sizeof newer, 1, 1, 1};
    assert_int_equal(dfui_sized_out(&newer, &ours, sizeof ours), DFU_OK);
    assert_int_equal(newer.size, sizeof newer);
    assert_int_equal(newer.a, 5);
    assert_int_equal(newer.b, 6);
    assert_int_equal(newer.c, 0);

    struct known older = {offsetof(struct known, b), 1, 1};
    assert_int_equal(dfui_sized_out(&older, &ours, sizeof ours), DFU_OK);
    assert_int_equal(older.size, offsetof(struct known, b));
    assert_int_equal(older.a, 5);
    assert_int_equal(older.b, 1); /* not the caller's to lose */

    older.size = 0;
    assert_int_equal(dfui_sized_out(&older, &ours, sizeof ours), DFU_ERR_ARGUMENT);
    assert_int_equal(dfui_sized_out(NULL, &ours, sizeof ours), DFU_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_all_defaults),
        cmocka_unit_test(an_older_caller_is_zero_filled),
        cmocka_unit_test(a_newer_caller_may_not_ask_for_the_unknown),
        cmocka_unit_test(a_size_that_was_not_set),
        cmocka_unit_test(out_keeps_the_callers_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
