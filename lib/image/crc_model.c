/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any CRC of up to 32 bits, eight bytes a step. Two kinds of register do for all: one that shifts left and holds the
 * CRC in its upper bits, and for reflected input one that shifts right and holds it, reversed, in its lower bits. What
 * units change is only the order in which bytes go in.
 */
#include "image/crc_model.h"
#include "core/bytes.h"
#include "core/core.h"
#include <inttypes.h>
#include <stdbool.h>

#define SLICES 8u

struct engine {
    const struct dfu_crc_model *model;
    bool right;    /* shifts right */
    uint32_t swap; /* byte i of a unit is the (i ^ swap)-th to go in */
    uint32_t tables[SLICES][256];
};

static uint32_t reverse(uint32_t value, uint32_t width)
{
    uint32_t out = 0;
    for (uint32_t i = 0; i < width; i++)
        out |= (value >> i & 1U) << (width - 1 - i);
    return out;
}

static bool is_unit(uint32_t n)
{
    return n == 1 || n == 2 || n == 4;
}

int dfui_crc_model(struct dfu_crc_model *out, const struct dfu_crc_model *model, struct dfu_error **err)
{
    if (model == NULL) {
        out->size = sizeof *out;
        return dfu_crc_preset("stm32", out, err);
    }
    int rc = dfui_sized_in(out, sizeof *out, model, "dfu_crc_model", err);
    if (rc != DFU_OK)
        return rc;
    if (out->name == NULL)
        out->name = "custom";
    if (out->unit == 0)
        out->unit = 1;
    if (out->width != 8 && out->width != 16 && out->width != 32)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "a CRC of %" PRIu32 " bits: not 8, 16 or 32", out->width);
    if (!is_unit(out->unit))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "a CRC over units of %" PRIu32 " bytes: not 1, 2 or 4", out->unit);
    if (out->reflect_in != 0 && (!is_unit(out->reflect_in) || out->reflect_in > out->unit))
        return dfu_error_set(err, DFU_ERR_ARGUMENT,
                             "input bits reversed over %" PRIu32 " bytes: not 1, 2 or 4 within a unit of %" PRIu32,
                             out->reflect_in, out->unit);
    uint32_t most = UINT32_MAX >> (32 - out->width);
    uint32_t largest = out->poly | out->init | out->xor_out;
    if (largest > most)
        return dfu_error_set(err, DFU_ERR_ARGUMENT,
                             "polynomial 0x%" PRIX32 ", initial value 0x%" PRIX32 " or final xor 0x%" PRIX32
                             " is wider than the CRC's %" PRIu32 " bits",
                             out->poly, out->init, out->xor_out, out->width);
    return DFU_OK;
}

static void build_left(struct engine *e)
{
    uint32_t poly = e->model->poly << (32 - e->model->width);
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b << 24;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (crc & 0x80000000U) != 0 ? crc << 1 ^ poly : crc << 1;
        e->tables[0][b] = crc;
    }
    for (uint32_t k = 1; k < SLICES; k++) {
        for (uint32_t b = 0; b < 256; b++)
            e->tables[k][b] = e->tables[k - 1][b] << 8 ^ e->tables[0][e->tables[k - 1][b] >> 24];
    }
}

static void build_right(struct engine *e)
{
    uint32_t poly = reverse(e->model->poly, e->model->width);
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (crc & 1U) != 0 ? crc >> 1 ^ poly : crc >> 1;
        e->tables[0][b] = crc;
    }
    for (uint32_t k = 1; k < SLICES; k++) {
        for (uint32_t b = 0; b < 256; b++)
            e->tables[k][b] = e->tables[k - 1][b] >> 8 ^ e->tables[0][e->tables[k - 1][b] & 255U];
    }
}

static void build(struct engine *e, const struct dfu_crc_model *model)
{
    uint32_t group = model->reflect_in > 0 ? model->reflect_in : 1;
    e->model = model;
    e->right = model->reflect_in > 0;
    e->swap = (model->unit - 1) & ~(group - 1); /* reversing the bits of a group reverses its bytes, too */
    if (e->right)
        build_right(e);
    else
        build_left(e);
}

/* Four bytes as a number whose lowest byte is byte 0 ^ order, the next 1 ^ order… */
static inline uint32_t load(const uint8_t *p, uint32_t order)
{
    uint32_t w = dfui_le32(p);
    if ((order & 1U) != 0)
        w = (w & 0x00FF00FFU) << 8 | (w >> 8 & 0x00FF00FFU);
    if ((order & 2U) != 0)
        w = w << 16 | w >> 16;
    return w;
}

/* The effect of four bytes, the highest first, with 4 * row more behind them. */
static inline uint32_t effect_left(const struct engine *e, uint32_t w, unsigned row)
{
    return e->tables[4 * row + 3][w >> 24] ^ e->tables[4 * row + 2][w >> 16 & 255] ^
           e->tables[4 * row + 1][w >> 8 & 255] ^ e->tables[4 * row][w & 255];
}

/* The same, the lowest first. */
static inline uint32_t effect_right(const struct engine *e, uint32_t w, unsigned row)
{
    return e->tables[4 * row + 3][w & 255] ^ e->tables[4 * row + 2][w >> 8 & 255] ^
           e->tables[4 * row + 1][w >> 16 & 255] ^ e->tables[4 * row][w >> 24];
}

static uint32_t run_left(const struct engine *e, uint32_t crc, const uint8_t *p, size_t length)
{
    uint32_t order = e->swap ^ 3U;
    for (; length >= 8; length -= 8, p += 8)
        crc = effect_left(e, crc ^ load(p, order), 1) ^ effect_left(e, load(p + 4, order), 0);
    for (size_t i = 0; i < length; i++)
        crc = crc << 8 ^ e->tables[0][crc >> 24 ^ p[i ^ e->swap]];
    return crc;
}

static uint32_t run_right(const struct engine *e, uint32_t crc, const uint8_t *p, size_t length)
{
    for (; length >= 8; length -= 8, p += 8)
        crc = effect_right(e, crc ^ load(p, e->swap), 1) ^ effect_right(e, load(p + 4, e->swap), 0);
    for (size_t i = 0; i < length; i++)
        crc = crc >> 8 ^ e->tables[0][(crc & 255U) ^ p[i ^ e->swap]];
    return crc;
}

/* The register (of a unit that shifts left) behind a value that was given out, and back. */
static uint32_t to_register(const struct dfu_crc_model *m, uint32_t value)
{
    value ^= m->xor_out;
    return m->reflect_out != 0 ? reverse(value, m->width) : value;
}

static uint32_t from_register(const struct dfu_crc_model *m, uint32_t value)
{
    return (m->reflect_out != 0 ? reverse(value, m->width) : value) ^ m->xor_out;
}

static bool is_stm32(const struct dfu_crc_model *m)
{
    return m->width == 32 && m->poly == 0x04C11DB7 && m->unit == 4 && m->reflect_in == 0;
}

static uint32_t run(const struct dfu_crc_model *m, uint32_t value, const void *data, size_t length)
{
    struct engine e;
    if (is_stm32(m))
        return dfu_crc_stm32(value, data, length);
    build(&e, m);
    if (e.right)
        return reverse(run_right(&e, reverse(value, m->width), data, length), m->width);
    return run_left(&e, value << (32 - m->width), data, length) >> (32 - m->width);
}

static int extend(const struct dfu_crc_model *m, const void *data, size_t length, uint32_t *value,
                  struct dfu_error **err)
{
    if (length % m->unit != 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "a CRC over units of %" PRIu32 " bytes cannot cover %zu bytes",
                             m->unit, length);
    if (length > 0)
        *value = from_register(m, run(m, to_register(m, *value), data, length));
    return DFU_OK;
}

int dfu_crc_extend(const struct dfu_crc_model *model, const void *data, size_t length, uint32_t *value,
                   struct dfu_error **err)
{
    struct dfu_crc_model m;
    int rc = dfui_crc_model(&m, model, err);
    return rc == DFU_OK ? extend(&m, data, length, value, err) : rc;
}

int dfu_crc_compute(const struct dfu_crc_model *model, const void *data, size_t length, uint32_t *value,
                    struct dfu_error **err)
{
    struct dfu_crc_model m;
    int rc = dfui_crc_model(&m, model, err);
    if (rc != DFU_OK)
        return rc;
    uint32_t crc = from_register(&m, m.init);
    rc = extend(&m, data, length, &crc, err);
    if (rc == DFU_OK)
        *value = crc;
    return rc;
}
