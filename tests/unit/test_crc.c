/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"

/* The definition, one bit at a time. */
static uint32_t slow(uint32_t crc, const uint8_t *p, size_t length)
{
    for (; length >= 4; length -= 4, p += 4) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        for (int bit = 0; bit < 32; bit++)
            crc = (crc & 0x80000000u) != 0 ? crc << 1 ^ 0x04C11DB7u : crc << 1;
    }
    return crc;
}

static void known_values(void **state)
{
    (void)state;
    static const uint8_t word[] = {0x78, 0x56, 0x34, 0x12};
    static const uint8_t counting[] = {1, 2, 3, 4};
    static const uint8_t two[] = {0x78, 0x56, 0x34, 0x12, 0xEF, 0xCD, 0xAB, 0x90};
    assert_int_equal(dfu_crc_stm32(DFU_CRC_STM32_INIT, word, 4), 0xDF8A8A2B);
    assert_int_equal(dfu_crc_stm32(DFU_CRC_STM32_INIT, counting, 4), 0x1DABE74F);
    assert_int_equal(dfu_crc_stm32(DFU_CRC_STM32_INIT, two, 8), 0x36B13E20); /* srec_cat -STM32 */
    assert_int_equal(dfu_crc_stm32(DFU_CRC_STM32_INIT, NULL, 0), 0xFFFFFFFF);
}

static void incomplete_word_is_ignored(void **state)
{
    (void)state;
    static const uint8_t seven[] = {1, 2, 3, 4, 5, 6, 7};
    for (size_t n = 4; n <= 7; n++)
        assert_int_equal(dfu_crc_stm32(DFU_CRC_STM32_INIT, seven, n), 0x1DABE74F);
}

static void agrees_with_the_definition(void **state)
{
    (void)state;
    uint8_t data[300];
    uint64_t seed = 20240101;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)test_random(&seed);
    for (size_t n = 0; n + 8 <= sizeof data; n++) {
        for (size_t shift = 0; shift < 8; shift++)
            assert_int_equal(dfu_crc_stm32((uint32_t)n, data + shift, n), slow((uint32_t)n, data + shift, n));
    }
}

static void chains(void **state)
{
    (void)state;
    uint8_t data[128];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37);
    uint32_t whole = dfu_crc_stm32(DFU_CRC_STM32_INIT, data, sizeof data);
    for (size_t cut = 0; cut <= sizeof data; cut += 4) {
        uint32_t first = dfu_crc_stm32(DFU_CRC_STM32_INIT, data, cut);
        assert_int_equal(dfu_crc_stm32(first, data + cut, sizeof data - cut), whole);
    }
}

/* Firmware may check "CRC of everything including the stored CRC is 0". */
static void own_crc_appended_gives_zero(void **state)
{
    (void)state;
    static const uint8_t data[] = {0x78, 0x56, 0x34, 0x12, 0x2B, 0x8A, 0x8A, 0xDF};
    assert_int_equal(dfu_crc_stm32(DFU_CRC_STM32_INIT, data, sizeof data), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(incomplete_word_is_ignored),
        cmocka_unit_test(agrees_with_the_definition),
        cmocka_unit_test(chains),
        cmocka_unit_test(own_crc_appended_gives_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
