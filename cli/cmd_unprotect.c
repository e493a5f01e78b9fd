/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu unprotect: removes the read protection, and with it all that is in flash. */
#include "confirm.h"
#include "out.h"
#include "progress.h"
#include "target.h"
#include "text.h"

static void report(struct cli *cli, const struct dfu_protect_result *result)
{
    char time[TEXT_SIZE];
    if (cli->voice.json) {
        json_t *event = json_object();
        (void)json_object_set_new(event, "event", json_string("result"));
        (void)json_object_set_new(event, "verb", json_string(cli->verb->name));
        (void)json_object_set_new(event, "device", json_device(cli));
        (void)json_object_set_new(event, "ok", json_true());
        (void)json_object_set_new(event, "changed", json_boolean(result->changed));
        (void)json_object_set_new(event, "verified", json_boolean(result->verified));
        (void)json_object_set_new(event, "rdp", result->rdp_after < 0 ? json_null() : json_integer(result->rdp_after));
        (void)json_object_set_new(event, "elapsed_ms", json_integer((json_int_t)((result->elapsed_us + 500) / 1000)));
        (void)json_object_set_new(event, "version", json_text(dfu_version_string()));
        json_add_said(cli, event);
        out_json(cli, event);
    } else if (!cli->voice.quiet && !result->changed) {
        out_text(cli, "not read-protected: nothing was done\n");
    } else if (!cli->voice.quiet) {
        out_text(cli, "read protection removed, all of flash erased and found blank, in %s\n",
                 text_time(time, result->elapsed_us));
    }
}

static int unprotect(struct target *target, struct dfu_error **err)
{
    struct dfu_protect_options options_protect;
    struct dfu_protect_result result;
    struct progress progress;
    struct cli *cli = target->cli;
    char question[160];
    DFU_INIT(&options_protect);
    DFU_INIT(&result);
    int rc = target_find(target, err);
    if (rc != DFU_OK)
        return rc;
    (void)snprintf(question, sizeof question, "Remove the read protection of %s and ERASE ALL OF ITS FLASH",
                   cli->device_path != NULL ? cli->device_path : "the board");
    rc = confirm(cli, question, "unprotect, which erases all of flash,", "nothing was changed", err);
    if (rc == DFU_OK)
        rc = target_open(target, err);
    if (rc != DFU_OK)
        return rc;
    progress_start(&progress, cli, 0);
    options_protect.timeout_ms = target->open.reconnect_ms;
    options_protect.progress = progress_call;
    options_protect.user = &progress;
    rc = dfu_session_unprotect(target->session, &options_protect, &result, err);
    if (rc != DFU_OK)
        return rc;
    progress_end(&progress);
    report(cli, &result);
    return DFU_OK;
}

int cmd_unprotect(struct cli *cli, struct dfu_error **err)
{
    struct target target;
    int rc = target_start(&target, cli, err);
    if (rc == DFU_OK && cli->args.operand_count > 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu unprotect' takes no arguments");
    if (rc == DFU_OK)
        rc = unprotect(&target, err);
    return target_close(&target, rc, err);
}
