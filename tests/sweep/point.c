/* SPDX-License-Identifier: BSD-2-Clause */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

/* The longest that a job may take by the board's clock: more than any limit of the library. */
#define HANG_US UINT64_C(300000000)
#define FIND_MS 20000u
#define RECONNECT_MS 10000u
#define LATER_RUNS 3

struct cell cells[REQUESTS][CELL_FAULTS];

bool point_verbose;

static void log_line(int level, const char *text, void *user)
{
    (void)user;
    (void)level;
    (void)fprintf(stderr, "%s\n", text);
}

/* One run of a job. */
struct outcome {
    int rc;
    bool right;   /* what the job promises holds */
    bool outside; /* something changed that it has nothing to do with */
    bool checked; /* every check had passed */
    bool unread;
    bool last_wins;
    char message[240];
};

static int on_progress(const struct dfu_progress *progress, void *user)
{
    struct outcome *o = user;
    if (progress->phase == DFU_PHASE_LEAVE)
        o->checked = true;
    else if (o->last_wins)
        o->checked = progress->phase == DFU_PHASE_VERIFY && progress->total > 0 && progress->done == progress->total;
    return 0;
}

/* Finds the board, takes it to DFU mode if need be, opens it and does the job. */
static int do_job(const struct job *job, struct task *t, struct dfu_sim *sim, struct dfu_error **err)
{
    struct dfu_list *list = NULL;
    struct dfu_device_info info;
    struct dfu_open_options open;
    DFU_INIT(&info);
    DFU_INIT(&open);
    open.reconnect_ms = RECONNECT_MS;
    int rc = dfu_list_wait(t->context, NULL, FIND_MS, &list, err);
    if (rc == DFU_OK)
        rc = dfu_device_describe(dfu_list_at(list, 0), &info);
    if (rc == DFU_OK && info.mode == DFU_MODE_RUNTIME)
        rc = dfu_device_detach(t->context, dfu_list_at(list, 0), NULL, NULL, err);
    dfu_list_free(list);
    if (rc == DFU_OK)
        rc = dfu_session_open_path(t->context, dfu_sim_path(sim, 0), &open, &t->session, err);
    if (rc == DFU_OK)
        rc = job->run(t, err);
    dfu_session_close(t->session);
    return rc;
}

static uint8_t *snapshot(const struct place *place, const struct dfu_sim *sim)
{
    size_t length = (size_t)(place->memory.end - place->memory.start);
    uint8_t *held = malloc(length);
    if (held == NULL)
        abort();
    memcpy(held, place_at(place, sim, place->memory.start), length);
    return held;
}

static struct outcome run_once(const struct point *p, const struct job *job, struct dfu_sim *sim, struct tap *tap)
{
    struct outcome o = {.last_wins = job->last_wins};
    struct dfu_context_options options;
    struct dfu_run_options run;
    struct dfu_result result;
    struct dfu_image *into = NULL;
    struct dfu_error *err = NULL;
    struct after after = {.place = p->place, .sim = sim, .held = snapshot(p->place, sim), .wanted = p->wanted};
    DFU_INIT(&options);
    DFU_INIT(&run);
    DFU_INIT(&result);
    dfu_sim_attach(sim, &options);
    tap_attach(tap, &options);
    if (point_verbose && tap->kinds == NULL) {
        options.log = log_line;
        options.log_level = DFU_LOG_TRACE;
    }
    if (dfu_context_new(&options, &tap->context, NULL) != DFU_OK || dfu_image_new(&into, NULL) != DFU_OK)
        abort();
    run.reconnect_ms = RECONNECT_MS;
    run.progress = on_progress;
    run.user = &o;
    run.into = into;
    struct task task = {.place = p->place, .context = tap->context, .run = &run, .result = &result};
    o.rc = do_job(job, &task, sim, &err);
    (void)snprintf(o.message, sizeof o.message, "%s; %s", dfu_error_message(err),
                   dfu_error_cause(err) != NULL ? dfu_error_cause(err) : "-");
    dfu_error_free(err);
    dfu_context_free(tap->context);
    after.read = into;
    after.succeeded = o.rc == DFU_OK;
    o.unread = p->place->plain && o.rc == DFU_OK && !result.verified;
    o.right = job->right(&after);
    o.outside = !job->outside(&after);
    dfu_image_free(into);
    free((void *)after.held);
    return o;
}

static void bad(const struct point *p, unsigned *count, const char *what, const struct outcome *o)
{
    char rule[64];
    (void)snprintf(rule, sizeof rule, p->trouble->name, p->n);
    printf("%s %s %s (%u): %s: %s\n", p->place->profile, p->job->name, rule, p->n, what, o->message);
    (*count)++;
}

static struct outcome run_undisturbed(const struct point *point, const struct job *job, struct dfu_sim *sim)
{
    struct tap tap = {.trouble = &(struct trouble){.kind = TROUBLE_NONE}};
    struct point p = *point;
    p.wanted = NULL; /* other option bytes than the one that is set may be wrong by now, and stay so */
    return run_once(&p, job, sim, &tap);
}

/* Whatever happened, a user gets on by doing the same again, after a re-plug where the board is gone. */
static void later_runs(const struct point *p, struct dfu_sim *sim, struct tally *tally)
{
    struct dfu_sim *fresh = place_replug(p->place, sim);
    struct outcome o = {0};
    bool done = false;
    for (int i = 0; i < LATER_RUNS && !done; i++) { /* a fault that found nothing to do yet strikes now */
        o = run_undisturbed(p, p->job, i == 0 ? sim : fresh);
        /* Option bytes that do not fit their complements are read protection, and the message says so. */
        if (o.rc == DFU_ERR_PROTECTED && p->wanted != NULL)
            (void)run_undisturbed(p, job_unprotect, i == 0 ? sim : fresh);
        done = o.rc == DFU_OK && o.right;
    }
    if (!done)
        bad(p, &tally->stuck, "no later run succeeds", &o);
    dfu_sim_free(fresh);
}

static void judge(const struct point *p, struct dfu_sim *sim, const struct outcome *o, struct tally *tally)
{
    struct dfu_sim_counters c;
    DFU_INIT(&c);
    if (dfu_sim_get_counters(sim, 0, &c) != DFU_OK)
        abort();
    bool stopped = o->rc == DFU_ERR_CANCELLED || p->trouble->kind == TROUBLE_KILL;
    tally->points++;
    if (o->rc == DFU_OK && o->right)
        tally->recovered++;
    else if (o->rc == DFU_OK && o->unread)
        tally->unread++;
    else if (o->rc == DFU_OK)
        bad(p, &tally->false_successes, "FALSE SUCCESS", o);
    else if (!o->right || !o->checked)
        tally->failed++;
    else if (stopped)
        tally->stopped++;
    else
        bad(p, &tally->false_failures, "FALSE FAILURE", o);
    if (c.elapsed_us > HANG_US)
        bad(p, &tally->hangs, "hang", o);
    if (c.write_unerased > 0)
        bad(p, &tally->twice, "flash programmed twice", o);
    if (o->outside && strncmp(p->trouble->name, "rot@", 4) != 0) /* that one changes what it likes */
        bad(p, &tally->outside, "changed outside the plan", o);
}

static void count_cell(const struct point *p, enum request request, const struct outcome *o)
{
    size_t fault = (size_t)(p->trouble - troubles);
    if (request == REQUESTS || fault >= CELL_FAULTS || p->job->resets)
        return;
    struct cell *cell = &cells[request][fault];
    cell->runs++;
    cell->recovered += o->rc == DFU_OK && o->right;
    cell->wrong += o->rc == DFU_OK && !o->right;
}

static struct dfu_sim *board(const struct point *p, bool *prepared)
{
    struct dfu_sim *sim = place_board(p->place->profile);
    *prepared = p->job->prepare(p->place, sim);
    return sim;
}

void point_run(const struct point *p, enum request request, struct tally *tally)
{
    char rule[64];
    bool prepared;
    struct tap tap = {.trouble = p->trouble, .at = p->n};
    struct dfu_sim *sim = board(p, &prepared);
    (void)snprintf(rule, sizeof rule, p->trouble->name, p->n);
    if (!prepared || (p->trouble->kind == TROUBLE_RULE && dfu_sim_fault(sim, rule, NULL) != DFU_OK))
        abort();
    struct outcome o = run_once(p, p->job, sim, &tap);
    judge(p, sim, &o, tally);
    count_cell(p, request, &o);
    if (o.rc != DFU_OK)
        later_runs(p, sim, tally);
    dfu_sim_free(sim);
}

bool point_measure(struct point *p, struct tap *tap, bool *possible)
{
    static const struct trouble none = {.name = "nothing", .kind = TROUBLE_NONE};
    struct tally tally = {0};
    struct dfu_sim *sim = board(p, possible);
    size_t length;
    p->trouble = tap->trouble = &none;
    p->wanted = NULL;
    if (!*possible) {
        dfu_sim_free(sim);
        return false;
    }
    struct outcome o = run_once(p, p->job, sim, tap);
    judge(p, sim, &o, &tally);
    if (o.rc != DFU_ERR_UNSUPPORTED && strcmp(p->job->name, "options") == 0)
        p->wanted = place_options(sim, &length);
    dfu_sim_free(sim);
    *possible = o.rc != DFU_ERR_UNSUPPORTED;
    if (*possible && tally.recovered != 1)
        printf("%s %s without a fault: %s\n", p->place->profile, p->job->name, o.message);
    return tally.recovered == 1;
}
