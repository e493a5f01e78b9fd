/* SPDX-License-Identifier: BSD-2-Clause */
/* DFU_PLAN_PRESERVE: what else the sectors hold that the image covers in part. It goes through memory: between
 * the erase and the write it is nowhere on the device. */
#include "image/image.h"
#include "op/plan_private.h"
#include <inttypes.h>

uint64_t dfui_plan_covered(const struct dfu_plan *plan, uint32_t alt, struct dfu_range range)
{
    uint64_t bytes = 0;
    for (uint64_t at = range.start; at < range.end;) {
        const uint8_t *data;
        uint64_t length;
        dfui_image_at(plan->image, alt, at, range.end, &data, &length);
        bytes += data != NULL ? length : 0;
        at += length;
    }
    return bytes;
}

size_t dfui_plan_fill(const struct dfu_plan *plan, uint32_t alt, uint64_t address, uint8_t *buffer, size_t length)
{
    if (plan->kept != NULL)
        (void)dfu_image_read(plan->kept, alt, address, buffer, length);
    return dfu_image_read(plan->image, alt, address, buffer, length);
}

static int not_known(const struct dfu_plan *plan, struct dfu_range gap, struct dfu_error **err)
{
    if (plan->options.contents == NULL) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT,
                            "0x%08" PRIX64 "..0x%08" PRIX64 " is to be kept, but the device's contents are not given",
                            gap.start, gap.end);
        dfu_error_set_hint(err, "read them with the plan of dfu_plan_survey() first");
        return DFU_ERR_ARGUMENT;
    }
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "0x%08" PRIX64 "..0x%08" PRIX64 " cannot be kept: it was not read",
                        gap.start, gap.end);
    dfui_error_address(err, gap.start);
    dfu_error_set_hint(err, "leave out --preserve: what the image does not cover in a sector is erased then");
    return DFU_ERR_UNSUPPORTED;
}

/* Copies the contents of a gap in the image. */
static int keep_gap(struct dfu_plan *plan, const struct dfui_sector *s, struct dfu_range gap, struct dfu_error **err)
{
    for (uint64_t at = gap.start; at < gap.end;) {
        const uint8_t *have = NULL;
        uint64_t length = gap.end - at;
        if (plan->options.contents != NULL)
            dfui_image_at(plan->options.contents, s->alt, at, gap.end, &have, &length);
        if (have == NULL)
            return not_known(plan, (struct dfu_range){at, at + length}, err);
        int rc = dfu_image_add(plan->kept, s->alt, at, have, (size_t)length, DFU_OVERLAP_ERROR, err);
        if (rc != DFU_OK)
            return rc;
        at += length;
    }
    return DFU_OK;
}

/* All that the image does not cover in a sector. */
static int keep_sector(struct dfu_plan *plan, const struct dfui_sector *s, struct dfui_extents *todo,
                       struct dfu_error **err)
{
    int rc = DFU_OK;
    for (uint64_t at = s->range.start; rc == DFU_OK && at < s->range.end;) {
        const uint8_t *own;
        uint64_t length;
        dfui_image_at(plan->image, s->alt, at, s->range.end, &own, &length);
        if (own == NULL) {
            struct dfui_extent gap = {{at, at + length}, s->alt, s->region};
            rc = keep_gap(plan, s, gap.range, err);
            if (rc == DFU_OK)
                rc = dfui_extents_append(todo, &gap, err);
            plan->summary.kept_bytes += length;
        }
        at += length;
    }
    return rc;
}

int dfui_plan_keep(struct dfu_plan *plan, struct dfui_extents *todo, struct dfu_error **err)
{
    int rc = dfu_image_new(&plan->kept, err);
    for (size_t i = 0; rc == DFU_OK && i < plan->sectors.count; i++) {
        const struct dfui_sector *s = &plan->sectors.items[i];
        /* A sector that only looks blank may turn out not to be, and is erased then. */
        bool blank = s->state == DFUI_SECTOR_FF && (plan->target.flags & DFU_TARGET_ERASED_FF);
        if (s->state != DFUI_SECTOR_SAME && !blank)
            rc = keep_sector(plan, s, todo, err);
    }
    if (rc == DFU_OK && plan->summary.kept_bytes == 0) {
        dfu_image_free(plan->kept);
        plan->kept = NULL;
    }
    dfui_extents_sort(todo);
    return rc;
}
