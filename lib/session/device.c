/* SPDX-License-Identifier: BSD-2-Clause */
/* One found device: lifetime, strings, map. */
#include "proto/quirks.h"
#include "session/list.h"
#include "usb/strings.h"
#include <libdfu/memmap.h>
#include <stdlib.h>

/* How long names that cannot be read are tried again, and how often. */
#define NAMES_US UINT64_C(2000000)
#define NAMES_PAUSE_US 100000

void dfui_device_free(struct dfu_device *device)
{
    if (device == NULL)
        return;
    for (uint32_t i = 0; device->alt_names != NULL && i < device->info.alt_count; i++)
        free(device->alt_names[i]);
    free(device->alt_names);
    free(device->alts);
    free(device->name_indices);
    free(device->path);
    free(device->serial);
    free(device->product);
    free(device->access_error);
    free(device->driver);
    dfu_memmap_free(device->map);
    free(device);
}

bool dfui_device_is_dfuse(const struct dfu_device *device)
{
    return device->info.protocol == DFU_PROTOCOL_DFUSE;
}

int dfui_device_check_config(const struct dfu_device *device, struct dfu_error **err)
{
    const struct dfu_device_info *i = &device->info;
    if (i->active_config == 0 || i->config == i->active_config)
        return DFU_OK;
    (void)dfu_error_set(err, DFU_ERR_BUSY,
                        "interface %u of the device at %s belongs to configuration %u, but %u is in force",
                        i->interface_number, device->path, i->config, i->active_config);
    dfu_error_set_hint(err, "change it first; on Linux, as root: echo %u > /sys/bus/usb/devices/%s/bConfigurationValue",
                       i->config, device->path);
    return DFU_ERR_BUSY;
}

/* The map's text for an alt: its name, or what a quirk row says it should be. */
static const char *layout_of(const struct dfu_device *device, uint32_t i, char *buffer, size_t size)
{
    const char *name = device->alt_names[i];
    if (device->quirks & DFUI_QUIRK_GD32_MAP && name != NULL && strstr(name, "Internal Flash") != NULL) {
        const char *right = dfui_quirk_gd32_map(device->serial, buffer, size);
        if (right != NULL)
            return right;
    }
    return name;
}

int dfui_device_build_map(struct dfu_context *context, struct dfu_device *device, struct dfu_error **err)
{
    dfu_memmap_free(device->map);
    device->map = NULL;
    int rc = dfu_memmap_new(&device->map, err);
    for (uint32_t i = 0; rc == DFU_OK && i < device->info.alt_count; i++) {
        char buffer[64];
        struct dfu_error *broken = NULL;
        const char *layout = layout_of(device, i, buffer, sizeof buffer);
        if (layout == NULL)
            continue;
        rc = dfu_memmap_add(device->map, device->alts[i], layout, &broken);
        if (rc == DFU_ERR_NO_MEMORY)
            return dfui_error_no_memory(err);
        if (rc != DFU_OK) {
            /* One broken string must not keep the other alts from being used. */
            dfui_log(&context->log, DFU_LOG_WARNING, "%s alt %u: %s", device->path, device->alts[i],
                     dfu_error_message(broken));
            rc = DFU_OK;
        }
        dfui_error_clear(&broken);
    }
    return rc;
}

/* DFU_OK, DFU_ERR_NO_MEMORY, or why the string could not be read. */
static int read_one(struct dfu_context *context, void *conn, uint8_t index, unsigned flags, char **out)
{
    char text[DFUI_STRING_SIZE];
    int rc = dfui_usb_string(&context->ops, conn, index, flags, text, sizeof text);
    if (rc == DFU_OK && text[0] != '\0') {
        free(*out);
        *out = dfui_strdup(text);
        if (*out == NULL)
            return DFU_ERR_NO_MEMORY;
    }
    return rc;
}

static bool fatal(int rc)
{
    return rc == DFU_ERR_NO_MEMORY || rc == DFU_ERR_GONE;
}

static bool cancelled(const struct dfu_context *context)
{
    return atomic_load_explicit(context->cancel, memory_order_relaxed);
}

/* Some devices stall strings just after they have come to the bus (Portenta), so DfuSe devices, whose map the names
 * are, get time: one budget for all alts, because a name may also be broken for good. *waited says that it was used. */
static int read_alt_names(struct dfu_context *context, struct dfu_device *device, void *conn, bool *waited)
{
    const struct dfu_transport_ops *ops = &context->ops;
    uint64_t until = dfui_device_is_dfuse(device) ? ops->now_us(context->self, conn) + NAMES_US : 0;
    for (uint32_t i = 0; i < device->info.alt_count; i++) {
        int rc = read_one(context, conn, device->name_indices[i], DFUI_STRING_LAYOUT, &device->alt_names[i]);
        while ((rc == DFU_ERR_STALL || rc == DFU_ERR_TIMEOUT || rc == DFU_ERR_USB) && !cancelled(context) &&
               ops->now_us(context->self, conn) < until) {
            *waited = true;
            ops->sleep_until_us(context->self, conn, ops->now_us(context->self, conn) + NAMES_PAUSE_US);
            rc = read_one(context, conn, device->name_indices[i], DFUI_STRING_LAYOUT, &device->alt_names[i]);
        }
        if (fatal(rc))
            return rc;
        if (rc != DFU_OK)
            dfui_log(&context->log, DFU_LOG_WARNING, "%s alt %u: its name cannot be read (%s)", device->path,
                     device->alts[i], dfu_code_name(rc));
    }
    return DFU_OK;
}

static int read_ids(struct dfu_context *context, struct dfu_device *device, void *conn)
{
    unsigned serial_flags = device->quirks & DFUI_QUIRK_SERIAL_8BIT ? DFUI_STRING_BYTES : 0;
    int rc = read_one(context, conn, device->serial_index, serial_flags, &device->serial);
    return fatal(rc) ? rc : read_one(context, conn, device->product_index, 0, &device->product);
}

int dfui_device_read_strings(struct dfu_context *context, struct dfu_device *device, void *conn, struct dfu_error **err)
{
    bool waited = false;
    int rc = read_ids(context, device, conn);
    if (!fatal(rc))
        rc = read_alt_names(context, device, conn, &waited);
    if (!fatal(rc) && waited)
        rc = read_ids(context, device, conn);
    device->info.serial = device->serial;
    device->info.product = device->product;
    if (rc == DFU_ERR_NO_MEMORY)
        return dfui_error_no_memory(err);
    if (rc == DFU_ERR_GONE)
        return dfu_error_set(err, rc, "device at %s went away while its names were read", device->path);
    return dfui_device_is_dfuse(device) ? dfui_device_build_map(context, device, err)
                                        : dfu_memmap_new(&device->map, err);
}

static char *copy_text(const char *text, bool *ok)
{
    if (text == NULL)
        return NULL;
    char *copy = dfui_strdup(text);
    *ok = *ok && copy != NULL;
    return copy;
}

static void *copy_bytes(const void *data, size_t size, bool *ok)
{
    void *copy = malloc(size > 0 ? size : 1);
    *ok = *ok && copy != NULL;
    if (copy != NULL && size > 0)
        memcpy(copy, data, size);
    return copy;
}

static int copy_map(const struct dfu_device *from, struct dfu_device *to, struct dfu_error **err)
{
    int rc = dfu_memmap_new(&to->map, err);
    for (uint32_t i = 0; rc == DFU_OK && from->map != NULL && i < to->info.alt_count; i++) {
        const char *name = dfu_memmap_alt_name(from->map, to->alts[i]);
        if (name == NULL)
            continue;
        rc = dfu_memmap_add(to->map, to->alts[i], name, NULL);
        if (rc == DFU_ERR_NO_MEMORY)
            return dfui_error_no_memory(err);
        rc = DFU_OK; /* broken strings were reported when the list was made */
    }
    return rc;
}

int dfui_device_copy(const struct dfu_device *device, struct dfu_device **out, struct dfu_error **err)
{
    bool ok = true;
    uint32_t count = device->info.alt_count;
    *out = NULL;
    struct dfu_device *d = calloc(1, sizeof *d);
    if (d == NULL)
        return dfui_error_no_memory(err);
    d->info = device->info;
    d->quirks = device->quirks;
    d->serial_index = device->serial_index;
    d->product_index = device->product_index;
    d->path = copy_text(device->path, &ok);
    d->serial = copy_text(device->serial, &ok);
    d->product = copy_text(device->product, &ok);
    d->access_error = copy_text(device->access_error, &ok);
    d->driver = copy_text(device->driver, &ok);
    d->alts = copy_bytes(device->alts, count, &ok);
    d->name_indices = copy_bytes(device->name_indices, count, &ok);
    d->alt_names = calloc(count > 0 ? count : 1, sizeof *d->alt_names);
    ok = ok && d->alt_names != NULL;
    for (uint32_t i = 0; ok && i < count; i++)
        d->alt_names[i] = copy_text(device->alt_names[i], &ok);
    d->info.path = d->path;
    d->info.serial = d->serial;
    d->info.product = d->product;
    d->info.access_error = d->access_error;
    d->info.driver = d->driver;
    int rc = ok ? copy_map(device, d, err) : dfui_error_no_memory(err);
    if (rc != DFU_OK) {
        dfui_device_free(d);
        return rc;
    }
    *out = d;
    return DFU_OK;
}

int dfu_device_describe(const struct dfu_device *device, struct dfu_device_info *info)
{
    if (device == NULL)
        return DFU_ERR_ARGUMENT;
    return dfui_sized_out(info, &device->info, sizeof device->info);
}

int dfu_device_alt(const struct dfu_device *device, size_t index, uint32_t *alt, const char **name)
{
    if (device == NULL || index >= device->info.alt_count)
        return DFU_ERR_RANGE;
    if (alt != NULL)
        *alt = device->alts[index];
    if (name != NULL)
        *name = device->alt_names[index];
    return DFU_OK;
}

const struct dfu_memmap *dfu_device_memmap(const struct dfu_device *device)
{
    return device == NULL ? NULL : device->map;
}
