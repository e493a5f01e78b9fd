/* SPDX-License-Identifier: BSD-2-Clause */
#include "gang.h"

#include "boarddata.h"
#include "confirm.h"
#include "gangsay.h"
#include "inputs.h"
#include "numbers.h"
#include "out.h"
#include "ranges.h"
#include "select.h"

#include <stdlib.h>
#include <string.h>

#define MOST_RETRIES 100
#define MOST_LOOPS 1000000000
#define STATION_LINES 20 /* of a terminal: boards that are drawn at a time */

struct gang_run {
    struct cli *cli;
    struct job job;
    struct dfu_gang *gang;
    struct gangsay say;
    struct ranges ranges;
    struct boarddata data;
    enum dfu_gang_job kind;
    uint32_t retries;
    uint64_t limit; /* --loop=N; 0 = none */
};

static int is_station(const struct cli *cli)
{
    return args_count(&cli->args, OPT_LOOP) > 0;
}

int gang_wanted(const struct cli *cli)
{
    return args_count(&cli->args, OPT_BOARDS) > 0 || args_count(&cli->args, OPT_PATH) > 1 ||
           args_count(&cli->args, OPT_SERIAL) > 1 || is_station(cli) || args_count(&cli->args, OPT_DATA) > 0 ||
           args_count(&cli->args, OPT_LEDGER) > 0;
}

static int check_options(struct gang_run *run, struct dfu_error **err)
{
    const struct args *args = &run->cli->args;
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
    run->retries = (uint32_t)number;
    if (rc == DFU_OK && args_value(args, OPT_LOOP) != NULL)
        rc = number_parse(args_value(args, OPT_LOOP), "--loop", MOST_LOOPS, &run->limit, err);
    if (rc == DFU_OK && args_value(args, OPT_LOOP) != NULL && run->limit == 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "--loop: there must be at least one board");
    return rc;
}

/* Names are those of one device; numbers are the same on all. */
static int parse_alt(const struct args *args, struct dfu_plan_options *plan, struct dfu_error **err)
{
    const char *alt = args_value(args, OPT_ALT);
    uint64_t number = 0;
    if (alt == NULL)
        return DFU_OK;
    if (alt[0] < '0' || alt[0] > '9') {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "--alt: with several boards '%s' must be a number", alt);
        dfu_error_set_hint(err, "see 'dfu info' for the numbers");
        return DFU_ERR_ARGUMENT;
    }
    int rc = number_parse(alt, "--alt", 255, &number, err);
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
    if (args_count(args, OPT_PATH) + args_count(args, OPT_SERIAL) < 2) { /* --data with one board */
        rc = target_find(&run->job.target, err);
        all.path = run->job.target.info.path;
        return rc == DFU_OK ? add(run, &all, err) : rc;
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

/* A board is wanted that one of them fits: each --path and --serial, or whatever the other options leave. */
static int station_selectors(const struct args *args, struct dfu_selector **out, uint32_t *count,
                             struct dfu_error **err)
{
    struct dfu_selector all;
    int rc = select_parse(args, &all, err);
    *count = 0;
    *out = NULL;
    struct dfu_selector *list = rc == DFU_OK ? calloc(args->use_count + 1, sizeof *list) : NULL;
    if (list == NULL)
        return rc != DFU_OK ? rc : dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < args->use_count; i++) {
        enum opt_id id = args->uses[i].opt->id;
        if (id != OPT_PATH && id != OPT_SERIAL)
            continue;
        struct dfu_selector *one = &list[(*count)++];
        *one = all;
        one->path = id == OPT_PATH ? args->uses[i].value : NULL;
        one->serial = id == OPT_SERIAL ? args->uses[i].value : NULL;
    }
    if (*count == 0)
        list[(*count)++] = all;
    *out = list;
    return DFU_OK;
}

/* Nothing more can be given out: no further board is begun. */
static void check_data(struct gang_run *run)
{
    if (run->data.failure_code != DFU_OK)
        dfu_gang_stop(run->gang);
}

static int on_image(const struct dfu_gang_board *board, struct dfu_image **out, struct dfu_error **err, void *user)
{
    struct gang_run *run = user;
    size_t row = 0;
    int rc = boarddata_image(&run->data, run->job.image, board, out, &row, err);
    if (rc == DFU_OK)
        out_error_member(gangsay_cli(&run->say, board), "row", boarddata_json(&run->data, row));
    check_data(run);
    return rc;
}

static int on_event(const struct dfu_gang_event *event, void *user)
{
    struct gang_run *run = user;
    if (event->kind == DFU_GANG_PLANNED && run->data.name != NULL && run->cli->voice.json) {
        char sha[65]; /* of this board's own image */
        image_sha256(event->image, sha);
        out_error_member(gangsay_cli(&run->say, event->board), "image_sha256", json_string(sha));
    }
    if (event->kind == DFU_GANG_END) { /* on disk before anybody hears of it */
        boarddata_settle(&run->data, event->board);
        check_data(run);
    }
    gangsay_event(&run->say, event);
    return 0;
}

/* What stopped the rows is what the command ends with. */
static int take_failure(struct gang_run *run, int rc, struct dfu_error **err)
{
    if (run->data.failure_code == DFU_OK || rc == DFU_ERR_CANCELLED)
        return rc;
    dfu_error_free(*err);
    *err = run->data.failure;
    run->data.failure = NULL;
    return run->data.failure_code;
}

static int on_progress(const struct dfu_progress *now, void *user)
{
    struct gang_run *run = user;
    return gangsay_progress(&run->say, now);
}

/* What was said of each board says it better than the library's sum. */
static int run_boards(struct gang_run *run, struct dfu_error **err)
{
    int rc = add_boards(run, err);
    if (rc == DFU_OK)
        rc = boarddata_enough(&run->data, dfu_gang_count(run->gang), err);
    if (rc == DFU_OK)
        rc = gangsay_start(&run->say, &run->job, run->kind, dfu_gang_count(run->gang), err);
    if (rc != DFU_OK)
        return rc;
    rc = dfu_gang_run(run->gang, run->job.image, NULL);
    if (rc != DFU_OK && rc != DFU_ERR_CANCELLED && gangsay_code(&run->say) != DFU_OK)
        rc = gangsay_code(&run->say);
    rc = take_failure(run, rc, err);
    gangsay_sum(&run->say, rc);
    return rc;
}

/* --loop: whatever is plugged in next. */
static int run_station(struct gang_run *run, struct dfu_error **err)
{
    struct dfu_watch_options options_watch;
    struct dfu_selector *selectors = NULL;
    DFU_INIT(&options_watch);
    options_watch.limit = run->limit;
    int rc = station_selectors(&run->cli->args, &selectors, &options_watch.selector_count, err);
    options_watch.selectors = selectors;
    if (rc == DFU_OK)
        rc = boarddata_enough(&run->data, run->limit > 0 ? (size_t)run->limit : 1, err);
    if (rc == DFU_OK)
        rc = gangsay_start(&run->say, &run->job, run->kind, STATION_LINES, err);
    if (rc == DFU_OK) {
        struct dfu_error *failure = NULL;
        run->say.counting = 1;
        out_note(run->cli, "waiting for boards; Ctrl-C ends it");
        rc = dfu_gang_watch(run->gang, run->job.image, &options_watch, NULL, &failure);
        int sum = gangsay_code(&run->say);
        /* Not the boards' failure but the station's own. */
        if (rc != DFU_OK && rc != DFU_ERR_CANCELLED && (sum == DFU_OK || (rc != DFU_ERR_SOME_FAILED && rc != sum)))
            *err = failure;
        else
            dfu_error_free(failure);
        if (rc != DFU_OK && rc != DFU_ERR_CANCELLED && *err == NULL)
            rc = sum;
        rc = take_failure(run, rc, err);
        gangsay_sum(&run->say, rc);
    }
    free(selectors);
    return rc;
}

static int run_gang(struct gang_run *run, struct dfu_error **err)
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
    options_gang.retries = run->retries;
    options_gang.open = &run->job.target.open;
    options_gang.plan = &run->job.target.plan;
    options_gang.run = &options_run;
    options_gang.ranges = run->ranges.list;
    options_gang.range_count = (uint32_t)run->ranges.count;
    options_gang.event = on_event;
    options_gang.event_user = run;
    options_gang.image = run->data.name != NULL ? on_image : NULL;
    options_gang.image_user = run;
    int rc = dfu_gang_new(run->job.target.context, &options_gang, &run->gang, err);
    if (rc == DFU_OK)
        rc = is_station(run->cli) ? run_station(run, err) : run_boards(run, err);
    dfu_gang_free(run->gang);
    gangsay_end(&run->say);
    return rc;
}

/* What an erase takes away on all boards is confirmed once, before any of them is looked at. */
static int erase_ranges(struct gang_run *run, struct dfu_error **err)
{
    struct args *args = &run->cli->args;
    for (size_t i = 0; i < args->operand_count; i++) {
        if (range_like(args->operands[i]))
            continue;
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "with several boards '%s' must be a range", args->operands[i]);
        dfu_error_set_hint(err, "memories may differ from board to board: write e.g. 0x08008000+64K");
        return DFU_ERR_ARGUMENT;
    }
    if (args_count(args, OPT_MASS_ERASE) > 0) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "--mass-erase is for one board");
        dfu_error_set_hint(err, "--everything erases every sector of each board");
        return DFU_ERR_ARGUMENT;
    }
    int rc = ranges_parse(&run->ranges, args, NULL, DFU_ALT_ANY, err);
    if (rc == DFU_OK && run->ranges.count == 0)
        rc = confirm(run->cli, "Erase everything on all these boards", "--everything", "nothing was erased", err);
    return rc;
}

static int load(struct gang_run *run, struct dfu_error **err)
{
    const struct args *args = &run->cli->args;
    if (run->kind == DFU_GANG_ERASE)
        return erase_ranges(run, err);
    int rc = boarddata_start(&run->data, run->cli, err);
    if (rc == DFU_OK)
        rc = inputs_load(run->cli, args->operands, args->operand_count, NULL, &run->job.image, err);
    return rc;
}

int gang_do(struct cli *cli, enum dfu_gang_job kind, struct dfu_error **err)
{
    struct gang_run run;
    memset(&run, 0, sizeof run);
    run.cli = cli;
    run.kind = kind;
    int rc = check_options(&run, err);
    if (rc != DFU_OK)
        return rc;
    rc = job_start(&run.job, cli, err);
    if (rc == DFU_OK)
        rc = parse_alt(&cli->args, &run.job.target.plan, err);
    if (rc == DFU_OK)
        rc = job_plan_options(&run.job, err);
    if (rc == DFU_OK)
        rc = load(&run, err);
    if (rc == DFU_OK)
        rc = run_gang(&run, err);
    boarddata_free(&run.data);
    ranges_free(&run.ranges);
    rc = job_close(&run.job, rc, err);
    job_free(&run.job);
    return rc;
}
