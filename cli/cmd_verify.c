/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu verify: compare, write nothing. */
#include "job.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>

static int verify(struct job *job, struct dfu_error **err)
{
    struct dfu_plan *plan = NULL;
    struct dfu_target facts;
    int rc = job_load(job, err);
    if (rc == DFU_OK)
        rc = job_open(job, err);
    if (rc != DFU_OK)
        return rc;
    target_facts(&job->target, &facts);
    rc = dfu_plan_verify(target_map(&job->target), &facts, job->image, &job->target.plan, &plan, err);
    if (rc == DFU_OK)
        rc = job_run(job, plan, NULL, err);
    return rc;
}

int cmd_verify(struct cli *cli, struct dfu_error **err)
{
    struct job job;
    char time[TEXT_SIZE];
    char line[128];
    int rc = job_start(&job, cli, err);
    if (rc == DFU_OK)
        rc = verify(&job, err);
    rc = job_close(&job, rc, err);
    if (rc == DFU_OK) {
        (void)snprintf(line, sizeof line, "%" PRIu64 " bytes are equal, in %s", job.result.bytes,
                       text_time(time, job.result.elapsed_us));
        job_report(&job, job.dry_run ? NULL : line);
    }
    job_free(&job);
    return rc;
}
