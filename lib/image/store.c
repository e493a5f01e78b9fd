/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/image.h"
#include <stdlib.h>

/* Some segments of an image: [from, to). */
struct part {
    size_t from;
    size_t to;
};

static void list_part(const struct dfu_image *image, struct part part, struct dfui_piece *list)
{
    for (size_t i = part.from; i < part.to; i++) {
        const struct dfui_segment *s = &image->segments[i];
        *list++ = (struct dfui_piece){
            .address = s->address, .length = s->length, .data = image->bytes + s->offset, .alt = s->alt};
    }
}

void dfui_image_pieces(const struct dfu_image *image, struct dfui_piece *list)
{
    list_part(image, (struct part){0, image->count}, list);
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

/* The table for pieces that are packed from offset on; segments has room. */
static size_t join(const struct dfui_piece *pieces, size_t count, size_t offset, struct dfui_segment *segments)
{
    size_t n = 0;
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
    image->count = join(pieces, count, 0, image->segments);
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
    image->count = join(pieces, count, 0, image->segments);
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

/* Where the bytes of segment index begin; behind the last one, where the slab ends. */
static size_t offset_of(const struct dfu_image *image, size_t index)
{
    return index < image->count ? image->segments[index].offset : image->used;
}

/* Makes room for part to become segments segments of bytes bytes, and moves what lies behind it. There may be less of
 * the one and must not be less of the other. The part's own bytes and rows stay at the front of its place. */
static int widen(struct dfu_image *image, struct part part, size_t segments, size_t bytes, struct dfu_error **err)
{
    size_t behind = image->count - part.to;
    size_t end = offset_of(image, part.to);
    size_t more = bytes - (end - offset_of(image, part.from));
    int rc = dfui_image_reserve(image, part.from + segments + behind, err);
    if (rc == DFU_OK)
        rc = reserve_exactly(image, image->used + more, err);
    if (rc != DFU_OK || behind == 0)
        return rc;
    memmove(image->bytes + end + more, image->bytes + end, image->used - end);
    for (size_t i = part.to; i < image->count; i++)
        image->segments[i].offset += more;
    return DFU_OK;
}

/* Once nobody needs the part's old rows: the place for its segments new ones. */
static struct dfui_segment *replace_rows(struct dfu_image *image, struct part part, size_t segments)
{
    memmove(image->segments + part.from + segments, image->segments + part.to,
            (image->count - part.to) * sizeof *image->segments);
    image->count = image->count - (part.to - part.from) + segments;
    return image->segments + part.from;
}

/*
 * Makes the pieces the new contents of part: all that was there, or what replaces it at the same addresses, and more.
 * So no byte of it moves towards the front, and going from the back overwrites nothing still needed.
 */
static int spread(struct dfu_image *image, struct part part, const struct dfui_piece *pieces, size_t count,
                  uint8_t fill, struct dfu_error **err)
{
    size_t bytes = 0;
    size_t begin = offset_of(image, part.from);
    size_t old = offset_of(image, part.to) - begin;
    for (size_t i = 0; i < count; i++)
        bytes += (size_t)pieces[i].length;
    int rc = widen(image, part, count_segments(pieces, count), bytes, err);
    if (rc != DFU_OK)
        return rc;
    uint8_t *to = image->bytes + begin + bytes;
    size_t at = part.to - 1; /* not used while there is no own piece */
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
    image->used += bytes - old;
    (void)join(pieces, count, begin, replace_rows(image, part, count_segments(pieces, count)));
    return DFU_OK;
}

/* The segments that pieces from first to last can touch, and a neighbour on either side. */
static struct part touched_by(const struct dfu_image *image, const struct dfui_piece *first,
                              const struct dfui_piece *last)
{
    struct part part = {dfui_image_seek(image, first->alt, first->address),
                        dfui_image_seek(image, last->alt, last->address + last->length)};
    part.from -= part.from > 0;
    part.to += part.to < image->count;
    return part;
}

int dfui_image_overlay(struct dfu_image *image, struct dfui_piece *pieces, size_t count, uint8_t fill,
                       struct dfui_overlap *overlap, struct dfu_error **err)
{
    if (count == 0)
        return DFU_OK;
    struct part part = touched_by(image, &pieces[0], &pieces[count - 1]);
    size_t own = part.to - part.from;
    size_t total = own + count;
    struct dfui_piece *both = malloc((3 * total + 1) * sizeof *both);
    if (both == NULL)
        return dfui_error_no_memory(err);
    struct dfui_piece *merged = both + total;
    size_t n = 0;
    list_part(image, part, both);
    for (size_t i = 0; i < own; i++)
        both[i].own = true;
    int rc = DFU_ERR_RANGE;
    if (dfui_pieces_merge(both, own, pieces, count, merged, &n, overlap))
        rc = spread(image, part, merged, n, fill, err);
    free(both);
    return rc;
}

/* Whether the segment ends before the piece begins, with a gap between them. */
static bool well_before(const struct dfui_segment *s, const struct dfui_piece *p)
{
    return s->alt < p->alt || (s->alt == p->alt && s->address + s->length < p->address);
}

static bool well_behind(const struct dfui_segment *s, const struct dfui_piece *p)
{
    return s->alt > p->alt || (s->alt == p->alt && s->address > p->address + p->length);
}

int dfui_image_fill_part(struct dfu_image *image, uint32_t alt, struct dfu_range range, uint8_t fill,
                         struct dfu_error **err)
{
    struct dfui_piece whole = {.address = range.start, .length = range.end - range.start, .alt = alt};
    struct part part = touched_by(image, &whole, &whole);
    /* Neighbours that do not touch stay as they are. */
    if (part.from < part.to && well_before(&image->segments[part.from], &whole))
        part.from++;
    if (part.from < part.to && well_behind(&image->segments[part.to - 1], &whole))
        part.to--;
    if (part.from < part.to) {
        const struct dfui_segment *last = &image->segments[part.to - 1];
        whole.address = dfui_min(range.start, image->segments[part.from].address);
        whole.length = dfui_max(range.end, last->address + last->length) - whole.address;
    }
    size_t begin = offset_of(image, part.from);
    size_t old = offset_of(image, part.to) - begin;
    if (whole.length == old) /* no gap */
        return DFU_OK;
    int rc = widen(image, part, 1, (size_t)whole.length, err);
    if (rc != DFU_OK)
        return rc;
    uint8_t *to = image->bytes + begin;
    uint64_t end = whole.length; /* of what is not done yet */
    for (size_t i = part.to; i-- > part.from;) {
        const struct dfui_segment *s = &image->segments[i];
        uint64_t at = s->address - whole.address;
        memset(to + at + s->length, fill, (size_t)(end - at - s->length));
        if (to + at != image->bytes + s->offset)
            memmove(to + at, image->bytes + s->offset, (size_t)s->length);
        end = at;
    }
    memset(to, fill, (size_t)end);
    image->used += (size_t)whole.length - old;
    (void)join(&whole, 1, begin, replace_rows(image, part, 1));
    return DFU_OK;
}
