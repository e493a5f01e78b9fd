/* SPDX-License-Identifier: BSD-2-Clause */
#include "gang.h"

#include "exitcode.h"
#include "gangview.h"
#include "inputs.h"
#include "job.h"
#include "numbers.h"
#include "out.h"
#include "planview.h"
#include "progress.h"
#include "select.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RETRIES 100

/* One board's share of the command: its own device, notes and progress. */
struct member {
    struct cli cli;
    struct progress progress;
};

struct gang_run {
    struct cli *cli;
    struct job job;
    struct dfu_gang *gang;
    struct gangview view;
    struct member *members;
    enum dfu_gang_job kind;
    int said_notes;
};

int gang_wanted(const struct cli *cli)
{
    return args_count(&cli->args, OPT_BOARDS) > 0 || args_count(&cli->args, OPT_PATH) > 1 ||
           args_count(&cli->args, OPT_SERIAL) > 1;
}

static int check_options(const struct cli *cli, uint32_t *retries, struct dfu_error **err)
{
    const struct args *args = &cli->args;
    const char *boards = args_value(args, OPT_BOARDS);
    const char *retry = args_value(args, OPT_RETRY);
    uint64_t number = 0;
    if (boards != NULL && strcmp(boards, "all") != 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--boards: '%s' is not all", boards);
    if (args_count(args, OPT_DRY_RUN) > 0) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "--dry-run shows the plan for one board");
        dfu_error_set_hint(err, "name one with --path or --serial");
        return DFU_ERR_ARGUMENT;
    }
    if (args_count(args, OPT_DETACH) > 0) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "--detach is for one board");
        dfu_error_set_hint(err, "detach the boards first, one after the other, with 'dfu detach --path PATH'");
        return DFU_ERR_ARGUMENT;
    }
    if (args_value(args, OPT_PRESERVE) != NULL) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "--preserve=FILE is for one board: each keeps something else");
        dfu_error_set_hint(err, "leave the file out, or flash the boards one after the other");
        return DFU_ERR_ARGUMENT;
    }
    int rc = retry != NULL ? number_parse(retry, "--retry", MOST_RETRIES, &number, err) : DFU_OK;
    *retries = (uint32_t)number;
    return rc;
}

/* Names are those of one device; numbers are the same on all. */
static int parse_alt(const struct args *args, struct dfu_plan_options *plan, struct dfu_error **err)
{
    const char *alt = args_value(args, OPT_ALT);
    uint64_t number = 0;
    if (alt == NULL)
        return DFU_OK;
    int rc = number_parse(alt, "--alt", 255, &number, err);
    if (rc != DFU_OK)
        dfu_error_set_hint(err, "with several boards, give --alt a number");
    plan->flags |= DFU_PLAN_ALT_SET;
    plan->alt = (uint32_t)number;
    return rc;
}

static int add(struct gang_run *run, const struct dfu_selector *selector, struct dfu_error **err)
{
    size_t before = dfu_gang_count(run->gang);
    size_t added = 0;
    uint32_t wait_ms = 0;
    int rc = target_wait(&run->cli->args, &wait_ms, err);
    if (rc == DFU_OK)
        rc = dfu_gang_add(run->gang, selector, &added, err);
    if (rc == DFU_OK && added == 0 && before == 0 && wait_ms != 0) {
        struct dfu_selector wanted = *selector;
        struct dfu_list *list = NULL;
        wanted.flags |= DFU_SELECT_DFU_ONLY;
        out_note(run->cli, "waiting for a device");
        rc = dfu_list_wait(run->job.target.context, &wanted, wait_ms, &list, err);
        dfu_list_free(list);
        if (rc == DFU_OK)
            rc = dfu_gang_add(run->gang, selector, &added, err);
    }
    return rc;
}

static int add_named(struct gang_run *run, struct dfu_selector selector, struct dfu_error **err)
{
    struct dfu_list *list = NULL;
    int rc = add(run, &selector, err);
    if (rc != DFU_OK)
        return rc;
    selector.flags |= DFU_SELECT_DFU_ONLY;
    rc = dfu_list_new(run->job.target.context, &selector, &list, err);
    if (rc == DFU_OK && dfu_list_count(list) == 0) {
        rc = dfu_error_set(err, DFU_ERR_NO_DEVICE, "no device in DFU mode matches --%s %s",
                           selector.path != NULL ? "path" : "serial",
                           selector.path != NULL ? selector.path : selector.serial);
        dfu_error_set_hint(err, "see 'dfu list' for their serials and paths; nothing was done to the others");
    }
    dfu_list_free(list);
    return rc;
}

static int add_boards(struct gang_run *run, struct dfu_error **err)
{
    const struct args *args = &run->cli->args;
    struct dfu_selector all;
    int rc = select_parse(args, &all, err);
    if (rc != DFU_OK)
        return rc;
    if (args_count(args, OPT_BOARDS) > 0) {
        rc = add(run, &all, err);
        if (rc == DFU_OK && dfu_gang_count(run->gang) == 0)
            rc = target_find(&run->job.target, err); /* it knows how to say that there is none */
        return rc;
    }
    for (size_t i = 0; rc == DFU_OK && i < args->use_count; i++) {
        struct dfu_selector one = all;
        enum opt_id id = args->uses[i].opt->id;
        if (id != OPT_PATH && id != OPT_SERIAL)
            continue;
        one.path = id == OPT_PATH ? args->uses[i].value : NULL;
        one.serial = id == OPT_SERIAL ? args->uses[i].value : NULL;
        rc = add_named(run, one, err);
    }
    return rc;
}

/* Whose board it is, for what is said about it. Strings are the gang's, for the time of a callback. */
static struct cli *speak_for(struct gang_run *run, const struct dfu_gang_board *board)
{
    struct cli *cli = &run->members[board->index].cli;
    cli->device_path = (char *)board->path;
    cli->device_serial = (char *)board->serial;
    out_error_member(cli, "board", json_integer(board->index));
    out_error_member(cli, "attempts", json_integer(board->attempts));
    return cli;
}

static void on_planned(struct gang_run *run, struct cli *cli, const struct dfu_gang_event *event)
{
    struct dfu_plan_summary sum;
    struct progress *progress = &run->members[event->board->index].progress;
    DFU_INIT(&sum);
    (void)dfu_plan_summarize(event->plan, &sum);
    if (cli->voice.json || !run->said_notes)
        planview_notes(cli, event->plan);
    run->said_notes = 1; /* to a person they are the same for every board */
    progress_start(progress, cli, sum.erase_sectors);
    progress->board = cli->device_path;
    if (!cli->voice.json)
        return;
    json_t *object = json_object();
    (void)json_object_set_new(object, "event", json_string("start"));
    (void)json_object_set_new(object, "verb", json_string(cli->verb->name));
    (void)json_object_set_new(object, "device", json_device(cli));
    (void)json_object_set_new(object, "bytes",
                              json_integer((json_int_t)(sum.image_bytes > 0 ? sum.image_bytes : sum.verify_bytes)));
    (void)json_object_set_new(object, "erase_sectors", json_integer(sum.erase_sectors));
    (void)json_object_set_new(object, "write_blocks", json_integer(sum.write_blocks));
    json_add_said(cli, object);
    (void)json_object_update(object, cli->extra_json);
    out_json(cli, object);
}

static void say_failure(struct cli *cli, const struct dfu_gang_board *board, const char *word)
{
    const char *parts[] = {dfu_error_message(board->error), dfu_error_cause(board->error),
                           dfu_error_hint(board->error)};
    const char *names[] = {word, "  cause:", "  hint: "};
    for (size_t i = 0; i < 3; i++) {
        char line[1024];
        if (parts[i] == NULL)
            continue;
        (void)snprintf(line, sizeof line, "%s: %s %s", board->path, names[i], parts[i]);
        text_clean(line, 0);
        out_message(cli, line);
    }
}

static void report_good(struct gang_run *run, struct cli *cli, const struct dfu_gang_board *board)
{
    struct job job = run->job;
    const struct dfu_result *r = board->result;
    char time[TEXT_SIZE];
    char line[256];
    job.cli = cli;
    job.result = *r;
    (void)text_time(time, r->elapsed_us);
    if (run->kind == DFU_GANG_VERIFY)
        (void)snprintf(line, sizeof line, "%s: %" PRIu64 " bytes are equal, in %s", board->path, r->bytes, time);
    else
        (void)snprintf(line, sizeof line, "%s: flashed %" PRIu64 " bytes, %" PRIu32 " sector%s erased, %s, in %s%s",
                       board->path, r->bytes, r->erased_sectors, plural(r->erased_sectors),
                       r->verified ? "verified" : "not verified", time, job_left_text(&job));
    job_report(&job, line);
    (void)fflush(stdout);
}

static void on_end(struct gang_run *run, struct cli *cli, const struct dfu_gang_board *board)
{
    gangview_done(&run->view, board->index);
    cli->partial = *board->result;
    cli->has_run = 1;
    if (board->code == DFU_OK)
        report_good(run, cli, board);
    else if (cli->voice.json)
        (void)out_error(cli, board->code, board->error);
    else
        say_failure(cli, board, "error:");
}

/* A board may be read before there is a plan (--diff, --preserve). In JSON its first line is "start". */
static void on_begin(struct gang_run *run, struct cli *cli, const struct dfu_gang_event *event)
{
    struct progress *progress = &run->members[event->board->index].progress;
    progress_start(progress, cli->voice.json ? NULL : cli, 0);
    progress->board = cli->device_path;
}

static int on_event(const struct dfu_gang_event *event, void *user)
{
    struct gang_run *run = user;
    struct cli *cli = speak_for(run, event->board);
    gangview_clear(&run->view);
    if (event->kind == DFU_GANG_BEGIN)
        on_begin(run, cli, event);
    else if (event->kind == DFU_GANG_PLANNED)
        on_planned(run, cli, event);
    else if (event->kind == DFU_GANG_FAILED && !cli->voice.json)
        say_failure(cli, event->board, "once more after:");
    else if (event->kind == DFU_GANG_END)
        on_end(run, cli, event->board);
    return 0;
}

static int on_progress(const struct dfu_progress *now, void *user)
{
    struct gang_run *run = user;
    struct member *member = &run->members[now->board];
    if (run->cli->voice.progress == PROGRESS_BAR)
        gangview_progress(&run->view, member->cli.device_path, now);
    else if (member->progress.cli != NULL)
        (void)progress_call(now, &member->progress);
    return 0;
}

static int make_members(struct gang_run *run, struct dfu_error **err)
{
    size_t count = dfu_gang_count(run->gang);
    run->members = calloc(count + 1, sizeof *run->members);
    if (run->members == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct cli *cli = &run->members[i].cli;
        *cli = *run->cli;
        cli->notes = NULL;
        cli->warnings = NULL;
        cli->extra_text = NULL;
        cli->extra_json = NULL;
    }
    gangview_start(&run->view, run->cli, count);
    return DFU_OK;
}

static void free_members(struct gang_run *run)
{
    size_t count = run->members != NULL ? dfu_gang_count(run->gang) : 0;
    for (size_t i = 0; i < count; i++) {
        json_decref(run->members[i].cli.notes);
        json_decref(run->members[i].cli.warnings);
        json_decref(run->members[i].cli.extra_json);
        free(run->members[i].cli.extra_text);
    }
    free(run->members);
    gangview_end(&run->view);
}

/* All good 0, some failed 11; where all failed with one exit status, that one. */
static int sum_up(struct gang_run *run, int rc)
{
    size_t count = dfu_gang_count(run->gang);
    size_t failed = 0;
    int first = DFU_OK;
    int alike = 1;
    for (size_t i = 0; i < count; i++) {
        struct dfu_gang_board board;
        DFU_INIT(&board);
        (void)dfu_gang_describe(run->gang, i, &board);
        if (board.code == DFU_OK)
            continue;
        first = failed++ == 0 ? board.code : first;
        alike = alike && exit_status_of(board.code) == exit_status_of(first);
    }
    if (rc != DFU_OK && rc != DFU_ERR_CANCELLED)
        rc = failed == count && alike ? first : DFU_ERR_SOME_FAILED;
    if (run->cli->voice.json) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "event", json_string("summary"));
        (void)json_object_set_new(object, "verb", json_string(run->cli->verb->name));
        (void)json_object_set_new(object, "ok", json_boolean(rc == DFU_OK));
        (void)json_object_set_new(object, "boards", json_integer((json_int_t)count));
        (void)json_object_set_new(object, "good", json_integer((json_int_t)(count - failed)));
        (void)json_object_set_new(object, "failed", json_integer((json_int_t)failed));
        (void)json_object_set_new(object, "exit", json_integer(exit_status_of(rc)));
        json_add_said(run->cli, object);
        out_json(run->cli, object);
    } else if (!run->cli->voice.quiet) {
        out_text(run->cli, "%zu of %zu board%s done, %zu failed\n", count - failed, count, plural(count), failed);
    }
    return rc;
}

static int run_gang(struct gang_run *run, uint32_t retries, struct dfu_error **err)
{
    struct dfu_gang_options options_gang;
    struct dfu_run_options options_run;
    DFU_INIT(&options_gang);
    DFU_INIT(&options_run);
    options_run.flags = run->job.run_flags;
    options_run.progress = on_progress;
    options_run.user = run;
    options_gang.job = run->kind;
    options_gang.flags = args_count(&run->cli->args, OPT_REQUIRE_LEAVE) > 0 ? (uint32_t)DFU_GANG_REQUIRE_LEAVE : 0;
    options_gang.retries = retries;
    options_gang.open = &run->job.target.open;
    options_gang.plan = &run->job.target.plan;
    options_gang.run = &options_run;
    options_gang.event = on_event;
    options_gang.event_user = run;
    int rc = dfu_gang_new(run->job.target.context, &options_gang, &run->gang, err);
    if (rc == DFU_OK)
        rc = add_boards(run, err);
    if (rc == DFU_OK)
        rc = make_members(run, err);
    if (rc == DFU_OK) {
        struct dfu_error *sum = NULL; /* each board has said it better */
        rc = sum_up(run, dfu_gang_run(run->gang, run->job.image, &sum));
        dfu_error_free(sum);
    }
    free_members(run);
    dfu_gang_free(run->gang);
    return rc;
}

int gang_do(struct cli *cli, enum dfu_gang_job kind, struct dfu_error **err)
{
    struct gang_run run;
    uint32_t retries = 0;
    memset(&run, 0, sizeof run);
    run.cli = cli;
    run.kind = kind;
    int rc = check_options(cli, &retries, err);
    if (rc != DFU_OK)
        return rc;
    rc = job_start(&run.job, cli, err);
    if (rc == DFU_OK)
        rc = parse_alt(&cli->args, &run.job.target.plan, err);
    if (rc == DFU_OK)
        rc = job_plan_options(&run.job, err);
    if (rc == DFU_OK)
        rc = inputs_load(cli, cli->args.operands, cli->args.operand_count, NULL, &run.job.image, err);
    if (rc == DFU_OK)
        rc = run_gang(&run, retries, err);
    rc = job_close(&run.job, rc, err);
    job_free(&run.job);
    return rc;
}
