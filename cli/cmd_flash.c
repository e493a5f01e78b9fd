/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu flash: edits, plan, erase, program, verify, leave. */
#include "confirm.h"
#include "gang.h"
#include "job.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>

static int make_plan(struct job *job, struct dfu_plan **plan, struct dfu_error **err)
{
    struct dfu_target facts;
    target_facts(&job->target, &facts);
    return dfu_plan_write(target_map(&job->target), &facts, job->image, &job->target.plan, plan, err);
}

static int flash(struct job *job, struct dfu_error **err)
{
    struct dfu_plan *plan = NULL;
    int rc = job_plan_options(job, err);
    if (rc == DFU_OK)
        rc = job_load(job, err);
    if (rc == DFU_OK)
        rc = job_open(job, err);
    if (rc == DFU_OK)
        rc = make_plan(job, &plan, err);
    /* What OTP is given it keeps. */
    if (rc == DFU_OK && (job->target.plan.flags & DFU_PLAN_FORCE_OTP) != 0 && !job->dry_run)
        rc = confirm(job->cli, "Program one-time programmable memory, for ever", "--force otp", "nothing was written",
                     err);
    if (rc == DFU_OK)
        return job_run(job, plan, NULL, err);
    dfu_plan_free(plan);
    return rc;
}

/* A leave never spoils a good flash, unless it was made a condition. */
static int check_left(struct job *job, struct dfu_error **err)
{
    int wanted = (job->target.plan.flags & DFU_PLAN_LEAVE) != 0;
    if (!job->ran || job->result.left != DFU_LEFT_STILL_DFU)
        return DFU_OK;
    if (!wanted) { /* a manifestation that ends in a reset */
        out_note(job->cli, "everything is written, but the device is still in DFU mode: reset it to start the program");
        return DFU_OK;
    }
    if (args_count(&job->cli->args, OPT_REQUIRE_LEAVE) > 0)
        return job_refuse_still_dfu(err, "everything is written, but the device is still in DFU mode");
    out_note(job->cli, "everything is written, but the device is still in DFU mode: is BOOT0 still high?");
    return DFU_OK;
}

static void report(struct job *job)
{
    struct dfu_image_info info;
    const struct dfu_result *r = &job->result;
    char time[TEXT_SIZE];
    char line[256];
    DFU_INIT(&info);
    (void)dfu_image_describe(job->image, &info);
    if (target_is_plain(&job->target))
        (void)snprintf(line, sizeof line, "flashed %" PRIu64 " bytes, %s, in %s%s", r->bytes,
                       r->verified ? "verified" : "not verified", text_time(time, r->elapsed_us), job_left_text(job));
    else
        (void)snprintf(line, sizeof line,
                       "flashed %" PRIu64 " bytes in 0x%08" PRIX64 "..0x%08" PRIX64 ", %" PRIu32
                       " sector%s erased, %s, in %s%s",
                       r->bytes, info.span.start, info.span.end, r->erased_sectors, plural(r->erased_sectors),
                       r->verified ? "verified" : "not verified", text_time(time, r->elapsed_us), job_left_text(job));
    job_report(job, job->dry_run ? NULL : line);
}

int cmd_flash(struct cli *cli, struct dfu_error **err)
{
    struct job job;
    if (gang_wanted(cli))
        return gang_do(cli, DFU_GANG_WRITE, err);
    int rc = job_start(&job, cli, err);
    if (rc == DFU_OK)
        rc = flash(&job, err);
    rc = job_close(&job, rc, err);
    if (rc == DFU_OK)
        rc = check_left(&job, err);
    if (rc == DFU_OK)
        report(&job);
    job_free(&job);
    return rc;
}
