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
    struct dfu_plan_options wish = job->target.plan;
    struct dfu_image *contents = NULL;
    struct dfu_times times;
    int rc = job_survey(job, &contents, err);
    target_facts(&job->target, &facts);
    wish.contents = contents;
    DFU_INIT(&times);
    if (job->target.session != NULL && dfu_session_times(job->target.session, &times) == DFU_OK)
        wish.times = &times;
    if (rc == DFU_OK)
        rc = dfu_plan_write(target_map(&job->target), &facts, job->image, &wish, plan, err);
    dfu_image_free(contents);
    return rc;
}

/* --preserve=FILE: between the erase and the write the bytes are nowhere on the device. */
static int save_kept(struct job *job, const struct dfu_plan *plan, struct dfu_error **err)
{
    const char *file = args_value(&job->cli->args, OPT_PRESERVE);
    const struct dfu_image *kept = dfu_plan_kept(plan);
    if (file == NULL || kept == NULL || job->dry_run)
        return DFU_OK;
    int rc = dfu_image_save(kept, file, NULL, err);
    dfu_error_set_hint(err, "name a file that can hold gaps, such as kept.hex; nothing was erased");
    return rc;
}

/* A run that broke off after an erase has lost on the device what it was to write back. */
static void warn_lost(struct job *job)
{
    const char *file = args_value(&job->cli->args, OPT_PRESERVE);
    const struct dfu_image *kept = dfu_plan_kept(job->plan);
    if (kept == NULL || job->result.erased_sectors == 0)
        return;
    if (file != NULL)
        out_warning(job->cli, "what was to be kept is in %s: flash it together with the image", file);
    else
        out_warning(job->cli, "what was to be kept was erased, and may be lost");
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
        rc = save_kept(job, plan, err);
    if (rc == DFU_OK) {
        rc = job_run(job, plan, NULL, err);
        if (rc != DFU_OK)
            warn_lost(job);
        return rc;
    }
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

/* ", 4096 bytes were there already, 12 bytes kept", as far as that is so. */
static void spared_text(const struct dfu_result *r, char *text, size_t size)
{
    int used = 0;
    text[0] = '\0';
    if (r->unchanged_bytes > 0)
        used = snprintf(text, size, ", %" PRIu64 " bytes were there already", r->unchanged_bytes);
    if (r->kept_bytes > 0)
        (void)snprintf(text + used, size - (size_t)used, ", %" PRIu64 " bytes kept", r->kept_bytes);
}

/* A dry run of --diff has measured nothing but reading. */
static void say_what_is_known(struct job *job)
{
    char read[TEXT_SIZE];
    if ((job->target.plan.flags & DFU_PLAN_DIFF) != 0 && job->survey.bytes > 0 && job->summary.write_blocks > 0)
        out_note(job->cli, "reading took %s; erasing and writing are timed when they are done",
                 text_time(read, job->survey.elapsed_us));
}

/* Why it was worth reading first, by the times that were measured. */
static void say_what_was_saved(struct job *job)
{
    const struct dfu_estimate *e = &job->estimate;
    char erase[TEXT_SIZE];
    char write[TEXT_SIZE];
    char read[TEXT_SIZE];
    char full[TEXT_SIZE];
    if (job->result.unchanged_bytes == 0 && job->summary.blank_sectors == 0) {
        if ((job->target.plan.flags & DFU_PLAN_DIFF) != 0 && job->ran && job->survey.bytes > 0)
            out_note(job->cli, "reading first took %s and spared nothing", text_time(read, job->survey.elapsed_us));
        return;
    }
    if (e->full_us == 0)
        return;
    out_note(job->cli, "erase %s + write %s + read %s instead of about %s", text_time(erase, e->erase_us),
             text_time(write, e->write_us), text_time(read, e->verify_us + job->survey.elapsed_us),
             text_time(full, e->full_us));
}

static void report(struct job *job)
{
    struct dfu_image_info info;
    const struct dfu_result *r = &job->result;
    char time[TEXT_SIZE];
    char line[320];
    char spared[96];
    DFU_INIT(&info);
    spared_text(r, spared, sizeof spared);
    if (job->dry_run)
        say_what_is_known(job);
    else
        say_what_was_saved(job);
    (void)dfu_image_describe(job->image, &info);
    if (target_is_plain(&job->target))
        (void)snprintf(line, sizeof line, "flashed %" PRIu64 " bytes, %s, in %s%s", r->bytes,
                       r->verified ? "verified" : "not verified", text_time(time, r->elapsed_us), job_left_text(job));
    else
        (void)snprintf(line, sizeof line,
                       "flashed %" PRIu64 " bytes in 0x%08" PRIX64 "..0x%08" PRIX64 ", %" PRIu32
                       " sector%s erased%s, %s, in %s%s",
                       r->bytes, info.span.start, info.span.end, r->erased_sectors, plural(r->erased_sectors), spared,
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
