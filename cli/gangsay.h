/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of several boards: each one's events as they come, and the sum. */
#ifndef CLI_GANGSAY_H
#define CLI_GANGSAY_H

#include "gangnotes.h"
#include "gangview.h"
#include "job.h"
#include "progress.h"

struct member;

struct gangsay {
    struct cli *cli;
    const struct job *job;
    enum dfu_gang_job kind;
    int counting; /* a station: say how many were good after each board */
    uint64_t good;
    uint64_t failed;
    int code;  /* of those that failed: the first one's */
    int alike; /* they all have its exit status */
    struct gangview view;
    struct member **members; /* a slot for each board in hand; owned */
    size_t member_count;
    struct member *spare; /* speaks where there is no memory for one more */
    struct gangnotes notes;
};

/* lines: boards that may be in hand at once, as far as is known. Call gangsay_end() even on failure. */
int gangsay_start(struct gangsay *say, const struct job *job, enum dfu_gang_job kind, size_t lines,
                  struct dfu_error **err);
void gangsay_end(struct gangsay *say);

/* What a board is spoken for with, from its first event to its last. */
struct cli *gangsay_cli(struct gangsay *say, const struct dfu_gang_board *board);

void gangsay_event(struct gangsay *say, const struct dfu_gang_event *event);
int gangsay_progress(struct gangsay *say, const struct dfu_progress *now);

/* The code of all boards together: 0, 11, or where all failed with one exit status, that one. */
int gangsay_code(const struct gangsay *say);

/* The closing line. */
void gangsay_sum(struct gangsay *say, int rc);

#endif
