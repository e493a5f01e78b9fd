/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the option bytes share. */
#ifndef DFUI_OPTBYTES_PRIVATE_H
#define DFUI_OPTBYTES_PRIVATE_H

#include "map/map.h"
#include <libdfu/optbytes.h>

enum { DFUI_OPTBYTES_AREAS = 4, DFUI_OPTBYTES_BYTES = 4096 };

/* How bytes are stored twice: so many bytes, then their complement. */
enum dfui_complement {
    DFUI_COMPLEMENT_NONE = 0,
    DFUI_COMPLEMENT_BYTE = 1, /* F0, F1, F3 */
    DFUI_COMPLEMENT_HALF = 2, /* L0, L1 */
    DFUI_COMPLEMENT_WORD = 4  /* L4, G0, G4 */
};

/* What write protection bits stand for. */
enum dfui_wrp {
    DFUI_WRP_UNKNOWN,
    DFUI_WRP_4K_CLEAR, /* byte pairs from 8 on: bit clear = 4 KiB protected, the last bit all the rest */
    DFUI_WRP_4K_SET,   /* half-word pairs from 8 on: bit set = 4 KiB protected */
    DFUI_WRP_SECTOR,   /* half-word at 8: bit clear = sector protected */
    DFUI_WRP_PAGES,    /* two areas of first and last page in words at 24 and 32, for each bank */
    DFUI_WRP_REGISTER  /* word at 28: bit clear = sector of bank 1 protected */
};

struct dfui_optbytes_row {
    const char *name;
    uint8_t area;
    uint8_t offset; /* byte in the area */
    uint8_t shift;  /* of the lowest bit, in the bytes from offset on */
    uint8_t bits;
    const char *zero; /* what 0 means */
    const char *one;  /* what 1 means; with several bits, what the field is */
};

struct dfui_optbytes_layout {
    const char *name;
    const char *others; /* further names, for people who know their chip's better */
    const char *chips;
    const char *source;
    uint32_t start;
    uint16_t shortest; /* bytes of the first area */
    uint16_t longest;
    uint8_t erasable;    /* 1: only where the map calls them erasable; 0: only where it does not; 2: either way */
    uint8_t settable;    /* fields may be changed by name */
    uint8_t complement;  /* enum dfui_complement */
    uint8_t rdp_offset;  /* in the first area */
    uint8_t unprotected; /* RDP byte at level 0 */
    uint8_t permanent;   /* RDP byte at level 2; 0 = there is no such level */
    uint8_t wrp;         /* enum dfui_wrp */
    const struct dfui_optbytes_row *rows; /* ends at name NULL */
};

struct dfui_optbytes_area {
    struct dfu_range range;
    uint32_t alt;
    uint32_t known;
    uint8_t *data;
};

struct dfu_optbytes {
    const struct dfui_optbytes_layout *layout; /* NULL = not known */
    bool chosen;                               /* by the user, not by where the option bytes are */
    struct dfui_optbytes_area areas[DFUI_OPTBYTES_AREAS];
    size_t count;
    struct dfu_region *flash; /* regions of internal flash, without names */
    size_t flash_count;
};

/* --- optbytes_family.c --- */

/* NULL past the last. */
const struct dfui_optbytes_layout *dfui_optbytes_layout(size_t index);
/* The layout with that name, or NULL. */
const struct dfui_optbytes_layout *dfui_optbytes_layout_named(const char *name);
/* The layout of option bytes in that region, or NULL. */
const struct dfui_optbytes_layout *dfui_optbytes_layout_at(const struct dfu_region *region);

/* --- optbytes_field.c --- */

/* Bits of the bytes of an area; they must be known (dfui_optbytes_has()). */
bool dfui_optbytes_has(const struct dfu_optbytes *o, const struct dfui_optbytes_row *row);
uint32_t dfui_optbytes_bits(const struct dfu_optbytes *o, size_t area, uint32_t offset, uint32_t shift, uint32_t bits);
/* The value of the field with that name in *value; false when there is none. */
bool dfui_optbytes_value(const struct dfu_optbytes *o, const char *name, uint32_t *value);

#endif
