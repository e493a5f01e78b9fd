/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/eager.h"
#include "core/checked.h"
#include "proto/request.h"

/* The early moments: at once, then at an eighth, a quarter and half of what was told. */
static const uint8_t divisors[] = {0, 8, 4, 2};
enum { MOMENTS = sizeof divisors };

/* A question is a transfer of a millisecond: less is not worth one. */
#define WORTH_MS 3
/* Commands without a gain until it is given up for their kind. */
#define VAIN 3

static bool is_busy(const struct dfui_status *s)
{
    return s->status == DFU_STATUS_OK &&
           (s->state == DFU_STATE_DNBUSY || s->state == DFU_STATE_DNLOAD_SYNC || s->state == DFU_STATE_MANIFEST);
}

static void give_up(struct dfui_link *link, enum dfui_kind kind, const char *why)
{
    static const char *const names[] = {"other commands", "set address", "erase", "write"};
    link->eager.kinds[kind].off = true;
    dfui_log(link->log, DFU_LOG_INFO, "no more early questions about %s: %s", names[kind], why);
}

static enum dfui_early done(struct dfui_link *link, enum dfui_kind kind, unsigned moment, uint64_t until_us)
{
    uint64_t now = dfui_link_now(link);
    link->eager.kinds[kind].first = (uint8_t)moment;
    link->eager.kinds[kind].vain = 0;
    if (now < until_us)
        link->eager.saved_us += until_us - now;
    return DFUI_EARLY_DONE;
}

enum dfui_early dfui_eager_ask(struct dfui_link *link, enum dfui_kind kind, uint64_t told_us, enum dfui_early before)
{
    const struct dfui_status told = link->last;
    struct dfui_eager *eager = &link->eager;
    uint64_t until = told_us + (uint64_t)told.poll_ms * 1000;
    if (before != DFUI_EARLY_NOTHING) /* once a command; the rest is waited for */
        return before;
    if (!eager->on || kind == DFUI_KIND_OTHER || eager->kinds[kind].off || told.poll_ms < WORTH_MS)
        return DFUI_EARLY_NOTHING;
    for (unsigned i = eager->kinds[kind].first; i < MOMENTS; i++) {
        uint64_t moment = divisors[i] == 0 ? told_us : told_us + (until - told_us) / divisors[i];
        struct dfui_status s;
        if (dfui_link_sleep_until(link, moment, NULL) != DFU_OK) /* cancelled: the wait sees it, too */
            return DFUI_EARLY_NOTHING;
        int rc = dfui_request_getstatus(link, &s, DFUI_QUICK_MS, NULL);
        if (rc == DFU_OK && s.state == DFU_STATE_DNLOAD_IDLE && s.status == DFU_STATUS_OK)
            return done(link, kind, i, until);
        link->last = told;
        if (rc != DFU_OK || !is_busy(&s)) {
            give_up(link, kind, rc != DFU_OK ? dfu_code_name(rc) : dfu_state_name(s.state));
            return DFUI_EARLY_FAILED;
        }
    }
    if (++eager->kinds[kind].vain == VAIN)
        give_up(link, kind, "it takes as long as the device tells");
    return DFUI_EARLY_BUSY;
}

void dfui_eager_stop(struct dfui_link *link, enum dfui_kind kind)
{
    if (!link->eager.kinds[kind].off)
        give_up(link, kind, "device is in dfuERROR");
}
