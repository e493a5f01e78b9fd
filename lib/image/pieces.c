/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records may come in any order and overlap. Sorting descriptions of bytes instead of the bytes keeps a
 * shuffled file at n log n, and cutting only the losing side of an overlap keeps a merge from growing.
 */
#include "image/image.h"

bool dfui_piece_before(const struct dfui_piece *a, const struct dfui_piece *b)
{
    return a->alt != b->alt ? a->alt < b->alt : a->address + a->length <= b->address;
}

uint32_t dfui_piece_line(const struct dfui_piece *p, uint64_t address)
{
    if (p->line == 0 || p->step == 0)
        return p->line;
    return p->line + (uint32_t)((address - p->address + p->lead) / p->step);
}

/* Drops the first n bytes, n < length. */
static void cut_front(struct dfui_piece *p, uint64_t n)
{
    if (p->step != 0) {
        uint64_t before = n + p->lead;
        p->line += (uint32_t)(before / p->step);
        p->lead = (uint16_t)(before % p->step);
    }
    p->address += n;
    p->length -= n;
    if (p->data != NULL)
        p->data += n;
}

/* Compares what both hold; false when that is a contradiction that must not be. */
static bool agree(const struct dfui_piece *old, const struct dfui_piece *new, struct dfui_overlap *overlap)
{
    uint64_t from = dfui_max(old->address, new->address);
    uint64_t to = dfui_min(old->address + old->length, new->address + new->length);
    const uint8_t *a = old->data + (from - old->address);
    const uint8_t *b = new->data + (from - new->address);
    if (memcmp(a, b, (size_t)(to - from)) == 0)
        return true;
    if (overlap->count++ == 0) {
        while (*a == *b) {
            a++;
            b++;
            from++;
        }
        overlap->address = from;
        overlap->old_value = *a;
        overlap->new_value = *b;
        overlap->old_line = dfui_piece_line(old, from);
        overlap->new_line = dfui_piece_line(new, from);
    }
    return overlap->policy != DFU_OVERLAP_ERROR;
}

/* winner and loser overlap: what sticks out of the loser in front goes to out, what sticks out behind stays in
 * it. False when nothing stays. */
static bool trim(const struct dfui_piece *winner, struct dfui_piece *loser, struct dfui_piece *out, size_t *n)
{
    if (loser->address < winner->address) {
        out[*n] = *loser;
        out[*n].length = winner->address - loser->address;
        (*n)++;
    }
    uint64_t end = winner->address + winner->length;
    if (loser->address + loser->length <= end)
        return false;
    cut_front(loser, end - loser->address);
    return true;
}

bool dfui_pieces_merge(struct dfui_piece *a, size_t a_count, struct dfui_piece *b, size_t b_count,
                       struct dfui_piece *out, size_t *merged, struct dfui_overlap *overlap)
{
    size_t i = 0;
    size_t j = 0;
    size_t n = 0;
    bool last = overlap->policy == DFU_OVERLAP_LAST;
    while (i < a_count && j < b_count) {
        if (dfui_piece_before(&a[i], &b[j])) {
            out[n++] = a[i++];
        } else if (dfui_piece_before(&b[j], &a[i])) {
            out[n++] = b[j++];
        } else {
            if (!agree(&a[i], &b[j], overlap))
                return false;
            if (last)
                i += trim(&b[j], &a[i], out, &n) ? 0 : 1;
            else
                j += trim(&a[i], &b[j], out, &n) ? 0 : 1;
        }
    }
    if (i < a_count)
        memcpy(out + n, a + i, (a_count - i) * sizeof *a);
    n += a_count - i;
    if (j < b_count)
        memcpy(out + n, b + j, (b_count - j) * sizeof *b);
    n += b_count - j;
    *merged = n;
    return true;
}

static bool in_order(const struct dfui_piece *pieces, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (!dfui_piece_before(&pieces[i - 1], &pieces[i]))
            return false;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as log2 of the count */
bool dfui_pieces_sort(struct dfui_piece *pieces, size_t *count, struct dfui_piece *scratch,
                      struct dfui_overlap *overlap)
{
    if (in_order(pieces, *count))
        return true;
    size_t first = *count / 2;
    size_t second = *count - first;
    struct dfui_piece *later = pieces + 2 * first;
    memmove(later, pieces + first, second * sizeof *later);
    if (!dfui_pieces_sort(pieces, &first, scratch, overlap) || !dfui_pieces_sort(later, &second, scratch, overlap) ||
        !dfui_pieces_merge(pieces, first, later, second, scratch, count, overlap))
        return false;
    memcpy(pieces, scratch, *count * sizeof *pieces);
    return true;
}
