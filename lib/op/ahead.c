/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading ahead. While a block is compared or kept, the ones after it are on their way: the first block of a run is
 * read alone, and when it came as it should, the next ones of the run are queued. Whatever goes wrong with a queued
 * block, it is read again alone, where dfui_run_read() knows how to recover and how to tell what is the matter.
 */
#include "op/run_private.h"
#include "proto/queue.h"
#include <stdlib.h>

static uint8_t *slot(const struct dfui_run *run, unsigned index)
{
    return run->ahead.room + (size_t)((run->ahead.first + index) % DFU_QUEUE_DEPTH) * run->plan->target.block_size;
}

/* Is `next` the block behind `step`, so that no other request comes between the two? */
static bool follows(const struct dfu_step *step, const struct dfu_step *next)
{
    return next->kind == step->kind && next->alt == step->alt && next->block == step->block + 1;
}

static bool ready(struct dfui_run *run)
{
    if (run->ahead.off || !dfui_queue_offered(&run->session->link) || dfui_link_cancelled(&run->session->link))
        return false;
    if (run->ahead.room == NULL)
        run->ahead.room = malloc((size_t)DFU_QUEUE_DEPTH * run->plan->target.block_size);
    return run->ahead.room != NULL; /* without room it is done one by one */
}

/* Queues what follows the block that has just been read. */
static void look_ahead(struct dfui_run *run, const struct dfu_step *step)
{
    struct dfui_ahead *ahead = &run->ahead;
    const struct dfu_step *end = run->plan->steps + run->plan->count;
    unsigned depth = dfui_glance_depth(run, step);
    if (!ready(run))
        return;
    for (const struct dfu_step *last = step + ahead->count; ahead->count < depth; last++) {
        if (last + 1 >= end || !follows(last, last + 1) || dfui_glance_settled(run, last + 1))
            return;
        struct dfu_error *failure = NULL;
        int rc = dfui_queue_upload(&run->session->link, (uint16_t)last[1].block, slot(run, ahead->count),
                                   last[1].length, &failure);
        if (rc != DFU_OK) {
            dfui_log(run->session->link.log, DFU_LOG_INFO, "not reading ahead: %s", dfu_error_message(failure));
            dfui_error_clear(&failure);
            ahead->off = true;
            return;
        }
        ahead->count++;
    }
}

/* Takes the oldest out of the queue, whatever became of it. */
static int reap(struct dfui_run *run, size_t length, struct dfu_error **err)
{
    int rc = dfui_queue_reap(&run->session->link, length, err);
    run->ahead.first = (run->ahead.first + 1) % DFU_QUEUE_DEPTH;
    run->ahead.count--;
    return rc;
}

void dfui_ahead_drop(struct dfui_run *run)
{
    if (run->ahead.count == 0)
        return;
    while (run->ahead.count > 0)
        (void)reap(run, 0, NULL);
    run->session->link.state = DFUI_STATE_UNKNOWN;
    run->pointed = false;
}

void dfui_ahead_free(struct dfui_run *run)
{
    free(run->ahead.room);
    run->ahead.room = NULL;
}

int dfui_ahead_read(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    int rc = DFU_ERR_USB;
    if (run->ahead.count > 0) {
        struct dfu_error *failure = NULL;
        const uint8_t *data = slot(run, 0);
        rc = reap(run, step->length, &failure);
        if (rc == DFU_OK) {
            memcpy(run->block, data, step->length);
        } else {
            dfui_log(run->session->link.log, DFU_LOG_INFO, "%s: reading the block again", dfu_error_message(failure));
            dfui_error_clear(&failure);
            dfui_ahead_drop(run);
            run->pointed = false;
            run->session->link.retries++;
        }
    }
    if (rc != DFU_OK)
        rc = dfui_run_read(run, step->block, run->block, step->length, err);
    if (rc == DFU_OK) {
        dfui_glance_at(run, step);
        look_ahead(run, step);
    }
    return rc;
}
