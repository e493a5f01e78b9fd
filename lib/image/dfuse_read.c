/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DfuSe files (UM0391): a prefix, targets (one for each alternate setting) of elements, and a DFU suffix. The size in
 * the prefix leaves the suffix out; some tools count it in, so both are accepted.
 */
#include "core/bytes.h"
#include "image/dfuse.h"
#include "image/format.h"
#include "image/suffix.h"
#include <inttypes.h>

#define CHUNK ((size_t)64 * 1024)

struct dfuse {
    struct dfui_reader *reader;
    struct dfui_source *source;
    uint64_t offset;
    uint32_t crc;
    uint64_t elements; /* so far, over all targets */
    uint64_t behind;   /* bytes of the element in hand that come after the next to be taken */
};

static int bad(const struct dfuse *d, struct dfu_error **err, const char *format, ...) DFU_PRINTF(3, 4);

static int bad(const struct dfuse *d, struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, DFU_ERR_FORMAT, format, args);
    va_end(args);
    dfu_error_prefix(err, "%s", d->source->name);
    return DFU_ERR_FORMAT;
}

/* n bytes that must be there. */
static int take(struct dfuse *d, uint8_t *to, size_t n, const char *what, struct dfu_error **err)
{
    size_t got = 0;
    int rc = dfui_source_read(d->source, to, n, &got, err);
    if (rc != DFU_OK)
        return rc;
    if (got < n) {
        (void)bad(d, err, "the file ends at %" PRIu64 ", within %s, which needs %" PRIu64 " bytes more",
                  d->offset + got, what, n - got + d->behind);
        dfu_error_set_cause(err, "the file may be cut off");
        return DFU_ERR_FORMAT;
    }
    d->crc = dfui_suffix_crc(d->crc, to, n);
    d->offset += n;
    return DFU_OK;
}

/* One element of a target that has left bytes to go. */
static int read_element(struct dfuse *d, uint8_t alt, uint64_t *left, struct dfu_error **err)
{
    uint8_t head[DFUI_DFUSE_ELEMENT];
    struct dfui_builder *b = d->reader->builder;
    d->elements++;
    if (*left < sizeof head)
        return bad(d, err, "element %" PRIu64 " (offset %" PRIu64 ") begins with %" PRIu64 " bytes of its target left",
                   d->elements, d->offset, *left);
    int rc = take(d, head, sizeof head, "an element", err);
    if (rc != DFU_OK)
        return rc;
    uint64_t address = dfui_le32(head);
    uint64_t size = dfui_le32(head + 4);
    *left -= sizeof head;
    if (size > *left)
        return bad(d, err,
                   "element %" PRIu64 " (offset %" PRIu64 ") has %" PRIu64 " bytes, its target %" PRIu64 " left",
                   d->elements, d->offset - sizeof head, size, *left);
    *left -= size;
    while (rc == DFU_OK && size > 0) {
        size_t n = (size_t)dfui_min(size, CHUNK);
        uint8_t *room = dfui_builder_room(b, n, err);
        if (room == NULL)
            return DFU_ERR_NO_MEMORY;
        d->behind = size - n;
        rc = take(d, room, n, "an element", err);
        if (rc == DFU_OK)
            rc = dfui_builder_commit(b, alt, address, n, d->elements, err);
        address += n;
        size -= n;
    }
    return rc;
}

static int read_target(struct dfuse *d, unsigned number, struct dfu_error **err)
{
    uint8_t head[DFUI_DFUSE_TARGET];
    uint64_t begin = d->offset;
    int rc = take(d, head, sizeof head, "a target", err);
    if (rc != DFU_OK)
        return rc;
    if (memcmp(head, "Target", 6) != 0)
        return bad(d, err, "at offset %" PRIu64 " there should be target %u", d->offset - sizeof head, number);
    uint8_t alt = head[6];
    uint64_t left = dfui_le32(head + 266);
    uint32_t elements = dfui_le32(head + 270);
    if (dfui_le32(head + 7) != 0)
        rc = dfui_image_set_label(d->reader->image, alt, head + 11, 255, err);
    for (uint32_t i = 0; rc == DFU_OK && i < elements; i++)
        rc = read_element(d, alt, &left, err);
    if (rc == DFU_OK && left > 0)
        return bad(d, err, "target %u (offset %" PRIu64 ") is %" PRIu64 " bytes longer than its %" PRIu32 " elements",
                   number, begin, left, elements);
    return rc;
}

/* What is left must be a suffix and nothing else. */
static int read_suffix(struct dfuse *d, struct dfu_error **err)
{
    struct dfui_tail tail;
    uint8_t rest[2 * DFUI_SUFFIX_MOST];
    size_t got = 0;
    dfui_tail_begin(&tail);
    int rc = dfui_tail_read(&tail, d->source, rest, sizeof rest, &got, err);
    if (rc != DFU_OK)
        return rc;
    struct dfui_suffix s = dfui_suffix_parse(tail.bytes, tail.used, d->crc);
    if (got > 0 || s.state == DFUI_SUFFIX_NONE || s.length != tail.used) {
        (void)bad(d, err, "after the last target, at offset %" PRIu64 ", there should be a DFU suffix and nothing else",
                  d->offset);
        dfu_error_set_cause(err, "the file may be cut off");
        return DFU_ERR_FORMAT;
    }
    if (s.state == DFUI_SUFFIX_DAMAGED)
        return dfui_suffix_refuse(d->source->name, &s, d->offset, err);
    d->reader->image->has_ids = true;
    d->reader->image->ids = s.ids;
    return DFU_OK;
}

int dfui_dfusefile_read(struct dfui_reader *r, struct dfu_error **err)
{
    struct dfuse d = {.reader = r, .source = r->source, .crc = UINT32_MAX};
    uint8_t prefix[DFUI_DFUSE_PREFIX];
    int rc = take(&d, prefix, sizeof prefix, "the prefix", err);
    if (rc != DFU_OK)
        return rc;
    if (memcmp(prefix, "DfuSe", 5) != 0)
        return bad(&d, err, "the file does not begin with \"DfuSe\"");
    if (prefix[5] != 1)
        return bad(&d, err, "version %u of the DfuSe format (offset 5), only 1 is known", prefix[5]);
    for (unsigned i = 0; rc == DFU_OK && i < prefix[10]; i++)
        rc = read_target(&d, i + 1, err);
    uint64_t without = d.offset;
    if (rc == DFU_OK)
        rc = read_suffix(&d, err);
    uint32_t size = dfui_le32(prefix + 6);
    if (rc == DFU_OK && size != without && size != without + DFUI_SUFFIX_BYTES)
        return bad(&d, err, "the prefix says %" PRIu32 " bytes (offset 6), the file has %" PRIu64 " and a suffix", size,
                   without);
    return rc;
}

bool dfui_dfusefile_probe(const uint8_t *head, size_t length)
{
    return length >= 5 && memcmp(head, "DfuSe", 5) == 0;
}
