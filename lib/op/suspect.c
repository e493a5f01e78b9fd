/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that took everything and kept something else: do its option bytes say why (E6, E7)? */
#include "core/checked.h"
#include "map/optbytes_private.h"
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

/* F76x and F77x in two-bank mode erase half of what their map calls a sector, or another one (quirk C18). F74x and F72x
 * have zeros where the others have nDBANK, nDBOOT and the upper bits of nwrp. */
static bool in_two_banks(const struct dfu_optbytes *o)
{
    const char *family = dfu_optbytes_family_name(o);
    uint32_t ndbank = 1;
    uint32_t ndboot = 0;
    uint32_t nwrp = 0;
    return family != NULL && strcmp(family, "stm32f7") == 0 && dfui_optbytes_value(o, "ndbank", &ndbank) &&
           dfui_optbytes_value(o, "ndboot", &ndboot) && dfui_optbytes_value(o, "nwrp", &nwrp) && ndbank == 0 &&
           (ndboot != 0 || nwrp > 0xFF);
}

/* What was said so far, less where the run stood. */
static char *what_was_seen(const struct dfu_error *err)
{
    return dfui_strdup(dfu_error_cause(err) != NULL ? dfu_error_cause(err) : dfu_error_message(err));
}

static int blame_banks(struct dfu_error **err, const struct dfu_error_info *info)
{
    char *before = what_was_seen(*err);
    if (before == NULL)
        return dfui_error_no_memory(err);
    (void)dfu_error_set(err, DFU_ERR_MISMATCH,
                        "the chip is in two-bank mode (ndbank = 0): it erases other sectors than its map tells");
    dfu_error_set_cause(err, "%s", before);
    dfu_error_set_hint(err, "erase all of it with 'dfu erase --mass-erase', then flash with --diff, which needs no "
                            "erase; or set ndbank=1 with 'dfu options'");
    dfu_error_set_info(err, info);
    free(before);
    return DFU_ERR_MISMATCH;
}

/* A new error with what was said so far as its cause. */
static int blame(struct dfu_error **err, const struct dfu_error_info *info, enum dfu_rdp level, struct dfu_range range)
{
    char *before = what_was_seen(*err);
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

static bool changes_flash(const struct dfu_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->steps[i].kind == DFU_STEP_ERASE || plan->steps[i].kind == DFU_STEP_MASS_ERASE ||
            plan->steps[i].kind == DFU_STEP_WRITE)
            return true;
    }
    return false;
}

/* All that was read is zeros: is it so, or is that how the chip hides what it holds? */
static int suspect_zeros(struct dfui_run *run, struct dfu_error **err)
{
    if (dfui_protect_level(run->session, NULL) <= DFU_RDP_0) {
        (void)dfui_session_recover(run->session, NULL); /* it was asked for the sake of the doubt only */
        return DFU_OK;
    }
    (void)dfu_error_set(err, DFU_ERR_PROTECTED, "the device is read-protected: all of its flash reads as 0x00");
    dfu_error_set_hint(err, "remove the protection with 'dfu unprotect', which erases all of flash");
    return DFU_ERR_PROTECTED;
}

int dfui_run_suspect(struct dfui_run *run, int rc, struct dfu_error **err)
{
    struct dfu_error_info info = {.size = sizeof info};
    struct dfu_optbytes *o = NULL;
    struct dfu_range range = {0, 0};
    if (rc == DFU_OK && run->read_zeros && !run->read_more && !run->session->gone && dfui_run_zeros_are_suspect(run))
        return suspect_zeros(run, err);
    if ((rc != DFU_ERR_MISMATCH && rc != DFU_ERR_PROTECTED) || !changes_flash(run->plan) || err == NULL ||
        *err == NULL || run->session->gone || dfui_plan_is_plain(run->plan) ||
        dfu_error_describe(*err, &info) != DFU_OK || (info.flags & DFU_ERROR_HAS_STATUS))
        return rc; /* with a status the device has said why itself */
    if (dfu_optbytes_new(run->session->device->map, NULL, &o, NULL) != DFU_OK)
        return rc;
    if (dfu_session_optbytes_read(run->session, o, NULL) == DFU_OK) {
        enum dfu_rdp level = dfu_optbytes_rdp(o);
        bool locked = (info.flags & DFU_ERROR_HAS_ADDRESS) && write_protected(o, info.address, &range);
        if (level > DFU_RDP_0 || locked)
            rc = blame(err, &info, level, range);
        else if (in_two_banks(o))
            rc = blame_banks(err, &info);
    }
    dfu_optbytes_free(o);
    return rc;
}
