/* SPDX-License-Identifier: BSD-2-Clause */
/* A strip of characters that stands for a range of addresses, drawn to scale. */
#include "strip.h"

void strip_start(struct strip *strip, struct dfu_range span)
{
    strip->span = span;
    memset(strip->text, ' ', STRIP_WIDTH);
    strip->text[STRIP_WIDTH] = '\0';
}

/* Spans are at most 2^32 long, so nothing overflows. */
struct dfu_range strip_column(const struct strip *strip, unsigned column)
{
    uint64_t length = strip->span.end - strip->span.start;
    struct dfu_range range = {strip->span.start + length * column / STRIP_WIDTH,
                              strip->span.start + length * (column + 1) / STRIP_WIDTH};
    if (range.end == range.start)
        range.end++; /* fewer bytes than columns: neighbours show the same byte */
    return range;
}

static unsigned column_of(const struct strip *strip, uint64_t address)
{
    uint64_t length = strip->span.end - strip->span.start;
    uint64_t column = length == 0 ? 0 : (address - strip->span.start) * STRIP_WIDTH / length;
    return column >= STRIP_WIDTH ? STRIP_WIDTH - 1 : (unsigned)column;
}

void strip_fill(struct strip *strip, struct dfu_range range, char mark)
{
    int drawn = 0;
    for (unsigned i = 0; i < STRIP_WIDTH; i++) {
        struct dfu_range column = strip_column(strip, i);
        uint64_t middle = column.start + (column.end - column.start) / 2;
        if (middle >= range.start && middle < range.end) {
            strip->text[i] = mark;
            drawn = 1;
        }
    }
    if (!drawn)
        strip->text[column_of(strip, range.start)] = mark;
}

void strip_touch(struct strip *strip, struct dfu_range range, char mark, char part)
{
    for (unsigned i = 0; i < STRIP_WIDTH; i++) {
        struct dfu_range column = strip_column(strip, i);
        if (column.end <= range.start || column.start >= range.end)
            continue;
        int whole = range.start <= column.start && range.end >= column.end;
        if (strip->text[i] != mark)
            strip->text[i] = whole ? mark : part;
    }
}

void strip_trim(struct strip *strip)
{
    size_t length = strlen(strip->text);
    while (length > 0 && strip->text[length - 1] == ' ')
        length--;
    strip->text[length] = '\0';
}
