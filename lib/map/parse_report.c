/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors and remarks of the layout parser: where in the string, and what stands there. */
#include "core/core.h"
#include "map/parse.h"
#include <stdlib.h>

bool dfui_printable(int c)
{
    return c >= ' ' && c <= '~';
}

/* Counted as a person does: characters, not bytes, from one. */
static unsigned position(const struct dfui_parser *p, const char *at)
{
    unsigned n = 1;
    for (const char *c = p->l->text; c < at; c++)
        n += ((unsigned char)*c & 0xC0) != 0x80;
    return n;
}

/* One line, no control characters, not endless. */
struct dfui_quote dfui_parser_quote(const char *from, const char *end)
{
    struct dfui_quote q = {{0}};
    const size_t room = sizeof q.text - sizeof "...";
    for (size_t n = 0; from < end && n < room; n++, from++) {
        q.text[n] = '?';
        if (dfui_printable(*from))
            q.text[n] = *from;
    }
    if (from < end)
        memcpy(q.text + room, "...", sizeof "...");
    return q;
}

struct dfui_quote dfui_parser_quote_group(const struct dfui_parser *p, const char *from)
{
    const char *end = from;
    while (end < p->s.end && dfui_printable(*end) && *end != ',' && *end != '/' && *end != '@')
        end++;
    while (end > from && end[-1] == ' ')
        end--;
    return dfui_parser_quote(from, end);
}

int dfui_parser_fault(const struct dfui_parser *p, const char *at, struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, DFU_ERR_FORMAT, format, args);
    va_end(args);
    dfu_error_prefix(err, "alt %u: character %u", (unsigned)p->l->alt, position(p, at));
    return DFU_ERR_FORMAT;
}

void dfui_parser_note(struct dfui_parser *p, const char *at, const char *what, const char *text)
{
    struct dfui_layout *l = p->l;
    if (l->note_count >= l->note_limit)
        return;
    char **notes = realloc((void *)l->notes, (l->note_count + 1) * sizeof *notes);
    if (notes == NULL)
        return;
    l->notes = notes;
    char *line = dfui_format("alt %u: character %u: %s \"%s\"", (unsigned)l->alt, position(p, at), what, text);
    if (line != NULL)
        l->notes[l->note_count++] = line;
}
