/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/request.h"
#include "proto/quirks.h"

enum { REQ_DETACH = 0, REQ_DNLOAD, REQ_UPLOAD, REQ_GETSTATUS, REQ_CLRSTATUS, REQ_GETSTATE, REQ_ABORT };

#define TYPE_OUT 0x21 /* class, interface, host to device */
#define TYPE_IN 0xA1

static const char *request_name(uint8_t request)
{
    static const char *const names[] = {"DETACH", "DNLOAD", "UPLOAD", "GETSTATUS", "CLRSTATUS", "GETSTATE", "ABORT"};
    return names[request];
}

static int transfer(struct dfui_link *link, uint8_t type, uint8_t request, uint16_t value, void *data, size_t length,
                    uint32_t timeout_ms, struct dfu_error **err)
{
    if (length > UINT16_MAX)
        return dfu_error_set(err, DFU_ERR_INTERNAL, "%s of %zu bytes does not fit a control transfer",
                             request_name(request), length);
    struct dfu_usb_setup setup = {
        .type = type, .request = request, .value = value, .index = link->interface_number, .length = (uint16_t)length};
    int rc = link->ops->control(link->conn, &setup, data, timeout_ms, err);
    if (rc < 0) {
        dfui_log(link->log, DFU_LOG_TRACE, "%s value %u length %zu: %s", request_name(request), value, length,
                 dfu_code_name(rc));
        dfu_error_prefix(err, "%s", request_name(request));
    } else {
        dfui_log(link->log, DFU_LOG_TRACE, "%s value %u length %zu: %d bytes", request_name(request), value, length,
                 rc);
    }
    return rc;
}

int dfui_request_detach(struct dfui_link *link, uint16_t timeout_ms, struct dfu_error **err)
{
    int rc = transfer(link, TYPE_OUT, REQ_DETACH, timeout_ms, NULL, 0, DFUI_QUICK_MS, err);
    return rc < 0 ? rc : DFU_OK;
}

int dfui_request_dnload(struct dfui_link *link, uint16_t block, const void *data, size_t length, uint32_t timeout_ms,
                        struct dfu_error **err)
{
    /* An OUT transfer does not write to its buffer; the op has one signature for both directions. */
    union {
        const void *in;
        void *out;
    } pun = {.in = data};
    int rc = transfer(link, TYPE_OUT, REQ_DNLOAD, block, pun.out, length, timeout_ms, err);
    if (rc >= 0 && (size_t)rc != length)
        return dfu_error_set(err, DFU_ERR_USB, "DNLOAD: device took %d of %zu bytes", rc, length);
    return rc < 0 ? rc : DFU_OK;
}

struct dfu_usb_setup dfui_request_upload_setup(const struct dfui_link *link, uint16_t block, size_t length)
{
    return (struct dfu_usb_setup){.type = TYPE_IN,
                                  .request = REQ_UPLOAD,
                                  .value = block,
                                  .index = link->interface_number,
                                  .length = (uint16_t)length};
}

int dfui_request_upload(struct dfui_link *link, uint16_t block, void *data, size_t length, uint32_t timeout_ms,
                        struct dfu_error **err)
{
    return transfer(link, TYPE_IN, REQ_UPLOAD, block, data, length, timeout_ms, err);
}

int dfui_request_getstatus(struct dfui_link *link, struct dfui_status *status, uint32_t timeout_ms,
                           struct dfu_error **err)
{
    uint8_t reply[6] = {0};
    int rc = transfer(link, TYPE_IN, REQ_GETSTATUS, 0, reply, sizeof reply, timeout_ms, err);
    if (rc < 0)
        return rc;
    if (rc != (int)sizeof reply)
        return dfu_error_set(err, DFU_ERR_PROTOCOL, "GETSTATUS: reply has %d bytes instead of 6", rc);
    status->status = reply[0];
    status->poll_ms = (uint32_t)reply[1] | (uint32_t)reply[2] << 8 | (uint32_t)reply[3] << 16;
    if (link->quirks & DFUI_QUIRK_POLL_5MS)
        status->poll_ms = 5;
    status->state = reply[4];
    status->string = reply[5];
    link->last = *status;
    dfui_log(link->log, DFU_LOG_TRACE, "  %s, %s, poll %u ms", dfu_state_name(status->state),
             dfu_status_name(status->status), status->poll_ms);
    return DFU_OK;
}

int dfui_request_clrstatus(struct dfui_link *link, struct dfu_error **err)
{
    int rc = transfer(link, TYPE_OUT, REQ_CLRSTATUS, 0, NULL, 0, DFUI_QUICK_MS, err);
    return rc < 0 ? rc : DFU_OK;
}

int dfui_request_getstate(struct dfui_link *link, uint8_t *state, struct dfu_error **err)
{
    int rc = transfer(link, TYPE_IN, REQ_GETSTATE, 0, state, 1, DFUI_QUICK_MS, err);
    if (rc == 0)
        return dfu_error_set(err, DFU_ERR_PROTOCOL, "GETSTATE: empty reply");
    return rc < 0 ? rc : DFU_OK;
}

int dfui_request_abort(struct dfui_link *link, struct dfu_error **err)
{
    int rc = transfer(link, TYPE_OUT, REQ_ABORT, 0, NULL, 0, DFUI_QUICK_MS, err);
    return rc < 0 ? rc : DFU_OK;
}
