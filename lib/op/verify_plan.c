/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans that read: comparing with an image, and reading for the caller. */
#include "op/plan_private.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool dfui_plan_readable(const struct dfu_plan *plan, uint32_t region)
{
    const struct dfu_region *r = region == DFUI_NO_STEP_REGION ? NULL : dfui_map_region(plan->map, region);
    return r == NULL || (r->access & (DFU_ACCESS_READ | DFU_ACCESS_UNKNOWN));
}

/* Adds e to the last span when nothing, or nothing unreadable and less than a block, lies between. */
static int join(struct dfui_spans *spans, const struct dfu_plan *plan, const struct dfui_extent *e,
                struct dfu_error **err)
{
    if (spans->count > 0) {
        struct dfui_span *last = &spans->items[spans->count - 1];
        bool near = last->alt == e->alt && e->range.start >= last->range.end &&
                    e->range.start - last->range.end < plan->target.block_size;
        /* Across a gap only inside one region, where everything is known to be readable. */
        if (near && (e->range.start == last->range.end || last->region == e->region)) {
            last->range.end = e->range.end;
            return DFU_OK;
        }
    }
    struct dfui_span span = {e->range, e->alt, e->region, 0};
    return dfui_spans_add(spans, &span, err);
}

static int plan_spans(struct dfu_plan *plan, const struct dfui_spans *spans, uint32_t kind, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < spans->count; i++)
        rc = dfui_plan_run(plan, &spans->items[i], kind, false, err);
    return rc;
}

static int cannot_verify(struct dfu_plan *plan, const char *why, struct dfu_error **err)
{
    if (plan->options.flags & DFU_PLAN_REQUIRE_VERIFY) {
        (void)dfu_error_set(err, DFU_ERR_MISMATCH, "what would be written cannot be verified: %s", why);
        dfu_error_set_hint(err, "leave out --require-verify to flash without reading back");
        return DFU_ERR_MISMATCH;
    }
    return dfui_plan_note(plan, DFU_NOTE_NO_VERIFY, err, "not verified: %s", why);
}

int dfui_plan_verify_image(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err)
{
    struct dfui_spans spans = {NULL, 0};
    int rc = DFU_OK;
    if (!(plan->target.attributes & DFU_CAN_UPLOAD))
        return cannot_verify(plan, "the device says that it cannot be read back (bitCanUpload is 0)", err);
    plan->summary.verifies = 1;
    for (size_t i = 0; rc == DFU_OK && i < extents->count; i++) {
        const struct dfui_extent *e = &extents->items[i];
        if (dfui_plan_readable(plan, e->region)) {
            rc = join(&spans, plan, e, err);
            continue;
        }
        char why[160];
        (void)snprintf(why, sizeof why, "%s at 0x%08" PRIX64 " is write-only",
                       dfui_map_region(plan->map, e->region)->name, e->range.start);
        plan->summary.verifies = 0;
        rc = cannot_verify(plan, why, err);
    }
    if (rc == DFU_OK)
        rc = plan_spans(plan, &spans, DFU_STEP_VERIFY, err);
    dfui_spans_free(&spans);
    return rc;
}

static int finish(struct dfu_plan **out, struct dfui_extents *extents, int rc)
{
    dfui_extents_free(extents);
    if (rc != DFU_OK) {
        dfu_plan_free(*out);
        *out = NULL;
    }
    return rc;
}

static int need_upload(const struct dfu_plan *plan, struct dfu_error **err)
{
    if (plan->target.attributes & DFU_CAN_UPLOAD)
        return DFU_OK;
    return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "the device says that it cannot be read back (bitCanUpload is 0)");
}

int dfu_plan_verify(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_image *image,
                    const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    struct dfui_extents extents = {NULL, 0};
    if (image == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no image to compare with");
    int rc = dfui_plan_new(map, target, image, options, out, err);
    if (rc != DFU_OK)
        return rc;
    rc = need_upload(*out, err);
    if (rc == DFU_OK && dfui_plan_is_plain(*out))
        return finish(out, &extents, dfui_plan_plain_verify(*out, err));
    if (rc == DFU_OK)
        rc = dfui_extents_of_image(&extents, *out, DFUI_INTENT_READ, err);
    if (rc == DFU_OK)
        rc = dfui_plan_verify_image(*out, &extents, err);
    return finish(out, &extents, rc);
}

/* Flash, told from RAM and EEPROM by being erasable or read-only. */
static bool is_readable_flash(const struct dfu_plan *plan, const struct dfu_region *r)
{
    bool flash = (r->access & DFU_ACCESS_ERASE) || !(r->access & DFU_ACCESS_WRITE);
    return flash && (r->access & DFU_ACCESS_READ) && r->kind == DFU_MEMORY_NORMAL && r->count > 0 &&
           !dfui_map_duplicate(plan->map, r->alt, NULL) &&
           !((plan->options.flags & DFU_PLAN_ALT_SET) && r->alt != plan->options.alt);
}

static int all_readable(struct dfui_extents *list, const struct dfu_plan *plan, struct dfu_error **err)
{
    for (size_t i = 0; i < dfu_memmap_count(plan->map); i++) {
        const struct dfu_region *r = dfui_map_region(plan->map, i);
        if (!is_readable_flash(plan, r))
            continue;
        int rc = dfui_extents_add(list, plan, r->alt, dfui_region_range(r), DFUI_INTENT_READ, err);
        if (rc != DFU_OK)
            return rc;
    }
    if (list->count > 0)
        return DFU_OK;
    (void)dfu_error_set(err, DFU_ERR_RANGE, "the device tells of no readable flash");
    dfu_error_set_hint(err, "give a range, for example 0x08000000+64K");
    return DFU_ERR_RANGE;
}

int dfu_plan_read(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_range *ranges,
                  size_t count, const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    struct dfui_extents extents = {NULL, 0};
    struct dfui_spans spans = {NULL, 0};
    int rc = dfui_plan_new(map, target, NULL, options, out, err);
    if (rc != DFU_OK)
        return rc;
    rc = need_upload(*out, err);
    if (rc == DFU_OK && dfui_plan_is_plain(*out))
        return finish(out, &extents, dfui_plan_plain_read(*out, count, err));
    if (rc == DFU_OK && count == 0)
        rc = all_readable(&extents, *out, err);
    for (size_t i = 0; rc == DFU_OK && i < count; i++) {
        if (dfui_range_empty(ranges[i]) || ranges[i].end > DFUI_4GIB)
            rc = dfu_error_set(err, DFU_ERR_RANGE, "range 0x%08" PRIX64 "..0x%08" PRIX64 " is empty or past 4 GiB",
                               ranges[i].start, ranges[i].end);
        else
            rc = dfui_extents_add(&extents, *out, DFU_ALT_ANY, ranges[i], DFUI_INTENT_READ, err);
    }
    for (size_t i = 0; rc == DFU_OK && i < extents.count; i++) {
        struct dfui_span *last = spans.count > 0 ? &spans.items[spans.count - 1] : NULL;
        if (last != NULL && last->alt == extents.items[i].alt && last->range.end == extents.items[i].range.start)
            last->range.end = extents.items[i].range.end; /* the next region of the same alt: one run */
        else
            rc = dfui_spans_add(
                &spans, &(struct dfui_span){extents.items[i].range, extents.items[i].alt, extents.items[i].region, 0},
                err);
    }
    if (rc == DFU_OK)
        rc = plan_spans(*out, &spans, DFU_STEP_READ, err);
    dfui_spans_free(&spans);
    return finish(out, &extents, rc);
}
