/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/idle.h"
#include "core/checked.h"
#include "proto/request.h"

#define ROUNDS 3

/* Longest that a device may stay busy with a command nobody is waiting for: a big sector's erase. */
#define BUSY_LIMIT_US UINT64_C(40000000)

static bool may_abort(uint8_t state)
{
    return state != DFU_STATE_DNBUSY && state != DFU_STATE_MANIFEST && state != DFU_STATE_MANIFEST_WAIT_RESET &&
           state != DFU_STATE_ERROR;
}

/* Waits while GETSTATUS says busy. The first GETSTATUS here is harmless: the device was already running. */
static int wait_while_busy(struct dfui_link *link, struct dfui_status *s, uint64_t limit, struct dfu_error **err)
{
    while ((s->state == DFU_STATE_DNBUSY || s->state == DFU_STATE_MANIFEST) && dfui_link_now(link) < limit) {
        uint64_t pause = dfui_max((uint64_t)s->poll_ms * 1000, 10000);
        dfui_link_wait_out(link, dfui_min(limit, dfui_link_now(link) + pause));
        int rc = dfui_request_getstatus(link, s, DFUI_QUICK_MS, err);
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

/* One round; DFU_OK with link->state set, or a wire error. */
static int one_round(struct dfui_link *link, struct dfui_idle_report *report, bool first, uint64_t limit,
                     struct dfu_error **err)
{
    uint8_t state = DFUI_STATE_UNKNOWN;
    struct dfui_status s;
    int rc = dfui_request_getstate(link, &state, err);
    if (rc == DFU_ERR_GONE)
        return rc;
    if (rc != DFU_OK) {
        state = DFUI_STATE_UNKNOWN; /* some loaders do not know GETSTATE */
        dfui_error_clear(err);
    }
    if (first)
        report->state = state;
    if (state == DFU_STATE_APP_IDLE || state == DFU_STATE_APP_DETACH)
        return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "device is in run-time mode (%s), not in DFU mode",
                             dfu_state_name(state));
    if (may_abort(state)) {
        rc = dfui_request_abort(link, NULL);
        if (rc == DFU_ERR_GONE)
            return dfu_error_set(err, rc, "ABORT: device is gone");
    }
    rc = dfui_request_getstatus(link, &s, DFUI_QUICK_MS, err);
    if (rc != DFU_OK)
        return rc;
    if (first)
        report->status = s.status;
    rc = wait_while_busy(link, &s, limit, err);
    if (rc != DFU_OK)
        return rc;
    link->state = s.state;
    /* Outside dfuERROR, CLRSTATUS would put ST's library into dfuERROR; it also ends impossible states. */
    if (s.state >= DFU_STATE_ERROR)
        (void)dfui_request_clrstatus(link, NULL);
    return DFU_OK;
}

static int bring(struct dfui_link *link, struct dfui_idle_report *report, struct dfu_error **err)
{
    uint64_t limit = dfui_link_now(link) + BUSY_LIMIT_US;
    if (link->busy_until_us > dfui_link_now(link))
        dfui_link_wait_out(link, link->busy_until_us);
    link->busy_until_us = 0;
    link->state = DFUI_STATE_UNKNOWN;
    int rc = DFU_OK;
    /* A round that ends in CLRSTATUS needs another to see its effect; state 15 needs two of them. */
    for (int round = 0; round <= ROUNDS; round++) {
        dfui_error_clear(err);
        rc = one_round(link, report, round == 0, limit, err);
        if (rc == DFU_ERR_GONE || rc == DFU_ERR_UNSUPPORTED)
            return rc;
        if (rc == DFU_OK && link->state == DFU_STATE_IDLE)
            return DFU_OK;
    }
    uint8_t state = link->state;
    link->state = DFUI_STATE_UNKNOWN;
    if (rc != DFU_OK)
        return rc;
    return dfu_error_set(err, DFU_ERR_PROTOCOL, "device stays in state %s (%u) and does not come to dfuIDLE",
                         dfu_state_name(state), state);
}

int dfui_idle_open(struct dfui_link *link, struct dfui_idle_report *report, struct dfu_error **err)
{
    struct dfui_idle_report unused;
    return bring(link, report != NULL ? report : &unused, err);
}

int dfui_idle_recover(struct dfui_link *link, struct dfu_error **err)
{
    struct dfui_idle_report unused;
    return bring(link, &unused, err);
}

int dfui_idle(struct dfui_link *link, struct dfu_error **err)
{
    if (link->state == DFU_STATE_IDLE)
        return DFU_OK;
    if (link->state == DFU_STATE_DNLOAD_IDLE || link->state == DFU_STATE_UPLOAD_IDLE) {
        int rc = dfui_request_abort(link, err);
        if (rc == DFU_OK) {
            link->state = DFU_STATE_IDLE;
            return DFU_OK;
        }
        if (rc == DFU_ERR_GONE)
            return rc;
        dfui_error_clear(err);
    }
    return dfui_idle_recover(link, err);
}
