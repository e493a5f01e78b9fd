/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sweep: every job on every profile, with one fault at every control transfer in turn. Public API only.
 *
 * A job is what a user asks for; a trouble is one kind of fault; a point is a job with a trouble at transfer n. What
 * flash must hold afterwards is known from the image alone, so a success can be told from a false one.
 */
#ifndef DFU_SWEEP_H
#define DFU_SWEEP_H

#include <libdfu/libdfu.h>
#include <libdfu/sim.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* --- trouble.c: faults that the simulator has no rule for, put between the library and the simulator --- */

/* Which transfers a trouble counts: each kind of them from 1. */
enum trouble_kind {
    TROUBLE_NONE,
    TROUBLE_RULE,        /* a fault rule of the simulator; n counts class requests, as in all but the last two */
    TROUBLE_KILL,        /* the host's process dies: no transfer reaches the device any more */
    TROUBLE_CANCEL,      /* the user presses Ctrl-C */
    TROUBLE_STATUS_SIZE, /* the GETSTATUS at or after n answers with fewer bytes */
    TROUBLE_STD_STALL,   /* a standard request is stalled */
    TROUBLE_STD_TIMEOUT  /* the answer to a standard request is lost */
};

struct trouble {
    const char *name; /* also the rule, with "%u" for n */
    enum trouble_kind kind;
    int value;
    bool transient; /* a single fault after which the device goes on as before */
};

extern const struct trouble troubles[];
extern const size_t trouble_count;

/* What a class request is. */
enum request {
    REQUEST_COMMAND, /* DNLOAD of a command, or of nothing */
    REQUEST_BLOCK,   /* DNLOAD of contents */
    REQUEST_UPLOAD,
    REQUEST_GETSTATUS,
    REQUEST_GETSTATE,
    REQUEST_ABORT,
    REQUEST_CLRSTATUS,
    REQUEST_DETACH,
    REQUESTS
};

/* A transport between library and simulator. */
struct tap {
    struct dfu_transport_ops ops;
    const struct dfu_transport_ops *inner;
    void *inner_self;
    struct dfu_context *context; /* to be cancelled */
    const struct trouble *trouble;
    unsigned at;
    unsigned class_requests;
    unsigned standard_requests;
    uint8_t *kinds; /* where the kind of each class request goes, or NULL */
    bool plain;     /* DFU without commands */
    bool dead;
    bool fired;
};

#define TAP_KINDS 20000u

/* Puts tap around what options name; tap must outlive the context. */
void tap_attach(struct tap *tap, struct dfu_context_options *options);

/* --- place.c: what a job works on, on a given profile --- */

struct place {
    const char *profile;
    bool plain;               /* DFU without addresses */
    struct dfu_range range;   /* of the image; ends in the middle of a sector */
    struct dfu_range hole;    /* in it, that the image does not hold: a run ends before and another begins after it */
    uint64_t lies_at;         /* where the board keeps range.start: plain DFU has no addresses, memories do */
    struct dfu_range sectors; /* all that may change, by the board's addresses, as everything below */
    uint32_t sector;          /* size of the first of them */
    struct dfu_image *image;
    uint8_t *bytes;  /* the image's */
    uint8_t *before; /* the memory's contents before any job */
    struct dfu_range memory;
    uint8_t erased;
};

/* A board with reproducible contents. */
struct dfu_sim *place_board(const char *profile);
/* False: the profile has no memory that a job could use; *why says it. */
bool place_find(struct place *place, const char *profile, const char **why);
void place_free(struct place *place);
/* Puts an older image there: some of it is as in the new one, some blank, some different. */
void place_load_older(const struct place *place, struct dfu_sim *sim);
/* The contents of the image's memory, live, from address on. */
const uint8_t *place_at(const struct place *place, const struct dfu_sim *sim, uint64_t address);
/* Does it hold these in place of the image's? */
bool place_equals(const struct place *place, const struct dfu_sim *sim, const uint8_t *bytes);
/* A memory of the board; false past the last one. */
bool place_memory(const struct dfu_sim *sim, size_t index, struct dfu_sim_memory *m);
bool place_is_options(const struct dfu_sim_memory *m);
/* The contents of all option bytes, one after the other; free() them. */
uint8_t *place_options(const struct dfu_sim *sim, size_t *length);
/* The same board after somebody has taken it off the bus and put it back in DFU mode. */
struct dfu_sim *place_replug(const struct place *place, const struct dfu_sim *sim);

/* --- job.c --- */

/* What a job has to do with. */
struct task {
    const struct place *place;
    struct dfu_context *context;
    struct dfu_session *session;
    struct dfu_run_options *run;
    struct dfu_result *result;
};

/* What is judged: the board afterwards, and what the job knew. */
struct after {
    const struct place *place;
    const struct dfu_sim *sim;
    const struct dfu_image *read;
    const uint8_t *held;   /* the memory's contents before this run */
    const uint8_t *wanted; /* option bytes as an undisturbed run leaves them, or NULL */
    bool succeeded;
};

struct job {
    const char *name;
    bool plain;     /* also for devices without addresses */
    bool last_wins; /* over when the last comparison is, without a leave */
    bool resets;    /* the board resets itself, and is waited for as the job says */
    /* How the board is before it; false: it cannot be like that. */
    bool (*prepare)(const struct place *place, struct dfu_sim *sim);
    int (*run)(struct task *task, struct dfu_error **err);
    bool (*right)(const struct after *after);   /* what a success promises */
    bool (*outside)(const struct after *after); /* nothing changed that the job has nothing to do with */
};

extern const struct job jobs[];
extern const size_t job_count;
/* The job that opens a protected board. */
extern const struct job *const job_unprotect;

/* --- point.c: one run, and what is to be thought of it --- */

struct tally {
    unsigned points;
    unsigned recovered; /* exit 0, and all is as it should be */
    unsigned failed;    /* and said so */
    /* Named exclusions. */
    unsigned unread;  /* plain DFU that resets into its program: nobody can read back what it holds */
    unsigned stopped; /* by the user or the host's death, after every check had passed */
    /* Defects. */
    unsigned false_successes;
    unsigned false_failures;
    unsigned hangs;
    unsigned outside; /* something else was changed */
    unsigned twice;   /* a flash word was programmed without being erased */
    unsigned stuck;   /* no later run succeeded */
};

struct point {
    const struct place *place;
    const struct job *job;
    const struct trouble *trouble;
    unsigned n;
    uint8_t *wanted; /* as in struct after */
};

/* The kinds of fault that a user should not have to care about, by the kind of request that they hit. */
enum { CELL_FAULTS = 5 };
struct cell {
    unsigned runs;
    unsigned recovered;
    unsigned wrong;
};
extern struct cell cells[REQUESTS][CELL_FAULTS];

extern bool point_verbose;

/* Runs the point and counts what became of it; request is what it hits, or REQUESTS. */
void point_run(const struct point *point, enum request request, struct tally *tally);
/* Runs the job undisturbed through tap, and notes what it leaves; false when it fails, or when the board cannot be
 * prepared for it, which *possible says. */
bool point_measure(struct point *point, struct tap *tap, bool *possible);

#endif
