/* SPDX-License-Identifier: BSD-2-Clause */
/* One "count*size type" group of a layout -> one region. */
#include "core/checked.h"
#include "core/core.h"
#include "map/parse.h"
#include <stdlib.h>

static int append(struct dfui_parser *p, const struct dfu_region *region, struct dfu_error **err)
{
    struct dfui_layout *l = p->l;
    if (l->count >= l->region_limit)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "alt %u: the memory map has more than %u regions",
                             (unsigned)l->alt, DFUI_MAP_REGIONS);
    /* Room for a power of two: grow only when the count reaches one. */
    if ((l->count & (l->count - 1)) == 0) {
        size_t room = l->count == 0 ? 1 : l->count * 2;
        struct dfu_region *regions = realloc(l->regions, room * sizeof *regions);
        if (regions == NULL)
            return dfui_error_no_memory(err);
        l->regions = regions;
    }
    l->regions[l->count++] = *region;
    return DFU_OK;
}

static bool type_letter(int c)
{
    return (c >= 'a' && c <= 'g') || (c >= 'A' && c <= 'G');
}

/* The factor of a size: B, K, M, a blank or nothing. */
static uint32_t multiplier(struct dfui_parser *p)
{
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    int c = dfui_scan_peek(&p->s);
    int next = p->s.end - at > 1 ? (unsigned char)at[1] : -1;
    uint32_t factor = 1;
    switch (c) {
    case 'B':
        break;
    case 'K':
    case 'k':
        factor = 1024;
        break;
    case 'M':
    case 'm':
        factor = 1024 * 1024;
        break;
    case 'b': /* usually a type; a multiplier only where a type follows */
        if (!type_letter(next))
            return 1;
        break;
    default:
        return 1;
    }
    p->s.at++;
    if (c >= 'a') {
        char text[2] = {(char)c, '\0'};
        dfui_parser_note(p, at, "multiplier in lower case", text);
    }
    return factor;
}

/* The type letter's access bits; DFU_ACCESS_UNKNOWN, and nothing taken, when there is none. */
static uint32_t access_type(struct dfui_parser *p)
{
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    int c = dfui_scan_peek(&p->s);
    if (!type_letter(c))
        return DFU_ACCESS_UNKNOWN;
    p->s.at++;
    if (c <= 'G') {
        char text[2] = {(char)c, '\0'};
        dfui_parser_note(p, at, "type letter in upper case", text);
    }
    return (uint32_t)c & 7u;
}

/* Reads "count*size"; false when it is not there. Values above 32 bits come back as limit + 1. */
static bool count_and_size(struct dfui_parser *p, uint64_t *count, uint64_t *size)
{
    dfui_scan_blanks(&p->s);
    if (!dfui_scan_decimal(&p->s, UINT32_MAX, count))
        return false;
    dfui_scan_blanks(&p->s);
    if (!dfui_scan_take(&p->s, '*'))
        return false;
    dfui_scan_blanks(&p->s);
    return dfui_scan_decimal(&p->s, UINT32_MAX, size);
}

int dfui_parser_sector(struct dfui_parser *p, struct dfu_error **err)
{
    uint64_t count;
    uint64_t size;
    uint64_t bytes;
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    const struct dfui_quote group = dfui_parser_quote_group(p, at);

    if (!count_and_size(p, &count, &size))
        return dfui_parser_fault(p, at, err, "bad sector group \"%s\"", group.text);
    size *= multiplier(p);
    uint32_t access = access_type(p);
    /* Numbers above 32 bits were clamped, but not below 2^32, so the comparisons below find them. */
    if (!dfui_mul(count, size, &bytes) || count > UINT32_MAX || bytes > DFUI_4GIB - p->address)
        return dfui_parser_fault(p, at, err, "sector group \"%s\" at 0x%08llX runs past 4 GiB", group.text,
                                 (unsigned long long)p->address);
    if (size > UINT32_MAX)
        return dfui_parser_fault(p, at, err, "sector group \"%s\" has sectors of 4 GiB or more", group.text);
    if (size == 0)
        dfui_parser_note(p, at, "sectors of zero bytes", group.text);

    struct dfu_region region = {.size = sizeof region,
                                .start = p->address,
                                .end = p->address + bytes,
                                .alt = p->l->alt,
                                .count = (uint32_t)count,
                                .sector_size = (uint32_t)size,
                                .access = access,
                                .kind = dfui_memory_kind(p->name, p->address),
                                .name = p->name};
    int rc = append(p, &region, err);
    if (rc != DFU_OK)
        return rc;
    p->address = region.end;
    if (access == DFU_ACCESS_UNKNOWN)
        return dfui_parser_fault(p, at, err, "missing or unknown type letter in \"%s\"", group.text);
    return DFU_OK;
}
