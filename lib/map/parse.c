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
#include "core/core.h"
#include "map/parse.h"
#include <stdlib.h>

/* Whether "/0x" (blanks allowed) stands at s: only that ends a name, so that "RAM/ROM" can be one. */
static bool group_here(struct dfui_scan s)
{
    if (!dfui_scan_take(&s, '/'))
        return false;
    dfui_scan_blanks(&s);
    return dfui_scan_take(&s, '0') && (dfui_scan_take(&s, 'x') || dfui_scan_take(&s, 'X'));
}

/* Whether "/12AB/7*" stands at s: an address whose author forgot the 0x, and a count. */
static bool bare_address_here(struct dfui_scan s)
{
    uint64_t value;
    if (!dfui_scan_take(&s, '/'))
        return false;
    dfui_scan_blanks(&s);
    if (!dfui_scan_hex(&s, UINT32_MAX, &value))
        return false;
    dfui_scan_blanks(&s);
    if (!dfui_scan_take(&s, '/'))
        return false;
    dfui_scan_blanks(&s);
    if (!dfui_scan_decimal(&s, UINT32_MAX, &value))
        return false;
    dfui_scan_blanks(&s);
    return dfui_scan_take(&s, '*');
}

static int bad_address(struct dfui_parser *p, const char *at, struct dfu_error **err)
{
    (void)dfui_parser_fault(p, at, err, "bad address \"%s\"", dfui_parser_quote_group(p, at).text);
    dfu_error_set_hint(err, "write the address as 0x and up to eight hexadecimal digits");
    return DFU_ERR_FORMAT;
}

/* "/0x08000000/" and the first sector. */
static int group(struct dfui_parser *p, struct dfu_error **err)
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
    else if (dfui_printable(dfui_scan_peek(&p->s)))
        return bad_address(p, at, err);
    if (!dfui_printable(dfui_scan_peek(&p->s)))
        return dfui_parser_fault(p, at, err, "no sector list after 0x%08llX", (unsigned long long)address);
    p->address = address;
    return dfui_parser_sector(p, err);
}

/* Takes a name up to the first "/0x" and cuts it out of the labels. False when no group follows. */
static bool name(struct dfui_parser *p)
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
static int name_only(struct dfui_parser *p, struct dfu_error **err)
{
    for (struct dfui_scan s = p->s; dfui_scan_left(&s) > 0; s.at++) {
        if (bare_address_here(s))
            return bad_address(p, s.at + 1, err);
    }
    return DFU_OK;
}

/* What may follow a sector: another, another group, another name. *more becomes false at the end. */
static int after_sector(struct dfui_parser *p, bool *more, struct dfu_error **err)
{
    dfui_scan_blanks(&p->s);
    const char *at = p->s.at;
    if (dfui_scan_left(&p->s) == 0) {
        *more = false;
        return DFU_OK;
    }
    if (dfui_scan_take(&p->s, ','))
        return dfui_parser_sector(p, err);
    if (group_here(p->s))
        return group(p, err);
    if (bare_address_here(p->s))
        return bad_address(p, at + 1, err);
    if (dfui_scan_take(&p->s, '@')) {
        if (name(p))
            return group(p, err);
        dfui_parser_note(p, at, "name without a layout", dfui_parser_quote(at, p->s.end).text);
        *more = false;
        return name_only(p, err);
    }
    dfui_parser_note(p, at, "ignored what follows the sector list:", dfui_parser_quote(at, p->s.end).text);
    *more = false;
    return DFU_OK;
}

int dfui_layout_parse(struct dfui_layout *layout, struct dfu_error **err)
{
    struct dfui_parser p = {.l = layout, .s = dfui_scan_of(layout->text, layout->length)};
    layout->kind = DFU_ALT_PLAIN;
    if (!dfui_scan_take(&p.s, '@'))
        return DFU_OK;

    bool more = name(&p);
    layout->kind = more ? DFU_ALT_LAYOUT : DFU_ALT_NAME_ONLY;
    int rc = more ? group(&p, err) : name_only(&p, err);
    while (rc == DFU_OK && more)
        rc = after_sector(&p, &more, err);
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
