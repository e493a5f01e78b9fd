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
    struct dfui_libusb_device device;
    struct dfui_libusb_queue *queue; /* NULL = nothing was ever queued */
    int interface_number;            /* -1 = none claimed */
    int alt;                         /* -1 = not known */
    char path[DFUI_PATH_SIZE];
};

static void close_connection(void *conn)
{
    struct connection *c = conn;
    dfui_libusb_queue_free(c->queue);
    if (c->device.handle != NULL && c->interface_number >= 0)
        (void)libusb_release_interface(c->device.handle, c->interface_number);
    dfui_libusb_close(&c->device);
    free(c);
}

static int open_path(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return dfui_error_no_memory(err);
    c->device.fd = -1;
    c->interface_number = -1;
    c->alt = -1;
    (void)snprintf(c->path, sizeof c->path, "%s", path);
    int rc = dfui_libusb_open(self, path, &c->device, err);
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
    int code = dfui_libusb_code(usb_code);
    if (usb_code == LIBUSB_ERROR_NOT_FOUND) /* not: the device is gone */
        code = DFU_ERR_USB;
    (void)dfu_error_set(err, code, "interface %u of the device at %s cannot be claimed", number, c->path);
    dfui_libusb_set_code(err, usb_code);
    if (code != DFU_ERR_BUSY) {
        dfu_error_set_cause(err, "%s", libusb_error_name(usb_code));
        return code;
    }
    bool held = dfui_libusb_driver(c->path, number, driver, sizeof driver);
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
        (void)libusb_release_interface(c->device.handle, c->interface_number);
    c->interface_number = -1;
    int rc = libusb_claim_interface(c->device.handle, number);
    if (rc != 0)
        return refuse_claim(c, number, rc, err);
    c->interface_number = number;
    c->alt = dfui_libusb_alt(c->path, number);
    return DFU_OK;
}

static int claim(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err)
{
    struct connection *c = conn;
    int rc = c->interface_number == interface_number ? DFU_OK : claim_interface(c, interface_number, err);
    if (rc != DFU_OK || c->alt == alt)
        return rc;
    rc = libusb_set_interface_alt_setting(c->device.handle, interface_number, alt);
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
    int rc = libusb_control_transfer(c->device.handle, setup->type, setup->request, setup->value, setup->index, data,
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
    int rc = libusb_reset_device(c->device.handle);
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
        c->queue = dfui_libusb_queue_new(c->device.usb, c->device.handle);
    if (c->queue == NULL)
        return dfui_error_no_memory(err);
    return dfui_libusb_queue_submit(c->queue, setup, data, timeout_ms, tag, err);
}

static int reap(void *conn, void **tag, struct dfu_error **err)
{
    struct connection *c = conn;
    return dfui_libusb_queue_reap(c->queue, tag, err);
}

/* Each thread's connections go through the context that found the boards. */
static int share(void *self, void **other, struct dfu_error **err)
{
    *other = dfui_libusb_share(self);
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
