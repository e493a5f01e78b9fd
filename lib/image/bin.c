/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw bytes. */
#include "image/format.h"
#include "image/suffix.h"
#include <inttypes.h>
#include <stdlib.h>

#define CHUNK ((size_t)256 * 1024)

static int check_end(const struct dfui_reader *r, uint64_t address, size_t n, struct dfu_error **err)
{
    if (address <= DFUI_4GIB && n <= DFUI_4GIB - address)
        return DFU_OK;
    return dfu_error_set(err, DFU_ERR_RANGE, "%s: at 0x%08" PRIX64 " the file ends past 4 GiB", r->source->name,
                         r->options->base);
}

/* The last bytes of the file: a DFU suffix, which is no data, or more of it. */
static int put_tail(struct dfui_reader *r, const struct dfui_tail *tail, uint64_t address, struct dfu_error **err)
{
    size_t length = tail->used;
    if (r->options->format == NULL) { /* who says "bin" means every byte */
        struct dfui_suffix s = dfui_suffix_parse(tail->bytes, tail->used, tail->crc);
        if (s.state == DFUI_SUFFIX_DAMAGED)
            return dfui_suffix_refuse(r->source->name, &s, tail->passed + length - s.length, err);
        r->image->has_ids = s.state == DFUI_SUFFIX_GOOD;
        r->image->ids = s.ids;
        length -= s.length;
    }
    int rc = check_end(r, address, length, err);
    return rc == DFU_OK ? dfui_builder_put(r->builder, r->alt, address, tail->bytes, length, 0, err) : rc;
}

int dfui_bin_read(struct dfui_reader *r, struct dfu_error **err)
{
    struct dfui_tail tail;
    uint64_t address = r->options->base;
    size_t got = 1;
    dfui_tail_begin(&tail);
    while (got > 0) {
        uint8_t *room = dfui_builder_room(r->builder, CHUNK, err);
        if (room == NULL)
            return DFU_ERR_NO_MEMORY;
        int rc = dfui_tail_read(&tail, r->source, room, CHUNK, &got, err);
        if (rc == DFU_OK)
            rc = check_end(r, address, got, err);
        if (rc == DFU_OK)
            rc = dfui_builder_commit(r->builder, r->alt, address, got, 0, err);
        if (rc != DFU_OK)
            return rc;
        address += got;
    }
    return put_tail(r, &tail, address, err);
}

/* Ids that the caller gives have one place in a raw file: a DFU suffix. */
static int put_suffix(const struct dfu_image_options *options, uint32_t crc, struct dfui_sink *sink,
                      struct dfu_error **err)
{
    struct dfui_ids ids = {
        .vid = options->vid, .pid = options->pid, .bcd_device = options->bcd_device, .bcd_dfu = 0x0100};
    uint8_t suffix[DFUI_SUFFIX_BYTES];
    dfui_suffix_make(suffix, &ids, crc);
    dfui_note(options, "%s: a DFU suffix of %u bytes with the ids follows the data", sink->name, DFUI_SUFFIX_BYTES);
    return dfui_sink_write(sink, suffix, sizeof suffix, err);
}

int dfui_bin_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                   struct dfu_error **err)
{
    const struct dfui_segment **list;
    bool suffix = (options->flags & DFU_IMAGE_IDS_SET) != 0;
    uint32_t crc = UINT32_MAX;
    int rc = dfui_image_flatten(image, &list, err);
    for (size_t i = 0; rc == DFU_OK && i < image->count; i++) {
        uint64_t end = i == 0 ? list[0]->address : list[i - 1]->address + list[i - 1]->length;
        if (list[i]->address != end) {
            rc = dfu_error_set(err, DFU_ERR_RANGE,
                               "a raw file cannot hold the gap 0x%08" PRIX64 "..0x%08" PRIX64 " (%" PRIu64 " bytes)",
                               end, list[i]->address, list[i]->address - end);
            dfui_error_address(err, end);
            dfu_error_set_hint(err, "write a .hex file, or set the gap with --fill 0xFF@0x%08" PRIX64 "..0x%08" PRIX64,
                               end, list[i]->address);
            break;
        }
        const uint8_t *data = image->bytes + list[i]->offset;
        if (suffix)
            crc = dfui_suffix_crc(crc, data, (size_t)list[i]->length);
        rc = dfui_sink_write(sink, data, (size_t)list[i]->length, err);
    }
    free(list);
    if (rc == DFU_OK && suffix)
        rc = put_suffix(options, crc, sink, err);
    if (rc == DFU_OK)
        dfui_note_start(image, options, sink->name);
    return rc;
}
