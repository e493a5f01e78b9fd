/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/dfuse.h"
#include "core/bytes.h"
#include "core/checked.h"
#include "proto/idle.h"
#include "proto/quirks.h"
#include "proto/request.h"

enum { CMD_GET = 0x00, CMD_SET_ADDRESS = 0x21, CMD_ERASE = 0x41 };

/* Limits, not waits: a healthy device answers long before. */
#define POINT_MS 5000
#define BLOCK_MS 10000

/* H7 sectors of 128 KiB need up to 4 s by the datasheet; external flash of the same size no more. Where a sector was
 * found erased after a wait for nothing, no more than that is waited for the next. */
static uint32_t erase_limit_ms(const struct dfui_link *link, uint32_t sector_size)
{
    return (link->hangs ? 1000 : 10000) + sector_size / 1024 * 40;
}

/* 32 s were seen on an F405 with 1 MiB (ROM says 100 ms); dfu-util allows 35 s. */
static uint32_t mass_erase_limit_ms(uint64_t bytes)
{
    uint64_t mebibytes = bytes / (1024 * 1024) + 1;
    return (uint32_t)dfui_min(mebibytes, 60) * 35000;
}

static int address_command(struct dfui_link *link, enum dfui_kind kind, uint32_t address, uint32_t limit_ms,
                           struct dfu_error **err)
{
    uint8_t data[5] = {kind == DFUI_KIND_ERASE ? CMD_ERASE : CMD_SET_ADDRESS};
    dfui_put_le32(data + 1, address);
    struct dfui_command c = {.what = kind == DFUI_KIND_ERASE ? "erase" : "set address",
                             .kind = kind,
                             .data = data,
                             .length = sizeof data,
                             .deadline_ms = limit_ms};
    if (link->state != DFU_STATE_DNLOAD_IDLE) {
        int rc = dfui_idle(link, err);
        if (rc != DFU_OK)
            return rc;
    }
    int rc = dfui_exec_again(link, &c, err);
    if (rc != DFU_OK)
        dfui_error_address(err, address);
    return rc;
}

int dfui_dfuse_try_address(struct dfui_link *link, uint32_t address, struct dfu_error **err)
{
    return address_command(link, DFUI_KIND_POINT, address, POINT_MS, err);
}

int dfui_dfuse_set_address(struct dfui_link *link, uint32_t address, struct dfu_error **err)
{
    int rc = dfui_dfuse_try_address(link, address, err);
    /* Done without a wait looks just like forgotten, and what is written then goes elsewhere, perhaps over flash that
     * the plan does not touch: once more, which does no harm. */
    return rc == DFU_OK && !link->waited ? dfui_dfuse_try_address(link, address, err) : rc;
}

int dfui_dfuse_erase(struct dfui_link *link, uint32_t address, uint32_t sector_size, struct dfu_error **err)
{
    return address_command(link, DFUI_KIND_ERASE, address, erase_limit_ms(link, sector_size), err);
}

int dfui_dfuse_mass_erase(struct dfui_link *link, uint64_t bytes, struct dfu_error **err)
{
    static const uint8_t data[1] = {CMD_ERASE};
    struct dfui_command c = {.what = "mass erase",
                             .data = data,
                             .length = sizeof data,
                             .deadline_ms = mass_erase_limit_ms(bytes),
                             .deaf = true};
    int rc = dfui_idle(link, err);
    return rc != DFU_OK ? rc : dfui_exec_again(link, &c, err);
}

int dfui_dfuse_commands(struct dfui_link *link, uint8_t *codes, size_t max, struct dfu_error **err)
{
    /* ST's library answers 3 bytes; asking for exactly what it has leaves dfuUPLOAD-IDLE, fewer babbles. */
    uint8_t reply[64];
    int rc = dfui_idle(link, err);
    if (rc != DFU_OK)
        return rc;
    rc = dfui_request_upload(link, 0, reply, sizeof reply, DFUI_READ_MS, err);
    if (rc < 0) {
        link->state = DFUI_STATE_UNKNOWN;
        return rc;
    }
    link->state = (size_t)rc < sizeof reply ? DFU_STATE_IDLE : DFU_STATE_UPLOAD_IDLE;
    size_t count = dfui_min((uint64_t)rc, max);
    memcpy(codes, reply, count);
    return (int)count;
}

int dfui_dfuse_write(struct dfui_link *link, uint16_t block, const void *data, size_t length,
                     enum dfui_outcome *outcome, struct dfu_error **err)
{
    struct dfui_command c = {.what = "write",
                             .kind = DFUI_KIND_WRITE,
                             .data = data,
                             .length = length,
                             .deadline_ms = BLOCK_MS,
                             .block = block};
    *outcome = DFUI_NOT_RUN;
    if (link->state != DFU_STATE_DNLOAD_IDLE) {
        int rc = dfui_idle(link, err);
        if (rc != DFU_OK)
            return rc;
    }
    return dfui_exec(link, &c, outcome, err);
}

/* A stalled UPLOAD: a passing fault, or does the device say why it refuses? GETSTATE first, because GETSTATUS
 * would run a pending command. */
static int refused_read(struct dfui_link *link, int rc, struct dfu_error **err)
{
    uint8_t state = DFUI_STATE_UNKNOWN;
    struct dfui_status s;
    link->state = DFUI_STATE_UNKNOWN;
    if (rc == DFU_ERR_STALL && dfui_request_getstate(link, &state, NULL) == DFU_OK && state == DFU_STATE_ERROR &&
        dfui_request_getstatus(link, &s, DFUI_QUICK_MS, NULL) == DFU_OK && s.status != DFU_STATUS_ERR_STALLEDPKT)
        return dfui_exec_refusal(link, "read", err);
    return rc;
}

int dfui_dfuse_read(struct dfui_link *link, uint16_t block, void *data, size_t length, struct dfu_error **err)
{
    if (dfui_link_cancelled(link))
        return dfui_error_cancelled(err);
    int rc = link->state == DFU_STATE_UPLOAD_IDLE ? DFU_OK : dfui_idle(link, err);
    if (rc != DFU_OK)
        return rc;
    rc = dfui_request_upload(link, block, data, length, DFUI_READ_MS, err);
    if (rc < 0)
        return refused_read(link, rc, err);
    if ((size_t)rc != length) {
        /* A short frame ends an upload (DFU 1.1 section 6.2), but not with every loader; ABORT does no harm. */
        link->state = DFU_STATE_UPLOAD_IDLE;
        return dfu_error_set(err, DFU_ERR_PROTOCOL, "UPLOAD of block %u returned %d of %zu bytes", block, rc, length);
    }
    link->state = DFU_STATE_UPLOAD_IDLE;
    return DFU_OK;
}

void dfui_dfuse_leave(struct dfui_link *link)
{
    struct dfui_status s;
    /* GD32 may go at the first of them without an answer, ST's library goes at the second. */
    if (dfui_request_dnload(link, DFUI_DFUSE_FIRST_BLOCK, NULL, 0, DFUI_QUICK_MS, NULL) != DFU_ERR_GONE)
        (void)dfui_request_getstatus(link, &s, DFUI_QUICK_MS, NULL);
    link->state = DFUI_STATE_UNKNOWN;
}
