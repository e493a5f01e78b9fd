/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu detach: from the program to DFU mode. */
#include "out.h"
#include "target.h"

static json_t *ids_json(const struct dfu_device_info *info)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "vid", json_integer(info->vid));
    (void)json_object_set_new(object, "pid", json_integer(info->pid));
    (void)json_object_set_new(object, "mode", json_string(mode_text(info->mode)));
    (void)json_object_set_new(object, "protocol", json_string(protocol_text(info->protocol)));
    return object;
}

/* before is NULL when there was nothing to do. */
static void report(const struct target *target, const struct dfu_device_info *before)
{
    struct cli *cli = target->cli;
    const struct dfu_device_info *now = &target->info;
    if (cli->voice.json) {
        json_t *event = json_object();
        (void)json_object_set_new(event, "event", json_string("result"));
        (void)json_object_set_new(event, "verb", json_string(cli->verb->name));
        (void)json_object_set_new(event, "device", json_device(cli));
        (void)json_object_set_new(event, "ok", json_true());
        (void)json_object_set_new(event, "detached", json_boolean(before != NULL));
        (void)json_object_set_new(event, "before", ids_json(before != NULL ? before : now));
        (void)json_object_set_new(event, "now", ids_json(now));
        (void)json_object_set_new(event, "version", json_text(dfu_version_string()));
        json_add_said(cli, event);
        out_json(cli, event);
    } else if (!cli->voice.quiet && before != NULL) {
        out_text(cli, "%04x:%04x at %s is in DFU mode now (was %04x:%04x)\n", now->vid, now->pid, now->path,
                 before->vid, before->pid);
    } else if (!cli->voice.quiet) {
        out_text(cli, "%04x:%04x at %s is in DFU mode already\n", now->vid, now->pid, now->path);
    }
}

static int detach(struct target *target, struct dfu_error **err)
{
    struct dfu_device_info before;
    int rc = target_list(target, 0, err);
    if (rc == DFU_OK && target_count(target, DFU_MODE_RUNTIME) == 0) {
        rc = target_choose(target, err);
        if (rc == DFU_OK)
            report(target, NULL);
        return rc;
    }
    if (rc == DFU_OK)
        rc = target_narrow(target, DFU_SELECT_RUNTIME_ONLY, err);
    if (rc == DFU_OK)
        rc = target_detach(target, &before, err);
    if (rc == DFU_OK)
        report(target, &before);
    return rc;
}

int cmd_detach(struct cli *cli, struct dfu_error **err)
{
    struct target target;
    int rc = target_start(&target, cli, err);
    if (rc == DFU_OK && cli->args.operand_count > 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu detach' takes no arguments");
    if (rc == DFU_OK)
        rc = detach(&target, err);
    return target_close(&target, rc, err);
}
