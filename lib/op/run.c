/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a plan: one loop over its steps. */
#include "op/run_private.h"
#include "proto/dfuse.h"
#include <inttypes.h>
#include <stdlib.h>

#define LEAVE_WATCH_MS 3000

static int leave(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfu_session *s = run->session;
    struct dfu_error *failure = NULL;
    int rc = dfui_dfuse_set_address(&s->link, (uint32_t)step->address, &failure);
    if (rc != DFU_OK) {
        dfui_log(&s->context->log, DFU_LOG_WARNING, "leave: %s", dfu_error_message(failure));
        dfui_error_clear(&failure);
        run->result.left = rc == DFU_ERR_GONE ? DFU_LEFT_GONE : DFU_LEFT_STILL_DFU;
        return DFU_OK;
    }
    dfui_dfuse_leave(&s->link);
    s->gone = true;
    return dfui_session_watch(s, run->options.leave_watch_ms, &run->result.left, err);
}

static int do_plain_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    switch (step->kind) {
    case DFU_STEP_WRITE:
        return dfui_run_plain_write(run, step, err);
    case DFU_STEP_MANIFEST:
        return dfui_run_plain_manifest(run, step, err);
    case DFU_STEP_VERIFY:
        return dfui_run_plain_verify(run, step, err);
    case DFU_STEP_LEAVE:
        /* A manifestation with reset has left already. */
        return run->session->gone ? DFU_OK : dfui_run_plain_leave(run, err);
    default:
        return dfui_run_plain_upload(run, step, err);
    }
}

/* A sector that was read as blank needs no erase where that is what erased means here. */
static bool is_erased_already(const struct dfui_run *run, const struct dfu_step *step)
{
    int erased = dfui_run_erased(run, step->region);
    if (run->begun_again)
        return false;
    if (erased == DFUI_ERASED_UNKNOWN && (run->plan->target.flags & DFU_TARGET_ERASED_FF))
        erased = 0xFF;
    return ((step->flags & DFU_STEP_READS_FF) && erased == 0xFF) ||
           ((step->flags & DFU_STEP_READS_00) && erased == 0x00);
}

static int do_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    int rc = run->session->gone ? DFU_OK : dfui_session_select(run->session, step->alt, err);
    if (rc != DFU_OK)
        return rc;
    if (dfui_plan_is_plain(run->plan))
        return do_plain_step(run, step, err);
    switch (step->kind) {
    case DFU_STEP_ERASE:
    case DFU_STEP_MASS_ERASE:
        if (is_erased_already(run, step)) {
            dfui_run_spare(run, step);
            return DFU_OK;
        }
        run->erased_anything = true;
        rc = dfui_run_erase(run, step, err);
        if (rc == DFU_OK && step->kind == DFU_STEP_ERASE)
            run->result.erased_sectors++;
        return rc;
    case DFU_STEP_POINT:
        dfui_run_point(run, step->address);
        return DFU_OK;
    case DFU_STEP_PROBE:
        return dfui_run_probe_step(run, step, err);
    case DFU_STEP_WRITE:
        rc = dfui_run_is_otp(run, step) ? dfui_run_otp_step(run, step, err) : dfui_run_write_step(run, step, err);
        if (rc == DFU_OK)
            run->flashed_to = step->address + step->length;
        return rc;
    case DFU_STEP_VERIFY:
        return dfui_run_verify_step(run, step, err);
    case DFU_STEP_BLANK:
        return dfui_run_blank_step(run, step, err);
    case DFU_STEP_READ:
        return dfui_run_read_step(run, step, err);
    case DFU_STEP_LEAVE:
        return leave(run, step, err);
    default:
        return dfu_error_set(err, DFU_ERR_INTERNAL, "step of unknown kind %u", step->kind);
    }
}

/* A step that was spared took no time, and says nothing of how long one takes. */
static int do_measured(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    uint64_t start = dfui_link_now(&run->session->link);
    uint64_t skipped = run->result.skipped_bytes;
    uint32_t erased = run->result.erased_sectors;
    uint64_t bytes = run->result.bytes;
    int rc = do_step(run, step, err);
    bool spared = run->result.skipped_bytes != skipped ||
                  (step->kind == DFU_STEP_ERASE && run->result.erased_sectors == erased) ||
                  (step->kind == DFU_STEP_READ && run->result.bytes == bytes);
    if (rc == DFU_OK && !spared)
        dfui_run_measure(run, step, dfui_link_now(&run->session->link) - start);
    return rc;
}

static const char *doing(uint32_t kind)
{
    static const char *const words[] = {"step",      "erasing", "mass erasing", "pointing", "probing",       "writing",
                                        "verifying", "reading", "checking",     "leaving",  "manifestation", "upload"};
    return words[kind <= DFU_STEP_UPLOAD ? kind : 0];
}

/* A cancel of the watch: all that was to be done to the device is done. */
static void explain_unwatched(const struct dfui_run *run, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_CANCELLED, "cancelled while waiting for what the device does after the leave");
    dfu_error_set_hint(err, "see 'dfu list': %sthe device was told to start its program",
                       run->result.bytes > 0 ? "flash is complete, and " : "");
}

/* Says which step failed, and what state flash is in. */
static void explain(struct dfui_run *run, const struct dfu_step *step, int rc, struct dfu_error **err)
{
    struct dfu_error_info info = {.flags = DFU_ERROR_HAS_ADDRESS, .address = step->address};
    if (rc == DFU_ERR_CANCELLED && run->session->gone) {
        explain_unwatched(run, err);
        return;
    }
    if (rc == DFU_ERR_CANCELLED)
        (void)dfu_error_set(err, rc, "cancelled while %s at 0x%08" PRIX64, doing(step->kind), step->address);
    else
        dfu_error_wrap(err, "%s failed at 0x%08" PRIX64, doing(step->kind), step->address);
    if (rc != DFU_ERR_PROTECTED && rc != DFU_ERR_MISMATCH)
        dfu_error_set_info(err, &info);
    if (dfui_run_lost(run, rc))
        dfu_error_set_hint(err, "check cable and power, put the board into DFU mode again, then repeat the command%s",
                           run->erased_anything ? ": flash is not complete" : "");
    else if (run->flashed_to != 0 && run->result.bytes > 0 && step->kind == DFU_STEP_WRITE)
        dfu_error_set_hint(err, "repeat the command: flash is new up to 0x%08" PRIX64 " and erased after it",
                           run->flashed_to);
    else if (run->erased_anything && step->kind <= DFU_STEP_WRITE)
        dfu_error_set_hint(err, "repeat the command: sectors were erased and nothing is written yet");
    else if (!run->plan->survey) /* whose caller knows what can be done without */
        dfu_error_set_hint(err, "repeat the command");
}

/* A loader whose every UPLOAD stalls, although bitCanUpload is 1, has written all the same: that is no failure, but it
 * is not verified either. One that gives a reason (errVENDOR) has failed before it comes to this. */
static int give_up_reading(struct dfui_run *run, int rc, struct dfu_error **err)
{
    const struct dfu_plan *plan = run->plan;
    bool changes = plan->summary.write_blocks > 0 || plan->summary.erase_sectors > 0;
    if (rc != DFU_ERR_STALL || run->has_read || !changes)
        return rc;
    if (plan->options.flags & DFU_PLAN_REQUIRE_VERIFY) {
        dfui_error_clear(err);
        (void)dfu_error_set(err, DFU_ERR_MISMATCH,
                            "what was written cannot be verified: the device refuses every "
                            "UPLOAD although bitCanUpload is 1");
        return DFU_ERR_MISMATCH;
    }
    struct dfu_error *failure = NULL;
    int recovered = dfui_session_recover(run->session, &failure);
    dfui_error_clear(&failure);
    if (recovered != DFU_OK)
        return rc;
    dfui_error_clear(err);
    run->unreadable = true;
    dfui_log(run->session->link.log, DFU_LOG_WARNING,
             "not verified: the device refuses every UPLOAD although bitCanUpload is 1");
    return DFU_OK;
}

static int one_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    enum dfu_phase phase = dfui_run_phase(step);
    uint64_t total = run->total[phase];
    int rc = dfui_link_cancelled(&run->session->link) ? dfui_error_cancelled(err) : DFU_OK;
    /* To point is no work of its own, and may be for reading as well as for writing. */
    bool begins = step->kind != DFU_STEP_POINT && (run->done[phase] == 0 || step->kind == DFU_STEP_ERASE);
    if (rc == DFU_OK && begins)
        rc = dfui_run_report(run, phase, step->address, 0, err);
    bool checks = step->kind == DFU_STEP_VERIFY || step->kind == DFU_STEP_BLANK;
    if (rc == DFU_OK && !(run->unreadable && checks))
        rc = do_measured(run, step, err);
    if (rc != DFU_OK && checks)
        rc = give_up_reading(run, rc, err);
    bool spared = run->total[phase] < total;
    if (rc == DFU_OK && run->rewind == DFUI_NO_REWIND && dfui_run_weight(step) > 0)
        rc = dfui_run_report(run, phase, step->address, spared ? 0 : dfui_run_weight(step), err);
    return rc;
}

static int run_steps(struct dfui_run *run, struct dfu_error **err)
{
    const struct dfu_plan *plan = run->plan;
    for (size_t i = 0; i < plan->count;) {
        /* Contents are judged before the program in them is started. */
        int rc = plan->steps[i].kind == DFU_STEP_LEAVE ? dfui_run_judge(run, err) : DFU_OK;
        if (rc != DFU_OK)
            return rc;
        rc = one_step(run, &plan->steps[i], err);
        if (rc == DFU_OK) {
            i = run->rewind != DFUI_NO_REWIND ? run->rewind : i + 1;
            if (run->rewind != DFUI_NO_REWIND)
                dfui_run_go_back(run, i);
            run->rewind = DFUI_NO_REWIND;
            continue;
        }
        if (run->options.reconnect_ms != 0)
            rc = dfui_run_resume(run, &i, rc, err);
        if (rc != DFU_OK) {
            explain(run, &plan->steps[i], rc, err);
            return rc;
        }
    }
    return dfui_run_judge(run, err);
}

static int prepare(struct dfui_run *run, struct dfu_error **err)
{
    const struct dfu_plan *plan = run->plan;
    size_t size = plan->target.block_size;
    run->region_count = dfu_memmap_count(plan->map);
    run->block = malloc(size);
    run->other = malloc(size);
    run->erased = malloc((run->region_count + 1) * sizeof *run->erased);
    if (run->block == NULL || run->other == NULL || run->erased == NULL)
        return dfui_error_no_memory(err);
    for (size_t i = 0; i < run->region_count; i++)
        run->erased[i] = DFUI_ERASED_UNKNOWN;
    for (size_t i = 0; i < plan->count; i++) {
        run->total[dfui_run_phase(&plan->steps[i])] += dfui_run_weight(&plan->steps[i]);
        if ((plan->steps[i].kind == DFU_STEP_READ || plan->steps[i].kind == DFU_STEP_UPLOAD) &&
            run->options.into == NULL)
            return dfu_error_set(err, DFU_ERR_ARGUMENT, "a read needs an image to read into");
    }
    return DFU_OK;
}

static int check_session(const struct dfu_session *s, const struct dfu_plan *plan, struct dfu_error **err)
{
    if (s == NULL || plan == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no session or no plan to run");
    if (s->gone)
        return dfu_error_set(err, DFU_ERR_GONE, "the device at %s left or was lost: open it again", s->device->path);
    if (s->dfuse == dfui_plan_is_plain(plan))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "the plan is for %s, the session speaks %s",
                             s->dfuse ? "plain DFU" : "DfuSe", s->dfuse ? "DfuSe" : "plain DFU");
    return DFU_OK;
}

int dfui_run_after(struct dfu_session *session, const struct dfu_plan *plan, const struct dfu_run_options *options,
                   const struct dfu_result *before, struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_error *unwanted = NULL; /* what failed decides how to go on, whoever wants to know */
    struct dfui_run run = {.session = session, .plan = plan, .rewind = DFUI_NO_REWIND};
    if (err == NULL)
        err = &unwanted;
    int rc = check_session(session, plan, err);
    if (rc == DFU_OK)
        rc = dfui_sized_in(&run.options, sizeof run.options, options, "run options", err);
    if (rc != DFU_OK) {
        dfui_error_clear(&unwanted);
        return rc;
    }
    run.result.size = sizeof run.result;
    run.result.erased_value = DFUI_ERASED_UNKNOWN;
    run.result.bytes = run.result.unchanged_bytes = plan->summary.unchanged_bytes;
    run.result.unchanged_sectors = plan->summary.unchanged_sectors;
    run.started_us = dfui_link_now(&session->link);
    session->link.eager.on = (run.options.flags & DFU_RUN_POLL_EAGER) != 0;
    session->link.eager.saved_us = 0;
    uint32_t retries = session->link.retries;
    if (run.options.leave_watch_ms == 0)
        run.options.leave_watch_ms = LEAVE_WATCH_MS;
    rc = prepare(&run, err);
    if (rc == DFU_OK)
        rc = dfui_run_check_otp(&run, err);
    if (rc == DFU_OK)
        rc = run_steps(&run, err);
    dfui_ahead_drop(&run);
    rc = dfui_run_suspect(&run, rc, err);
    /* Whatever happened, the device is left in dfuIDLE, unless it left. */
    if (!session->gone && rc != DFU_ERR_GONE)
        (void)dfui_idle(&session->link, NULL);
    run.result.verified = rc == DFU_OK && plan->summary.verifies && !run.unreadable;
    run.result.kept_bytes = rc == DFU_OK ? plan->summary.kept_bytes : 0;
    run.result.reconnects += before->reconnects;
    run.result.retries = before->retries + session->link.retries - retries;
    run.result.saved_us = before->saved_us + session->link.eager.saved_us;
    run.result.elapsed_us = before->elapsed_us + dfui_link_now(&session->link) - run.started_us;
    dfui_ahead_free(&run);
    free(run.block);
    free(run.other);
    free(run.erased);
    if (result != NULL && dfui_sized_out(result, &run.result, sizeof run.result) != DFU_OK && rc == DFU_OK)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "the result's size is not set (use DFU_INIT)");
    dfui_error_clear(&unwanted);
    return rc;
}

int dfu_session_run(struct dfu_session *session, const struct dfu_plan *plan, const struct dfu_run_options *options,
                    struct dfu_result *result, struct dfu_error **err)
{
    static const struct dfu_result nothing = {.size = sizeof nothing};
    return dfui_run_after(session, plan, options, &nothing, result, err);
}
