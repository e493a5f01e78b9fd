/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux's sysfs tells about USB. Needs no libusb, and takes the folder to look into ("/sys/bus/usb/devices"), so
 * it can be tested. The system keeps all this in memory: nothing is sent to a device, and none is opened. */
#ifndef DFUI_USB_SYSFS_H
#define DFUI_USB_SYSFS_H

#include <libdfu/transport.h>
#include <stdbool.h>

/* Shows every device but root hubs, in the order of their paths. No folder = no devices. The errors are those of visit,
 * DFU_ERR_NO_MEMORY, DFU_ERR_ACCESS for the folder, and DFU_ERR_USB when something cannot be read for lack of file
 * descriptors or the like: a device may then be there and not be seen. */
int dfui_sysfs_visit(const char *root, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err);

#define DFUI_SYSFS_NONE (-1)
#define DFUI_SYSFS_UNREADABLE (-2)

/* The number in an attribute of the device at path. DFUI_SYSFS_NONE = there is none, as for all attributes of a device
 * that is gone, and for bConfigurationValue of one that the system has not configured; DFUI_SYSFS_UNREADABLE = it is
 * not known whether there is (errno tells why). */
int dfui_sysfs_number(const char *root, const char *path, const char *attribute);

/* The alternate setting in force of an interface of the configuration in force; negative = not known. */
int dfui_sysfs_alt(const char *root, const char *path, unsigned interface_number);

/* The driver bound to an interface of the given configuration: "usbhid"; "usbfs" when a program has claimed it.
 * False = none, or there is no such interface there. */
bool dfui_sysfs_driver(const char *root, const char *path, unsigned config, unsigned interface_number, char *driver,
                       size_t size);

#endif
