/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/strings.h"

#define GET_DESCRIPTOR 6
#define DT_STRING 3
#define ENGLISH_US 0x0409 /* what every known loader answers to; asking for the list of languages buys nothing */
#define STRING_MS 1000
#define TRIES 2 /* a stall just after enumeration is passing (Portenta) */

int dfui_usb_string(const struct dfu_transport_ops *ops, void *conn, uint8_t index, unsigned flags, char *buffer,
                    size_t size)
{
    uint8_t raw[255]; /* the longest that bLength can say; asking for more confuses some devices */
    buffer[0] = '\0';
    if (index == 0)
        return DFU_OK;
    struct dfu_usb_setup setup = {.type = 0x80,
                                  .request = GET_DESCRIPTOR,
                                  .value = (uint16_t)(DT_STRING << 8 | index),
                                  .index = ENGLISH_US,
                                  .length = sizeof raw};
    int rc = DFU_ERR_USB;
    for (int i = 0; i < TRIES && rc < 0 && rc != DFU_ERR_GONE; i++)
        rc = ops->control(conn, &setup, raw, STRING_MS, NULL);
    if (rc < 0)
        return rc;
    rc = dfui_string_decode(raw, (size_t)rc, flags, buffer, size);
    return rc < 0 ? rc : DFU_OK;
}
