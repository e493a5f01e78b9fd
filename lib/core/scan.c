/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/scan.h"

void dfui_scan_blanks(struct dfui_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

int dfui_hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool digits(struct dfui_scan *s, unsigned base, uint64_t limit, uint64_t *value)
{
    const char *begin = s->at;
    uint64_t v = 0;
    while (s->at < s->end) {
        int d = dfui_hex_digit((unsigned char)*s->at);
        if (d < 0 || (unsigned)d >= base)
            break;
        v = v > limit ? limit + 1 : v * base + (unsigned)d;
        s->at++;
    }
    *value = v > limit ? limit + 1 : v;
    return s->at > begin;
}

bool dfui_scan_decimal(struct dfui_scan *s, uint64_t limit, uint64_t *value)
{
    return digits(s, 10, limit, value);
}

bool dfui_scan_hex(struct dfui_scan *s, uint64_t limit, uint64_t *value)
{
    struct dfui_scan t = *s;
    if (dfui_scan_take(&t, '0') && (dfui_scan_take(&t, 'x') || dfui_scan_take(&t, 'X'))) {
        if (!digits(&t, 16, limit, value))
            return false;
        *s = t;
        return true;
    }
    return digits(s, 16, limit, value);
}
