/* SPDX-License-Identifier: BSD-2-Clause */
/* PROBE and WRITE steps: putting blocks together and sending them. */
#include "op/run_private.h"
#include <inttypes.h>

/* Sectors that have to be done again more often than this in one run are no passing fault. */
#define MAX_REDONE 8

static bool all_equal(const uint8_t *data, size_t length, int value)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] != value)
            return false;
    }
    return true;
}

static const struct dfu_step *erase_step_of(const struct dfu_plan *plan, uint32_t alt, uint64_t address)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct dfu_step *s = &plan->steps[i];
        if (s->kind == DFU_STEP_ERASE && s->alt == alt && address >= s->address && address < s->address + s->length)
            return s;
    }
    return NULL;
}

/* Reads the first block of the run; true when it is blank all over. */
static bool probe(struct dfui_run *run, const struct dfu_step *step, int *rc, struct dfu_error **err)
{
    *rc = dfui_run_read(run, step->block, run->block, step->length, err);
    return *rc == DFU_OK && run->block[0] == dfui_run_blank_value(run, run->block[0]) &&
           all_equal(run->block, step->length, run->block[0]);
}

static int refuse_unerased(const struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    uint32_t i = 0;
    while (run->block[i] == 0xFF)
        i++;
    (void)dfu_error_set(err, DFU_ERR_PROTECTED,
                        "the sector at 0x%08" PRIX64 " is not erased: 0x%02X at 0x%08" PRIX64 " after an erase "
                        "that the device reported as done",
                        step->address, run->block[i], step->address + i);
    dfui_error_contents(err, step->address + i, 0xFF, run->block[i]);
    dfu_error_set_hint(err, "check for write protection: the device drops erases of protected sectors silently");
    return DFU_ERR_PROTECTED;
}

/* The erase went well by the device's word; here it is seen, and the erased value with it. What is not blank is pointed
 * at and erased a second time before that counts as protection. */
int dfui_run_probe_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfu_error *failure = NULL;
    int rc;
    bool blank = probe(run, step, &rc, &failure);
    const struct dfu_step *sector = erase_step_of(run->plan, step->alt, step->address);
    if (rc == DFU_OK && !blank) {
        run->session->link.retries++;
        run->pointed = false;
        blank = probe(run, step, &rc, &failure);
    }
    if (rc == DFU_OK && !blank && sector != NULL) {
        rc = dfui_run_erase(run, sector, &failure);
        if (rc == DFU_OK)
            blank = probe(run, step, &rc, &failure);
    }
    if (rc == DFU_ERR_GONE || rc == DFU_ERR_CANCELLED || rc == DFU_ERR_NO_MEMORY || dfui_run_lost(run, rc)) {
        *err = failure;
        return rc;
    }
    if (rc != DFU_OK) {
        /* Loaders without upload exist, whatever their descriptor says: go on without knowing. */
        dfui_log(run->session->link.log, DFU_LOG_INFO, "erased value not learnt: %s", dfu_error_message(failure));
        dfui_error_clear(&failure);
        return dfui_session_recover(run->session, err);
    }
    if (!blank)
        return refuse_unerased(run, step, err);
    int value = run->block[0];
    uint32_t memory = dfui_plan_memory(run->plan, step->region);
    for (uint32_t i = memory; i < run->region_count && dfui_plan_memory(run->plan, i) == memory; i++)
        run->erased[i] = (int16_t)value;
    run->result.erased_value = value;
    return DFU_OK;
}

/* What is there already, for the bytes that the image does not hold. */
static int read_around(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    uint64_t start = run->run_start;
    dfui_run_point(run, step->address);
    int rc = dfui_run_read(run, 2, run->block, step->length, err);
    dfui_run_point(run, start);
    return rc;
}

/* The image's bytes over what is to be in between. */
int dfui_run_compose(struct dfui_run *run, const struct dfu_step *step, size_t *own, struct dfu_error **err)
{
    int erased = dfui_run_erased(run, step->region);
    /* 0xFF where the value could not be learnt: right for all but L0 and L1, which can be read. */
    memset(run->block, erased == DFUI_ERASED_UNKNOWN ? 0xFF : erased, step->length);
    int rc = step->flags & DFU_STEP_MERGE ? read_around(run, step, err) : DFU_OK;
    if (rc == DFU_OK)
        *own = dfui_plan_fill(run->plan, step->alt, step->address, run->block, step->length);
    return rc;
}

/* Grows dirty until no block that is already written lies across its edge: a flash word must not be programmed
 * twice, so such a block's other sector has to be erased as well. */
static void close_over_blocks(const struct dfui_run *run, uint32_t alt, const struct dfu_step *end,
                              struct dfu_range *dirty)
{
    bool grew = true;
    while (grew) {
        grew = false;
        for (const struct dfu_step *s = run->plan->steps; s < end; s++) {
            if (s->kind != DFU_STEP_WRITE || s->alt != alt || s->address >= dirty->end ||
                s->address + s->length <= dirty->start)
                continue;
            const struct dfu_step *first = erase_step_of(run->plan, s->alt, s->address);
            const struct dfu_step *final = erase_step_of(run->plan, s->alt, s->address + s->length - 1);
            if (first != NULL && first->address < dirty->start) {
                dirty->start = first->address;
                grew = true;
            }
            if (final != NULL && final->address + final->length > dirty->end) {
                dirty->end = final->address + final->length;
                grew = true;
            }
        }
    }
}

/* Whole sectors, as far as they belong to the plan. */
static struct dfu_range whole_sectors(const struct dfui_run *run, uint32_t alt, struct dfu_range range)
{
    const struct dfu_step *first = erase_step_of(run->plan, alt, range.start);
    const struct dfu_step *last = erase_step_of(run->plan, alt, range.end - 1);
    return (struct dfu_range){first != NULL ? first->address : range.start,
                              last != NULL ? last->address + last->length : range.end};
}

static struct dfu_range closed(const struct dfui_run *run, uint32_t alt, struct dfu_range range,
                               const struct dfu_step *end)
{
    range = whole_sectors(run, alt, range);
    close_over_blocks(run, alt, end, &range);
    return range;
}

void dfui_run_spoil(struct dfui_run *run, uint32_t alt, struct dfu_range range, const struct dfu_step *end)
{
    range = closed(run, alt, range, end);
    if (!dfui_range_empty(run->dirty) && run->dirty_alt == alt)
        range = (struct dfu_range){dfui_min(range.start, run->dirty.start), dfui_max(range.end, run->dirty.end)};
    run->dirty = range;
    run->dirty_alt = alt;
}

/* Goes back into dfui_run_write_step(), as often as MAX_REDONE allows. */
/* NOLINTNEXTLINE(misc-no-recursion): see above */
int dfui_run_redo(struct dfui_run *run, uint32_t alt, struct dfu_range range, const struct dfu_step *end,
                  struct dfu_error **err)
{
    struct dfu_range outer = run->dirty; /* this may happen inside of another one, whose range then holds ours */
    range = closed(run, alt, range, end);
    run->dirty_alt = alt;
    if (dfui_range_empty(outer))
        run->dirty = range;
    if (++run->redone > MAX_REDONE)
        return dfu_error_set(err, DFU_ERR_USB,
                             "flash at 0x%08" PRIX64 " does not come out right, %u sectors were redone", range.start,
                             MAX_REDONE);
    dfui_log(run->session->link.log, DFU_LOG_WARNING, "erasing 0x%08" PRIX64 "..0x%08" PRIX64 " again", range.start,
             range.end);
    struct dfu_result before = run->result; /* what is counted there was counted the first time */
    int rc = dfui_session_select(run->session, alt, err);
    for (const struct dfu_step *s = run->plan->steps; rc == DFU_OK && s < end; s++) {
        bool inside = s->alt == alt && s->address < range.end && s->address + s->length > range.start;
        if (s->kind == DFU_STEP_POINT)
            dfui_run_point(run, s->address);
        else if (s->kind == DFU_STEP_ERASE && inside)
            rc = dfui_run_erase(run, s, err);
        else if (s->kind == DFU_STEP_WRITE && inside)
            rc = dfui_run_write_step(run, s, err);
    }
    run->result.bytes = before.bytes;
    run->result.skipped_bytes = before.skipped_bytes;
    if (rc == DFU_OK)
        run->dirty = outer;
    return rc;
}

/* NOLINTNEXTLINE(misc-no-recursion): see dfui_run_redo() */
int dfui_run_write_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    size_t own = 0;
    bool broken = false;
    int rc = dfui_run_compose(run, step, &own, err);
    if (rc != DFU_OK)
        return rc;
    int erased = dfui_run_erased(run, step->region);
    if ((step->flags & DFU_STEP_FRESH) && erased != DFUI_ERASED_UNKNOWN && all_equal(run->block, step->length, erased))
        run->result.skipped_bytes += own;
    else
        rc = dfui_run_send(run, step, &broken, err);
    if (rc == DFU_OK && broken) {
        struct dfu_range range = {step->address, step->address + step->length};
        dfui_log(run->session->link.log, DFU_LOG_WARNING, "block at 0x%08" PRIX64 " did not arrive as it was sent",
                 step->address);
        rc = dfui_run_redo(run, step->alt, range, step + 1, err);
    }
    run->result.bytes += rc == DFU_OK ? own : 0;
    return rc;
}
