/* SPDX-License-Identifier: BSD-2-Clause */
/* The seven class requests of DFU 1.1 section 3, one control transfer each. They do not retry. */
#ifndef DFUI_REQUEST_H
#define DFUI_REQUEST_H

#include "proto/link.h"

/* Longest a request may take that the device answers without working. */
#define DFUI_QUICK_MS 2000

/* Longest an UPLOAD may take. */
#define DFUI_READ_MS 5000

int dfui_request_detach(struct dfui_link *link, uint16_t timeout_ms, struct dfu_error **err);
int dfui_request_dnload(struct dfui_link *link, uint16_t block, const void *data, size_t length, uint32_t timeout_ms,
                        struct dfu_error **err);
/* Returns the bytes received, which may be fewer than length. */
int dfui_request_upload(struct dfui_link *link, uint16_t block, void *data, size_t length, uint32_t timeout_ms,
                        struct dfu_error **err);
/* Its SETUP packet, for who sends it otherwise; length is at most 65535. */
struct dfu_usb_setup dfui_request_upload_setup(const struct dfui_link *link, uint16_t block, size_t length);
/* Also kept in link->last. A reply of another length is DFU_ERR_PROTOCOL. */
int dfui_request_getstatus(struct dfui_link *link, struct dfui_status *status, uint32_t timeout_ms,
                           struct dfu_error **err);
int dfui_request_clrstatus(struct dfui_link *link, struct dfu_error **err);
int dfui_request_getstate(struct dfui_link *link, uint8_t *state, struct dfu_error **err);
int dfui_request_abort(struct dfui_link *link, struct dfu_error **err);

#endif
