/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/bytes.h"
#include "image/image.h"

int dfu_image_vectors(const struct dfu_image *image, uint64_t base, struct dfu_vectors *vectors)
{
    struct dfu_vectors v = {.size = sizeof v, .base = base};
    uint8_t words[8];
    if (dfu_image_read(image, DFU_ALT_ANY, base, words, sizeof words) == sizeof words) {
        const uint8_t *data;
        uint64_t n;
        v.initial_sp = dfui_le32(words);
        v.reset = dfui_le32(words + 4);
        v.flags |= DFU_VECTORS_PRESENT;
        if ((v.initial_sp >= 0x10000000 && v.initial_sp <= 0x1000FFFF) ||
            (v.initial_sp >= 0x20000000 && v.initial_sp <= 0x3FFFFFFF))
            v.flags |= DFU_VECTORS_SP_OK;
        if (v.reset & 1)
            v.flags |= DFU_VECTORS_RESET_ODD;
        dfui_image_at(image, DFU_ALT_ANY, v.reset & ~UINT32_C(1), (uint64_t)v.reset + 1, &data, &n);
        if (data != NULL)
            v.flags |= DFU_VECTORS_RESET_INSIDE;
    }
    return dfui_sized_out(vectors, &v, sizeof v);
}
