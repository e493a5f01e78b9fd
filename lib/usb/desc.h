/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw configuration descriptors -> DFU interfaces. Pure: no USB traffic. */
#ifndef DFUI_USB_DESC_H
#define DFUI_USB_DESC_H

#include <libdfu/transport.h>
#include <stdbool.h>

#define DFUI_MAX_INTERFACES 32u
#define DFUI_MAX_ALTS 255u

enum dfui_interface_flags {
    DFUI_INTERFACE_NO_FUNCTIONAL = 1u << 0,    /* no functional descriptor: attributes and bcd_dfu are guesses */
    DFUI_INTERFACE_NO_TRANSFER_SIZE = 1u << 1, /* transfer_size is 0: use bMaxPacketSize0, or 64 */
    DFUI_INTERFACE_SHORT_FUNCTIONAL = 1u << 2  /* the descriptor of DFU 1.0: bcd_dfu comes from its length */
};

struct dfui_alt {
    uint8_t number;     /* bAlternateSetting */
    uint8_t name_index; /* iInterface, 0 = none */
};

/* One interface of class FE/01 with its alternate settings, in the order of the descriptors. */
struct dfui_interface {
    uint8_t config;   /* bConfigurationValue */
    uint8_t number;   /* bInterfaceNumber */
    uint8_t protocol; /* bInterfaceProtocol: 1 run-time, 2 DFU; others as sent */
    uint8_t attributes;
    uint16_t detach_timeout; /* ms */
    uint16_t transfer_size;  /* wTransferSize as sent, perhaps 0 */
    uint16_t bcd_dfu;        /* bcdDFUVersion, 0x0100 where the descriptor has none */
    uint16_t alt_count;
    uint32_t flags; /* enum dfui_interface_flags */
    struct dfui_alt alts[DFUI_MAX_ALTS];
};

struct dfui_interfaces {
    struct dfui_interface *items; /* free() it */
    size_t count;
    bool malformed; /* a configuration ended at a descriptor that cannot be right, or a limit was reached */
};

/*
 * Collects the DFU interfaces of all configurations. A malformed descriptor ends its configuration; what was
 * before it is kept. The only error is DFU_ERR_NO_MEMORY, and then there is nothing to free.
 */
int dfui_interfaces_find(const struct dfu_usb_config *configs, size_t count, struct dfui_interfaces *out,
                         struct dfu_error **err);

#endif
