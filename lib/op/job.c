/* SPDX-License-Identifier: BSD-2-Clause */
/* Surveying, planning and running in one. */
#include "op/run_private.h"

int dfu_session_write(struct dfu_session *session, const struct dfu_image *image,
                      const struct dfu_plan_options *plan_options, const struct dfu_run_options *run_options,
                      struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_plan *plan = NULL;
    struct dfu_plan_options options;
    struct dfu_target target = {.size = sizeof target};
    struct dfu_result survey = {.size = sizeof survey};
    struct dfu_image *contents = NULL;
    int rc = session == NULL ? dfu_error_set(err, DFU_ERR_ARGUMENT, "no session to write to") : DFU_OK;
    if (rc == DFU_OK)
        rc = dfui_sized_in(&options, sizeof options, plan_options, "plan options", err);
    if (rc != DFU_OK)
        return rc;
    options.size = sizeof options;
    if (options.flags & (DFU_PLAN_DIFF | DFU_PLAN_PRESERVE))
        rc = dfu_session_survey(session, image, &options, run_options, &contents, &survey, err);
    options.contents = contents;
    dfu_session_target(session, &target);
    if (rc == DFU_OK)
        rc = dfu_plan_write(dfu_session_memmap(session), &target, image, &options, &plan, err);
    dfu_image_free(contents);
    if (rc == DFU_OK)
        rc = dfui_run_after(session, plan, run_options, &survey, result, err);
    dfu_plan_free(plan);
    return rc;
}
