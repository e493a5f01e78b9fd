/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file memmap.h
 * The memory map of a DfuSe device, parsed from the names of its alternate settings
 * ("@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", UM0424 section 4.3.2).
 *
 * A map is built once and may then be read from many threads.
 */
#ifndef LIBDFU_MEMMAP_H
#define LIBDFU_MEMMAP_H

#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Access bits of a region: the low three bits of its type letter (UM0424: 'a' = 1 … 'g' = 7). */
enum dfu_access {
    DFU_ACCESS_READ = 1u << 0,
    DFU_ACCESS_ERASE = 1u << 1,
    DFU_ACCESS_WRITE = 1u << 2,
    DFU_ACCESS_UNKNOWN = 1u << 3 /**< the type letter is missing: treated as no access */
};

/** What a region is, told from its name and address, because several ROMs call option bytes erasable. */
enum dfu_memory_kind {
    DFU_MEMORY_NORMAL = 0,
    DFU_MEMORY_OPTION_BYTES = 1,
    DFU_MEMORY_OTP = 2,
    DFU_MEMORY_DEVICE_FEATURE = 3
};

/** One "count*size type" group. */
struct dfu_region {
    size_t size;
    uint64_t start;       /**< first address */
    uint64_t end;         /**< first address after it; equals start where count is 0; at most 2^32 */
    uint32_t alt;         /**< alternate setting it was declared in */
    uint32_t count;       /**< sectors */
    uint32_t sector_size; /**< bytes; sector n starts at start + n * sector_size */
    uint32_t access;      /**< enum dfu_access */
    uint32_t kind;        /**< enum dfu_memory_kind */
    uint32_t reserved;
    const char *name; /**< borrowed from the map, trailing blanks removed */
};

/** What the name of one alternate setting turned out to be. */
enum dfu_alt_kind {
    DFU_ALT_ABSENT = 0,    /**< no such alt, or its name could not be read */
    DFU_ALT_PLAIN = 1,     /**< a name that does not begin with '@': no layout */
    DFU_ALT_NAME_ONLY = 2, /**< begins with '@' but has no layout */
    DFU_ALT_LAYOUT = 3,    /**< has at least one region (perhaps of zero sectors) */
    DFU_ALT_BROKEN = 4     /**< a layout that could not be read to its end; the regions before stay */
};

/** Creates an empty map. Errors: DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_memmap_new(struct dfu_memmap **out, struct dfu_error **err);

/**
 * Adds the layout string of alternate setting @p alt (UTF-8; invalid bytes are tolerated in names).
 * Several "/address/" groups, several "@names", blanks, missing multipliers, zero counts and leading
 * zeros are read as real devices mean them; what follows the sector list and cannot be part of it is
 * ignored (and noted). On DFU_ERR_FORMAT (missing list or type letter, bad sector, end past 4 GiB) the
 * regions before the fault stay in the map and the alt is DFU_ALT_BROKEN.
 * Errors: DFU_ERR_FORMAT, DFU_ERR_ARGUMENT (alt above 255, or added twice), DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_memmap_add(struct dfu_memmap *map, uint32_t alt, const char *name, struct dfu_error **err);

/** Frees a map; NULL is fine. @since 0.1 */
DFU_API void dfu_memmap_free(struct dfu_memmap *map);

/** How many regions, in the order of alts and of their strings. @since 0.1 */
DFU_API size_t dfu_memmap_count(const struct dfu_memmap *map);

/** Fills @p region. Returns DFU_OK, or DFU_ERR_RANGE past the last one. @since 0.1 */
DFU_API int dfu_memmap_region(const struct dfu_memmap *map, size_t index, struct dfu_region *region);

/** What alternate setting @p alt is; DFU_ALT_ABSENT for unknown ones. @since 0.1 */
DFU_API enum dfu_alt_kind dfu_memmap_alt_kind(const struct dfu_memmap *map, uint32_t alt);

/** The full name of alternate setting @p alt as it was added; NULL when absent. @since 0.1 */
DFU_API const char *dfu_memmap_alt_name(const struct dfu_memmap *map, uint32_t alt);

/** How many remarks the parser has (odd spellings, text ignored). @since 0.1 */
DFU_API size_t dfu_memmap_note_count(const struct dfu_memmap *map);

/** The remark at @p index, or NULL. Borrowed. @since 0.1 */
DFU_API const char *dfu_memmap_note(const struct dfu_memmap *map, size_t index);

/**
 * Finds the region that holds @p address in alternate setting @p alt (DFU_ALT_ANY = all).
 * Alts whose strings are identical count once (the lowest). Returns DFU_OK and the index in *out,
 * DFU_ERR_RANGE when no region holds it, DFU_ERR_AMBIGUOUS when alts of different names do. @since 0.1
 */
DFU_API int dfu_memmap_find(const struct dfu_memmap *map, uint32_t alt, uint64_t address, size_t *out,
                            struct dfu_error **err);

#ifdef __cplusplus
}
#endif

#endif
