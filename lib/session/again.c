/* SPDX-License-Identifier: BSD-2-Clause */
/* A board that resets itself: the session waits for it and goes on with it. */
#include "core/checked.h"
#include "session/session_private.h"

/* Between two calls of the waiting function. */
#define SLICE_US UINT64_C(500000)

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* A serial number is not always one (D1), but it, the ids and the names of all memories at one path are as good a
 * proof as there is. */
static bool same_board(const struct dfu_device *a, const struct dfu_device *b)
{
    if (a->info.vid != b->info.vid || a->info.pid != b->info.pid || a->info.alt_count != b->info.alt_count ||
        a->info.interface_number != b->info.interface_number || !same_text(a->serial, b->serial))
        return false;
    for (uint32_t i = 0; i < a->info.alt_count; i++) {
        if (!same_text(a->alt_names[i], b->alt_names[i]))
            return false;
    }
    return true;
}

static int watch_it_go(struct dfu_session *s, uint32_t limit_ms, bool *went, struct dfu_error **err)
{
    uint64_t deadline = dfui_link_now(&s->link) + (uint64_t)limit_ms * 1000;
    for (;;) {
        struct dfui_sighting seen;
        int rc = dfui_look(s->context, s->device->path, &seen, err);
        if (rc != DFU_OK)
            return rc;
        *went = seen.presence == DFUI_ABSENT || seen.address != s->device->info.address;
        if (*went || dfui_link_now(&s->link) >= deadline)
            return DFU_OK;
        rc = dfui_link_pause_for_change(s->context, &s->link, deadline, err);
        if (rc != DFU_OK)
            return rc;
    }
}

static int wait_for_it(struct dfu_session *s, uint64_t limit_ms, dfui_waiting_fn *waiting, void *arg,
                       struct dfu_list **out, struct dfu_error **err)
{
    struct dfu_context *c = s->context;
    uint64_t begin = c->ops.now_us(c->self, NULL);
    for (;;) {
        struct dfui_sighting last;
        uint64_t passed = c->ops.now_us(c->self, NULL) - begin;
        if (waiting != NULL && waiting(passed / 1000, limit_ms, arg) != 0)
            return dfu_error_set(err, DFU_ERR_CANCELLED, "stopped by the progress callback");
        if (passed >= limit_ms * 1000)
            break;
        int rc = dfui_await_dfu(c, s->device->path, dfui_min(SLICE_US, limit_ms * 1000 - passed), &last, out, err);
        if (rc != DFU_OK || *out != NULL)
            return rc;
    }
    (void)dfu_error_set(err, DFU_ERR_GONE, "the device at %s did not come back in DFU mode within %u s",
                        s->device->path, (unsigned)(limit_ms / 1000));
    dfu_error_set_hint(err, "reset the board, with BOOT0 as it was, and look at 'dfu list'; it may need longer");
    return DFU_ERR_GONE;
}

static int adopt(struct dfu_session *s, const struct dfu_list *list, struct dfu_error **err)
{
    const struct dfu_device *now = NULL;
    for (size_t i = 0; i < dfu_list_count(list) && now == NULL; i++)
        now = same_board(s->device, dfu_list_at(list, i)) ? dfu_list_at(list, i) : NULL;
    if (now == NULL) {
        now = dfu_list_at(list, 0);
        (void)dfu_error_set(err, DFU_ERR_GONE, "another board is at %s now: %04x:%04x, serial %s", s->device->path,
                            now->info.vid, now->info.pid, now->serial != NULL ? now->serial : "unknown");
        dfu_error_set_hint(err, "plug in the board that was there before");
        return DFU_ERR_GONE;
    }
    int rc = s->context->ops.open(s->context->self, s->device->path, &s->link.conn, err);
    if (rc != DFU_OK) {
        s->link.conn = NULL;
        return rc;
    }
    s->device->info.address = now->info.address;
    s->link.state = DFUI_STATE_UNKNOWN;
    s->link.busy_until_us = 0;
    s->command_count = -1;
    rc = dfui_session_select(s, s->device->info.alt_count > 0 ? s->device->alts[0] : 0, err);
    s->gone = false;
    if (rc == DFU_OK)
        rc = dfui_session_recover(s, err);
    s->gone = rc == DFU_ERR_GONE || s->link.conn == NULL;
    return rc;
}

int dfui_session_again(struct dfu_session *s, uint32_t leave_ms, uint64_t return_ms, dfui_waiting_fn *waiting,
                       void *arg, bool *went, struct dfu_error **err)
{
    struct dfu_list *list = NULL;
    *went = false;
    int rc = watch_it_go(s, leave_ms, went, err);
    if (rc != DFU_OK || !*went)
        return rc;
    s->context->ops.close(s->link.conn);
    s->link.conn = NULL;
    s->alt = -1;
    s->gone = true;
    rc = wait_for_it(s, return_ms, waiting, arg, &list, err);
    if (rc == DFU_OK)
        rc = adopt(s, list, err);
    dfu_list_free(list);
    return rc;
}
