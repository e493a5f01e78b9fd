/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files that include libusb. */
#ifndef DFUI_LIBUSB_PRIVATE_H
#define DFUI_LIBUSB_PRIVATE_H

#include "core/core.h"
#include <libdfu/transport.h>
#include <libusb.h>

/* "BUS-PORT.PORT…", as Linux and dfu-util write it. Seven ports deep is the most USB allows. */
#define DFUI_PATH_SIZE 64

struct dfui_libusb;

/*
 * Errors (libusb_error.c).
 */
/* The enum dfu_code of a libusb_error. */
int dfui_libusb_code(int usb_code);
/* Keeps a libusb_error in an error that is set already. */
void dfui_libusb_set_code(struct dfu_error **err, int usb_code);
/* Turns a libusb_error into an error with its name; returns the code. */
int dfui_libusb_error(struct dfu_error **err, int usb_code, const char *what);

/*
 * The libusb context (libusb_context.c).
 */
/* Starts it, if it is not; it stays the transport's. */
int dfui_libusb_start(struct dfui_libusb *self, libusb_context **usb, struct dfu_error **err);
/* For another thread, with the libusb context in common. NULL = no memory. */
struct dfui_libusb *dfui_libusb_share(struct dfui_libusb *self);
/* Where the watch of a transport is kept; *place is NULL until somebody waits. */
struct dfui_libusb_watch **dfui_libusb_watch_of(struct dfui_libusb *self);

/*
 * How devices are found, opened and waited for: by sysfs on Linux (libusb_linux.c), by libusb's own list and events
 * elsewhere (libusb_list.c, libusb_hotplug.c).
 */
/* Starts libusb; a libusb_error. */
int dfui_libusb_init(libusb_context **usb, bool alone);
/* The ops of these names. */
int dfui_libusb_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err);
int dfui_libusb_wait_change(void *self, uint64_t deadline_us, struct dfu_error **err);

struct dfui_libusb_watch;
/* NULL is fine. */
void dfui_libusb_watch_free(struct dfui_libusb_watch *watch);

struct dfui_libusb_device {
    libusb_context *usb; /* the transport's */
    libusb_device_handle *handle;
    int fd; /* what else is to be closed, -1 = nothing */
};
/* Codes: those of the op. To be closed whatever it returns. */
int dfui_libusb_open(struct dfui_libusb *self, const char *path, struct dfui_libusb_device *device,
                     struct dfu_error **err);
void dfui_libusb_close(struct dfui_libusb_device *device);
/* Who has an interface of the configuration in force: a kernel driver, "usbfs" = a program; false = nobody, or it is
 * not known. */
bool dfui_libusb_driver(const char *path, unsigned interface_number, char *driver, size_t size);
/* The alternate setting in force, negative = not known. */
int dfui_libusb_alt(const char *path, unsigned interface_number);

/*
 * Queued control transfers of one connection (libusb_queue.c), as the ops submit and reap want them.
 */
struct dfui_libusb_queue;
/* NULL = no memory. */
struct dfui_libusb_queue *dfui_libusb_queue_new(libusb_context *usb, libusb_device_handle *handle);
/* Cancels what is still queued, newest first; before the handle is closed. NULL is fine. */
void dfui_libusb_queue_free(struct dfui_libusb_queue *queue);
int dfui_libusb_queue_submit(struct dfui_libusb_queue *queue, const struct dfu_usb_setup *setup, void *data,
                             uint32_t timeout_ms, void *tag, struct dfu_error **err);
/* queue may be NULL: nothing is queued. */
int dfui_libusb_queue_reap(struct dfui_libusb_queue *queue, void **tag, struct dfu_error **err);

#endif
