/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in transport. */
#ifndef DFUI_LIBUSB_H
#define DFUI_LIBUSB_H

#include <libdfu/transport.h>
#include <stdbool.h>

extern const struct dfu_transport_ops dfui_libusb_ops;

/* The self of its operations. */
struct dfui_libusb;

/* alone: nobody else in this process uses libusb, see DFU_CONTEXT_LIBUSB_ALONE. NULL = no memory. */
struct dfui_libusb *dfui_libusb_new(bool alone);
/* After its last connection; NULL is fine. */
void dfui_libusb_free(struct dfui_libusb *self);

#endif
