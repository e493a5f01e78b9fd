/* SPDX-License-Identifier: BSD-2-Clause */
/* Planning a flash job: erase, program, verify, leave (protocol rules 4 and 7). */
#include "op/plan_private.h"
#include <inttypes.h>
#include <stdlib.h>

/* Largest flash word of any supported part (H7): runs in erased sectors begin and end on it. */
#define FLASH_WORD 32u
/* Word that loaders write memories in that are not erased; fewer bytes leave stale ones behind the data. */
#define PLAIN_WORD 4u
/* Half-covered sectors named one by one; more are summed up. */
#define NAMED_SECTORS 8

/* Is all of [from, to) of this alt erased when the plan comes to writing? */
static bool erased_by_plan(const struct dfu_plan *plan, uint32_t alt, uint64_t from, uint64_t to)
{
    while (from < to) {
        const struct dfui_sector *s = dfui_sectors_at(&plan->sectors, alt, from);
        if (s == NULL || s->state == DFUI_SECTOR_SAME)
            return false;
        from = s->range.end;
    }
    return true;
}

static uint64_t round_down(uint64_t value, uint32_t word)
{
    return value - value % word;
}

static uint64_t round_up(uint64_t value, uint32_t word)
{
    return round_down(value + word - 1, word);
}

/* The span of a fresh extent: its ends moved out to flash words, as far as the erased sectors reach. */
static struct dfui_span fresh_span(const struct dfui_extent *e, const struct dfu_region *r)
{
    struct dfui_span span = {e->range, e->alt, e->region, DFU_STEP_FRESH};
    struct dfu_range first = dfui_sector_of(r, e->range.start);
    struct dfu_range last = dfui_sector_of(r, e->range.end - 1);
    span.range.start = dfui_max(round_down(e->range.start, FLASH_WORD), first.start);
    span.range.end = dfui_min(round_up(e->range.end, FLASH_WORD), last.end);
    return span;
}

static struct dfui_span plain_span(const struct dfui_extent *e, const struct dfu_region *r)
{
    struct dfui_span span = {e->range, e->alt, e->region, 0};
    if (r != NULL && r->kind != DFU_MEMORY_NORMAL) /* OTP is never padded */
        return span;
    struct dfu_range whole = {round_down(e->range.start, PLAIN_WORD), round_up(e->range.end, PLAIN_WORD)};
    if (r != NULL)
        whole = dfui_range_cut(whole, dfui_region_range(r));
    if (whole.start != e->range.start || whole.end != e->range.end)
        span.flags |= DFU_STEP_MERGE;
    span.range = whole;
    return span;
}

/* Joins spans that touch, and fresh ones with less than a block of erased flash between: a filled gap costs
 * less than the SET_ADDRESS of a new run. */
static int add_span(struct dfui_spans *spans, const struct dfu_plan *plan, const struct dfui_span *span,
                    struct dfu_error **err)
{
    if (spans->count > 0) {
        struct dfui_span *last = &spans->items[spans->count - 1];
        if (last->alt == span->alt && last->flags == span->flags && span->range.start <= last->range.end) {
            last->range.end = dfui_max(last->range.end, span->range.end);
            return DFU_OK;
        }
        if (last->alt == span->alt && (last->flags & span->flags & DFU_STEP_FRESH) &&
            span->range.start - last->range.end < plan->target.block_size &&
            erased_by_plan(plan, span->alt, last->range.end, span->range.start)) {
            last->range.end = span->range.end;
            return DFU_OK;
        }
    }
    return dfui_spans_add(spans, span, err);
}

static int make_spans(struct dfui_spans *spans, const struct dfu_plan *plan, const struct dfui_extents *extents,
                      struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < extents->count; i++) {
        const struct dfui_extent *e = &extents->items[i];
        const struct dfu_region *r = e->region == DFUI_NO_STEP_REGION ? NULL : dfui_map_region(plan->map, e->region);
        struct dfui_span span = r != NULL && dfui_plan_erasable(plan, r) ? fresh_span(e, r) : plain_span(e, r);
        if ((span.flags & DFU_STEP_MERGE) && r != NULL && !(r->access & DFU_ACCESS_READ)) {
            (void)dfu_error_set(err, DFU_ERR_RANGE,
                                "0x%08" PRIX64 "..0x%08" PRIX64
                                " does not begin and end on 4 bytes, and %s cannot be read to fill it up",
                                e->range.start, e->range.end, r->name);
            dfu_error_set_hint(err, "fill the image up to multiples of 4 with --fill");
            return DFU_ERR_RANGE;
        }
        rc = add_span(spans, plan, &span, err);
    }
    return rc;
}

/* Did the erases have to learn the erased value already? */
static bool was_probed(const struct dfu_plan *plan, size_t erases, uint32_t memory)
{
    for (size_t i = 0; i < erases; i++) {
        if (plan->steps[i].kind == DFU_STEP_PROBE && dfui_plan_memory(plan, plan->steps[i].region) == memory)
            return true;
    }
    return false;
}

/* The first run in each memory is probed: is it erased, and to which value? */
static int write_runs(struct dfu_plan *plan, const struct dfui_spans *spans, struct dfu_error **err)
{
    bool upload = plan->target.attributes & DFU_CAN_UPLOAD;
    size_t erases = plan->count;
    uint32_t probed = DFUI_NO_STEP_REGION; /* spans are sorted, so a memory's runs follow each other */
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < spans->count; i++) {
        const struct dfui_span *s = &spans->items[i];
        const struct dfu_region *r = dfui_map_region(plan->map, s->region);
        uint32_t memory = dfui_plan_memory(plan, s->region);
        bool probe =
            upload && memory != probed && (s->flags & DFU_STEP_FRESH) && r != NULL && (r->access & DFU_ACCESS_READ);
        if (probe) {
            probed = memory;
            probe = !was_probed(plan, erases, memory);
        }
        rc = dfui_plan_run(plan, s, DFU_STEP_WRITE, probe, err);
    }
    return rc;
}

/* Names the sectors whose other contents go, or go and come back. */
static int note_partial_sectors(struct dfu_plan *plan, struct dfu_error **err)
{
    const char *fate = plan->options.flags & DFU_PLAN_PRESERVE ? "kept" : "erased";
    size_t partial = 0;
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < plan->sectors.count; i++) {
        const struct dfui_sector *s = &plan->sectors.items[i];
        uint64_t length = s->range.end - s->range.start;
        uint64_t covered = s->state == DFUI_SECTOR_ERASE ? dfui_plan_covered(plan, s->alt, s->range) : length;
        if (covered == length || ++partial > NAMED_SECTORS)
            continue;
        rc = dfui_plan_note(plan, DFU_NOTE_INFO, err,
                            "sector 0x%08" PRIX64 "..0x%08" PRIX64 " is covered in part: its other %" PRIu64
                            " bytes are %s",
                            s->range.start, s->range.end, length - covered, fate);
    }
    if (rc == DFU_OK && partial > NAMED_SECTORS)
        rc = dfui_plan_note(plan, DFU_NOTE_INFO, err, "%zu more sectors are covered in part", partial - NAMED_SECTORS);
    return rc;
}

/* The same bytes of one memory may be named twice, for any alt and for one alt. */
static int check_disjoint(const struct dfui_extents *extents, struct dfu_error **err)
{
    for (size_t i = 1; i < extents->count; i++) {
        const struct dfui_extent *a = &extents->items[i - 1];
        const struct dfui_extent *b = &extents->items[i];
        if (a->alt == b->alt && b->range.start < a->range.end)
            return dfu_error_set(err, DFU_ERR_RANGE, "the image holds 0x%08" PRIX64 " twice for alternate setting %u",
                                 b->range.start, b->alt);
    }
    return DFU_OK;
}

/* A memory that says it cannot be erased but calls itself flash: the loader erases by itself, or not at all. */
static int note_unerasable_flash(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err)
{
    for (size_t i = 0; i < extents->count; i++) {
        const struct dfu_region *r = extents->items[i].region == DFUI_NO_STEP_REGION
                                         ? NULL
                                         : dfui_map_region(plan->map, extents->items[i].region);
        if (r != NULL && !dfui_plan_erasable(plan, r) && strstr(r->name, "Flash") != NULL)
            return dfui_plan_note(plan, DFU_NOTE_WARNING, err,
                                  "%s says that it cannot be erased: if the loader does not erase by itself, use "
                                  "--force erase",
                                  r->name);
    }
    return DFU_OK;
}

/* Steps for what is left to do. */
static int plan_steps(struct dfu_plan *plan, const struct dfui_extents *todo, struct dfu_error **err)
{
    struct dfui_spans spans = {NULL, 0};
    int rc = dfui_plan_erase_sectors(plan, err);
    if (rc == DFU_OK)
        rc = note_partial_sectors(plan, err);
    if (rc == DFU_OK)
        rc = make_spans(&spans, plan, todo, err);
    if (rc == DFU_OK)
        rc = write_runs(plan, &spans, err);
    dfui_spans_free(&spans);
    if (rc == DFU_OK && todo->count == 0)
        plan->summary.verifies = 1; /* all of it was compared to come to this */
    else if (rc == DFU_OK && !(plan->options.flags & DFU_PLAN_NO_VERIFY))
        rc = dfui_plan_verify_image(plan, todo, err);
    return rc;
}

static int fill_plan(struct dfu_plan *plan, struct dfui_extents *extents, struct dfui_extents *todo,
                     struct dfu_error **err)
{
    int rc = dfui_extents_of_image(extents, plan, DFUI_INTENT_WRITE, err);
    if (rc != DFU_OK)
        return rc;
    dfui_extents_sort(extents);
    for (size_t i = 0; i < extents->count; i++)
        plan->summary.image_bytes += extents->items[i].range.end - extents->items[i].range.start;
    rc = check_disjoint(extents, err);
    if (rc == DFU_OK)
        rc = dfui_plan_sanity(plan, extents, err);
    if (rc == DFU_OK)
        rc = note_unerasable_flash(plan, extents, err);
    if (rc == DFU_OK)
        rc = dfui_sectors_add(&plan->sectors, plan, extents, err);
    if (rc != DFU_OK)
        return rc;
    dfui_plan_diff(plan);
    rc = dfui_plan_todo(plan, extents, todo, err);
    if (rc == DFU_OK && (plan->options.flags & DFU_PLAN_PRESERVE))
        rc = dfui_plan_keep(plan, todo, err);
    if (rc == DFU_OK)
        rc = plan_steps(plan, todo, err);
    if (rc == DFU_OK && (plan->options.flags & DFU_PLAN_DIFF)) {
        plan->sent_bytes = dfui_plan_sent(plan, todo);
        plan->full_bytes = dfui_plan_sent(plan, extents);
        rc = dfui_plan_note_diff(plan, todo, err);
    }
    if (rc == DFU_OK && (plan->options.flags & (DFU_PLAN_LEAVE | DFU_PLAN_LEAVE_SET)))
        rc = dfui_plan_leave_step(plan, extents, err);
    return rc;
}

/* Plain DFU knows neither sectors nor addresses. */
static int plan_plain(struct dfu_plan *plan, struct dfu_error **err)
{
    if (plan->options.flags & DFU_PLAN_PRESERVE)
        return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "plain DFU has no sectors of which a part could be kept");
    int rc = dfui_plan_plain_write(plan, err);
    if (rc == DFU_OK && (plan->options.flags & DFU_PLAN_DIFF))
        rc = dfui_plan_note(plan, DFU_NOTE_INFO, err, "plain DFU takes an image as a whole: everything is written");
    return rc;
}

int dfu_plan_write(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_image *image,
                   const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    struct dfui_extents extents = {NULL, 0};
    struct dfui_extents todo = {NULL, 0};
    if (image == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no image to write");
    int rc = dfui_plan_new(map, target, image, options, out, err);
    if (rc != DFU_OK)
        return rc;
    if (!((*out)->target.attributes & DFU_CAN_DOWNLOAD))
        rc = dfu_error_set(err, DFU_ERR_UNSUPPORTED, "the device says that it cannot be written (bitCanDnload is 0)");
    if (rc == DFU_OK)
        rc = dfui_plan_is_plain(*out) ? plan_plain(*out, err) : fill_plan(*out, &extents, &todo, err);
    dfui_extents_free(&extents);
    dfui_extents_free(&todo);
    if (rc == DFU_OK) { /* they belong to the caller, who may free them now */
        (*out)->options.contents = NULL;
        (*out)->options.times = NULL;
    } else {
        dfu_plan_free(*out);
        *out = NULL;
    }
    return rc;
}
