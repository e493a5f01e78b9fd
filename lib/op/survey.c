/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a survey, and what to do when the device does not let itself be read. */
#include "op/run_private.h"

/* Times that a device may go away while it is surveyed. */
#define ROUNDS 3

/* A refusal to be read is no reason not to write; a device that is gone, or a user who had enough, is. */
static bool can_do_without(const struct dfu_plan_options *options, int rc)
{
    return !(options->flags & DFU_PLAN_PRESERVE) && rc != DFU_ERR_GONE && rc != DFU_ERR_CANCELLED &&
           rc != DFU_ERR_NO_MEMORY && rc != DFU_ERR_ARGUMENT && rc != DFU_ERR_INTERNAL;
}

/* What was read before a failure is given up, too: a device that refuses half may have lied about the rest. */
static int start_over(struct dfu_session *session, struct dfu_error *failure, struct dfu_image **contents,
                      struct dfu_error **err)
{
    dfui_log(session->link.log, DFU_LOG_WARNING, "cannot read what the device holds (%s): everything will be written",
             dfu_error_cause(failure) != NULL ? dfu_error_cause(failure) : dfu_error_message(failure));
    dfui_error_clear(&failure);
    dfu_image_free(*contents);
    *contents = NULL;
    int rc = dfui_session_recover(session, err);
    if (rc == DFU_OK)
        return dfu_image_new(contents, err);
    dfu_error_wrap(err, "the device was lost while it was read");
    dfu_error_set_hint(err, "check cable and power, put the board into DFU mode again, then repeat the command");
    return rc;
}

static int run_survey(struct dfu_session *session, const struct dfu_plan *plan, const struct dfu_plan_options *options,
                      const struct dfu_run_options *run_options, struct dfu_image **contents, struct dfu_result *result,
                      struct dfu_error **err)
{
    struct dfu_run_options run;
    struct dfu_error *failure = NULL;
    int rc = dfui_sized_in(&run, sizeof run, run_options, "run options", err);
    if (rc != DFU_OK)
        return rc;
    run.size = sizeof run;
    /* What was read before the device went away need not be there when it is back. */
    for (int round = 0; rc == DFU_OK && round < ROUNDS; round++) {
        struct dfu_result once = {.size = sizeof once};
        dfu_image_free(*contents);
        *contents = NULL;
        rc = dfu_image_new(contents, &failure);
        run.into = *contents;
        if (rc == DFU_OK)
            rc = dfu_session_run(session, plan, &run, &once, &failure);
        result->bytes = once.bytes;
        result->elapsed_us += once.elapsed_us;
        result->retries += once.retries;
        result->reconnects += once.reconnects;
        result->saved_us += once.saved_us;
        if (rc == DFU_OK && once.reconnects == 0)
            return DFU_OK;
    }
    if (rc == DFU_OK)
        rc = dfu_error_set(&failure, DFU_ERR_USB, "the device goes away whenever it is read");
    if (can_do_without(options, rc))
        return start_over(session, failure, contents, err);
    if (options->flags & DFU_PLAN_PRESERVE)
        dfu_error_set_hint(&failure, "nothing was erased; leave out --preserve if the rest of the sectors may go");
    else
        dfu_error_set_hint(&failure, "nothing was erased; repeat the command");
    if (err != NULL)
        *err = failure;
    else
        dfui_error_clear(&failure);
    return rc;
}

int dfu_session_survey(struct dfu_session *session, const struct dfu_image *image,
                       const struct dfu_plan_options *plan_options, const struct dfu_run_options *run_options,
                       struct dfu_image **contents, struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_plan_options options;
    struct dfu_target target = {.size = sizeof target};
    struct dfu_result sum = {.size = sizeof sum};
    struct dfu_plan *plan = NULL;
    if (session == NULL || contents == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no session to survey, or no place for its contents");
    *contents = NULL;
    int rc = dfui_sized_in(&options, sizeof options, plan_options, "plan options", err);
    if (rc != DFU_OK)
        return rc;
    dfu_session_target(session, &target);
    rc = dfu_plan_survey(dfu_session_memmap(session), &target, image, plan_options, &plan, err);
    if (rc == DFU_OK)
        rc = run_survey(session, plan, &options, run_options, contents, &sum, err);
    dfu_plan_free(plan);
    if (result != NULL && dfui_sized_out(result, &sum, sizeof sum) != DFU_OK && rc == DFU_OK)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "the result's size is not set (use DFU_INIT)");
    if (rc != DFU_OK) {
        dfu_image_free(*contents);
        *contents = NULL;
    }
    return rc;
}
