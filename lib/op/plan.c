/* SPDX-License-Identifier: BSD-2-Clause */
/* The plan object: a list of steps, notes and totals. */
#include "op/plan_private.h"
#include <stdlib.h>

/* 4 GiB in blocks of 64 bytes, twice: far above what anyone plans, far below what memory can hold. */
#define MAX_STEPS (UINT32_MAX / sizeof(struct dfu_step))

int dfui_plan_new(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_image *image,
                  const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    struct dfu_target t;
    struct dfu_plan_options o;
    if (out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no place for the plan");
    *out = NULL;
    if (map == NULL || target == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "a plan needs a map and a target");
    int rc = dfui_sized_in(&t, sizeof t, target, "target", err);
    if (rc == DFU_OK)
        rc = dfui_sized_in(&o, sizeof o, options, "plan options", err);
    if (rc != DFU_OK)
        return rc;
    if (t.block_size == 0)
        t.block_size = t.transfer_size;
    if (t.transfer_size == 0 || t.transfer_size > UINT16_MAX || t.block_size > UINT16_MAX)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "blocks of %u bytes and a transfer size of %u cannot be used",
                             t.block_size, t.transfer_size);
    struct dfu_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return dfui_error_no_memory(err);
    plan->map = map;
    plan->image = image;
    plan->target = t;
    plan->options = o;
    plan->summary.size = sizeof plan->summary;
    *out = plan;
    return DFU_OK;
}

void dfu_plan_free(struct dfu_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->note_count; i++)
        free(plan->notes[i].text);
    free(plan->notes);
    free(plan->steps);
    dfui_sectors_free(&plan->sectors);
    dfu_image_free(plan->kept);
    free(plan);
}

uint32_t dfui_plan_memory(const struct dfu_plan *plan, uint32_t region)
{
    const struct dfu_region *r = dfui_map_region(plan->map, region);
    while (r != NULL && region > 0) {
        const struct dfu_region *before = dfui_map_region(plan->map, region - 1);
        if (before->alt != r->alt || before->end != r->start)
            break;
        r = before;
        region--;
    }
    return region;
}

static void count_step(struct dfu_plan_summary *s, const struct dfu_step *step)
{
    switch (step->kind) {
    case DFU_STEP_ERASE:
        if (step->flags & (DFU_STEP_READS_FF | DFU_STEP_READS_00))
            s->blank_sectors++;
        else
            s->erase_sectors++;
        break;
    case DFU_STEP_WRITE:
        s->write_blocks++;
        s->write_bytes += step->length;
        break;
    case DFU_STEP_VERIFY:
        s->verify_bytes += step->length;
        break;
    case DFU_STEP_READ:
    case DFU_STEP_BLANK:
        s->read_bytes += step->length;
        break;
    case DFU_STEP_LEAVE:
        s->leaves = 1;
        s->leave_address = step->address;
        break;
    default:
        break;
    }
    s->steps++;
}

int dfui_plan_step(struct dfu_plan *plan, const struct dfu_step *step, struct dfu_error **err)
{
    if (plan->count == plan->capacity) {
        size_t capacity = plan->capacity == 0 ? 64 : plan->capacity * 2;
        if (capacity > MAX_STEPS)
            return dfu_error_set(err, DFU_ERR_RANGE, "the job needs more than %zu steps", (size_t)MAX_STEPS / 2);
        struct dfu_step *steps = realloc(plan->steps, capacity * sizeof *steps);
        if (steps == NULL)
            return dfui_error_no_memory(err);
        plan->steps = steps;
        plan->capacity = capacity;
    }
    plan->steps[plan->count] = *step;
    plan->steps[plan->count++].size = sizeof *step;
    count_step(&plan->summary, step);
    return DFU_OK;
}

int dfui_plan_note(struct dfu_plan *plan, int kind, struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = dfui_vformat(format, args);
    va_end(args);
    struct dfui_note *notes = realloc(plan->notes, (plan->note_count + 1) * sizeof *notes);
    if (notes != NULL)
        plan->notes = notes;
    if (notes == NULL || text == NULL) {
        free(text);
        return dfui_error_no_memory(err);
    }
    notes[plan->note_count++] = (struct dfui_note){text, kind};
    return DFU_OK;
}

int dfu_plan_step(const struct dfu_plan *plan, size_t index, struct dfu_step *step)
{
    if (plan == NULL || index >= plan->count)
        return DFU_ERR_RANGE;
    return dfui_sized_out(step, &plan->steps[index], sizeof *step);
}

int dfu_plan_summarize(const struct dfu_plan *plan, struct dfu_plan_summary *summary)
{
    if (plan == NULL)
        return DFU_ERR_ARGUMENT;
    return dfui_sized_out(summary, &plan->summary, sizeof *summary);
}

const struct dfu_image *dfu_plan_kept(const struct dfu_plan *plan)
{
    return plan == NULL ? NULL : plan->kept;
}

size_t dfu_plan_note_count(const struct dfu_plan *plan)
{
    return plan == NULL ? 0 : plan->note_count;
}

const char *dfu_plan_note(const struct dfu_plan *plan, size_t index, int *kind)
{
    if (plan == NULL || index >= plan->note_count)
        return NULL;
    if (kind != NULL)
        *kind = plan->notes[index].kind;
    return plan->notes[index].text;
}
