/* SPDX-License-Identifier: BSD-2-Clause */
/* READ UNPROTECT (AN3156): the chip erases its flash, drops the read protection and resets. */
#include "op/protect_private.h"
#include "op/run_private.h"
#include "proto/exec.h"

#define READ_UNPROTECT 0x92
#define TRIES 3
/* The chip may erase before it resets, and stays on the bus, deaf, for that long. */
#define DEADLINE_MS 60000
/* A loader that says it is done and is still there after this time has done nothing. */
#define LEAVE_MS 10000

static int check_command(struct dfu_session *s, struct dfu_error **err)
{
    struct dfu_session_info info = {.size = sizeof info};
    int rc = dfu_session_describe(s, 1, &info, err);
    if (rc != DFU_OK)
        return rc;
    for (uint32_t i = 0; i < info.command_count; i++) {
        if (info.commands[i] == READ_UNPROTECT)
            return DFU_OK;
    }
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "the loader at %s has no READ UNPROTECT command (0x92)",
                        s->device->path);
    dfu_error_set_hint(err, "start the chip's own loader (BOOT0), or use a debug probe");
    return DFU_ERR_UNSUPPORTED;
}

/* *refused says that the device certainly did not do it. */
static int send(struct dfu_session *s, bool *refused, struct dfu_error **err)
{
    static const uint8_t data[1] = {READ_UNPROTECT};
    struct dfui_command c = {.what = "read unprotect", .data = data, .length = sizeof data, .deadline_ms = DEADLINE_MS};
    for (int attempt = 1;; attempt++) {
        enum dfui_outcome outcome = DFUI_NOT_RUN;
        int rc = dfui_idle(&s->link, err);
        if (rc == DFU_OK)
            rc = dfui_exec(&s->link, &c, &outcome, err);
        *refused = outcome == DFUI_REFUSED || outcome == DFUI_NOT_RUN;
        if (rc == DFU_OK || outcome != DFUI_NOT_RUN || dfui_run_lasting(rc) || attempt == TRIES ||
            dfui_session_recover(s, NULL) != DFU_OK)
            return rc;
        dfui_error_clear(err);
    }
}

/* The chip goes on by itself, and answers nobody until it has reset. */
static int cancelled_too_late(struct dfui_protect *p, struct dfu_error **err)
{
    p->result.changed = 1;
    p->session->gone = true;
    (void)dfu_error_set(err, DFU_ERR_CANCELLED, "cancelled after the chip was told: it erases its flash and resets");
    dfu_error_set_hint(err, "leave the board powered until it is back, then repeat the command");
    return DFU_ERR_CANCELLED;
}

static int did_nothing(const struct dfu_session *s, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED,
                        "the device at %s took the command and is still there: nothing happened", s->device->path);
    dfu_error_set_hint(err, "start the chip's own loader (BOOT0), or use a debug probe");
    return DFU_ERR_UNSUPPORTED;
}

static int still_protected(int level, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_PROTECTED, "the device is still read-protected%s",
                        level == DFU_RDP_2 ? ", at level 2" : "");
    dfu_error_set_hint(err, level == DFU_RDP_2 ? "replace the chip: level 2 is for ever"
                                               : "repeat the command; leave the board powered until it is done");
    return DFU_ERR_PROTECTED;
}

/* Flash that reads as 0x00 throughout is erased on L0 and L1 only; elsewhere it is closed. */
static int check_blank(struct dfui_protect *p, struct dfu_error **err)
{
    struct dfu_session *s = p->session;
    struct dfu_plan *plan = NULL;
    struct dfu_target target = {.size = sizeof target};
    struct dfu_result result = {.size = sizeof result};
    struct dfu_run_options run = {
        .size = sizeof run, .board = p->options.board, .progress = p->options.progress, .user = p->options.user};
    dfu_session_target(s, &target);
    int rc = dfui_plan_blank(s->device->map, &target, &plan, err);
    if (rc == DFU_OK)
        rc = dfu_session_run(s, plan, &run, &result, err);
    dfu_plan_free(plan);
    if (rc == DFU_ERR_PROTECTED)
        return still_protected(DFU_RDP_1, err);
    if (rc != DFU_OK)
        return rc;
    if (result.erased_value == 0x00 && p->result.rdp_after != DFU_RDP_0)
        return still_protected(DFU_RDP_1, err);
    p->result.verified = 1;
    return DFU_OK;
}

/* Any answer but "open" is asked for a second time: one that was lost, or a bit that was flipped on the way, must not
 * cost an open board its flash. And after an erase, flash of an L0 or L1 looks closed to whom the option bytes say
 * nothing. */
static enum dfu_rdp ask_level(struct dfu_session *s, int *code)
{
    enum dfu_rdp level = dfui_protect_level(s, code);
    bool over = *code == DFU_ERR_NO_MEMORY || *code == DFU_ERR_GONE || *code == DFU_ERR_CANCELLED;
    if (level == DFU_RDP_0 || over || dfui_session_recover(s, NULL) != DFU_OK)
        return level;
    return dfui_protect_level(s, code);
}

static int unprotect(struct dfui_protect *p, struct dfu_error **err)
{
    struct dfu_session *s = p->session;
    bool refused = false;
    bool went = false;
    int rc = check_command(s, err);
    if (rc != DFU_OK)
        return rc;
    p->result.rdp_before = p->result.rdp_after = ask_level(s, &rc);
    if (rc == DFU_ERR_NO_MEMORY) /* the level is not known: a board that is open would lose its flash for nothing */
        return dfui_error_no_memory(err);
    if (rc == DFU_ERR_GONE || rc == DFU_ERR_CANCELLED)
        return dfu_error_set(err, rc, "%s while the option bytes were read",
                             rc == DFU_ERR_GONE ? "the device went away" : "cancelled");
    if (p->result.rdp_before == DFU_RDP_0) {
        p->result.verified = 1;
        return DFU_OK;
    }
    if (p->result.rdp_before == DFU_RDP_2)
        return still_protected(DFU_RDP_2, err);
    rc = dfui_session_recover(s, err);
    if (rc == DFU_OK)
        rc = dfui_session_select(s, s->device->info.alt_count > 0 ? s->device->alts[0] : 0, err);
    if (rc != DFU_OK)
        return rc;
    struct dfu_error *failure = NULL;
    int sent = send(s, &refused, &failure);
    if (sent == DFU_ERR_CANCELLED && !refused) {
        dfui_error_clear(&failure);
        return cancelled_too_late(p, err);
    }
    if (refused || sent == DFU_ERR_NO_MEMORY) {
        if (err != NULL)
            *err = failure;
        else
            dfui_error_clear(&failure);
        return sent;
    }
    dfui_error_clear(&failure);
    p->result.changed = 1;
    p->result.rdp_after = DFU_RDP_UNKNOWN;
    rc = dfui_protect_again(p, LEAVE_MS, &went, err);
    if (rc != DFU_OK)
        return rc;
    if (!went)
        return did_nothing(s, err);
    p->result.rdp_after = ask_level(s, &rc);
    if (rc == DFU_ERR_NO_MEMORY)
        return dfui_error_no_memory(err);
    rc = dfui_session_recover(s, err);
    if (rc == DFU_OK && p->result.rdp_after > DFU_RDP_0)
        rc = still_protected(p->result.rdp_after, err);
    return rc == DFU_OK ? check_blank(p, err) : rc;
}

int dfu_session_unprotect(struct dfu_session *session, const struct dfu_protect_options *options,
                          struct dfu_protect_result *result, struct dfu_error **err)
{
    struct dfui_protect p;
    int rc = dfui_protect_begin(&p, session, options, err);
    p.erases = true;
    if (rc == DFU_OK)
        rc = unprotect(&p, err);
    if (rc == DFU_ERR_GONE || rc == DFU_ERR_TIMEOUT || rc == DFU_ERR_STALL || rc == DFU_ERR_USB)
        dfu_error_prefix(err, "unprotect");
    return dfui_protect_end(&p, result, rc, err);
}
