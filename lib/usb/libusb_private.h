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

/* Turns a libusb_error into an error with its name; returns the code. */
int dfui_libusb_error(struct dfu_error **err, int usb_code, const char *what);

/*
 * What Linux tells without opening a device (libusb_sysfs.c); elsewhere nothing is known.
 */
/* The serial number that the kernel read when the device was plugged in. */
bool dfui_libusb_system_serial(const char *path, char *serial, size_t size);
/* The alternate setting in force, -1 = not known. */
int dfui_libusb_current_alt(libusb_device_handle *handle, const char *path, uint8_t interface_number);
/* Says who may open the device node, and who we are. */
void dfui_libusb_access_cause(struct dfu_error **err, libusb_device *device);

#endif
