/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/exec.h"
#include "core/checked.h"
#include "proto/eager.h"
#include "proto/idle.h"
#include "proto/request.h"
#include "usb/strings.h"

#define TRIES 3

/* Stalls and lost replies of GETSTATUS that are put up with before the outcome counts as unknown. Some L4 and
 * F4 ROMs stall it for as long as an erase runs. */
#define STATUS_TRIES 8

/* How long one GETSTATUS waits for a device that may be deaf for half a minute. */
#define SLICE_MS 5000

static bool lasting(int code)
{
    return code == DFU_ERR_GONE || code == DFU_ERR_CANCELLED || code == DFU_ERR_NO_MEMORY;
}

int dfui_exec_refusal(struct dfui_link *link, const char *what, struct dfu_error **err)
{
    struct dfui_status s = link->last;
    char text[128] = "";
    if (s.string != 0)
        (void)dfui_usb_string(link->ops, link->conn, s.string, 0, text, sizeof text);
    /* errVENDOR on erase or read is how ST's loaders answer for protected memory (AN3156). */
    bool protection = s.status == DFU_STATUS_ERR_VENDOR;
    int code = dfu_error_set(err, protection ? DFU_ERR_PROTECTED : DFU_ERR_DEVICE,
                             "%s: device answered %s (%u) in state %s (%u)%s%s", what, dfu_status_name(s.status),
                             s.status, dfu_state_name(s.state), s.state, text[0] != '\0' ? ": " : "", text);
    struct dfu_error_info info = {.flags = DFU_ERROR_HAS_STATUS, .dfu_status = s.status, .dfu_state = s.state};
    dfu_error_set_info(err, &info);
    dfu_error_set_cause(err, "%s", dfu_status_text(s.status));
    if (protection)
        dfu_error_set_hint(
            err,
            "check for read protection: 'dfu options' shows it, 'dfu unprotect' removes it and erases all of flash");
    else if (s.status == DFU_STATUS_ERR_TARGET || s.status == DFU_STATUS_ERR_ADDRESS)
        dfu_error_set_hint(err, "check the address against 'dfu info': the device does not accept it");
    return code;
}

/* Waits as the last reply asks: exactly and once, or with a small back-off where it says 0. */
static int wait_poll(struct dfui_link *link, uint64_t replied_us, uint64_t deadline_us, unsigned round,
                     const char *what, struct dfu_error **err)
{
    static const uint8_t back_off_ms[] = {0, 1, 2, 5, 10};
    uint32_t ms = link->last.poll_ms;
    if (ms == 0)
        ms = back_off_ms[dfui_min(round, sizeof back_off_ms - 1)];
    uint64_t until = replied_us + (uint64_t)ms * 1000;
    if (until > deadline_us) {
        if (ms >= 1000) /* not when a wait of the usual length is cut short because time is up */
            dfui_log(link->log, DFU_LOG_WARNING, "%s: device asks to wait %u ms, more than this command's limit", what,
                     ms);
        until = deadline_us;
    }
    int rc = dfui_link_sleep_until(link, until, err);
    if (rc == DFU_ERR_CANCELLED)
        link->busy_until_us = until;
    return rc;
}

/* GETSTATUS of a device that may answer nothing until it is done (quirk B4): asked again until the deadline. Returns
 * what the last one came to; a time-out means that time is up. */
static int ask_deaf(struct dfui_link *link, const struct dfui_command *c, struct dfui_status *status,
                    uint64_t deadline_us, struct dfu_error **err)
{
    uint64_t begun = dfui_link_now(link);
    for (bool told = false;; told = true) {
        int rc = dfui_request_getstatus(link, status, SLICE_MS, err);
        uint64_t now = dfui_link_now(link);
        if (rc != DFU_ERR_TIMEOUT || now >= deadline_us)
            return rc;
        dfui_error_clear(err);
        if (dfui_link_cancelled(link))
            return dfui_error_cancelled(err);
        dfui_log(link->log, told ? DFU_LOG_INFO : DFU_LOG_WARNING, "%s: no answer for %u s, waiting up to %u s",
                 c->what, (unsigned)((now - begun) / 1000000), c->deadline_ms / 1000);
    }
}

/* GETSTATUS that survives stalls and lost replies: only GETSTATUS is repeated, nothing else (rule 6). */
static int patient_getstatus(struct dfui_link *link, const struct dfui_command *c, struct dfui_status *status,
                             uint64_t deadline_us, struct dfu_error **err)
{
    uint64_t pause_us = dfui_max((uint64_t)link->last.poll_ms * 1000, 10000);
    for (unsigned attempt = 1;; attempt++) {
        uint64_t now = dfui_link_now(link);
        uint64_t left_ms = now < deadline_us ? (deadline_us - now) / 1000 : 0;
        /* A first reply that is lost must not eat the whole deadline, or nothing is left to ask again. */
        uint32_t timeout_ms = (uint32_t)dfui_max(attempt == 1 ? left_ms : dfui_min(left_ms, DFUI_QUICK_MS), 100);
        int rc = c->deaf && attempt == 1 ? ask_deaf(link, c, status, deadline_us, err)
                                         : dfui_request_getstatus(link, status, timeout_ms, err);
        if (rc == DFU_OK || lasting(rc) || attempt == STATUS_TRIES)
            return rc;
        /* After a timeout the deadline is over: two more short questions tell a lost reply from a dead device. */
        if (rc == DFU_ERR_TIMEOUT && attempt == TRIES)
            return rc;
        dfui_log(link->log, DFU_LOG_DEBUG, "GETSTATUS failed (%s), asking again", dfu_code_name(rc));
        link->retries++;
        if (rc != DFU_ERR_TIMEOUT) {
            int slept = dfui_link_sleep_until(link, dfui_link_now(link) + pause_us, err);
            if (slept != DFU_OK)
                return slept;
            pause_us = dfui_min(pause_us * 2, UINT64_C(2000000));
        }
        dfui_error_clear(err);
    }
}

/* Did the command end without a wait, where the last one of its kind had one? The device may have forgotten it. Only
 * the first such answer is doubted: some devices have no wait for short blocks and blank sectors. */
static bool doubtful(struct dfui_link *link, const struct dfui_command *c)
{
    uint32_t bit = 1u << c->kind;
    bool usual = (link->known & bit) != 0 && (link->hasty & bit) == 0;
    link->known |= bit;
    link->hasty = link->waited ? link->hasty & ~bit : link->hasty | bit;
    return !link->waited && usual && (c->kind == DFUI_KIND_ERASE || c->kind == DFUI_KIND_WRITE);
}

/* Polls from GETSTATUS #1 to the end of the command. */
static int poll_to_end(struct dfui_link *link, const struct dfui_command *c, enum dfui_outcome *outcome,
                       struct dfu_error **err)
{
    uint64_t deadline = dfui_link_now(link) + (uint64_t)c->deadline_ms * 1000;
    enum dfui_early early = DFUI_EARLY_NOTHING;
    link->last.poll_ms = 0;
    link->waited = false;
    for (unsigned round = 0;; round++) {
        struct dfui_status s = link->last;
        int rc = early == DFUI_EARLY_DONE ? DFU_OK : patient_getstatus(link, c, &s, deadline, err);
        if (rc != DFU_OK)
            return rc;
        uint64_t now = dfui_link_now(link);
        link->state = s.state;
        /* Asked as the specification says the device may well do it: whoever repeats it learns what it answers. */
        if (s.state == DFU_STATE_ERROR && early != DFUI_EARLY_NOTHING) {
            dfui_eager_stop(link, c->kind);
            return dfu_error_set(err, DFU_ERR_STALL, "%s: device is in dfuERROR after it was asked early", c->what);
        }
        if (s.state == DFU_STATE_ERROR || s.state > DFU_STATE_ERROR || s.status != DFU_STATUS_OK) {
            *outcome = DFUI_REFUSED;
            return dfui_exec_refusal(link, c->what, err);
        }
        if (s.state == DFU_STATE_DNLOAD_IDLE) {
            if (doubtful(link, c))
                return dfu_error_set(err, DFU_ERR_PROTOCOL, "%s: device is done at once, unlike before", c->what);
            *outcome = DFUI_DONE;
            return DFU_OK;
        }
        link->waited = link->waited || s.poll_ms > 0;
        if (s.state == DFU_STATE_IDLE) {
            /* Somebody dropped the command: nothing runs in dfuIDLE. Whether it ran is not known. */
            return dfu_error_set(err, DFU_ERR_PROTOCOL, "%s: device fell back to dfuIDLE", c->what);
        }
        if (s.state != DFU_STATE_DNBUSY && s.state != DFU_STATE_DNLOAD_SYNC && s.state != DFU_STATE_MANIFEST)
            return dfu_error_set(err, DFU_ERR_PROTOCOL, "%s: device is in state %s (%u) instead of dfuDNLOAD-IDLE",
                                 c->what, dfu_state_name(s.state), s.state);
        link->endless = now >= deadline;
        if (link->endless)
            return dfu_error_set(err, DFU_ERR_TIMEOUT, "%s: device is still busy (%s) after %u ms", c->what,
                                 dfu_state_name(s.state), c->deadline_ms);
        early = dfui_eager_ask(link, c->kind, now, early);
        if (early == DFUI_EARLY_DONE)
            continue;
        rc = wait_poll(link, now, deadline, round, c->what, err);
        if (rc != DFU_OK)
            return rc;
    }
}

/* A DNLOAD failed: is the block in the device (waiting for GETSTATUS), or not? */
static enum dfui_outcome after_failed_dnload(struct dfui_link *link, const struct dfui_command *c, int rc,
                                             struct dfu_error **err)
{
    uint8_t state = DFUI_STATE_UNKNOWN;
    link->state = DFUI_STATE_UNKNOWN;
    if (lasting(rc))
        return DFUI_UNKNOWN;
    for (int i = 0; i < TRIES && dfui_request_getstate(link, &state, NULL) != DFU_OK; i++)
        state = DFUI_STATE_UNKNOWN;
    link->state = state;
    if (state == DFU_STATE_DNLOAD_SYNC) {
        /* It holds the block, perhaps a part of it; only ABORT drops it without running it. */
        if (dfui_request_abort(link, NULL) != DFU_OK)
            link->state = DFUI_STATE_UNKNOWN;
        else
            link->state = DFU_STATE_IDLE;
        return DFUI_NOT_RUN;
    }
    if (state == DFU_STATE_ERROR) {
        struct dfui_status s;
        if (dfui_request_getstatus(link, &s, DFUI_QUICK_MS, NULL) == DFU_OK && s.state == DFU_STATE_ERROR &&
            s.status != DFU_STATUS_ERR_STALLEDPKT) {
            (void)dfui_exec_refusal(link, c->what, err);
            return DFUI_REFUSED;
        }
        return DFUI_NOT_RUN; /* the stall itself is what put it there */
    }
    return state == DFUI_STATE_UNKNOWN || state == DFU_STATE_DNBUSY ? DFUI_UNKNOWN : DFUI_NOT_RUN;
}

int dfui_exec(struct dfui_link *link, const struct dfui_command *c, enum dfui_outcome *outcome, struct dfu_error **err)
{
    *outcome = DFUI_UNKNOWN;
    link->endless = false;
    if (dfui_link_cancelled(link)) {
        *outcome = DFUI_NOT_RUN;
        return dfui_error_cancelled(err);
    }
    int rc = dfui_request_dnload(link, c->block, c->data, c->length, c->deadline_ms, err);
    if (rc != DFU_OK) {
        *outcome = after_failed_dnload(link, c, rc, err);
        if (*outcome == DFUI_REFUSED)
            rc = link->last.status == DFU_STATUS_ERR_VENDOR ? DFU_ERR_PROTECTED : DFU_ERR_DEVICE;
        return rc;
    }
    link->state = DFUI_STATE_UNKNOWN;
    return poll_to_end(link, c, outcome, err);
}

int dfui_exec_again(struct dfui_link *link, const struct dfui_command *c, struct dfu_error **err)
{
    for (int attempt = 1;; attempt++) {
        enum dfui_outcome outcome;
        int rc = dfui_exec(link, c, &outcome, err);
        /* Who was busy to the end of a long wait is not asked to begin again here: the caller knows more. */
        if (rc == DFU_OK || outcome == DFUI_REFUSED || lasting(rc) || link->endless || attempt == TRIES)
            return rc;
        /* The pointer may be set twice, and who has just said to be ready for more needs no recovery for that. */
        if (rc == DFU_ERR_PROTOCOL && c->kind == DFUI_KIND_POINT && link->state == DFU_STATE_DNLOAD_IDLE) {
            dfui_log(link->log, DFU_LOG_DEBUG, "%s: done at once, so it is sent again", c->what);
            dfui_error_clear(err);
            continue;
        }
        dfui_log(link->log, DFU_LOG_INFO, "%s failed (%s), trying again", c->what,
                 dfu_error_message(err ? *err : NULL));
        struct dfu_error *recovery = NULL;
        int idle = dfui_idle_recover(link, &recovery);
        dfui_error_clear(&recovery);
        if (idle != DFU_OK)
            return rc; /* the first failure is the interesting one */
        link->retries++;
        dfui_error_clear(err);
    }
}
