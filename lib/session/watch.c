/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a device after a leave, a reset or a detach. */
#include "core/checked.h"
#include "session/session_private.h"

int dfui_session_watch(struct dfu_session *s, uint32_t limit_ms, uint32_t *left, struct dfu_error **err)
{
    struct dfui_link *link = &s->link;
    uint64_t deadline = dfui_link_now(link) + (uint64_t)limit_ms * 1000;
    bool went = false;
    for (;;) {
        struct dfui_sighting seen;
        if (dfui_look(s->context, s->device->path, &seen, NULL) == DFU_OK) {
            /* A new USB address shows a return that was quicker than our scans. */
            if (seen.presence == DFUI_ABSENT || seen.address != s->device->info.address)
                went = true;
            if (went && seen.presence != DFUI_ABSENT) {
                *left = seen.presence == DFUI_DFU ? DFU_LEFT_STILL_DFU : DFU_LEFT_OTHER;
                return DFU_OK;
            }
        }
        uint64_t now = dfui_link_now(link);
        *left = went ? DFU_LEFT_GONE : DFU_LEFT_STILL_DFU;
        if (now >= deadline)
            return DFU_OK;
        int rc = dfui_link_pause_for_change(s->context, link, deadline, err);
        if (rc != DFU_OK)
            return rc;
    }
}

int dfui_await_dfu(struct dfu_context *c, const char *path, uint64_t limit_us, struct dfui_sighting *last,
                   struct dfu_list **out, struct dfu_error **err)
{
    struct dfu_selector sel;
    uint64_t deadline = c->ops.now_us(c->self, NULL) + limit_us;
    uint64_t settled = 0;
    DFU_INIT(&sel);
    sel.flags = DFU_SELECT_DFU_ONLY | DFU_SELECT_IN_FORCE;
    sel.path = path;
    *out = NULL;
    for (;;) {
        int rc = dfui_look(c, path, last, err);
        uint64_t now = c->ops.now_us(c->self, NULL);
        if (rc == DFU_OK && last->presence == DFUI_DFU) {
            if (settled == 0)
                settled = dfui_min(deadline, now + DFUI_SETTLE_US);
            rc = dfu_list_new(c, &sel, out, err);
            const struct dfu_device *found = dfu_list_at(*out, 0);
            if (found != NULL && (found->info.access == DFU_OK || now >= settled))
                return DFU_OK;
            dfu_list_free(*out);
            *out = NULL;
        }
        if (rc != DFU_OK || now >= deadline)
            return rc;
        /* What is there, but cannot be opened yet, changes without an event. */
        rc = last->presence == DFUI_DFU ? dfui_pause_to_retry(c, deadline, err)
                                        : dfui_pause_for_change(c, deadline, err);
        if (rc != DFU_OK)
            return rc;
    }
}
