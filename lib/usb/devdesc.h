/* SPDX-License-Identifier: BSD-2-Clause */
/* A device descriptor with all configurations behind it, as Linux hands it out. Pure: no USB traffic. */
#ifndef DFUI_USB_DEVDESC_H
#define DFUI_USB_DEVDESC_H

#include <libdfu/transport.h>
#include <stdbool.h>

/*
 * Fills the numbers and the configurations of *device, which point into data; at most max of them go to configs. A
 * configuration ends where the next one begins, whatever length it claims: Linux shortens what it could not read. The
 * last takes the rest, and so does one with a descriptor of impossible length. False when data does not begin with a
 * whole device descriptor; *device is then as it was.
 */
bool dfui_devdesc_split(const uint8_t *data, size_t length, struct dfu_usb_device *device,
                        struct dfu_usb_config *configs, uint32_t max);

#endif
