/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a device, bringing it to dfuIDLE, closing it. */
#include "session/session_private.h"
#include "core/checked.h"
#include "proto/dfuse.h"
#include "proto/quirks.h"
#include <libdfu/memmap.h>
#include <stdlib.h>

static int choose_protocol(struct dfu_session *s, const struct dfu_open_options *o, struct dfu_error **err)
{
    s->dfuse = dfui_device_is_dfuse(s->device);
    if (o->flags & DFU_OPEN_FORCE_DFUSE)
        s->dfuse = true;
    if (o->flags & DFU_OPEN_FORCE_DFU11)
        s->dfuse = false;
    if (o->transfer_size > UINT16_MAX)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "transfer size %u is more than 65535", o->transfer_size);
    uint32_t size = o->transfer_size != 0 ? o->transfer_size : s->device->info.transfer_size;
    uint32_t most = s->context->ops.max_control != 0 ? s->context->ops.max_control : UINT16_MAX;
    if (size > most)
        dfui_log(s->link.log, DFU_LOG_WARNING, "blocks of %u bytes instead of %u: no more fits a control transfer here",
                 most, size);
    s->block_size = (uint32_t)dfui_min(size, most);
    /* Names that begin with '@' are layouts only in DfuSe, so the list did not look. */
    if (s->dfuse && !dfui_device_is_dfuse(s->device))
        return dfui_device_build_map(s->context, s->device, err);
    return DFU_OK;
}

static int refuse_foreign(const struct dfu_session *s, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "%04x:%04x speaks Atmel's protocol, neither DFU 1.1 nor DfuSe",
                        s->device->info.vid, s->device->info.pid);
    dfu_error_set_hint(err, "use dfu-programmer for AVR, XMEGA and UC3 chips");
    return DFU_ERR_UNSUPPORTED;
}

static void log_quirks(const struct dfu_session *s)
{
    const struct dfu_device_info *info = &s->device->info;
    const struct dfui_quirk_row *row;
    for (size_t i = 0; (row = dfui_quirk_row(info->vid, info->pid, info->bcd_device, i)) != NULL; i++)
        dfui_log(s->link.log, DFU_LOG_INFO, "quirk %s: %s", row->id, row->reason);
}

static int open_device(struct dfu_session *s, const struct dfu_open_options *o, struct dfu_error **err)
{
    struct dfu_context *c = s->context;
    s->alt = -1;
    s->command_count = -1;
    s->link = (struct dfui_link){.ops = &c->ops,
                                 .self = c->self,
                                 .log = &c->log,
                                 .cancel = c->cancel,
                                 .interface_number = s->device->info.interface_number,
                                 .state = DFUI_STATE_UNKNOWN,
                                 .quirks = s->device->quirks};
    log_quirks(s);
    if (s->device->quirks & DFUI_QUIRK_FOREIGN)
        return refuse_foreign(s, err);
    if (s->device->info.mode != DFU_MODE_DFU) {
        (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "the device at %s runs its program, it is not in DFU mode",
                            s->device->path);
        dfu_error_set_hint(err, "detach it first ('dfu detach'), or start the loader in the board's own way (BOOT0)");
        return DFU_ERR_UNSUPPORTED;
    }
    int rc = dfui_device_check_config(s->device, err);
    if (rc == DFU_OK)
        rc = choose_protocol(s, o, err);
    if (rc != DFU_OK)
        return rc;
    rc = dfui_session_connect(s, err);
    if (rc == DFU_OK)
        rc = dfui_session_to_idle(s, &s->found, err);
    if (rc == DFU_OK || rc == DFU_ERR_CANCELLED || rc == DFU_ERR_NO_MEMORY || o->reconnect_ms == 0 ||
        !dfui_session_lost(s))
        return rc;
    dfui_log(&c->log, DFU_LOG_WARNING, "%s went away while it was being opened, waiting for it to come back",
             s->device->path);
    dfui_error_clear(err);
    return dfui_session_reconnect(s, o->reconnect_ms, err);
}

int dfu_session_open(struct dfu_context *context, const struct dfu_device *device,
                     const struct dfu_open_options *options, struct dfu_session **out, struct dfu_error **err)
{
    struct dfu_open_options o;
    if (context == NULL || device == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no context, no device, or no place for the session");
    *out = NULL;
    int rc = dfui_sized_in(&o, sizeof o, options, "open options", err);
    if (rc != DFU_OK)
        return rc;
    struct dfu_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return dfui_error_no_memory(err);
    s->context = context;
    rc = dfui_device_copy(device, &s->device, err);
    if (rc == DFU_OK)
        rc = open_device(s, &o, err);
    if (rc != DFU_OK) {
        dfu_error_wrap(err, "cannot open %04x:%04x at %s", device->info.vid, device->info.pid, device->path);
        if (rc == DFU_ERR_GONE)
            dfu_error_set_hint(err,
                               "check cable and power, put the board into DFU mode again, then repeat the command");
        s->link.state = DFU_STATE_IDLE; /* nothing of ours to abort */
        dfu_session_close(s);
        return rc;
    }
    *out = s;
    return DFU_OK;
}

int dfu_session_open_path(struct dfu_context *context, const char *path, const struct dfu_open_options *options,
                          struct dfu_session **out, struct dfu_error **err)
{
    struct dfu_selector sel;
    struct dfu_list *list = NULL;
    if (out == NULL || path == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no path, or no place for the session");
    *out = NULL;
    DFU_INIT(&sel);
    sel.path = path;
    sel.flags = DFU_SELECT_IN_FORCE;
    int rc = dfu_list_new(context, &sel, &list, err);
    if (rc != DFU_OK)
        return rc;
    const struct dfu_device *device = dfu_list_at(list, 0);
    for (size_t i = 0; i < dfu_list_count(list); i++) {
        if (dfu_list_at(list, i)->info.mode == DFU_MODE_DFU) {
            device = dfu_list_at(list, i);
            break;
        }
    }
    rc = device == NULL ? dfu_error_set(err, DFU_ERR_NO_DEVICE, "no DFU device at %s", path)
                        : dfu_session_open(context, device, options, out, err);
    dfu_list_free(list);
    return rc;
}

void dfu_session_close(struct dfu_session *session)
{
    if (session == NULL)
        return;
    if (session->link.conn != NULL && !session->gone)
        (void)dfui_idle(&session->link, NULL);
    dfui_session_disconnect(session);
    dfui_device_free(session->device);
    free(session);
}

const struct dfu_device *dfu_session_device(const struct dfu_session *session)
{
    return session == NULL ? NULL : session->device;
}

const struct dfu_memmap *dfu_session_memmap(const struct dfu_session *session)
{
    return session == NULL ? NULL : session->device->map;
}

/* Of ST's parts only the L0 and L1 erase to 0x00, and only they have pages of less than 1 KiB (RM0367, RM0038);
 * external flash behind loaders with ST's ids erases to 0xFF as all NOR and NAND flash does. Of other makers' chips
 * nothing is known: there the erased value is learnt. */
static bool erases_to_ff(const struct dfu_session *s)
{
    struct dfu_region r = {.size = sizeof r};
    bool known = s->dfuse && s->device->info.vid == 0x0483;
    for (size_t i = 0; known && dfu_memmap_region(s->device->map, i, &r) == DFU_OK; i++)
        known = !(r.access & DFU_ACCESS_ERASE) || r.kind != DFU_MEMORY_NORMAL || r.sector_size >= 1024;
    return known;
}

static uint32_t target_flags(const struct dfu_session *s)
{
    if (!s->dfuse)
        return DFU_TARGET_PLAIN;
    return (s->device->quirks & DFUI_QUIRK_POINT_EACH ? DFU_TARGET_POINT_EACH : 0) |
           (erases_to_ff(s) ? DFU_TARGET_ERASED_FF : 0);
}

void dfu_session_target(const struct dfu_session *session, struct dfu_target *target)
{
    if (session == NULL)
        return;
    struct dfu_target t = {.size = sizeof t,
                           .transfer_size = session->device->info.transfer_size,
                           .block_size = session->block_size,
                           .attributes = session->device->info.attributes,
                           .flags = target_flags(session),
                           .alt_count = session->device->info.alt_count,
                           .first_alt = session->device->info.alt_count > 0 ? session->device->alts[0] : 0};
    (void)dfui_sized_out(target, &t, sizeof t);
}

int dfu_session_describe(struct dfu_session *session, int ask_commands, struct dfu_session_info *info,
                         struct dfu_error **err)
{
    if (session == NULL || info == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no session, or no place for its description");
    if (ask_commands && session->dfuse && session->command_count < 0) {
        if (session->gone)
            return dfu_error_set(err, DFU_ERR_GONE, "the device at %s is gone", session->device->path);
        int rc = dfui_dfuse_commands(&session->link, session->commands, sizeof session->commands, err);
        if (rc == DFU_ERR_STALL) { /* mboot and libopencm3's loaders have no such list */
            dfui_error_clear(err);
            rc = dfui_session_recover(session, err) == DFU_OK ? 0 : DFU_ERR_STALL;
        }
        if (rc < 0)
            return rc;
        session->command_count = rc;
    }
    struct dfu_session_info i = {.size = sizeof i,
                                 .dfuse = session->dfuse,
                                 .found_state = session->found.state,
                                 .found_status = session->found.status,
                                 .command_count = (uint32_t)(session->command_count > 0 ? session->command_count : 0)};
    memcpy(i.commands, session->commands, sizeof i.commands);
    return dfui_sized_out(info, &i, sizeof i);
}
