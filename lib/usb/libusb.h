/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in transport; its self is NULL. */
#ifndef DFUI_LIBUSB_H
#define DFUI_LIBUSB_H

#include <libdfu/transport.h>

extern const struct dfu_transport_ops dfui_libusb_ops;

#endif
