/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a leave goes (protocol rule 9). */
#include "op/plan_private.h"
#include <inttypes.h>

static int append_leave(struct dfu_plan *plan, uint64_t address, struct dfu_error **err)
{
    size_t index;
    if (address >= DFUI_4GIB)
        return dfu_error_set(err, DFU_ERR_RANGE, "leave address 0x%" PRIX64 " is past 4 GiB", address);
    struct dfu_step step = {.kind = DFU_STEP_LEAVE, .address = address, .region = DFUI_NO_STEP_REGION};
    if (plan->options.flags & DFU_PLAN_ALT_SET) {
        step.alt = plan->options.alt;
    } else if (dfu_memmap_find(plan->map, DFU_ALT_ANY, address, &index, NULL) == DFU_OK) {
        step.alt = dfui_map_region(plan->map, index)->alt;
        step.region = (uint32_t)index;
    }
    return dfui_plan_step(plan, &step, err);
}

int dfui_plan_leave_step(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err)
{
    uint64_t address = plan->options.leave_address;
    if (!(plan->options.flags & DFU_PLAN_LEAVE_SET) && !dfui_plan_program_base(plan, extents, &address)) {
        (void)dfu_error_set(err, DFU_ERR_RANGE, "no address to start: the image lies in no executable region");
        dfu_error_set_hint(err, "say where the vector table is with --leave=ADDR");
        return DFU_ERR_RANGE;
    }
    return append_leave(plan, address, err);
}

int dfu_plan_leave(const struct dfu_memmap *map, const struct dfu_target *target,
                   const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err)
{
    int rc = dfui_plan_new(map, target, NULL, options, out, err);
    if (rc != DFU_OK)
        return rc;
    uint64_t address = (*out)->options.leave_address;
    if (!dfui_plan_is_plain(*out) && !((*out)->options.flags & DFU_PLAN_LEAVE_SET)) {
        /* The first memory that a program could have been written to. */
        rc = DFU_ERR_RANGE;
        for (size_t i = 0; rc != DFU_OK && i < dfu_memmap_count(map); i++) {
            const struct dfu_region *r = dfui_map_region(map, i);
            if (r->kind == DFU_MEMORY_NORMAL && r->count > 0 && (r->access & DFU_ACCESS_WRITE)) {
                address = r->start;
                rc = DFU_OK;
            }
        }
        if (rc != DFU_OK) {
            (void)dfu_error_set(err, rc, "the device tells of no memory that a program could be in");
            dfu_error_set_hint(err, "give the address of the vector table");
        }
    }
    if (rc == DFU_OK)
        rc = dfui_plan_is_plain(*out) ? dfui_plan_plain_leave(*out, err) : append_leave(*out, address, err);
    if (rc != DFU_OK) {
        dfu_plan_free(*out);
        *out = NULL;
    }
    return rc;
}
