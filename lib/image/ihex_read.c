/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel HEX, as Intel's "Hexadecimal Object File Format Specification" of 1988 has it, and stricter than many
 * readers: what cannot be understood is an error, because a dropped address record moves data to address 0.
 */
#include "core/hex.h"
#include "core/scan.h"
#include "image/format.h"
#include <inttypes.h>
#include <stdio.h>

/* ':', count, address, type, data, checksum, and one character more to see how the line goes on. */
#define MAX_DIGITS (2u * (1u + 2u + 1u + 255u + 1u))
#define LONGEST (1u + MAX_DIGITS + 2u)

enum { TYPE_DATA, TYPE_END, TYPE_SEGMENT, TYPE_START_SEGMENT, TYPE_LINEAR, TYPE_START_LINEAR };

enum mode { MODE_PLAIN, MODE_SEGMENT, MODE_LINEAR };

struct ihex {
    struct dfui_reader *reader;
    struct dfui_source *source;
    uint64_t line;
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

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n';
}

static int bad_line(const struct ihex *h, struct dfu_error **err, const char *format, ...) DFU_PRINTF(3, 4);

static int bad_line(const struct ihex *h, struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, DFU_ERR_FORMAT, format, args);
    va_end(args);
    dfu_error_prefix(err, "%s: line %" PRIu64, h->source->name, h->line);
    return DFU_ERR_FORMAT;
}

static int bad_character(const struct ihex *h, uint8_t c, size_t column, struct dfu_error **err)
{
    if (c > ' ' && c < 0x7F)
        return bad_line(h, err, "column %zu: '%c' where a hex digit should be", column, c);
    return bad_line(h, err, "column %zu: byte 0x%02X where a hex digit should be", column, c);
}

/* A record that is shorter or longer than it should be; a short one at the very end tells more. */
static int bad_length(const struct ihex *h, size_t digits, bool at_end, struct dfu_error **err)
{
    uint8_t count = 0;
    if (digits < 2)
        (void)bad_line(h, err, "the record has %zu hex digits, the shortest has 10", digits);
    else if (digits > MAX_DIGITS)
        (void)bad_line(h, err, "the record has more than %u hex digits", MAX_DIGITS);
    else if (dfui_hex_decode(h->source->at + 1, 1, &count))
        (void)bad_line(h, err, "%zu hex digits%s, but a record of %u data bytes has %u", digits,
                       digits % 2 != 0 ? " (an odd number)" : "", count, 2u * (count + 5u));
    if (at_end) {
        dfu_error_set_cause(err, "the file may be cut off");
        dfu_error_set_hint(err, "build or fetch the file again");
    }
    return DFU_ERR_FORMAT;
}

/* Says what is wrong with the record at the source's place. */
static int diagnose(const struct ihex *h, struct dfu_error **err)
{
    const uint8_t *digits = h->source->at + 1;
    size_t left = dfui_source_left(h->source) - 1;
    size_t n = 0;
    uint8_t bytes[MAX_DIGITS / 2];
    while (n < left && n <= MAX_DIGITS && is_digit(digits[n]))
        n++;
    if (n <= MAX_DIGITS && n < left && !is_blank(digits[n]) && !is_line_end(digits[n]))
        return bad_character(h, digits[n], n + 2, err);
    if (n < 10 || n > MAX_DIGITS || n % 2 != 0)
        return bad_length(h, n, n == left, err);
    (void)dfui_hex_decode(digits, n / 2, bytes);
    if (n != 2u * (bytes[0] + 5u))
        return bad_length(h, n, n == left, err);
    uint8_t found = bytes[n / 2 - 1];
    return bad_line(h, err, "checksum 0x%02X, should be 0x%02X", found, (uint8_t)(found - dfui_hex_sum(bytes, n / 2)));
}

/* The record at the source's place. */
static int parse_record(struct ihex *h, struct record *r, struct dfu_error **err)
{
    struct dfui_source *s = h->source;
    const uint8_t *digits = s->at + 1;
    size_t left = dfui_source_left(s) - 1;
    uint8_t *bytes = r->bytes;
    if (left < 10 || !dfui_hex_decode(digits, 1, bytes))
        return diagnose(h, err);
    size_t n = bytes[0] + 5u;
    if (left < 2 * n || !dfui_hex_decode(digits, n, bytes) || dfui_hex_sum(bytes, n) != 0)
        return diagnose(h, err);
    if (left > 2 * n && !is_line_end(digits[2 * n]) && !is_blank(digits[2 * n]))
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
        return dfui_builder_put(b, alt, address, r->data, r->count, h->line, err);
    /* An offset wraps inside its segment. */
    int rc = dfui_builder_put(b, alt, address, r->data, before_wrap, h->line, err);
    if (rc == DFU_OK)
        rc = dfui_builder_put(b, alt, h->base, r->data + before_wrap, r->count - before_wrap, h->line, err);
    return rc;
}

static void set_start(struct ihex *h, uint64_t start)
{
    struct dfu_image *image = h->reader->image;
    if (image->has_start && image->start != start)
        dfui_note(h->reader->options, "%s: line %" PRIu64 ": another start address, 0x%08" PRIX64 ", ignored",
                  h->source->name, h->line, start);
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
        dfui_note(h->reader->options, "%s: line %" PRIu64 ": address 0x%04X in the end record ignored", h->source->name,
                  h->line, r->offset);
}

static int apply(struct ihex *h, const struct record *r, struct dfu_error **err)
{
    static const uint8_t counts[] = {
        [TYPE_END] = 0, [TYPE_SEGMENT] = 2, [TYPE_START_SEGMENT] = 4, [TYPE_LINEAR] = 2, [TYPE_START_LINEAR] = 4};
    if (r->type > TYPE_START_LINEAR)
        return bad_line(h, err, "unknown record type 0x%02X", r->type);
    if (r->type != TYPE_DATA && r->count != counts[r->type])
        return bad_line(h, err, "a record of type 0x%02X holds %u bytes, this one %u", r->type, counts[r->type],
                        r->count);
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

/* Steps over blanks and line ends; true at a character that is neither, false at the end of the input. */
static int skip_blank(struct ihex *h, bool *more, struct dfu_error **err)
{
    struct dfui_source *s = h->source;
    *more = false;
    for (;;) {
        int rc = dfui_source_need(s, LONGEST, err);
        if (rc != DFU_OK || dfui_source_left(s) == 0)
            return rc;
        uint8_t c = *s->at;
        if (!is_blank(c) && !is_line_end(c)) {
            *more = true;
            return DFU_OK;
        }
        bool pair = c == '\r' && dfui_source_left(s) > 1 && s->at[1] == '\n';
        h->line += is_line_end(c);
        dfui_source_take(s, pair ? 2 : 1);
    }
}

/* One record and the rest of its line. */
static int read_record(struct ihex *h, struct dfu_error **err)
{
    struct record r = {0};
    uint8_t c = *h->source->at;
    if (c != ':')
        return c > ' ' && c < 0x7F ? bad_line(h, err, "'%c' where a record should begin with ':'", c)
                                   : bad_line(h, err, "byte 0x%02X where a record should begin with ':'", c);
    int rc = parse_record(h, &r, err);
    if (rc == DFU_OK)
        rc = apply(h, &r, err);
    uint64_t line = h->line;
    bool more = false;
    if (rc == DFU_OK)
        rc = skip_blank(h, &more, err);
    if (rc == DFU_OK && more && h->line == line && !h->ended)
        return bad_line(h, err, "text after the record");
    return rc;
}

static void note_rest(const struct ihex *h)
{
    bool records = *h->source->at == ':';
    dfui_note(h->reader->options, "%s: line %" PRIu64 ": %s after the end record ignored", h->source->name, h->line,
              records ? "records" : "text");
}

int dfui_ihex_read(struct dfui_reader *r, struct dfu_error **err)
{
    struct ihex h = {.reader = r, .source = r->source, .line = 1};
    bool more = false;
    int rc = dfui_source_need(h.source, 3, err);
    if (rc == DFU_OK && dfui_source_left(h.source) >= 3 && memcmp(h.source->at, "\xEF\xBB\xBF", 3) == 0)
        dfui_source_take(h.source, 3); /* byte order mark */
    if (rc == DFU_OK)
        rc = skip_blank(&h, &more, err);
    bool empty = !more;
    while (rc == DFU_OK && more && !h.ended) {
        rc = read_record(&h, err);
        more = dfui_source_left(h.source) > 0;
    }
    if (rc != DFU_OK)
        return rc;
    if (empty)
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s: the file contains no data", h.source->name);
    if (!h.ended) {
        dfu_error_set(err, DFU_ERR_FORMAT, "%s: no end record (:00000001FF) up to line %" PRIu64, h.source->name,
                      h.line);
        dfu_error_set_cause(err, "the file may be cut off");
        dfu_error_set_hint(err, "build or fetch the file again");
        return DFU_ERR_FORMAT;
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
        if (c == 0 || c == 0x7F || (c < ' ' && !is_blank(c) && !is_line_end(c)))
            return false; /* no text */
        fresh = is_line_end(c) || (fresh && is_blank(c));
    }
    return false;
}
