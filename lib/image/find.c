/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/image.h"

size_t dfui_image_seek(const struct dfu_image *image, uint32_t alt, uint64_t address)
{
    size_t low = 0;
    size_t high = image->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct dfui_segment *s = &image->segments[middle];
        if (s->alt < alt || (s->alt == alt && s->address + s->length <= address))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t dfui_image_group_end(const struct dfu_image *image, size_t index)
{
    return dfui_image_seek(image, image->segments[index].alt, UINT64_MAX);
}

static bool matches(uint32_t wanted, uint32_t alt)
{
    return wanted == DFU_ALT_ANY || alt == DFU_ALT_ANY || alt == wanted;
}

void dfui_image_at(const struct dfu_image *image, uint32_t alt, uint64_t address, uint64_t end, const uint8_t **data,
                   uint64_t *length)
{
    *data = NULL;
    /* Alts ascend and "any" is last, so that bytes for one alt come before those for all. */
    for (size_t g = 0; g < image->count && *data == NULL; g = dfui_image_group_end(image, g)) {
        uint32_t here = image->segments[g].alt;
        if (!matches(alt, here))
            continue;
        size_t i = dfui_image_seek(image, here, address);
        if (i == image->count || image->segments[i].alt != here)
            continue;
        const struct dfui_segment *s = &image->segments[i];
        if (s->address > address) {
            end = dfui_min(end, s->address);
        } else {
            *data = image->bytes + s->offset + (address - s->address);
            end = dfui_min(end, s->address + s->length);
        }
    }
    *length = end - address;
}

struct dfu_range dfui_image_span(const struct dfu_image *image)
{
    struct dfu_range span = {0, 0};
    for (size_t g = 0; g < image->count;) {
        size_t next = dfui_image_group_end(image, g);
        const struct dfui_segment *last = &image->segments[next - 1];
        if (g == 0 || image->segments[g].address < span.start)
            span.start = image->segments[g].address;
        span.end = dfui_max(span.end, last->address + last->length);
        g = next;
    }
    return span;
}

size_t dfui_image_alts(const struct dfu_image *image, struct dfu_range range, uint32_t *alt)
{
    size_t n = 0;
    *alt = DFU_ALT_ANY;
    for (size_t g = 0; g < image->count; g = dfui_image_group_end(image, g)) {
        uint32_t here = image->segments[g].alt;
        size_t i = dfui_image_seek(image, here, range.start);
        if (i == image->count || image->segments[i].alt != here || image->segments[i].address >= range.end)
            continue;
        *alt = here;
        n++;
    }
    return n;
}

uint32_t dfui_image_alt_for(const struct dfu_image *image, struct dfu_range range)
{
    uint32_t alt;
    struct dfu_range all = {0, UINT64_MAX};
    if (dfui_image_alts(image, range, &alt) == 1 || dfui_image_alts(image, all, &alt) == 1)
        return alt;
    return DFU_ALT_ANY;
}
