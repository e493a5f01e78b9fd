/* SPDX-License-Identifier: BSD-2-Clause */
/* sweep [--every N] [--profile NAME] [--job NAME], or sweep --list: see sweep.h. Exit 1 when a point went wrong. */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

/* The longest that a job may take by the board's clock: more than any limit of the library. */
#define HANG_US UINT64_C(300000000)
#define FIND_MS 20000u
#define RECONNECT_MS 10000u
#define LATER_RUNS 3

struct tally {
    unsigned points;
    unsigned succeeded;
    unsigned failed;
    unsigned excluded; /* flash that rotted after its read-back, or that cannot be read back */
    unsigned false_successes;
    unsigned false_failures;
    unsigned hangs;
    unsigned outside; /* something else was changed */
    unsigned twice;   /* a flash word was programmed without being erased */
    unsigned stuck;   /* no later run succeeded */
};

/* One run of a job. */
struct outcome {
    int rc;
    bool right;   /* what the job promises holds */
    bool leaving; /* every check had passed */
    bool unread;  /* plain DFU that resets into its program: nobody can read back what it holds */
    char message[240];
};

struct point {
    const struct place *place;
    const struct job *job;
    const struct trouble *trouble;
    unsigned n;
    unsigned checked_at; /* class requests of the undisturbed job before it read anything back */
};

static int on_progress(const struct dfu_progress *progress, void *user)
{
    struct outcome *o = user;
    o->leaving = o->leaving || progress->phase == DFU_PHASE_LEAVE;
    return 0;
}

/* Finds the board, takes it to DFU mode if need be, opens it and does the job. */
static int do_job(const struct point *p, struct dfu_context *context, struct dfu_sim *sim, struct dfu_image *into,
                  struct outcome *o, struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_list *list = NULL;
    struct dfu_device_info info;
    struct dfu_session *session = NULL;
    struct dfu_open_options open;
    struct dfu_run_options run;
    DFU_INIT(&info);
    DFU_INIT(&open);
    DFU_INIT(&run);
    open.reconnect_ms = RECONNECT_MS;
    run.reconnect_ms = RECONNECT_MS;
    run.progress = on_progress;
    run.user = o;
    run.into = into;
    int rc = dfu_list_wait(context, NULL, FIND_MS, &list, err);
    if (rc == DFU_OK)
        rc = dfu_device_describe(dfu_list_at(list, 0), &info);
    if (rc == DFU_OK && info.mode == DFU_MODE_RUNTIME)
        rc = dfu_device_detach(context, dfu_list_at(list, 0), NULL, NULL, err);
    dfu_list_free(list);
    if (rc == DFU_OK)
        rc = dfu_session_open_path(context, dfu_sim_path(sim, 0), &open, &session, err);
    if (rc == DFU_OK)
        rc = p->job->run(context, session, p->place->image, p->place->range, &run, result, err);
    dfu_session_close(session);
    return rc;
}

static struct outcome run_once(const struct point *p, struct dfu_sim *sim, struct tap *tap)
{
    struct outcome o = {0};
    struct dfu_context_options options;
    struct dfu_result result;
    struct dfu_image *into = NULL;
    struct dfu_error *err = NULL;
    DFU_INIT(&options);
    DFU_INIT(&result);
    dfu_sim_attach(sim, &options);
    tap_attach(tap, &options);
    if (dfu_context_new(&options, &tap->context, NULL) != DFU_OK || dfu_image_new(&into, NULL) != DFU_OK)
        abort();
    o.rc = do_job(p, tap->context, sim, into, &o, &result, &err);
    (void)snprintf(o.message, sizeof o.message, "%s; %s", dfu_error_message(err),
                   dfu_error_cause(err) != NULL ? dfu_error_cause(err) : "-");
    dfu_error_free(err);
    dfu_context_free(tap->context);
    o.unread = p->place->plain && o.rc == DFU_OK && !result.verified;
    o.right = (!p->job->writes || place_holds_image(p->place, sim)) &&
              (!p->job->erases || place_is_erased(p->place, sim)) &&
              (!p->job->reads || o.rc != DFU_OK || place_equals(p->place, sim, into)) &&
              (p->job->writes || p->job->erases || place_outside_unchanged(p->place, sim));
    dfu_image_free(into);
    return o;
}

static void bad(const struct point *p, unsigned *count, const char *what, const struct outcome *o)
{
    char rule[64];
    (void)snprintf(rule, sizeof rule, p->trouble->name, p->n);
    printf("%s %s %s (%u): %s: %s\n", p->place->profile, p->job->name, rule, p->n, what, o->message);
    (*count)++;
}

/* Whatever happened, a user gets on by doing the same again, after a re-plug where the board is gone. */
static void later_runs(const struct point *p, struct dfu_sim *sim, struct tally *tally)
{
    struct dfu_sim *fresh = place_replug(p->place, sim);
    struct outcome o = {0};
    bool done = false;
    for (int i = 0; i < LATER_RUNS && !done; i++) { /* a fault that found nothing to do yet strikes now */
        struct tap tap = {.trouble = &(struct trouble){.kind = TROUBLE_NONE}};
        o = run_once(p, i == 0 ? sim : fresh, &tap);
        done = o.rc == DFU_OK && o.right;
    }
    if (!done)
        bad(p, &tally->stuck, "no later run succeeds", &o);
    dfu_sim_free(fresh);
}

/* Bits that change after they were read back cannot be seen by anybody. */
static bool rotted_late(const struct point *p)
{
    return strncmp(p->trouble->name, "rot@", 4) == 0 && p->n >= p->checked_at;
}

static void judge(const struct point *p, struct dfu_sim *sim, const struct outcome *o, struct tally *tally)
{
    struct dfu_sim_counters c;
    DFU_INIT(&c);
    if (dfu_sim_get_counters(sim, 0, &c) != DFU_OK)
        abort();
    tally->points++;
    if (o->rc == DFU_OK && !o->right && (o->unread || rotted_late(p)))
        tally->excluded++;
    else if (o->rc == DFU_OK && !o->right)
        bad(p, &tally->false_successes, "FALSE SUCCESS", o);
    else if (o->rc == DFU_OK)
        tally->succeeded++;
    else if (o->right && o->leaving && o->rc != DFU_ERR_CANCELLED && p->trouble->kind != TROUBLE_KILL)
        bad(p, &tally->false_failures, "FALSE FAILURE", o);
    else
        tally->failed++;
    if (c.elapsed_us > HANG_US)
        bad(p, &tally->hangs, "hang", o);
    if (c.write_unerased > 0)
        bad(p, &tally->twice, "flash programmed twice", o);
    if (!p->place->plain && !place_outside_unchanged(p->place, sim) && strncmp(p->trouble->name, "rot@", 4) != 0)
        bad(p, &tally->outside, "changed outside the plan", o);
}

static void one_point(const struct point *p, struct tally *tally)
{
    char rule[64];
    struct tap tap = {.trouble = p->trouble, .at = p->n};
    struct dfu_sim *sim = place_board(p->place->profile);
    (void)snprintf(rule, sizeof rule, p->trouble->name, p->n);
    if (p->trouble->kind == TROUBLE_RULE && dfu_sim_fault(sim, rule, NULL) != DFU_OK)
        abort();
    struct outcome o = run_once(p, sim, &tap);
    judge(p, sim, &o, tally);
    if (o.rc != DFU_OK)
        later_runs(p, sim, tally);
    dfu_sim_free(sim);
}

/* How many transfers the undisturbed job makes; false when it does not even succeed. */
static bool measure(struct point *p, unsigned *class_requests, unsigned *standard_requests)
{
    static const struct trouble none = {.name = "nothing", .kind = TROUBLE_NONE};
    struct tap tap = {.trouble = &none};
    struct dfu_sim *sim = place_board(p->place->profile);
    struct dfu_sim_counters c;
    struct tally tally = {0};
    p->trouble = &none;
    DFU_INIT(&c);
    struct outcome o = run_once(p, sim, &tap);
    judge(p, sim, &o, &tally);
    (void)dfu_sim_get_counters(sim, 0, &c);
    *class_requests = tap.class_requests;
    *standard_requests = tap.standard_requests;
    p->checked_at = c.upload > 0 ? tap.class_requests - (unsigned)c.upload - 6 : tap.class_requests;
    dfu_sim_free(sim);
    if (tally.succeeded != 1)
        printf("%s %s without a fault: %s\n", p->place->profile, p->job->name, o.message);
    return tally.succeeded == 1;
}

static void add(struct tally *sum, const struct tally *t)
{
    sum->points += t->points;
    sum->succeeded += t->succeeded;
    sum->failed += t->failed;
    sum->excluded += t->excluded;
    sum->false_successes += t->false_successes;
    sum->false_failures += t->false_failures;
    sum->hangs += t->hangs;
    sum->outside += t->outside;
    sum->twice += t->twice;
    sum->stuck += t->stuck;
}

static void print_row(const char *name, const struct tally *t)
{
    printf("%-20s %7u %9u %7u %8u %9u %9u %5u %7u %5u %5u\n", name, t->points, t->succeeded, t->failed, t->excluded,
           t->false_successes, t->false_failures, t->hangs, t->outside, t->twice, t->stuck);
}

static void sweep_job(struct point *p, unsigned every, struct tally *tally)
{
    unsigned class_requests = 0;
    unsigned standard_requests = 0;
    if (!measure(p, &class_requests, &standard_requests)) {
        tally->stuck++;
        return;
    }
    for (size_t k = 0; k < trouble_count; k++) {
        p->trouble = &troubles[k];
        bool standard = p->trouble->kind == TROUBLE_STD_STALL || p->trouble->kind == TROUBLE_STD_TIMEOUT;
        unsigned last = standard ? standard_requests : class_requests;
        for (p->n = 1 + (unsigned)(k * 7 % every); p->n <= last; p->n += every)
            one_point(p, tally);
    }
}

static int sweep_profile(const char *profile, const char *only_job, unsigned every, struct tally *tally)
{
    struct place place;
    struct point p = {.place = &place};
    const char *why = NULL;
    if (!place_find(&place, profile, &why)) {
        printf("%-20s left out: %s\n", profile, why);
        return 0;
    }
    for (size_t i = 0; i < job_count; i++) {
        p.job = &jobs[i];
        bool possible = !place.plain || !(jobs[i].erases || jobs[i].reads);
        if (possible && (only_job == NULL || strcmp(only_job, jobs[i].name) == 0))
            sweep_job(&p, every, tally);
    }
    place_free(&place);
    return 1;
}

static bool clean(const struct tally *t)
{
    return t->points > 0 && t->false_successes + t->false_failures + t->hangs + t->outside + t->twice + t->stuck == 0;
}

static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    }
    return NULL;
}

static int list_profiles(void)
{
    struct dfu_sim_profile_info info;
    DFU_INIT(&info);
    for (size_t i = 0; dfu_sim_profile(i, &info) == DFU_OK; i++)
        puts(info.name);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list_profiles();
    const char *only_profile = option(argc, argv, "--profile");
    const char *only_job = option(argc, argv, "--job");
    const char *every_text = option(argc, argv, "--every");
    unsigned every = every_text != NULL ? (unsigned)strtoul(every_text, NULL, 10) : 1;
    struct dfu_sim_profile_info info;
    struct tally total = {0};
    DFU_INIT(&info);
    printf("%-20s %7s %9s %7s %8s %9s %9s %5s %7s %5s %5s\n", "profile", "points", "succeeded", "failed", "excluded",
           "false ok", "false bad", "hangs", "outside", "twice", "stuck");
    for (size_t i = 0; dfu_sim_profile(i, &info) == DFU_OK; i++) {
        struct tally tally = {0};
        if ((only_profile == NULL || strcmp(only_profile, info.name) == 0) &&
            sweep_profile(info.name, only_job, every > 0 ? every : 1, &tally)) {
            print_row(info.name, &tally);
            (void)fflush(stdout);
            add(&total, &tally);
        }
    }
    print_row("all", &total);
    return clean(&total) ? 0 : 1;
}
