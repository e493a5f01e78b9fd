/* SPDX-License-Identifier: BSD-2-Clause */
/* The transport ops over libusb. */
#include "usb/libusb.h"
#include "usb/libusb_clock.h"
#include "usb/libusb_private.h"
#include <stdio.h>
#include <stdlib.h>

/* Linux usbfs refuses control transfers whose data stage is longer than a page; WinUSB has the same limit. */
#define MAX_CONTROL 4096

struct connection {
    struct dfui_libusb *owner;
    libusb_context *usb;
    libusb_device_handle *handle;
    struct dfui_libusb_queue *queue; /* NULL = nothing was ever queued */
    int interface_number;            /* -1 = none claimed */
    int alt;                         /* -1 = not known */
    char path[DFUI_PATH_SIZE];
};

static int code_of(int usb_code)
{
    switch (usb_code) {
    case LIBUSB_ERROR_PIPE:
        return DFU_ERR_STALL;
    case LIBUSB_ERROR_TIMEOUT:
        return DFU_ERR_TIMEOUT;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        return DFU_ERR_GONE;
    case LIBUSB_ERROR_ACCESS:
        return DFU_ERR_ACCESS;
    case LIBUSB_ERROR_BUSY:
        return DFU_ERR_BUSY;
    case LIBUSB_ERROR_NO_MEM:
        return DFU_ERR_NO_MEMORY;
    case LIBUSB_ERROR_NOT_SUPPORTED:
        return DFU_ERR_UNSUPPORTED;
    default:
        return DFU_ERR_USB;
    }
}

static void set_usb_code(struct dfu_error **err, int usb_code)
{
    struct dfu_error_info info = {.flags = DFU_ERROR_HAS_USB_CODE, .usb_code = usb_code};
    dfu_error_set_info(err, &info);
}

int dfui_libusb_error(struct dfu_error **err, int usb_code, const char *what)
{
    int code = dfu_error_set(err, code_of(usb_code), "%s: %s", what, libusb_error_name(usb_code));
    set_usb_code(err, usb_code);
    return code;
}

static libusb_device *find(libusb_context *usb, const char *path)
{
    libusb_device **devices = NULL;
    libusb_device *found = NULL;
    ssize_t count = libusb_get_device_list(usb, &devices);
    for (ssize_t i = 0; i < count && found == NULL; i++) {
        char name[DFUI_PATH_SIZE];
        dfui_libusb_path(devices[i], name);
        if (strcmp(name, path) == 0)
            found = libusb_ref_device(devices[i]);
    }
    if (count >= 0)
        libusb_free_device_list(devices, 1);
    return found;
}

static void close_connection(void *conn)
{
    struct connection *c = conn;
    dfui_libusb_queue_free(c->queue);
    if (c->handle != NULL) {
        if (c->interface_number >= 0)
            (void)libusb_release_interface(c->handle, c->interface_number);
        libusb_close(c->handle);
    }
    if (c->usb != NULL)
        dfui_libusb_give(c->owner, c->usb, false);
    free(c);
}

static int open_device(struct connection *c, libusb_device *device, struct dfu_error **err)
{
    int rc = libusb_open(device, &c->handle);
    if (rc == 0) {
        (void)libusb_set_auto_detach_kernel_driver(c->handle, 1);
        return DFU_OK;
    }
    c->handle = NULL;
    if (rc == LIBUSB_ERROR_NO_DEVICE)
        return dfu_error_set(err, DFU_ERR_NO_DEVICE, "the device at %s went away before it could be opened", c->path);
    int code = dfui_libusb_error(err, rc, "open");
    if (code == DFU_ERR_ACCESS) {
        dfui_libusb_access_cause(err, device);
        dfu_error_set_hint(err, "install the udev rule 60-dfu.rules and replug, or run as root");
    } else if (code == DFU_ERR_UNSUPPORTED) {
        dfu_error_set_hint(err, "bind a WinUSB driver to the device");
    }
    return code;
}

static int find_and_open(struct connection *c, struct dfu_error **err)
{
    libusb_device *device = find(c->usb, c->path);
    int rc = device != NULL ? open_device(c, device, err)
                            : dfu_error_set(err, DFU_ERR_NO_DEVICE, "no USB device at %s", c->path);
    if (device != NULL)
        libusb_unref_device(device);
    return rc;
}

static int start_and_open(struct connection *c, struct dfu_error **err)
{
    int rc = libusb_init(&c->usb);
    if (rc == 0)
        return find_and_open(c, err);
    c->usb = NULL;
    return dfui_libusb_error(err, rc, "start libusb");
}

static int open_path(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return dfui_error_no_memory(err);
    c->owner = self;
    c->interface_number = -1;
    c->alt = -1;
    (void)snprintf(c->path, sizeof c->path, "%s", path);
    c->usb = dfui_libusb_take(c->owner);
    bool spare = c->usb != NULL;
    int rc = spare ? find_and_open(c, err) : start_and_open(c, err);
    if (rc == DFU_ERR_NO_DEVICE && spare) {
        /* The spare context may not know of a device that came later, or came back. */
        dfui_error_clear(err);
        libusb_exit(c->usb);
        rc = start_and_open(c, err);
    }
    if (rc != DFU_OK) {
        close_connection(c);
        return rc;
    }
    *conn = c;
    return DFU_OK;
}

static int refuse_claim(const struct connection *c, uint8_t number, int usb_code, struct dfu_error **err)
{
    char driver[64];
    int config = 0;
    int code = code_of(usb_code);
    if (usb_code == LIBUSB_ERROR_NOT_FOUND) /* not: the device is gone */
        code = DFU_ERR_USB;
    (void)dfu_error_set(err, code, "interface %u of the device at %s cannot be claimed", number, c->path);
    set_usb_code(err, usb_code);
    if (code != DFU_ERR_BUSY) {
        dfu_error_set_cause(err, "%s", libusb_error_name(usb_code));
        return code;
    }
    bool held = libusb_get_configuration(c->handle, &config) == 0 &&
                dfui_libusb_driver(c->path, (unsigned)config, number, driver, sizeof driver);
    if (held && strcmp(driver, "usbfs") != 0) {
        dfu_error_set_cause(err, "the kernel driver %s has it and does not let go (%s)", driver,
                            libusb_error_name(usb_code));
        dfu_error_set_hint(err, "unbind the driver, or unload its module");
    } else {
        dfu_error_set_cause(err, "another program %s it (%s)", held ? "has" : "or a driver has",
                            libusb_error_name(usb_code));
        dfu_error_set_hint(err, "close the other program that uses this device");
    }
    return code;
}

/* libusb detaches a kernel driver from this interface, never a program, and attaches it again at the release. */
static int claim_interface(struct connection *c, uint8_t number, struct dfu_error **err)
{
    if (c->interface_number >= 0)
        (void)libusb_release_interface(c->handle, c->interface_number);
    c->interface_number = -1;
    int rc = libusb_claim_interface(c->handle, number);
    if (rc != 0)
        return refuse_claim(c, number, rc, err);
    c->interface_number = number;
    c->alt = dfui_libusb_current_alt(c->handle, c->path, number);
    return DFU_OK;
}

static int claim(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err)
{
    struct connection *c = conn;
    int rc = c->interface_number == interface_number ? DFU_OK : claim_interface(c, interface_number, err);
    if (rc != DFU_OK || c->alt == alt)
        return rc;
    rc = libusb_set_interface_alt_setting(c->handle, interface_number, alt);
    if (rc == LIBUSB_ERROR_NOT_FOUND) /* not: the device is gone */
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no alternate setting %u on interface %u", alt, interface_number);
    if (rc != 0)
        return dfui_libusb_error(err, rc, "select alternate setting");
    c->alt = alt;
    return DFU_OK;
}

static int control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                   struct dfu_error **err)
{
    struct connection *c = conn;
    int rc = libusb_control_transfer(c->handle, setup->type, setup->request, setup->value, setup->index, data,
                                     setup->length, timeout_ms);
    if (rc >= 0)
        return rc;
    char what[80];
    (void)snprintf(what, sizeof what, "control request 0x%02X/%u, value 0x%04X, %u bytes, limit %u ms", setup->type,
                   setup->request, setup->value, setup->length, timeout_ms);
    return dfui_libusb_error(err, rc, what);
}

static int reset(void *conn, struct dfu_error **err)
{
    struct connection *c = conn;
    int rc = libusb_reset_device(c->handle);
    c->alt = -1;
    if (rc == 0)
        return DFU_RESET_SURVIVED;
    if (rc == LIBUSB_ERROR_NOT_FOUND || rc == LIBUSB_ERROR_NO_DEVICE)
        return DFU_RESET_LOST;
    return dfui_libusb_error(err, rc, "reset");
}

static uint64_t now_us(void *self, void *conn)
{
    (void)self;
    (void)conn;
    return dfui_clock_now_us();
}

static void sleep_until_us(void *self, void *conn, uint64_t deadline_us)
{
    (void)self;
    (void)conn;
    dfui_clock_sleep_until_us(deadline_us);
}

static int submit(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms, void *tag,
                  struct dfu_error **err)
{
    struct connection *c = conn;
    if (c->queue == NULL)
        c->queue = dfui_libusb_queue_new(c->usb, c->handle);
    if (c->queue == NULL)
        return dfui_error_no_memory(err);
    return dfui_libusb_queue_submit(c->queue, setup, data, timeout_ms, tag, err);
}

static int reap(void *conn, void **tag, struct dfu_error **err)
{
    struct connection *c = conn;
    return dfui_libusb_queue_reap(c->queue, tag, err);
}

/* Each thread has libusb started for itself. */
static int share(void *self, void **other, struct dfu_error **err)
{
    (void)self;
    *other = dfui_libusb_new();
    return *other != NULL ? DFU_OK : dfui_error_no_memory(err);
}

static void unshare(void *other)
{
    dfui_libusb_free(other);
}

const struct dfu_transport_ops dfui_libusb_ops = {
    .size = sizeof(struct dfu_transport_ops),
    .name = "libusb",
    .max_control = MAX_CONTROL,
    .enumerate = dfui_libusb_enumerate,
    .open = open_path,
    .claim = claim,
    .control = control,
    .reset = reset,
    .close = close_connection,
    .now_us = now_us,
    .sleep_until_us = sleep_until_us,
    .submit = submit,
    .reap = reap,
    .wait_change = dfui_libusb_wait_change,
    .share = share,
    .unshare = unshare,
};
