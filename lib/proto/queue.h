/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UPLOAD after UPLOAD, queued on endpoint 0 (protocol rule 12): the device sends the next block while the host still
 * looks at the last one. Nothing else is queued, and no other request may be made while something is.
 */
#ifndef DFUI_QUEUE_H
#define DFUI_QUEUE_H

#include "proto/link.h"

/* Does the transport queue at all? */
bool dfui_queue_offered(const struct dfui_link *link);

/* Queues an UPLOAD behind those that are queued. The device must be in dfuUPLOAD-IDLE; data stays valid until it is
 * reaped. */
int dfui_queue_upload(struct dfui_link *link, uint16_t block, void *data, size_t length, struct dfu_error **err);

/* Waits for the oldest, which was to bring `length` bytes. After a failure the device's state is not known, and what is
 * queued behind it must be reaped all the same. */
int dfui_queue_reap(struct dfui_link *link, size_t length, struct dfu_error **err);

#endif
