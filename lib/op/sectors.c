/* SPDX-License-Identifier: BSD-2-Clause */
/* The erasable sectors under an image, each once. */
#include "op/plan_private.h"
#include <stdlib.h>

bool dfui_plan_erasable(const struct dfu_plan *plan, const struct dfu_region *region)
{
    uint32_t force = plan->options.flags;
    if (region->kind != DFU_MEMORY_NORMAL) /* several ROMs call theirs erasable (C16) */
        return false;
    /* Read-only memory that is written all the same is flash, and flash must be erased first. */
    bool read_only = !(region->access & (DFU_ACCESS_ERASE | DFU_ACCESS_WRITE));
    return (region->access & DFU_ACCESS_ERASE) || (force & DFU_PLAN_FORCE_ERASE) ||
           (read_only && (force & DFU_PLAN_FORCE_READONLY));
}

static int append(struct dfui_sectors *list, const struct dfui_sector *sector, struct dfu_error **err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        struct dfui_sector *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL)
            return dfui_error_no_memory(err);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *sector;
    return DFU_OK;
}

/* Two extents in one sector: the list is sorted, so it is the last one. */
static bool already_last(const struct dfui_sectors *list, uint32_t alt, struct dfu_range sector)
{
    const struct dfui_sector *last = list->count > 0 ? &list->items[list->count - 1] : NULL;
    return last != NULL && last->alt == alt && last->range.start == sector.start;
}

int dfui_sectors_add(struct dfui_sectors *list, const struct dfu_plan *plan, const struct dfui_extents *extents,
                     struct dfu_error **err)
{
    for (size_t i = 0; i < extents->count; i++) {
        const struct dfui_extent *e = &extents->items[i];
        const struct dfu_region *r = e->region == DFUI_NO_STEP_REGION ? NULL : dfui_map_region(plan->map, e->region);
        if (r == NULL || !dfui_plan_erasable(plan, r))
            continue;
        for (struct dfu_range s = dfui_sector_of(r, e->range.start); s.start < e->range.end && s.start < s.end;
             s = dfui_sector_of(r, s.end)) {
            struct dfui_sector sector = {s, e->alt, e->region, DFUI_SECTOR_ERASE};
            int rc = already_last(list, e->alt, s) ? DFU_OK : append(list, &sector, err);
            if (rc != DFU_OK)
                return rc;
        }
    }
    return DFU_OK;
}

void dfui_sectors_free(struct dfui_sectors *list)
{
    free(list->items);
    list->items = NULL;
    list->count = list->capacity = 0;
}

const struct dfui_sector *dfui_sectors_at(const struct dfui_sectors *list, uint32_t alt, uint64_t address)
{
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct dfui_sector *s = &list->items[middle];
        bool before = s->alt != alt ? s->alt < alt : s->range.end <= address;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < list->count && list->items[low].alt == alt && list->items[low].range.start <= address;
    return found ? &list->items[low] : NULL;
}
