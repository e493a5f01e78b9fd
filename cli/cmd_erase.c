/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu erase: the sectors that ranges touch, every sector, or the mass erase command. */
#include "gang.h"
#include "job.h"
#include "out.h"
#include "ranges.h"
#include "text.h"

#include <inttypes.h>
#include <unistd.h>

static int everything(const struct job *job)
{
    return args_count(&job->cli->args, OPT_EVERYTHING) > 0;
}

static int mass_erase(const struct job *job)
{
    return args_count(&job->cli->args, OPT_MASS_ERASE) > 0;
}

static int check_operands(const struct job *job, struct dfu_error **err)
{
    size_t ways = (size_t)everything(job) + (size_t)mass_erase(job) + (job->cli->args.operand_count > 0);
    int rc;
    if (ways == 1)
        return ranges_check(&job->cli->args, err);
    if (ways == 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "nothing to erase was given");
    else
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "ranges, --everything and --mass-erase exclude each other");
    dfu_error_set_hint(err, "name a range such as 0x08008000+64K, or say --everything");
    return rc;
}

static int make_plan(struct job *job, struct dfu_plan **plan, struct dfu_error **err)
{
    struct dfu_target facts;
    struct ranges ranges;
    const struct dfu_memmap *map = target_map(&job->target);
    const struct dfu_plan_options *wish = &job->target.plan;
    target_facts(&job->target, &facts);
    if (mass_erase(job))
        return dfu_plan_mass_erase(map, &facts, wish, plan, err);
    uint32_t alt = (wish->flags & DFU_PLAN_ALT_SET) != 0 ? wish->alt : DFU_ALT_ANY;
    int rc = ranges_parse(&ranges, &job->cli->args, map, alt, err);
    if (rc == DFU_OK)
        rc = dfu_plan_erase(map, &facts, ranges.list, ranges.count, wish, plan, err);
    ranges_free(&ranges);
    return rc;
}

/* Asks on a terminal; elsewhere what takes everything away must have been confirmed by --yes. */
static int confirm(struct job *job, const struct dfu_plan *plan, struct dfu_error **err)
{
    struct dfu_plan_summary summary;
    char answer[16] = "";
    DFU_INIT(&summary);
    (void)dfu_plan_summarize(plan, &summary);
    if (job->dry_run || args_count(&job->cli->args, OPT_YES) > 0)
        return DFU_OK;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || job->cli->voice.json) {
        if (!everything(job) && !mass_erase(job))
            return DFU_OK;
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "%s was not confirmed",
                               mass_erase(job) ? "--mass-erase" : "--everything");
        dfu_error_set_hint(err, "add --yes to erase without being asked, or --dry-run to see what would go");
        return rc;
    }
    if (mass_erase(job))
        (void)fprintf(stderr, "Mass erase %s? [y/N] ", job->cli->device_path);
    else
        (void)fprintf(stderr, "Erase %" PRIu32 " sector%s of %s? [y/N] ", summary.erase_sectors,
                      plural(summary.erase_sectors), job->cli->device_path);
    (void)fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (text_same(answer, "y\n") || text_same(answer, "yes\n")))
        return DFU_OK;
    return dfu_error_set(err, DFU_ERR_CANCELLED, "nothing was erased");
}

static int erase(struct job *job, struct dfu_error **err)
{
    struct dfu_plan *plan = NULL;
    int rc = job_plan_options(job, err);
    if (rc == DFU_OK)
        rc = check_operands(job, err);
    if (rc == DFU_OK)
        rc = job_open(job, err);
    if (rc == DFU_OK)
        rc = make_plan(job, &plan, err);
    if (rc == DFU_OK)
        rc = confirm(job, plan, err);
    if (rc == DFU_OK)
        return job_run(job, plan, NULL, err);
    dfu_plan_free(plan);
    return rc;
}

static void report(struct job *job)
{
    const struct dfu_result *r = &job->result;
    char time[TEXT_SIZE];
    char line[128];
    (void)text_time(time, r->elapsed_us);
    if (mass_erase(job))
        (void)snprintf(line, sizeof line, "mass erase done%s, in %s", r->verified ? " and checked" : "", time);
    else
        (void)snprintf(line, sizeof line, "erased %" PRIu32 " sector%s%s, in %s", r->erased_sectors,
                       plural(r->erased_sectors), r->verified ? ", checked" : "", time);
    job_report(job, job->dry_run ? NULL : line);
}

int cmd_erase(struct cli *cli, struct dfu_error **err)
{
    struct job job;
    if (gang_wanted(cli)) {
        job.cli = cli;
        int rc = check_operands(&job, err);
        return rc == DFU_OK ? gang_do(cli, DFU_GANG_ERASE, err) : rc;
    }
    int rc = job_start(&job, cli, err);
    if (rc == DFU_OK)
        rc = erase(&job, err);
    rc = job_close(&job, rc, err);
    if (rc == DFU_OK)
        report(&job);
    job_free(&job);
    return rc;
}
