/* SPDX-License-Identifier: BSD-2-Clause */
/* From run-time to DFU mode (DFU 1.1 sections 4.1 and 5.1, states appIDLE and appDETACH). */
#include "proto/link.h"
#include "proto/quirks.h"
#include "proto/request.h"
#include "session/list.h"

#define TRIES 3
#define RETURN_LIMIT_MS 10000
/* wTimeout for a device that names none. */
#define DETACH_MS 1000
/* What a device that goes by itself may take beyond its wDetachTimeOut. */
#define GRACE_US UINT64_C(500000)

struct detach {
    struct dfu_context *context;
    const struct dfu_device *device;
    struct dfui_link link;
    struct dfui_sighting before;
    uint64_t limit_us;
};

static uint16_t detach_ms(const struct detach *d)
{
    return d->device->info.detach_timeout != 0 ? d->device->info.detach_timeout : DETACH_MS;
}

static int connect(struct detach *d, struct dfu_error **err)
{
    struct dfu_context *c = d->context;
    const struct dfu_device *device = d->device;
    d->link = (struct dfui_link){.ops = &c->ops,
                                 .self = c->self,
                                 .log = &c->log,
                                 .cancel = c->cancel,
                                 .interface_number = device->info.interface_number,
                                 .state = DFUI_STATE_UNKNOWN};
    int rc = dfui_look(c, device->path, &d->before, err);
    if (rc == DFU_OK)
        rc = c->ops.open(c->self, device->path, &d->link.conn, err);
    if (rc != DFU_OK) {
        d->link.conn = NULL;
        return rc;
    }
    return c->ops.claim(d->link.conn, device->info.interface_number, device->info.alt_count > 0 ? device->alts[0] : 0,
                        err);
}

static void disconnect(struct detach *d)
{
    if (d->link.conn != NULL)
        d->context->ops.close(d->link.conn);
    d->link.conn = NULL;
}

/* Many go without answering, and an answer may be lost: then the state tells whether to ask again. A second DETACH
 * in appDETACH would be an error. */
static int send_detach(struct detach *d, struct dfu_error **err)
{
    for (int attempt = 1;; attempt++) {
        uint8_t state = DFU_STATE_APP_IDLE;
        if (dfui_link_cancelled(&d->link))
            return dfui_error_cancelled(err);
        int rc = dfui_request_detach(&d->link, detach_ms(d), err);
        int asked = rc == DFU_OK || rc == DFU_ERR_GONE ? rc : dfui_request_getstate(&d->link, &state, NULL);
        if (rc == DFU_OK || asked == DFU_ERR_GONE || state == DFU_STATE_APP_DETACH) {
            dfui_error_clear(err);
            return DFU_OK;
        }
        if (attempt == TRIES)
            return rc;
        dfui_error_clear(err);
    }
}

/* Whether it goes by itself, or has gone and come back between two looks, which a new USB address shows. */
static int watch_it_go(struct detach *d, bool *went, struct dfu_error **err)
{
    uint64_t deadline = dfui_link_now(&d->link) + (uint64_t)detach_ms(d) * 1000 + GRACE_US;
    for (;;) {
        struct dfui_sighting seen;
        int rc = dfui_look(d->context, d->device->path, &seen, err);
        if (rc != DFU_OK)
            return rc;
        *went = seen.presence != DFUI_RUNTIME || seen.address != d->before.address;
        if (*went || dfui_link_now(&d->link) >= deadline)
            return DFU_OK;
        rc = dfui_link_pause_for_change(d->context, &d->link, deadline, err);
        if (rc != DFU_OK)
            return rc;
    }
}

/* A device that went before the reset, or because of it, is what we want. */
static void reset(struct detach *d)
{
    struct dfu_error *failure = NULL;
    int rc = d->context->ops.reset(d->link.conn, &failure);
    if (rc < 0 && rc != DFU_ERR_GONE && rc != DFU_ERR_NO_DEVICE)
        dfui_log(&d->context->log, DFU_LOG_WARNING, "reset of %s: %s", d->device->path, dfu_error_message(failure));
    dfui_error_clear(&failure);
}

static int send_off(struct detach *d, struct dfu_error **err)
{
    bool will_detach = d->device->info.attributes & DFU_WILL_DETACH;
    bool went = false;
    int rc = send_detach(d, err);
    if (rc == DFU_OK && will_detach)
        rc = watch_it_go(d, &went, err);
    if (rc != DFU_OK || went)
        return rc;
    if (will_detach) {
        dfui_log(&d->context->log, DFU_LOG_INFO, "%s does not detach by itself although bitWillDetach is 1",
                 d->device->path);
        rc = send_detach(d, err); /* the time of the first one is over */
    }
    if (rc == DFU_OK)
        reset(d);
    return rc;
}

/* A chip's ROM has ids of its own and makes its own serial number, whatever the program had. */
static bool same_board(const struct dfu_device *before, const struct dfu_device *now)
{
    if (now->quirks & DFUI_QUIRK_CHIP_ROM)
        return true;
    return now->info.vid == before->info.vid &&
           (now->serial == NULL || before->serial == NULL || strcmp(now->serial, before->serial) == 0);
}

static int refuse_stranger(const struct detach *d, const struct dfu_device *now, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_GONE, "another board is at %s now: %04x:%04x, serial %s, was %04x:%04x, serial %s",
                        d->device->path, now->info.vid, now->info.pid, now->serial != NULL ? now->serial : "unknown",
                        d->device->info.vid, d->device->info.pid,
                        d->device->serial != NULL ? d->device->serial : "unknown");
    dfu_error_set_hint(err, "if this is the board's loader all the same, choose it by --path %s: it is in DFU mode",
                       d->device->path);
    return DFU_ERR_GONE;
}

static int refuse_absent(const struct detach *d, const struct dfui_sighting *last, struct dfu_error **err)
{
    unsigned ms = (unsigned)(d->limit_us / 1000);
    const char *path = d->device->path;
    if (last->presence == DFUI_RUNTIME) {
        bool stayed = last->address == d->before.address;
        (void)dfu_error_set(err, DFU_ERR_TIMEOUT, "the device at %s %s in run-time mode, %u ms after DETACH", path,
                            stayed ? "stayed" : "came back", ms);
        dfu_error_set_cause(err, stayed ? "it took the DETACH request but does not act on it"
                                        : "its loader does not stay, or there is none");
        dfu_error_set_hint(err, "start the loader in the board's own way (a button, or BOOT0 high and reset)");
        return DFU_ERR_TIMEOUT;
    }
    (void)dfu_error_set(err, DFU_ERR_GONE, "the device at %s %s within %u ms", path,
                        last->presence == DFUI_ABSENT ? "went away and did not come back"
                                                      : "came back without a DFU interface and stayed so",
                        ms);
    dfu_error_set_hint(err, "check the cable, reset the board, then look at 'dfu list'");
    return DFU_ERR_GONE;
}

static int await(struct detach *d, struct dfu_list **out, bool *returned, struct dfu_error **err)
{
    struct dfui_sighting last;
    struct dfu_list *list = NULL;
    *returned = false;
    int rc = dfui_await_dfu(d->context, d->device->path, d->limit_us, &last, &list, err);
    if (rc != DFU_OK)
        return rc;
    *returned = list == NULL && last.presence == DFUI_RUNTIME && last.address != d->before.address;
    if (list == NULL)
        return refuse_absent(d, &last, err);
    const struct dfu_device *now = dfu_list_at(list, 0);
    if (!same_board(d->device, now))
        rc = refuse_stranger(d, now, err);
    if (rc != DFU_OK || out == NULL)
        dfu_list_free(list);
    else
        *out = list;
    return rc;
}

/* What came back in run-time mode may have lost its power rather than have left: it is asked once more. */
static int send_and_await(struct detach *d, struct dfu_list **out, struct dfu_error **err)
{
    for (int attempt = 1;; attempt++) {
        bool returned = false;
        int rc = connect(d, err);
        if (rc == DFU_OK)
            rc = send_off(d, err);
        disconnect(d);
        if (rc == DFU_OK)
            rc = await(d, out, &returned, err);
        if (!returned || attempt == 2)
            return rc;
        dfui_log(&d->context->log, DFU_LOG_INFO, "%s came back in run-time mode: asking it again", d->device->path);
        dfui_error_clear(err);
    }
}

int dfu_device_detach(struct dfu_context *context, const struct dfu_device *device,
                      const struct dfu_detach_options *options, struct dfu_list **out, struct dfu_error **err)
{
    struct dfu_detach_options o;
    struct detach d = {.context = context, .device = device};
    if (out != NULL)
        *out = NULL;
    if (context == NULL || device == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no context, or no device to detach");
    int rc = dfui_sized_in(&o, sizeof o, options, "detach options", err);
    if (rc != DFU_OK)
        return rc;
    if (o.flags != 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "detach options: unknown flags 0x%X", o.flags);
    if (device->info.mode != DFU_MODE_RUNTIME)
        return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "the device at %s is in DFU mode already", device->path);
    rc = dfui_device_check_config(device, err);
    if (rc != DFU_OK)
        return rc;
    d.limit_us = (uint64_t)(o.timeout_ms != 0 ? o.timeout_ms : RETURN_LIMIT_MS) * 1000;
    rc = send_and_await(&d, out, err);
    if (rc != DFU_OK)
        dfu_error_wrap(err, "cannot detach %04x:%04x at %s", device->info.vid, device->info.pid, device->path);
    if (rc == DFU_ERR_STALL)
        dfu_error_set_hint(err, "start the loader in the board's own way (a button, or BOOT0 high and reset)");
    return rc;
}
