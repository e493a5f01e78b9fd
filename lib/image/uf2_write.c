/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UF2 files. Loaders write flash pages, and several take no other block than 256 bytes at a multiple of 256: so every
 * block is one, and what the image does not hold in it is 0x00, as other tools have it.
 */
#include "core/bytes.h"
#include "image/format.h"
#include "image/uf2.h"
#include <inttypes.h>
#include <stdlib.h>

struct uf2_writer {
    const struct dfu_image *image;
    struct dfui_sink *sink;
    bool has_family;
    uint32_t family;
    uint32_t blocks; /* in all */
    uint32_t next;   /* number of the next one */
    uint64_t page;   /* that is being filled; UINT64_MAX = none */
    uint64_t filled; /* bytes of it */
    uint64_t padding;
    uint8_t data[DFUI_UF2_PAYLOAD];
};

static uint64_t page_of(uint64_t address)
{
    return address / DFUI_UF2_PAYLOAD;
}

static uint32_t count_pages(const struct dfui_segment *const *list, size_t count)
{
    uint64_t pages = 0;
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        uint64_t first = page_of(list[i]->address);
        uint64_t end = page_of(list[i]->address + list[i]->length - 1);
        pages += end - first + (first != last);
        last = end;
    }
    return (uint32_t)pages;
}

static int put_page(struct uf2_writer *w, struct dfu_error **err)
{
    uint8_t b[DFUI_UF2_BLOCK] = {0};
    if (w->page == UINT64_MAX)
        return DFU_OK;
    dfui_put_le32(b, DFUI_UF2_MAGIC_0);
    dfui_put_le32(b + 4, DFUI_UF2_MAGIC_1);
    dfui_put_le32(b + 8, w->has_family ? DFUI_UF2_HAS_FAMILY : 0);
    dfui_put_le32(b + 12, (uint32_t)(w->page * DFUI_UF2_PAYLOAD));
    dfui_put_le32(b + 16, DFUI_UF2_PAYLOAD);
    dfui_put_le32(b + 20, w->next++);
    dfui_put_le32(b + 24, w->blocks);
    dfui_put_le32(b + 28, w->family);
    memcpy(b + DFUI_UF2_DATA, w->data, sizeof w->data);
    dfui_put_le32(b + DFUI_UF2_BLOCK - 4, DFUI_UF2_MAGIC_END);
    w->padding += DFUI_UF2_PAYLOAD - w->filled;
    memset(w->data, 0, sizeof w->data);
    w->filled = 0;
    return dfui_sink_write(w->sink, b, sizeof b, err);
}

static int put_segment(struct uf2_writer *w, const struct dfui_segment *s, struct dfu_error **err)
{
    const uint8_t *data = w->image->bytes + s->offset;
    int rc = DFU_OK;
    for (uint64_t done = 0; rc == DFU_OK && done < s->length;) {
        uint64_t address = s->address + done;
        uint64_t at = address % DFUI_UF2_PAYLOAD;
        uint64_t n = dfui_min(DFUI_UF2_PAYLOAD - at, s->length - done);
        if (page_of(address) != w->page)
            rc = put_page(w, err);
        w->page = page_of(address);
        memcpy(w->data + at, data + done, (size_t)n);
        w->filled += n;
        done += n;
    }
    return rc;
}

static void say(const struct uf2_writer *w, const struct dfu_image_options *options)
{
    dfui_note_start(w->image, options, w->sink->name);
    if (w->padding > 0)
        dfui_note(options, "%s: %" PRIu64 " bytes of 0x00 fill the pages of %u bytes that a UF2 file is made of",
                  w->sink->name, w->padding, DFUI_UF2_PAYLOAD);
    if (!w->has_family)
        dfui_note(options, "%s: no family given; many loaders take only a file that names theirs", w->sink->name);
}

int dfui_uf2_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                   struct dfu_error **err)
{
    struct uf2_writer w = {.image = image, .sink = sink, .page = UINT64_MAX};
    const struct dfui_segment **list;
    w.has_family = image->has_family || options->family != NULL;
    w.family = image->has_family ? image->family : 0;
    int rc = options->family != NULL ? dfui_uf2_family(options->family, &w.family, err) : DFU_OK;
    if (rc == DFU_OK)
        rc = dfui_image_flatten(image, &list, err);
    if (rc != DFU_OK)
        return rc;
    w.blocks = count_pages(list, image->count);
    for (size_t i = 0; rc == DFU_OK && i < image->count; i++)
        rc = put_segment(&w, list[i], err);
    free(list);
    if (rc == DFU_OK)
        rc = put_page(&w, err);
    if (rc == DFU_OK)
        say(&w, options);
    return rc;
}
