/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu crc: what a CRC over device memory gives, by reading it. */
#include "crcmodel.h"
#include "job.h"
#include "out.h"
#include "ranges.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define CHUNK 16384u /* a multiple of every unit */

struct sums {
    struct dfu_crc_model model;
    struct ranges ranges;
    json_t *results;
};

static int parse_model(const struct args *args, struct dfu_crc_model *model, struct dfu_error **err)
{
    const char *name = args_value(args, OPT_PRESET);
    int rc = crcmodel_named(model, name != NULL ? name : "stm32", name != NULL ? strlen(name) : 5, err);
    for (size_t i = 0; rc == DFU_OK && i < args->use_count; i++) {
        if (!crcmodel_is_detail(args->uses[i].opt->id))
            continue;
        rc = crcmodel_detail(model, &args->uses[i], err);
        if (rc != DFU_OK)
            dfu_error_prefix(err, "--%s", args->uses[i].opt->name);
    }
    return rc == DFU_OK ? crcmodel_check(model, err) : rc;
}

static int check_units(const struct sums *sums, struct dfu_error **err)
{
    for (size_t i = 0; i < sums->ranges.count; i++) {
        struct dfu_range r = sums->ranges.list[i];
        uint32_t unit = sums->model.unit;
        if (r.start % unit == 0 && r.end % unit == 0)
            continue;
        int rc = dfu_error_set(err, DFU_ERR_RANGE,
                               "the CRC takes %" PRIu32 "-bit words, and 0x%08" PRIX64 "..0x%08" PRIX64
                               " does not begin and end at one",
                               unit * 8, r.start, r.end);
        dfu_error_set_hint(err, "begin and end at multiples of %" PRIu32 ", or choose a --preset that takes bytes",
                           unit);
        return rc;
    }
    return DFU_OK;
}

static int read_ranges(struct job *job, struct sums *sums, struct dfu_error **err)
{
    struct dfu_target facts;
    struct dfu_plan *plan = NULL;
    const struct args *args = &job->cli->args;
    const struct dfu_plan_options *wish = &job->target.plan;
    uint32_t alt = (wish->flags & DFU_PLAN_ALT_SET) != 0 ? wish->alt : DFU_ALT_ANY;
    if (args->operand_count == 0) {
        int bad = dfu_error_set(err, DFU_ERR_ARGUMENT, "no range given");
        dfu_error_set_hint(err, "write e.g. dfu crc 0x08000000+32K, or name a memory: dfu crc 'Internal Flash'");
        return bad;
    }
    int rc = ranges_check(args, err);
    if (rc == DFU_OK)
        rc = job_open(job, err);
    if (rc != DFU_OK)
        return rc;
    target_facts(&job->target, &facts);
    rc = ranges_parse(&sums->ranges, args, target_map(&job->target), alt, err);
    if (rc == DFU_OK)
        rc = check_units(sums, err);
    if (rc == DFU_OK)
        rc = dfu_plan_read(target_map(&job->target), &facts, sums->ranges.list, sums->ranges.count, wish, &plan, err);
    if (rc == DFU_OK && !job->dry_run)
        rc = dfu_image_new(&job->image, err);
    if (rc != DFU_OK) {
        dfu_plan_free(plan);
        return rc;
    }
    return job_run(job, plan, job->image, err);
}

static int sum_range(const struct dfu_image *image, const struct dfu_crc_model *model, struct dfu_range range,
                     uint32_t *value, struct dfu_error **err)
{
    uint8_t chunk[CHUNK];
    int rc = dfu_crc_compute(model, NULL, 0, value, err);
    for (uint64_t at = range.start; rc == DFU_OK && at < range.end;) {
        size_t n = (size_t)(range.end - at < CHUNK ? range.end - at : CHUNK);
        if (dfu_image_read(image, DFU_ALT_ANY, at, chunk, n) != n)
            return dfu_error_set(err, DFU_ERR_INTERNAL, "not all of 0x%08" PRIX64 "+%zu was read", at, n);
        rc = dfu_crc_extend(model, chunk, n, value, err);
        at += n;
    }
    return rc;
}

/* Whoever stores an STM32 CRC behind its data gets 0 over both. */
static const char *remark(const struct sums *sums, uint32_t value)
{
    return value == 0 && crcmodel_label(&sums->model)[0] == 'S' ? "  (as over data with its own CRC behind it)" : "";
}

static int sum_up(struct job *job, struct sums *sums, struct dfu_error **err)
{
    struct cli *cli = job->cli;
    int digits = (int)sums->model.width / 4;
    char size[TEXT_SIZE];
    for (size_t i = 0; i < sums->ranges.count; i++) {
        struct dfu_range r = sums->ranges.list[i];
        uint32_t value = 0;
        int rc = sum_range(job->image, &sums->model, r, &value, err);
        if (rc != DFU_OK)
            return rc;
        json_t *object = json_object();
        json_add_range(object, r.start, r.end);
        (void)json_object_set_new(object, "crc", json_integer(value));
        (void)json_array_append_new(sums->results, object);
        if (!cli->voice.json)
            out_text(cli, "0x%08" PRIX64 "..0x%08" PRIX64 "  %10s  %s CRC 0x%0*" PRIX32 "%s\n", r.start, r.end,
                     text_size(size, r.end - r.start), crcmodel_label(&sums->model), digits, value,
                     remark(sums, value));
    }
    return DFU_OK;
}

int cmd_crc(struct cli *cli, struct dfu_error **err)
{
    struct job job;
    struct sums sums = {.results = json_array()};
    int rc = job_start(&job, cli, err);
    if (rc == DFU_OK)
        rc = parse_model(&cli->args, &sums.model, err);
    if (rc == DFU_OK)
        rc = read_ranges(&job, &sums, err);
    if (rc == DFU_OK && !job.dry_run)
        rc = sum_up(&job, &sums, err);
    rc = job_close(&job, rc, err);
    if (rc == DFU_OK && !job.dry_run) {
        out_error_member(cli, "model", json_text(sums.model.name != NULL ? sums.model.name : "custom"));
        out_error_member(cli, "ranges", json_incref(sums.results));
    }
    if (rc == DFU_OK)
        job_report(&job, NULL);
    json_decref(sums.results);
    ranges_free(&sums.ranges);
    job_free(&job);
    return rc;
}
