/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs that change or read a device have in common. */
#include "job.h"

#include "inputs.h"
#include "numbers.h"
#include "out.h"
#include "planview.h"
#include "progress.h"
#include "text.h"

#include <string.h>

int job_start(struct job *job, struct cli *cli, struct dfu_error **err)
{
    memset(job, 0, sizeof *job);
    DFU_INIT(&job->summary);
    DFU_INIT(&job->result);
    DFU_INIT(&job->survey);
    DFU_INIT(&job->estimate);
    job->cli = cli;
    job->dry_run = args_count(&cli->args, OPT_DRY_RUN) > 0;
    return target_start(&job->target, cli, err);
}

int job_load(struct job *job, struct dfu_error **err)
{
    const char *unplaced = NULL;
    int rc = inputs_load(job->cli, job->cli->args.operands, job->cli->args.operand_count, &unplaced, &job->image, err);
    /* Without a device the missing address is still the first thing to mend. */
    if (unplaced == NULL)
        return rc;
    struct dfu_error *lost = NULL;
    int found = target_find(&job->target, &lost);
    /* A board that is there and must be detached first, or cannot be, comes before the address. */
    if (found != DFU_OK &&
        (target_count(&job->target, DFU_MODE_RUNTIME) > 0 || args_count(&job->cli->args, OPT_DETACH) > 0)) {
        dfu_error_free(*err);
        *err = lost;
        return found;
    }
    dfu_error_free(lost);
    if (found != DFU_OK) {
        out_error_forget(job->cli);
        return rc;
    }
    if (!target_is_plain(&job->target))
        return inputs_refuse_unplaced(unplaced, target_map(&job->target), err);
    /* Plain DFU has no addresses: a raw file is just what such a device takes. */
    dfu_error_free(*err);
    *err = NULL;
    job->cli->raw_at_zero = 1;
    return inputs_load(job->cli, job->cli->args.operands, job->cli->args.operand_count, NULL, &job->image, err);
}

static int wants_survey(const struct job *job)
{
    return (job->target.plan.flags & (DFU_PLAN_DIFF | DFU_PLAN_PRESERVE)) != 0;
}

int job_open(struct job *job, struct dfu_error **err)
{
    int rc = target_find(&job->target, err);
    if (rc == DFU_OK && job->image != NULL) /* a file may say which device it is for */
        rc = dfu_image_match(job->image, job->target.info.vid, job->target.info.pid, err);
    /* The list knows the map and the transfer size: a dry run sends the device not one DFU request, unless it is
     * to look at the contents. Only a device that is said to be DfuSe against its descriptor has no map until opened.
     */
    int need = !job->dry_run || wants_survey(job) || (job->target.open.flags & DFU_OPEN_FORCE_DFUSE) != 0;
    return rc == DFU_OK && need ? target_open(&job->target, err) : rc;
}

static int parse_force(const struct args *args, uint32_t *flags, struct dfu_error **err)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } table[] = {{"readonly", DFU_PLAN_FORCE_READONLY},
                 {"outside", DFU_PLAN_FORCE_OUTSIDE},
                 {"erase", DFU_PLAN_FORCE_ERASE},
                 {"otp", DFU_PLAN_FORCE_OTP}};
    for (size_t i = 0; i < args->use_count; i++) {
        const struct opt_use *use = &args->uses[i];
        size_t k = 0;
        if (use->opt->id != OPT_FORCE)
            continue;
        while (k < sizeof table / sizeof table[0] && strcmp(table[k].name, use->value) != 0)
            k++;
        if (k == sizeof table / sizeof table[0])
            return dfu_error_set(err, DFU_ERR_ARGUMENT, "--force: '%s' is not readonly, outside, erase or otp",
                                 use->value);
        *flags |= table[k].flag;
    }
    return DFU_OK;
}

static int parse_leave(const struct args *args, struct dfu_plan_options *plan, struct dfu_error **err)
{
    const char *address = args_value(args, OPT_LEAVE);
    if (args_count(args, OPT_LEAVE) + args_count(args, OPT_REQUIRE_LEAVE) > 0)
        plan->flags |= DFU_PLAN_LEAVE;
    if (address == NULL)
        return DFU_OK;
    plan->flags |= DFU_PLAN_LEAVE_SET;
    return number_parse(address, "--leave", UINT32_MAX, &plan->leave_address, err);
}

static int parse_poll(const struct args *args, uint32_t *flags, struct dfu_error **err)
{
    const char *when = args_value(args, OPT_POLL);
    if (when == NULL || strcmp(when, "spec") == 0)
        return DFU_OK;
    if (strcmp(when, "eager") != 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--poll: '%s' is not spec or eager", when);
    *flags |= DFU_RUN_POLL_EAGER;
    return DFU_OK;
}

int job_plan_options(struct job *job, struct dfu_error **err)
{
    const struct args *args = &job->cli->args;
    struct dfu_plan_options *plan = &job->target.plan;
    if (args_count(args, OPT_NO_VERIFY) > 0)
        plan->flags |= DFU_PLAN_NO_VERIFY;
    if (args_count(args, OPT_REQUIRE_VERIFY) > 0)
        plan->flags |= DFU_PLAN_REQUIRE_VERIFY;
    if (args_count(args, OPT_STRICT) > 0)
        plan->flags |= DFU_PLAN_STRICT;
    if (args_count(args, OPT_DIFF) > 0)
        plan->flags |= DFU_PLAN_DIFF;
    if (args_count(args, OPT_PRESERVE) > 0)
        plan->flags |= DFU_PLAN_PRESERVE;
    uint32_t both = DFU_PLAN_NO_VERIFY | DFU_PLAN_REQUIRE_VERIFY;
    if ((plan->flags & both) == both)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--no-verify and --require-verify exclude each other");
    int rc = parse_poll(args, &job->run_flags, err);
    if (rc == DFU_OK)
        rc = parse_force(args, &plan->flags, err);
    return rc == DFU_OK ? parse_leave(args, plan, err) : rc;
}

/* What the result will call "bytes": written, else read, else compared. */
static uint64_t planned_bytes(const struct dfu_plan_summary *s)
{
    if (s->image_bytes > 0)
        return s->image_bytes;
    return s->read_bytes > 0 ? s->read_bytes : s->verify_bytes;
}

static void print_start(struct job *job)
{
    json_t *event = json_object();
    (void)json_object_set_new(event, "event", json_string("start"));
    (void)json_object_set_new(event, "verb", json_string(job->cli->verb->name));
    (void)json_object_set_new(event, "device", json_device(job->cli));
    (void)json_object_set_new(event, "bytes", json_integer((json_int_t)planned_bytes(&job->summary)));
    (void)json_object_set_new(event, "erase_sectors", json_integer(job->summary.erase_sectors));
    (void)json_object_set_new(event, "write_blocks", json_integer(job->summary.write_blocks));
    json_add_said(job->cli, event);
    out_json(job->cli, event);
}

int job_survey(struct job *job, struct dfu_image **contents, struct dfu_error **err)
{
    struct dfu_run_options options_run;
    struct progress progress;
    *contents = NULL;
    if (!wants_survey(job))
        return DFU_OK;
    progress_start(&progress, job->cli, 0);
    DFU_INIT(&options_run);
    options_run.flags = job->run_flags;
    options_run.reconnect_ms = job->target.open.reconnect_ms;
    if (!job->cli->voice.json) { /* whose first line is "start" */
        options_run.progress = progress_call;
        options_run.user = &progress;
    }
    int rc = dfu_session_survey(job->target.session, job->image, &job->target.plan, &options_run, contents,
                                &job->survey, err);
    if (rc == DFU_OK)
        progress_end(&progress);
    return rc;
}

/* What the run took by kind of work, and what it would have taken without knowing the contents. */
static void estimate_run(struct job *job)
{
    struct dfu_times times;
    DFU_INIT(&times);
    if (dfu_session_times(job->target.session, &times) == DFU_OK)
        (void)dfu_plan_estimate(job->plan, &times, &job->estimate);
}

static int run_plan(struct job *job, struct dfu_image *into, struct dfu_error **err)
{
    struct dfu_run_options options_run;
    struct progress progress;
    if (job->cli->voice.json)
        print_start(job);
    progress_start(&progress, job->cli, job->summary.erase_sectors);
    DFU_INIT(&options_run);
    options_run.flags = job->run_flags;
    options_run.progress = progress_call;
    options_run.user = &progress;
    options_run.into = into;
    options_run.reconnect_ms = job->target.open.reconnect_ms;
    options_run.difference = job->difference;
    options_run.difference_user = job->difference_user;
    int rc = dfu_session_run(job->target.session, job->plan, &options_run, &job->result, err);
    job->cli->partial = job->result;
    job->cli->has_run = 1;
    if (rc != DFU_OK)
        return rc; /* the bar stays on the screen, visibly broken */
    progress_end(&progress);
    job->ran = 1;
    estimate_run(job);
    job->result.elapsed_us += job->survey.elapsed_us;
    job->result.retries += job->survey.retries;
    job->result.reconnects += job->survey.reconnects;
    job->result.saved_us += job->survey.saved_us;
    return DFU_OK;
}

int job_run(struct job *job, struct dfu_plan *plan, struct dfu_image *into, struct dfu_error **err)
{
    job->plan = plan;
    int rc = dfu_plan_summarize(plan, &job->summary);
    if (rc != DFU_OK)
        return dfu_error_set(err, rc, "cannot sum up the plan");
    planview_notes(job->cli, plan);
    if (!job->dry_run)
        return run_plan(job, into, err);
    if (!job->cli->voice.json)
        planview_print(job->cli, target_map(&job->target), plan, job->image, wants_survey(job));
    return DFU_OK;
}

int job_close(struct job *job, int rc, struct dfu_error **err)
{
    if (rc == DFU_OK && job->dry_run && job->cli->voice.json && job->plan != NULL)
        out_error_member(
            job->cli, "plan",
            planview_json(job->plan, !target_is_plain(&job->target))); /* for job_report(): the plan needs the map */
    dfu_plan_free(job->plan);
    job->plan = NULL;
    return target_close(&job->target, rc, err);
}

static int has_left(const struct job *job)
{
    return job->result.left == DFU_LEFT_GONE || job->result.left == DFU_LEFT_OTHER;
}

static void print_result(struct job *job)
{
    char sha[65];
    const struct dfu_result *r = &job->result;
    json_t *event = json_object();
    (void)json_object_set_new(event, "event", json_string("result"));
    (void)json_object_set_new(event, "verb", json_string(job->cli->verb->name));
    (void)json_object_set_new(event, "device", json_device(job->cli));
    (void)json_object_set_new(event, "ok", json_true());
    if (job->dry_run)
        (void)json_object_set_new(event, "dry_run", json_true());
    (void)json_object_set_new(event, "bytes", json_integer((json_int_t)r->bytes));
    (void)json_object_set_new(event, "erased_sectors", json_integer(r->erased_sectors));
    (void)json_object_set_new(event, "skipped_bytes", json_integer((json_int_t)r->skipped_bytes));
    (void)json_object_set_new(event, "unchanged_bytes", json_integer((json_int_t)r->unchanged_bytes));
    (void)json_object_set_new(event, "unchanged_sectors", json_integer(r->unchanged_sectors));
    (void)json_object_set_new(event, "kept_bytes", json_integer((json_int_t)r->kept_bytes));
    (void)json_object_set_new(event, "verified", json_boolean(r->verified));
    (void)json_object_set_new(event, "left", json_boolean(has_left(job)));
    (void)json_object_set_new(event, "reconnects", json_integer(r->reconnects));
    (void)json_object_set_new(event, "elapsed_ms", json_integer((json_int_t)((r->elapsed_us + 500) / 1000)));
    if (job->run_flags & DFU_RUN_POLL_EAGER)
        (void)json_object_set_new(event, "saved_ms", json_integer((json_int_t)((r->saved_us + 500) / 1000)));
    if (job->image != NULL)
        image_sha256(job->image, sha);
    (void)json_object_set_new(event, "image_sha256", job->image != NULL ? json_string(sha) : json_null());
    (void)json_object_set_new(event, "version", json_text(dfu_version_string()));
    json_add_said(job->cli, event);
    if (job->cli->extra_json != NULL)
        (void)json_object_update(event, job->cli->extra_json);
    out_json(job->cli, event);
}

void job_report(struct job *job, const char *text)
{
    char time[TEXT_SIZE];
    if (job->ran && (job->run_flags & DFU_RUN_POLL_EAGER) && !job->cli->voice.json)
        out_note(job->cli, "--poll eager saved %s of waiting", text_time(time, job->result.saved_us));
    if (job->cli->voice.json)
        print_result(job);
    else if (text != NULL && !job->cli->voice.quiet)
        out_text(job->cli, "%s\n", text);
}

const char *job_left_text(const struct job *job)
{
    switch (job->result.left) {
    case DFU_LEFT_GONE:
        return ", started the program (nothing came back on USB)";
    case DFU_LEFT_OTHER:
        return ", started the program (it came back on USB as another device)";
    default:
        return "";
    }
}

int job_refuse_still_dfu(struct dfu_error **err, const char *message)
{
    int rc = dfu_error_set(err, DFU_ERR_NOT_LEFT, "%s", message);
    dfu_error_set_cause(err, "it never went away, or its loader came back: no valid program, or it is told to stay");
    dfu_error_set_hint(err, "check BOOT0 and the option bytes, or reset the board");
    return rc;
}

void job_free(struct job *job)
{
    dfu_image_free(job->image);
    job->image = NULL;
}
