/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/quirks.h"
#include <stdio.h>

#define ANY_BCD 0x0000, 0xFFFF

static const struct dfui_quirk_row rows[] = {
    {0x28e9, 0x0189, 0x0189, ANY_BCD, DFUI_QUIRK_SERIAL_8BIT, "C6", "GD32VF103 sends its serial as bytes",
     "dfu-util quirks.c; riscv-mcu/gd32-dfu-utils#4"},
    {0x28e9, 0x0189, 0x0189, 0x1000, 0x1000, DFUI_QUIRK_GD32_MAP, "C6",
     "GD32VF103 with bcdDevice 1000 claims 512 pages of 2 KiB", "dfu-util quirks.c; fwupd dfu.quirk"},
    {0x0483, 0xdf11, 0xdf11, ANY_BCD, DFUI_QUIRK_CHIP_ROM, "D1", "STM32 ROM (and loaders that copy its ids)", "AN2606"},
    {0x28e9, 0x0189, 0x0189, ANY_BCD, DFUI_QUIRK_CHIP_ROM, "D1", "GD32 ROM", "dfu-util quirks.c"},
    {0x0483, 0xdf11, 0xdf11, ANY_BCD, DFUI_QUIRK_ENDLESS_BUSY, "B5",
     "H7 ROM: the erase of a sector of bank 2 never leaves dfuDNBUSY", "betaflight-configurator#1861, #1972, #5348"},
    {0x1d50, 0x5117, 0x5126, ANY_BCD, DFUI_QUIRK_POLL_5MS, "B7", "OpenMoko bwPollTimeout is huge", "dfu-util quirks.c"},
    {0x1457, 0x5117, 0x5126, ANY_BCD, DFUI_QUIRK_POLL_5MS, "B7", "OpenMoko (old ids) bwPollTimeout is huge",
     "dfu-util quirks.c"},
    {0x0763, 0x2806, 0x2806, ANY_BCD, DFUI_QUIRK_POLL_5MS, "B7", "M-Audio Transit bwPollTimeout is huge",
     "dfu-util quirks.c"},
    {0x0908, 0x02c4, 0x02c5, 0x0000, 0x0000, DFUI_QUIRK_POLL_5MS, "B7", "Siemens bwPollTimeout is huge",
     "dfu-util quirks.c"},
};

const struct dfui_quirk_row *dfui_quirk_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

uint32_t dfui_quirks_of(uint16_t vid, uint16_t pid, uint16_t bcd_device)
{
    uint32_t quirks = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dfui_quirk_row *r = &rows[i];
        if (r->vid == vid && pid >= r->pid_first && pid <= r->pid_last && bcd_device >= r->bcd_first &&
            bcd_device <= r->bcd_last)
            quirks |= r->quirks;
    }
    return quirks;
}

const char *dfui_quirk_gd32_map(const char *serial, char *buffer, size_t size)
{
    /* Third letter of the serial, which is the part number's flash code. */
    static const struct {
        char code;
        unsigned pages;
    } sizes[] = {{'B', 128}, {'8', 64}, {'6', 32}, {'4', 16}};
    if (serial == NULL || strlen(serial) < 3)
        return NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (serial[2] == sizes[i].code) {
            (void)snprintf(buffer, size, "@Internal Flash  /0x08000000/%03u*001Kg", sizes[i].pages);
            return buffer;
        }
    }
    return NULL;
}
