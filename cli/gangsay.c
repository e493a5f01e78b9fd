/* SPDX-License-Identifier: BSD-2-Clause */
#include "gangsay.h"

#include "exitcode.h"
#include "out.h"
#include "planview.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One board's share of the command: its own device, notes and progress. */
struct member {
    struct cli cli;
    struct progress progress;
    size_t slot;
    uint32_t index; /* of the board */
    int used;
};

static struct member *new_member(struct gangsay *say, size_t slot)
{
    struct member *member = calloc(1, sizeof *member);
    if (member == NULL)
        return NULL;
    member->cli = *say->cli;
    member->cli.device_path = NULL;
    member->cli.device_serial = NULL;
    member->cli.notes = NULL;
    member->cli.warnings = NULL;
    member->cli.extra_text = NULL;
    member->cli.extra_json = NULL;
    member->slot = slot;
    return member;
}

/* The gang's strings are there for the time of a callback; progress is made between two. */
static void keep(char **own, const char *text)
{
    if (*own != NULL && text != NULL && strcmp(*own, text) == 0)
        return;
    free(*own);
    *own = text_copy(text);
}

/* What was said on the way goes with the board. */
static void forget(struct member *member)
{
    json_decref(member->cli.notes);
    json_decref(member->cli.warnings);
    member->cli.notes = NULL;
    member->cli.warnings = NULL;
    out_error_forget(&member->cli);
    keep(&member->cli.device_path, NULL);
    keep(&member->cli.device_serial, NULL);
    member->cli.has_run = 0;
    member->used = 0;
}

static struct member *find(const struct gangsay *say, uint32_t index)
{
    for (size_t i = 0; i < say->member_count; i++) {
        if (say->members[i]->used && say->members[i]->index == index)
            return say->members[i];
    }
    return NULL;
}

static struct member *free_slot(struct gangsay *say)
{
    for (size_t i = 0; i < say->member_count; i++) {
        if (!say->members[i]->used)
            return say->members[i];
    }
    struct member **grown = realloc(say->members, (say->member_count + 1) * sizeof(struct member *));
    if (grown == NULL)
        return NULL;
    say->members = grown;
    struct member *member = new_member(say, say->member_count);
    if (member != NULL)
        grown[say->member_count++] = member;
    return member;
}

static struct member *member_of(struct gangsay *say, const struct dfu_gang_board *board)
{
    struct member *member = find(say, board->index);
    if (member == NULL)
        member = free_slot(say);
    if (member == NULL) {
        member = say->spare;
        forget(member);
    }
    member->used = member != say->spare;
    member->index = board->index;
    keep(&member->cli.device_path, board->path);
    keep(&member->cli.device_serial, board->serial);
    out_error_member(&member->cli, "board", json_integer(board->index));
    out_error_member(&member->cli, "attempts", json_integer(board->attempts));
    return member;
}

int gangsay_start(struct gangsay *say, const struct job *job, enum dfu_gang_job kind, size_t lines,
                  struct dfu_error **err)
{
    memset(say, 0, sizeof *say);
    say->cli = job->cli;
    say->job = job;
    say->kind = kind;
    say->alike = 1;
    say->spare = new_member(say, SIZE_MAX);
    if (say->spare == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    gangview_start(&say->view, say->cli, lines);
    return DFU_OK;
}

void gangsay_end(struct gangsay *say)
{
    if (say->spare == NULL)
        return;
    for (size_t i = 0; i < say->member_count; i++) {
        forget(say->members[i]);
        free(say->members[i]);
    }
    free(say->members);
    forget(say->spare);
    free(say->spare);
    gangnotes_end(&say->notes);
    gangview_end(&say->view);
    memset(say, 0, sizeof *say);
}

struct cli *gangsay_cli(struct gangsay *say, const struct dfu_gang_board *board)
{
    return &member_of(say, board)->cli;
}

static void on_planned(struct gangsay *say, struct member *member, const struct dfu_gang_event *event)
{
    struct cli *cli = &member->cli;
    struct dfu_plan_summary sum;
    DFU_INIT(&sum);
    (void)dfu_plan_summarize(event->plan, &sum);
    if (cli->voice.json)
        planview_notes(cli, event->plan);
    else
        gangnotes_say(&say->notes, cli, event->plan, (say->job->target.plan.flags & DFU_PLAN_DIFF) != 0);
    progress_start(&member->progress, cli, sum.erase_sectors);
    member->progress.board = cli->device_path;
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

static void report_good(struct gangsay *say, struct cli *cli, const struct dfu_gang_board *board)
{
    struct job job = *say->job;
    const struct dfu_result *r = board->result;
    char time[TEXT_SIZE];
    char saved[TEXT_SIZE];
    char saving[64] = "";
    char line[320];
    job.cli = cli;
    job.result = *r;
    (void)text_time(time, r->elapsed_us);
    if (job.run_flags & DFU_RUN_POLL_EAGER)
        (void)snprintf(saving, sizeof saving, ", --poll eager saved %s", text_time(saved, r->saved_us));
    if (say->kind == DFU_GANG_VERIFY)
        (void)snprintf(line, sizeof line, "%s: %" PRIu64 " bytes are equal, in %s", board->path, r->bytes, time);
    else if (say->kind == DFU_GANG_ERASE)
        (void)snprintf(line, sizeof line, "%s: erased %" PRIu32 " sector%s%s, in %s", board->path, r->erased_sectors,
                       plural(r->erased_sectors), r->verified ? ", checked" : "", time);
    else
        (void)snprintf(line, sizeof line, "%s: flashed %" PRIu64 " bytes, %" PRIu32 " sector%s erased, %s, in %s%s%s",
                       board->path, r->bytes, r->erased_sectors, plural(r->erased_sectors),
                       r->verified ? "verified" : "not verified", time, saving, job_left_text(&job));
    job_report(&job, line);
    (void)fflush(stdout);
}

static void count(struct gangsay *say, struct cli *cli, int code)
{
    say->good += code == DFU_OK;
    say->failed += code != DFU_OK;
    if (code != DFU_OK && say->failed == 1)
        say->code = code;
    say->alike = say->alike && (code == DFU_OK || exit_status_of(code) == exit_status_of(say->code));
    if (!say->counting)
        return;
    out_error_member(cli, "good", json_integer((json_int_t)say->good));
    out_error_member(cli, "failed", json_integer((json_int_t)say->failed));
}

static void on_end(struct gangsay *say, struct member *member, const struct dfu_gang_board *board)
{
    struct cli *cli = &member->cli;
    gangview_done(&say->view, member->slot);
    count(say, cli, board->code);
    cli->partial = *board->result;
    cli->has_run = 1;
    if (board->code == DFU_OK)
        report_good(say, cli, board);
    else if (cli->voice.json)
        (void)out_error(cli, board->code, board->error);
    else
        say_failure(cli, board, "error:");
    if (say->counting && !cli->voice.json && !cli->voice.quiet) {
        char line[64];
        (void)snprintf(line, sizeof line, "%" PRIu64 " good, %" PRIu64 " failed", say->good, say->failed);
        out_message(cli, line);
    }
    forget(member);
}

/* A board may be read before there is a plan (--diff, --preserve). In JSON its first line is "start". */
static void on_begin(struct member *member)
{
    progress_start(&member->progress, member->cli.voice.json ? NULL : &member->cli, 0);
    member->progress.board = member->cli.device_path;
}

void gangsay_event(struct gangsay *say, const struct dfu_gang_event *event)
{
    struct member *member = member_of(say, event->board);
    gangview_clear(&say->view);
    if (event->kind == DFU_GANG_BEGIN)
        on_begin(member);
    else if (event->kind == DFU_GANG_PLANNED)
        on_planned(say, member, event);
    else if (event->kind == DFU_GANG_FAILED && !member->cli.voice.json)
        say_failure(&member->cli, event->board, "once more after:");
    else if (event->kind == DFU_GANG_END)
        on_end(say, member, event->board);
}

int gangsay_progress(struct gangsay *say, const struct dfu_progress *now)
{
    struct member *member = find(say, now->board);
    if (member == NULL)
        return 0;
    if (say->cli->voice.progress == PROGRESS_BAR)
        gangview_progress(&say->view, member->slot, member->cli.device_path, now);
    else if (member->progress.cli != NULL)
        (void)progress_call(now, &member->progress);
    return 0;
}

int gangsay_code(const struct gangsay *say)
{
    if (say->failed == 0)
        return DFU_OK;
    return say->good == 0 && say->alike ? say->code : DFU_ERR_SOME_FAILED;
}

void gangsay_sum(struct gangsay *say, int rc)
{
    struct cli *cli = say->cli;
    uint64_t boards = say->good + say->failed;
    if (!cli->voice.json) {
        if (!cli->voice.quiet)
            out_text(cli, "%" PRIu64 " of %" PRIu64 " board%s done, %" PRIu64 " failed\n", say->good, boards,
                     plural(boards), say->failed);
        return;
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "event", json_string("summary"));
    (void)json_object_set_new(object, "verb", json_string(cli->verb->name));
    (void)json_object_set_new(object, "ok", json_boolean(rc == DFU_OK));
    (void)json_object_set_new(object, "boards", json_integer((json_int_t)boards));
    (void)json_object_set_new(object, "good", json_integer((json_int_t)say->good));
    (void)json_object_set_new(object, "failed", json_integer((json_int_t)say->failed));
    (void)json_object_set_new(object, "exit", json_integer(exit_status_of(rc)));
    json_add_said(cli, object);
    out_json(cli, object);
}
