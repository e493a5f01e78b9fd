/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/queue.h"
#include "proto/request.h"

bool dfui_queue_offered(const struct dfui_link *link)
{
    return link->ops->submit != NULL && link->ops->reap != NULL;
}

int dfui_queue_upload(struct dfui_link *link, uint16_t block, void *data, size_t length, struct dfu_error **err)
{
    struct dfu_usb_setup setup = dfui_request_upload_setup(link, block, length);
    return link->ops->submit(link->conn, &setup, data, DFUI_READ_MS, NULL, err);
}

int dfui_queue_reap(struct dfui_link *link, size_t length, struct dfu_error **err)
{
    void *tag = NULL;
    int rc = link->ops->reap(link->conn, &tag, err);
    if (rc < 0)
        dfui_log(link->log, DFU_LOG_TRACE, "UPLOAD, queued, length %zu: %s", length, dfu_code_name(rc));
    else
        dfui_log(link->log, DFU_LOG_TRACE, "UPLOAD, queued, length %zu: %d bytes", length, rc);
    link->state = DFUI_STATE_UNKNOWN;
    if (rc < 0) {
        dfu_error_prefix(err, "UPLOAD");
        return rc;
    }
    if ((size_t)rc != length)
        return dfu_error_set(err, DFU_ERR_PROTOCOL, "UPLOAD returned %d of %zu bytes", rc, length);
    link->state = DFU_STATE_UPLOAD_IDLE;
    return DFU_OK;
}
