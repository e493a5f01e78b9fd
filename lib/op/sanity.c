/* SPDX-License-Identifier: BSD-2-Clause */
/* Does the image look like a program that will start where it is put? Warnings, because some good images look
 * odd; errors with DFU_PLAN_STRICT. */
#include "op/plan_private.h"
#include <inttypes.h>
#include <stdio.h>

/* Programs live in the code space of a Cortex-M; what lies above is data, or is asked for with a leave. */
#define CODE_END UINT64_C(0x20000000)

static int warn(struct dfu_plan *plan, struct dfu_error **err, const char *text)
{
    if (plan->options.flags & DFU_PLAN_STRICT) {
        (void)dfu_error_set(err, DFU_ERR_RANGE, "%s", text);
        dfu_error_set_hint(err, "check the linker script, or leave out --strict");
        return DFU_ERR_RANGE;
    }
    return dfui_plan_note(plan, DFU_NOTE_WARNING, err, "%s", text);
}

int dfui_plan_sanity(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err)
{
    struct dfu_vectors v = {.size = sizeof v};
    uint64_t base = plan->options.leave_address;
    char text[200];
    if (!(plan->options.flags & DFU_PLAN_LEAVE_SET) &&
        (!dfui_plan_program_base(plan, extents, &base) || base >= CODE_END))
        return DFU_OK;
    if (dfu_image_vectors(plan->image, base, &v) != DFU_OK || !(v.flags & DFU_VECTORS_PRESENT))
        return DFU_OK;
    int rc = DFU_OK;
    if (v.flags & DFU_VECTORS_LINKED_SET) {
        (void)snprintf(text, sizeof text, "linked for 0x%08" PRIX64 ", flashing at 0x%08" PRIX64, v.linked_at, base);
        return warn(plan, err, text); /* the other oddities would only repeat it */
    }
    if (!(v.flags & DFU_VECTORS_SP_OK)) {
        (void)snprintf(text, sizeof text, "initial stack pointer 0x%08" PRIX32 " at 0x%08" PRIX64 " is not in RAM",
                       v.initial_sp, base);
        rc = warn(plan, err, text);
    }
    if (rc == DFU_OK && !(v.flags & DFU_VECTORS_RESET_ODD)) {
        (void)snprintf(text, sizeof text, "reset vector 0x%08" PRIX32 " at 0x%08" PRIX64 " is even: not Thumb code",
                       v.reset, base + 4);
        rc = warn(plan, err, text);
    }
    if (rc == DFU_OK && !(v.flags & DFU_VECTORS_RESET_INSIDE)) {
        (void)snprintf(text, sizeof text, "reset vector 0x%08" PRIX32 " at 0x%08" PRIX64 " points outside the image",
                       v.reset, base + 4);
        rc = warn(plan, err, text);
    }
    return rc;
}
