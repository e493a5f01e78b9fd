/* SPDX-License-Identifier: BSD-2-Clause */
/* Which flash the option bytes protect against writing. */
#include "core/checked.h"
#include "core/core.h"
#include "map/optbytes_private.h"

#define UNIT UINT64_C(4096)

/* What is collected, and which range is asked for. */
struct search {
    size_t wanted;
    size_t found; /* ranges that are complete */
    struct dfu_range open;
    struct dfu_range hit;
    bool done;
};

static void close_open(struct search *s)
{
    if (!dfui_range_empty(s->open) && s->found++ == s->wanted) {
        s->hit = s->open;
        s->done = true;
    }
    s->open = (struct dfu_range){0, 0};
}

/* Ranges come in order; those that touch are one. */
static void protect(struct search *s, struct dfu_range r)
{
    if (!dfui_range_empty(s->open) && s->open.end == r.start) {
        s->open.end = r.end;
        return;
    }
    close_open(s);
    s->open = r;
}

static struct dfu_range all_flash(const struct dfu_optbytes *o)
{
    return (struct dfu_range){o->flash[0].start, o->flash[o->flash_count - 1].end};
}

static void unit_bit(const struct dfu_optbytes *o, struct search *s, uint32_t bit, bool rest)
{
    struct dfu_range flash = all_flash(o);
    struct dfu_range unit = {flash.start + bit * UNIT, rest ? flash.end : flash.start + (bit + 1) * UNIT};
    unit = dfui_range_cut(unit, flash);
    if (!dfui_range_empty(unit))
        protect(s, unit);
}

static bool by_clear_units(const struct dfu_optbytes *o, struct search *s)
{
    if (o->areas[0].known < 16)
        return false;
    for (uint32_t bit = 0; bit < 32; bit++) {
        if (dfui_optbytes_bits(o, 0, 8 + bit / 8 * 2, bit % 8, 1) == 0)
            unit_bit(o, s, bit, bit == 31);
    }
    return true;
}

static bool by_set_units(const struct dfu_optbytes *o, struct search *s)
{
    uint32_t mode = 0;
    if (o->areas[0].known < 12 || !dfui_optbytes_value(o, "sprmod", &mode) || mode != 0)
        return false;
    for (uint32_t at = 8, bit = 0; at + 4 <= o->areas[0].known; at += 4) {
        for (uint32_t k = 0; k < 16; k++, bit++) {
            if (dfui_optbytes_bits(o, 0, at, k, 1) != 0)
                unit_bit(o, s, bit, false);
        }
    }
    return true;
}

/* The n-th sector of internal flash. */
static bool sector_at(const struct dfu_optbytes *o, uint32_t n, struct dfu_range *out)
{
    for (size_t i = 0; i < o->flash_count; i++) {
        if (n < o->flash[i].count) {
            *out = dfui_sector_at(&o->flash[i], n);
            return true;
        }
        n -= o->flash[i].count;
    }
    return false;
}

static void sector_bits(const struct dfu_optbytes *o, struct search *s, size_t area, uint32_t offset, uint32_t count,
                        uint32_t first)
{
    struct dfu_range sector;
    for (uint32_t bit = 0; bit < count && sector_at(o, first + bit, &sector); bit++) {
        if (dfui_optbytes_bits(o, area, offset, bit, 1) == 0)
            protect(s, sector);
    }
}

static bool by_sectors(const struct dfu_optbytes *o, struct search *s)
{
    uint32_t mode = 0;
    uint32_t sectors = 0;
    for (size_t i = 0; i < o->flash_count; i++)
        sectors += o->flash[i].count;
    if (o->areas[0].known < 10)
        return false;
    /* Chips that know no PCROP (F2, F40x) have ones in all four bits above nwrp. */
    if (dfui_optbytes_value(o, "sprmod", &mode) && mode != 0 && dfui_optbytes_bits(o, 0, 8, 12, 4) != 0xF)
        return false;
    /* With two banks a bit of F76x and F77x stands for two sectors of a map that may not show them. */
    if (dfui_optbytes_value(o, "ndbank", &mode) && sectors >= 12 && mode == 0)
        return false;
    sector_bits(o, s, 0, 8, 12, 0);
    if (o->count > 1 && o->areas[1].known >= 10 && sectors > 12)
        sector_bits(o, s, 1, 8, 12, 12);
    return true;
}

static struct dfu_range page_area(const struct dfu_optbytes *o, size_t area, uint32_t offset, struct dfu_range bank)
{
    uint64_t page = o->flash[0].sector_size;
    uint32_t first = dfui_optbytes_bits(o, area, offset, 0, 8);
    uint32_t last = dfui_optbytes_bits(o, area, offset + 2, 0, 8);
    struct dfu_range r = {bank.start + first * page, bank.start + (last + UINT64_C(1)) * page};
    return first > last ? (struct dfu_range){bank.start, bank.start} : dfui_range_cut(r, bank);
}

static bool by_pages(const struct dfu_optbytes *o, struct search *s)
{
    uint32_t banks = 0;
    struct dfu_range flash = all_flash(o);
    uint64_t half = (flash.end - flash.start) / 2;
    if (o->areas[0].known < 36)
        return false;
    /* With one bank a G4 has pages of twice the size that its map tells, if it is one that can have two. */
    if (o->count > 1 && strcmp(o->layout->name, "stm32g4") == 0 && dfui_optbytes_value(o, "dbank", &banks) &&
        banks == 0)
        return false;
    for (size_t area = 0; area < o->count && area < 2 && o->areas[area].known >= 36; area++) {
        struct dfu_range bank = flash;
        if (o->count > 1)
            bank = (struct dfu_range){flash.start + area * half, flash.start + (area + 1) * half};
        struct dfu_range a = page_area(o, area, 24, bank);
        struct dfu_range b = page_area(o, area, 32, bank);
        if (b.start < a.start) {
            struct dfu_range other = a;
            a = b;
            b = other;
        }
        if (!dfui_range_empty(a))
            protect(s, a);
        if (b.start < a.end && !dfui_range_empty(a)) /* they may overlap */
            b.start = dfui_min(a.end, b.end);
        if (!dfui_range_empty(b))
            protect(s, b);
    }
    return true;
}

int dfu_optbytes_protected(const struct dfu_optbytes *optbytes, size_t index, struct dfu_range *range)
{
    struct search s = {.wanted = index};
    bool known = false;
    if (optbytes == NULL || range == NULL || optbytes->layout == NULL || optbytes->flash_count == 0)
        return DFU_ERR_UNSUPPORTED;
    switch (optbytes->layout->wrp) {
    case DFUI_WRP_4K_CLEAR:
        known = by_clear_units(optbytes, &s);
        break;
    case DFUI_WRP_4K_SET:
        known = by_set_units(optbytes, &s);
        break;
    case DFUI_WRP_SECTOR:
        known = by_sectors(optbytes, &s);
        break;
    case DFUI_WRP_PAGES:
        known = by_pages(optbytes, &s);
        break;
    case DFUI_WRP_REGISTER:
        known = optbytes->areas[0].known >= 29;
        if (known)
            sector_bits(optbytes, &s, 0, 28, 8, 0);
        break;
    default:
        break;
    }
    close_open(&s);
    if (!known)
        return DFU_ERR_UNSUPPORTED;
    *range = s.hit;
    return s.done ? DFU_OK : DFU_ERR_RANGE;
}
