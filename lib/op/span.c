/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs: contiguous blocks after one SET_ADDRESS (protocol rule 4). */
#include "op/plan_private.h"
#include "proto/dfuse.h"
#include <stdlib.h>

int dfui_spans_add(struct dfui_spans *list, const struct dfui_span *span, struct dfu_error **err)
{
    struct dfui_span *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return dfui_error_no_memory(err);
    list->items = items;
    items[list->count++] = *span;
    return DFU_OK;
}

void dfui_spans_free(struct dfui_spans *list)
{
    free(list->items);
    list->items = NULL;
    list->count = 0;
}

static int point(struct dfu_plan *plan, const struct dfui_span *span, uint64_t at, uint64_t length,
                 struct dfu_error **err)
{
    struct dfu_step step = {.kind = DFU_STEP_POINT,
                            .alt = span->alt,
                            .address = at,
                            .length = (uint32_t)dfui_min(length, UINT32_MAX),
                            .region = span->region};
    return dfui_plan_step(plan, &step, err);
}

int dfui_plan_run(struct dfu_plan *plan, const struct dfui_span *span, uint32_t kind, bool probe,
                  struct dfu_error **err)
{
    uint32_t size = plan->target.block_size;
    /* The device computes addresses with its own wTransferSize whatever size we send, if it computes at all. */
    bool natural = size == plan->target.transfer_size && !(plan->target.flags & DFU_TARGET_POINT_EACH);
    uint64_t block = UINT16_MAX + 1u;
    for (uint64_t at = span->range.start; at < span->range.end; block++) {
        uint32_t length = (uint32_t)dfui_min(size, span->range.end - at);
        int rc = DFU_OK;
        if (block > UINT16_MAX || !natural) {
            block = DFUI_DFUSE_FIRST_BLOCK;
            rc = point(plan, span, at, natural ? span->range.end - at : length, err);
        }
        struct dfu_step step = {.kind = kind,
                                .alt = span->alt,
                                .address = at,
                                .length = length,
                                .block = (uint32_t)block,
                                .flags = span->flags,
                                .region = span->region};
        if (rc == DFU_OK && probe) {
            struct dfu_step first = step;
            first.kind = DFU_STEP_PROBE;
            first.flags = 0;
            rc = dfui_plan_step(plan, &first, err);
            probe = false;
        }
        if (rc == DFU_OK)
            rc = dfui_plan_step(plan, &step, err);
        if (rc != DFU_OK)
            return rc;
        at += length;
    }
    return DFU_OK;
}
