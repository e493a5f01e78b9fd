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
    bool dead;
    bool fired;
};

/* Puts tap around what options name; tap must outlive the context. */
void tap_attach(struct tap *tap, struct dfu_context_options *options);

/* --- job.c --- */

struct job {
    const char *name;
    int (*run)(struct dfu_context *context, struct dfu_session *session, const struct dfu_image *image,
               struct dfu_range range, struct dfu_run_options *run, struct dfu_result *result, struct dfu_error **err);
    bool writes; /* flash must hold the image afterwards */
    bool erases; /* the sectors of range must be erased afterwards */
    bool reads;  /* run->into must hold what flash holds */
};

extern const struct job jobs[];
extern const size_t job_count;

/* --- place.c: what a job works on, on a given profile --- */

struct place {
    const char *profile;
    bool plain;               /* DFU without addresses */
    struct dfu_range range;   /* of the image; ends in the middle of a sector */
    uint64_t lies_at;         /* where the board keeps range.start: plain DFU has no addresses, memories do */
    struct dfu_range sectors; /* all that may change, by the board's addresses, as everything below */
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
/* Looks at the board of sim. */
bool place_holds_image(const struct place *place, const struct dfu_sim *sim);
bool place_is_erased(const struct place *place, const struct dfu_sim *sim);
bool place_outside_unchanged(const struct place *place, const struct dfu_sim *sim);
bool place_equals(const struct place *place, const struct dfu_sim *sim, const struct dfu_image *read);
/* The same board after somebody has taken it off the bus and put it back in DFU mode. */
struct dfu_sim *place_replug(const struct place *place, const struct dfu_sim *sim);

#endif
