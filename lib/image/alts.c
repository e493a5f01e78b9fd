/* SPDX-License-Identifier: BSD-2-Clause */
/* For which alternate setting data is. Segments are kept by alternate setting first, so bytes that change theirs move
 * within the slab: it is packed anew unless all of them go together. */
#include "image/image.h"
#include <inttypes.h>
#include <stdlib.h>

/* The parts of the segments that range does not touch (kept) and that it does (moved, for alt), as pieces. */
static void split(const struct dfu_image *image, uint32_t alt, struct dfu_range range, struct dfui_piece *kept,
                  size_t *kept_count, struct dfui_piece *moved, size_t *moved_count)
{
    for (size_t i = 0; i < image->count; i++) {
        const struct dfui_segment *s = &image->segments[i];
        const uint64_t ends[4] = {s->address, dfui_max(range.start, s->address),
                                  dfui_min(range.end, s->address + s->length), s->address + s->length};
        bool touched = ends[1] < ends[2];
        for (size_t k = 0; k < 3; k++) {
            struct dfu_range part = {ends[k], ends[k + 1]};
            if (!touched)
                part = (struct dfu_range){s->address, s->address + s->length};
            if (dfui_range_empty(part))
                continue;
            bool moves = touched && k == 1;
            struct dfui_piece *p = moves ? &moved[(*moved_count)++] : &kept[(*kept_count)++];
            *p = (struct dfui_piece){.address = part.start,
                                     .length = part.end - part.start,
                                     .data = image->bytes + s->offset + (part.start - s->address),
                                     .alt = moves ? alt : s->alt};
            if (!touched)
                break;
        }
    }
}

static int contradiction(const struct dfui_overlap *overlap, uint32_t alt, struct dfu_error **err)
{
    dfu_error_set(err, DFU_ERR_RANGE, "0x%08" PRIX64 " would be both 0x%02X and 0x%02X for alternate setting %" PRIu32,
                  overlap->address, overlap->old_value, overlap->new_value, alt);
    dfui_error_contents(err, overlap->address, overlap->old_value, overlap->new_value);
    dfu_error_set_hint(err, "leave one of them out with --exclude");
    return DFU_ERR_RANGE;
}

/* Packs sorted pieces of the image's own slab into a new one. */
static int repack(struct dfu_image *image, const struct dfui_piece *pieces, size_t count, struct dfu_error **err)
{
    size_t used = 0;
    uint8_t *slab = malloc(image->used);
    if (slab == NULL)
        return dfui_error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        memcpy(slab + used, pieces[i].data, (size_t)pieces[i].length);
        used += (size_t)pieces[i].length;
    }
    int rc = dfui_image_adopt(image, slab, used, image->used, pieces, count, err);
    if (rc != DFU_OK)
        free(slab);
    return rc;
}

/* all has room for twice as many as go in. */
static int sort_and_repack(struct dfu_image *image, uint32_t alt, struct dfui_piece *kept, size_t kept_count,
                           struct dfui_piece *moved, size_t moved_count, struct dfui_piece *all, struct dfu_error **err)
{
    struct dfui_overlap overlap = {.policy = DFU_OVERLAP_ERROR};
    size_t count = 0;
    if (!dfui_pieces_sort(moved, &moved_count, all, &overlap) ||
        !dfui_pieces_merge(kept, kept_count, moved, moved_count, all, &count, &overlap))
        return contradiction(&overlap, alt, err);
    return repack(image, all, count, err);
}

int dfu_image_set_alt(struct dfu_image *image, uint32_t alt, struct dfu_range range, struct dfu_error **err)
{
    struct dfu_range span = dfui_image_span(image);
    size_t n = image->count;
    int rc = dfui_range_check(range, "alternate setting's", err);
    if (rc != DFU_OK)
        return rc;
    if (n > 0 && range.start <= span.start && range.end >= span.end && dfui_image_group_end(image, 0) == n) {
        for (size_t i = 0; i < n; i++)
            image->segments[i].alt = alt;
        return DFU_OK;
    }
    /* Each segment leaves two pieces at most and gives one; sorting and merging want twice what goes in. */
    struct dfui_piece *kept = malloc((12 * n + 1) * sizeof *kept);
    if (kept == NULL)
        return dfui_error_no_memory(err);
    struct dfui_piece *moved = kept + 2 * n;
    size_t kept_count = 0;
    size_t moved_count = 0;
    split(image, alt, range, kept, &kept_count, moved, &moved_count);
    if (moved_count > 0)
        rc = sort_and_repack(image, alt, kept, kept_count, moved, moved_count, moved + 2 * n, err);
    else
        rc = dfu_error_set(err, DFU_ERR_RANGE,
                           "no data in 0x%08" PRIX64 "..0x%08" PRIX64 ": the image lies in 0x%08" PRIX64
                           "..0x%08" PRIX64,
                           range.start, range.end, span.start, span.end);
    free(kept);
    return rc;
}
