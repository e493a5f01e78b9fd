/* SPDX-License-Identifier: BSD-2-Clause */
/* What the device's contents spare: sectors that hold the image already are left alone, blank ones are not erased. */
#include "image/image.h"
#include "op/plan_private.h"
#include <inttypes.h>
#include <stdio.h>

/* Does the device hold every byte of the image in range? What is not known is not held. */
static bool holds_image(const struct dfu_plan *plan, uint32_t alt, struct dfu_range range)
{
    for (uint64_t at = range.start; at < range.end;) {
        const uint8_t *want;
        const uint8_t *have;
        uint64_t length;
        dfui_image_at(plan->image, alt, at, range.end, &want, &length);
        if (want != NULL) {
            dfui_image_at(plan->options.contents, alt, at, at + length, &have, &length);
            if (have == NULL || memcmp(want, have, (size_t)length) != 0)
                return false;
        }
        at += length;
    }
    return true;
}

/* Is all of range known, and every byte of it the same? */
static bool is_uniform(const struct dfu_image *contents, uint32_t alt, struct dfu_range range, uint8_t value)
{
    for (uint64_t at = range.start; at < range.end;) {
        const uint8_t *have;
        uint64_t length;
        dfui_image_at(contents, alt, at, range.end, &have, &length);
        if (have == NULL || have[0] != value || memcmp(have, have + 1, (size_t)length - 1) != 0)
            return false;
        at += length;
    }
    return true;
}

void dfui_plan_diff(struct dfu_plan *plan)
{
    const struct dfu_image *contents = plan->options.contents;
    if (contents == NULL || !(plan->options.flags & DFU_PLAN_DIFF))
        return;
    for (size_t i = 0; i < plan->sectors.count; i++) {
        struct dfui_sector *s = &plan->sectors.items[i];
        if (holds_image(plan, s->alt, s->range)) {
            s->state = DFUI_SECTOR_SAME;
            plan->summary.unchanged_sectors++;
        } else if (is_uniform(contents, s->alt, s->range, 0xFF)) {
            s->state = DFUI_SECTOR_FF;
        } else if (!(plan->target.flags & DFU_TARGET_ERASED_FF) && is_uniform(contents, s->alt, s->range, 0x00)) {
            s->state = DFUI_SECTOR_00;
        }
    }
}

/* The sector of memory that is not erased is only a unit to compare by. */
static struct dfu_range unit_at(const struct dfu_plan *plan, const struct dfui_extent *e, uint64_t at, bool *same)
{
    const struct dfui_sector *sector = dfui_sectors_at(&plan->sectors, e->alt, at);
    struct dfu_range unit = e->range;
    *same = false;
    if (sector != NULL) {
        *same = sector->state == DFUI_SECTOR_SAME;
        unit = sector->range;
    } else if (e->region != DFUI_NO_STEP_REGION && plan->options.contents != NULL &&
               (plan->options.flags & DFU_PLAN_DIFF)) {
        unit = dfui_range_cut(e->range, dfui_sector_of(dfui_map_region(plan->map, e->region), at));
        *same = holds_image(plan, e->alt, unit);
    }
    return (struct dfu_range){at, dfui_min(unit.end, e->range.end)};
}

int dfui_plan_todo(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfui_extents *todo,
                   struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t i = 0; i < extents->count; i++) {
        struct dfui_extent rest = extents->items[i];
        const struct dfui_extent *e = &extents->items[i];
        rest.range.end = rest.range.start;
        for (uint64_t at = e->range.start; rc == DFU_OK && at < e->range.end;) {
            bool same;
            struct dfu_range unit = unit_at(plan, e, at, &same);
            if (!same) {
                rest.range.end = unit.end;
            } else {
                plan->summary.unchanged_bytes += unit.end - unit.start;
                rc = dfui_range_empty(rest.range) ? DFU_OK : dfui_extents_append(todo, &rest, err);
                rest.range = (struct dfu_range){unit.end, unit.end};
            }
            at = unit.end;
        }
        if (rc == DFU_OK && !dfui_range_empty(rest.range))
            rc = dfui_extents_append(todo, &rest, err);
    }
    return rc;
}

/* Erasable sectors of which not even the first byte is known. */
static size_t count_unknown(const struct dfu_plan *plan)
{
    size_t unknown = 0;
    for (size_t i = 0; i < plan->sectors.count; i++) {
        const struct dfui_sector *s = &plan->sectors.items[i];
        const uint8_t *have = NULL;
        uint64_t length;
        if (plan->options.contents != NULL)
            dfui_image_at(plan->options.contents, s->alt, s->range.start, s->range.end, &have, &length);
        unknown += have == NULL;
    }
    return unknown;
}

/* Tenths of a second, without floating point and its decimal comma. */
#define SECONDS "%" PRIu64 ".%" PRIu64 " s"
#define TENTHS(us) ((us) + 50000) / 1000000, ((us) + 50000) / 100000 % 10

static void format_times(const struct dfu_plan *plan, char *text, size_t size)
{
    struct dfu_estimate e = {.size = sizeof e};
    text[0] = '\0';
    if (dfu_plan_estimate(plan, plan->options.times, &e) == DFU_OK)
        (void)snprintf(text, size,
                       ": erase " SECONDS " + write " SECONDS " + read back " SECONDS " instead of " SECONDS,
                       TENTHS(e.erase_us), TENTHS(e.write_us), TENTHS(e.verify_us), TENTHS(e.full_us));
}

/* Blocks that are blank are not sent. What is kept beside the image is sent on top of it. */
static void format_bytes(const struct dfu_plan *plan, char *text, size_t size)
{
    if (plan->sent_bytes < plan->full_bytes)
        (void)snprintf(text, size, ", %" PRIu64 " instead of %" PRIu64 " bytes to write", plan->sent_bytes,
                       plan->full_bytes);
    else
        (void)snprintf(text, size, ", %" PRIu64 " bytes to write", plan->sent_bytes);
}

int dfui_plan_note_diff(struct dfu_plan *plan, const struct dfui_extents *todo, struct dfu_error **err)
{
    const struct dfu_plan_summary *s = &plan->summary;
    size_t count = plan->sectors.count;
    size_t unknown = count_unknown(plan);
    char blank[48] = "";
    char bytes[80];
    char times[160];
    if (todo->count == 0)
        return dfui_plan_note(plan, DFU_NOTE_INFO, err, "the device holds the image already");
    if (plan->options.contents == NULL || (count > 0 && unknown == count))
        return dfui_plan_note(plan, DFU_NOTE_INFO, err,
                              "what the device holds is not known: everything is written, equal or not");
    if (count == 0)
        return DFU_OK;
    if (s->blank_sectors > 0)
        (void)snprintf(blank, sizeof blank, ", %" PRIu32 " of them blank already", s->blank_sectors);
    format_bytes(plan, bytes, sizeof bytes);
    format_times(plan, times, sizeof times);
    int rc =
        dfui_plan_note(plan, DFU_NOTE_INFO, err, "%zu of %zu sector%s differ%s%s%s%s", count - s->unchanged_sectors,
                       count, count == 1 ? "" : "s", count == 1 ? "s" : "", blank, bytes, times);
    if (rc == DFU_OK && unknown > 0)
        rc = dfui_plan_note(plan, DFU_NOTE_INFO, err, "%zu sector%s could not be read: written, equal or not", unknown,
                            unknown == 1 ? "" : "s");
    return rc;
}
