/* SPDX-License-Identifier: BSD-2-Clause */
/* CRCs by name; parameters as in the public catalogue of parametrised CRC algorithms (G. Cook), where they have other
 * names, those stand in the description. */
#include "core/core.h"
#include <libdfu/crc.h>

#define NONE 0x00000000U
#define ALL8 0x000000FFU
#define ALL16 0x0000FFFFU
#define ALL32 0xFFFFFFFFU
#define PLAIN 0, 0     /* neither input nor output reflected */
#define REFLECTED 1, 1 /* both */

static const struct preset {
    const char *name;
    const char *description;
    uint32_t width;
    uint32_t unit;
    uint32_t poly;
    uint32_t init;
    uint32_t xor_out;
    uint32_t reflect_in;
    uint32_t reflect_out;
} presets[] = {
    {"stm32", "STM32's unit at its reset settings, by 32-bit words", 32, 4, 0x04C11DB7, ALL32, NONE, PLAIN},
    {"crc32", "zip, Ethernet, PNG (CRC-32/ISO-HDLC)", 32, 1, 0x04C11DB7, ALL32, ALL32, REFLECTED},
    {"crc32-mpeg2", "CRC-32/MPEG-2", 32, 1, 0x04C11DB7, ALL32, NONE, PLAIN},
    {"crc32-bzip2", "CRC-32/BZIP2", 32, 1, 0x04C11DB7, ALL32, ALL32, PLAIN},
    {"crc32-posix", "CRC-32/CKSUM, without the length", 32, 1, 0x04C11DB7, NONE, ALL32, PLAIN},
    {"crc32-jamcrc", "CRC-32/JAMCRC", 32, 1, 0x04C11DB7, ALL32, NONE, REFLECTED},
    {"crc32c", "Castagnoli (CRC-32/ISCSI)", 32, 1, 0x1EDC6F41, ALL32, ALL32, REFLECTED},
    {"crc16-ccitt-false", "CRC-16/IBM-3740", 16, 1, 0x1021, ALL16, NONE, PLAIN},
    {"crc16-aug-ccitt", "srec_cat -CRC16 (CRC-16/SPI-FUJITSU)", 16, 1, 0x1021, 0x1D0F, NONE, PLAIN},
    {"crc16-xmodem", "CRC-16/XMODEM", 16, 1, 0x1021, NONE, NONE, PLAIN},
    {"crc16-kermit", "CRC-16/KERMIT", 16, 1, 0x1021, NONE, NONE, REFLECTED},
    {"crc16-x25", "HDLC (CRC-16/IBM-SDLC)", 16, 1, 0x1021, ALL16, ALL16, REFLECTED},
    {"crc16-arc", "CRC-16/ARC", 16, 1, 0x8005, NONE, NONE, REFLECTED},
    {"crc16-modbus", "CRC-16/MODBUS", 16, 1, 0x8005, ALL16, NONE, REFLECTED},
    {"crc16-usb", "CRC-16/USB", 16, 1, 0x8005, ALL16, ALL16, REFLECTED},
    {"crc8", "CRC-8/SMBUS", 8, 1, 0x07, NONE, NONE, PLAIN},
    {"crc8-maxim", "1-Wire (CRC-8/MAXIM-DOW)", 8, 1, 0x31, NONE, NONE, REFLECTED},
    {"crc8-sae-j1850", "CRC-8/SAE-J1850", 8, 1, 0x1D, ALL8, ALL8, PLAIN},
    {"crc8-autosar", "CRC-8/AUTOSAR", 8, 1, 0x2F, ALL8, ALL8, PLAIN},
};

#define PRESETS (sizeof presets / sizeof presets[0])

const char *dfu_crc_preset_name(size_t index, const char **description)
{
    if (index >= PRESETS)
        return NULL;
    if (description != NULL)
        *description = presets[index].description;
    return presets[index].name;
}

static int refuse(const char *name, struct dfu_error **err)
{
    char list[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < PRESETS; i++) {
        size_t n = strlen(presets[i].name);
        if (used + n + 3 > sizeof list)
            break;
        if (used > 0) {
            list[used++] = ',';
            list[used++] = ' ';
        }
        memcpy(list + used, presets[i].name, n + 1);
        used += n;
    }
    dfu_error_set(err, DFU_ERR_ARGUMENT, "there is no CRC called '%s'", name);
    dfu_error_set_cause(err, "there are %s", list);
    return DFU_ERR_ARGUMENT;
}

int dfu_crc_preset(const char *name, struct dfu_crc_model *model, struct dfu_error **err)
{
    for (size_t i = 0; i < PRESETS; i++) {
        const struct preset *p = &presets[i];
        if (strcmp(p->name, name) != 0)
            continue;
        struct dfu_crc_model ours = {.size = sizeof ours,
                                     .name = p->name,
                                     .width = p->width,
                                     .poly = p->poly,
                                     .init = p->init,
                                     .xor_out = p->xor_out,
                                     .unit = p->unit,
                                     .reflect_in = p->reflect_in,
                                     .reflect_out = p->reflect_out};
        return dfui_sized_out(model, &ours, sizeof ours);
    }
    return refuse(name, err);
}
