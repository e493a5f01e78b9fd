/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/utf16.h"
#include "core/bytes.h"
#include <libdfu/types.h>
#include <stdbool.h>

enum { TYPE_STRING = 3, HEADER = 2 };
#define REPLACEMENT 0xFFFDu

/* Where in "@name /0x08000000/" a layout is; LIST is reached with the second slash. */
enum progress { PLAIN, NAME, SLASH, ZERO, DIGITS, LIST };

struct decoder {
    const uint8_t *at;
    const uint8_t *end;
    bool bytes;
    enum progress progress;
};

/*
 * The bytes that belong to the string. bLength bounds them, unless it is impossible: firmware that keeps it
 * in eight bits sends 0 or 2 for names of 127 characters and more, and an odd one cannot count 16-bit units.
 */
static size_t text_length(const uint8_t *raw, size_t received, bool bytes)
{
    size_t claimed = raw[0];
    bool impossible = claimed <= HEADER || (!bytes && claimed % 2 != 0);
    return impossible || claimed > received ? received : claimed;
}

/* The next character, 0 at the end. */
static uint32_t next(struct decoder *d)
{
    size_t left = (size_t)(d->end - d->at);
    if (d->bytes) {
        if (left < 1)
            return 0;
        uint32_t c = *d->at++;
        return c < 0x80 ? c : REPLACEMENT; /* no telling which code page */
    }
    if (left < 2)
        return 0;
    uint32_t unit = dfui_le16(d->at);
    d->at += 2;
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    uint32_t low = left >= 4 ? dfui_le16(d->at) : 0;
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return REPLACEMENT;
    d->at += 2;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

static bool hex_digit(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* Follows "/", blanks, "0x", digits, blanks, "/"; anything else is part of a name again. */
static enum progress follow(enum progress now, uint32_t c)
{
    bool blank = c == ' ' || c == '\t';
    if (now == PLAIN || now == LIST)
        return now;
    if (now == SLASH && blank)
        return SLASH;
    if (now == SLASH && c == '0')
        return ZERO;
    if (now == ZERO && (c == 'x' || c == 'X'))
        return DIGITS;
    if (now == DIGITS && (hex_digit(c) || blank))
        return DIGITS;
    if (c == '/')
        return now == DIGITS ? LIST : SLASH;
    return NAME;
}

/* UTF-8 of c; its length. */
static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* Control characters would reach terminals and break one-line messages. */
static uint32_t harmless(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) ? REPLACEMENT : c;
}

int dfui_string_decode(const uint8_t *raw, size_t received, unsigned flags, char *out, size_t out_size)
{
    size_t used = 0;
    out[0] = '\0';
    if (raw == NULL || received < HEADER || raw[1] != TYPE_STRING)
        return DFU_ERR_PROTOCOL;
    struct decoder d = {.bytes = (flags & DFUI_STRING_BYTES) != 0};
    d.at = raw + HEADER;
    d.end = raw + text_length(raw, received, d.bytes);

    uint32_t c = next(&d);
    if ((flags & DFUI_STRING_LAYOUT) && c == '@')
        d.progress = NAME;
    for (; c != 0; c = next(&d)) {
        char utf8[4];
        if (d.progress == LIST && (c < 0x20 || c > 0x7E))
            break;
        d.progress = follow(d.progress, c);
        size_t n = encode(harmless(c), utf8);
        if (n >= out_size - used)
            break;
        memcpy(out + used, utf8, n);
        used += n;
    }
    out[used] = '\0';
    return (int)used;
}
