/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded text scanner: everything that reads numbers and tokens from outside goes through it. */
#ifndef DFUI_SCAN_H
#define DFUI_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dfui_scan {
    const char *at;
    const char *end;
};

static inline struct dfui_scan dfui_scan_of(const char *text, size_t length)
{
    return (struct dfui_scan){text, text + length};
}

static inline size_t dfui_scan_left(const struct dfui_scan *s)
{
    return (size_t)(s->end - s->at);
}

/* The next character, or -1 at the end. */
static inline int dfui_scan_peek(const struct dfui_scan *s)
{
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

/* Takes the next character if it is c. */
static inline bool dfui_scan_take(struct dfui_scan *s, char c)
{
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* Skips spaces and tabs. */
void dfui_scan_blanks(struct dfui_scan *s);

/* Decimal digits, never octal. False, and nothing taken, when there is no digit; a value above limit is
 * clamped to limit + 1, so that one comparison finds it. limit must be below UINT64_MAX / 10 - 9. */
bool dfui_scan_decimal(struct dfui_scan *s, uint64_t limit, uint64_t *value);

/* Hexadecimal digits after an optional 0x or 0X; as dfui_scan_decimal. */
bool dfui_scan_hex(struct dfui_scan *s, uint64_t limit, uint64_t *value);

/* 0…15, or -1. */
int dfui_hex_digit(int c);

#endif
