/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sixteen bytes a step where the compiler has vectors: gcc and clang turn these into instructions that every
 * processor of the target has (SSE2, NEON), so there is nothing to detect at run time. A last step that is not
 * full does some bytes twice; it comes first, because a load that finds its bytes in two fresh stores is slow.
 * Less than sixteen bytes go one by one.
 */
#include "core/hex.h"
#include <string.h>

#define STEP 16u

/* 0x10 | value for hex digits, so that a missing bit 4 tells that a digit was none. */
static const uint8_t digit_values[256] = {
    ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15, ['6'] = 0x16, ['7'] = 0x17,
    ['8'] = 0x18, ['9'] = 0x19, ['A'] = 0x1A, ['B'] = 0x1B, ['C'] = 0x1C, ['D'] = 0x1D, ['E'] = 0x1E, ['F'] = 0x1F,
    ['a'] = 0x1A, ['b'] = 0x1B, ['c'] = 0x1C, ['d'] = 0x1D, ['e'] = 0x1E, ['f'] = 0x1F,
};

static bool decode_bytes(const uint8_t *digits, size_t n, uint8_t *to)
{
    uint8_t good = 0x10;
    for (size_t i = 0; i < n; i++) {
        uint8_t high = digit_values[digits[2 * i]];
        uint8_t low = digit_values[digits[2 * i + 1]];
        good &= high & low;
        to[i] = (uint8_t)(high << 4 | (low & 15));
    }
    return good != 0;
}

static void encode_bytes(const uint8_t *from, size_t n, uint8_t *digits)
{
    static const char names[] = "0123456789ABCDEF";
    for (size_t i = 0; i < n; i++) {
        digits[2 * i] = (uint8_t)names[from[i] >> 4];
        digits[2 * i + 1] = (uint8_t)names[from[i] & 15];
    }
}

static uint8_t sum_bytes(const uint8_t *from, size_t n)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + from[i]);
    return sum;
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HAVE_VECTORS
#endif
#endif

#ifdef HAVE_VECTORS

typedef uint8_t vector __attribute__((vector_size(STEP)));

static inline vector load(const uint8_t *from)
{
    vector v;
    memcpy(&v, from, STEP);
    return v;
}

/* The values of digits; lanes of *bad become 0xFF where one is none. */
static inline vector to_values(vector digits, vector *bad)
{
    vector number = digits - '0';
    vector letter = (digits | 0x20) - 'a';
    vector is_number = (vector)(number <= 9);
    vector is_letter = (vector)(letter <= 5);
    *bad |= ~(is_number | is_letter);
    return (number & is_number) | ((letter + 10) & ~is_number);
}

static inline vector to_digits(vector values)
{
    return values + '0' + ((vector)(values > 9) & ('A' - '0' - 10));
}

static inline void decode_step(const uint8_t *digits, uint8_t *to, vector *bad)
{
    vector a = to_values(load(digits), bad);
    vector b = to_values(load(digits + STEP), bad);
    vector high = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    vector low = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    vector bytes = high << 4 | low;
    memcpy(to, &bytes, STEP);
}

static inline void encode_step(const uint8_t *from, uint8_t *digits)
{
    vector bytes = load(from);
    vector high = to_digits(bytes >> 4);
    vector low = to_digits(bytes & 15);
    vector a = __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    vector b = __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    memcpy(digits, &a, STEP);
    memcpy(digits + STEP, &b, STEP);
}

static bool decode_steps(const uint8_t *digits, size_t n, uint8_t *to)
{
    vector bad = {0};
    uint64_t halves[2];
    decode_step(digits + 2 * (n - STEP), to + n - STEP, &bad);
    for (size_t i = 0; i + STEP <= n; i += STEP)
        decode_step(digits + 2 * i, to + i, &bad);
    memcpy(halves, &bad, STEP);
    return (halves[0] | halves[1]) == 0;
}

static void encode_steps(const uint8_t *from, size_t n, uint8_t *digits)
{
    encode_step(from + n - STEP, digits + 2 * (n - STEP));
    for (size_t i = 0; i + STEP <= n; i += STEP)
        encode_step(from + i, digits + 2 * i);
}

/* n is a multiple of STEP. */
static uint8_t sum_steps(const uint8_t *from, size_t n)
{
    const uint64_t even = UINT64_C(0x00FF00FF00FF00FF); /* lanes of 16 bits: nothing is carried into the next */
    vector total = {0};
    uint64_t halves[2];
    for (size_t i = 0; i < n; i += STEP)
        total += load(from + i);
    memcpy(halves, &total, STEP);
    uint64_t lanes = (halves[0] & even) + (halves[0] >> 8 & even) + (halves[1] & even) + (halves[1] >> 8 & even);
    return (uint8_t)(lanes * UINT64_C(0x0001000100010001) >> 48);
}

#else

static bool decode_steps(const uint8_t *digits, size_t n, uint8_t *to)
{
    return decode_bytes(digits, n, to);
}

static void encode_steps(const uint8_t *from, size_t n, uint8_t *digits)
{
    encode_bytes(from, n, digits);
}

static uint8_t sum_steps(const uint8_t *from, size_t n)
{
    return sum_bytes(from, n);
}

#endif

bool dfui_hex_decode(const uint8_t *digits, size_t n, uint8_t *to)
{
    return n >= STEP ? decode_steps(digits, n, to) : decode_bytes(digits, n, to);
}

void dfui_hex_encode(const uint8_t *from, size_t n, uint8_t *digits)
{
    if (n >= STEP)
        encode_steps(from, n, digits);
    else
        encode_bytes(from, n, digits);
}

uint8_t dfui_hex_sum(const uint8_t *from, size_t n)
{
    size_t whole = n - n % STEP;
    if (whole == 0) /* n may be 0, and from NULL then */
        return sum_bytes(from, n);
    return (uint8_t)(sum_steps(from, whole) + sum_bytes(from + whole, n - whole));
}
