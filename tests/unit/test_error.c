/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include "core/core.h"

static void no_error(void **state)
{
    (void)state;
    struct dfu_error_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_error_code(NULL), DFU_OK);
    assert_non_null(dfu_error_message(NULL));
    assert_null(dfu_error_cause(NULL));
    assert_null(dfu_error_hint(NULL));
    assert_int_equal(dfu_error_describe(NULL, &info), DFU_ERR_ARGUMENT);
    dfu_error_free(NULL);
    assert_int_equal(dfu_error_set(NULL, DFU_ERR_FILE, "%s", "x"), DFU_ERR_FILE);
    dfu_error_prefix(NULL, "x");
    dfu_error_wrap(NULL, "x");
    dfu_error_set_hint(NULL, "x");
    dfu_error_set_cause(NULL, "x");
    dfui_error_address(NULL, 1);
}

static void layers_add_and_none_replaces(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    assert_int_equal(dfu_error_set(&err, DFU_ERR_STALL, "request %d stalled", 3), DFU_ERR_STALL);
    assert_int_equal(dfu_error_code(err), DFU_ERR_STALL);
    assert_string_equal(dfu_error_message(err), "request 3 stalled");
    dfu_error_set_hint(&err, "unplug it");
    dfu_error_set_hint(&err, "an outer layer's idea");
    dfu_error_prefix(&err, "1-2.%d", 3);
    assert_string_equal(dfu_error_message(err), "1-2.3: request 3 stalled");
    assert_null(dfu_error_cause(err));
    dfu_error_wrap(&err, "cannot erase 0x%08X", 0x08000000u);
    assert_string_equal(dfu_error_message(err), "cannot erase 0x08000000");
    assert_string_equal(dfu_error_cause(err), "1-2.3: request 3 stalled");
    dfu_error_wrap(&err, "flash failed");
    assert_string_equal(dfu_error_message(err), "flash failed");
    assert_string_equal(dfu_error_cause(err), "cannot erase 0x08000000: 1-2.3: request 3 stalled");
    assert_string_equal(dfu_error_hint(err), "unplug it");
    assert_int_equal(dfu_error_code(err), DFU_ERR_STALL);
    dfui_error_clear(&err);
    assert_null(err);
}

static void setting_again_frees_and_forgets(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    (void)dfu_error_set(&err, DFU_ERR_FILE, "first");
    dfu_error_set_hint(&err, "hint");
    dfu_error_set_cause(&err, "cause %d", 1);
    dfu_error_set_cause(&err, "cause %d", 2);
    assert_string_equal(dfu_error_cause(err), "cause 2");
    /* the old text may be an argument of the new one */
    (void)dfu_error_set(&err, DFU_ERR_USB, "after %s", dfu_error_message(err));
    assert_string_equal(dfu_error_message(err), "after first");
    assert_int_equal(dfu_error_code(err), DFU_ERR_USB);
    assert_null(dfu_error_hint(err));
    assert_null(dfu_error_cause(err));
    dfu_error_free(err);
}

static void machine_detail_adds_up(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_error_info info;
    (void)dfu_error_set(&err, DFU_ERR_MISMATCH, "differs");
    dfui_error_contents(&err, 0x08000123, 0xAB, 0xCD);
    info = (struct dfu_error_info){.flags = DFU_ERROR_HAS_STATUS, .address = 7, .dfu_status = 11, .dfu_state = 10};
    dfu_error_set_info(&err, &info);
    info = (struct dfu_error_info){.flags = DFU_ERROR_HAS_USB_CODE, .usb_code = -9};
    dfu_error_set_info(&err, &info);
    DFU_INIT(&info);
    assert_int_equal(dfu_error_describe(err, &info), DFU_OK);
    assert_int_equal(info.size, sizeof info);
    assert_int_equal(info.code, DFU_ERR_MISMATCH);
    assert_int_equal(info.flags, 15);
    assert_int_equal(info.address, 0x08000123);
    assert_int_equal(info.expected, 0xAB);
    assert_int_equal(info.found, 0xCD);
    assert_int_equal(info.dfu_status, 11);
    assert_int_equal(info.dfu_state, 10);
    assert_int_equal(info.usb_code, -9);
    dfu_error_free(err);
}

/* The static object can be used like any other, and is never changed. */
static void out_of_memory(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_error_info info;
    (void)dfu_error_set(&err, DFU_ERR_USB, "freed by the next line");
    assert_int_equal(dfui_error_no_memory(&err), DFU_ERR_NO_MEMORY);
    dfu_error_prefix(&err, "x");
    dfu_error_wrap(&err, "x");
    dfu_error_set_hint(&err, "x");
    dfu_error_set_cause(&err, "x");
    dfui_error_address(&err, 1);
    assert_string_equal(dfu_error_message(err), "out of memory");
    assert_null(dfu_error_hint(err));
    assert_null(dfu_error_cause(err));
    DFU_INIT(&info);
    assert_int_equal(dfu_error_describe(err, &info), DFU_OK);
    assert_int_equal(info.code, DFU_ERR_NO_MEMORY);
    assert_int_equal(info.flags, 0);
    dfu_error_free(err);
    dfu_error_free(err);
    assert_int_equal(dfui_error_no_memory(NULL), DFU_ERR_NO_MEMORY);
    /* and it may be replaced */
    (void)dfu_error_set(&err, DFU_ERR_FILE, "later");
    assert_string_equal(dfu_error_message(err), "later");
    dfu_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_error),
        cmocka_unit_test(layers_add_and_none_replaces),
        cmocka_unit_test(setting_again_frees_and_forgets),
        cmocka_unit_test(machine_detail_adds_up),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
