/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a run has come. */
#include "op/run_private.h"

enum dfu_phase dfui_run_phase(const struct dfu_step *step)
{
    switch (step->kind) {
    case DFU_STEP_ERASE:
    case DFU_STEP_MASS_ERASE:
        return DFU_PHASE_ERASE;
    case DFU_STEP_WRITE:
    case DFU_STEP_POINT:
    case DFU_STEP_PROBE:
        return DFU_PHASE_WRITE;
    case DFU_STEP_VERIFY:
    case DFU_STEP_BLANK:
        return DFU_PHASE_VERIFY;
    case DFU_STEP_READ:
    case DFU_STEP_UPLOAD:
        return DFU_PHASE_READ;
    case DFU_STEP_MANIFEST:
        return DFU_PHASE_WRITE;
    default:
        return DFU_PHASE_LEAVE;
    }
}

uint64_t dfui_run_weight(const struct dfu_step *step)
{
    return step->kind == DFU_STEP_POINT || step->kind == DFU_STEP_PROBE ? 0
           : step->kind == DFU_STEP_LEAVE                               ? 1
                                                                        : step->length;
}

void dfui_run_spare(struct dfui_run *run, const struct dfu_step *step)
{
    uint64_t *total = &run->total[dfui_run_phase(step)];
    *total -= dfui_min(dfui_run_weight(step), *total);
}

int dfui_run_report(struct dfui_run *run, enum dfu_phase phase, uint64_t address, uint64_t bytes,
                    struct dfu_error **err)
{
    run->done[phase] += bytes;
    if (run->options.progress == NULL)
        return DFU_OK;
    struct dfu_progress p = {.board = run->options.board,
                             .phase = (uint32_t)phase,
                             .address = address,
                             .done = dfui_min(run->done[phase], run->total[phase]),
                             .total = run->total[phase],
                             .elapsed_us = dfui_link_now(&run->session->link) - run->started_us};
    if (run->options.progress(&p, run->options.user) != 0)
        return dfu_error_set(err, DFU_ERR_CANCELLED, "stopped by the progress callback");
    return DFU_OK;
}
