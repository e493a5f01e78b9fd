/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that took everything and kept something else: do its option bytes say why (E6, E7)? */
#include "core/checked.h"
#include "op/protect_private.h"
#include "op/run_private.h"
#include <inttypes.h>
#include <stdlib.h>

static bool write_protected(const struct dfu_optbytes *o, uint64_t address, struct dfu_range *range)
{
    for (size_t i = 0; dfu_optbytes_protected(o, i, range) == DFU_OK; i++) {
        if (dfui_range_holds(*range, address))
            return true;
    }
    return false;
}

/* A new error with what was said so far as its cause. */
static int blame(struct dfu_error **err, const struct dfu_error_info *info, enum dfu_rdp level, struct dfu_range range)
{
    char *before = dfui_strdup(dfu_error_message(*err));
    if (before == NULL)
        return dfui_error_no_memory(err);
    if (level > DFU_RDP_0) {
        (void)dfu_error_set(err, DFU_ERR_PROTECTED, "the device is read-protected (level %d): it drops what is sent",
                            (int)level);
        dfu_error_set_hint(err, "remove the protection with 'dfu unprotect', which erases all of flash");
    } else {
        (void)dfu_error_set(err, DFU_ERR_PROTECTED,
                            "0x%08" PRIX64 "..0x%08" PRIX64 " is write-protected: it drops what is sent", range.start,
                            range.end);
        dfu_error_set_hint(err, "look at 'dfu options', and lift the write protection there with --set");
    }
    dfu_error_set_cause(err, "%s", before);
    dfu_error_set_info(err, info);
    free(before);
    return DFU_ERR_PROTECTED;
}

int dfui_run_suspect(struct dfui_run *run, int rc, struct dfu_error **err)
{
    const struct dfu_plan_summary *sum = &run->plan->summary;
    struct dfu_error_info info = {.size = sizeof info};
    struct dfu_optbytes *o = NULL;
    struct dfu_range range = {0, 0};
    if ((rc != DFU_ERR_MISMATCH && rc != DFU_ERR_PROTECTED) || (sum->write_blocks == 0 && sum->erase_sectors == 0) ||
        err == NULL || *err == NULL || run->session->gone || dfui_plan_is_plain(run->plan) ||
        dfu_error_describe(*err, &info) != DFU_OK || (info.flags & DFU_ERROR_HAS_STATUS))
        return rc; /* with a status the device has said why itself */
    if (dfu_optbytes_new(run->session->device->map, NULL, &o, NULL) != DFU_OK)
        return rc;
    if (dfu_session_optbytes_read(run->session, o, NULL) == DFU_OK) {
        enum dfu_rdp level = dfu_optbytes_rdp(o);
        bool locked = (info.flags & DFU_ERROR_HAS_ADDRESS) && write_protected(o, info.address, &range);
        if (level > DFU_RDP_0 || locked)
            rc = blame(err, &info, level, range);
    }
    dfu_optbytes_free(o);
    return rc;
}
