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
    bool over; /* the thread is about to end: it can be joined */
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
    dfui_mutex mutex;
    dfui_condition changed; /* a board is over */
};

/* gang_board.c: everything that happens to one board, from the first attempt to the last. Runs on its own thread. */
void dfui_gang_work(struct dfui_gang_board *board);

/* Tells the gang's event function, under the mutex. */
int dfui_gang_tell(struct dfui_gang_board *board, struct dfu_gang_event *event);

#endif
