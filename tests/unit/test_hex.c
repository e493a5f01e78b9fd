/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/hex.h"
#include "support.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MOST 70u

/* Bytes that differ from place to place, and their digits by way of the C library. */
static void sample(size_t n, uint8_t *bytes, char *digits)
{
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(i * 37 + n * 11 + 5);
        (void)snprintf(digits + 2 * i, 3, "%02X", bytes[i]);
    }
}

static void encodes_any_length_and_nothing_else(void **state)
{
    (void)state;
    for (size_t n = 0; n <= MOST; n++) {
        uint8_t bytes[MOST + 1];
        char digits[2 * MOST + 1] = "";
        uint8_t out[2 * MOST + 2];
        sample(n, bytes, digits);
        memset(out, '.', sizeof out);
        dfui_hex_encode(bytes, n, out + 1);
        assert_memory_equal(out + 1, digits, 2 * n);
        assert_int_equal(out[0], '.');
        assert_int_equal(out[1 + 2 * n], '.');
    }
}

static void decodes_either_case_and_nothing_else(void **state)
{
    (void)state;
    for (size_t n = 0; n <= MOST; n++) {
        uint8_t bytes[MOST + 1];
        char digits[2 * MOST + 1] = "";
        uint8_t out[MOST + 2];
        sample(n, bytes, digits);
        for (int lower = 0; lower < 2; lower++) {
            memset(out, 0xA5, sizeof out);
            assert_true(dfui_hex_decode((const uint8_t *)digits, n, out + 1));
            assert_memory_equal(out + 1, bytes, n);
            assert_int_equal(out[0], 0xA5);
            assert_int_equal(out[1 + n], 0xA5);
            for (size_t i = 0; i < 2 * n; i++)
                digits[i] = (char)tolower((unsigned char)digits[i]);
        }
    }
}

/* Every byte value at every place of a short stretch, one vector step, and one that overlaps. */
static void finds_every_wrong_character(void **state)
{
    static const size_t lengths[] = {3, 16, 37};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        size_t n = lengths[k];
        uint8_t bytes[MOST];
        uint8_t out[MOST];
        char digits[2 * MOST + 1];
        sample(n, bytes, digits);
        for (size_t at = 0; at < 2 * n; at++) {
            char right = digits[at];
            for (int c = 0; c < 256; c++) {
                digits[at] = (char)c;
                bool digit = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
                assert_int_equal(dfui_hex_decode((const uint8_t *)digits, n, out), digit);
            }
            digits[at] = right;
        }
    }
}

static void sums_modulo_256(void **state)
{
    uint8_t bytes[600];
    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    for (size_t n = 0; n <= sizeof bytes; n++)
        assert_int_equal(dfui_hex_sum(bytes, n), (uint8_t)(n * 255));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_any_length_and_nothing_else),
        cmocka_unit_test(decodes_either_case_and_nothing_else),
        cmocka_unit_test(finds_every_wrong_character),
        cmocka_unit_test(sums_modulo_256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
