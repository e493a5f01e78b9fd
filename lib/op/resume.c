/* SPDX-License-Identifier: BSD-2-Clause */
/* A run goes on after its device went away and came back. There is no journal: what is in flash is read and compared
 * with what the steps so far must have left there. */
#include "op/run_private.h"
#include <inttypes.h>

/* Disconnections of one run that are put up with, in all and at the same step: a supply that gives in whenever a
 * sector is erased will do so again. */
#define MAX_RECONNECTS 20
#define MAX_AT_ONE_STEP 3

static bool is_comparison(const struct dfu_step *s)
{
    return s->kind == DFU_STEP_VERIFY || s->kind == DFU_STEP_BLANK;
}

/* Block numbers count from the last POINT before the step. */
static void point_again(struct dfui_run *run, size_t index)
{
    const struct dfu_plan *plan = run->plan;
    run->pointed = false;
    while (index > 0 && plan->steps[index].kind != DFU_STEP_POINT)
        index--;
    if (plan->steps[index].kind == DFU_STEP_POINT)
        dfui_run_point(run, plan->steps[index].address);
}

static size_t first_of(const struct dfu_plan *plan, uint32_t kind)
{
    size_t i = 0;
    while (i < plan->count && plan->steps[i].kind != kind)
        i++;
    return i;
}

void dfui_run_go_back(struct dfui_run *run, size_t index)
{
    point_again(run, index);
    memset(run->done, 0, sizeof run->done);
    for (size_t i = 0; i < index; i++)
        run->done[dfui_run_phase(&run->plan->steps[i])] += dfui_run_weight(&run->plan->steps[i]);
}

/* As if the run had just begun. */
static void start_over(struct dfui_run *run, size_t *index)
{
    dfui_log(run->session->link.log, DFU_LOG_WARNING, "its contents are not as they were left: beginning again");
    run->result.bytes = run->result.unchanged_bytes;
    run->begun_again = true;
    run->result.skipped_bytes = 0;
    run->result.erased_sectors = 0;
    run->flashed_to = 0;
    run->dirty = (struct dfu_range){0, 0};
    *index = 0;
}

static bool overlap(const struct dfu_step *s, uint32_t alt, struct dfu_range range)
{
    return s->alt == alt && s->address < range.end && s->address + s->length > range.start;
}

/* Is the beginning of a sector that was erased, and not written to before `end`, still blank? */
static int still_blank(struct dfui_run *run, const struct dfu_step *sector, const struct dfu_step *end, bool *same,
                       struct dfu_error **err)
{
    struct dfu_range range = {sector->address, sector->address + sector->length};
    for (const struct dfu_step *s = run->plan->steps; s < end; s++) {
        if (s->kind == DFU_STEP_WRITE && overlap(s, sector->alt, range))
            return DFU_OK;
    }
    uint32_t length = (uint32_t)dfui_min(sector->length, run->plan->target.block_size);
    dfui_run_point(run, sector->address);
    int rc = dfui_run_read(run, 2, run->other, length, err);
    int erased = dfui_run_erased(run, sector->region);
    if (rc == DFU_OK && erased == DFUI_ERASED_UNKNOWN)
        erased = run->other[0] == 0x00 ? 0x00 : 0xFF;
    for (uint32_t i = 0; rc == DFU_OK && *same && i < length; i++)
        *same = run->other[i] == erased;
    return rc;
}

static int still_written(struct dfui_run *run, const struct dfu_step *s, bool *same, struct dfu_error **err)
{
    size_t own;
    int rc = dfui_run_compose(run, s, &own, err);
    if (rc == DFU_OK)
        rc = dfui_run_read(run, s->block, run->other, s->length, err);
    *same = rc == DFU_OK && memcmp(run->other, run->block, s->length) == 0;
    return rc;
}

/* Do the memories hold what the steps before `end` left there? What is in run->dirty is known not to. */
static int compare(struct dfui_run *run, const struct dfu_step *end, bool *same, struct dfu_error **err)
{
    int rc = DFU_OK;
    *same = true;
    for (const struct dfu_step *s = run->plan->steps; rc == DFU_OK && *same && s < end; s++) {
        if (s->kind == DFU_STEP_POINT)
            dfui_run_point(run, s->address);
        if ((s->kind != DFU_STEP_ERASE && s->kind != DFU_STEP_WRITE) || overlap(s, run->dirty_alt, run->dirty))
            continue;
        *same = dfui_run_readable(run, s);
        if (*same)
            rc = dfui_session_select(run->session, s->alt, err);
        if (rc == DFU_OK && *same && s->kind == DFU_STEP_WRITE) {
            rc = still_written(run, s, same, err);
        } else if (rc == DFU_OK && *same) {
            uint64_t start = run->run_start;
            rc = still_blank(run, s, end, same, err);
            dfui_run_point(run, start);
        }
    }
    return rc;
}

/* The step at *index was being written or erased. Its sectors are done again: a flash word that lost its power on the
 * way may read as erased and yet not be. */
static int settle_writing(struct dfui_run *run, size_t *index, struct dfu_error **err)
{
    const struct dfu_step *step = &run->plan->steps[*index];
    bool same;
    if (step->kind == DFU_STEP_WRITE && (step->flags & DFU_STEP_FRESH))
        dfui_run_spoil(run, step->alt, (struct dfu_range){step->address, step->address + step->length}, step);
    int rc = compare(run, step, &same, err);
    if (rc != DFU_OK)
        return rc;
    if (!same) {
        start_over(run, index);
        return DFU_OK;
    }
    if (!dfui_range_empty(run->dirty))
        rc = dfui_run_redo(run, run->dirty_alt, run->dirty, step, err);
    return rc;
}

/* Blocks without addresses: a download and a comparison begin again, an upload is read up to where it was. */
static void settle_plain(struct dfui_run *run, size_t *index)
{
    const struct dfu_step *step = &run->plan->steps[*index];
    run->upload_lost = true;
    if (step->kind == DFU_STEP_WRITE || step->kind == DFU_STEP_MANIFEST) {
        run->result.bytes = 0;
        *index = first_of(run->plan, DFU_STEP_WRITE);
    }
    if (step->kind == DFU_STEP_VERIFY) {
        run->uploaded_blocks = 0;
        if (run->plan->summary.write_blocks == 0)
            run->result.bytes = 0;
        dfui_run_forget_differences(run);
        *index = first_of(run->plan, DFU_STEP_VERIFY);
    }
}

/* Where to go on, with the device back in dfuIDLE. */
static int settle(struct dfui_run *run, size_t *index, struct dfu_error **err)
{
    const struct dfu_plan *plan = run->plan;
    const struct dfu_step *step = &plan->steps[*index];
    run->pointed = false;
    int rc = dfui_run_still_same(run, err);
    if (rc != DFU_OK)
        return rc;
    if (dfui_plan_is_plain(plan)) {
        settle_plain(run, index);
    } else if (is_comparison(step)) {
        /* All of it again, so that what is said to be right was right after the last return. */
        *index = first_of(plan, step->kind);
        dfui_run_forget_differences(run);
        if (plan->summary.write_blocks == 0)
            run->result.bytes = 0;
        if (!dfui_range_empty(run->dirty))
            rc = dfui_run_redo(run, run->dirty_alt, run->dirty, &plan->steps[*index], err);
    } else if (step->kind == DFU_STEP_WRITE || step->kind == DFU_STEP_ERASE || step->kind == DFU_STEP_PROBE) {
        rc = settle_writing(run, index, err);
    }
    if (rc == DFU_OK)
        dfui_run_go_back(run, *index);
    return rc;
}

int dfui_run_resume(struct dfui_run *run, size_t *index, int rc, struct dfu_error **err)
{
    struct dfu_session *s = run->session;
    while (rc != DFU_OK && dfui_run_lost(run, rc)) {
        run->here = run->stopped_at == *index + 1 ? run->here + 1 : 1;
        run->stopped_at = *index + 1;
        if (run->here > MAX_AT_ONE_STEP || run->result.reconnects >= MAX_RECONNECTS) {
            dfu_error_set_hint(err, "check the supply and the cable: the board went away %u times",
                               run->result.reconnects + 1);
            return rc;
        }
        dfui_log(s->link.log, DFU_LOG_WARNING, "%s went away (%s), waiting for it to come back", s->device->path,
                 dfu_error_message(err != NULL ? *err : NULL));
        dfui_error_clear(err);
        dfui_ahead_drop(run);
        rc = dfui_session_reconnect(s, run->options.reconnect_ms, err);
        if (rc != DFU_OK)
            return rc;
        run->result.reconnects++;
        rc = settle(run, index, err);
        if (rc == DFU_OK)
            dfui_log(s->link.log, DFU_LOG_WARNING, "%s is back, going on at 0x%08" PRIX64, s->device->path,
                     run->plan->steps[*index].address);
    }
    return rc;
}
