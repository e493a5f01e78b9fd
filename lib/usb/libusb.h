/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in transport. Its self is what dfui_libusb_new() gives, or NULL: then each connection starts libusb anew.
 */
#ifndef DFUI_LIBUSB_H
#define DFUI_LIBUSB_H

#include <libdfu/transport.h>

extern const struct dfu_transport_ops dfui_libusb_ops;

struct dfui_libusb;

/* The op wait_change: by libusb's hotplug events where they can be trusted, else it just waits. */
int dfui_libusb_wait_change(void *self, uint64_t deadline_us, struct dfu_error **err);

/* NULL = no memory. */
struct dfui_libusb *dfui_libusb_new(void);
/* After its last connection; NULL is fine. */
void dfui_libusb_free(struct dfui_libusb *self);

#endif
