/* SPDX-License-Identifier: BSD-2-Clause */
/* A gang and its boards. The mutex guards what the threads share: states, counts, and the callbacks. */
#ifndef DFUI_GANG_PRIVATE_H
#define DFUI_GANG_PRIVATE_H

#include "core/thread.h"
#include "session/list.h"
#include <libdfu/gang.h>
#include <libdfu/image.h>

struct dfui_gang_board {
    struct dfu_gang *gang;
    struct dfu_device *device; /* as it was found last; no names and no map before it is opened */
    struct dfu_gang_board info;
    struct dfu_result result;
    struct dfu_result survey; /* of this attempt */
    struct dfu_error *error;
    struct dfu_context *context; /* while it runs */
    struct dfu_image *own;       /* made for this board alone, or NULL */
    dfui_thread thread;
    bool has_thread;
    bool over;                  /* the thread is about to end: it can be joined */
    struct dfui_sighting after; /* of a station: what was at its path when it was done */
};

struct dfu_gang {
    struct dfu_context *context;
    struct dfu_gang_options options;
    struct dfu_open_options open;
    struct dfu_plan_options plan;
    struct dfu_run_options run;
    const struct dfu_image *image; /* while it runs */
    struct dfui_gang_board **boards;
    size_t count;
    uint32_t numbered; /* boards so far: the next one's index */
    dfui_mutex mutex;
    dfui_condition changed;    /* a board is over */
    struct dfu_context *scout; /* of a station: what its own thread looks at the bus with; else NULL */
    atomic_bool stop;
};

/* gang.c: for the thread that made the gang. */
int dfui_gang_add_board(struct dfu_gang *gang, const struct dfu_device *device, struct dfu_error **err);
void dfui_gang_free_board(struct dfui_gang_board *board);
/* How many may run at a time. */
size_t dfui_gang_most(const struct dfu_gang *gang);
/* Begins with a board, on a thread of its own; waits until one is to be had. */
void dfui_gang_start(struct dfu_gang *gang, struct dfui_gang_board *board);
/* Joins the threads that are over; returns how many are left. Waits for one when wait is set and none is. */
size_t dfui_gang_gather(struct dfu_gang *gang, bool wait);

/* gang_board.c: makes the board's context, on the thread that started the gang; a failure is the board's. */
void dfui_gang_equip(struct dfui_gang_board *board);

/* gang_board.c: everything that happens to one board, from the first attempt to the last. Runs on its own thread. */
void dfui_gang_work(struct dfui_gang_board *board);

/* Tells the gang's event function, under the mutex. */
int dfui_gang_tell(struct dfui_gang_board *board, struct dfu_gang_event *event);

#endif
