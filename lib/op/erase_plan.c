/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sectors to erase, and plans that only erase. */
#include "op/plan_private.h"
#include <inttypes.h>
#include <stdlib.h>

static int erase_step(struct dfu_plan *plan, const struct dfui_sector *s, uint32_t flags, struct dfu_error **err)
{
    struct dfu_step step = {.kind = DFU_STEP_ERASE,
                            .alt = s->alt,
                            .address = s->range.start,
                            .length = (uint32_t)(s->range.end - s->range.start),
                            .flags = flags,
                            .region = s->region};
    return dfui_plan_step(plan, &step, err);
}

/* Whether flagged sectors are really blank is known when the memory's erased value is. Where it is not known
 * beforehand, a sector that is erased anyway is looked at first, or one more is erased for it. */
static int learn_erased_value(struct dfu_plan *plan, struct dfui_sector *blank, struct dfu_error **err)
{
    uint32_t memory = dfui_plan_memory(plan, blank->region);
    const struct dfu_step *erased = NULL;
    for (size_t i = 0; i < plan->count; i++) {
        const struct dfu_step *s = &plan->steps[i];
        if (dfui_plan_memory(plan, s->region) != memory)
            continue;
        if (s->kind == DFU_STEP_PROBE)
            return DFU_OK;
        if (s->kind == DFU_STEP_ERASE && !(s->flags & (DFU_STEP_READS_FF | DFU_STEP_READS_00)))
            erased = s;
    }
    int rc = DFU_OK;
    struct dfui_span first = {blank->range, blank->alt, blank->region, 0};
    if (erased != NULL)
        first = (struct dfui_span){{erased->address, erased->address + erased->length}, erased->alt, erased->region, 0};
    else
        rc = erase_step(plan, blank, 0, err);
    first.range.end = dfui_min(first.range.end, first.range.start + plan->target.block_size);
    /* With no other sector to decide about, the write looks soon enough. */
    const struct dfui_sector *end = plan->sectors.items + plan->sectors.count;
    bool more = erased != NULL;
    for (const struct dfui_sector *s = blank + 1; !more && s < end; s++)
        more =
            (s->state == DFUI_SECTOR_FF || s->state == DFUI_SECTOR_00) && dfui_plan_memory(plan, s->region) == memory;
    return rc == DFU_OK && more ? dfui_plan_run(plan, &first, DFU_STEP_PROBE, false, err) : rc;
}

int dfui_plan_erase_sectors(struct dfu_plan *plan, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < plan->sectors.count; i++) {
        if (plan->sectors.items[i].state == DFUI_SECTOR_ERASE)
            rc = erase_step(plan, &plan->sectors.items[i], 0, err);
    }
    for (size_t i = 0; rc == DFU_OK && i < plan->sectors.count; i++) {
        struct dfui_sector *s = &plan->sectors.items[i];
        if (s->state != DFUI_SECTOR_FF && s->state != DFUI_SECTOR_00)
            continue;
        size_t before = plan->summary.erase_sectors;
        if (!(plan->target.flags & DFU_TARGET_ERASED_FF))
            rc = learn_erased_value(plan, s, err);
        if (rc == DFU_OK && plan->summary.erase_sectors == before)
            rc = erase_step(plan, s, s->state == DFUI_SECTOR_FF ? DFU_STEP_READS_FF : DFU_STEP_READS_00, err);
    }
    return rc;
}

/* Reads back the first block of every sector that the plan erases. */
static int check_blank(struct dfu_plan *plan, struct dfu_error **err)
{
    size_t count = plan->count;
    for (size_t i = 0; i < count; i++) {
        struct dfu_step s = plan->steps[i];
        const struct dfu_region *r = dfui_map_region(plan->map, s.region);
        if (s.kind != DFU_STEP_ERASE || r == NULL || !(r->access & DFU_ACCESS_READ))
            continue;
        uint64_t length = dfui_min(s.length, plan->target.block_size);
        struct dfui_span span = {{s.address, s.address + length}, s.alt, s.region, 0};
        int rc = dfui_plan_run(plan, &span, DFU_STEP_BLANK, false, err);
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

static bool can_read_back(const struct dfu_plan *plan)
{
    return !(plan->options.flags & DFU_PLAN_NO_VERIFY) && (plan->target.attributes & DFU_CAN_UPLOAD);
}

/* Every region that can be erased without lifting a check. */
static int all_erasable(struct dfui_extents *list, const struct dfu_plan *plan, struct dfu_error **err)
{
    for (size_t i = 0; i < dfu_memmap_count(plan->map); i++) {
        const struct dfu_region *r = dfui_map_region(plan->map, i);
        if (!(r->access & DFU_ACCESS_ERASE) || r->kind != DFU_MEMORY_NORMAL || r->count == 0 ||
            dfui_map_duplicate(plan->map, r->alt, NULL) ||
            ((plan->options.flags & DFU_PLAN_ALT_SET) && r->alt != plan->options.alt))
            continue;
        int rc = dfui_extents_add(list, plan, r->alt, dfui_region_range(r), DFUI_INTENT_ERASE, err);
        if (rc != DFU_OK)
            return rc;
    }
    if (list->count == 0)
        return dfu_error_set(err, DFU_ERR_RANGE, "the device has no erasable memory");
    return DFU_OK;
}

static int by_address(const void *a, const void *b)
{
    const struct dfu_range *x = a;
    const struct dfu_range *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Sorted, so that neighbours that share a sector come after each other. */
static int ranges_to_extents(struct dfui_extents *list, const struct dfu_plan *plan, const struct dfu_range *ranges,
                             size_t count, struct dfu_error **err)
{
    struct dfu_range *sorted = malloc(count * sizeof *sorted);
    if (sorted == NULL)
        return dfui_error_no_memory(err);
    memcpy(sorted, ranges, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_address);
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < count; i++) {
        if (dfui_range_empty(sorted[i]) || sorted[i].end > DFUI_4GIB)
            rc = dfu_error_set(err, DFU_ERR_RANGE, "range 0x%08" PRIX64 "..0x%08" PRIX64 " is empty or past 4 GiB",
                               sorted[i].start, sorted[i].end);
        else
            rc = dfui_extents_add(list, plan, DFU_ALT_ANY, sorted[i], DFUI_INTENT_ERASE, err);
    }
    free(sorted);
    return rc;
}

int dfu_plan_erase(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_range *ranges,
                   size_t count, const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    struct dfui_extents extents = {NULL, 0};
    int rc = dfui_plan_new(map, target, NULL, options, out, err);
    if (rc != DFU_OK)
        return rc;
    if (dfui_plan_is_plain(*out))
        rc = dfui_plan_plain_refuse("erase", err);
    else
        rc = count == 0 ? all_erasable(&extents, *out, err) : ranges_to_extents(&extents, *out, ranges, count, err);
    if (rc == DFU_OK)
        rc = dfui_sectors_add(&(*out)->sectors, *out, &extents, err);
    if (rc == DFU_OK)
        rc = dfui_plan_erase_sectors(*out, err);
    if (rc == DFU_OK && can_read_back(*out)) {
        rc = check_blank(*out, err);
        (*out)->summary.verifies = 1;
    }
    dfui_extents_free(&extents);
    if (rc != DFU_OK) {
        dfu_plan_free(*out);
        *out = NULL;
    }
    return rc;
}

int dfu_plan_mass_erase(const struct dfu_memmap *map, const struct dfu_target *target,
                        const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    struct dfui_extents extents = {NULL, 0};
    int rc = dfui_plan_new(map, target, NULL, options, out, err);
    if (rc != DFU_OK)
        return rc;
    struct dfu_plan *plan = *out;
    rc = dfui_plan_is_plain(plan) ? dfui_plan_plain_refuse("erase", err) : all_erasable(&extents, plan, err);
    /* The command erases the memory behind the first such alt: internal flash, in every known loader. */
    uint32_t alt = rc == DFU_OK && extents.count > 0 ? extents.items[0].alt : 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < extents.count; i++)
        bytes += extents.items[i].alt == alt ? extents.items[i].range.end - extents.items[i].range.start : 0;
    if (rc == DFU_OK && extents.count > 0) {
        struct dfu_step step = {.kind = DFU_STEP_MASS_ERASE,
                                .alt = alt,
                                .address = extents.items[0].range.start,
                                .length = (uint32_t)dfui_min(bytes, UINT32_MAX),
                                .region = extents.items[0].region};
        rc = dfui_plan_step(plan, &step, err);
    }
    for (size_t i = 0; rc == DFU_OK && can_read_back(plan) && i < extents.count; i++) {
        const struct dfui_extent *e = &extents.items[i];
        const struct dfu_region *r = dfui_map_region(map, e->region);
        if (e->alt != alt || !(r->access & DFU_ACCESS_READ))
            continue;
        struct dfui_span span = {e->range, e->alt, e->region, 0};
        rc = dfui_plan_run(plan, &span, DFU_STEP_BLANK, false, err);
        plan->summary.verifies = 1;
    }
    dfui_extents_free(&extents);
    if (rc != DFU_OK) {
        dfu_plan_free(plan);
        *out = NULL;
    }
    return rc;
}
