/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel HEX, byte for byte as srec_cat writes it: 32 data bytes a record counted from the start of a run, a
 * type 04 record where the upper half of the address changes, the start address as type 05 before the end
 * record, upper case, LF. srec_cat works in chunks at multiples of 1792 of the address, which no record crosses.
 */
#include "core/hex.h"
#include "image/format.h"
#include <stdlib.h>

#define CHUNK 1792u
#define DEFAULT_BYTES 32u
#define MAX_BYTES 255u
#define LONGEST (1u + 2u * (5u + MAX_BYTES) + 1u)

static int put_record(struct dfui_sink *sink, uint8_t type, uint16_t offset, const uint8_t *data, uint8_t n,
                      struct dfu_error **err)
{
    uint8_t *begin = dfui_sink_room(sink, LONGEST, err);
    if (begin == NULL)
        return DFU_ERR_FILE;
    uint8_t head[4] = {n, (uint8_t)(offset >> 8), (uint8_t)offset, type};
    uint8_t check = (uint8_t)(0u - dfui_hex_sum(head, 4) - dfui_hex_sum(data, n));
    uint8_t *end = begin + 9 + 2u * n;
    begin[0] = ':';
    dfui_hex_encode(head, 4, begin + 1);
    dfui_hex_encode(data, n, begin + 9);
    dfui_hex_encode(&check, 1, end);
    end[2] = '\n';
    sink->used += (size_t)(end + 3 - begin);
    return DFU_OK;
}

static int put_segment(struct dfui_sink *sink, const struct dfui_segment *s, const uint8_t *data, unsigned width,
                       uint32_t *upper, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (uint64_t done = 0; rc == DFU_OK && done < s->length;) {
        uint64_t address = s->address + done;
        uint64_t n = dfui_min(dfui_min(width, s->length - done), CHUNK - address % CHUNK);
        if ((uint32_t)(address >> 16) != *upper) {
            *upper = (uint32_t)(address >> 16);
            uint8_t half[2] = {(uint8_t)(*upper >> 8), (uint8_t)*upper};
            rc = put_record(sink, 4, 0, half, 2, err);
        }
        if (rc == DFU_OK)
            rc = put_record(sink, 0, (uint16_t)address, data + done, (uint8_t)n, err);
        done += n;
    }
    return rc;
}

int dfui_ihex_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                    struct dfu_error **err)
{
    unsigned width = options->record_bytes == 0 ? DEFAULT_BYTES : options->record_bytes;
    if (width > MAX_BYTES)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%u data bytes a record: Intel HEX holds at most %u", width,
                             MAX_BYTES);
    const struct dfui_segment **list;
    uint32_t upper = UINT32_MAX; /* so that even address 0 gets its type 04 record */
    int rc = dfui_image_flatten(image, &list, err);
    for (size_t i = 0; rc == DFU_OK && i < image->count; i++)
        rc = put_segment(sink, list[i], image->bytes + list[i]->offset, width, &upper, err);
    free(list);
    if (rc == DFU_OK && image->has_start) {
        uint32_t start = (uint32_t)image->start;
        uint8_t bytes[4] = {(uint8_t)(start >> 24), (uint8_t)(start >> 16), (uint8_t)(start >> 8), (uint8_t)start};
        rc = put_record(sink, 5, 0, bytes, 4, err);
    }
    return rc == DFU_OK ? put_record(sink, 1, 0, NULL, 0, err) : rc;
}
