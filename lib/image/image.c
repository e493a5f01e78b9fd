/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/image.h"
#include "image/uf2.h"
#include <inttypes.h>
#include <stdlib.h>

int dfu_image_new(struct dfu_image **out, struct dfu_error **err)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? dfui_error_no_memory(err) : DFU_OK;
}

void dfu_image_free(struct dfu_image *image)
{
    if (image == NULL)
        return;
    free(image->bytes);
    free(image->segments);
    free(image->labels);
    free(image);
}

int dfu_image_copy(const struct dfu_image *image, struct dfu_image **out, struct dfu_error **err)
{
    struct dfu_image *copy;
    *out = NULL;
    if (dfu_image_new(&copy, err) != DFU_OK)
        return DFU_ERR_NO_MEMORY;
    *copy = *image;
    copy->room = image->used;
    copy->segment_room = image->count;
    copy->bytes = malloc(image->used > 0 ? image->used : 1);
    copy->segments = malloc(image->count > 0 ? image->count * sizeof *copy->segments : 1);
    copy->labels = malloc(image->label_count > 0 ? image->label_count * sizeof *copy->labels : 1);
    if (copy->bytes == NULL || copy->segments == NULL || copy->labels == NULL) {
        dfu_image_free(copy);
        return dfui_error_no_memory(err);
    }
    if (image->count > 0) {
        memcpy(copy->bytes, image->bytes, image->used);
        memcpy(copy->segments, image->segments, image->count * sizeof *copy->segments);
    }
    if (image->label_count > 0)
        memcpy(copy->labels, image->labels, image->label_count * sizeof *copy->labels);
    *out = copy;
    return DFU_OK;
}

size_t dfu_image_count(const struct dfu_image *image)
{
    return image->count;
}

int dfu_image_segment(const struct dfu_image *image, size_t index, struct dfu_segment *segment)
{
    if (index >= image->count)
        return DFU_ERR_RANGE;
    const struct dfui_segment *s = &image->segments[index];
    struct dfu_segment ours = {.size = sizeof ours,
                               .address = s->address,
                               .length = s->length,
                               .data = image->bytes + s->offset,
                               .alt = s->alt};
    return dfui_sized_out(segment, &ours, sizeof ours);
}

int dfu_image_describe(const struct dfu_image *image, struct dfu_image_info *info)
{
    struct dfu_image_info ours = {.size = sizeof ours,
                                  .format = image->format,
                                  .bytes = image->used,
                                  .segments = image->count,
                                  .span = dfui_image_span(image),
                                  .start = image->start,
                                  .family_name = image->has_family ? dfui_uf2_family_name(image->family) : NULL,
                                  .family = image->family,
                                  .vid = image->ids.vid,
                                  .pid = image->ids.pid,
                                  .bcd_device = image->ids.bcd_device,
                                  .bcd_dfu = image->ids.bcd_dfu};
    ours.flags |= image->has_start ? DFU_IMAGE_HAS_START : 0;
    ours.flags |= image->has_ids ? DFU_IMAGE_HAS_IDS : 0;
    ours.flags |= image->has_family ? DFU_IMAGE_HAS_FAMILY : 0;
    return dfui_sized_out(info, &ours, sizeof ours);
}

size_t dfu_image_read(const struct dfu_image *image, uint32_t alt, uint64_t address, void *buffer, size_t length)
{
    size_t copied = 0;
    uint64_t end;
    if (!dfui_add(address, length, &end))
        end = UINT64_MAX;
    for (uint64_t at = address; at < end;) {
        const uint8_t *data;
        uint64_t n;
        dfui_image_at(image, alt, at, end, &data, &n);
        if (data != NULL) {
            memcpy((uint8_t *)buffer + (at - address), data, (size_t)n);
            copied += (size_t)n;
        }
        at += n;
    }
    return copied;
}

static int contradiction(const struct dfui_overlap *overlap, struct dfu_error **err)
{
    dfu_error_set(err, DFU_ERR_RANGE, "two inputs contradict each other: 0x%08" PRIX64 " is 0x%02X and 0x%02X",
                  overlap->address, overlap->old_value, overlap->new_value);
    dfui_error_contents(err, overlap->address, overlap->old_value, overlap->new_value);
    dfu_error_set_hint(err, "cut one of them with --crop or --exclude, or say --overlap first or last");
    return DFU_ERR_RANGE;
}

static int add(struct dfu_image *image, struct dfui_piece *pieces, size_t count, enum dfu_overlap policy,
               struct dfu_error **err)
{
    struct dfui_overlap overlap = {.policy = policy};
    int rc = dfui_image_overlay(image, pieces, count, 0, &overlap, err);
    if (rc == DFU_ERR_RANGE && overlap.count > 0 && policy == DFU_OVERLAP_ERROR)
        return contradiction(&overlap, err);
    return rc;
}

/* Bytes of the image itself: any change of the slab would pull them away. */
static bool is_own(const struct dfu_image *image, const uint8_t *data)
{
    return image->bytes != NULL && data >= image->bytes && data < image->bytes + image->room;
}

static int add_bytes(struct dfu_image *image, struct dfui_piece *piece, enum dfu_overlap overlap,
                     struct dfu_error **err)
{
    if (dfui_image_seek(image, piece->alt, piece->address) == image->count)
        return dfui_image_append(image, piece->alt, piece->address, piece->data, (size_t)piece->length, err);
    return add(image, piece, 1, overlap, err);
}

int dfu_image_add(struct dfu_image *image, uint32_t alt, uint64_t address, const void *data, size_t length,
                  enum dfu_overlap overlap, struct dfu_error **err)
{
    if (address > DFUI_4GIB || length > DFUI_4GIB - address)
        return dfu_error_set(err, DFU_ERR_RANGE, "%zu bytes at 0x%08" PRIX64 " end past 4 GiB", length, address);
    if (length == 0)
        return DFU_OK;
    struct dfui_piece piece = {.address = address, .length = length, .data = data, .alt = alt};
    uint8_t *copy = NULL;
    if (is_own(image, data)) {
        copy = malloc(length);
        if (copy == NULL)
            return dfui_error_no_memory(err);
        memcpy(copy, data, length);
        piece.data = copy;
    }
    int rc = add_bytes(image, &piece, overlap, err);
    free(copy);
    return rc;
}

int dfu_image_merge(struct dfu_image *image, const struct dfu_image *other, enum dfu_overlap overlap,
                    struct dfu_error **err)
{
    if (other == image)
        return DFU_OK;
    int rc = DFU_OK;
    if (other->count > 0) {
        struct dfui_piece *pieces = malloc(other->count * sizeof *pieces);
        if (pieces == NULL)
            return dfui_error_no_memory(err);
        dfui_image_pieces(other, pieces);
        rc = add(image, pieces, other->count, overlap, err);
        free(pieces);
    }
    if (rc == DFU_OK && other->has_start && !image->has_start) {
        image->start = other->start;
        image->has_start = true;
    }
    if (rc == DFU_OK)
        rc = dfui_image_merge_about(image, other, err);
    return rc;
}

int dfu_image_set_start(struct dfu_image *image, uint64_t start, struct dfu_error **err)
{
    if (start >= DFUI_4GIB)
        return dfu_error_set(err, DFU_ERR_RANGE, "start address 0x%" PRIX64 " lies past 4 GiB", start);
    image->start = start;
    image->has_start = true;
    return DFU_OK;
}

void dfu_image_clear_start(struct dfu_image *image)
{
    image->start = 0;
    image->has_start = false;
}
