/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what a write plan wants to know: with DFU_PLAN_DIFF, and with DFU_PLAN_PRESERVE. */
#include "image/image.h"
#include "op/plan_private.h"
#include <inttypes.h>

static int cannot_keep(const struct dfui_sector *s, const char *why, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED,
                        "sector 0x%08" PRIX64 "..0x%08" PRIX64 " is covered in part, and the rest cannot be kept: %s",
                        s->range.start, s->range.end, why);
    dfui_error_address(err, s->range.start);
    dfu_error_set_hint(err, "leave out --preserve: what the image does not cover in a sector is erased then");
    return DFU_ERR_UNSUPPORTED;
}

/* The next range is one run with the last where they touch. */
static int add(struct dfui_spans *spans, struct dfu_range range, uint32_t alt, uint32_t region, struct dfu_error **err)
{
    struct dfui_span *last = spans->count > 0 ? &spans->items[spans->count - 1] : NULL;
    if (last != NULL && last->alt == alt && range.start <= last->range.end) {
        last->range.end = dfui_max(last->range.end, range.end);
        return DFU_OK;
    }
    return dfui_spans_add(spans, &(struct dfui_span){range, alt, region, 0}, err);
}

/* What is beside the image in a sector. */
static int add_rest(struct dfui_spans *spans, const struct dfu_plan *plan, const struct dfui_sector *s,
                    struct dfu_error **err)
{
    int rc = DFU_OK;
    for (uint64_t at = s->range.start; rc == DFU_OK && at < s->range.end;) {
        const uint8_t *own;
        uint64_t length;
        dfui_image_at(plan->image, s->alt, at, s->range.end, &own, &length);
        if (own == NULL)
            rc = add(spans, (struct dfu_range){at, at + length}, s->alt, s->region, err);
        at += length;
    }
    return rc;
}

static int survey_sector(struct dfui_spans *spans, const struct dfu_plan *plan, const struct dfui_sector *s,
                         struct dfu_error **err)
{
    bool diff = plan->options.flags & DFU_PLAN_DIFF;
    bool upload = plan->target.attributes & DFU_CAN_UPLOAD;
    bool partial = dfui_plan_covered(plan, s->alt, s->range) < s->range.end - s->range.start;
    bool keep = partial && (plan->options.flags & DFU_PLAN_PRESERVE);
    if (keep && !upload)
        return cannot_keep(s, "the device says that it cannot be read (bitCanUpload is 0)", err);
    if (keep && !dfui_plan_readable(plan, s->region))
        return cannot_keep(s, "the memory is write-only", err);
    if (!upload || !dfui_plan_readable(plan, s->region) || (!diff && !keep))
        return DFU_OK;
    return diff ? add(spans, s->range, s->alt, s->region, err) : add_rest(spans, plan, s, err);
}

/* In the order of addresses: an extent is either in erasable memory, or read as it is. */
static int survey(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err)
{
    struct dfui_spans spans = {NULL, 0};
    bool diff = plan->options.flags & DFU_PLAN_DIFF;
    size_t next = 0;
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < extents->count; i++) {
        const struct dfui_extent *e = &extents->items[i];
        const struct dfui_sector *under = dfui_sectors_at(&plan->sectors, e->alt, e->range.start);
        if (under == NULL && diff && e->region != DFUI_NO_STEP_REGION && (plan->target.attributes & DFU_CAN_UPLOAD) &&
            dfui_plan_readable(plan, e->region))
            rc = add(&spans, e->range, e->alt, e->region, err);
        for (; rc == DFU_OK && under != NULL && next < plan->sectors.count; next++) {
            const struct dfui_sector *s = &plan->sectors.items[next];
            if (s->alt != e->alt || s->range.start >= e->range.end)
                break;
            rc = survey_sector(&spans, plan, s, err);
        }
    }
    for (size_t i = 0; rc == DFU_OK && i < spans.count; i++)
        rc = dfui_plan_run(plan, &spans.items[i], DFU_STEP_READ, false, err);
    dfui_spans_free(&spans);
    return rc;
}

static int fill_survey(struct dfu_plan *plan, struct dfui_extents *extents, struct dfu_error **err)
{
    if (dfui_plan_is_plain(plan)) {
        if (plan->options.flags & DFU_PLAN_PRESERVE)
            return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "plain DFU has no sectors of which a part could be kept");
        return DFU_OK;
    }
    int rc = dfui_extents_of_image(extents, plan, DFUI_INTENT_WRITE, err);
    if (rc != DFU_OK)
        return rc;
    dfui_extents_sort(extents);
    /* What a write would be refused for is no reason to read first. */
    if (plan->options.flags & DFU_PLAN_STRICT)
        rc = dfui_plan_sanity(plan, extents, err);
    if (rc == DFU_OK)
        rc = dfui_sectors_add(&plan->sectors, plan, extents, err);
    return rc == DFU_OK ? survey(plan, extents, err) : rc;
}

int dfu_plan_survey(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_image *image,
                    const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    struct dfui_extents extents = {NULL, 0};
    if (image == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no image to plan a survey for");
    int rc = dfui_plan_new(map, target, image, options, out, err);
    if (rc != DFU_OK)
        return rc;
    (*out)->survey = true;
    rc = fill_survey(*out, &extents, err);
    dfui_extents_free(&extents);
    if (rc != DFU_OK) {
        dfu_plan_free(*out);
        *out = NULL;
    }
    return rc;
}
