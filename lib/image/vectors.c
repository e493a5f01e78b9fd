/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vector table, and a guess at the address a program was linked for. Code holds absolute pointers to
 * functions, which are odd and, at the right base, land on an instruction that begins a function. At a wrong
 * base they land anywhere. The guess is made only where one base fits far better than the given one.
 */
#include "core/bytes.h"
#include "image/image.h"

#define GRID 0x200u                 /* tables are aligned at least so on parts with more than 48 interrupts */
#define LOOK_AT ((uint64_t)2 << 20) /* bytes that are searched */
#define MAX_POINTERS 512u
#define SLOTS (4u * MAX_POINTERS)
#define MIN_HITS 12u

struct program {
    const uint8_t *bytes;
    uint64_t length;
    uint64_t base;
    uint32_t pointers[MAX_POINTERS];
    unsigned count;
};

/* push {…, lr}: 16-bit B5xx, 32-bit E92D with lr. Few other places look so. */
static bool begins_function(const struct program *p, uint64_t offset)
{
    if (offset + 4 > p->length)
        return false;
    uint16_t first = dfui_le16(p->bytes + offset);
    return (first & 0xFF00) == 0xB500 || (first == 0xE92D && (dfui_le16(p->bytes + offset + 2) & 0x4000) != 0);
}

static unsigned count_hits(const struct program *p, uint64_t base)
{
    unsigned hits = 0;
    for (unsigned i = 0; i < p->count; i++) {
        uint64_t target = p->pointers[i] & ~UINT32_C(1);
        hits += target >= base && begins_function(p, target - base);
    }
    return hits;
}

/* Distinct odd words that may point into the program, wherever it goes so that reset lies inside. */
static void collect_pointers(struct program *p, uint32_t reset)
{
    uint32_t seen[SLOTS] = {0}; /* open addressing; at most a quarter full */
    for (uint64_t at = 0; at + 4 <= p->length && p->count < MAX_POINTERS; at += 4) {
        uint32_t w = dfui_le32(p->bytes + at);
        uint64_t distance = w > reset ? w - reset : reset - w;
        if ((w & 1) == 0 || distance >= p->length)
            continue;
        uint32_t slot = (w >> 1) * UINT32_C(2654435761) % SLOTS;
        while (seen[slot] != 0 && seen[slot] != w)
            slot = (slot + 1) % SLOTS;
        if (seen[slot] == w)
            continue;
        seen[slot] = w;
        p->pointers[p->count++] = w;
    }
}

/* Parts show their flash a second time at low addresses; a program may be linked there. */
static bool same_memory(uint64_t a, uint64_t b)
{
    uint64_t low = dfui_min(a, b);
    uint64_t high = dfui_max(a, b);
    return high - low == 0x08000000 || (low >= 0x00200000 && high - low == 0x08000000 - 0x00200000);
}

static bool guess_base(struct program *p, uint32_t reset, uint64_t *linked_at)
{
    unsigned best = 0;
    unsigned second = 0;
    uint64_t lowest = reset >= p->length ? reset - p->length + 1 : 0;
    collect_pointers(p, reset);
    if (p->count < MIN_HITS)
        return false;
    for (uint64_t base = (lowest + GRID - 1) / GRID * GRID; base <= reset; base += GRID) {
        unsigned hits = count_hits(p, base);
        if (hits > best) {
            second = best;
            best = hits;
            *linked_at = base;
        } else if (hits > second) {
            second = hits;
        }
    }
    unsigned here = count_hits(p, p->base);
    return best >= MIN_HITS && best >= 4 * here && best >= 2 * second && *linked_at != p->base &&
           !same_memory(*linked_at, p->base);
}

static bool plausible_stack(uint32_t sp)
{
    return (sp >= 0x10000000 && sp <= 0x1000FFFF) || (sp >= 0x20000000 && sp <= 0x3FFFFFFF);
}

static bool holds(const struct dfu_image *image, uint64_t address)
{
    const uint8_t *data;
    uint64_t n;
    dfui_image_at(image, DFU_ALT_ANY, address, address + 1, &data, &n);
    return data != NULL;
}

static void look_for_base(const struct dfu_image *image, struct dfu_vectors *v)
{
    struct program p = {.base = v->base};
    dfui_image_at(image, DFU_ALT_ANY, v->base, v->base + LOOK_AT, &p.bytes, &p.length);
    if (p.bytes != NULL && guess_base(&p, v->reset, &v->linked_at))
        v->flags |= DFU_VECTORS_LINKED_SET;
    else
        v->linked_at = 0;
}

int dfu_image_vectors(const struct dfu_image *image, uint64_t base, struct dfu_vectors *vectors)
{
    struct dfu_vectors v = {.size = sizeof v, .base = base};
    uint8_t words[8];
    if (base < DFUI_4GIB && dfu_image_read(image, DFU_ALT_ANY, base, words, sizeof words) == sizeof words) {
        v.initial_sp = dfui_le32(words);
        v.reset = dfui_le32(words + 4);
        v.flags |= DFU_VECTORS_PRESENT;
        v.flags |= plausible_stack(v.initial_sp) ? DFU_VECTORS_SP_OK : 0;
        v.flags |= v.reset & 1 ? DFU_VECTORS_RESET_ODD : 0;
        v.flags |= holds(image, v.reset & ~UINT32_C(1)) ? DFU_VECTORS_RESET_INSIDE : 0;
        if ((v.flags & DFU_VECTORS_SP_OK) && (v.flags & DFU_VECTORS_RESET_ODD))
            look_for_base(image, &v);
    }
    return dfui_sized_out(vectors, &v, sizeof v);
}

uint64_t dfui_image_linked_elsewhere(const struct dfu_image *image)
{
    struct dfu_image_info info = {.size = sizeof info};
    struct dfu_vectors v = {.size = sizeof v};
    if (dfu_image_describe(image, &info) != DFU_OK || dfu_image_vectors(image, info.span.start, &v) != DFU_OK)
        return 0;
    return v.flags & DFU_VECTORS_LINKED_SET ? v.linked_at : 0;
}
