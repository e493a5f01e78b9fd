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
 * run-time interface, DFU_ERR_PROTOCOL when it does not come to dfuIDLE (the caller may reset the device).
 * Waits out a device that is busy for up to 40 s in all. report may be NULL. Deaf to cancels.
 */
int dfui_idle_open(struct dfui_link *link, struct dfui_idle_report *report, struct dfu_error **err);

/* The same in mid-job. */
int dfui_idle_recover(struct dfui_link *link, struct dfu_error **err);

/* Cheapest way to dfuIDLE from where the link says the device is: nothing, ABORT, or recovery. */
int dfui_idle(struct dfui_link *link, struct dfu_error **err);

#endif
