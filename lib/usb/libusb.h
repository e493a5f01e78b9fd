/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in transport. Its self is what dfui_libusb_new() gives, or NULL: then each connection starts libusb anew.
 */
#ifndef DFUI_LIBUSB_H
#define DFUI_LIBUSB_H

#include <libdfu/transport.h>

extern const struct dfu_transport_ops dfui_libusb_ops;

struct dfui_libusb;

/* NULL = no memory. */
struct dfui_libusb *dfui_libusb_new(void);
/* After its last connection; NULL is fine. */
void dfui_libusb_free(struct dfui_libusb *self);

#endif
