/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/idle.h"
#include "core/checked.h"
#include "proto/quirks.h"
#include "proto/request.h"

#define ROUNDS 3

/* How long a device may be busy with a command that nobody here waits for, where the session does not know the size of
 * its flash. A host that was killed may have left a mass erase behind. */
#define BUSY_LIMIT_US UINT64_C(40000000)

/* After a command whose own limit is over. */
#define ENDLESS_US UINT64_C(1000000)

/* A bwPollTimeout as long as this tells the time that the work takes; shorter ones say nothing of it. */
#define HONEST_MS 1000
#define HONEST_LIMIT_US UINT64_C(120000000)

/* Busy for longer than this is worth a word. */
#define SILENCE_US UINT64_C(1000000)

/* One attempt to come to dfuIDLE. */
struct effort {
    struct dfui_idle_report *report;
    bool opening;      /* nothing of ours is running: may be cancelled, and the user is told what is waited for */
    uint64_t begun_us; /* of being busy; 0 = not yet */
    uint64_t limit_us;
    bool told;
    bool cleared;        /* CLRSTATUS has just ended dfuERROR */
    unsigned stale_seen; /* dfuIDLE with a status that is not OK */
};

static bool may_abort(uint8_t state)
{
    return state != DFU_STATE_DNBUSY && state != DFU_STATE_MANIFEST && state != DFU_STATE_MANIFEST_WAIT_RESET &&
           state != DFU_STATE_ERROR;
}

static bool busy(const struct dfui_status *s)
{
    return s->state == DFU_STATE_DNBUSY || s->state == DFU_STATE_MANIFEST;
}

/* Flash that keeps its processor from answering may need the whole limit; who answers while it erases needs less. */
static uint64_t patience_us(const struct dfui_link *link, const struct dfui_status *s)
{
    uint64_t most = link->busy_limit_us != 0 ? link->busy_limit_us : BUSY_LIMIT_US;
    if (link->endless)
        return ENDLESS_US;
    if (s == NULL)
        return most;
    if (s->poll_ms >= HONEST_MS)
        return dfui_min((uint64_t)s->poll_ms * 1500 + 2000000, HONEST_LIMIT_US);
    return most / 2;
}

/* Is there time left to wait? s = the busy reply, or NULL when there is none. */
static bool have_patience(struct dfui_link *link, struct effort *e, const struct dfui_status *s)
{
    uint64_t now = dfui_link_now(link);
    if (e->begun_us == 0) {
        e->begun_us = now;
        e->limit_us = now + patience_us(link, s);
    }
    if (now < e->limit_us && !e->told && (now - e->begun_us >= SILENCE_US || (s != NULL && s->poll_ms >= HONEST_MS))) {
        e->told = true;
        dfui_log(link->log, e->opening ? DFU_LOG_WARNING : DFU_LOG_INFO,
                 "the device %s, perhaps with an erase that was begun before: waiting up to %u s for its end",
                 s != NULL ? "is busy (dfuDNBUSY)" : "does not answer: it is busy",
                 (unsigned)((e->limit_us - e->begun_us + 999999) / 1000000));
    }
    return now < e->limit_us;
}

static int pause_for(struct dfui_link *link, const struct effort *e, uint64_t until_us, struct dfu_error **err)
{
    if (e->opening)
        return dfui_link_sleep_until(link, until_us, err);
    dfui_link_wait_out(link, until_us);
    return DFU_OK;
}

/* Waits while GETSTATUS says busy. The first GETSTATUS here is harmless: the device was already running. */
static int wait_while_busy(struct dfui_link *link, struct effort *e, struct dfui_status *s, struct dfu_error **err)
{
    while (busy(s) && have_patience(link, e, s)) {
        uint64_t pause = dfui_max((uint64_t)s->poll_ms * 1000, 10000);
        int rc = pause_for(link, e, dfui_min(e->limit_us, dfui_link_now(link) + pause), err);
        if (rc == DFU_OK)
            rc = dfui_request_getstatus(link, s, DFUI_QUICK_MS, err);
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

/* GETSTATE, for as long as a device that works without answering may take. Some loaders do not know GETSTATE. */
static int ask_state(struct dfui_link *link, struct effort *e, uint8_t *state, struct dfu_error **err)
{
    *state = DFUI_STATE_UNKNOWN;
    int rc = dfui_request_getstate(link, state, err);
    while (rc == DFU_ERR_TIMEOUT && have_patience(link, e, NULL)) {
        if (e->opening && dfui_link_cancelled(link))
            return dfui_error_cancelled(err);
        dfui_error_clear(err);
        rc = dfui_request_getstate(link, state, err);
    }
    if (rc != DFU_OK && rc != DFU_ERR_GONE) {
        *state = DFUI_STATE_UNKNOWN;
        dfui_error_clear(err);
        return DFU_OK;
    }
    return rc;
}

/* One round; DFU_OK with link->state set, or a wire error. */
static int one_round(struct dfui_link *link, struct effort *e, bool first, struct dfu_error **err)
{
    uint8_t state = DFU_STATE_IDLE;
    struct dfui_status s;
    int rc = e->cleared ? DFU_OK : ask_state(link, e, &state, err);
    e->cleared = false;
    if (rc != DFU_OK)
        return rc;
    if (first)
        e->report->state = state;
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
        e->report->status = s.status;
    rc = wait_while_busy(link, e, &s, err);
    if (rc != DFU_OK)
        return rc;
    link->state = s.state;
    /* Outside dfuERROR, CLRSTATUS would put ST's library into dfuERROR; it also ends impossible states, and with some
     * loaders an endless dfuDNBUSY. An old status in dfuIDLE would spoil every command that comes: one try, as dfu-util
     * does, and if it makes an error of its own, the next round clears that. */
    bool stale = s.state == DFU_STATE_IDLE && s.status != DFU_STATUS_OK && e->stale_seen++ == 0;
    if (s.state >= DFU_STATE_ERROR || stale ||
        (s.state == DFU_STATE_DNBUSY && (link->quirks & DFUI_QUIRK_ENDLESS_BUSY)))
        e->cleared = dfui_request_clrstatus(link, NULL) == DFU_OK && s.state == DFU_STATE_ERROR;
    if (stale)
        link->state = DFUI_STATE_UNKNOWN;
    return DFU_OK;
}

static int bring(struct dfui_link *link, struct dfui_idle_report *report, bool opening, struct dfu_error **err)
{
    struct effort effort = {.report = report, .opening = opening};
    if (link->busy_until_us > dfui_link_now(link))
        dfui_link_wait_out(link, link->busy_until_us);
    link->busy_until_us = 0;
    link->state = DFUI_STATE_UNKNOWN;
    int rc = DFU_OK;
    /* A round that ends in CLRSTATUS needs another to see its effect; state 15 needs two of them. */
    for (int round = 0; round <= ROUNDS; round++) {
        dfui_error_clear(err);
        rc = one_round(link, &effort, round == 0, err);
        if (rc == DFU_ERR_GONE || rc == DFU_ERR_UNSUPPORTED || rc == DFU_ERR_CANCELLED)
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
    return bring(link, report != NULL ? report : &unused, true, err);
}

int dfui_idle_recover(struct dfui_link *link, struct dfu_error **err)
{
    struct dfui_idle_report unused;
    return bring(link, &unused, false, err);
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
