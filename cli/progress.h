/* SPDX-License-Identifier: BSD-2-Clause */
/* Progress of a run: a bar on a terminal, a line a phase elsewhere, events in JSON mode. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

#define PROGRESS_PHASES 7 /* enum dfu_phase has values 1 to 6 */

struct progress {
    struct cli *cli;
    const char *board;      /* path of the board it is about, where there are several */
    uint32_t erase_sectors; /* of the plan, for the line about erasing */
    uint32_t phase;         /* the one in hand, 0 = none yet */
    uint64_t elapsed_us;    /* at the last call */
    uint64_t phase_us[PROGRESS_PHASES];
    uint64_t done[PROGRESS_PHASES];
    uint64_t total[PROGRESS_PHASES];
    uint64_t last_draw_ms; /* by the real clock, so that a terminal is not flooded */
};

void progress_start(struct progress *progress, struct cli *cli, uint32_t erase_sectors);

/* A dfu_progress_fn; user is a struct progress. */
int progress_call(const struct dfu_progress *now, void *user);

/* "Erasing", "Writing" and so on. */
const char *progress_doing(uint32_t phase);

/* Takes a finished bar away; a failed run leaves it (see out_error). */
void progress_end(struct progress *progress);

#endif
