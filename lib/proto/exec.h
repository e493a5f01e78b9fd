/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Send and poll: the one loop that sends a DNLOAD and waits for its end (protocol rules 5 and 6).
 * It never resends a DNLOAD itself; it says what may have happened, so that the caller, who knows whether
 * sending again is harmless, can decide.
 */
#ifndef DFUI_EXEC_H
#define DFUI_EXEC_H

#include "proto/link.h"

enum dfui_outcome {
    DFUI_DONE,    /* the device says that it finished */
    DFUI_NOT_RUN, /* the device certainly did not execute it, and is in a state that accepts it again */
    DFUI_REFUSED, /* the device went to dfuERROR; it was brought back with CLRSTATUS */
    DFUI_UNKNOWN, /* it may or may not have been executed */
};

struct dfui_command {
    const char *what; /* for messages: "erase", "block" */
    enum dfui_kind kind;
    const void *data;
    size_t length;
    uint32_t deadline_ms; /* for each transfer and for the whole wait */
    uint16_t block;
    bool deaf; /* the device may answer nothing while it works, for so long that a cancel must be seen meanwhile */
};

/*
 * Sends the command and waits until the device is in dfuDNLOAD-IDLE. On failure *outcome (never NULL) says
 * what is known. A command that ends without a wait, where the last one of its kind had one, has outcome UNKNOWN and
 * DFU_ERR_PROTOCOL: so answers a loader that has lost the command. Errors: DFU_ERR_DEVICE or DFU_ERR_PROTECTED with
 * outcome REFUSED; DFU_ERR_CANCELLED, DFU_ERR_GONE and wire errors.
 */
int dfui_exec(struct dfui_link *link, const struct dfui_command *command, enum dfui_outcome *outcome,
              struct dfu_error **err);

/* dfui_exec() for commands that may run twice: recovers and repeats up to three times. */
int dfui_exec_again(struct dfui_link *link, const struct dfui_command *command, struct dfu_error **err);

/* Turns link->last (a dfuERROR reply) into an error, with the text of its iString. Returns the code. */
int dfui_exec_refusal(struct dfui_link *link, const char *what, struct dfu_error **err);

#endif
