/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/image.h"
#include <stdlib.h>

void dfui_image_pieces(const struct dfu_image *image, struct dfui_piece *list)
{
    for (size_t i = 0; i < image->count; i++) {
        const struct dfui_segment *s = &image->segments[i];
        list[i] = (struct dfui_piece){
            .address = s->address, .length = s->length, .data = image->bytes + s->offset, .alt = s->alt};
    }
}

/* True when piece continues segment. */
static bool continues(const struct dfui_segment *s, uint32_t alt, uint64_t address)
{
    return s->alt == alt && s->address + s->length == address;
}

static size_t count_segments(const struct dfui_piece *pieces, size_t count)
{
    size_t n = count > 0;
    for (size_t i = 1; i < count; i++) {
        const struct dfui_piece *p = &pieces[i - 1];
        n += p->alt != pieces[i].alt || p->address + p->length != pieces[i].address;
    }
    return n;
}

/* The table for packed pieces; segments has room. */
static size_t join(const struct dfui_piece *pieces, size_t count, struct dfui_segment *segments)
{
    size_t n = 0;
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const struct dfui_piece *p = &pieces[i];
        if (n > 0 && continues(&segments[n - 1], p->alt, p->address))
            segments[n - 1].length += p->length;
        else
            segments[n++] =
                (struct dfui_segment){.address = p->address, .length = p->length, .offset = offset, .alt = p->alt};
        offset += (size_t)p->length;
    }
    return n;
}

int dfui_image_reserve(struct dfu_image *image, size_t n, struct dfu_error **err)
{
    if (n > DFUI_MAX_SEGMENTS)
        return dfu_error_set(err, DFU_ERR_RANGE, "the data lies in more than %zu separate pieces", DFUI_MAX_SEGMENTS);
    if (n <= image->segment_room)
        return DFU_OK;
    size_t room = n + n / 4 + 3;
    struct dfui_segment *more = realloc(image->segments, room * sizeof *more);
    if (more == NULL)
        return dfui_error_no_memory(err);
    image->segments = more;
    image->segment_room = room;
    return DFU_OK;
}

static int reserve_bytes(struct dfu_image *image, size_t more, struct dfu_error **err)
{
    if (more <= image->room - image->used)
        return DFU_OK;
    if (more > SIZE_MAX / 2 - image->used)
        return dfui_error_no_memory(err);
    size_t room = image->used + more;
    room += room / 4; /* a quarter keeps memory near the data, and appending cheap on average */
    uint8_t *bytes = realloc(image->bytes, room);
    if (bytes == NULL)
        return dfui_error_no_memory(err);
    image->bytes = bytes;
    image->room = room;
    return DFU_OK;
}

/* Room for used bytes in all and no more, unless there is more already. */
static int reserve_exactly(struct dfu_image *image, size_t used, struct dfu_error **err)
{
    if (used <= image->room)
        return DFU_OK;
    uint8_t *bytes = realloc(image->bytes, used);
    if (bytes == NULL)
        return dfui_error_no_memory(err);
    image->bytes = bytes;
    image->room = used;
    return DFU_OK;
}

void dfui_image_fit(struct dfu_image *image)
{
    uint8_t *less = image->used > 0 ? realloc(image->bytes, image->used) : NULL;
    if (less == NULL)
        return;
    image->bytes = less;
    image->room = image->used;
}

int dfui_image_shrink(struct dfu_image *image, const struct dfui_piece *pieces, size_t count, struct dfu_error **err)
{
    int rc = dfui_image_reserve(image, count, err);
    if (rc != DFU_OK)
        return rc;
    uint8_t *to = image->bytes;
    for (size_t i = 0; i < count; i++) {
        memmove(to, pieces[i].data, (size_t)pieces[i].length); /* always towards the front */
        to += pieces[i].length;
    }
    image->used = (size_t)(to - image->bytes);
    image->count = join(pieces, count, image->segments);
    dfui_image_fit(image);
    return DFU_OK;
}

int dfui_image_adopt(struct dfu_image *image, uint8_t *slab, size_t used, size_t room, const struct dfui_piece *pieces,
                     size_t count, struct dfu_error **err)
{
    int rc = dfui_image_reserve(image, count_segments(pieces, count), err);
    if (rc != DFU_OK)
        return rc;
    free(image->bytes);
    image->bytes = slab;
    image->used = used;
    image->room = room;
    image->count = join(pieces, count, image->segments);
    dfui_image_fit(image);
    return DFU_OK;
}

int dfui_image_append(struct dfu_image *image, uint32_t alt, uint64_t address, const void *data, size_t length,
                      struct dfu_error **err)
{
    bool joins = image->count > 0 && continues(&image->segments[image->count - 1], alt, address);
    int rc = joins ? DFU_OK : dfui_image_reserve(image, image->count + 1, err);
    if (rc == DFU_OK)
        rc = reserve_bytes(image, length, err);
    if (rc != DFU_OK)
        return rc;
    memcpy(image->bytes + image->used, data, length);
    if (joins)
        image->segments[image->count - 1].length += length;
    else
        image->segments[image->count++] =
            (struct dfui_segment){.address = address, .length = length, .offset = image->used, .alt = alt};
    image->used += length;
    return DFU_OK;
}

/* Where an own piece lies in the slab. *at is a segment behind it or its own, and becomes its own: whoever goes
 * from the back never searches. */
static size_t own_offset(const struct dfu_image *image, const struct dfui_piece *p, size_t *at)
{
    while (image->segments[*at].alt != p->alt || image->segments[*at].address > p->address)
        (*at)--;
    const struct dfui_segment *s = &image->segments[*at];
    return s->offset + (size_t)(p->address - s->address);
}

/*
 * Makes the pieces the new contents: all that was there, or what replaces it at the same addresses, and more.
 * So no byte of the image moves towards the front, and going from the back overwrites nothing still needed.
 */
static int spread(struct dfu_image *image, const struct dfui_piece *pieces, size_t count, uint8_t fill,
                  struct dfu_error **err)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += (size_t)pieces[i].length;
    int rc = dfui_image_reserve(image, count_segments(pieces, count), err);
    if (rc == DFU_OK)
        rc = reserve_exactly(image, used, err);
    if (rc != DFU_OK)
        return rc;
    uint8_t *to = image->bytes + used;
    size_t at = image->count - 1; /* not used while there is no own piece */
    for (size_t i = count; i-- > 0;) {
        const struct dfui_piece *p = &pieces[i];
        size_t n = (size_t)p->length;
        to -= n;
        if (p->own)
            memmove(to, image->bytes + own_offset(image, p, &at), n);
        else if (p->data != NULL)
            memcpy(to, p->data, n);
        else
            memset(to, fill, n);
    }
    image->used = used;
    image->count = join(pieces, count, image->segments);
    return DFU_OK;
}

int dfui_image_overlay(struct dfu_image *image, struct dfui_piece *pieces, size_t count, uint8_t fill,
                       struct dfui_overlap *overlap, struct dfu_error **err)
{
    size_t total = image->count + count;
    struct dfui_piece *both = malloc((3 * total + 1) * sizeof *both);
    if (both == NULL)
        return dfui_error_no_memory(err);
    struct dfui_piece *merged = both + total;
    size_t n = 0;
    dfui_image_pieces(image, both);
    for (size_t i = 0; i < image->count; i++)
        both[i].own = true;
    int rc = DFU_ERR_RANGE;
    if (dfui_pieces_merge(both, image->count, pieces, count, merged, &n, overlap))
        rc = spread(image, merged, n, fill, err);
    free(both);
    return rc;
}
