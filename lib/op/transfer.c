/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks and erases on an open session, repeated where repeating cannot do harm (protocol rule 6). */
#include "op/run_private.h"
#include "proto/dfuse.h"
#include <inttypes.h>

#define TRIES 4

/* Few flashes erase a sector faster: the pages of L0 and L1 take 3.28 ms (DS10002), and the three transfers 3 ms; those
 * of the H5 take 2 ms (DS14053). */
#define SHORTEST_ERASE_US 6000

bool dfui_run_lost(const struct dfui_run *run, int rc)
{
    switch (rc) {
    case DFU_ERR_GONE:
        return true;
    case DFU_ERR_NO_DEVICE:
    case DFU_ERR_USB:
    case DFU_ERR_STALL:
    case DFU_ERR_TIMEOUT:
    case DFU_ERR_PROTOCOL:
        return dfui_session_lost(run->session); /* a cable that comes loose does not look the same everywhere */
    default:
        return false;
    }
}

bool dfui_run_lasting(int code)
{
    return code == DFU_ERR_GONE || code == DFU_ERR_CANCELLED || code == DFU_ERR_NO_MEMORY || code == DFU_ERR_DEVICE ||
           code == DFU_ERR_PROTECTED;
}

/* A status that says what is wrong: once is enough for some, twice at the same place for others. */
static bool names_a_cause(int status)
{
    switch (status) {
    case DFU_STATUS_ERR_WRITE:
    case DFU_STATUS_ERR_ERASE:
    case DFU_STATUS_ERR_CHECK_ERASED:
    case DFU_STATUS_ERR_PROG:
    case DFU_STATUS_ERR_VERIFY:
    case DFU_STATUS_ERR_VENDOR:
        return true;
    default:
        return false;
    }
}

bool dfui_run_again(struct dfui_run *run, const char *what, uint64_t address, int rc, const struct dfu_error *failure)
{
    struct dfu_error_info info = {.size = sizeof info};
    if (rc != DFU_ERR_DEVICE && rc != DFU_ERR_PROTECTED)
        return !dfui_run_lasting(rc);
    if (dfu_error_describe(failure, &info) != DFU_OK || !(info.flags & DFU_ERROR_HAS_STATUS) ||
        info.dfu_status == DFU_STATUS_ERR_TARGET || info.dfu_status == DFU_STATUS_ERR_FILE ||
        info.dfu_status == DFU_STATUS_ERR_ADDRESS)
        return false;
    if (!names_a_cause(info.dfu_status))
        return true;
    bool twice = run->refused.what != NULL && strcmp(run->refused.what, what) == 0 && run->refused.address == address;
    run->refused = (struct dfui_blame){what, address};
    return !twice;
}

/* A chip's own loader, which shows option bytes, on flash that erases to 0xFF: zeros throughout are read protection
 * that pretends (E6). A maker's loader on an L0 may have any ids and sectors, and shows none. */
bool dfui_run_zeros_are_suspect(const struct dfui_run *run)
{
    bool rom = false;
    for (size_t i = 0; !rom && i < dfu_memmap_count(run->plan->map); i++)
        rom = dfui_map_region(run->plan->map, i)->kind == DFU_MEMORY_OPTION_BYTES;
    return rom && (run->plan->target.flags & DFU_TARGET_ERASED_FF);
}

uint8_t dfui_run_blank_value(const struct dfui_run *run, uint8_t first)
{
    return first == 0x00 && !dfui_run_zeros_are_suspect(run) ? 0x00 : 0xFF;
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
    struct dfui_link *link = &run->session->link;
    int rc = run->expecting ? dfui_dfuse_try_address(link, (uint32_t)run->run_start, err)
                            : dfui_dfuse_set_address(link, (uint32_t)run->run_start, err);
    run->pointed = rc == DFU_OK;
    return rc;
}

/* Gets ready for another try. The first failure is what the caller reports if this fails, too; that the device went
 * away meanwhile is seen by dfui_run_lost(). */
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
    uint64_t address = run->run_start + (uint64_t)(block - DFUI_DFUSE_FIRST_BLOCK) * run->plan->target.transfer_size;
    for (int attempt = 1;; attempt++) {
        struct dfu_error *failure = NULL;
        int rc = ensure_pointed(run, &failure);
        if (rc == DFU_OK)
            rc = dfui_dfuse_read(&run->session->link, (uint16_t)block, data, length, &failure);
        run->has_read |= rc == DFU_OK;
        if (rc == DFU_OK || attempt == TRIES || !dfui_run_again(run, "read", address, rc, failure) ||
            !recovered(run, failure))
            return pass(err, failure, rc);
        dfui_error_clear(&failure);
    }
}

bool dfui_run_readable(const struct dfui_run *run, const struct dfu_step *step)
{
    const struct dfu_region *r = dfui_map_region(run->plan->map, step->region);
    return (run->plan->target.attributes & DFU_CAN_UPLOAD) && r != NULL && (r->access & DFU_ACCESS_READ);
}

/* Are the first bytes of the sector blank? Any doubt is a no. */
static bool is_blank(struct dfui_run *run, const struct dfu_step *step, uint32_t bytes)
{
    int value = dfui_run_erased(run, step->region);
    bool blank = dfui_run_readable(run, step);
    uint64_t start = run->run_start;
    for (uint32_t at = 0; blank && at < bytes; at += run->plan->target.block_size) {
        uint32_t length = (uint32_t)dfui_min(bytes - at, run->plan->target.block_size);
        dfui_run_point(run, step->address + at);
        blank = dfui_run_read(run, DFUI_DFUSE_FIRST_BLOCK, run->other, length, NULL) == DFU_OK;
        if (value == DFUI_ERASED_UNKNOWN)
            value = dfui_run_blank_value(run, run->other[0]);
        for (uint32_t i = 0; blank && i < length; i++)
            blank = run->other[i] == value;
    }
    dfui_run_point(run, start);
    return blank;
}

static int erase_once(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfui_link *link = &run->session->link;
    run->pointed = false; /* some ROMs use the pointer for the erase address */
    return step->kind == DFU_STEP_MASS_ERASE ? dfui_dfuse_mass_erase(link, step->length, err)
                                             : dfui_dfuse_erase(link, (uint32_t)step->address, step->length, err);
}

/* Does a PROBE step come that looks at the sector? Not when it is done again: then nothing is probed. */
static bool is_probed(const struct dfui_run *run, const struct dfu_step *step)
{
    const struct dfu_step *end = run->plan->steps + run->plan->count;
    if (!dfui_range_empty(run->dirty))
        return false;
    for (const struct dfu_step *s = step + 1; s < end; s++) {
        if (s->kind == DFU_STEP_PROBE && s->alt == step->alt && s->address >= step->address &&
            s->address < step->address + step->length)
            return true;
    }
    return false;
}

/* Done at once is hard to believe, so it is looked at, and asked for a second time. What is still there then is found
 * by the steps that check. A device that has once shown that it is so fast is doubted again at half that time. */
static bool believable(struct dfui_run *run, const struct dfu_step *step, uint64_t took_us)
{
    uint64_t shortest_us = run->shortest_erase_us != 0 ? run->shortest_erase_us / 2 : SHORTEST_ERASE_US;
    if (took_us >= shortest_us || step->kind != DFU_STEP_ERASE || !dfui_run_readable(run, step) || is_probed(run, step))
        return true;
    run->expecting = true; /* two requests would have to be lost for a wrong belief, and reading back finds that, too */
    bool blank = is_blank(run, step, (uint32_t)dfui_min(step->length, run->plan->target.block_size));
    run->expecting = false;
    if (!blank)
        return false;
    run->shortest_erase_us = dfui_max(took_us, 1);
    return true;
}

int dfui_run_erase(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    for (int attempt = 1;; attempt++) {
        struct dfu_error *failure = NULL;
        uint64_t begun = dfui_link_now(&run->session->link);
        int rc = erase_once(run, step, &failure);
        if (rc == DFU_OK && attempt == 1 && !believable(run, step, dfui_link_now(&run->session->link) - begun)) {
            run->session->link.retries++;
            continue;
        }
        bool endless = rc == DFU_ERR_TIMEOUT && run->session->link.endless;
        if (endless)
            dfu_error_set_hint(&failure, "erase with 'dfu erase --mass-erase' if the sector erase of this loader hangs "
                                         "(H7 with two banks), then repeat the command");
        if (rc == DFU_OK || attempt == (endless ? 2 : TRIES) ||
            !dfui_run_again(run, "erase", step->address, rc, failure) || !recovered(run, failure))
            return pass(err, failure, rc);
        dfui_error_clear(&failure);
        /* Some H7 ROMs erase a sector of the second bank, but never say so (quirk B5). */
        if (endless && step->kind == DFU_STEP_ERASE && is_blank(run, step, step->length)) {
            dfui_log(run->session->link.log, DFU_LOG_WARNING,
                     "erase at 0x%08" PRIX64 " did not end, but the sector reads as blank: going on", step->address);
            run->session->link.hangs = true;
            return DFU_OK;
        }
    }
}

/* What became of a block whose outcome is not known. */
enum fate { FATE_WRITTEN, FATE_ERASED, FATE_BROKEN };

static enum fate ask_fate(struct dfui_run *run, const struct dfu_step *step)
{
    int erased = dfui_run_erased(run, step->region);
    if (!(run->plan->target.attributes & DFU_CAN_UPLOAD) || erased == DFUI_ERASED_UNKNOWN ||
        dfui_run_read(run, step->block, run->other, step->length, NULL) != DFU_OK)
        return FATE_BROKEN; /* for all that is known */
    if (memcmp(run->other, run->block, step->length) == 0)
        return FATE_WRITTEN;
    for (uint32_t i = 0; i < step->length; i++) {
        if (run->other[i] != (uint8_t)erased)
            return FATE_BROKEN;
    }
    return FATE_ERASED;
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
        if (rc == DFU_OK || attempt == TRIES || !dfui_run_again(run, "write", step->address, rc, failure) ||
            !recovered(run, failure))
            return pass(err, failure, rc);
        dfui_error_clear(&failure);
        if (outcome == DFUI_NOT_RUN || !(step->flags & DFU_STEP_FRESH))
            continue;
        enum fate fate = ask_fate(run, step);
        *broken = fate == FATE_BROKEN;
        if (fate != FATE_ERASED)
            return DFU_OK;
    }
}
