/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu leave: start the program without writing. */
#include "job.h"
#include "numbers.h"
#include "out.h"

static int parse_operand(struct job *job, struct dfu_error **err)
{
    const struct args *args = &job->cli->args;
    if (args->operand_count > 1)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "more than one address given");
    if (args->operand_count == 0)
        return DFU_OK;
    job->target.plan.flags |= DFU_PLAN_LEAVE_SET;
    return number_parse(args->operands[0], "address", UINT32_MAX, &job->target.plan.leave_address, err);
}

static int leave(struct job *job, struct dfu_error **err)
{
    struct dfu_plan *plan = NULL;
    struct dfu_target facts;
    int rc = parse_operand(job, err);
    if (rc == DFU_OK)
        rc = job_open(job, err);
    if (rc != DFU_OK)
        return rc;
    target_facts(&job->target, &facts);
    rc = dfu_plan_leave(target_map(&job->target), &facts, &job->target.plan, &plan, err);
    if (rc == DFU_OK)
        rc = job_run(job, plan, NULL, err);
    return rc;
}

int cmd_leave(struct cli *cli, struct dfu_error **err)
{
    struct job job;
    int rc = job_start(&job, cli, err);
    if (rc == DFU_OK)
        rc = leave(&job, err);
    rc = job_close(&job, rc, err);
    if (rc == DFU_OK && job.ran && job.result.left == DFU_LEFT_STILL_DFU)
        rc = job_refuse_still_dfu(err, "the device is still in DFU mode");
    if (rc == DFU_OK) {
        const char *text = job_left_text(&job);
        job_report(&job, job.dry_run ? NULL : (text[0] != '\0' ? text + 2 : "done"));
    }
    job_free(&job);
    return rc;
}
