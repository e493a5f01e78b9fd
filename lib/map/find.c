/* SPDX-License-Identifier: BSD-2-Clause */
/* Look-ups by address. */
#include "core/checked.h"
#include "core/core.h"
#include "map/map.h"
#include <inttypes.h>
#include <stdlib.h>

/* Whether a look-up in alt concerns this region at all. */
static bool counts(const struct dfu_memmap *map, const struct dfu_region *r, uint32_t alt)
{
    if (alt == DFU_ALT_ANY)
        return !dfui_map_duplicate(map, r->alt, NULL);
    return r->alt == alt;
}

void dfui_map_neighbours(const struct dfu_memmap *map, uint32_t alt, uint64_t address, size_t *before, size_t *after)
{
    uint64_t below = 0;
    uint64_t above = UINT64_MAX;
    *before = DFUI_NO_REGION;
    *after = DFUI_NO_REGION;
    for (size_t i = 0; i < dfu_memmap_count(map); i++) {
        const struct dfu_region *r = dfui_map_region(map, i);
        if (!counts(map, r, alt) || dfui_range_empty(dfui_region_range(r)))
            continue;
        if (r->end <= address && r->end > below) {
            below = r->end;
            *before = i;
        }
        if (r->start > address && r->start < above) {
            above = r->start;
            *after = i;
        }
    }
}

static char *describe(const struct dfu_memmap *map, size_t index, const char *where)
{
    const struct dfu_region *r = dfui_map_region(map, index);
    if (r == NULL)
        return NULL;
    return dfui_format("%s it 0x%08" PRIX64 "..0x%08" PRIX64 " (alt %u, %s)", where, r->start, r->end, (unsigned)r->alt,
                       r->name);
}

static int outside(const struct dfu_memmap *map, uint32_t alt, uint64_t address, struct dfu_error **err)
{
    size_t before;
    size_t after;
    dfui_map_neighbours(map, alt, address, &before, &after);
    char *low = describe(map, before, "before");
    char *high = describe(map, after, "after");
    char *whose = alt == DFU_ALT_ANY ? dfui_strdup("the memory map") : dfui_format("alt %u", (unsigned)alt);
    if (low == NULL && high == NULL)
        (void)dfu_error_set(err, DFU_ERR_RANGE, "address 0x%08" PRIX64 ": %s has no regions", address,
                            whose != NULL ? whose : "the memory map");
    else
        (void)dfu_error_set(err, DFU_ERR_RANGE, "address 0x%08" PRIX64 " is in no region of %s; nearest: %s%s%s",
                            address, whose != NULL ? whose : "the memory map", low != NULL ? low : "",
                            low != NULL && high != NULL ? ", " : "", high != NULL ? high : "");
    dfui_error_address(err, address);
    free(low);
    free(high);
    free(whose);
    return DFU_ERR_RANGE;
}

static int ambiguous(const struct dfu_region *a, const struct dfu_region *b, uint64_t address, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_AMBIGUOUS, "address 0x%08" PRIX64 " is in alt %u (%s) and in alt %u (%s)", address,
                        (unsigned)a->alt, a->name, (unsigned)b->alt, b->name);
    dfu_error_set_hint(err, "choose one with --alt %u or --alt %u", (unsigned)a->alt, (unsigned)b->alt);
    dfui_error_address(err, address);
    return DFU_ERR_AMBIGUOUS;
}

int dfu_memmap_find(const struct dfu_memmap *map, uint32_t alt, uint64_t address, size_t *out, struct dfu_error **err)
{
    size_t found = DFUI_NO_REGION;
    if (map == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "memory map: no map or no place for the result");
    for (size_t i = 0; i < dfu_memmap_count(map); i++) {
        const struct dfu_region *r = dfui_map_region(map, i);
        if (!counts(map, r, alt) || !dfui_range_holds(dfui_region_range(r), address))
            continue;
        if (found == DFUI_NO_REGION)
            found = i; /* regions of one alt may overlap: the first in its string is meant */
        else if (r->alt != dfui_map_region(map, found)->alt)
            return ambiguous(dfui_map_region(map, found), r, address, err);
    }
    if (found == DFUI_NO_REGION)
        return outside(map, alt, address, err);
    *out = found;
    return DFU_OK;
}
