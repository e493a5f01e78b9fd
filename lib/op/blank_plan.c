/* SPDX-License-Identifier: BSD-2-Clause */
#include "op/protect_private.h"

int dfui_plan_blank(const struct dfu_memmap *map, const struct dfu_target *target, struct dfu_plan **out,
                    struct dfu_error **err)
{
    int rc = dfui_plan_new(map, target, NULL, NULL, out, err);
    for (size_t i = 0; rc == DFU_OK && i < dfu_memmap_count(map); i++) {
        const struct dfu_region *r = dfui_map_region(map, i);
        if (r->count == 0 || r->kind != DFU_MEMORY_NORMAL || !(r->access & DFU_ACCESS_ERASE) ||
            !(r->access & DFU_ACCESS_READ) || dfui_map_duplicate(map, r->alt, NULL))
            continue;
        struct dfui_span span = {dfui_region_range(r), r->alt, (uint32_t)i, 0};
        rc = dfui_plan_run(*out, &span, DFU_STEP_BLANK, false, err);
        (*out)->summary.verifies = 1;
    }
    if (rc != DFU_OK && *out != NULL) {
        dfu_plan_free(*out);
        *out = NULL;
    }
    return rc;
}
