/* SPDX-License-Identifier: BSD-2-Clause */
/* Which part of which region a range is, and whether it may be used as intended. */
#include "image/image.h"
#include "op/plan_private.h"
#include <inttypes.h>
#include <stdlib.h>

static const char *verb(enum dfui_intent intent)
{
    return intent == DFUI_INTENT_READ ? "read" : intent == DFUI_INTENT_WRITE ? "write" : "erase";
}

int dfui_extents_append(struct dfui_extents *list, const struct dfui_extent *e, struct dfu_error **err)
{
    struct dfui_extent *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return dfui_error_no_memory(err);
    list->items = items;
    items[list->count++] = *e;
    return DFU_OK;
}

static int by_alt_and_address(const void *a, const void *b)
{
    const struct dfui_extent *x = a;
    const struct dfui_extent *y = b;
    if (x->alt != y->alt)
        return x->alt < y->alt ? -1 : 1;
    return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

void dfui_extents_sort(struct dfui_extents *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, by_alt_and_address);
}

void dfui_extents_free(struct dfui_extents *list)
{
    free(list->items);
    list->items = NULL;
    list->count = 0;
}

/* Names the regions on either side of an address that no region holds. */
static void tell_neighbours(const struct dfu_plan *plan, uint32_t alt, uint64_t address, struct dfu_error **err)
{
    size_t before;
    size_t after;
    dfui_map_neighbours(plan->map, alt, address, &before, &after);
    const struct dfu_region *b = dfui_map_region(plan->map, before);
    const struct dfu_region *a = dfui_map_region(plan->map, after);
    if (b != NULL && a != NULL)
        dfu_error_set_cause(err, "%s ends at 0x%08" PRIX64 ", %s begins at 0x%08" PRIX64, b->name, b->end, a->name,
                            a->start);
    else if (b != NULL)
        dfu_error_set_cause(err, "%s ends at 0x%08" PRIX64, b->name, b->end);
    else if (a != NULL)
        dfu_error_set_cause(err, "%s begins at 0x%08" PRIX64, a->name, a->start);
    else
        dfu_error_set_cause(err, "the device tells of no memory at all");
}

/* First address at or after `from`, below `end`, that some region holds; end when none does. */
static uint64_t next_region_start(const struct dfu_plan *plan, uint32_t alt, uint64_t from, uint64_t end)
{
    size_t before;
    size_t after;
    dfui_map_neighbours(plan->map, alt, from, &before, &after);
    const struct dfu_region *a = dfui_map_region(plan->map, after);
    return a != NULL ? dfui_min(a->start, end) : end;
}

static int outside(const struct dfu_plan *plan, uint32_t alt, struct dfu_range hole, enum dfui_intent intent,
                   struct dfu_error **err)
{
    (void)dfu_error_set(
        err, DFU_ERR_RANGE, "cannot %s 0x%08" PRIX64 "..0x%08" PRIX64 ": %" PRIu64 " byte%s outside every region",
        verb(intent), hole.start, hole.end, hole.end - hole.start, hole.end - hole.start == 1 ? "" : "s");
    dfui_error_address(err, hole.start);
    tell_neighbours(plan, alt, hole.start, err);
    if (intent == DFUI_INTENT_WRITE)
        dfu_error_set_hint(
            err, "leave it out with --exclude 0x%08" PRIX64 "..0x%08" PRIX64 ", or lift the check with --force outside",
            hole.start, hole.end);
    else
        dfu_error_set_hint(err, "choose a range inside the regions that 'dfu info' shows");
    return DFU_ERR_RANGE;
}

static int refused(const struct dfu_plan *plan, const struct dfu_region *r, struct dfu_range part,
                   enum dfui_intent intent, const char *why, const char *force, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_RANGE, "cannot %s 0x%08" PRIX64 "..0x%08" PRIX64 " (%s): it is %s", verb(intent),
                        part.start, part.end, r->name, why);
    dfui_error_address(err, part.start);
    uint64_t linked = intent == DFUI_INTENT_WRITE && plan->image != NULL ? dfui_image_linked_elsewhere(plan->image) : 0;
    if (linked != 0) {
        struct dfu_image_info info = {.size = sizeof info};
        (void)dfu_image_describe(plan->image, &info);
        dfu_error_set_cause(err, "the program is linked for 0x%08" PRIX64 ", flashing at 0x%08" PRIX64, linked,
                            info.span.start);
        dfu_error_set_hint(err, "flash it at the address it is linked for, 0x%08" PRIX64, linked);
    }
    if (intent == DFUI_INTENT_WRITE && force != NULL)
        dfu_error_set_hint(
            err, "leave it out with --exclude 0x%08" PRIX64 "..0x%08" PRIX64 ", or lift the check with --force %s",
            part.start, part.end, force);
    else if (force != NULL)
        dfu_error_set_hint(err, "choose another range, or lift the check with --force %s", force);
    else if (intent == DFUI_INTENT_WRITE)
        dfu_error_set_hint(err, "leave it out with --exclude 0x%08" PRIX64 "..0x%08" PRIX64, part.start, part.end);
    else
        dfu_error_set_hint(err, "choose a range inside the flash that 'dfu info' shows");
    return DFU_ERR_RANGE;
}

static int check_access(const struct dfu_plan *plan, const struct dfu_region *r, struct dfu_range part,
                        enum dfui_intent intent, struct dfu_error **err)
{
    uint32_t force = plan->options.flags;
    if (intent == DFUI_INTENT_READ) {
        /* A missing type letter says nothing about reading, which cannot harm. */
        if (r->access & (DFU_ACCESS_READ | DFU_ACCESS_UNKNOWN))
            return DFU_OK;
        return refused(plan, r, part, intent, "write-only", NULL, err);
    }
    if (r->kind == DFU_MEMORY_OTP && intent == DFUI_INTENT_WRITE && (force & DFU_PLAN_FORCE_OTP))
        return r->access & DFU_ACCESS_READ
                   ? DFU_OK
                   : refused(plan, r, part, intent, "write-only, so it cannot be checked", NULL, err);
    if (r->kind != DFU_MEMORY_NORMAL) {
        static const char *const names[] = {"", "option bytes, which may lock the chip for good",
                                            "one-time programmable", "no memory but device features"};
        return refused(plan, r, part, intent, names[r->kind], NULL, err);
    }
    if (intent == DFUI_INTENT_WRITE && !(r->access & DFU_ACCESS_WRITE) && !(force & DFU_PLAN_FORCE_READONLY))
        return refused(plan, r, part, intent,
                       r->access & DFU_ACCESS_UNKNOWN ? "of unknown type" : "read-only (it may hold the bootloader)",
                       "readonly", err);
    if (intent == DFUI_INTENT_ERASE && !(r->access & DFU_ACCESS_ERASE) && !(force & DFU_PLAN_FORCE_ERASE))
        return refused(plan, r, part, intent, r->access & DFU_ACCESS_WRITE ? "not erasable" : "read-only", "erase",
                       err);
    return DFU_OK;
}

int dfui_extents_add(struct dfui_extents *list, const struct dfu_plan *plan, uint32_t alt, struct dfu_range range,
                     enum dfui_intent intent, struct dfu_error **err)
{
    uint64_t at = range.start;
    if (plan->options.flags & DFU_PLAN_ALT_SET)
        alt = plan->options.alt;
    while (at < range.end) {
        size_t index;
        struct dfu_error *miss = NULL;
        int rc = dfu_memmap_find(plan->map, alt, at, &index, &miss);
        if (rc == DFU_ERR_RANGE) {
            dfui_error_clear(&miss);
            struct dfu_range hole = {at, next_region_start(plan, alt, at, range.end)};
            if (intent == DFUI_INTENT_ERASE || !(plan->options.flags & DFU_PLAN_FORCE_OUTSIDE))
                return outside(plan, alt, hole, intent, err);
            struct dfui_extent e = {hole, alt == DFU_ALT_ANY ? 0 : alt, DFUI_NO_STEP_REGION};
            rc = dfui_extents_append(list, &e, err);
            at = hole.end;
        } else if (rc != DFU_OK) {
            if (err != NULL)
                *err = miss;
            else
                dfui_error_clear(&miss);
        } else {
            const struct dfu_region *r = dfui_map_region(plan->map, index);
            struct dfu_range part = {at, dfui_min(range.end, r->end)};
            struct dfui_extent e = {part, r->alt, (uint32_t)index};
            rc = check_access(plan, r, part, intent, err);
            if (rc == DFU_OK)
                rc = dfui_extents_append(list, &e, err);
            at = part.end;
        }
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

int dfui_extents_of_image(struct dfui_extents *list, const struct dfu_plan *plan, enum dfui_intent intent,
                          struct dfu_error **err)
{
    size_t count = dfu_image_count(plan->image);
    if (count == 0)
        return dfu_error_set(err, DFU_ERR_RANGE, "the image is empty");
    for (size_t i = 0; i < count; i++) {
        struct dfu_segment s = {.size = sizeof s};
        (void)dfu_image_segment(plan->image, i, &s);
        struct dfu_range range = {s.address, s.address + s.length};
        int rc = dfui_extents_add(list, plan, s.alt, range, intent, err);
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

bool dfui_plan_program_base(const struct dfu_plan *plan, const struct dfui_extents *extents, uint64_t *base)
{
    /* Regions in the map's order: internal flash is the first alt of every known loader. */
    uint32_t best = DFUI_NO_STEP_REGION;
    for (size_t i = 0; i < extents->count; i++) {
        const struct dfui_extent *e = &extents->items[i];
        if (e->region == DFUI_NO_STEP_REGION || dfui_map_region(plan->map, e->region)->kind != DFU_MEMORY_NORMAL)
            continue;
        if (e->region < best) {
            best = e->region;
            *base = e->range.start;
        }
    }
    return best != DFUI_NO_STEP_REGION;
}
