/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing a device to dfuIDLE without executing what a previous host left pending (protocol rule 2). */
#ifndef DFUI_IDLE_H
#define DFUI_IDLE_H

#include "proto/link.h"

/* What was found on the way. */
struct dfui_idle_report {
    uint8_t state;  /* of the first GETSTATE */
    uint8_t status; /* of the first GETSTATUS */
};

/*
 * GETSTATE, ABORT, GETSTATUS, CLRSTATUS as the rule says, at most three rounds. DFU_ERR_UNSUPPORTED for a
 * device that says it runs its program, DFU_ERR_PROTOCOL when it does not come to dfuIDLE (the caller may reset it).
 * A device that is busy, perhaps with a mass erase of a host that is no more, is waited for: for half as long again as
 * its bwPollTimeout, where that is a second or more, else as link->busy_limit_us says. report may be NULL.
 */
int dfui_idle_open(struct dfui_link *link, struct dfui_idle_report *report, struct dfu_error **err);

/* The same in mid-job: deaf to cancels, because the device is to be left in dfuIDLE. */
int dfui_idle_recover(struct dfui_link *link, struct dfu_error **err);

/* Cheapest way to dfuIDLE from where the link says the device is: nothing, ABORT, or recovery. */
int dfui_idle(struct dfui_link *link, struct dfu_error **err);

#endif
