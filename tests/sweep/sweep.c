/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep [--every N] [--profile NAME] [--job NAME] [--cells], or sweep --list: see sweep.h. With --trouble NAME and
 * --at N it is one point, which is logged. Exit 1 when a point went
 * wrong. --cells: only the faults that a user should not have to care about; what became of them, by the kind of
 * request, is printed in lines "cell REQUEST FAULT RUNS RECOVERED WRONG" in any case.
 */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

/* A job that asks the same thing again and again, as reading 2 MiB, is disturbed at each of its first and last
 * requests, and at so many in between. */
#define ALL_OF 60u
#define BETWEEN 40u

static const char *const request_names[REQUESTS] = {"command",  "block", "UPLOAD",    "GETSTATUS",
                                                    "GETSTATE", "ABORT", "CLRSTATUS", "DETACH"};

struct options {
    const char *profile;
    const char *job;
    const char *trouble;
    unsigned at;
    unsigned every;
    bool cells;
};

static void add(struct tally *sum, const struct tally *t)
{
    sum->points += t->points;
    sum->recovered += t->recovered;
    sum->failed += t->failed;
    sum->unread += t->unread;
    sum->stopped += t->stopped;
    sum->false_successes += t->false_successes;
    sum->false_failures += t->false_failures;
    sum->hangs += t->hangs;
    sum->outside += t->outside;
    sum->twice += t->twice;
    sum->stuck += t->stuck;
}

static void print_row(const char *name, const struct tally *t)
{
    printf("%-20s %7u %9u %7u %6u %7u %8u %9u %5u %7u %5u %5u\n", name, t->points, t->recovered, t->failed, t->unread,
           t->stopped, t->false_successes, t->false_failures, t->hangs, t->outside, t->twice, t->stuck);
}

static void print_cells(void)
{
    for (unsigned r = 0; r < REQUESTS; r++) {
        for (unsigned f = 0; f < CELL_FAULTS; f++)
            printf("cell %s %.*s %u %u %u\n", request_names[r], (int)strcspn(troubles[f].name, "@"), troubles[f].name,
                   cells[r][f].runs, cells[r][f].recovered, cells[r][f].wrong);
    }
}

/* The next n to disturb. */
static unsigned after_n(unsigned n, unsigned last, unsigned every)
{
    n += every;
    if (last > 2 * ALL_OF + BETWEEN && n > ALL_OF && n < last - ALL_OF) {
        unsigned stride = (last - 2 * ALL_OF) / BETWEEN;
        n = ALL_OF + (n - ALL_OF + stride - 1) / stride * stride;
    }
    return n;
}

static void sweep_job(struct point *p, const struct options *o, struct tally *tally)
{
    static uint8_t kinds[TAP_KINDS];
    struct tap tap = {.kinds = kinds, .plain = p->place->plain};
    bool possible;
    if (!point_measure(p, &tap, &possible)) {
        tally->stuck += possible;
        return;
    }
    for (size_t k = 0; k < (o->cells ? CELL_FAULTS : trouble_count); k++) {
        p->trouble = &troubles[k];
        if (o->trouble != NULL && strcmp(o->trouble, troubles[k].name) != 0)
            continue;
        bool standard = p->trouble->kind == TROUBLE_STD_STALL || p->trouble->kind == TROUBLE_STD_TIMEOUT;
        unsigned last = standard ? tap.standard_requests : tap.class_requests;
        for (p->n = 1 + (unsigned)(k * 7 % o->every); p->n <= last; p->n = after_n(p->n, last, o->every))
            if (o->at == 0 || o->at == p->n)
                point_run(p, standard || p->n > TAP_KINDS ? REQUESTS : (enum request)kinds[p->n - 1], tally);
    }
    free(p->wanted);
    p->wanted = NULL;
}

static int sweep_profile(const char *profile, const struct options *o, struct tally *tally)
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
        if ((p.job->plain || !place.plain) && (o->job == NULL || strcmp(o->job, p.job->name) == 0))
            sweep_job(&p, o, tally);
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

static bool has(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (has(argc, argv, "--list"))
        return list_profiles();
    const char *every = option(argc, argv, "--every");
    const char *at = option(argc, argv, "--at");
    struct options o = {.profile = option(argc, argv, "--profile"),
                        .job = option(argc, argv, "--job"),
                        .trouble = option(argc, argv, "--trouble"),
                        .at = at != NULL ? (unsigned)strtoul(at, NULL, 10) : 0,
                        .every = every != NULL ? (unsigned)strtoul(every, NULL, 10) : 1,
                        .cells = has(argc, argv, "--cells")};
    struct dfu_sim_profile_info info;
    struct tally total = {0};
    DFU_INIT(&info);
    o.every = o.every > 0 ? o.every : 1;
    point_verbose = o.at != 0;
    printf("%-20s %7s %9s %7s %6s %7s %8s %9s %5s %7s %5s %5s\n", "profile", "points", "recovered", "failed", "unread",
           "stopped", "false ok", "false bad", "hangs", "outside", "twice", "stuck");
    for (size_t i = 0; dfu_sim_profile(i, &info) == DFU_OK; i++) {
        struct tally tally = {0};
        if ((o.profile == NULL || strcmp(o.profile, info.name) == 0) && sweep_profile(info.name, &o, &tally)) {
            print_row(info.name, &tally);
            (void)fflush(stdout);
            add(&total, &tally);
        }
    }
    print_row("all", &total);
    print_cells();
    return clean(&total) ? 0 : 1;
}
