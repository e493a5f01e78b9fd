/* SPDX-License-Identifier: BSD-2-Clause */
/* Two images side by side: one pass over both in order of addresses, for all data or for each alternate setting. */
#include "imagediff.h"

#include <stdlib.h>
#include <string.h>

#define COMPARE_CHUNK 4096

/* The segments of an image in order of addresses. */
struct side {
    struct dfu_segment *list;
    size_t count;
    size_t next; /* the first that was not passed yet */
};

static int by_address(const void *a, const void *b)
{
    const struct dfu_segment *x = a;
    const struct dfu_segment *y = b;
    return (x->address > y->address) - (x->address < y->address);
}

static int side_start(struct side *side, const struct dfu_image *image)
{
    memset(side, 0, sizeof *side);
    side->list = calloc(dfu_image_count(image) + 1, sizeof *side->list);
    for (size_t i = 0; side->list != NULL && i < dfu_image_count(image); i++) {
        DFU_INIT(&side->list[i]);
        (void)dfu_image_segment(image, i, &side->list[i]);
        side->count++;
    }
    return side->list != NULL ? DFU_OK : DFU_ERR_NO_MEMORY;
}

/* Sorts by addresses, where no two alternate settings have bytes for the same one; 0 when they do. */
static int side_flatten(struct side *side)
{
    qsort(side->list, side->count, sizeof *side->list, by_address);
    for (size_t i = 1; i < side->count; i++) {
        if (side->list[i].address < side->list[i - 1].address + side->list[i - 1].length)
            return 0;
    }
    return 1;
}

/* Passes what ends at or before address. */
static void side_seek(struct side *side, uint64_t address)
{
    while (side->next < side->count && side->list[side->next].address + side->list[side->next].length <= address)
        side->next++;
}

static int side_holds(const struct side *side, uint64_t address)
{
    return side->next < side->count && address >= side->list[side->next].address;
}

/* The next address at which the answer to "do you hold it" changes; UINT64_MAX at the end. */
static uint64_t side_change(const struct side *side, uint64_t address)
{
    if (side->next == side->count)
        return UINT64_MAX;
    const struct dfu_segment *s = &side->list[side->next];
    return side_holds(side, address) ? s->address + s->length : s->address;
}

/* Joins stretches of one kind that touch. */
struct joiner {
    enum difference kind;
    uint32_t alt;
    struct dfu_range range;
    difference_fn *call;
    void *user;
};

static void join(struct joiner *joiner, enum difference kind, uint64_t start, uint64_t end)
{
    if (kind == joiner->kind && joiner->range.end == start) {
        joiner->range.end = end;
        return;
    }
    if (joiner->kind != DIFFERENCE_NONE)
        joiner->call(joiner->kind, joiner->alt, joiner->range, joiner->user);
    joiner->kind = kind;
    joiner->range.start = start;
    joiner->range.end = end;
}

static void compare_bytes(struct joiner *joiner, const struct side *a, const struct side *b, uint64_t start,
                          uint64_t end)
{
    const uint8_t *pa = a->list[a->next].data + (start - a->list[a->next].address);
    const uint8_t *pb = b->list[b->next].data + (start - b->list[b->next].address);
    size_t length = (size_t)(end - start);
    for (size_t at = 0; at < length;) {
        size_t n = length - at < COMPARE_CHUNK ? length - at : COMPARE_CHUNK;
        if (memcmp(pa + at, pb + at, n) != 0) {
            for (size_t i = at; i < at + n; i++)
                join(joiner, pa[i] == pb[i] ? DIFFERENCE_NONE : DIFFERENCE_BYTES, start + i, start + i + 1);
        } else {
            join(joiner, DIFFERENCE_NONE, start + at, start + at + n);
        }
        at += n;
    }
}

static void compare(struct side *a, struct side *b, uint32_t alt, difference_fn *call, void *user)
{
    struct joiner joiner = {DIFFERENCE_NONE, alt, {0, 0}, call, user};
    uint64_t address = 0;
    for (;;) {
        side_seek(a, address);
        side_seek(b, address);
        uint64_t change_a = side_change(a, address);
        uint64_t change_b = side_change(b, address);
        uint64_t next = change_a < change_b ? change_a : change_b;
        if (next == UINT64_MAX)
            break;
        int in_a = side_holds(a, address);
        int in_b = side_holds(b, address);
        if (in_a && in_b)
            compare_bytes(&joiner, a, b, address, next);
        else if (in_a || in_b)
            join(&joiner, in_a ? DIFFERENCE_ONLY_FIRST : DIFFERENCE_ONLY_SECOND, address, next);
        address = next;
    }
    join(&joiner, DIFFERENCE_NONE, UINT64_MAX, UINT64_MAX);
}

/* What side has for alt, from *at on: images keep alternate settings in order. */
static struct side side_part(const struct side *side, uint32_t alt, size_t *at)
{
    struct side part = {side->list + *at, 0, 0};
    while (*at < side->count && side->list[*at].alt == alt) {
        part.count++;
        ++*at;
    }
    return part;
}

static void compare_alts(const struct side *a, const struct side *b, difference_fn *call, void *user)
{
    for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
        uint32_t alt = i < a->count ? a->list[i].alt : UINT32_MAX;
        if (j < b->count && b->list[j].alt < alt)
            alt = b->list[j].alt;
        struct side part_a = side_part(a, alt, &i);
        struct side part_b = side_part(b, alt, &j);
        compare(&part_a, &part_b, alt, call, user);
    }
}

int imagediff_run(const struct dfu_image *a, const struct dfu_image *b, difference_fn *call, void *user,
                  struct dfu_error **err)
{
    struct side sides[4]; /* two to sort, two as they are */
    int rc = DFU_OK;
    for (size_t i = 0; i < 4; i++) {
        if (side_start(&sides[i], i % 2 == 0 ? a : b) != DFU_OK)
            rc = DFU_ERR_NO_MEMORY;
    }
    if (rc != DFU_OK)
        rc = dfu_error_set(err, rc, "out of memory");
    else if (side_flatten(&sides[0]) && side_flatten(&sides[1]))
        compare(&sides[0], &sides[1], DFU_ALT_ANY, call, user);
    else
        compare_alts(&sides[2], &sides[3], call, user);
    for (size_t i = 0; i < 4; i++)
        free(sides[i].list);
    return rc;
}
