/* SPDX-License-Identifier: BSD-2-Clause */
/* A session's connection: made, lost, and made again to the same board. */
#include "core/checked.h"
#include "session/session_private.h"
#include <inttypes.h>
#include <libdfu/memmap.h>
#include <stdio.h>

/* A device that was reset is back within this time or not at all. */
#define RETURN_LIMIT_US UINT64_C(5000000)

/* "For ever" for clocks that must not overflow: 30 years. */
#define FOR_EVER_US UINT64_C(1000000000000000)

void dfui_session_disconnect(struct dfu_session *s)
{
    if (s->link.conn != NULL)
        s->context->ops.close(s->link.conn);
    s->link.conn = NULL;
    s->alt = -1;
}

/* What a mass erase may take (32 s were seen for 1 MiB, quirk B4), by the size of the memory that it erases: in every
 * known loader that of the first alternate setting. */
static uint64_t longest_erase_us(const struct dfu_session *s)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < dfu_memmap_count(s->device->map); i++) {
        struct dfu_region r = {.size = sizeof r};
        if (dfu_memmap_region(s->device->map, i, &r) == DFU_OK && r.alt == s->device->alts[0] &&
            (r.access & DFU_ACCESS_ERASE))
            bytes += r.end - r.start;
    }
    return bytes == 0 ? 0 : dfui_min(5000000 + bytes * 35000000 / (1024 * 1024), 40000000);
}

int dfui_session_connect(struct dfu_session *s, struct dfu_error **err)
{
    int rc = s->context->ops.open(s->context->self, s->device->path, &s->link.conn, err);
    if (rc != DFU_OK) {
        s->link.conn = NULL;
        return rc;
    }
    s->link.busy_limit_us = longest_erase_us(s);
    return dfui_session_select(s, s->device->info.alt_count > 0 ? s->device->alts[0] : 0, err);
}

int dfui_session_select(struct dfu_session *s, uint32_t alt, struct dfu_error **err)
{
    if (s->alt == (int)alt)
        return DFU_OK;
    int rc = s->context->ops.claim(s->link.conn, s->device->info.interface_number, (uint8_t)alt, err);
    if (rc == DFU_OK)
        s->alt = (int)alt;
    return rc;
}

bool dfui_session_lost(const struct dfu_session *s)
{
    struct dfui_sighting seen;
    if (s->gone)
        return true;
    return dfui_look(s->context, s->device->path, &seen, NULL) == DFU_OK &&
           (seen.presence != DFUI_DFU || seen.address != s->device->info.address);
}

/* How what is at the path now compares with the board we had. A text that could not be read proves nothing. */
enum likeness { LIKENESS_OTHER, LIKENESS_NOT_SURE, LIKENESS_SAME };

static enum likeness compare_text(const char *before, const char *now)
{
    if (before == NULL)
        return LIKENESS_SAME; /* it was not known then, so nothing hangs on it */
    return now == NULL ? LIKENESS_NOT_SURE : strcmp(before, now) == 0 ? LIKENESS_SAME : LIKENESS_OTHER;
}

/* The plan was made for one map, one transfer size and one set of alternate settings: they must be the same. */
static enum likeness compare(const struct dfu_device *before, const struct dfu_device *now)
{
    const struct dfu_device_info *a = &before->info;
    const struct dfu_device_info *b = &now->info;
    if (a->vid != b->vid || a->pid != b->pid || a->interface_number != b->interface_number ||
        a->protocol != b->protocol || a->transfer_size != b->transfer_size || a->alt_count != b->alt_count ||
        memcmp(before->alts, now->alts, a->alt_count) != 0)
        return LIKENESS_OTHER;
    enum likeness least = compare_text(before->serial, now->serial);
    for (uint32_t i = 0; i < a->alt_count; i++) {
        enum likeness l = compare_text(before->alt_names[i], now->alt_names[i]);
        least = l < least ? l : least;
    }
    return least;
}

static int refuse_stranger(const struct dfu_session *s, const struct dfu_device *now, struct dfu_error **err)
{
    const struct dfu_device *was = s->device;
    (void)dfu_error_set(err, DFU_ERR_GONE, "another board is at %s now: %04x:%04x, serial %s, was %04x:%04x, serial %s",
                        was->path, now->info.vid, now->info.pid, now->serial != NULL ? now->serial : "unknown",
                        was->info.vid, was->info.pid, was->serial != NULL ? was->serial : "unknown");
    if (now->serial != NULL && was->serial != NULL && strcmp(now->serial, was->serial) == 0)
        dfu_error_set_cause(err, "its memory map or its transfer size differs");
    dfu_error_set_hint(err, "plug the same board in again, then repeat the command");
    return DFU_ERR_GONE;
}

/* limit_us 0: whoever waits says how long. */
static int refuse_absent(const struct dfu_session *s, enum dfui_presence presence, const char *why, uint64_t limit_us,
                         struct dfu_error **err)
{
    char limit[32] = "";
    if (limit_us != 0)
        (void)snprintf(limit, sizeof limit, "%s within %u ms", presence == DFUI_ABSENT ? "" : ",",
                       (unsigned)(limit_us / 1000));
    (void)dfu_error_set(err, DFU_ERR_GONE, "the device at %s %s%s", s->device->path,
                        presence == DFUI_ABSENT ? "did not come back"
                        : presence == DFUI_DFU  ? "came back but cannot be used"
                                                : "came back, but not in DFU mode",
                        limit);
    if (why != NULL)
        dfu_error_set_cause(err, "%s", why);
    dfu_error_set_hint(err, "put the board into DFU mode again and repeat the command");
    return DFU_ERR_GONE;
}

/* Until the board we had is at its path, or something that it certainly is not. */
static int find_again(struct dfu_session *s, uint64_t deadline_us, uint64_t limit_us, bool *stranger,
                      struct dfu_error **err)
{
    struct dfu_context *c = s->context;
    for (;;) {
        struct dfui_sighting seen;
        struct dfu_list *list = NULL;
        uint64_t now = c->ops.now_us(c->self, NULL);
        int rc = dfui_await_dfu(c, s->device->path, deadline_us > now ? deadline_us - now : 0, &seen, &list, err);
        if (rc != DFU_OK)
            return rc;
        const struct dfu_device *nearest = dfu_list_at(list, 0);
        enum likeness likeness = LIKENESS_OTHER;
        for (size_t i = 0; i < dfu_list_count(list); i++) {
            enum likeness l = compare(s->device, dfu_list_at(list, i));
            if (l > likeness) {
                likeness = l;
                nearest = dfu_list_at(list, i);
            }
        }
        *stranger = nearest != NULL && likeness == LIKENESS_OTHER;
        bool late = c->ops.now_us(c->self, NULL) >= deadline_us;
        if (nearest != NULL && likeness == LIKENESS_SAME)
            s->device->info.address = nearest->info.address;
        else if (*stranger)
            rc = refuse_stranger(s, nearest, err);
        else if (nearest == NULL || late)
            rc = refuse_absent(s, seen.presence, nearest != NULL ? nearest->access_error : NULL, limit_us, err);
        dfu_list_free(list);
        if (rc != DFU_OK || likeness == LIKENESS_SAME)
            return rc;
        rc = dfui_pause_to_retry(c, deadline_us, err);
        if (rc != DFU_OK)
            return rc;
    }
}

static int reset(struct dfu_session *s, struct dfu_error **err)
{
    bool stranger;
    dfui_log(s->link.log, DFU_LOG_WARNING, "%s does not come to dfuIDLE, resetting it", s->device->path);
    int rc = s->context->ops.reset(s->link.conn, err);
    if (rc < 0)
        return rc;
    int alt = s->alt;
    if (rc == DFU_RESET_SURVIVED) {
        s->alt = -1;
        return dfui_session_select(s, (uint32_t)alt, err);
    }
    dfui_session_disconnect(s);
    uint64_t now = s->context->ops.now_us(s->context->self, NULL);
    rc = find_again(s, now + RETURN_LIMIT_US, RETURN_LIMIT_US, &stranger, err);
    if (rc == DFU_OK)
        rc = dfui_session_connect(s, err);
    s->gone = rc != DFU_OK;
    return rc;
}

int dfui_session_to_idle(struct dfu_session *s, struct dfui_idle_report *report, struct dfu_error **err)
{
    int rc = report != NULL ? dfui_idle_open(&s->link, report, err) : dfui_idle_recover(&s->link, err);
    if (rc == DFU_OK || rc == DFU_ERR_GONE || rc == DFU_ERR_CANCELLED || rc == DFU_ERR_NO_MEMORY)
        return rc;
    struct dfu_error *failure = NULL;
    int again = reset(s, &failure);
    s->link.endless = false; /* whatever it was busy with */
    if (again == DFU_OK)
        again = dfui_idle_recover(&s->link, &failure);
    if (again == DFU_OK) {
        dfui_error_clear(err);
        return DFU_OK;
    }
    if (again == DFU_ERR_GONE && err != NULL) { /* the reset did something: that is what the user must know */
        dfui_error_clear(err);
        *err = failure;
        return again;
    }
    dfui_log(s->link.log, DFU_LOG_INFO, "reset: %s", dfu_error_message(failure));
    dfui_error_clear(&failure);
    dfu_error_set_hint(err, "unplug the board and plug it in again: neither requests nor a USB reset bring it back");
    return rc;
}

int dfui_session_recover(struct dfu_session *s, struct dfu_error **err)
{
    if (s->gone)
        return dfu_error_set(err, DFU_ERR_GONE, "the device at %s is gone", s->device->path);
    return dfui_session_to_idle(s, NULL, err);
}

/* Failures of one try that the next may not meet: it may go again while it is being opened. */
static bool worth_waiting(int rc, bool stranger)
{
    return !stranger && rc != DFU_ERR_CANCELLED && rc != DFU_ERR_NO_MEMORY && rc != DFU_ERR_UNSUPPORTED;
}

int dfui_session_reconnect(struct dfu_session *s, uint32_t limit_ms, struct dfu_error **err)
{
    struct dfu_context *c = s->context;
    uint64_t limit_us = limit_ms == UINT32_MAX ? FOR_EVER_US : (uint64_t)limit_ms * 1000;
    uint64_t deadline = c->ops.now_us(c->self, NULL) + limit_us;
    s->link.busy_until_us = 0;
    for (;;) {
        bool stranger = false;
        dfui_session_disconnect(s);
        s->gone = true;
        int rc = find_again(s, deadline, 0, &stranger, err);
        if (rc == DFU_OK)
            rc = dfui_session_connect(s, err);
        if (rc == DFU_OK) {
            s->gone = false;
            rc = dfui_session_to_idle(s, NULL, err);
        }
        if (rc == DFU_OK)
            return DFU_OK;
        s->gone = true;
        if (!worth_waiting(rc, stranger) || c->ops.now_us(c->self, NULL) >= deadline) {
            if (err != NULL && dfu_error_cause(*err) == NULL)
                dfu_error_set_cause(err, "waited %" PRIu32 " ms for it", limit_ms);
            return rc;
        }
        dfui_error_clear(err);
        dfui_session_disconnect(s);
        rc = dfui_pause_to_retry(c, deadline, err);
        if (rc != DFU_OK)
            return rc;
    }
}
