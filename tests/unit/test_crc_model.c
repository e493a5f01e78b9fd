/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include <stdbool.h>
#include <string.h>

static struct dfu_error *err;

/* Check values for "123456789" as the public catalogue of parametrised CRC algorithms has them. */
static void presets_give_the_catalogue_s_check_values(void **state)
{
    static const struct {
        const char *name;
        uint32_t check;
    } rows[] = {
        {"crc32", 0xCBF43926},         {"crc32-mpeg2", 0x0376E6E7},  {"crc32-bzip2", 0xFC891918},
        {"crc32-posix", 0x765E7680},   {"crc32-jamcrc", 0x340BC6D9}, {"crc32c", 0xE3069283},
        {"crc16-ccitt-false", 0x29B1}, {"crc16-aug-ccitt", 0xE5CC},  {"crc16-xmodem", 0x31C3},
        {"crc16-kermit", 0x2189},      {"crc16-x25", 0x906E},        {"crc16-arc", 0xBB3D},
        {"crc16-modbus", 0x4B37},      {"crc16-usb", 0xB4C8},        {"crc8", 0xF4},
        {"crc8-maxim", 0xA1},          {"crc8-sae-j1850", 0x4B},     {"crc8-autosar", 0xDF},
    };
    size_t n = sizeof rows / sizeof rows[0];
    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct dfu_crc_model model;
        uint32_t value = 0;
        DFU_INIT(&model);
        assert_dfu_ok(dfu_crc_preset(rows[i].name, &model, &err), err);
        assert_string_equal(model.name, rows[i].name);
        assert_dfu_ok(dfu_crc_compute(&model, "123456789", 9, &value, &err), err);
        assert_int_equal(value, rows[i].check);
    }
    /* every preset stands above, but for stm32, which takes words only */
    assert_non_null(dfu_crc_preset_name(n, NULL));
    assert_null(dfu_crc_preset_name(n + 1, NULL));
}

static void stm32_is_the_default(void **state)
{
    static const uint8_t word[] = {0x78, 0x56, 0x34, 0x12};
    struct dfu_crc_model model;
    uint32_t value = 0;
    (void)state;
    assert_string_equal(dfu_crc_preset_name(0, NULL), "stm32");
    assert_dfu_ok(dfu_crc_compute(NULL, word, 4, &value, &err), err);
    assert_int_equal(value, 0xDF8A8A2B);
    DFU_INIT(&model);
    assert_dfu_ok(dfu_crc_preset("stm32", &model, &err), err);
    assert_dfu_ok(dfu_crc_compute(&model, word, 4, &value, &err), err);
    assert_int_equal(value, 0xDF8A8A2B);
}

static uint32_t reversed(uint32_t value, uint32_t width)
{
    uint32_t out = 0;
    for (uint32_t i = 0; i < width; i++) {
        out = out << 1 | (value & 1);
        value >>= 1;
    }
    return out;
}

/* The definition: a number a unit, bits of each part of it reversed, then bit by bit from the top. */
static uint32_t slow(const struct dfu_crc_model *m, const uint8_t *p, size_t length)
{
    uint32_t crc = m->init;
    uint32_t top = UINT32_C(1) << (m->width - 1);
    uint32_t mask = top | (top - 1);
    for (size_t i = 0; i < length; i += m->unit) {
        uint32_t number = 0;
        for (uint32_t k = 0; k < m->unit; k++)
            number |= (uint32_t)p[i + k] << (8 * k);
        if (m->reflect_in > 0) {
            uint32_t bits = 8 * m->reflect_in;
            uint32_t out = 0;
            for (uint32_t at = 0; at < 8 * m->unit; at += bits)
                out |= reversed((uint32_t)(number >> at & ((UINT64_C(1) << bits) - 1)), bits) << at;
            number = out;
        }
        for (uint32_t bit = 8 * m->unit; bit-- > 0;) {
            uint32_t feedback = (crc >> (m->width - 1) & 1) ^ (number >> bit & 1);
            crc = (crc << 1 & mask) ^ (feedback != 0 ? m->poly : 0);
        }
    }
    return (m->reflect_out != 0 ? reversed(crc, m->width) : crc) ^ m->xor_out;
}

/* One random model of each shape, over several lengths, in one go and in two. */
static void try_model(struct dfu_crc_model *m, uint64_t *seed)
{
    uint8_t data[96];
    uint32_t mask = UINT32_MAX >> (32 - m->width);
    m->poly = ((uint32_t)test_random(seed) & mask) | 1;
    m->init = (uint32_t)test_random(seed) & mask;
    m->xor_out = (uint32_t)test_random(seed) & mask;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)test_random(seed);
    for (size_t n = 0; n <= 44; n += m->unit) {
        size_t cut = (size_t)(test_random(seed) % (n / m->unit + 1)) * m->unit;
        uint32_t whole = 0;
        uint32_t parts = 0;
        assert_dfu_ok(dfu_crc_compute(m, data, n, &whole, &err), err);
        assert_int_equal(whole, slow(m, data, n));
        assert_dfu_ok(dfu_crc_compute(m, data, cut, &parts, &err), err);
        assert_dfu_ok(dfu_crc_extend(m, data + cut, n - cut, &parts, &err), err);
        assert_int_equal(parts, whole);
    }
}

/* One of all the shapes there are; false past the last. */
static bool shape(unsigned index, struct dfu_crc_model *m)
{
    static const uint32_t inputs[][2] = {{1, 0}, {1, 1}, {2, 0}, {2, 1}, {2, 2}, {4, 0}, {4, 1}, {4, 2}, {4, 4}};
    unsigned count = sizeof inputs / sizeof inputs[0];
    DFU_INIT(m);
    m->unit = inputs[index % count][0];
    m->reflect_in = inputs[index % count][1];
    m->reflect_out = index / count % 2;
    m->width = UINT32_C(8) << (index / count / 2 % 3);
    return index < count * 2 * 3;
}

static void any_model_agrees_with_the_definition(void **state)
{
    uint64_t seed = 20250111;
    struct dfu_crc_model m;
    (void)state;
    for (unsigned i = 0; shape(i, &m); i++)
        try_model(&m, &seed);
}

static void assert_refused(const struct dfu_crc_model *m, const char *words)
{
    uint32_t value = 7;
    assert_dfu_error(dfu_crc_compute(m, "abcd", 4, &value, &err), err, DFU_ERR_ARGUMENT, words);
    assert_int_equal(value, 7);
}

static void what_cannot_be_is_refused(void **state)
{
    struct dfu_crc_model m;
    uint32_t value;
    (void)state;
    DFU_INIT(&m);
    assert_refused(&m, "a CRC of 0 bits");
    m.width = 24;
    assert_refused(&m, "a CRC of 24 bits");
    m.width = 16;
    m.poly = 0x11021;
    assert_refused(&m, "wider than the CRC's 16 bits");
    m.poly = 0x1021;
    m.unit = 3;
    assert_refused(&m, "units of 3 bytes");
    m.unit = 2;
    m.reflect_in = 4;
    assert_refused(&m, "reversed over 4 bytes");
    m.reflect_in = 0;
    assert_dfu_error(dfu_crc_compute(&m, "abc", 3, &value, &err), err, DFU_ERR_ARGUMENT, "cannot cover 3 bytes");
    assert_dfu_error(dfu_crc_preset("crc33", &m, &err), err, DFU_ERR_ARGUMENT, "no CRC called 'crc33'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_give_the_catalogue_s_check_values),
        cmocka_unit_test(stm32_is_the_default),
        cmocka_unit_test(any_model_agrees_with_the_definition),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
