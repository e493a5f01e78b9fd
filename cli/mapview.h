/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as pictures, sentences and JSON. */
#ifndef CLI_MAPVIEW_H
#define CLI_MAPVIEW_H

#include "cli.h"

/* A contiguous stretch of regions of one name in one alt: what people call a memory. */
struct memory {
    struct dfu_range range;
    const char *name; /* borrowed from the map */
    uint32_t alt;
    uint32_t kind; /* enum dfu_memory_kind */
    uint64_t sectors;
    size_t first; /* index of its first region, and one past its last */
    size_t past;
};

/* The memory that begins at region *index or after it; moves *index past it. Returns 0 at the end. */
int memory_next(const struct dfu_memmap *map, size_t *index, struct memory *memory);

/* What mapview_draw() shows below a memory. */
struct mapview_marks {
    const struct dfu_plan *plan;   /* its erases; may be NULL */
    const struct dfu_image *image; /* its data; may be NULL */
};

/* Bytes of the image in the memory. */
uint64_t memory_used(const struct memory *memory, const struct dfu_image *image);

/* Draws every memory to scale, with its regions below; with marks only those that the plan, or else the image,
 * touches. With -v nothing is
 * left out and every sector is listed. */
void mapview_draw(struct cli *cli, const struct dfu_memmap *map, const struct mapview_marks *marks);

/* [{"alt", "name", "start", "end", "count", "sector_size", "access"}], groups of zero sectors left out. */
json_t *mapview_json(const struct dfu_memmap *map);

/* The same for one alt only. */
json_t *mapview_json_alt(const struct dfu_memmap *map, uint32_t alt);

/* "Internal Flash at 0x08000000..0x08100000, …"; free it. NULL when the map is empty or out of memory. */
char *mapview_sentence(const struct dfu_memmap *map);

/* The start of the first region that is ordinary memory and can be written. Returns 0 when there is none. */
int mapview_first_flash(const struct dfu_memmap *map, uint64_t *address);

/* "rew" letters with "-" for what is not allowed. */
const char *access_text(char buffer[4], uint32_t access);

#endif
