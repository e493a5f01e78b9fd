/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S-records, byte for byte as srec_cat writes them: 32 data bytes a record counted from the start of a run, each
 * record as narrow as its address allows, then the count of data records, then the start address where there is one.
 * The header is the image's label: what a read S0 said, else empty (srec_cat would name itself there).
 * srec_cat works in chunks at multiples of 1792 of the address, which no record crosses.
 */
#include "core/bytes.h"
#include "core/hex.h"
#include "image/format.h"
#include <stdlib.h>

#define CHUNK 1792u
#define DEFAULT_BYTES 32u
#define MAX_COUNT 255u /* bytes behind the count: address, data, checksum */
#define LONGEST (2u + 2u * (1u + MAX_COUNT) + 1u)

struct srec_writer {
    struct dfui_sink *sink;
    unsigned width;   /* least address bytes */
    unsigned most;    /* data bytes a record */
    uint64_t records; /* with data */
};

static unsigned width_for(const struct srec_writer *w, uint32_t address)
{
    unsigned width = address > 0xFFFFFF ? 4 : address > 0xFFFF ? 3 : 2;
    return width > w->width ? width : w->width;
}

static int put_record(struct srec_writer *w, unsigned type, unsigned width, uint32_t address, const uint8_t *data,
                      size_t n, struct dfu_error **err)
{
    uint8_t *begin = dfui_sink_room(w->sink, LONGEST, err);
    if (begin == NULL)
        return DFU_ERR_FILE;
    uint8_t *at = begin;
    uint8_t head[5] = {(uint8_t)(width + n + 1)};
    dfui_put_be32(head + 1, address << (8 * (4 - width)));
    *at++ = 'S';
    *at++ = (uint8_t)('0' + type);
    dfui_hex_encode(head, 1 + width, at);
    at += 2 * (1 + width);
    if (n > 0)
        dfui_hex_encode(data, n, at);
    at += 2 * n;
    uint8_t check = (uint8_t) ~(dfui_hex_sum(head, 1 + width) + dfui_hex_sum(data, n));
    dfui_hex_encode(&check, 1, at);
    at += 2;
    *at++ = '\n';
    w->sink->used += (size_t)(at - begin);
    return DFU_OK;
}

static int put_segment(struct srec_writer *w, const struct dfui_segment *s, const uint8_t *data, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (uint64_t done = 0; rc == DFU_OK && done < s->length;) {
        uint64_t address = s->address + done;
        uint64_t n = dfui_min(dfui_min(w->most, s->length - done), CHUNK - address % CHUNK);
        unsigned width = width_for(w, (uint32_t)address);
        rc = put_record(w, width - 1, width, (uint32_t)address, data + done, (size_t)n, err);
        w->records++;
        done += n;
    }
    return rc;
}

static int check_options(const struct dfu_image_options *options, struct srec_writer *w,
                         const struct dfui_segment *highest, struct dfu_error **err)
{
    if (options->address_bytes != 0 && (options->address_bytes < 2 || options->address_bytes > 4))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%u address bytes: S-records have 2 to 4", options->address_bytes);
    w->width = options->address_bytes == 0 ? 2 : options->address_bytes;
    w->most = options->record_bytes == 0 ? DEFAULT_BYTES : options->record_bytes;
    unsigned most = MAX_COUNT - 1 - width_for(w, (uint32_t)(highest->address + highest->length - 1));
    if (w->most > most)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%u data bytes a record: with these addresses at most %u", w->most,
                             most);
    return DFU_OK;
}

static int put_count(struct srec_writer *w, struct dfu_error **err)
{
    if (w->records <= 0xFFFF)
        return put_record(w, 5, 2, (uint32_t)w->records, NULL, 0, err);
    return w->records <= 0xFFFFFF ? put_record(w, 6, 3, (uint32_t)w->records, NULL, 0, err) : DFU_OK;
}

int dfui_srec_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                    struct dfu_error **err)
{
    struct srec_writer w = {.sink = sink};
    const struct dfui_segment **list;
    const char *header = dfu_image_label(image, DFU_ALT_ANY);
    size_t length = header != NULL ? (size_t)dfui_min(strlen(header), MAX_COUNT - 3) : 0;
    int rc = dfui_image_flatten(image, &list, err);
    if (rc == DFU_OK)
        rc = check_options(options, &w, list[image->count - 1], err);
    if (rc == DFU_OK)
        rc = put_record(&w, 0, 2, 0, (const uint8_t *)header, length, err);
    for (size_t i = 0; rc == DFU_OK && i < image->count; i++)
        rc = put_segment(&w, list[i], image->bytes + list[i]->offset, err);
    free(list);
    if (rc == DFU_OK)
        rc = put_count(&w, err);
    if (rc == DFU_OK && image->has_start) {
        unsigned width = width_for(&w, (uint32_t)image->start);
        rc = put_record(&w, 11 - width, width, (uint32_t)image->start, NULL, 0, err);
    }
    return rc;
}
