/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux's sysfs tells of USB devices. Needs no libusb, and takes the folder to look into, so it can be tested. */
#ifndef DFUI_USB_SYSFS_H
#define DFUI_USB_SYSFS_H

#include <stdbool.h>
#include <stddef.h>

/* The driver bound to an interface of the configuration in force: "usbhid"; "usbfs" when a program has claimed it.
 * False = none, or there is no such interface there. */
bool dfui_sysfs_driver(const char *root, const char *path, unsigned config, unsigned interface_number, char *driver,
                       size_t size);

#endif
