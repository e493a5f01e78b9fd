/* SPDX-License-Identifier: BSD-2-Clause */
/* The map's inside: look-ups for the planner that the public memmap.h does not offer, and the parser. */
#ifndef DFUI_MAP_H
#define DFUI_MAP_H

#include <libdfu/memmap.h>
#include <stdbool.h>

/* Limits on what a device (or a command line) can make us keep. A string descriptor holds 126 characters
 * and an interface 256 alts, so real devices stay far below all of them. */
#define DFUI_MAP_ALTS 256u
#define DFUI_MAP_REGIONS 4096u
#define DFUI_MAP_TEXT 65536u /* bytes of one name */
#define DFUI_MAP_NOTES 256u

#define DFUI_NO_REGION SIZE_MAX

/* The region at index, or NULL. Its name is owned by the map. */
const struct dfu_region *dfui_map_region(const struct dfu_memmap *map, size_t index);

/* True when a lower alt has the very same string (several ROMs repeat one string for every alt); *lowest
 * gets the lowest such alt. A false leaves *lowest alone; lowest may be NULL. */
bool dfui_map_duplicate(const struct dfu_memmap *map, uint32_t alt, uint32_t *lowest);

/* The nearest regions that end at or below address and that start above it, or DFUI_NO_REGION. Empty
 * regions, and with DFU_ALT_ANY duplicate alts, do not count. */
void dfui_map_neighbours(const struct dfu_memmap *map, uint32_t alt, uint64_t address, size_t *before, size_t *after);

/* --- sector.c: sector arithmetic, never a mask: sectors of 3 KiB, 297 bytes and unaligned bases exist --- */

/* The number of the sector that holds address, which must lie in the region. */
uint32_t dfui_sector_index(const struct dfu_region *region, uint64_t address);

/* The sector with that number; empty at the region's end when there is none. */
struct dfu_range dfui_sector_at(const struct dfu_region *region, uint32_t index);

/* The sector that holds address; empty at the region's end when the address is outside the region. */
struct dfu_range dfui_sector_of(const struct dfu_region *region, uint64_t address);

struct dfu_range dfui_region_range(const struct dfu_region *region);

/* --- kind.c --- */

/* What a region is. Name and address both count, because several ROMs call option bytes and OTP erasable. */
enum dfu_memory_kind dfui_memory_kind(const char *name, uint64_t start);

/* --- parse.c --- */

/* One layout string being read. The caller fills the first group and frees regions and notes. */
struct dfui_layout {
    const char *text;
    char *labels; /* a copy of text; region names are cut out of it in place */
    size_t length;
    size_t region_limit;
    size_t note_limit;
    uint32_t alt;

    enum dfu_alt_kind kind;
    struct dfu_region *regions;
    size_t count;
    char **notes;
    size_t note_count;
};

/* DFU_OK; DFU_ERR_FORMAT with the regions before the fault kept; DFU_ERR_NO_MEMORY (also past the limit). */
int dfui_layout_parse(struct dfui_layout *layout, struct dfu_error **err);

/* Frees regions and notes. */
void dfui_layout_clear(struct dfui_layout *layout);

#endif
