/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammar of UM0424 section 4.3.2, as real devices bend it:
 *
 *   layout  = "@" name { "/" address "/" sector { "," sector } | "@" name } [ garbage ]
 *   address = "0x" hexadecimal digits
 *   sector  = count "*" size [ multiplier ] type
 *
 * Blanks may stand between any two of these. Counts and sizes are decimal whatever zeros they begin with.
 */
#include "core/checked.h"
#include "core/core.h"
#include "core/scan.h"
#include "map/map.h"
#include <stdlib.h>

#define QUOTE_LENGTH 48 /* of a device's text in a message */

struct parser {
    struct dfui_layout *l;
    struct dfui_scan s;
    const char *name; /* of the regions that follow; in l->labels */
    uint64_t address; /* where the next sector starts */
};

/* "character 24": counted as a person does, from one and not in bytes. */
static unsigned position(const struct parser *p, const char *at)
{
    unsigned n = 1;
    for (const char *c = p->l->text; c < at; c++)
        n += ((unsigned char)*c & 0xC0) != 0x80;
    return n;
}

static bool printable(char c)
{
    return c >= ' ' && c <= '~';
}

/* Text from a device for a message: one line, no control characters, not endless. */
static const char *quote(char out[QUOTE_LENGTH + 4], const char *from, const char *end)
{
    size_t n = 0;
    while (from < end && n < QUOTE_LENGTH) {
        out[n++] = printable(*from) ? *from : '?';
        from++;
    }
    out[n] = '\0';
    if (from < end)
        memcpy(out + n, "...", 4);
    return out;
}

/* The group that begins at from, for a message. */
static const char *quote_sector(char out[QUOTE_LENGTH + 4], const struct parser *p, const char *from)
{
    const char *end = from;
    while (end < p->s.end && printable(*end) && *end != ',' && *end != '/' && *end != '@')
        end++;
    while (end > from && end[-1] == ' ')
        end--;
    return quote(out, from, end);
}

/* Out of memory only loses the remark. */
static void note(struct parser *p, const char *at, const char *what, const char *text)
{
    struct dfui_layout *l = p->l;
    if (l->note_count >= l->note_limit)
        return;
    char **notes = realloc(l->notes, (l->note_count + 1) * sizeof *notes);
    if (notes == NULL)
        return;
    l->notes = notes;
    char *line = dfui_format("alt %u: character %u: %s \"%s\"", (unsigned)l->alt, position(p, at), what, text);
    if (line != NULL)
        l->notes[l->note_count++] = line;
}

static int append(struct parser *p, const struct dfu_region *region, struct dfu_error **err)
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
static uint32_t multiplier(struct parser *p)
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
        note(p, at, "multiplier in lower case", text);
    }
    return factor;
}

/* The type letter's access bits; DFU_ACCESS_UNKNOWN, and nothing taken, when there is none. */
static uint32_t access_type(struct parser *p)
{
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    int c = dfui_scan_peek(&p->s);
    if (!type_letter(c))
        return DFU_ACCESS_UNKNOWN;
    p->s.at++;
    if (c <= 'G') {
        char text[2] = {(char)c, '\0'};
        note(p, at, "type letter in upper case", text);
    }
    return (uint32_t)c & 7u;
}

/* Reads "count*size"; false when it is not there. Values above 32 bits come back as limit + 1. */
static bool count_and_size(struct parser *p, uint64_t *count, uint64_t *size)
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

static int sector(struct parser *p, struct dfu_error **err)
{
    char text[QUOTE_LENGTH + 4];
    uint64_t count;
    uint64_t size;
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    unsigned alt = (unsigned)p->l->alt;

    if (!count_and_size(p, &count, &size))
        return dfu_error_set(err, DFU_ERR_FORMAT, "alt %u: character %u: bad sector group \"%s\"", alt, position(p, at),
                             quote_sector(text, p, at));
    size *= multiplier(p);
    uint32_t access = access_type(p);
    uint64_t bytes;
    /* Numbers above 32 bits were clamped, but not below 2^32, so the comparison below finds them. */
    if (!dfui_mul(count, size, &bytes) || count > UINT32_MAX || bytes > DFUI_4GIB - p->address)
        return dfu_error_set(err, DFU_ERR_FORMAT,
                             "alt %u: character %u: sector group \"%s\" at 0x%08llX runs past 4 GiB", alt,
                             position(p, at), quote_sector(text, p, at), (unsigned long long)p->address);
    if (size > UINT32_MAX)
        return dfu_error_set(err, DFU_ERR_FORMAT,
                             "alt %u: character %u: sector group \"%s\" has sectors of 4 GiB or more", alt,
                             position(p, at), quote_sector(text, p, at));
    if (size == 0)
        note(p, at, "sectors of zero bytes", quote_sector(text, p, at));

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
        return dfu_error_set(err, DFU_ERR_FORMAT, "alt %u: character %u: missing or unknown type letter in \"%s\"", alt,
                             position(p, at), quote_sector(text, p, at));
    return DFU_OK;
}

/* Whether "/0x" (blanks allowed) stands at s: only that ends a name, so that "RAM/ROM" can be one. */
static bool group_here(struct dfui_scan s)
{
    if (!dfui_scan_take(&s, '/'))
        return false;
    dfui_scan_blanks(&s);
    return dfui_scan_take(&s, '0') && (dfui_scan_take(&s, 'x') || dfui_scan_take(&s, 'X'));
}

/* Whether "/12AB/" stands at s: an address whose author forgot the 0x. */
static bool bare_address_here(struct dfui_scan s)
{
    uint64_t value;
    if (!dfui_scan_take(&s, '/'))
        return false;
    dfui_scan_blanks(&s);
    if (!dfui_scan_hex(&s, UINT32_MAX, &value))
        return false;
    dfui_scan_blanks(&s);
    return dfui_scan_take(&s, '/');
}

static int bad_address(struct parser *p, const char *at, struct dfu_error **err)
{
    char text[QUOTE_LENGTH + 4];
    (void)dfu_error_set(err, DFU_ERR_FORMAT, "alt %u: character %u: bad address \"%s\"", (unsigned)p->l->alt,
                        position(p, at), quote_sector(text, p, at));
    dfu_error_set_hint(err, "write the address as 0x and up to eight hexadecimal digits");
    return DFU_ERR_FORMAT;
}

/* "/0x08000000/" and the first sector. */
static int group(struct parser *p, struct dfu_error **err)
{
    uint64_t address;
    (void)dfui_scan_take(&p->s, '/');
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    if (!dfui_scan_hex(&p->s, UINT32_MAX, &address) || address > UINT32_MAX)
        return bad_address(p, at, err);
    dfui_scan_blanks(&p->s);
    if (dfui_scan_take(&p->s, '/'))
        dfui_scan_blanks(&p->s);
    else if (dfui_scan_left(&p->s) > 0 && printable((char)dfui_scan_peek(&p->s)))
        return bad_address(p, at, err);
    if (dfui_scan_left(&p->s) == 0 || !printable((char)dfui_scan_peek(&p->s)))
        return dfu_error_set(err, DFU_ERR_FORMAT, "alt %u: character %u: no sector list after 0x%08llX",
                             (unsigned)p->l->alt, position(p, at), (unsigned long long)address);
    p->address = address;
    return sector(p, err);
}

/* Takes a name up to the first "/0x" and cuts it out of the labels. False when no group follows. */
static bool name(struct parser *p)
{
    const char *from = p->s.at;
    struct dfui_scan s = p->s;
    while (dfui_scan_left(&s) > 0 && !group_here(s))
        s.at++;
    if (dfui_scan_left(&s) == 0)
        return false;
    const char *end = s.at;
    while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    char *label = p->l->labels + (from - p->l->text);
    char *stop = p->l->labels + (end - p->l->text);
    for (char *c = label; c < stop; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) /* names end up in one-line messages and on terminals */
            *c = '?';
    }
    *stop = '\0';
    p->name = label;
    p->s = s;
    return true;
}

/* A name without a "/0x" after it: a mere name, unless an address stands there after all. */
static int name_only(struct parser *p, struct dfu_error **err)
{
    for (struct dfui_scan s = p->s; dfui_scan_left(&s) > 0; s.at++) {
        if (bare_address_here(s))
            return bad_address(p, s.at + 1, err);
    }
    return DFU_OK;
}

/* What may follow a sector: another, another group, another name. *more becomes false at the end. */
static int next(struct parser *p, bool *more, struct dfu_error **err)
{
    char text[QUOTE_LENGTH + 4];
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    if (dfui_scan_left(&p->s) == 0) {
        *more = false;
        return DFU_OK;
    }
    if (dfui_scan_take(&p->s, ','))
        return sector(p, err);
    if (group_here(p->s))
        return group(p, err);
    if (bare_address_here(p->s))
        return bad_address(p, at + 1, err);
    if (dfui_scan_take(&p->s, '@')) {
        if (name(p))
            return group(p, err);
        note(p, at, "name without a layout", quote(text, at, p->s.end));
        *more = false;
        return name_only(p, err);
    }
    note(p, at, "ignored what follows the sector list:", quote(text, at, p->s.end));
    *more = false;
    return DFU_OK;
}

int dfui_layout_parse(struct dfui_layout *layout, struct dfu_error **err)
{
    struct parser p = {.l = layout, .s = dfui_scan_of(layout->text, layout->length)};
    layout->kind = DFU_ALT_PLAIN;
    if (!dfui_scan_take(&p.s, '@'))
        return DFU_OK;

    bool more = name(&p);
    layout->kind = more ? DFU_ALT_LAYOUT : DFU_ALT_NAME_ONLY;
    int rc = more ? group(&p, err) : name_only(&p, err);
    while (rc == DFU_OK && more)
        rc = next(&p, &more, err);
    if (rc == DFU_ERR_FORMAT)
        layout->kind = DFU_ALT_BROKEN;
    return rc;
}

void dfui_layout_clear(struct dfui_layout *layout)
{
    for (size_t i = 0; i < layout->note_count; i++)
        free(layout->notes[i]);
    free((void *)layout->notes);
    free(layout->regions);
    layout->notes = NULL;
    layout->note_count = 0;
    layout->regions = NULL;
    layout->count = 0;
}
