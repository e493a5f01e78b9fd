/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux's sysfs and procfs tell about USB. Needs no libusb, and takes what to look into, so it can be tested. */
#ifndef DFUI_USB_SYSFS_H
#define DFUI_USB_SYSFS_H

#include <stdbool.h>
#include <stddef.h>

/* The driver bound to an interface of the configuration in force: "usbhid"; "usbfs" when a program has claimed it.
 * False = none, or there is no such interface there. */
bool dfui_sysfs_driver(const char *root, const char *path, unsigned config, unsigned interface_number, char *driver,
                       size_t size);

/*
 * Whether a udevd listens in this network namespace, by /proc/net/unix, whose name is given. It is the one that passes
 * the kernel's events on to us; that its socket lies in /run proves neither that it lives nor that we are in its
 * namespace, as in containers.
 */
bool dfui_udevd_listens(const char *sockets);

#endif
