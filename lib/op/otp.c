/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing memory that can be programmed once: never padded, never twice, and nothing that cannot come out right. */
#include "op/run_private.h"
#include "proto/dfuse.h"
#include <inttypes.h>

#define TRIES 3

bool dfui_run_is_otp(const struct dfui_run *run, const struct dfu_step *step)
{
    const struct dfu_region *r = dfui_map_region(run->plan->map, step->region);
    return r != NULL && r->kind == DFU_MEMORY_OTP;
}

/* What is to be there into run->block, what is there into run->other. */
static int look(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    dfui_run_point(run, step->address);
    int rc = dfui_run_read(run, DFUI_DFUSE_FIRST_BLOCK, run->other, step->length, err);
    memcpy(run->block, run->other, step->length);
    if (rc == DFU_OK)
        (void)dfu_image_read(run->plan->image, step->alt, step->address, run->block, step->length);
    return rc;
}

/* Bits only go from 1 to 0. */
static int check_reachable(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    for (uint32_t i = 0; i < step->length; i++) {
        if ((run->block[i] & (uint8_t)~run->other[i]) == 0)
            continue;
        (void)dfu_error_set(err, DFU_ERR_RANGE,
                            "cannot program 0x%02X at 0x%08" PRIX64
                            ": it holds 0x%02X, and its bits only go from 1 to 0",
                            run->block[i], step->address + i, run->other[i]);
        dfui_error_contents(err, step->address + i, run->block[i], run->other[i]);
        dfu_error_set_hint(err, "read what is there with 'dfu read', and choose bytes that are still 0xFF");
        return DFU_ERR_RANGE;
    }
    return DFU_OK;
}

int dfui_run_check_otp(struct dfui_run *run, struct dfu_error **err)
{
    const struct dfu_plan *plan = run->plan;
    if (!(plan->options.flags & DFU_PLAN_FORCE_OTP) || plan->image == NULL || dfui_plan_is_plain(plan))
        return DFU_OK;
    for (size_t i = 0; i < plan->count; i++) {
        const struct dfu_step *step = &plan->steps[i];
        if (step->kind != DFU_STEP_WRITE || !dfui_run_is_otp(run, step))
            continue;
        int rc = dfui_session_select(run->session, step->alt, err);
        if (rc == DFU_OK)
            rc = look(run, step, err);
        if (rc == DFU_OK)
            rc = check_reachable(run, step, err);
        if (rc != DFU_OK)
            return rc;
    }
    run->pointed = false;
    return DFU_OK;
}

int dfui_run_otp_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfui_link *link = &run->session->link;
    for (int attempt = 1;; attempt++) {
        enum dfui_outcome outcome = DFUI_NOT_RUN;
        int rc = look(run, step, err);
        if (rc == DFU_OK)
            rc = check_reachable(run, step, err);
        if (rc != DFU_OK)
            return rc;
        if (memcmp(run->block, run->other, step->length) == 0) {
            run->result.bytes += step->length;
            return DFU_OK; /* there already, perhaps since a moment ago */
        }
        if (attempt > TRIES)
            return dfu_error_set(err, DFU_ERR_USB, "what is sent to 0x%08" PRIX64 " does not arrive", step->address);
        rc = dfui_dfuse_set_address(link, (uint32_t)step->address, err);
        if (rc == DFU_OK)
            rc = dfui_dfuse_write(link, DFUI_DFUSE_FIRST_BLOCK, run->block, step->length, &outcome, err);
        run->pointed = false;
        if (rc == DFU_OK) {
            run->result.bytes += step->length;
            return DFU_OK; /* it is verified later */
        }
        if (outcome == DFUI_REFUSED || dfui_run_lasting(rc) || dfui_session_recover(run->session, NULL) != DFU_OK)
            return rc;
        dfui_error_clear(err);
    }
}
