/* SPDX-License-Identifier: BSD-2-Clause */
/* The edits of an image. Each collects what is to remain or to come as pieces and then commits it at once. */
#include "image/image.h"
#include <inttypes.h>
#include <stdlib.h>

int dfui_range_check(struct dfu_range range, const char *what, struct dfu_error **err)
{
    if (dfui_range_empty(range)) {
        dfu_error_set(err, DFU_ERR_RANGE, "%s range 0x%08" PRIX64 "..0x%08" PRIX64 " is %s", what, range.start,
                      range.end, range.start == range.end ? "empty" : "reversed");
        dfu_error_set_hint(err, "write the lower address first and the end exclusive, as START..END or START+LENGTH");
        return DFU_ERR_RANGE;
    }
    if (range.end > DFUI_4GIB)
        return dfu_error_set(err, DFU_ERR_RANGE, "%s range 0x%08" PRIX64 "..0x%08" PRIX64 " ends past 4 GiB", what,
                             range.start, range.end);
    return DFU_OK;
}

/* The gaps of range in any alt, as pieces of fill; *list is the caller's. */
static int find_gaps(const struct dfu_image *image, uint32_t alt, struct dfu_range range, struct dfui_piece **list,
                     size_t *count, struct dfu_error **err)
{
    struct dfui_piece *gaps = malloc((image->count + 1) * sizeof *gaps); /* a segment ends each but the last */
    size_t n = 0;
    if (gaps == NULL)
        return dfui_error_no_memory(err);
    for (uint64_t at = range.start; at < range.end;) {
        const uint8_t *data;
        uint64_t length;
        dfui_image_at(image, DFU_ALT_ANY, at, range.end, &data, &length);
        if (data == NULL)
            gaps[n++] = (struct dfui_piece){.address = at, .length = length, .alt = alt};
        at += length;
    }
    *list = gaps;
    *count = n;
    return DFU_OK;
}

int dfu_image_fill(struct dfu_image *image, uint8_t value, struct dfu_range range, struct dfu_error **err)
{
    struct dfui_piece *gaps = NULL;
    size_t n = 0;
    struct dfui_overlap none = {.policy = DFU_OVERLAP_ERROR};
    struct dfu_range all = {0, UINT64_MAX};
    int rc = dfui_range_check(range, "fill", err);
    uint32_t alt = dfui_image_alt_for(image, all);
    if (rc == DFU_OK && (image->count == 0 || dfui_image_group_end(image, 0) == image->count))
        return dfui_image_fill_part(image, alt, range, value, err);
    if (rc == DFU_OK)
        rc = find_gaps(image, alt, range, &gaps, &n, err);
    if (rc != DFU_OK)
        return rc;
    if (n > 0)
        rc = dfui_image_overlay(image, gaps, n, value, &none, err);
    free(gaps);
    return rc;
}

/* The parts of the image's segments inside (or outside) range, as pieces of its slab. */
static size_t select_parts(const struct dfu_image *image, struct dfu_range range, bool inside, struct dfui_piece *out)
{
    size_t n = 0;
    for (size_t i = 0; i < image->count; i++) {
        const struct dfui_segment *s = &image->segments[i];
        struct dfu_range whole = {s->address, s->address + s->length};
        struct dfu_range cut = dfui_range_cut(whole, range);
        struct dfu_range parts[2] = {cut, {0, 0}};
        if (!inside && !dfui_range_empty(cut)) {
            parts[0] = (struct dfu_range){whole.start, cut.start};
            parts[1] = (struct dfu_range){cut.end, whole.end};
        } else if (!inside) {
            parts[0] = whole;
        }
        for (size_t k = 0; k < 2; k++) {
            if (dfui_range_empty(parts[k]))
                continue;
            out[n++] = (struct dfui_piece){.address = parts[k].start,
                                           .length = parts[k].end - parts[k].start,
                                           .data = image->bytes + s->offset + (parts[k].start - s->address),
                                           .alt = s->alt};
        }
    }
    return n;
}

static int keep(struct dfu_image *image, struct dfu_range range, bool inside, uint64_t *removed, struct dfu_error **err)
{
    const char *what = inside ? "crop" : "exclude";
    if (removed != NULL)
        *removed = 0;
    int rc = dfui_range_check(range, what, err);
    if (rc != DFU_OK)
        return rc;
    uint32_t alt;
    size_t split = dfui_image_alts(image, range, &alt); /* in each, one segment may stick out on both sides */
    struct dfui_piece *parts = malloc((image->count + split + 1) * sizeof *parts);
    if (parts == NULL)
        return dfui_error_no_memory(err);
    size_t n = select_parts(image, range, inside, parts);
    size_t before = image->used;
    if (n == 0) {
        struct dfu_range span = dfui_image_span(image);
        rc = dfu_error_set(err, DFU_ERR_RANGE,
                           "%s 0x%08" PRIX64 "..0x%08" PRIX64 " leaves no data: the image lies in 0x%08" PRIX64
                           "..0x%08" PRIX64,
                           what, range.start, range.end, span.start, span.end);
    } else {
        rc = dfui_image_shrink(image, parts, n, err);
    }
    free(parts);
    if (rc != DFU_OK)
        return rc;
    if (removed != NULL)
        *removed = before - image->used;
    if (image->has_start && dfui_range_holds(range, image->start) != inside) /* as srec_cat does */
        dfu_image_clear_start(image);
    return DFU_OK;
}

int dfu_image_crop(struct dfu_image *image, struct dfu_range range, uint64_t *removed, struct dfu_error **err)
{
    return keep(image, range, true, removed, err);
}

int dfu_image_exclude(struct dfu_image *image, struct dfu_range range, uint64_t *removed, struct dfu_error **err)
{
    return keep(image, range, false, removed, err);
}

int dfu_image_move(struct dfu_image *image, int64_t offset, struct dfu_error **err)
{
    struct dfu_range span = dfui_image_span(image);
    uint64_t down = offset < 0 ? (uint64_t)0 - (uint64_t)offset : 0;
    uint64_t up = offset > 0 ? (uint64_t)offset : 0;
    if (image->count > 0 && (down > span.start || up > DFUI_4GIB - span.end))
        return dfu_error_set(err, DFU_ERR_RANGE,
                             "moving 0x%08" PRIX64 "..0x%08" PRIX64 " by %s0x%" PRIX64 " leaves the 4 GiB of addresses",
                             span.start, span.end, offset < 0 ? "-" : "+", down + up);
    if (image->has_start && (down > image->start || up >= DFUI_4GIB - image->start)) {
        dfu_error_set(err, DFU_ERR_RANGE,
                      "moving the start address 0x%08" PRIX64 " by %s0x%" PRIX64 " leaves the 4 GiB of addresses",
                      image->start, offset < 0 ? "-" : "+", down + up);
        dfu_error_set_hint(err, "drop it first if it means nothing: --start none");
        return DFU_ERR_RANGE;
    }
    for (size_t i = 0; i < image->count; i++)
        image->segments[i].address += (uint64_t)offset;
    if (image->has_start)
        image->start += (uint64_t)offset;
    return DFU_OK;
}

int dfu_image_patch(struct dfu_image *image, uint64_t address, const void *data, size_t length, struct dfu_error **err)
{
    if (length == 0)
        return DFU_OK;
    if (address > DFUI_4GIB || length > DFUI_4GIB - address)
        return dfu_error_set(err, DFU_ERR_RANGE, "patch of %zu bytes at 0x%08" PRIX64 " ends past 4 GiB", length,
                             address);
    struct dfu_range range = {address, address + length};
    uint32_t alt = dfui_image_alt_for(image, range);
    return dfu_image_add(image, alt, address, data, length, DFU_OVERLAP_LAST, err);
}

int dfu_image_limit(const struct dfu_image *image, struct dfu_range range, struct dfu_error **err)
{
    int rc = dfui_range_check(range, "limit", err);
    if (rc != DFU_OK || image->count == 0)
        return rc;
    struct dfu_range span = dfui_image_span(image);
    if (span.end > range.end)
        rc =
            dfu_error_set(err, DFU_ERR_RANGE,
                          "image is %" PRIu64 " byte%s too long: it ends at 0x%08" PRIX64 ", the limit is 0x%08" PRIX64,
                          span.end - range.end, span.end - range.end == 1 ? "" : "s", span.end, range.end);
    else if (span.start < range.start)
        rc = dfu_error_set(err, DFU_ERR_RANGE,
                           "image begins %" PRIu64 " byte%s too low: at 0x%08" PRIX64 ", the limit is 0x%08" PRIX64,
                           range.start - span.start, range.start - span.start == 1 ? "" : "s", span.start, range.start);
    if (rc != DFU_OK)
        dfui_error_address(err, span.end > range.end ? range.end : span.start);
    return rc;
}
