/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the two files that include libusb. */
#ifndef DFUI_LIBUSB_PRIVATE_H
#define DFUI_LIBUSB_PRIVATE_H

#include "core/core.h"
#include <libdfu/transport.h>
#include <libusb.h>

/* "BUS-PORT.PORT…", as Linux and dfu-util write it. Seven ports deep is the most USB allows. */
#define DFUI_PATH_SIZE 64

void dfui_libusb_path(libusb_device *device, char path[DFUI_PATH_SIZE]);
int dfui_libusb_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err);

/*
 * The context that nobody is using (libusb_spare.c). self may be NULL.
 */
struct dfui_libusb;
/* The spare, which is now the caller's; NULL = there is none. */
libusb_context *dfui_libusb_take(struct dfui_libusb *self);
/* Hands a context over: it becomes the spare, if it is the newest or there is none, or ends. */
void dfui_libusb_give(struct dfui_libusb *self, libusb_context *usb, bool newest);

/*
 * Hotplug events (libusb_hotplug.c).
 */
struct dfui_libusb_watch;
/* Where the watch of a transport is kept; *place is NULL until somebody waits. */
struct dfui_libusb_watch **dfui_libusb_watch_of(struct dfui_libusb *self);
void dfui_libusb_watch_free(struct dfui_libusb_watch *watch);

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

/* Turns a libusb_error into an error with its name; returns the code. */
int dfui_libusb_error(struct dfu_error **err, int usb_code, const char *what);

/*
 * What Linux tells without opening a device (libusb_sysfs.c); elsewhere nothing is known.
 */
/* The serial number that the kernel read when the device was plugged in. */
bool dfui_libusb_system_serial(const char *path, char *serial, size_t size);
/* The kernel driver of an interface, "usbfs" = a program has it; false = none. */
bool dfui_libusb_driver(const char *path, unsigned config, unsigned interface_number, char *driver, size_t size);
/* The alternate setting in force, -1 = not known. */
int dfui_libusb_current_alt(libusb_device_handle *handle, const char *path, uint8_t interface_number);
/* Says who may open the device node, and who we are. */
void dfui_libusb_access_cause(struct dfu_error **err, libusb_device *device);

#endif
