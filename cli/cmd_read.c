/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu read: memory into a file. */
#include "job.h"
#include "out.h"
#include "output.h"
#include "ranges.h"
#include "text.h"

#include <inttypes.h>

/* A raw file has no room for gaps: say so before the reading, not after it. */
static int check_gaps(const struct dfu_plan *plan, struct dfu_error **err)
{
    struct dfu_step step;
    uint64_t end = 0;
    int begun = 0;
    DFU_INIT(&step);
    for (size_t i = 0; dfu_plan_step(plan, i, &step) == DFU_OK; i++) {
        if (step.kind != DFU_STEP_READ)
            continue;
        if (begun && step.address != end) {
            int rc =
                dfu_error_set(err, DFU_ERR_RANGE, "a .bin cannot hold the gap between 0x%08" PRIX64 " and 0x%08" PRIX64,
                              end, step.address);
            dfu_error_set_cause(err, "raw files have no addresses: what comes after the gap would move");
            dfu_error_set_hint(err, "write a .hex, or name one range or memory");
            return rc;
        }
        begun = 1;
        end = step.address + step.length;
    }
    return DFU_OK;
}

static int make_plan(struct job *job, struct dfu_plan **plan, struct dfu_error **err)
{
    struct dfu_target facts;
    struct ranges ranges;
    const struct dfu_plan_options *wish = &job->target.plan;
    const struct dfu_memmap *map = target_map(&job->target);
    uint32_t alt = (wish->flags & DFU_PLAN_ALT_SET) != 0 ? wish->alt : DFU_ALT_ANY;
    int rc = ranges_parse(&ranges, &job->cli->args, map, alt, err);
    target_facts(&job->target, &facts);
    if (rc == DFU_OK)
        rc = dfu_plan_read(map, &facts, ranges.list, ranges.count, wish, plan, err);
    ranges_free(&ranges);
    return rc;
}

/* The next stretch of one alternate setting that the steps from *index on read; empty at the end. */
static struct dfu_range next_stretch(const struct dfu_plan *plan, size_t *index, uint32_t *alt)
{
    struct dfu_range range = {0, 0};
    struct dfu_step step;
    DFU_INIT(&step);
    for (; dfu_plan_step(plan, *index, &step) == DFU_OK; ++*index) {
        if (step.kind != DFU_STEP_READ)
            continue;
        if (range.end == 0)
            range.start = step.address;
        else if (step.address != range.end || step.alt != *alt)
            break;
        range.end = step.address + step.length;
        *alt = step.alt;
    }
    return range;
}

/* A .dfu file says for which alternate setting data is, and what the device calls that. */
static int name_targets(const struct job *job, struct dfu_error **err)
{
    const struct dfu_memmap *map = target_map(&job->target);
    struct dfu_region region;
    struct dfu_range range;
    uint32_t alt = 0;
    int rc = DFU_OK;
    DFU_INIT(&region);
    for (size_t i = 0; rc == DFU_OK && (range = next_stretch(job->plan, &i, &alt)).end != 0;)
        rc = dfu_image_set_alt(job->image, alt, range, err);
    for (size_t i = 0; rc == DFU_OK && dfu_memmap_region(map, i, &region) == DFU_OK; i++) {
        if (dfu_image_label(job->image, region.alt) == NULL)
            rc = dfu_image_set_label(job->image, region.alt, region.name, err);
    }
    return rc;
}

static int save(const struct job *job, const char *path, struct dfu_error **err)
{
    const struct dfu_device_info *info = &job->target.info;
    struct output_device device = {target_is_plain(&job->target), info->vid, info->pid, info->bcd_device};
    int rc = DFU_OK;
    if (!device.plain && output_is_dfu(job->cli, OPT_FORMAT, path))
        rc = name_targets(job, err);
    return rc == DFU_OK ? output_save(job->cli, OPT_FORMAT, path, job->image, &device, err) : rc;
}

static int read_device(struct job *job, const char *path, struct dfu_error **err)
{
    struct dfu_plan *plan = NULL;
    int rc = ranges_check(&job->cli->args, err);
    if (rc == DFU_OK)
        rc = job_open(job, err);
    if (rc == DFU_OK)
        rc = make_plan(job, &plan, err);
    if (rc == DFU_OK && output_is_raw(job->cli, OPT_FORMAT, path))
        rc = check_gaps(plan, err);
    if (rc == DFU_OK && !job->dry_run)
        rc = dfu_image_new(&job->image, err);
    if (rc != DFU_OK) {
        dfu_plan_free(plan);
        return rc;
    }
    rc = job_run(job, plan, job->image, err);
    if (rc == DFU_OK && !job->dry_run)
        rc = save(job, path, err);
    return rc;
}

static void report(struct job *job, const char *path)
{
    char time[TEXT_SIZE];
    char line[512];
    if (path[0] == '-' && path[1] == '\0')
        return; /* standard output is the image */
    (void)snprintf(line, sizeof line, "read %" PRIu64 " bytes into %.300s, in %s", job->result.bytes, path,
                   text_time(time, job->result.elapsed_us));
    job_report(job, job->dry_run ? NULL : line);
}

int cmd_read(struct cli *cli, struct dfu_error **err)
{
    struct job job;
    const char *path = "";
    int rc = job_start(&job, cli, err);
    if (rc == DFU_OK)
        rc = output_check(cli, &path, err);
    if (rc == DFU_OK)
        rc = read_device(&job, path, err);
    rc = job_close(&job, rc, err);
    if (rc == DFU_OK)
        report(&job, path);
    job_free(&job);
    return rc;
}
