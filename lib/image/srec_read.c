/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Motorola S-records, as the Programmer's Reference Manual M68000PM/AD (appendix C) has them. A count that does not
 * fit is an error; a missing end record is none, since writers leave it out when there is no start address.
 */
#include "core/hex.h"
#include "core/scan.h"
#include "image/format.h"
#include "image/lines.h"
#include <inttypes.h>

/* 'S', type, count, the 255 bytes it may count, and one character more to see how the line goes on. */
#define MAX_DIGITS (2u * (1u + 255u))
#define LONGEST (2u + MAX_DIGITS + 2u)

enum { TYPE_HEADER = 0, TYPE_UNUSED = 4, TYPE_COUNT16 = 5, TYPE_COUNT24 = 6, TYPE_END32 = 7 };

static const uint8_t address_bytes[10] = {2, 2, 3, 4, 0, 2, 3, 4, 3, 2};

struct srec {
    struct dfui_reader *reader;
    struct dfui_lines lines;
    uint64_t records; /* with data */
    bool counted;     /* a count fitted, and no data came since */
    bool ended;
};

struct record {
    unsigned type;
    uint32_t address;
    size_t length;
    const uint8_t *data;
    uint8_t bytes[MAX_DIGITS / 2]; /* all of it: count, address, data, checksum */
};

static bool begins_record(const uint8_t *at)
{
    return at[0] == 'S' || at[0] == 's';
}

static int bad_count(const struct srec *s, size_t digits, bool at_end, struct dfu_error **err)
{
    uint8_t count = 0;
    if (digits < 2)
        (void)dfui_lines_bad(&s->lines, err, "the record ends before its byte count");
    else if (digits > MAX_DIGITS)
        (void)dfui_lines_bad(&s->lines, err, "the record has more than %u hex digits", MAX_DIGITS);
    else if (dfui_hex_decode(s->lines.source->at + 2, 1, &count))
        (void)dfui_lines_bad(&s->lines, err, "%zu hex digits%s, but a record that counts %u bytes has %u", digits,
                             digits % 2 != 0 ? " (an odd number)" : "", count, 2u * (count + 1u));
    return at_end ? dfui_lines_cut_off(err) : DFU_ERR_FORMAT;
}

/* Says what is wrong with the record at the source's place, whose type is good. */
static int diagnose(const struct srec *s, unsigned type, struct dfu_error **err)
{
    const uint8_t *digits = s->lines.source->at + 2;
    size_t left = dfui_source_left(s->lines.source) - 2;
    size_t n = 0;
    uint8_t bytes[MAX_DIGITS / 2];
    while (n < left && n <= MAX_DIGITS && dfui_hex_digit(digits[n]) >= 0)
        n++;
    if (n <= MAX_DIGITS && n < left && !dfui_is_blank(digits[n]) && !dfui_is_line_end(digits[n]))
        return dfui_lines_bad_digit(&s->lines, digits[n], n + 3, err);
    if (n < 2 || n > MAX_DIGITS || n % 2 != 0)
        return bad_count(s, n, n == left, err);
    (void)dfui_hex_decode(digits, n / 2, bytes);
    if (n != 2u * (bytes[0] + 1u))
        return bad_count(s, n, n == left, err);
    if (bytes[0] < address_bytes[type] + 1u)
        return dfui_lines_bad(&s->lines, err, "a record of type S%u counts at least %u bytes, this one %u", type,
                              address_bytes[type] + 1u, bytes[0]);
    uint8_t found = bytes[n / 2 - 1];
    uint8_t wanted = (uint8_t)~dfui_hex_sum(bytes, n / 2 - 1);
    return dfui_lines_bad(&s->lines, err, "checksum 0x%02X, should be 0x%02X", found, wanted);
}

/* 'S' and a type that exists. */
static int parse_type(const struct srec *s, unsigned *type, struct dfu_error **err)
{
    const struct dfui_source *source = s->lines.source;
    uint8_t c = source->at[0];
    uint8_t t = dfui_source_left(source) > 1 ? source->at[1] : 0;
    if (!begins_record(source->at))
        return c > ' ' && c < 0x7F
                   ? dfui_lines_bad(&s->lines, err, "'%c' where a record should begin with 'S'", c)
                   : dfui_lines_bad(&s->lines, err, "byte 0x%02X where a record should begin with 'S'", c);
    if (t < '0' || t > '9' || t == '0' + TYPE_UNUSED)
        return dfui_lines_bad(&s->lines, err, t > ' ' && t < 0x7F ? "unknown record type S%c" : "'S' without a type",
                              t);
    *type = (unsigned)(t - '0');
    return DFU_OK;
}

/* The record at the source's place. */
static int parse_record(struct srec *s, struct record *r, struct dfu_error **err)
{
    struct dfui_source *source = s->lines.source;
    uint8_t *bytes = r->bytes;
    int rc = parse_type(s, &r->type, err);
    if (rc != DFU_OK)
        return rc;
    const uint8_t *digits = source->at + 2;
    size_t left = dfui_source_left(source) - 2;
    size_t width = address_bytes[r->type];
    if (left < 2 || !dfui_hex_decode(digits, 1, bytes))
        return diagnose(s, r->type, err);
    size_t n = bytes[0] + 1u;
    if (n < 1 + width + 1 || left < 2 * n || !dfui_hex_decode(digits, n, bytes) || dfui_hex_sum(bytes, n) != 0xFF)
        return diagnose(s, r->type, err);
    if (left > 2 * n && !dfui_is_line_end(digits[2 * n]) && !dfui_is_blank(digits[2 * n]))
        return diagnose(s, r->type, err);
    r->address = 0;
    for (size_t i = 0; i < width; i++)
        r->address = r->address << 8 | bytes[1 + i];
    r->data = bytes + 1 + width;
    r->length = n - 1 - width - 1;
    dfui_source_take(source, 2 + 2 * n);
    return DFU_OK;
}

static int check_count(struct srec *s, const struct record *r, struct dfu_error **err)
{
    uint64_t space = r->type == TYPE_COUNT16 ? 0x10000 : 0x1000000;
    if (r->length > 0)
        return dfui_lines_bad(&s->lines, err, "a record of type S%u holds no data, this one %zu bytes", r->type,
                              r->length);
    if (r->address != s->records % space) {
        (void)dfui_lines_bad(&s->lines, err, "the file counts %" PRIu32 " data records, but has %" PRIu64, r->address,
                             s->records);
        dfu_error_set_cause(err, "lines are missing, or there twice");
        dfu_error_set_hint(err, "build or fetch the file again");
        return DFU_ERR_FORMAT;
    }
    s->counted = true;
    return DFU_OK;
}

static int end(struct srec *s, const struct record *r, struct dfu_error **err)
{
    if (r->length > 0)
        return dfui_lines_bad(&s->lines, err, "a record of type S%u holds no data, this one %zu bytes", r->type,
                              r->length);
    s->reader->image->start = r->address;
    s->reader->image->has_start = true;
    s->ended = true;
    return DFU_OK;
}

static int apply(struct srec *s, const struct record *r, struct dfu_error **err)
{
    struct dfu_image *image = s->reader->image;
    if (r->type == TYPE_HEADER)
        return dfu_image_label(image, DFU_ALT_ANY) != NULL
                   ? DFU_OK
                   : dfui_image_set_label(image, DFU_ALT_ANY, r->data, r->length, err);
    if (r->type == TYPE_COUNT16 || r->type == TYPE_COUNT24)
        return check_count(s, r, err);
    if (r->type >= TYPE_END32)
        return end(s, r, err);
    s->records++;
    s->counted = false;
    return dfui_builder_put(s->reader->builder, s->reader->alt, r->address, r->data, r->length, s->lines.line, err);
}

/* One record and the rest of its line. */
static int read_record(struct srec *s, bool *more, struct dfu_error **err)
{
    struct record r = {0};
    int rc = parse_record(s, &r, err);
    if (rc == DFU_OK)
        rc = apply(s, &r, err);
    uint64_t line = s->lines.line;
    if (rc == DFU_OK)
        rc = dfui_lines_skip(&s->lines, more, err);
    if (rc == DFU_OK && *more && s->lines.line == line && !s->ended)
        return dfui_lines_bad(&s->lines, err, "text after the record");
    return rc;
}

/* Text behind the end is remarked; records are more than a remark, since their data would be lost. */
static int look_behind_end(const struct srec *s, struct dfu_error **err)
{
    const uint8_t *at = s->lines.source->at;
    if (begins_record(at) && dfui_source_left(s->lines.source) > 1 && at[1] >= '0' && at[1] <= '9') {
        (void)dfui_lines_bad(&s->lines, err, "a record after the end record");
        dfu_error_set_hint(err, "give several files one by one, not one behind the other in one file");
        return DFU_ERR_FORMAT;
    }
    dfui_note(s->reader->options, "%s: line %" PRIu64 ": text after the end record ignored", s->lines.source->name,
              s->lines.line);
    return DFU_OK;
}

int dfui_srec_read(struct dfui_reader *r, struct dfu_error **err)
{
    struct srec s = {.reader = r};
    bool more = false;
    int rc = dfui_lines_begin(&s.lines, r->source, LONGEST, err);
    if (rc == DFU_OK)
        rc = dfui_lines_skip(&s.lines, &more, err);
    while (rc == DFU_OK && more && !s.ended)
        rc = read_record(&s, &more, err);
    if (rc != DFU_OK)
        return rc;
    if (s.records == 0)
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s: the file contains no data", r->source->name);
    if (!s.ended && !s.counted)
        dfui_note(r->options, "%s: neither a record count nor an end record: whether the file is whole cannot be told",
                  r->source->name);
    return more ? look_behind_end(&s, err) : DFU_OK;
}

/* A first line of 'S', a type and enough hex digits to be no accident. */
bool dfui_srec_probe(const uint8_t *head, size_t length)
{
    size_t i = length >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < length && (dfui_is_blank(head[i]) || dfui_is_line_end(head[i])))
        i++;
    /* cppcheck-suppress knownConditionTrueFalse ; it thinks of an empty head only */
    if (length - i < 8 || !begins_record(head + i) || head[i + 1] < '0' || head[i + 1] > '9')
        return false;
    for (size_t k = 2; k < 8; k++) {
        if (dfui_hex_digit(head[i + k]) < 0)
            return false;
    }
    return true;
}
