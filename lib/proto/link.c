/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/link.h"
#include "core/checked.h"

#define SLICE_US UINT64_C(50000)

uint64_t dfui_link_now(const struct dfui_link *link)
{
    return link->ops->now_us(link->self, link->conn);
}

bool dfui_link_cancelled(const struct dfui_link *link)
{
    return link->cancel != NULL && atomic_load_explicit(link->cancel, memory_order_relaxed);
}

int dfui_error_cancelled(struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_CANCELLED, "cancelled");
}

int dfui_link_sleep_until(struct dfui_link *link, uint64_t deadline_us, struct dfu_error **err)
{
    for (;;) {
        uint64_t now = dfui_link_now(link);
        if (now >= deadline_us)
            return DFU_OK;
        if (dfui_link_cancelled(link))
            return dfui_error_cancelled(err);
        link->ops->sleep_until_us(link->self, link->conn, dfui_min(deadline_us, now + SLICE_US));
    }
}

void dfui_link_wait_out(struct dfui_link *link, uint64_t deadline_us)
{
    while (dfui_link_now(link) < deadline_us)
        link->ops->sleep_until_us(link->self, link->conn, dfui_min(deadline_us, dfui_link_now(link) + SLICE_US));
}
