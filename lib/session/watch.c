/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a device after a leave. */
#include "core/checked.h"
#include "session/session_private.h"

#define SCAN_PAUSE_US 50000

enum dfu_left dfui_session_watch(struct dfu_session *s, uint32_t limit_ms)
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
            if (went && seen.presence == DFUI_DFU)
                return DFU_LEFT_STILL_DFU;
            if (went && seen.presence != DFUI_ABSENT)
                return DFU_LEFT_OTHER;
        }
        uint64_t now = dfui_link_now(link);
        if (now >= deadline)
            return went ? DFU_LEFT_GONE : DFU_LEFT_STILL_DFU;
        if (dfui_link_sleep_until(link, dfui_min(deadline, now + SCAN_PAUSE_US), NULL) != DFU_OK)
            return went ? DFU_LEFT_GONE : DFU_LEFT_STILL_DFU;
    }
}
