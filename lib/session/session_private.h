/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DFUI_SESSION_PRIVATE_H
#define DFUI_SESSION_PRIVATE_H

#include "proto/idle.h"
#include "proto/link.h"
#include "session/list.h"
#include <libdfu/session.h>

/* Time spent on an amount of bytes, or of sectors. */
struct dfui_measured {
    uint64_t us;
    uint64_t amount;
};

struct dfui_tempo {
    struct dfui_measured write;
    struct dfui_measured read;
    struct dfui_measured erase[DFU_ERASE_TIMES];
    uint32_t sector_size[DFU_ERASE_TIMES]; /* that erase[i] is about */
    uint32_t sizes;
};

struct dfu_session {
    struct dfu_context *context;
    struct dfu_device *device; /* our copy */
    struct dfui_link link;
    struct dfui_idle_report found;
    uint32_t block_size; /* bytes a block that we use */
    bool dfuse;
    bool gone;         /* told to leave, or lost in a reset: nothing more can be done with it */
    int alt;           /* selected alternate setting, -1 = none */
    int command_count; /* -1 = not asked yet */
    uint8_t commands[32];
    struct dfui_tempo tempo; /* how fast the device has been so far */
};

/* Opens the device at the path and claims its first alternate setting; lets go of it. */
int dfui_session_connect(struct dfu_session *session, struct dfu_error **err);
void dfui_session_disconnect(struct dfu_session *session);

/* Selects an alternate setting unless it is selected already. */
int dfui_session_select(struct dfu_session *session, uint32_t alt, struct dfu_error **err);

/*
 * Brings the device back to dfuIDLE after a fault: by requests, and if those do not help by a USB reset, after
 * which the same board is looked for at its path. The address pointer is lost either way.
 */
int dfui_session_recover(struct dfu_session *session, struct dfu_error **err);
/* The same for a session that is being opened; report may be NULL. */
int dfui_session_to_idle(struct dfu_session *session, struct dfui_idle_report *report, struct dfu_error **err);

/* Is the device gone from its place, or another one there since? Looks at the bus. */
bool dfui_session_lost(const struct dfu_session *session);

/*
 * Waits up to limit_ms (UINT32_MAX = for ever) for the same board (path, ids, serial, names of its memories,
 * transfer size), puts the session on a new connection and brings the device to dfuIDLE. Another board at the path is
 * refused at once. Errors: DFU_ERR_GONE, DFU_ERR_CANCELLED, DFU_ERR_NO_MEMORY, and what the last try failed with.
 */
int dfui_session_reconnect(struct dfu_session *session, uint32_t limit_ms, struct dfu_error **err);

/* Told of the time that has passed; non-zero = stop. */
typedef int dfui_waiting_fn(uint64_t ms, uint64_t limit_ms, void *arg);

/*
 * After a command that makes the chip reset itself: waits up to leave_ms for the device to go (*went says whether it
 * did), and then up to return_ms for the same board (path, ids, serial, names of its memories), onto which it puts the
 * session, in dfuIDLE. Errors: DFU_ERR_GONE (not back, or another board), DFU_ERR_CANCELLED, wire errors.
 */
int dfui_session_again(struct dfu_session *session, uint32_t leave_ms, uint64_t return_ms, dfui_waiting_fn *waiting,
                       void *arg, bool *went, struct dfu_error **err);

/* Watches the bus after a leave, for up to limit_ms. DFU_ERR_CANCELLED when a cancel was seen: *left, an enum dfu_left,
 * is what is known so far. */
int dfui_session_watch(struct dfu_session *session, uint32_t limit_ms, uint32_t *left, struct dfu_error **err);

#endif
