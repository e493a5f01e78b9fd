/* SPDX-License-Identifier: BSD-2-Clause */
/* Sectors that a plan leaves alone because they held the image: they must still, when the device was away meanwhile. */
#include "op/run_private.h"
#include "proto/dfuse.h"
#include <inttypes.h>

static int changed(struct dfui_run *run, const struct dfui_sector *s, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_MISMATCH,
                        "sector 0x%08" PRIX64 "..0x%08" PRIX64 " held the image and does not any more", s->range.start,
                        s->range.end);
    dfui_error_address(err, s->range.start);
    dfu_error_set_cause(err, "the device went away %" PRIu32 " time%s and changed it", run->result.reconnects,
                        run->result.reconnects == 1 ? "" : "s");
    dfu_error_set_hint(err, "repeat the command");
    return DFU_ERR_MISMATCH;
}

int dfui_run_still_same(struct dfui_run *run, struct dfu_error **err)
{
    const struct dfui_sectors *all = &run->plan->sectors;
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < all->count; i++) {
        const struct dfui_sector *s = &all->items[i];
        if (s->state != DFUI_SECTOR_SAME)
            continue;
        rc = dfui_session_select(run->session, s->alt, err);
        for (uint64_t at = s->range.start; rc == DFU_OK && at < s->range.end;) {
            uint32_t length = (uint32_t)dfui_min(s->range.end - at, run->plan->target.block_size);
            dfui_run_point(run, at);
            rc = dfui_run_read(run, DFUI_DFUSE_FIRST_BLOCK, run->block, length, err);
            if (rc != DFU_OK)
                break;
            memcpy(run->other, run->block, length);
            (void)dfu_image_read(run->plan->image, s->alt, at, run->other, length);
            if (memcmp(run->other, run->block, length) != 0)
                rc = changed(run, s, err);
            at += length;
        }
    }
    return rc;
}
