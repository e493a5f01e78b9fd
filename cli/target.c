/* SPDX-License-Identifier: BSD-2-Clause */
/* From selection options to one device, and to an open session. */
#include "target.h"

#include "numbers.h"
#include "out.h"
#include "select.h"
#include "signals.h"
#include "simdev.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char *level_text(int level)
{
    switch (level) {
    case DFU_LOG_ERROR:
        return "error";
    case DFU_LOG_WARNING:
        return "warning";
    case DFU_LOG_INFO:
        return "info";
    case DFU_LOG_DEBUG:
        return "debug";
    default:
        return "trace";
    }
}

static void on_log(int level, const char *line, void *user)
{
    struct cli *cli = user;
    if (cli->log != NULL)
        (void)fprintf(cli->log, "%s: %s\n", level_text(level), line);
    if (level == DFU_LOG_WARNING) {
        out_warning(cli, "%s", line);
    } else if (level > DFU_LOG_WARNING && level - DFU_LOG_WARNING <= cli->voice.verbose) {
        char *text = text_copy(line);
        if (text != NULL) {
            text_clean(text, 0);
            out_message(cli, text);
        }
        free(text);
    }
}

static int32_t log_level(const struct cli *cli)
{
    if (cli->log != NULL || cli->voice.verbose >= 3)
        return DFU_LOG_TRACE;
    return DFU_LOG_WARNING + cli->voice.verbose;
}

/* UINT32_MAX = for ever, 0 = do not wait. */
int target_wait(const struct args *args, uint32_t *ms, struct dfu_error **err)
{
    const char *text = args_value(args, OPT_WAIT);
    uint64_t seconds = 0;
    *ms = args_count(args, OPT_WAIT) > 0 ? UINT32_MAX : 0;
    if (text == NULL)
        return DFU_OK;
    int rc = number_parse(text, "--wait", 1000000, &seconds, err);
    *ms = (uint32_t)seconds * 1000;
    return rc;
}

static int parse_options(struct target *target, struct dfu_error **err)
{
    const struct args *args = &target->cli->args;
    const char *size = args_value(args, OPT_TRANSFER_SIZE);
    DFU_INIT(&target->open);
    DFU_INIT(&target->plan);
    int rc = target_wait(args, &target->open.reconnect_ms, err);
    if (rc != DFU_OK)
        return rc;
    if (args_count(args, OPT_DFUSE) > 0)
        target->open.flags |= DFU_OPEN_FORCE_DFUSE;
    if (args_count(args, OPT_DFU11) > 0)
        target->open.flags |= DFU_OPEN_FORCE_DFU11;
    if (target->open.flags == (DFU_OPEN_FORCE_DFUSE | DFU_OPEN_FORCE_DFU11))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--dfuse and --dfu11 exclude each other");
    if (size != NULL) {
        uint64_t bytes = 0;
        rc = number_parse(size, "--transfer-size", 65535, &bytes, err);
        if (rc == DFU_OK && bytes == 0)
            rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "--transfer-size: a block has at least one byte");
        if (rc != DFU_OK)
            return rc;
        target->open.transfer_size = (uint32_t)bytes;
    }
    return DFU_OK;
}

int target_start(struct target *target, struct cli *cli, struct dfu_error **err)
{
    struct dfu_context_options context;
    const char *sim = args_value(&cli->args, OPT_SIM);
    memset(target, 0, sizeof *target);
    target->cli = cli;
    int rc = parse_options(target, err);
    if (rc == DFU_OK && sim != NULL)
        rc = simdev_new(sim, SIMDEV_ANY_TIME, &target->sim, err);
    if (rc != DFU_OK)
        return rc;
    DFU_INIT(&context);
    context.flags = DFU_CONTEXT_LIBUSB_ALONE;
    context.log_level = log_level(cli);
    context.log = on_log;
    context.log_user = cli;
    if (target->sim != NULL)
        dfu_sim_attach(simdev_sim(target->sim), &context);
    rc = wire_open(&target->wire, &cli->args, &context, err);
    if (rc == DFU_OK)
        rc = dfu_context_new(&context, &target->context, err);
    if (rc == DFU_OK)
        signals_watch(target->context);
    return rc;
}

int target_list(struct target *target, unsigned flags, struct dfu_error **err)
{
    struct dfu_selector selector;
    uint32_t wait_ms = target->open.reconnect_ms;
    int rc = select_parse(&target->cli->args, &selector, err);
    if (rc != DFU_OK)
        return rc;
    target->flags = flags;
    selector.flags |= flags;
    if (wait_ms == 0)
        return dfu_list_new(target->context, &selector, &target->list, err);
    rc = dfu_list_new(target->context, &selector, &target->list, err);
    if (rc != DFU_OK || dfu_list_count(target->list) > 0)
        return rc;
    dfu_list_free(target->list);
    target->list = NULL;
    out_note(target->cli, "waiting for a device");
    return dfu_list_wait(target->context, &selector, wait_ms, &target->list, err);
}

int target_narrow(struct target *target, unsigned flags, struct dfu_error **err)
{
    struct dfu_selector selector;
    int rc = select_parse(&target->cli->args, &selector, err);
    dfu_list_free(target->list);
    target->list = NULL;
    target->flags = flags;
    selector.flags |= flags;
    return rc == DFU_OK ? dfu_list_new(target->context, &selector, &target->list, err) : rc;
}

size_t target_count(const struct target *target, enum dfu_mode mode)
{
    size_t count = 0;
    for (size_t i = 0; i < dfu_list_count(target->list); i++) {
        struct dfu_device_info info;
        DFU_INIT(&info);
        if (dfu_device_describe(dfu_list_at(target->list, i), &info) == DFU_OK)
            count += info.mode == mode;
    }
    return count;
}

static int refuse_none(struct target *target, struct dfu_error **err)
{
    struct dfu_list *everything = NULL;
    (void)dfu_list_new(target->context, NULL, &everything, NULL);
    int rc = target_narrow(target, 0, err);
    if (rc == DFU_OK)
        rc = select_refuse_none(target->cli, target->list, everything, err);
    dfu_list_free(everything);
    return rc;
}

/* For the closing report. */
static void remember(struct cli *cli, const struct dfu_device_info *info)
{
    free(cli->device_path);
    free(cli->device_serial);
    cli->device_path = text_copy(info->path);
    cli->device_serial = text_copy(info->serial);
}

static int take_device(struct target *target, struct dfu_error **err)
{
    const char *alt = args_value(&target->cli->args, OPT_ALT);
    target->device = dfu_list_at(target->list, 0);
    DFU_INIT(&target->info);
    int rc = dfu_device_describe(target->device, &target->info);
    if (rc != DFU_OK)
        return dfu_error_set(err, rc, "cannot describe the device");
    remember(target->cli, &target->info);
    if (alt != NULL) {
        target->plan.flags |= DFU_PLAN_ALT_SET;
        return select_alt(target->device, alt, &target->plan.alt, err);
    }
    return DFU_OK;
}

/* What cannot be used because of the configuration in force is no choice, unless there is nothing else. */
static int drop_idle_configs(struct target *target, struct dfu_error **err)
{
    struct dfu_selector selector;
    struct dfu_list *list = NULL;
    struct dfu_device_info info;
    size_t useless = 0;
    for (size_t i = 0; i < dfu_list_count(target->list); i++) {
        DFU_INIT(&info);
        if (dfu_device_describe(dfu_list_at(target->list, i), &info) == DFU_OK)
            useless += info.active_config != 0 && info.config != info.active_config;
    }
    if (useless == 0 || useless == dfu_list_count(target->list))
        return DFU_OK;
    int rc = select_parse(&target->cli->args, &selector, err);
    selector.flags |= target->flags | DFU_SELECT_IN_FORCE;
    if (rc == DFU_OK)
        rc = dfu_list_new(target->context, &selector, &list, err);
    if (rc != DFU_OK)
        return rc;
    dfu_list_free(target->list);
    target->list = list;
    return DFU_OK;
}

int target_choose(struct target *target, struct dfu_error **err)
{
    int rc = drop_idle_configs(target, err);
    if (rc != DFU_OK)
        return rc;
    if (dfu_list_count(target->list) == 0)
        return refuse_none(target, err);
    if (dfu_list_count(target->list) > 1)
        return select_refuse_several(target->cli, target->list, err);
    return take_device(target, err);
}

int target_detach(struct target *target, struct dfu_device_info *before, struct dfu_error **err)
{
    struct dfu_list *found = NULL;
    DFU_INIT(before);
    if (dfu_list_count(target->list) != 1)
        return target_choose(target, err);
    const struct dfu_device *device = dfu_list_at(target->list, 0);
    int rc = dfu_device_describe(device, before);
    if (rc != DFU_OK)
        return dfu_error_set(err, rc, "cannot describe the device");
    remember(target->cli, before);
    rc = dfu_device_detach(target->context, device, NULL, &found, err);
    before->path = before->serial = before->product = before->access_error = before->driver =
        NULL; /* they go with the list */
    if (rc != DFU_OK)
        return rc;
    dfu_list_free(target->list);
    target->list = found;
    return target_choose(target, err);
}

/* Of what matches, a device in DFU mode is taken as it is. */
static int find_or_detach(struct target *target, struct dfu_error **err)
{
    struct dfu_device_info before;
    int rc = target_list(target, 0, err);
    if (rc != DFU_OK)
        return rc;
    if (target_count(target, DFU_MODE_DFU) == 0 && target_count(target, DFU_MODE_RUNTIME) > 0)
        return target_detach(target, &before, err);
    rc = target_narrow(target, DFU_SELECT_DFU_ONLY, err);
    return rc == DFU_OK ? target_choose(target, err) : rc;
}

int target_find(struct target *target, struct dfu_error **err)
{
    const struct args *args = &target->cli->args;
    if (target->device != NULL)
        return DFU_OK;
    dfu_list_free(target->list);
    target->list = NULL;
    if (args_count(args, OPT_DETACH) > 0 && args_count(args, OPT_DRY_RUN) == 0)
        return find_or_detach(target, err);
    int rc = target_list(target, DFU_SELECT_DFU_ONLY, err);
    return rc == DFU_OK ? target_choose(target, err) : rc;
}

int target_open(struct target *target, struct dfu_error **err)
{
    int rc = target_find(target, err);
    if (rc != DFU_OK || target->session != NULL)
        return rc;
    return dfu_session_open(target->context, target->device, &target->open, &target->session, err);
}

const struct dfu_memmap *target_map(const struct target *target)
{
    return target->session != NULL ? dfu_session_memmap(target->session) : dfu_device_memmap(target->device);
}

void target_facts(const struct target *target, struct dfu_target *facts)
{
    DFU_INIT(facts);
    if (target->session != NULL) {
        dfu_session_target(target->session, facts);
        return;
    }
    facts->transfer_size = target->info.transfer_size;
    facts->block_size = target->open.transfer_size;
    facts->attributes = target->info.attributes;
    facts->flags = target_is_plain(target) ? DFU_TARGET_PLAIN : 0;
    facts->alt_count = target->info.alt_count;
    (void)dfu_device_alt(target->device, 0, &facts->first_alt, NULL);
}

int target_is_plain(const struct target *target)
{
    if ((target->open.flags & DFU_OPEN_FORCE_DFU11) != 0)
        return 1;
    return target->info.protocol != DFU_PROTOCOL_DFUSE && (target->open.flags & DFU_OPEN_FORCE_DFUSE) == 0;
}

int target_close(struct target *target, int rc, struct dfu_error **err)
{
    dfu_session_close(target->session);
    dfu_list_free(target->list);
    signals_watch(NULL);
    dfu_context_free(target->context);
    target->session = NULL;
    target->list = NULL;
    target->device = NULL;
    target->context = NULL;
    rc = wire_close(&target->wire, rc, err);
    if (target->sim == NULL)
        return rc;
    struct dfu_error *late = NULL;
    int late_rc = simdev_save(target->sim, &late);
    simdev_free(target->sim);
    target->sim = NULL;
    if (late_rc == DFU_OK)
        return rc;
    if (rc == DFU_OK) {
        *err = late;
        return late_rc;
    }
    out_warning(target->cli, "%s", dfu_error_message(late));
    dfu_error_free(late);
    return rc;
}

const char *protocol_text(uint32_t protocol)
{
    switch (protocol) {
    case DFU_PROTOCOL_DFUSE:
        return "dfuse";
    case DFU_PROTOCOL_10:
        return "dfu10";
    default:
        return "dfu11";
    }
}

const char *protocol_name(uint32_t protocol)
{
    switch (protocol) {
    case DFU_PROTOCOL_DFUSE:
        return "DfuSe";
    case DFU_PROTOCOL_10:
        return "DFU 1.0";
    default:
        return "DFU 1.1";
    }
}

const char *mode_text(uint32_t mode)
{
    return mode == DFU_MODE_DFU ? "dfu" : "runtime";
}
