/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/builder.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Pieces that may wait: each costs up to 360 bytes while they are sorted and merged. The second term keeps the merges
 * of a large file few. */
static size_t most_pending(const struct dfui_builder *b)
{
    return 4096 + (b->pages.count > 0 ? b->pages.count / 64 : b->image->used / 2048);
}

/* Bytes that may wait: all, unless the pages, which have their price, need the memory. */
static uint64_t most_waiting(const struct dfui_builder *b)
{
    return b->pages.count > 0 ? b->pages.used / 4 + ((uint64_t)1 << 20) : UINT64_MAX;
}

/* What was sorted so far. */
static uint64_t bytes_held(const struct dfui_builder *b)
{
    return b->pages.count > 0 ? b->pages.used : b->image->used;
}

void dfui_builder_init(struct dfui_builder *b, struct dfu_image *image, const char *name, const char *unit,
                       uint64_t max_bytes, enum dfu_overlap policy)
{
    *b = (struct dfui_builder){.image = image, .name = name, .unit = unit, .max_bytes = max_bytes, .policy = policy};
}

void dfui_builder_free(struct dfui_builder *b)
{
    free(b->arena);
    free(b->pieces);
    dfui_pages_free(&b->pages);
    b->arena = NULL;
    b->pieces = NULL;
    b->used = b->room = b->count = b->piece_room = 0;
}

uint8_t *dfui_builder_room(struct dfui_builder *b, size_t n, struct dfu_error **err)
{
    if (n > b->room - b->used) {
        if (n > SIZE_MAX / 4 - b->used) {
            (void)dfui_error_no_memory(err);
            return NULL;
        }
        size_t room = b->used + n;
        room += room / 4 + 4096;
        uint8_t *arena = realloc(b->arena, room);
        if (arena == NULL) {
            (void)dfui_error_no_memory(err);
            return NULL;
        }
        b->arena = arena;
        b->room = room;
    }
    return b->arena + b->used;
}

/* Extends the newest piece where address and line go on; the last of its lines may be a short one. */
static bool extend(struct dfui_builder *b, uint32_t alt, uint64_t address, size_t n, uint32_t line)
{
    if (b->count == 0)
        return false;
    struct dfui_piece *p = &b->pieces[b->count - 1];
    if (p->alt != alt || p->address + p->length != address)
        return false;
    bool lines_known =
        p->line != 0 && line == b->last_line + 1 && n <= p->step && p->length == (uint64_t)p->step * (line - p->line);
    if (!lines_known && (p->line != 0 || line != 0))
        return false;
    p->length += n;
    b->last_line = line;
    return true;
}

static int start_piece(struct dfui_builder *b, uint32_t alt, uint64_t address, size_t n, uint32_t line,
                       struct dfu_error **err)
{
    if (b->count == b->piece_room) {
        size_t room = b->piece_room * 2 + 16;
        struct dfui_piece *pieces = realloc(b->pieces, room * sizeof *pieces);
        if (pieces == NULL)
            return dfui_error_no_memory(err);
        b->pieces = pieces;
        b->piece_room = room;
    }
    b->pieces[b->count++] = (struct dfui_piece){
        .address = address, .length = n, .alt = alt, .line = line, .step = n > UINT16_MAX ? 0 : (uint16_t)n};
    b->last_line = line;
    return DFU_OK;
}

static int flush(struct dfui_builder *b, struct dfu_error **err);

int dfui_builder_commit(struct dfui_builder *b, uint32_t alt, uint64_t address, size_t n, uint64_t line,
                        struct dfu_error **err)
{
    if (n == 0)
        return DFU_OK;
    if (address > DFUI_4GIB || n > DFUI_4GIB - address) {
        dfu_error_set(err, DFU_ERR_RANGE, "%s: %s %" PRIu64 ": %zu bytes at 0x%08" PRIX64 " end past 4 GiB", b->name,
                      b->unit, line, n, address);
        dfui_error_address(err, address);
        return DFU_ERR_RANGE;
    }
    uint32_t short_line = line > UINT32_MAX ? 0 : (uint32_t)line;
    if (!extend(b, alt, address, n, short_line)) {
        int rc = start_piece(b, alt, address, n, short_line, err);
        if (rc != DFU_OK)
            return rc;
    }
    b->used += n;
    /* Bytes that are given twice count once, so the limit can only be judged after a merge. */
    uint64_t allowed = b->max_bytes + b->max_bytes / 8;
    if (b->count >= most_pending(b) || b->used > most_waiting(b) ||
        b->used > allowed - dfui_min(allowed, bytes_held(b)))
        return flush(b, err);
    return DFU_OK;
}

int dfui_builder_put(struct dfui_builder *b, uint32_t alt, uint64_t address, const void *data, size_t n, uint64_t line,
                     struct dfu_error **err)
{
    if (n == 0)
        return DFU_OK;
    uint8_t *room = dfui_builder_room(b, n, err);
    if (room == NULL)
        return DFU_ERR_NO_MEMORY;
    memcpy(room, data, n);
    return dfui_builder_commit(b, alt, address, n, line, err);
}

static int contradiction(const struct dfui_builder *b, const struct dfui_overlap *o, struct dfu_error **err)
{
    char earlier[48] = "";
    if (o->old_line != 0)
        (void)snprintf(earlier, sizeof earlier, " from %s %" PRIu32, b->unit, o->old_line);
    dfu_error_set(err, DFU_ERR_FORMAT, "%s: %s %" PRIu32 ": 0x%02X at 0x%08" PRIX64 " contradicts 0x%02X%s", b->name,
                  b->unit, o->new_line, o->new_value, o->address, o->old_value, earlier);
    dfui_error_contents(err, o->address, o->old_value, o->new_value);
    dfu_error_set_hint(err, "say --overlap first or last if one of the two is meant");
    return DFU_ERR_FORMAT;
}

static bool in_order(const struct dfui_builder *b)
{
    for (size_t i = 1; i < b->count; i++) {
        if (!dfui_piece_before(&b->pieces[i - 1], &b->pieces[i]))
            return false;
    }
    return true;
}

/* The pieces in order of arrival, with their data, and room to sort them: NULL when out of memory. */
static struct dfui_piece *list_pending(const struct dfui_builder *b)
{
    struct dfui_piece *list = malloc(4 * b->count * sizeof *list);
    const uint8_t *data = b->arena;
    for (size_t i = 0; list != NULL && i < b->count; i++) {
        list[i] = b->pieces[i];
        list[i].data = data;
        data += list[i].length;
    }
    return list;
}

/* Merging pieces costs about 120 bytes for each that there is, pages half the size of the data. */
static bool wants_pages(const struct dfui_builder *b, size_t count)
{
    uint64_t pieces = (uint64_t)b->image->count + count;
    return b->pages.count > 0 || (b->image->count > 0 && b->image->used + b->used < 512 * pieces);
}

/* Sorts what is pending and merges it into what there is. */
static int merge_pending(struct dfui_builder *b, struct dfui_overlap *overlap, struct dfu_error **err)
{
    size_t n = b->count;
    int rc = DFU_OK;
    struct dfui_piece *sorted = list_pending(b);
    if (sorted == NULL)
        return dfui_error_no_memory(err);
    if (!dfui_pieces_sort(sorted, &n, sorted + 2 * n, overlap))
        rc = DFU_ERR_RANGE;
    else if (!wants_pages(b, n))
        rc = dfui_image_overlay(b->image, sorted, n, 0, overlap, err);
    else {
        uint64_t most = b->max_bytes / DFUI_PAGE + 2 * DFUI_MAX_SEGMENTS;
        if (b->pages.count == 0)
            rc = dfui_pages_take(&b->pages, b->image, err);
        if (rc == DFU_OK)
            rc = dfui_pages_put(&b->pages, sorted, n, dfui_min(most, UINT32_MAX), overlap, err);
    }
    free(sorted);
    return rc;
}

/* Adds what is pending, which lies in order behind all that there is. */
static int append_pending(struct dfui_builder *b, struct dfu_error **err)
{
    const uint8_t *data = b->arena;
    int rc = DFU_OK;
    if (b->image->count == 0) { /* not even copied */
        rc = dfui_image_adopt(b->image, b->arena, b->used, b->room, b->pieces, b->count, err);
        if (rc == DFU_OK) {
            b->arena = NULL;
            b->room = 0;
        }
        return rc;
    }
    for (size_t i = 0; rc == DFU_OK && i < b->count; i++) {
        const struct dfui_piece *p = &b->pieces[i];
        rc = dfui_image_append(b->image, p->alt, p->address, data, (size_t)p->length, err);
        data += p->length;
    }
    return rc;
}

/* Whether append_pending() may be used. */
static bool follows(const struct dfui_builder *b)
{
    const struct dfu_image *image = b->image;
    if (b->pages.count > 0 || !in_order(b))
        return false;
    if (image->count == 0)
        return true;
    const struct dfui_segment *s = &image->segments[image->count - 1];
    struct dfui_piece last = {.address = s->address, .length = s->length, .alt = s->alt};
    return dfui_piece_before(&last, &b->pieces[0]);
}

/* Moves what is pending into the image or the pages. */
static int flush(struct dfui_builder *b, struct dfu_error **err)
{
    int rc;
    if (b->count == 0)
        return DFU_OK;
    if (follows(b)) {
        rc = append_pending(b, err);
    } else {
        struct dfui_overlap overlap = {.policy = b->policy};
        rc = merge_pending(b, &overlap, err);
        if (rc == DFU_ERR_RANGE && overlap.count > 0 && b->policy == DFU_OVERLAP_ERROR)
            return contradiction(b, &overlap, err);
        if (b->overlaps == 0)
            b->settled = overlap;
        b->overlaps += overlap.count;
    }
    if (rc == DFU_OK && bytes_held(b) > b->max_bytes)
        rc = dfu_error_set(err, DFU_ERR_RANGE, "more than %" PRIu64 " bytes of data", b->max_bytes);
    if (rc != DFU_OK)
        dfu_error_prefix(err, "%s", b->name);
    b->used = 0;
    b->count = 0;
    return rc;
}

int dfui_builder_finish(struct dfui_builder *b, struct dfu_error **err)
{
    int rc = flush(b, err);
    if (rc != DFU_OK || b->pages.count == 0)
        return rc;
    free(b->arena); /* the table of segments needs the room */
    free(b->pieces);
    b->arena = NULL;
    b->pieces = NULL;
    b->room = b->piece_room = 0;
    rc = dfui_pages_give(&b->pages, b->image, err);
    if (rc != DFU_OK)
        dfu_error_prefix(err, "%s", b->name);
    return rc;
}
