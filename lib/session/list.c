/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of the DFU interfaces on the bus. */
#include "session/list.h"
#include "core/checked.h"
#include "proto/quirks.h"
#include <libdfu/memmap.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_DEVICES 1024
/* Between scans where nobody tells of changes; also how long a cancel may wait. */
#define SCAN_PAUSE_US 50000
/* Between scans where the transport does tell: events do get lost. */
#define RESCAN_US 500000

struct dfu_list {
    struct dfu_device **items;
    size_t count;
};

/* What one enumeration is looking for and where it puts it. */
struct scan {
    const struct dfu_selector *selector;
    struct dfu_list *list;
    struct dfu_error **err;
};

/* The part of a selector's path behind the device's, "C.I", or NULL. */
static const char *interface_part(const char *path)
{
    const char *colon = path != NULL ? strchr(path, ':') : NULL;
    return colon != NULL ? colon + 1 : NULL;
}

static const char *driver_of(const struct dfu_usb_device *usb, const struct dfui_interface *i)
{
    for (uint32_t h = 0; h < usb->holder_count; h++) {
        if (usb->holders[h].config == i->config && usb->holders[h].interface_number == i->number)
            return usb->holders[h].driver;
    }
    return NULL;
}

/* Why it cannot be used although it may be opened. */
static char *why_busy(const struct dfu_usb_device *usb, const struct dfui_interface *i)
{
    if (usb->active_config != 0 && i->config != usb->active_config)
        return dfui_format("it belongs to configuration %u, but %u is in force", i->config, usb->active_config);
    return dfui_format("another program has claimed interface %u", i->number);
}

/* False when out of memory. */
static bool add_holder(struct dfu_device *d, const struct dfu_usb_device *usb, const struct dfui_interface *i)
{
    const char *driver = driver_of(usb, i);
    bool in_force = usb->active_config == 0 || i->config == usb->active_config;
    if (driver != NULL) {
        d->driver = dfui_strdup(driver);
        d->info.driver = d->driver;
    }
    if (in_force && (driver == NULL || strcmp(driver, "usbfs") != 0))
        return driver == NULL || d->driver != NULL;
    d->access_error = why_busy(usb, i);
    d->info.access = DFU_ERR_BUSY;
    d->info.access_error = d->access_error;
    return d->access_error != NULL && (driver == NULL || d->driver != NULL);
}

static struct dfu_device *new_device(const struct dfu_usb_device *usb, const struct dfui_interface *i)
{
    struct dfu_device *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    d->path = dfui_strdup(usb->path);
    d->serial = usb->serial != NULL ? dfui_strdup(usb->serial) : NULL;
    d->alts = calloc(i->alt_count > 0 ? i->alt_count : 1u, 1);
    d->name_indices = calloc(i->alt_count > 0 ? i->alt_count : 1u, 1);
    d->alt_names = calloc(i->alt_count > 0 ? i->alt_count : 1u, sizeof *d->alt_names);
    if (d->path == NULL || d->alts == NULL || d->name_indices == NULL || d->alt_names == NULL ||
        (usb->serial != NULL && d->serial == NULL)) {
        dfui_device_free(d);
        return NULL;
    }
    for (uint16_t a = 0; a < i->alt_count; a++) {
        d->alts[a] = i->alts[a].number;
        d->name_indices[a] = i->alts[a].name_index;
    }
    d->quirks = dfui_quirks_of(usb->vid, usb->pid, usb->bcd_device);
    d->serial_index = usb->serial_index;
    d->product_index = usb->product_index;
    d->info = (struct dfu_device_info){
        .size = sizeof d->info,
        .path = d->path,
        .serial = d->serial,
        .vid = usb->vid,
        .pid = usb->pid,
        .bcd_device = usb->bcd_device,
        .transfer_size = i->transfer_size != 0 ? i->transfer_size : 64, /* the smallest bMaxPacketSize0 of use */
        .detach_timeout = i->detach_timeout,
        .protocol = i->bcd_dfu,
        .attributes = i->attributes,
        .mode = i->protocol == DFU_MODE_DFU ? DFU_MODE_DFU : DFU_MODE_RUNTIME,
        .interface_number = i->number,
        .config = i->config,
        .address = usb->address,
        .active_config = usb->active_config,
        .alt_count = i->alt_count,
    };
    if (!add_holder(d, usb, i)) {
        dfui_device_free(d);
        return NULL;
    }
    return d;
}

static int append(struct dfu_list *list, struct dfu_device *d)
{
    struct dfu_device **items = realloc(list->items, (list->count + 1) * sizeof(struct dfu_device *));
    if (items == NULL)
        return DFU_ERR_NO_MEMORY;
    list->items = items;
    items[list->count++] = d;
    return DFU_OK;
}

static bool wanted(const struct dfu_selector *s, const struct dfu_usb_device *usb)
{
    const char *part = interface_part(s->path);
    size_t length = part != NULL ? (size_t)(part - 1 - s->path) : 0;
    bool there =
        s->path == NULL || (part == NULL ? strcmp(s->path, usb->path) == 0
                                         : strlen(usb->path) == length && memcmp(s->path, usb->path, length) == 0);
    return there && !((s->flags & DFU_SELECT_VID) && s->vid != usb->vid) &&
           !((s->flags & DFU_SELECT_PID) && s->pid != usb->pid);
}

/* Only interfaces of the configuration in force can be used; where that is not known, all are taken. */
static bool fits(const struct dfu_selector *s, const struct dfu_usb_device *usb, const struct dfui_interface *i)
{
    const char *part = interface_part(s->path);
    char name[16];
    (void)snprintf(name, sizeof name, "%u.%u", i->config, i->number);
    if (part != NULL && strcmp(part, name) != 0)
        return false;
    if ((s->flags & DFU_SELECT_IN_FORCE) && usb->active_config != 0 && i->config != usb->active_config)
        return false;
    uint32_t unwanted = i->protocol == DFU_MODE_DFU ? DFU_SELECT_RUNTIME_ONLY : DFU_SELECT_DFU_ONLY;
    return !(s->flags & unwanted);
}

/* The DFU interfaces of a device, as quirk rows know them where its descriptors are wrong. */
static int find_interfaces(const struct dfu_usb_device *usb, struct dfui_interfaces *found, struct dfu_error **err)
{
    uint32_t quirks = dfui_quirks_of(usb->vid, usb->pid, usb->bcd_device);
    int rc = dfui_interfaces_find(usb->configs, usb->config_count, found, err);
    for (size_t i = 0; rc == DFU_OK && i < found->count; i++) {
        if (quirks & DFUI_QUIRK_DFU_MODE)
            found->items[i].protocol = DFU_MODE_DFU;
        if (quirks & DFUI_QUIRK_PLAIN)
            found->items[i].bcd_dfu = DFU_PROTOCOL_11;
    }
    return rc;
}

static int visit(const struct dfu_usb_device *usb, void *arg)
{
    struct scan *scan = arg;
    struct dfui_interfaces found;
    if (!wanted(scan->selector, usb))
        return DFU_OK;
    int rc = find_interfaces(usb, &found, scan->err);
    if (rc != DFU_OK)
        return rc;
    for (size_t i = 0; i < found.count && rc == DFU_OK && scan->list->count < MAX_DEVICES; i++) {
        if (!fits(scan->selector, usb, &found.items[i]))
            continue;
        struct dfu_device *d = new_device(usb, &found.items[i]);
        rc = d == NULL ? DFU_ERR_NO_MEMORY : append(scan->list, d);
        if (rc != DFU_OK) {
            dfui_device_free(d);
            (void)dfui_error_no_memory(scan->err);
        }
    }
    free(found.items);
    return rc;
}

/* Opens the device for as long as it takes to read its names; failure to open is a finding, not an error. */
int dfui_device_look_inside(struct dfu_context *context, struct dfu_device *d, struct dfu_error **err)
{
    void *conn = NULL;
    struct dfu_error *reason = NULL;
    dfu_memmap_free(d->map);
    d->map = NULL;
    int rc = context->ops.open(context->self, d->path, &conn, &reason);
    if (rc == DFU_OK) {
        rc = dfui_device_read_strings(context, d, conn, &reason);
        context->ops.close(conn);
    }
    if (rc == DFU_ERR_NO_MEMORY) {
        dfui_error_clear(&reason);
        return dfui_error_no_memory(err);
    }
    if (rc != DFU_OK) {
        d->info.access = rc;
        free(d->access_error);
        d->access_error = dfu_error_cause(reason) != NULL
                              ? dfui_format("%s: %s", dfu_error_message(reason), dfu_error_cause(reason))
                              : dfui_strdup(dfu_error_message(reason));
        d->info.access_error = d->access_error;
        dfui_error_clear(&reason);
        if (d->access_error == NULL)
            return dfui_error_no_memory(err);
        if (d->map == NULL)
            return dfu_memmap_new(&d->map, err);
    }
    return DFU_OK;
}

static int find_all(struct dfu_context *context, const struct dfu_selector *s, bool closed, struct dfu_list *list,
                    struct dfu_error **err)
{
    struct scan scan = {s, list, err};
    int rc = context->ops.enumerate(context->self, visit, &scan, err);
    for (size_t i = 0; rc == DFU_OK && i < list->count; i++) {
        /* Only where the serial number must be known, and the system does not know it. */
        if (closed && (s->serial == NULL || list->items[i]->serial != NULL))
            continue;
        if (atomic_load_explicit(context->cancel, memory_order_relaxed))
            return dfu_error_set(err, DFU_ERR_CANCELLED, "cancelled");
        rc = dfui_device_look_inside(context, list->items[i], err);
    }
    return rc;
}

static void keep_serial(struct dfu_list *list, const char *serial)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct dfu_device *d = list->items[i];
        if (d->serial != NULL && strcmp(d->serial, serial) == 0)
            list->items[kept++] = d;
        else
            dfui_device_free(d);
    }
    list->count = kept;
}

static int make_list(struct dfu_context *context, const struct dfu_selector *selector, bool closed,
                     struct dfu_list **out, struct dfu_error **err)
{
    struct dfu_selector s;
    if (context == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no context, or no place for the list");
    *out = NULL;
    int rc = dfui_sized_in(&s, sizeof s, selector, "selector", err);
    if (rc != DFU_OK)
        return rc;
    struct dfu_list *list = calloc(1, sizeof *list);
    if (list == NULL)
        return dfui_error_no_memory(err);
    rc = find_all(context, &s, closed, list, err);
    if (rc != DFU_OK) {
        dfu_list_free(list);
        return rc;
    }
    if (s.serial != NULL)
        keep_serial(list, s.serial);
    *out = list;
    return DFU_OK;
}

int dfu_list_new(struct dfu_context *context, const struct dfu_selector *selector, struct dfu_list **out,
                 struct dfu_error **err)
{
    return make_list(context, selector, false, out, err);
}

int dfui_list_scan(struct dfu_context *context, const struct dfu_selector *selector, struct dfu_list **out,
                   struct dfu_error **err)
{
    return make_list(context, selector, true, out, err);
}

static int check_cancel(const struct dfu_context *context, int rc, struct dfu_error **err)
{
    if (rc >= 0 && atomic_load_explicit(context->cancel, memory_order_relaxed))
        return dfu_error_set(err, DFU_ERR_CANCELLED, "cancelled while waiting for a device");
    return rc;
}

/* A cancel is looked for on both sides: to look at the bus may take longer than to wait. */
static int pause_slice(struct dfu_context *context, uint64_t until_us, bool for_change, struct dfu_error **err)
{
    int rc = check_cancel(context, DFU_WAIT_CHANGED, err);
    if (rc != DFU_WAIT_CHANGED)
        return rc;
    uint64_t until = dfui_min(until_us, context->ops.now_us(context->self, NULL) + SCAN_PAUSE_US);
    if (for_change && context->ops.wait_change != NULL)
        rc = context->ops.wait_change(context->self, until, err);
    else
        context->ops.sleep_until_us(context->self, NULL, until);
    return check_cancel(context, rc, err);
}

int dfui_pause_for_change(struct dfu_context *context, uint64_t deadline_us, struct dfu_error **err)
{
    uint64_t until = dfui_min(deadline_us, context->ops.now_us(context->self, NULL) + RESCAN_US);
    for (;;) {
        int rc = pause_slice(context, until, true, err);
        if (rc != DFU_WAIT_QUIET)
            return rc;
        if (context->ops.now_us(context->self, NULL) >= until)
            return DFU_OK;
    }
}

int dfui_pause_to_retry(struct dfu_context *context, uint64_t deadline_us, struct dfu_error **err)
{
    return pause_slice(context, deadline_us, false, err);
}

int dfui_link_pause_for_change(struct dfu_context *context, struct dfui_link *link, uint64_t deadline_us,
                               struct dfu_error **err)
{
    uint64_t own = context->ops.now_us(context->self, NULL);
    uint64_t now = dfui_link_now(link);
    int rc = dfui_pause_for_change(context, own + (deadline_us > now ? deadline_us - now : 0), err);
    if (rc != DFU_OK)
        return rc;
    return dfui_link_sleep_until(link, now + (context->ops.now_us(context->self, NULL) - own), err);
}

static bool any_opens(const struct dfu_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->info.access == DFU_OK)
            return true;
    }
    return false;
}

int dfu_list_wait(struct dfu_context *context, const struct dfu_selector *selector, uint32_t timeout_ms,
                  struct dfu_list **out, struct dfu_error **err)
{
    if (context == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no context, or no place for the list");
    uint64_t begin = context->ops.now_us(context->self, NULL);
    uint64_t deadline = timeout_ms == UINT32_MAX ? UINT64_MAX : begin + (uint64_t)timeout_ms * 1000;
    uint64_t settled = 0;
    for (;;) {
        int rc = dfu_list_new(context, selector, out, err);
        if (rc != DFU_OK)
            return rc;
        uint64_t now = context->ops.now_us(context->self, NULL);
        bool there = dfu_list_count(*out) > 0;
        if (there && settled == 0)
            settled = dfui_min(deadline, now + DFUI_SETTLE_US);
        if (there && (any_opens(*out) || now >= settled))
            return DFU_OK;
        dfu_list_free(*out);
        *out = NULL;
        if (now >= deadline)
            return dfu_error_set(err, DFU_ERR_NO_DEVICE, "no matching device came within %u ms", timeout_ms);
        rc = there ? dfui_pause_to_retry(context, settled, err) : dfui_pause_for_change(context, deadline, err);
        if (rc != DFU_OK)
            return rc;
    }
}

size_t dfu_list_count(const struct dfu_list *list)
{
    return list == NULL ? 0 : list->count;
}

const struct dfu_device *dfu_list_at(const struct dfu_list *list, size_t index)
{
    return list == NULL || index >= list->count ? NULL : list->items[index];
}

void dfu_list_free(struct dfu_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        dfui_device_free(list->items[i]);
    free(list->items);
    free(list);
}

struct look {
    const char *path;
    struct dfui_sighting *out;
    struct dfu_error **err;
};

static int look_visit(const struct dfu_usb_device *usb, void *arg)
{
    struct look *look = arg;
    struct dfui_interfaces found;
    if (strcmp(usb->path, look->path) != 0)
        return DFU_OK;
    look->out->presence = DFUI_OTHER;
    look->out->address = usb->address;
    int rc = find_interfaces(usb, &found, look->err);
    if (rc != DFU_OK)
        return rc;
    for (size_t i = 0; i < found.count; i++) {
        if (usb->active_config != 0 && found.items[i].config != usb->active_config)
            continue;
        enum dfui_presence p = found.items[i].protocol == DFU_MODE_DFU ? DFUI_DFU : DFUI_RUNTIME;
        if (p > look->out->presence)
            look->out->presence = p;
    }
    free(found.items);
    return DFU_OK;
}

int dfui_look(struct dfu_context *context, const char *path, struct dfui_sighting *out, struct dfu_error **err)
{
    struct look look = {path, out, err};
    *out = (struct dfui_sighting){.presence = DFUI_ABSENT};
    return context->ops.enumerate(context->self, look_visit, &look, err);
}
