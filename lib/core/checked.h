/* SPDX-License-Identifier: BSD-2-Clause */
/* Sums and products that report overflow, and the one helper for half-open ranges. */
#ifndef DFUI_CHECKED_H
#define DFUI_CHECKED_H

#include <libdfu/types.h>
#include <stdbool.h>

/* First address past the 32-bit space that DfuSe, Intel HEX and S-records can name. */
#define DFUI_4GIB (UINT64_C(1) << 32)

static inline bool dfui_add(uint64_t a, uint64_t b, uint64_t *sum)
{
    *sum = a + b;
    return *sum >= a;
}

static inline bool dfui_mul(uint64_t a, uint64_t b, uint64_t *product)
{
    if (a != 0 && b > UINT64_MAX / a)
        return false;
    *product = a * b;
    return true;
}

static inline uint64_t dfui_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t dfui_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline bool dfui_range_holds(struct dfu_range r, uint64_t address)
{
    return address >= r.start && address < r.end;
}

static inline bool dfui_range_empty(struct dfu_range r)
{
    return r.start >= r.end;
}

/* The common part of two ranges; empty (start >= end) when there is none. */
static inline struct dfu_range dfui_range_cut(struct dfu_range a, struct dfu_range b)
{
    struct dfu_range r = {dfui_max(a.start, b.start), dfui_min(a.end, b.end)};
    if (r.end < r.start)
        r.end = r.start;
    return r;
}

#endif
