/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking before bwPollTimeout is over, which DFU 1.1 does not allow and the user has asked for. Many loaders tell a
 * longer time than they need; some stall when they are asked too early. So what a device puts up with is learnt for
 * each kind of command: a stall or an error, or a few commands without a gain, end it for that kind.
 */
#ifndef DFUI_EAGER_H
#define DFUI_EAGER_H

#include "proto/link.h"

enum dfui_early {
    DFUI_EARLY_NOTHING, /* not asked */
    DFUI_EARLY_BUSY,    /* still busy: wait as it said */
    DFUI_EARLY_DONE,    /* link->last says that the command is done */
    DFUI_EARLY_FAILED   /* no answer, or dfuERROR: wait as the device said, then see */
};

/* Asks early about a command of this kind that link->last says is still running. `before` is what came of it the last
 * time for the same command. Unless it is done link->last is left as it was. */
enum dfui_early dfui_eager_ask(struct dfui_link *link, enum dfui_kind kind, uint64_t told_us, enum dfui_early before);

/* The device is in dfuERROR after an early question about a command of this kind: no more of them. */
void dfui_eager_stop(struct dfui_link *link, enum dfui_kind kind);

#endif
