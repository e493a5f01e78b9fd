/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"

/* DFU 1.1 section 6.1.2 and appendix A.1, by number. */
static void states(void **state)
{
    (void)state;
    static const char *const names[] = {
        "appIDLE",        "appDETACH",        "dfuIDLE",     "dfuDNLOAD-SYNC",         "dfuDNBUSY",
        "dfuDNLOAD-IDLE", "dfuMANIFEST-SYNC", "dfuMANIFEST", "dfuMANIFEST-WAIT-RESET", "dfuUPLOAD-IDLE",
        "dfuERROR",
    };
    for (int i = 0; i < 11; i++)
        assert_string_equal(dfu_state_name(i), names[i]);
    assert_string_equal(dfu_state_name(11), "unknown state");
    assert_string_equal(dfu_state_name(15), "unknown state"); /* what one USB library answers */
    assert_string_equal(dfu_state_name(255), "unknown state");
    assert_string_equal(dfu_state_name(-1), "unknown state");
}

static void statuses(void **state)
{
    (void)state;
    static const char *const names[] = {
        "OK",      "errTARGET", "errFILE",    "errWRITE",      "errERASE",    "errCHECK_ERASED",
        "errPROG", "errVERIFY", "errADDRESS", "errNOTDONE",    "errFIRMWARE", "errVENDOR",
        "errUSBR", "errPOR",    "errUNKNOWN", "errSTALLEDPKT",
    };
    for (int i = 0; i < 16; i++)
        assert_string_equal(dfu_status_name(i), names[i]);
    assert_string_equal(dfu_status_name(16), "unknown status");
    assert_string_equal(dfu_status_name(-1), "unknown status");
}

static void texts(void **state)
{
    (void)state;
    assert_string_equal(dfu_status_text(0), "No error condition is present");
    assert_string_equal(dfu_status_text(4), "Memory erase function failed");
    assert_string_equal(dfu_status_text(7), "Programmed memory failed verification");
    assert_string_equal(dfu_status_text(8), "Cannot program memory due to received address that is out of range");
    assert_string_equal(dfu_status_text(11), "iString indicates a vendor-specific error");
    assert_string_equal(dfu_status_text(15), "Device stalled an unexpected request");
    for (int i = 0; i < 16; i++) {
        const char *text = dfu_status_text(i);
        assert_true(strlen(text) > 10 && strchr(text, '\n') == NULL && text[strlen(text) - 1] != '.');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(text, dfu_status_text(j));
    }
    assert_non_null(strstr(dfu_status_text(16), "does not define"));
    assert_non_null(strstr(dfu_status_text(-1), "does not define"));
}

static void codes(void **state)
{
    (void)state;
    assert_string_equal(dfu_code_name(0), "DFU_OK");
    assert_string_equal(dfu_code_name(-1), "DFU_ERR_ARGUMENT");
    assert_string_equal(dfu_code_name(-23), "DFU_ERR_RANGE");
    assert_string_equal(dfu_code_name(-44), "DFU_ERR_GONE");
    assert_string_equal(dfu_code_name(-61), "DFU_ERR_TIMEOUT");
    assert_string_equal(dfu_code_name(-84), "DFU_ERR_SOME_FAILED");
    assert_string_equal(dfu_code_name(-100), "DFU_ERR_CANCELLED");
    assert_string_equal(dfu_code_name(-5), "DFU_ERR_?");
    assert_string_equal(dfu_code_name(1), "DFU_ERR_?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states),
        cmocka_unit_test(statuses),
        cmocka_unit_test(texts),
        cmocka_unit_test(codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
