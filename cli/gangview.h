/* SPDX-License-Identifier: BSD-2-Clause */
/* Progress of several boards on a terminal: a line for each, drawn anew as they go on. */
#ifndef CLI_GANGVIEW_H
#define CLI_GANGVIEW_H

#include "cli.h"

struct gangview {
    struct cli *cli;
    struct gangview_line {
        char path[21]; /* a copy: it is drawn again while other boards go on; empty = no line */
        char text[64];
    } * lines; /* one for each board in hand; owned */
    size_t count;
    size_t drawn; /* lines that are on the screen */
    uint64_t last_draw_ms;
};

/* Shows nothing where progress is not drawn as a bar, or there are more boards than lines of a terminal. */
void gangview_start(struct gangview *view, struct cli *cli, size_t count);
void gangview_progress(struct gangview *view, size_t slot, const char *path, const struct dfu_progress *now);
/* Takes a board's line away: it has its result. */
void gangview_done(struct gangview *view, size_t slot);
/* Takes all lines off the screen, so that something else can be said. */
void gangview_clear(struct gangview *view);
void gangview_end(struct gangview *view);

#endif
