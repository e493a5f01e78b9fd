/* SPDX-License-Identifier: BSD-2-Clause */
/* What verifying finds wrong is written again: a bit may have changed on its way in. */
#include "op/run_private.h"
#include <inttypes.h>

/* At one place: more often is no accident. */
#define MAX_REPAIRS 2

/* In all. */
#define MAX_REDONE 8

bool dfui_run_differs(struct dfui_run *run, const struct dfu_step *step, struct dfu_range *differing)
{
    memcpy(run->other, run->block, step->length);
    (void)dfui_plan_fill(run->plan, step->alt, step->address, run->other, step->length);
    *differing = (struct dfu_range){0, 0};
    for (uint32_t i = 0; i < step->length; i++) {
        if (run->other[i] == run->block[i])
            continue;
        if (dfui_range_empty(*differing))
            differing->start = step->address + i;
        differing->end = step->address + i + 1;
    }
    return !dfui_range_empty(*differing);
}

/* Did this plan erase everything that it would have to erase now? Nothing else may be programmed again. */
static bool was_erased_by_us(const struct dfui_run *run, const struct dfu_step *verify, struct dfu_range differing)
{
    const struct dfu_plan *plan = run->plan;
    uint64_t covered = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct dfu_step *s = &plan->steps[i];
        struct dfu_range cut = dfui_range_cut((struct dfu_range){s->address, s->address + s->length}, differing);
        if (s->alt != verify->alt || dfui_range_empty(cut))
            continue;
        if (s->kind == DFU_STEP_ERASE)
            covered += cut.end - cut.start;
        if (s->kind == DFU_STEP_WRITE && !(s->flags & DFU_STEP_FRESH))
            return false;
    }
    return covered == differing.end - differing.start;
}

static size_t after_last_write(const struct dfu_plan *plan)
{
    size_t i = plan->count;
    while (i > 0 && plan->steps[i - 1].kind != DFU_STEP_WRITE)
        i--;
    return i;
}

/* The first VERIFY that sees what was done again. */
static size_t first_verify_in(const struct dfu_plan *plan, uint32_t alt, struct dfu_range range)
{
    size_t i = 0;
    while (i < plan->count &&
           (plan->steps[i].kind != DFU_STEP_VERIFY || plan->steps[i].alt != alt ||
            plan->steps[i].address >= range.end || plan->steps[i].address + plan->steps[i].length <= range.start))
        i++;
    return i;
}

int dfui_run_repair(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfu_range differing;
    dfui_ahead_drop(run);
    run->pointed = false; /* perhaps it was another place that was read */
    int rc = dfui_run_read(run, step->block, run->block, step->length, err);
    if (rc != DFU_OK)
        return rc;
    if (!dfui_run_differs(run, step, &differing)) {
        run->session->link.retries++;
        dfui_log(run->session->link.log, DFU_LOG_INFO, "block at 0x%08" PRIX64 " was read wrong once", step->address);
        return DFU_OK;
    }
    /* One difference that stays is enough: the run fails, and what else differs is only told. */
    if (run->result.differing > 0)
        return DFU_OK;
    run->repairs = run->repaired_at == differing.start ? run->repairs : 0;
    if (run->repairs == MAX_REPAIRS || run->redone == MAX_REDONE || !was_erased_by_us(run, step, differing))
        return DFU_OK;
    run->repaired_at = differing.start;
    run->repairs++;
    dfui_log(run->session->link.log, DFU_LOG_WARNING,
             "contents at 0x%08" PRIX64 " differ after writing: expected 0x%02X, found 0x%02X", differing.start,
             run->other[differing.start - step->address], run->block[differing.start - step->address]);
    /* What is verified again begins where the redone sectors do, not where the difference is. */
    const struct dfu_step *end = &run->plan->steps[after_last_write(run->plan)];
    dfui_run_spoil(run, step->alt, differing, end);
    struct dfu_range redone = run->dirty;
    run->dirty = (struct dfu_range){0, 0};
    rc = dfui_run_redo(run, step->alt, redone, end, err);
    if (rc == DFU_OK)
        run->rewind = first_verify_in(run->plan, step->alt, redone);
    return rc;
}
