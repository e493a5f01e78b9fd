/* SPDX-License-Identifier: BSD-2-Clause */
/* Option bytes by field: looking at them, and changing them with their complements. */
#include "core/core.h"
#include "core/scan.h"
#include "map/optbytes_private.h"
#include <inttypes.h>
#include <stdio.h>

static const struct dfui_optbytes_row rdp_row = {"rdp", 0, 0, 0, 8, NULL, NULL};

bool dfui_optbytes_has(const struct dfu_optbytes *o, const struct dfui_optbytes_row *row)
{
    return row->area < o->count && (row->shift + row->bits + 7u) / 8u + row->offset <= o->areas[row->area].known;
}

uint32_t dfui_optbytes_bits(const struct dfu_optbytes *o, size_t area, uint32_t offset, uint32_t shift, uint32_t bits)
{
    const uint8_t *data = o->areas[area].data + offset;
    uint32_t value = 0;
    for (uint32_t i = 0; i < bits; i++) {
        uint32_t at = shift + i;
        value |= (uint32_t)(data[at / 8] >> (at % 8) & 1u) << i;
    }
    return value;
}

/* All of the word that a byte is in: its other bytes may never have been programmed, complement and all. */
static void complete(struct dfui_optbytes_area *area, uint32_t byte, uint32_t half)
{
    uint32_t start = byte - byte % (2 * half);
    for (uint32_t i = start; i < start + half && i + half < area->known; i++)
        area->data[i + half] = (uint8_t)~area->data[i];
}

static void put_bits(struct dfu_optbytes *o, size_t area, uint32_t offset, uint32_t shift, uint32_t bits,
                     uint32_t value)
{
    uint8_t *data = o->areas[area].data;
    uint32_t half = o->layout->complement;
    for (uint32_t i = 0; i < bits; i++) {
        uint32_t at = offset * 8 + shift + i;
        uint8_t bit = (uint8_t)(1u << (at % 8));
        data[at / 8] = (uint8_t)((value >> i & 1u) != 0 ? data[at / 8] | bit : data[at / 8] & ~bit);
        if (half > 0)
            complete(&o->areas[area], at / 8, half);
    }
}

enum dfu_rdp dfu_optbytes_rdp(const struct dfu_optbytes *optbytes)
{
    if (optbytes == NULL || optbytes->layout == NULL)
        return DFU_RDP_UNKNOWN;
    const struct dfui_optbytes_layout *l = optbytes->layout;
    const struct dfui_optbytes_area *a = &optbytes->areas[0];
    if (a->known <= (uint32_t)l->rdp_offset + l->complement)
        return DFU_RDP_UNKNOWN;
    uint8_t byte = a->data[l->rdp_offset];
    /* A byte that does not fit its complement counts as erased, which is level 1. */
    if (l->complement > 0 && (byte ^ a->data[l->rdp_offset + l->complement]) != 0xFF)
        return DFU_RDP_1;
    if (byte == l->unprotected)
        return DFU_RDP_0;
    return l->permanent != 0 && byte == l->permanent ? DFU_RDP_2 : DFU_RDP_1;
}

static const char *level_text(enum dfu_rdp level)
{
    return level == DFU_RDP_0   ? "not read-protected"
           : level == DFU_RDP_1 ? "read-protected: level 0 again only with all of flash erased"
                                : "read-protected for ever";
}

static const struct dfui_optbytes_row *row_named(const struct dfui_optbytes_layout *l, const char *name, size_t length)
{
    for (const struct dfui_optbytes_row *row = l->rows; row->name != NULL; row++) {
        if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
            return row;
    }
    return NULL;
}

bool dfui_optbytes_value(const struct dfu_optbytes *o, const char *name, uint32_t *value)
{
    const struct dfui_optbytes_row *row = o->layout != NULL ? row_named(o->layout, name, strlen(name)) : NULL;
    if (row == NULL || !dfui_optbytes_has(o, row))
        return false;
    *value = dfui_optbytes_bits(o, row->area, row->offset, row->shift, row->bits);
    return true;
}

static int fill_field(const struct dfu_optbytes *o, const struct dfui_optbytes_row *row,
                      struct dfu_optbytes_field_info *out)
{
    struct dfu_optbytes_field_info f = {.size = sizeof f,
                                        .name = row->name,
                                        .bits = row->bits,
                                        .flags = o->layout->settable ? DFU_OPTBYTES_SETTABLE : 0};
    if (row == &rdp_row) {
        f.value = (uint32_t)dfu_optbytes_rdp(o);
        f.meaning = level_text(dfu_optbytes_rdp(o));
        f.address = o->areas[0].range.start + o->layout->rdp_offset;
    } else {
        f.value = dfui_optbytes_bits(o, row->area, row->offset, row->shift, row->bits);
        f.meaning = f.value == 0 && row->zero != NULL ? row->zero : row->one;
        f.address = o->areas[row->area].range.start + row->offset + row->shift / 8u;
    }
    return dfui_sized_out(out, &f, sizeof f);
}

int dfu_optbytes_field(const struct dfu_optbytes *optbytes, size_t index, struct dfu_optbytes_field_info *field)
{
    if (dfu_optbytes_rdp(optbytes) == DFU_RDP_UNKNOWN)
        return DFU_ERR_RANGE;
    if (index == 0)
        return fill_field(optbytes, &rdp_row, field);
    for (const struct dfui_optbytes_row *row = optbytes->layout->rows; row->name != NULL; row++) {
        if (dfui_optbytes_has(optbytes, row) && --index == 0)
            return fill_field(optbytes, row, field);
    }
    return DFU_ERR_RANGE;
}

static void hint_names(const struct dfu_optbytes *o, struct dfu_error **err)
{
    char list[512] = "rdp";
    size_t used = strlen(list);
    for (const struct dfui_optbytes_row *row = o->layout->rows; row->name != NULL && used < sizeof list; row++) {
        if (!dfui_optbytes_has(o, row))
            continue;
        int n = snprintf(list + used, sizeof list - used, " %s", row->name);
        used += n > 0 ? (size_t)n : 0;
    }
    dfu_error_set_hint(err, "take one of %s", list);
}

/* Any byte that means no other level would do; these are what ST's own tools write. */
static uint8_t level_1_byte(const struct dfui_optbytes_layout *l)
{
    return l->unprotected == 0xAA ? 0xBB : 0x00;
}

static int set_level(struct dfu_optbytes *o, uint64_t level, struct dfu_error **err)
{
    const struct dfui_optbytes_layout *l = o->layout;
    uint64_t highest = l->permanent != 0 ? 2 : 1;
    if (level > highest)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "rdp: %s has levels 0 to %" PRIu64 ", not %" PRIu64, l->name,
                             highest, level);
    if ((uint64_t)dfu_optbytes_rdp(o) != level)
        put_bits(o, 0, l->rdp_offset, 0, 8, level == 0 ? l->unprotected : level == 1 ? level_1_byte(l) : l->permanent);
    return DFU_OK;
}

/* The number behind the '=', which must be all there is. */
static bool take_value(struct dfui_scan *s, uint64_t *value)
{
    bool hex = dfui_scan_left(s) > 2 && s->at[0] == '0' && (s->at[1] == 'x' || s->at[1] == 'X');
    bool good = hex ? dfui_scan_hex(s, UINT32_MAX, value) : dfui_scan_decimal(s, UINT32_MAX, value);
    return good && dfui_scan_left(s) == 0;
}

static int set_field(struct dfu_optbytes *o, const char *name, size_t length, uint64_t value, struct dfu_error **err)
{
    if (length == 3 && memcmp(name, "rdp", 3) == 0)
        return set_level(o, value, err);
    const struct dfui_optbytes_row *row = row_named(o->layout, name, length);
    if (row == NULL || !dfui_optbytes_has(o, row)) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "%s has no option '%.*s'", o->layout->name,
                            (int)(length < 40 ? length : 40), name);
        hint_names(o, err);
        return DFU_ERR_ARGUMENT;
    }
    uint64_t most = (UINT64_C(1) << row->bits) - 1;
    if (value > most)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%s has %u bit%s: 0 to %" PRIu64 ", not %" PRIu64, row->name,
                             row->bits, row->bits == 1 ? "" : "s", most, value);
    put_bits(o, row->area, row->offset, row->shift, row->bits, (uint32_t)value);
    return DFU_OK;
}

int dfu_optbytes_set(struct dfu_optbytes *optbytes, const char *assignment, struct dfu_error **err)
{
    uint64_t value = 0;
    if (optbytes == NULL || assignment == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no option bytes to change, or nothing to change");
    if (optbytes->layout == NULL || !optbytes->layout->settable) {
        (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "cannot change single options%s%s",
                            optbytes->layout != NULL ? " of " : ": the layout of these option bytes is not known",
                            optbytes->layout != NULL ? optbytes->layout->name : "");
        dfu_error_set_hint(err, "write the bytes as a whole, with --raw, as the chip's reference manual says");
        return DFU_ERR_UNSUPPORTED;
    }
    if (dfu_optbytes_rdp(optbytes) == DFU_RDP_UNKNOWN)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "the option bytes were not read yet");
    size_t length = strlen(assignment);
    const char *equals = memchr(assignment, '=', length);
    struct dfui_scan s = dfui_scan_of(assignment, length);
    if (equals != NULL)
        s.at = equals + 1;
    if (equals == NULL || equals == assignment || !take_value(&s, &value)) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "'%.60s' is not NAME=NUMBER", assignment);
        hint_names(optbytes, err);
        return DFU_ERR_ARGUMENT;
    }
    return set_field(optbytes, assignment, (size_t)(equals - assignment), value, err);
}
