/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel HEX, as Intel's "Hexadecimal Object File Format Specification" of 1988 has it, and stricter than many
 * readers: what cannot be understood is an error, because a dropped address record moves data to address 0.
 */
#include "core/hex.h"
#include "core/scan.h"
#include "image/format.h"
#include "image/lines.h"
#include <inttypes.h>
#include <stdio.h>

/* ':', count, address, type, data, checksum, and one character more to see how the line goes on. */
#define MAX_DIGITS (2u * (1u + 2u + 1u + 255u + 1u))
#define LONGEST (1u + MAX_DIGITS + 2u)

enum { TYPE_DATA, TYPE_END, TYPE_SEGMENT, TYPE_START_SEGMENT, TYPE_LINEAR, TYPE_START_LINEAR };

enum mode { MODE_PLAIN, MODE_SEGMENT, MODE_LINEAR };

struct ihex {
    struct dfui_reader *reader;
    struct dfui_lines lines;
    enum mode mode;
    uint64_t base;
    bool ended;
};

struct record {
    uint8_t bytes[MAX_DIGITS / 2]; /* all of it: count, offset, type, data, checksum */
    uint8_t count;
    uint8_t type;
    uint16_t offset;
    const uint8_t *data;
};

static bool is_digit(uint8_t c)
{
    return dfui_hex_digit(c) >= 0;
}

/* A record that is shorter or longer than it should be; a short one at the very end tells more. */
static int bad_length(const struct ihex *h, size_t digits, bool at_end, struct dfu_error **err)
{
    uint8_t count = 0;
    if (digits < 2)
        (void)dfui_lines_bad(&h->lines, err, "the record has %zu hex digits, the shortest has 10", digits);
    else if (digits > MAX_DIGITS)
        (void)dfui_lines_bad(&h->lines, err, "the record has more than %u hex digits", MAX_DIGITS);
    else if (dfui_hex_decode(h->lines.source->at + 1, 1, &count))
        (void)dfui_lines_bad(&h->lines, err, "%zu hex digits%s, but a record of %u data bytes has %u", digits,
                             digits % 2 != 0 ? " (an odd number)" : "", count, 2u * (count + 5u));
    return at_end ? dfui_lines_cut_off(err) : DFU_ERR_FORMAT;
}

/* Says what is wrong with the record at the source's place. */
static int diagnose(const struct ihex *h, struct dfu_error **err)
{
    const uint8_t *digits = h->lines.source->at + 1;
    size_t left = dfui_source_left(h->lines.source) - 1;
    size_t n = 0;
    uint8_t bytes[MAX_DIGITS / 2];
    while (n < left && n <= MAX_DIGITS && is_digit(digits[n]))
        n++;
    if (n <= MAX_DIGITS && n < left && !dfui_is_blank(digits[n]) && !dfui_is_line_end(digits[n]))
        return dfui_lines_bad_digit(&h->lines, digits[n], n + 2, err);
    if (n < 10 || n > MAX_DIGITS || n % 2 != 0)
        return bad_length(h, n, n == left, err);
    (void)dfui_hex_decode(digits, n / 2, bytes);
    if (n != 2u * (bytes[0] + 5u))
        return bad_length(h, n, n == left, err);
    uint8_t found = bytes[n / 2 - 1];
    return dfui_lines_bad(&h->lines, err, "checksum 0x%02X, should be 0x%02X", found,
                          (uint8_t)(found - dfui_hex_sum(bytes, n / 2)));
}

/* The record at the source's place. */
static int parse_record(struct ihex *h, struct record *r, struct dfu_error **err)
{
    struct dfui_source *s = h->lines.source;
    const uint8_t *digits = s->at + 1;
    size_t left = dfui_source_left(s) - 1;
    uint8_t *bytes = r->bytes;
    if (left < 10 || !dfui_hex_decode(digits, 1, bytes))
        return diagnose(h, err);
    size_t n = bytes[0] + 5u;
    if (left < 2 * n || !dfui_hex_decode(digits, n, bytes) || dfui_hex_sum(bytes, n) != 0)
        return diagnose(h, err);
    if (left > 2 * n && !dfui_is_line_end(digits[2 * n]) && !dfui_is_blank(digits[2 * n]))
        return diagnose(h, err);
    r->count = bytes[0];
    r->offset = (uint16_t)(bytes[1] << 8 | bytes[2]);
    r->type = bytes[3];
    r->data = bytes + 4;
    dfui_source_take(s, 1 + 2 * n);
    return DFU_OK;
}

static int put_data(struct ihex *h, const struct record *r, struct dfu_error **err)
{
    struct dfui_builder *b = h->reader->builder;
    uint32_t alt = h->reader->alt;
    uint64_t address = h->base + r->offset;
    size_t before_wrap = 0x10000u - r->offset;
    if (h->mode != MODE_SEGMENT || r->count <= before_wrap)
        return dfui_builder_put(b, alt, address, r->data, r->count, h->lines.line, err);
    /* An offset wraps inside its segment. */
    int rc = dfui_builder_put(b, alt, address, r->data, before_wrap, h->lines.line, err);
    if (rc == DFU_OK)
        rc = dfui_builder_put(b, alt, h->base, r->data + before_wrap, r->count - before_wrap, h->lines.line, err);
    return rc;
}

static void set_start(struct ihex *h, uint64_t start)
{
    struct dfu_image *image = h->reader->image;
    if (image->has_start && image->start != start)
        dfui_note(h->reader->options, "%s: line %" PRIu64 ": another start address, 0x%08" PRIX64 ", ignored",
                  h->lines.source->name, h->lines.line, start);
    if (!image->has_start)
        image->start = start;
    image->has_start = true;
}

static void end_record(struct ihex *h, const struct record *r)
{
    h->ended = true;
    if (r->offset == 0)
        return;
    if (h->mode == MODE_PLAIN) /* files of 8-bit tools keep the start address here */
        set_start(h, r->offset);
    else
        dfui_note(h->reader->options, "%s: line %" PRIu64 ": address 0x%04X in the end record ignored",
                  h->lines.source->name, h->lines.line, r->offset);
}

static int apply(struct ihex *h, const struct record *r, struct dfu_error **err)
{
    static const uint8_t counts[] = {
        [TYPE_END] = 0, [TYPE_SEGMENT] = 2, [TYPE_START_SEGMENT] = 4, [TYPE_LINEAR] = 2, [TYPE_START_LINEAR] = 4};
    if (r->type > TYPE_START_LINEAR)
        return dfui_lines_bad(&h->lines, err, "unknown record type 0x%02X", r->type);
    if (r->type != TYPE_DATA && r->count != counts[r->type])
        return dfui_lines_bad(&h->lines, err, "a record of type 0x%02X holds %u bytes, this one %u", r->type,
                              counts[r->type], r->count);
    uint64_t first = r->count >= 2 ? (uint64_t)(r->data[0] << 8 | r->data[1]) : 0;
    uint64_t second = r->count >= 4 ? (uint64_t)(r->data[2] << 8 | r->data[3]) : 0;
    switch (r->type) {
    case TYPE_DATA:
        return put_data(h, r, err);
    case TYPE_END:
        end_record(h, r);
        break;
    case TYPE_SEGMENT:
        h->mode = MODE_SEGMENT;
        h->base = first << 4;
        break;
    case TYPE_LINEAR:
        h->mode = MODE_LINEAR;
        h->base = first << 16;
        break;
    case TYPE_START_SEGMENT: /* CS:IP */
        set_start(h, (first << 4) + second);
        break;
    case TYPE_START_LINEAR:
        set_start(h, first << 16 | second);
        break;
    }
    return DFU_OK;
}

/* One record and the rest of its line. */
static int read_record(struct ihex *h, bool *more, struct dfu_error **err)
{
    struct record r = {0};
    uint8_t c = *h->lines.source->at;
    if (c != ':')
        return c > ' ' && c < 0x7F
                   ? dfui_lines_bad(&h->lines, err, "'%c' where a record should begin with ':'", c)
                   : dfui_lines_bad(&h->lines, err, "byte 0x%02X where a record should begin with ':'", c);
    int rc = parse_record(h, &r, err);
    if (rc == DFU_OK)
        rc = apply(h, &r, err);
    uint64_t line = h->lines.line;
    if (rc == DFU_OK)
        rc = dfui_lines_skip(&h->lines, more, err);
    if (rc == DFU_OK && *more && h->lines.line == line && !h->ended)
        return dfui_lines_bad(&h->lines, err, "text after the record");
    return rc;
}

static void note_rest(const struct ihex *h)
{
    bool records = *h->lines.source->at == ':';
    dfui_note(h->reader->options, "%s: line %" PRIu64 ": %s after the end record ignored", h->lines.source->name,
              h->lines.line, records ? "records" : "text");
}

int dfui_ihex_read(struct dfui_reader *r, struct dfu_error **err)
{
    struct ihex h = {.reader = r};
    bool more = false;
    int rc = dfui_lines_begin(&h.lines, r->source, LONGEST, err);
    if (rc == DFU_OK)
        rc = dfui_lines_skip(&h.lines, &more, err);
    bool empty = !more;
    while (rc == DFU_OK && more && !h.ended)
        rc = read_record(&h, &more, err);
    if (rc != DFU_OK)
        return rc;
    if (empty)
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s: the file contains no data", r->source->name);
    if (!h.ended) {
        dfu_error_set(err, DFU_ERR_FORMAT, "%s: no end record (:00000001FF) up to line %" PRIu64, r->source->name,
                      h.lines.line);
        return dfui_lines_cut_off(err);
    }
    if (more)
        note_rest(&h);
    return DFU_OK;
}

/* A line that begins with ':' and two hex digits: the first one, or one behind other text. */
bool dfui_ihex_probe(const uint8_t *head, size_t length)
{
    bool fresh = true; /* only blanks so far on this line */
    size_t i = length >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (; i < length; i++) {
        uint8_t c = head[i];
        if (c == ':' && fresh && i + 2 < length && is_digit(head[i + 1]) && is_digit(head[i + 2]))
            return true;
        if (c == 0 || c == 0x7F || (c < ' ' && !dfui_is_blank(c) && !dfui_is_line_end(c)))
            return false; /* no text */
        fresh = dfui_is_line_end(c) || (fresh && dfui_is_blank(c));
    }
    return false;
}
