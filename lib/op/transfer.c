/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks and erases on an open session, repeated where repeating cannot do harm (protocol rule 6). */
#include "op/run_private.h"
#include "proto/dfuse.h"
#include <inttypes.h>

#define TRIES 4

bool dfui_run_lasting(int code)
{
    return code == DFU_ERR_GONE || code == DFU_ERR_CANCELLED || code == DFU_ERR_NO_MEMORY || code == DFU_ERR_DEVICE ||
           code == DFU_ERR_PROTECTED;
}

int dfui_run_erased(const struct dfui_run *run, uint32_t region)
{
    uint32_t memory = dfui_plan_memory(run->plan, region);
    return memory < run->region_count ? run->erased[memory] : DFUI_ERASED_UNKNOWN;
}

void dfui_run_point(struct dfui_run *run, uint64_t address)
{
    run->run_start = address;
    run->pointed = false;
}

static int ensure_pointed(struct dfui_run *run, struct dfu_error **err)
{
    if (run->pointed)
        return DFU_OK;
    int rc = dfui_dfuse_set_address(&run->session->link, (uint32_t)run->run_start, err);
    run->pointed = rc == DFU_OK;
    return rc;
}

/* Gets ready for another try. The first failure is what the caller reports if this fails, too. */
static bool recovered(struct dfui_run *run, const struct dfu_error *failure)
{
    struct dfu_error *second = NULL;
    dfui_log(run->session->link.log, DFU_LOG_INFO, "%s: recovering", dfu_error_message(failure));
    int rc = dfui_session_recover(run->session, &second);
    if (rc != DFU_OK)
        dfui_log(run->session->link.log, DFU_LOG_INFO, "recovery failed: %s", dfu_error_message(second));
    dfui_error_clear(&second);
    run->pointed = false;
    run->session->link.retries++;
    return rc == DFU_OK;
}

/* Hands the failure to the caller, whether or not it wants to know. */
static int pass(struct dfu_error **err, struct dfu_error *failure, int rc)
{
    if (err != NULL)
        *err = failure;
    else
        dfui_error_clear(&failure);
    return rc;
}

int dfui_run_read(struct dfui_run *run, uint32_t block, void *data, uint32_t length, struct dfu_error **err)
{
    for (int attempt = 1;; attempt++) {
        struct dfu_error *failure = NULL;
        int rc = ensure_pointed(run, &failure);
        if (rc == DFU_OK)
            rc = dfui_dfuse_read(&run->session->link, (uint16_t)block, data, length, &failure);
        run->has_read |= rc == DFU_OK;
        if (rc == DFU_OK || dfui_run_lasting(rc) || attempt == TRIES || !recovered(run, failure))
            return pass(err, failure, rc);
        dfui_error_clear(&failure);
    }
}

int dfui_run_erase(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfui_link *link = &run->session->link;
    for (int attempt = 1;; attempt++) {
        struct dfu_error *failure = NULL;
        int rc = step->kind == DFU_STEP_MASS_ERASE
                     ? dfui_dfuse_mass_erase(link, step->length, &failure)
                     : dfui_dfuse_erase(link, (uint32_t)step->address, step->length, &failure);
        run->pointed = false; /* some ROMs use the pointer for the erase address */
        if (rc == DFU_OK || dfui_run_lasting(rc) || attempt == TRIES || !recovered(run, failure))
            return pass(err, failure, rc);
        dfui_error_clear(&failure);
    }
}

/* What became of a block whose outcome is not known. */
enum fate { FATE_WRITTEN, FATE_ERASED, FATE_BROKEN, FATE_UNREADABLE };

static enum fate ask_fate(struct dfui_run *run, const struct dfu_step *step)
{
    int erased = dfui_run_erased(run, step->region);
    if (!(run->plan->target.attributes & DFU_CAN_UPLOAD) ||
        dfui_run_read(run, step->block, run->other, step->length, NULL) != DFU_OK)
        return FATE_UNREADABLE;
    if (memcmp(run->other, run->block, step->length) == 0)
        return FATE_WRITTEN;
    for (uint32_t i = 0; i < step->length; i++) {
        if (run->other[i] != (uint8_t)erased)
            return FATE_BROKEN;
    }
    return erased == DFUI_ERASED_UNKNOWN ? FATE_BROKEN : FATE_ERASED;
}

int dfui_run_send(struct dfui_run *run, const struct dfu_step *step, bool *broken, struct dfu_error **err)
{
    *broken = false;
    for (int attempt = 1;; attempt++) {
        struct dfu_error *failure = NULL;
        enum dfui_outcome outcome = DFUI_NOT_RUN;
        int rc = ensure_pointed(run, &failure);
        if (rc == DFU_OK)
            rc = dfui_dfuse_write(&run->session->link, (uint16_t)step->block, run->block, step->length, &outcome,
                                  &failure);
        if (rc == DFU_OK || dfui_run_lasting(rc) || attempt == TRIES || !recovered(run, failure))
            return pass(err, failure, rc);
        if (outcome == DFUI_UNKNOWN && (step->flags & DFU_STEP_FRESH)) {
            enum fate fate = ask_fate(run, step);
            if (fate == FATE_UNREADABLE) {
                dfu_error_set_hint(&failure, "repeat the command: whether the block was programmed is not known");
                return pass(err, failure, rc);
            }
            *broken = fate == FATE_BROKEN;
            if (fate != FATE_ERASED) {
                dfui_error_clear(&failure);
                return DFU_OK;
            }
        }
        dfui_error_clear(&failure);
    }
}
