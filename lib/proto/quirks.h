/* SPDX-License-Identifier: BSD-2-Clause */
/* Known departures from the specification, as data: the devices of quirks.def, which also holds what is seen in
 * general, and from which docs/quirks.md is made. */
#ifndef DFUI_QUIRKS_H
#define DFUI_QUIRKS_H

#include <libdfu/types.h>

enum dfui_quirk {
    DFUI_QUIRK_POLL_5MS = 1u << 0,    /* bwPollTimeout is bogus: wait 5 ms instead */
    DFUI_QUIRK_SERIAL_8BIT = 1u << 1, /* the serial string holds bytes where UTF-16 belongs */
    DFUI_QUIRK_GD32_MAP = 1u << 2,    /* the map is wrong; the third letter of the serial tells the flash size */
    DFUI_QUIRK_CHIP_ROM = 1u << 3,    /* a loader in ROM: its ids and serial are not those of the program it replaces */
    DFUI_QUIRK_PLAIN = 1u << 4,       /* plain DFU, whatever version the descriptor names */
    DFUI_QUIRK_DFU_MODE = 1u << 5,    /* in DFU mode, whatever bInterfaceProtocol says */
    DFUI_QUIRK_FOREIGN = 1u << 6,     /* speaks a protocol of its own under the DFU class: not for us */
    DFUI_QUIRK_POINT_EACH = 1u << 7,  /* block numbers do not move the address: SET_ADDRESS before each block */
    DFUI_QUIRK_ENDLESS_BUSY = 1u << 8, /* may stay in dfuDNBUSY for ever; CLRSTATUS twice ends it */
};

struct dfui_quirk_row {
    uint16_t vid;
    uint16_t pid_first;
    uint16_t pid_last;
    uint16_t bcd_first;
    uint16_t bcd_last;
    uint32_t quirks;
    const char *id; /* row of docs/quirks.md */
    const char *reason;
};

/* The row at index that is about a device, or NULL past the last of them: for the log. */
const struct dfui_quirk_row *dfui_quirk_row(uint16_t vid, uint16_t pid, uint16_t bcd_device, size_t index);

/* All quirks of a device. */
uint32_t dfui_quirks_of(uint16_t vid, uint16_t pid, uint16_t bcd_device);

/* With DFUI_QUIRK_GD32_MAP: the right layout string for this serial into buffer; NULL when the serial does not
 * tell. */
const char *dfui_quirk_gd32_map(const char *serial, char *buffer, size_t size);

#endif
