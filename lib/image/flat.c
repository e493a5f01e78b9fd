/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/format.h"
#include <inttypes.h>
#include <stdlib.h>

static int by_address(const void *a, const void *b)
{
    const struct dfui_segment *x = *(const struct dfui_segment *const *)a;
    const struct dfui_segment *y = *(const struct dfui_segment *const *)b;
    return (x->address > y->address) - (x->address < y->address);
}

int dfui_image_flatten(const struct dfu_image *image, const struct dfui_segment ***list, struct dfu_error **err)
{
    *list = NULL;
    if (image->count == 0)
        return dfu_error_set(err, DFU_ERR_RANGE, "the image holds no data");
    const struct dfui_segment **flat = malloc(image->count * sizeof *flat);
    if (flat == NULL)
        return dfui_error_no_memory(err);
    for (size_t i = 0; i < image->count; i++)
        flat[i] = &image->segments[i];
    if (dfui_image_group_end(image, 0) < image->count) /* several alts */
        qsort(flat, image->count, sizeof *flat, by_address);
    for (size_t i = 1; i < image->count; i++) {
        if (flat[i]->address < flat[i - 1]->address + flat[i - 1]->length) {
            dfu_error_set(err, DFU_ERR_RANGE,
                          "alternate settings %" PRIu32 " and %" PRIu32 " both have data at 0x%08" PRIX64
                          ", which one file without alternate settings cannot hold",
                          flat[i - 1]->alt, flat[i]->alt, flat[i]->address);
            free(flat);
            return DFU_ERR_RANGE;
        }
    }
    *list = flat;
    return DFU_OK;
}
