/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading string descriptors raw through any transport (quirks C1, C2, C5). */
#ifndef DFUI_STRINGS_H
#define DFUI_STRINGS_H

#include "usb/utf16.h"
#include <libdfu/transport.h>

/* The string at index as UTF-8 in buffer, always terminated; "" when index is 0. flags: enum dfui_string_flags.
 * Returns DFU_OK or the code of the transfer that failed (buffer is "" then). */
int dfui_usb_string(const struct dfu_transport_ops *ops, void *conn, uint8_t index, unsigned flags, char *buffer,
                    size_t size);

#endif
