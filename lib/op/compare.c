/* SPDX-License-Identifier: BSD-2-Clause */
/* VERIFY, BLANK and READ steps. */
#include "op/run_private.h"
#include <inttypes.h>

/* Runs of differing bytes that are told one by one. */
#define MAX_TOLD 1000

static void tell(struct dfui_run *run)
{
    if (dfui_range_empty(run->differing))
        return;
    run->difference_runs++;
    if (run->options.difference != NULL && run->difference_runs <= MAX_TOLD)
        run->options.difference(run->differing, run->options.difference_user);
    run->differing = (struct dfu_range){0, 0};
}

void dfui_run_forget_differences(struct dfui_run *run)
{
    run->result.differing = 0;
    run->difference_runs = 0;
    run->differing = (struct dfu_range){0, 0};
}

static void differ(struct dfui_run *run, uint64_t address, uint8_t expected, uint8_t found)
{
    if (run->result.differing++ == 0) {
        run->first_difference = address;
        run->first_expected = expected;
        run->first_found = found;
    }
    if (run->differing.end == address && !dfui_range_empty(run->differing)) {
        run->differing.end++;
        return;
    }
    tell(run);
    run->differing = (struct dfu_range){address, address + 1};
}

int dfui_run_judge(struct dfui_run *run, struct dfu_error **err)
{
    tell(run);
    if (run->result.differing == 0)
        return DFU_OK;
    (void)dfu_error_set(err, DFU_ERR_MISMATCH,
                        "contents differ at 0x%08" PRIX64 ": expected 0x%02X, found 0x%02X; %" PRIu64
                        " byte%s in %" PRIu64 " range%s differ%s",
                        run->first_difference, run->first_expected, run->first_found, run->result.differing,
                        run->result.differing == 1 ? "" : "s", run->difference_runs,
                        run->difference_runs == 1 ? "" : "s", run->result.differing == 1 ? "s" : "");
    dfui_error_contents(err, run->first_difference, run->first_expected, run->first_found);
    if (run->repairs > 0)
        dfu_error_set_hint(err, "check for write protection and the supply: it was erased and written again, and still "
                                "differs");
    return DFU_ERR_MISMATCH;
}

/* All bytes of a block alike where they should not be is how protected memory reads on several chips. Told once: the
 * blocks that follow are mostly the same. */
static void suspect_protection(struct dfui_run *run, const struct dfu_step *step, uint64_t differing_before)
{
    uint8_t value = run->block[0];
    if (run->suspected || run->result.differing == differing_before || step->length < 64 ||
        (value != 0x00 && value != 0xFF))
        return;
    for (uint32_t i = 1; i < step->length; i++) {
        if (run->block[i] != value)
            return;
    }
    run->suspected = true;
    dfui_log(run->session->link.log, DFU_LOG_WARNING,
             "block at 0x%08" PRIX64 " reads as 0x%02X throughout: read or write protection?", step->address, value);
}

void dfui_run_compare(struct dfui_run *run, const struct dfu_step *step)
{
    /* Bytes that the image does not hold stay as they were read, and so never differ. */
    memcpy(run->other, run->block, step->length);
    size_t own = dfui_plan_fill(run->plan, step->alt, step->address, run->other, step->length);
    uint64_t before = run->result.differing;
    if (memcmp(run->other, run->block, step->length) != 0) {
        for (uint32_t i = 0; i < step->length; i++) {
            if (run->other[i] != run->block[i])
                differ(run, step->address + i, run->other[i], run->block[i]);
        }
        suspect_protection(run, step, before);
    }
    if (run->plan->summary.write_blocks == 0)
        run->result.bytes += own;
}

static void note_zeros(struct dfui_run *run, uint32_t length)
{
    for (uint32_t i = 0; !run->read_more && i < length; i++)
        run->read_more = run->block[i] != 0x00;
    run->read_zeros = true;
}

int dfui_run_verify_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfu_range differing;
    run->expecting = run->plan->summary.write_blocks > 0;
    int rc = dfui_ahead_read(run, step, err);
    run->expecting = false;
    if (rc == DFU_OK)
        note_zeros(run, step->length);
    if (rc == DFU_OK && run->plan->summary.write_blocks > 0 && dfui_run_differs(run, step, &differing))
        rc = dfui_run_repair(run, step, err);
    if (rc == DFU_OK && run->rewind == DFUI_NO_REWIND)
        dfui_run_compare(run, step);
    return rc;
}

int dfui_run_blank_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    int rc = dfui_ahead_read(run, step, err);
    if (rc != DFU_OK)
        return rc;
    uint32_t memory = dfui_plan_memory(run->plan, step->region);
    int erased = dfui_run_erased(run, step->region);
    if (erased == DFUI_ERASED_UNKNOWN) {
        /* The first block says what erased means here; L0 and L1 erase to 0x00. */
        erased = dfui_run_blank_value(run, run->block[0]);
        run->erased[memory] = (int16_t)erased;
        run->result.erased_value = erased;
    }
    for (uint32_t i = 0; i < step->length; i++) {
        if (run->block[i] != erased)
            differ(run, step->address + i, (uint8_t)erased, run->block[i]);
    }
    run->result.bytes += step->length;
    return DFU_OK;
}

int dfui_run_read_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    /* What is on its way already is taken: to give it up costs more. */
    if (run->ahead.count == 0 && dfui_glance_settled(run, step)) {
        dfui_run_spare(run, step);
        return DFU_OK;
    }
    /* A survey keeps memories apart that have the same addresses. */
    uint32_t alt = run->plan->survey ? step->alt : DFU_ALT_ANY;
    int rc = dfui_ahead_read(run, step, err);
    if (rc == DFU_OK) {
        note_zeros(run, step->length);
        rc = dfu_image_add(run->options.into, alt, step->address, run->block, step->length, DFU_OVERLAP_ERROR, err);
    }
    run->result.bytes += rc == DFU_OK ? step->length : 0;
    return rc;
}
