/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux's sysfs tells about USB. Needs no libusb, and takes the folder to look into ("/sys/bus/usb/devices"), so
 * it can be tested. The system keeps all this in memory: nothing is sent to a device, and none is opened. */
#ifndef DFUI_USB_SYSFS_H
#define DFUI_USB_SYSFS_H

#include <libdfu/transport.h>
#include <stdbool.h>

/* Shows every device but root hubs, in the order of their paths. No folder = no devices; the errors are those of
 * visit, DFU_ERR_NO_MEMORY, and DFU_ERR_USB when the folder cannot be read. */
int dfui_sysfs_visit(const char *root, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err);

/* The number in an attribute of the device at path; -1 = there is none, as for bConfigurationValue of a device that
 * the system has not configured. */
int dfui_sysfs_number(const char *root, const char *path, const char *attribute);

/* The alternate setting in force of an interface of the configuration in force; -1 = not known. */
int dfui_sysfs_alt(const char *root, const char *path, unsigned interface_number);

/* The driver bound to an interface of the given configuration: "usbhid"; "usbfs" when a program has claimed it.
 * False = none, or there is no such interface there. */
bool dfui_sysfs_driver(const char *root, const char *path, unsigned config, unsigned interface_number, char *driver,
                       size_t size);

#endif
