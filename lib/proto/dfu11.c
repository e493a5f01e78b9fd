/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/dfu11.h"
#include "core/checked.h"
#include "proto/idle.h"
#include "proto/request.h"

/* Devices erase a whole partition at the first block, and manifestation may copy it: limits, not waits. */
#define BLOCK_MS 30000
#define MANIFEST_MS 60000
#define READ_MS 5000

int dfui_dfu11_write(struct dfui_link *link, uint16_t block, const void *data, size_t length,
                     enum dfui_outcome *outcome, struct dfu_error **err)
{
    struct dfui_command c = {.what = "write", .data = data, .length = length, .deadline_ms = BLOCK_MS, .block = block};
    *outcome = DFUI_NOT_RUN;
    if (link->state != DFU_STATE_DNLOAD_IDLE) {
        int rc = dfui_idle(link, err);
        if (rc != DFU_OK)
            return rc;
    }
    return dfui_exec(link, &c, outcome, err);
}

int dfui_dfu11_read(struct dfui_link *link, uint16_t block, void *data, size_t length, struct dfu_error **err)
{
    if (dfui_link_cancelled(link))
        return dfui_error_cancelled(err);
    if (link->state != DFU_STATE_UPLOAD_IDLE) {
        int rc = dfui_idle(link, err);
        if (rc != DFU_OK)
            return rc;
    }
    int rc = dfui_request_upload(link, block, data, length, READ_MS, err);
    link->state = rc < 0 ? DFUI_STATE_UNKNOWN : (size_t)rc < length ? DFU_STATE_IDLE : DFU_STATE_UPLOAD_IDLE;
    return rc;
}

/* GETSTATUS; gone when the device has left, which is how many devices end their manifestation. */
static int ask(struct dfui_link *link, struct dfui_status *s, bool *gone, struct dfu_error **err)
{
    struct dfu_error *failure = NULL;
    int rc = dfui_request_getstatus(link, s, DFUI_QUICK_MS, &failure);
    if (rc == DFU_ERR_STALL || rc == DFU_ERR_TIMEOUT || rc == DFU_ERR_USB) {
        dfui_error_clear(&failure);
        dfui_link_wait_out(link, dfui_link_now(link) + 100000);
        rc = dfui_request_getstatus(link, s, DFUI_QUICK_MS, &failure);
    }
    *gone = rc == DFU_ERR_GONE;
    if (err != NULL && rc != DFU_OK && !*gone)
        *err = failure;
    else
        dfui_error_clear(&failure);
    return *gone ? DFU_OK : rc;
}

int dfui_dfu11_manifest(struct dfui_link *link, uint16_t block, bool tolerant, bool *needs_reset, bool *gone,
                        struct dfu_error **err)
{
    uint64_t limit = dfui_link_now(link) + (uint64_t)MANIFEST_MS * 1000;
    *needs_reset = false;
    *gone = false;
    int rc = dfui_request_dnload(link, block, NULL, 0, DFUI_QUICK_MS, err);
    if (rc != DFU_OK)
        return rc;
    link->state = DFUI_STATE_UNKNOWN;
    for (;;) {
        struct dfui_status s;
        rc = ask(link, &s, gone, err);
        if (rc != DFU_OK || *gone)
            return rc;
        link->state = s.state;
        if (s.state >= DFU_STATE_ERROR || s.status != DFU_STATUS_OK)
            return dfui_exec_refusal(link, "manifestation", err);
        if (s.state == DFU_STATE_IDLE)
            return DFU_OK;
        /* In dfuMANIFEST a device that is not tolerant cannot be asked again: wait as told, then reset it. */
        if (s.state == DFU_STATE_MANIFEST_WAIT_RESET || (s.state == DFU_STATE_MANIFEST && !tolerant)) {
            dfui_link_wait_out(link, dfui_min(limit, dfui_link_now(link) + (uint64_t)s.poll_ms * 1000));
            *needs_reset = true;
            return DFU_OK;
        }
        if (dfui_link_now(link) >= limit)
            return dfu_error_set(err, DFU_ERR_TIMEOUT, "manifestation: device is still in %s after %u ms",
                                 dfu_state_name(s.state), MANIFEST_MS);
        dfui_link_wait_out(link, dfui_min(limit, dfui_link_now(link) + dfui_max((uint64_t)s.poll_ms * 1000, 1000)));
    }
}
