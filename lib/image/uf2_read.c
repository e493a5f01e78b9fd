/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UF2 files. One file may hold programs for several families of chips; one of them is taken. Block numbers must be
 * complete for it: a loader would wait for ever for the missing ones.
 */
#include "core/bytes.h"
#include "image/format.h"
#include "image/uf2.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_FAMILIES 16u

struct numbered {
    uint32_t number; /* that the block says */
    uint32_t block;  /* where it is in the file, from 1 */
};

/* What the blocks of one family say. */
struct family {
    bool named; /* false: blocks that name no family */
    uint32_t id;
    uint32_t claimed;         /* number of blocks */
    bool flashed;             /* a block for the main flash was among them */
    struct numbered *numbers; /* as they come: 8 bytes for each 512 of the file */
    size_t blocks;
    size_t room;
};

struct uf2 {
    struct dfui_reader *reader;
    const char *name;
    struct family families[MAX_FAMILIES];
    size_t count;
    size_t taken; /* index of the family whose data is taken; MAX_FAMILIES = none yet */
    bool chosen;  /* wanted is given */
    uint32_t wanted;
    uint64_t block; /* from 1 */
    uint64_t skipped;
};

static int bad(const struct uf2 *u, struct dfu_error **err, const char *format, ...) DFU_PRINTF(3, 4);

static int bad(const struct uf2 *u, struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, DFU_ERR_FORMAT, format, args);
    va_end(args);
    dfu_error_prefix(err, "%s: block %" PRIu64 " (offset %" PRIu64 ")", u->name, u->block,
                     (u->block - 1) * DFUI_UF2_BLOCK);
    return DFU_ERR_FORMAT;
}

static int check_magic(const struct uf2 *u, const uint8_t *b, size_t length, struct dfu_error **err)
{
    if (length < DFUI_UF2_BLOCK) {
        (void)bad(u, err, "%zu bytes, a block has %u", length, DFUI_UF2_BLOCK);
        dfu_error_set_cause(err, "the file may be cut off");
        return DFU_ERR_FORMAT;
    }
    uint32_t last = dfui_le32(b + DFUI_UF2_BLOCK - 4);
    if (dfui_le32(b) != DFUI_UF2_MAGIC_0 || dfui_le32(b + 4) != DFUI_UF2_MAGIC_1)
        return bad(u, err, "begins with 0x%08" PRIX32 " 0x%08" PRIX32 ", not as a UF2 block", dfui_le32(b),
                   dfui_le32(b + 4));
    if (last != DFUI_UF2_MAGIC_END)
        return bad(u, err, "ends with 0x%08" PRIX32 ", not as a UF2 block", last);
    return DFU_OK;
}

/* The row of the block's family. */
static int find_family(struct uf2 *u, const uint8_t *b, struct family **out, struct dfu_error **err)
{
    bool named = (dfui_le32(b + 8) & DFUI_UF2_HAS_FAMILY) != 0;
    uint32_t id = named ? dfui_le32(b + 28) : 0;
    for (size_t i = 0; i < u->count; i++) {
        *out = &u->families[i];
        if ((*out)->named == named && (*out)->id == id)
            return DFU_OK;
    }
    if (u->count == MAX_FAMILIES)
        return bad(u, err, "more than %u families in one file", MAX_FAMILIES);
    *out = &u->families[u->count++];
    **out = (struct family){.named = named, .id = id, .claimed = dfui_le32(b + 24)};
    if (u->taken == MAX_FAMILIES && (!u->chosen || (named && id == u->wanted)))
        u->taken = u->count - 1;
    return DFU_OK;
}

static int remember_number(struct family *f, uint32_t number, uint64_t block, struct dfu_error **err)
{
    if (f->blocks == f->room) {
        size_t room = f->room + f->room / 4 + 64;
        struct numbered *more = realloc(f->numbers, room * sizeof *more);
        if (more == NULL)
            return dfui_error_no_memory(err);
        f->numbers = more;
        f->room = room;
    }
    f->numbers[f->blocks++] = (struct numbered){number, (uint32_t)block};
    return DFU_OK;
}

/* The MD5 of a region of flash, for loaders that skip what they hold already, ends the block's data. */
static uint32_t room_for_data(uint32_t flags)
{
    return DFUI_UF2_MOST - ((flags & DFUI_UF2_HAS_MD5) != 0 ? DFUI_UF2_MD5 : 0);
}

/* Blocks that are not for the main flash are numbered with the others, or apart. True when this one does not count. */
static bool numbered_apart(struct family *f, bool aside, uint32_t claimed)
{
    if (aside && claimed != f->claimed)
        return true;
    if (!aside && !f->flashed && claimed != f->claimed) { /* what came before was apart */
        f->claimed = claimed;
        f->blocks = 0;
    }
    f->flashed |= !aside;
    return false;
}

static int read_block(struct uf2 *u, const uint8_t *b, struct dfu_error **err)
{
    struct family *f = NULL;
    uint32_t flags = dfui_le32(b + 8);
    uint32_t size = dfui_le32(b + 16);
    uint32_t number = dfui_le32(b + 20);
    uint32_t claimed = dfui_le32(b + 24);
    bool aside = (flags & (DFUI_UF2_NOT_MAIN_FLASH | DFUI_UF2_FILE_CONTAINER)) != 0;
    int rc = find_family(u, b, &f, err);
    if (rc != DFU_OK)
        return rc;
    if (number >= claimed)
        return bad(u, err, "its number is %" PRIu32 ", of %" PRIu32 " blocks", number, claimed);
    bool apart = numbered_apart(f, aside, claimed);
    if (claimed != f->claimed && !apart)
        return bad(u, err, "one of %" PRIu32 " blocks, but earlier ones say %" PRIu32, claimed, f->claimed);
    if (size > room_for_data(flags))
        return bad(u, err, "%" PRIu32 " bytes of data, at most %" PRIu32 " fit", size, room_for_data(flags));
    if (u->taken == MAX_FAMILIES || f != &u->families[u->taken])
        return DFU_OK;
    rc = apart ? DFU_OK : remember_number(f, number, u->block, err);
    if (rc != DFU_OK)
        return rc;
    if (aside) {
        u->skipped++;
        return DFU_OK;
    }
    return dfui_builder_put(u->reader->builder, u->reader->alt, dfui_le32(b + 12), b + DFUI_UF2_DATA, size, u->block,
                            err);
}

static void describe(const struct family *f, char *to, size_t room)
{
    const char *name = f->named ? dfui_uf2_family_name(f->id) : NULL;
    if (!f->named)
        (void)snprintf(to, room, "none");
    else
        (void)snprintf(to, room, "0x%08" PRIX32 "%s%s%s", f->id, name != NULL ? " (" : "", name != NULL ? name : "",
                       name != NULL ? ")" : "");
}

/* "0x57755A57 (STM32F4), 0x6DB66082 (STM32H7)". */
static void list_families(const struct uf2 *u, char *to, size_t room)
{
    size_t used = 0;
    to[0] = '\0';
    for (size_t i = 0; i < u->count && used < room; i++) {
        char one[48];
        describe(&u->families[i], one, sizeof one);
        used += (size_t)snprintf(to + used, room - used, "%s%s", i > 0 ? ", " : "", one);
    }
}

static int check_choice(const struct uf2 *u, struct dfu_error **err)
{
    char list[MAX_FAMILIES * 48];
    list_families(u, list, sizeof list);
    if (u->chosen && u->taken == MAX_FAMILIES) {
        dfu_error_set(err, DFU_ERR_FORMAT, "%s: no data for family 0x%08" PRIX32, u->name, u->wanted);
        dfu_error_set_cause(err, "the file has %s", list);
        return DFU_ERR_FORMAT;
    }
    if (!u->chosen && u->count > 1) {
        dfu_error_set(err, DFU_ERR_FORMAT, "%s: data for %zu families: %s", u->name, u->count, list);
        dfu_error_set_cause(err, "a chip takes the blocks of its own family only");
        dfu_error_set_hint(err, "choose one with --family");
        return DFU_ERR_FORMAT;
    }
    return DFU_OK;
}

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                  : (x->block > y->block) - (x->block < y->block);
}

/* Every number from 0 to the end, once. Uses the numbers up. */
static int check_numbers(const struct uf2 *u, struct dfu_error **err)
{
    const struct family *f = &u->families[u->taken];
    uint64_t next = 0;
    qsort(f->numbers, f->blocks, sizeof *f->numbers, by_number);
    for (size_t i = 0; i < f->blocks && f->numbers[i].number == next; i++)
        next++;
    if (next == f->claimed && f->blocks == f->claimed)
        return DFU_OK;
    if (next < f->blocks && next > 0 && f->numbers[next].number == next - 1)
        (void)dfu_error_set(err, DFU_ERR_FORMAT,
                            "%s: block %" PRIu32 " (offset %" PRIu64 "): its number is %" PRIu64
                            ", as is that of block %" PRIu32,
                            u->name, f->numbers[next].block, (uint64_t)(f->numbers[next].block - 1) * DFUI_UF2_BLOCK,
                            next - 1, f->numbers[next - 1].block);
    else
        (void)dfu_error_set(err, DFU_ERR_FORMAT,
                            "%s: block number %" PRIu64 " is missing: %zu blocks, but they say that there are %" PRIu32,
                            u->name, next, f->blocks, f->claimed);
    dfu_error_set_cause(err, "the file may be cut off, or put together from others");
    return DFU_ERR_FORMAT;
}

static void remember(const struct uf2 *u)
{
    const struct family *f = &u->families[u->taken];
    char list[MAX_FAMILIES * 48];
    u->reader->image->has_family = f->named;
    u->reader->image->family = f->id;
    if (u->skipped > 0)
        dfui_note(u->reader->options, "%s: %" PRIu64 " block%s not for the main flash left out", u->name, u->skipped,
                  u->skipped == 1 ? " that is" : "s that are");
    list_families(u, list, sizeof list);
    if (u->count > 1)
        dfui_note(u->reader->options, "%s: the file holds data for %s", u->name, list);
}

int dfui_uf2_read(struct dfui_reader *r, struct dfu_error **err)
{
    struct uf2 u = {.reader = r, .name = r->source->name, .taken = MAX_FAMILIES};
    uint8_t block[DFUI_UF2_BLOCK];
    size_t got = 0;
    int rc = DFU_OK;
    u.chosen = r->options->family != NULL;
    if (u.chosen)
        rc = dfui_uf2_family(r->options->family, &u.wanted, err);
    while (rc == DFU_OK && (rc = dfui_source_read(r->source, block, sizeof block, &got, err)) == DFU_OK && got > 0) {
        u.block++;
        rc = check_magic(&u, block, got, err);
        if (rc == DFU_OK)
            rc = read_block(&u, block, err);
    }
    if (rc == DFU_OK && u.count == 0)
        rc = dfu_error_set(err, DFU_ERR_FORMAT, "%s: the file contains no data", u.name);
    if (rc == DFU_OK)
        rc = check_choice(&u, err);
    if (rc == DFU_OK)
        rc = check_numbers(&u, err);
    if (rc == DFU_OK)
        remember(&u);
    for (size_t i = 0; i < u.count; i++)
        free(u.families[i].numbers);
    return rc;
}

bool dfui_uf2_probe(const uint8_t *head, size_t length)
{
    return length >= 8 && dfui_le32(head) == DFUI_UF2_MAGIC_0 && dfui_le32(head + 4) == DFUI_UF2_MAGIC_1;
}
