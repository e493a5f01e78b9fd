/* SPDX-License-Identifier: BSD-2-Clause */
/* DfuSe files as UM0391 has them: one target for each alternate setting, one element for each segment. */
#include "core/bytes.h"
#include "image/dfuse.h"
#include "image/format.h"
#include "image/suffix.h"
#include <inttypes.h>

struct dfuse_writer {
    const struct dfu_image *image;
    struct dfui_sink *sink;
    uint32_t crc;
};

static int put(struct dfuse_writer *w, const void *data, size_t length, struct dfu_error **err)
{
    w->crc = dfui_suffix_crc(w->crc, data, length);
    return dfui_sink_write(w->sink, data, length, err);
}

/* Bytes of the elements [from, to). */
static uint64_t elements_size(const struct dfu_image *image, size_t from, size_t to)
{
    uint64_t size = 0;
    for (size_t i = from; i < to; i++)
        size += DFUI_DFUSE_ELEMENT + image->segments[i].length;
    return size;
}

/* How many targets there will be, and that the file can say so. */
static int check(const struct dfu_image *image, unsigned *targets, uint64_t *size, struct dfu_error **err)
{
    *targets = 0;
    *size = DFUI_DFUSE_PREFIX;
    if (image->count == 0)
        return dfu_error_set(err, DFU_ERR_RANGE, "the image holds no data");
    for (size_t i = 0, next; i < image->count; i = next) {
        uint32_t alt = image->segments[i].alt;
        next = dfui_image_group_end(image, i);
        if (alt == DFU_ALT_ANY && *targets > 0) {
            dfu_error_set(err, DFU_ERR_RANGE, "some data is for an alternate setting and some for none");
            dfu_error_set_hint(err, "say for the rest which, with --target, or convert the files one by one");
            return DFU_ERR_RANGE;
        }
        if (alt > UINT8_MAX && alt != DFU_ALT_ANY)
            return dfu_error_set(err, DFU_ERR_RANGE, "alternate setting %" PRIu32 ": a DfuSe file can say at most 255",
                                 alt);
        *size += DFUI_DFUSE_TARGET + elements_size(image, i, next);
        ++*targets;
    }
    if (*targets > UINT8_MAX || *size > UINT32_MAX)
        return dfu_error_set(err, DFU_ERR_RANGE, "%u targets and %" PRIu64 " bytes do not fit a DfuSe file", *targets,
                             *size);
    return DFU_OK;
}

static int put_target(struct dfuse_writer *w, size_t from, size_t to, struct dfu_error **err)
{
    uint8_t head[DFUI_DFUSE_TARGET] = "Target";
    const struct dfu_image *image = w->image;
    uint32_t alt = image->segments[from].alt;
    const char *name = alt == DFU_ALT_ANY ? NULL : dfu_image_label(image, alt);
    head[6] = alt == DFU_ALT_ANY ? 0 : (uint8_t)alt;
    head[7] = name != NULL;
    if (name != NULL)
        memcpy(head + 11, name, (size_t)dfui_min(strlen(name), 255));
    dfui_put_le32(head + 266, (uint32_t)elements_size(image, from, to));
    dfui_put_le32(head + 270, (uint32_t)(to - from));
    int rc = put(w, head, sizeof head, err);
    for (size_t i = from; rc == DFU_OK && i < to; i++) {
        const struct dfui_segment *s = &image->segments[i];
        uint8_t element[DFUI_DFUSE_ELEMENT];
        dfui_put_le32(element, (uint32_t)s->address);
        dfui_put_le32(element + 4, (uint32_t)s->length);
        rc = put(w, element, sizeof element, err);
        if (rc == DFU_OK)
            rc = put(w, image->bytes + s->offset, (size_t)s->length, err);
    }
    return rc;
}

int dfui_dfusefile_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                         struct dfu_error **err)
{
    struct dfuse_writer w = {.image = image, .sink = sink, .crc = UINT32_MAX};
    struct dfui_ids ids = {.vid = 0xFFFF, .pid = 0xFFFF, .bcd_device = 0xFFFF};
    uint8_t prefix[DFUI_DFUSE_PREFIX] = "DfuSe\1";
    uint8_t suffix[DFUI_SUFFIX_BYTES];
    unsigned targets;
    uint64_t size;
    if (image->has_ids)
        ids = image->ids;
    if (options->flags & DFU_IMAGE_IDS_SET)
        ids = (struct dfui_ids){.vid = options->vid, .pid = options->pid, .bcd_device = options->bcd_device};
    ids.bcd_dfu = 0x011A;
    int rc = check(image, &targets, &size, err);
    if (rc != DFU_OK)
        return rc;
    dfui_put_le32(prefix + 6, (uint32_t)size);
    prefix[10] = (uint8_t)targets;
    rc = put(&w, prefix, sizeof prefix, err);
    for (size_t i = 0, next; rc == DFU_OK && i < image->count; i = next) {
        next = dfui_image_group_end(image, i);
        rc = put_target(&w, i, next, err);
    }
    dfui_suffix_make(suffix, &ids, w.crc);
    if (rc == DFU_OK)
        dfui_note_start(image, options, sink->name);
    return rc == DFU_OK ? dfui_sink_write(sink, suffix, sizeof suffix, err) : rc;
}
