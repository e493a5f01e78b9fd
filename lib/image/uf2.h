/* SPDX-License-Identifier: BSD-2-Clause */
/* UF2 blocks (github.com/microsoft/uf2, README): 512 bytes each, complete in themselves. */
#ifndef DFUI_UF2_H
#define DFUI_UF2_H

#include "core/core.h"

#define DFUI_UF2_BLOCK 512u
#define DFUI_UF2_DATA 32u     /* offset of the payload */
#define DFUI_UF2_MOST 476u    /* bytes of payload that fit */
#define DFUI_UF2_MD5 24u      /* of them taken by an MD5 sum and its region */
#define DFUI_UF2_PAYLOAD 256u /* bytes of payload that every loader takes */
#define DFUI_UF2_MAGIC_0 0x0A324655u
#define DFUI_UF2_MAGIC_1 0x9E5D5157u
#define DFUI_UF2_MAGIC_END 0x0AB16F30u

enum dfui_uf2_flags {
    DFUI_UF2_NOT_MAIN_FLASH = 0x00000001,
    DFUI_UF2_FILE_CONTAINER = 0x00001000,
    DFUI_UF2_HAS_FAMILY = 0x00002000,
    DFUI_UF2_HAS_MD5 = 0x00004000 /* 0x8000, tags behind the data, needs no care */
};

/* A number (0x…) or a name of the table; DFU_ERR_ARGUMENT. */
int dfui_uf2_family(const char *text, uint32_t *family, struct dfu_error **err);

/* NULL when it has none here. */
const char *dfui_uf2_family_name(uint32_t family);

#endif
