/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a write plan takes, and how long one would that writes everything, from measured times. */
#include "op/plan_private.h"
#include <stdlib.h>

static bool is_blank(const uint8_t *data, size_t length)
{
    return (data[0] == 0x00 || data[0] == 0xFF) && memcmp(data, data + 1, length - 1) == 0;
}

uint64_t dfui_plan_sent(const struct dfu_plan *plan, const struct dfui_extents *extents)
{
    uint64_t bytes = 0;
    uint8_t *block = malloc(plan->target.block_size);
    for (size_t i = 0; i < extents->count; i++) {
        const struct dfui_extent *e = &extents->items[i];
        for (uint64_t at = e->range.start; at < e->range.end;) {
            size_t length = (size_t)dfui_min(plan->target.block_size, e->range.end - at);
            if (block != NULL)
                (void)dfui_plan_fill(plan, e->alt, at, block, length);
            bytes += block != NULL && is_blank(block, length) ? 0 : length;
            at += length;
        }
    }
    free(block);
    return bytes;
}

/* The time of a sector of that size, or in proportion to the nearest size that was measured; 0 = none was. */
static uint64_t erase_us(const struct dfu_times *t, uint64_t size)
{
    const struct dfu_erase_time *best = NULL;
    for (uint32_t i = 0; i < t->erase_count && i < DFU_ERASE_TIMES; i++) {
        const struct dfu_erase_time *e = &t->erase[i];
        if (e->sector_size == 0 || e->us == 0)
            continue;
        uint64_t off = e->sector_size > size ? e->sector_size / size : size / e->sector_size;
        uint64_t best_off = best == NULL               ? UINT64_MAX
                            : best->sector_size > size ? best->sector_size / size
                                                       : size / best->sector_size;
        if (e->sector_size == size)
            return e->us;
        if (off < best_off)
            best = e;
    }
    return best == NULL ? 0 : dfui_max((uint64_t)best->us * size / best->sector_size, 1);
}

static uint64_t transfer_us(uint64_t bytes, uint32_t us_per_kib)
{
    return (bytes * us_per_kib + 1023) / 1024;
}

int dfu_plan_estimate(const struct dfu_plan *plan, const struct dfu_times *times, struct dfu_estimate *estimate)
{
    struct dfu_times t;
    if (plan == NULL || estimate == NULL)
        return DFU_ERR_ARGUMENT;
    if (times == NULL)
        return DFU_ERR_UNSUPPORTED;
    int rc = dfui_sized_in(&t, sizeof t, times, "times", NULL);
    if (rc != DFU_OK)
        return rc;
    struct dfu_estimate e = {.size = sizeof e};
    for (size_t i = 0; i < plan->sectors.count; i++) {
        const struct dfui_sector *s = &plan->sectors.items[i];
        uint64_t us = erase_us(&t, s->range.end - s->range.start);
        if (us == 0)
            return DFU_ERR_UNSUPPORTED;
        e.full_us += us;
        e.erase_us += s->state == DFUI_SECTOR_ERASE ? us : 0;
    }
    bool verifies = !(plan->options.flags & DFU_PLAN_NO_VERIFY);
    if (t.write_us == 0 || (verifies && t.read_us == 0))
        return DFU_ERR_UNSUPPORTED;
    e.write_us = transfer_us(plan->sent_bytes, t.write_us);
    e.verify_us = transfer_us(plan->summary.verify_bytes, t.read_us);
    e.full_us += transfer_us(plan->full_bytes, t.write_us);
    e.full_us += verifies ? transfer_us(plan->summary.image_bytes, t.read_us) : 0;
    return dfui_sized_out(estimate, &e, sizeof e);
}
