/* SPDX-License-Identifier: BSD-2-Clause */
#include "sweep.h"

/* Runs the plan that a planner has made, or passes on why it made none. */
static int run_plan(int rc, struct dfu_session *session, struct dfu_plan *plan, const struct dfu_run_options *run,
                    struct dfu_result *result, struct dfu_error **err)
{
    if (rc == DFU_OK)
        rc = dfu_session_run(session, plan, run, result, err);
    dfu_plan_free(plan);
    return rc;
}

static int flash(struct dfu_context *context, struct dfu_session *session, const struct dfu_image *image,
                 struct dfu_range range, struct dfu_run_options *run, struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_plan_options options;
    (void)context;
    (void)range;
    DFU_INIT(&options);
    options.flags = DFU_PLAN_LEAVE;
    return dfu_session_write(session, image, &options, run, result, err);
}

static int erase(struct dfu_context *context, struct dfu_session *session, const struct dfu_image *image,
                 struct dfu_range range, struct dfu_run_options *run, struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    (void)context;
    (void)image;
    dfu_session_target(session, &target);
    int rc = dfu_plan_erase(dfu_session_memmap(session), &target, &range, 1, NULL, &plan, err);
    return run_plan(rc, session, plan, run, result, err);
}

static int read(struct dfu_context *context, struct dfu_session *session, const struct dfu_image *image,
                struct dfu_range range, struct dfu_run_options *run, struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    (void)context;
    (void)image;
    dfu_session_target(session, &target);
    bool plain = (target.flags & DFU_TARGET_PLAIN) != 0;
    int rc = dfu_plan_read(dfu_session_memmap(session), &target, &range, plain ? 0 : 1, NULL, &plan, err);
    return run_plan(rc, session, plan, run, result, err);
}

static int leave(struct dfu_context *context, struct dfu_session *session, const struct dfu_image *image,
                 struct dfu_range range, struct dfu_run_options *run, struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    (void)context;
    (void)image;
    (void)range;
    dfu_session_target(session, &target);
    int rc = dfu_plan_leave(dfu_session_memmap(session), &target, NULL, &plan, err);
    return run_plan(rc, session, plan, run, result, err);
}

const struct job jobs[] = {
    {"flash", flash, true, false, false},
    {"read", read, false, false, true},
    {"erase", erase, false, true, false},
    {"leave", leave, false, false, false},
};

const size_t job_count = sizeof jobs / sizeof jobs[0];
