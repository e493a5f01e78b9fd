/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/checked.h"
#include "map/map.h"

struct dfu_range dfui_region_range(const struct dfu_region *region)
{
    return (struct dfu_range){region->start, region->end};
}

uint32_t dfui_sector_index(const struct dfu_region *region, uint64_t address)
{
    /* A sector of zero bytes can be declared, but no address lies in it. */
    if (region->sector_size == 0 || address < region->start)
        return 0;
    return (uint32_t)((address - region->start) / region->sector_size);
}

struct dfu_range dfui_sector_at(const struct dfu_region *region, uint32_t index)
{
    if (index >= region->count)
        return (struct dfu_range){region->end, region->end};
    uint64_t start = region->start + (uint64_t)index * region->sector_size;
    return (struct dfu_range){start, start + region->sector_size};
}

struct dfu_range dfui_sector_of(const struct dfu_region *region, uint64_t address)
{
    if (!dfui_range_holds(dfui_region_range(region), address))
        return (struct dfu_range){region->end, region->end};
    return dfui_sector_at(region, dfui_sector_index(region, address));
}
