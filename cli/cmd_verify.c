/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu verify: compare, write nothing. */
#include "gang.h"
#include "job.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>

#define LISTED 8 /* ranges shown to people; programs get all that the library tells */

struct differences {
    struct cli *cli;
    json_t *ranges;
    size_t count;
};

static void on_difference(struct dfu_range range, void *user)
{
    struct differences *all = user;
    json_t *object = json_object();
    json_add_range(object, range.start, range.end);
    (void)json_array_append_new(all->ranges, object);
    if (++all->count <= LISTED) {
        char size[TEXT_SIZE];
        out_error_line(all->cli, "    0x%08" PRIX64 "..0x%08" PRIX64 "  %s", range.start, range.end,
                       text_size(size, range.end - range.start));
    }
}

/* Below the error: where else, and how much. */
static void add_differences(struct differences *all, const struct dfu_result *result, struct dfu_error **err)
{
    struct cli *cli = all->cli;
    if (dfu_error_cause(*err) == NULL)
        dfu_error_set_cause(err,
                            "the device holds something else, or the file was edited differently when it was flashed");
    dfu_error_set_hint(err, "flash it, or repeat the edits (--stm32-crc, --fill, ...) that it was flashed with");
    if (all->count > LISTED)
        out_error_line(cli, "    and %zu more", all->count - LISTED);
    out_error_member(cli, "differing", json_integer((json_int_t)result->differing));
    out_error_member(cli, "ranges", json_incref(all->ranges));
}

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
    if (gang_wanted(cli))
        return gang_do(cli, DFU_GANG_VERIFY, err);
    struct job job;
    struct differences all = {.cli = cli, .ranges = json_array()};
    char time[TEXT_SIZE];
    char line[128];
    int rc = job_start(&job, cli, err);
    job.difference = on_difference;
    job.difference_user = &all;
    if (rc == DFU_OK)
        rc = verify(&job, err);
    rc = job_close(&job, rc, err);
    if (rc == DFU_ERR_MISMATCH) {
        add_differences(&all, &job.result, err);
    } else if (rc == DFU_OK) {
        (void)snprintf(line, sizeof line, "%" PRIu64 " bytes are equal, in %s", job.result.bytes,
                       text_time(time, job.result.elapsed_us));
        job_report(&job, job.dry_run ? NULL : line);
    }
    json_decref(all.ranges);
    job_free(&job);
    return rc;
}
