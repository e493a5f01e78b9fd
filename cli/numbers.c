/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers and ranges as people type them. */
#include "numbers.h"

#include <string.h>

#define SPACE_END (UINT64_C(1) << 32) /* DfuSe addresses have 32 bits */

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int scan_digits(const char **text, unsigned base, uint64_t *value)
{
    const char *p = *text;
    uint64_t sum = 0;
    for (;; p++) {
        int digit = hex_digit(*p);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        if (sum > (UINT64_MAX - (unsigned)digit) / base)
            return DFU_ERR_ARGUMENT;
        sum = sum * base + (unsigned)digit;
    }
    if (p == *text)
        return DFU_ERR_ARGUMENT;
    *text = p;
    *value = sum;
    return DFU_OK;
}

static unsigned suffix_shift(char c)
{
    if (c == 'K' || c == 'k')
        return 10;
    if (c == 'M' || c == 'm')
        return 20;
    return 0;
}

int number_scan(const char **text, uint64_t *value)
{
    const char *p = *text;
    uint64_t sum;
    unsigned base = 10;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        p += 2;
        base = 16;
    } else if (p[0] == '0' && p[1] >= '0' && p[1] <= '9') {
        return DFU_ERR_ARGUMENT; /* 08000000 is meant as hex by nearly everybody: do not guess */
    }
    if (scan_digits(&p, base, &sum) != DFU_OK)
        return DFU_ERR_ARGUMENT;
    unsigned shift = suffix_shift(*p);
    if (shift != 0) {
        if (sum > UINT64_MAX >> shift)
            return DFU_ERR_ARGUMENT;
        sum <<= shift;
        p++;
    }
    *text = p;
    *value = sum;
    return DFU_OK;
}

static int refuse_number(const char *text, const char *what, struct dfu_error **err)
{
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: '%s' is not a number", what, text);
    if (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
        dfu_error_set_hint(err, "write 0x%s for hexadecimal, or drop the leading zeros for decimal", text);
    else
        dfu_error_set_hint(err, "write hexadecimal as 0x8000 and decimal as 32768 or 32K");
    return rc;
}

int number_parse(const char *text, const char *what, uint64_t max, uint64_t *value, struct dfu_error **err)
{
    const char *p = text;
    uint64_t sum;
    if (number_scan(&p, &sum) != DFU_OK || *p != '\0')
        return refuse_number(text, what, err);
    if (sum > max)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: %s is more than %llu (0x%llx)", what, text,
                             (unsigned long long)max, (unsigned long long)max);
    *value = sum;
    return DFU_OK;
}

int number_parse_signed(const char *text, const char *what, int64_t *value, struct dfu_error **err)
{
    const char *digits = text[0] == '-' || text[0] == '+' ? text + 1 : text;
    uint64_t size = 0;
    int rc = number_parse(digits, what, SPACE_END, &size, err);
    if (rc == DFU_OK)
        *value = text[0] == '-' ? -(int64_t)size : (int64_t)size;
    return rc;
}

int range_like(const char *text)
{
    uint64_t start;
    return number_scan(&text, &start) == DFU_OK && (*text == '+' || strncmp(text, "..", 2) == 0);
}

static int scan_range(const char *text, struct dfu_range *range)
{
    uint64_t second;
    if (number_scan(&text, &range->start) != DFU_OK)
        return 0;
    int is_length = *text == '+';
    if (!is_length && strncmp(text, "..", 2) != 0)
        return 0;
    text += is_length ? 1 : 2;
    if (number_scan(&text, &second) != DFU_OK || *text != '\0')
        return 0;
    if (is_length && second > UINT64_MAX - range->start)
        second = UINT64_MAX - range->start; /* past 4 GiB anyway: refused by the caller */
    range->end = is_length ? range->start + second : second;
    return 1;
}

int range_parse(const char *text, struct dfu_range *range, struct dfu_error **err)
{
    if (!scan_range(text, range)) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not a range", text);
        dfu_error_set_hint(err, "write START..END (END is the first address after it) or START+LENGTH, "
                                "e.g. 0x08000000..0x08010000 or 0x08000000+64K");
        return rc;
    }
    if (range->end <= range->start)
        return dfu_error_set(err, DFU_ERR_RANGE, "range '%s' is %s", text,
                             range->end == range->start ? "empty" : "reversed: its end is before its start");
    if (range->end > SPACE_END)
        return dfu_error_set(err, DFU_ERR_RANGE, "range '%s' goes past the end of the 32-bit address space", text);
    return DFU_OK;
}

int percent_parse(const char *text, const char *what, uint32_t max_percent, uint32_t *percent, struct dfu_error **err)
{
    const char *p = text;
    uint64_t whole = 0;
    uint64_t hundredths = 0;
    int bad = scan_digits(&p, 10, &whole) != DFU_OK || whole > max_percent;
    if (!bad && *p == '.') {
        p++;
        for (unsigned unit = 10; *p >= '0' && *p <= '9' && unit > 0; unit /= 10, p++)
            hundredths += (uint64_t)(*p - '0') * unit;
    }
    uint64_t sum = whole * 100 + hundredths;
    if (bad || *p != '\0' || sum == 0 || sum > max_percent)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: '%s' is not a factor from 0.01 to %u", what, text,
                             (unsigned)(max_percent / 100));
    *percent = (uint32_t)sum;
    return DFU_OK;
}
