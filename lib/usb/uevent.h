/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's events about devices, as udevd passes them on once it has done with a device: its permissions are then right.
 */
#ifndef DFUI_USB_UEVENT_H
#define DFUI_USB_UEVENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a udevd listens in this network namespace, by /proc/net/unix, whose name is given. It is the one that passes
 * the kernel's events on to us; that its socket lies in /run proves neither that it lives nor that we are in its
 * namespace, as in containers.
 */
bool dfui_udevd_listens(const char *sockets);

/* A socket that gets the events, -1 = there is none to be had. The caller closes it. */
int dfui_uevent_open(void);

/* Waits for events and takes all that are there. DFU_WAIT_QUIET = there was none for so long. DFU_WAIT_CHANGED also
 * when a signal came, or when the socket has trouble: to look never hurts. */
int dfui_uevent_wait(int fd, uint64_t limit_us);

#endif
