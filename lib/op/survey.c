/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a survey, and what to do when the device does not let itself be read. */
#include "op/run_private.h"

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
    if (rc == DFU_OK)
        rc = dfu_image_new(contents, err);
    if (rc != DFU_OK)
        return rc;
    run.size = sizeof run;
    run.into = *contents;
    rc = dfu_session_run(session, plan, &run, result, &failure);
    if (rc == DFU_OK)
        return DFU_OK;
    if (can_do_without(options, rc))
        return start_over(session, failure, contents, err);
    if (options->flags & DFU_PLAN_PRESERVE)
        dfu_error_set_hint(&failure, "nothing was erased; leave out --preserve if the rest of the sectors may go");
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
        rc = run_survey(session, plan, &options, run_options, contents, result, err);
    dfu_plan_free(plan);
    if (rc != DFU_OK) {
        dfu_image_free(*contents);
        *contents = NULL;
    }
    return rc;
}
