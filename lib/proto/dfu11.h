/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain DFU 1.0 and 1.1: blocks without addresses, and manifestation (DFU 1.1 section 7). */
#ifndef DFUI_DFU11_H
#define DFUI_DFU11_H

#include "proto/exec.h"

/* One block of a download that began with block 0 in dfuIDLE. Never sent twice by itself. */
int dfui_dfu11_write(struct dfui_link *link, uint16_t block, const void *data, size_t length,
                     enum dfui_outcome *outcome, struct dfu_error **err);

/* Up to length bytes of the next block; returns how many. Fewer than length ends the upload in dfuIDLE. Block 0
 * begins one, from dfuIDLE. */
int dfui_dfu11_read(struct dfui_link *link, uint16_t block, void *data, size_t length, struct dfu_error **err);

/*
 * The zero-length block and what follows it, to dfuIDLE or to dfuMANIFEST-WAIT-RESET (then *needs_reset is set).
 * A device that goes away on the way has manifested: DFU_OK with *gone set. Errors: DFU_ERR_DEVICE (the device does
 * not like the image), wire errors.
 */
int dfui_dfu11_manifest(struct dfui_link *link, uint16_t block, bool tolerant, bool *needs_reset, bool *gone,
                        struct dfu_error **err);

#endif
