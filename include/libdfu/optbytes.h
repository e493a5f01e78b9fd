/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file optbytes.h
 * Option bytes of STM32 and alike: the bytes as they are, and, for families whose layout is known, what they mean.
 *
 * Nothing here talks to a device: see dfu_session_optbytes_read() and dfu_session_optbytes_write() in session.h. An
 * object is made for a memory map, which says where option bytes are; what they hold is loaded into it, looked at by
 * field, changed by field, and written as a whole. Complements are checked when loaded and made when changed.
 */
#ifndef LIBDFU_OPTBYTES_H
#define LIBDFU_OPTBYTES_H

#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dfu_optbytes;

/** Read protection. What the levels forbid: AN2606; how they are stored: each family's reference manual. */
enum dfu_rdp {
    DFU_RDP_UNKNOWN = -1, /**< the family's layout is not known, or nothing was loaded */
    DFU_RDP_0 = 0,        /**< not protected */
    DFU_RDP_1 = 1,        /**< flash cannot be read; going back to level 0 erases all of it */
    DFU_RDP_2 = 2         /**< as 1, and for ever: no debugger, no loader, no way back */
};

enum dfu_optbytes_flags {
    DFU_OPTBYTES_SETTABLE = 1u << 0 /**< fields can be changed by name; otherwise they are for reading only */
};

/** A family whose layout is known. Strings are static. */
struct dfu_optbytes_family_info {
    size_t size;
    const char *name;   /**< "stm32f4" */
    const char *chips;  /**< which chips it stands for */
    const char *source; /**< the reference manual and its section */
    uint64_t start;     /**< where its option bytes begin */
    uint32_t flags;     /**< enum dfu_optbytes_flags */
    uint32_t reserved;
};

/** One contiguous area of option bytes, as the memory map has it. */
struct dfu_optbytes_area_info {
    size_t size;
    uint64_t start;
    uint32_t length; /**< bytes by the map */
    uint32_t known;  /**< bytes that were loaded, from the start: some ROMs let fewer be read than they announce */
    uint32_t alt;
    uint32_t reserved;
    const uint8_t *data; /**< length of them; borrowed */
};

/** One field. Strings are static. */
struct dfu_optbytes_field_info {
    size_t size;
    const char *name;    /**< as in the reference manual, in lower case: "nrst_stop"; "rdp" is the level */
    const char *meaning; /**< of this value, or of the field in general */
    uint64_t address;    /**< of the byte that its lowest bit is in */
    uint32_t value;
    uint32_t bits;  /**< how many */
    uint32_t flags; /**< enum dfu_optbytes_flags */
    uint32_t reserved;
};

/** Fills @p info. Returns DFU_OK, or DFU_ERR_RANGE past the last family. @since 0.1 */
DFU_API int dfu_optbytes_family(size_t index, struct dfu_optbytes_family_info *info);

/**
 * Makes an object for the option bytes that @p map (borrowed for the call) tells of; nothing is loaded yet. The family
 * is told from where they are and how long they are, or is @p family if that is not NULL; where neither says, the
 * bytes can be handled raw only.
 * Errors: DFU_ERR_UNSUPPORTED (no option bytes in the map, or the alternate settings cannot be told apart),
 * DFU_ERR_ARGUMENT (unknown family, or not where this map has option bytes; the hint lists them), DFU_ERR_NO_MEMORY.
 * @since 0.1
 */
DFU_API int dfu_optbytes_new(const struct dfu_memmap *map, const char *family, struct dfu_optbytes **out,
                             struct dfu_error **err);

/** A copy that can be changed. Errors: DFU_ERR_NO_MEMORY, DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_optbytes_copy(const struct dfu_optbytes *optbytes, struct dfu_optbytes **out, struct dfu_error **err);

/** Frees it; NULL is fine. @since 0.1 */
DFU_API void dfu_optbytes_free(struct dfu_optbytes *optbytes);

/** The name of the family, or NULL when it is not known. @since 0.1 */
DFU_API const char *dfu_optbytes_family_name(const struct dfu_optbytes *optbytes);

/** How many areas. @since 0.1 */
DFU_API size_t dfu_optbytes_area_count(const struct dfu_optbytes *optbytes);

/** Fills @p area. Returns DFU_OK, or DFU_ERR_RANGE past the last one. @since 0.1 */
DFU_API int dfu_optbytes_area(const struct dfu_optbytes *optbytes, size_t index, struct dfu_optbytes_area_info *area);

/** Puts bytes in, as they are: the complements are the caller's. @p address lies in an area, at its start or where
 *  what was loaded before ends. Errors: DFU_ERR_RANGE, DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_optbytes_load(struct dfu_optbytes *optbytes, uint64_t address, const void *data, size_t length,
                              struct dfu_error **err);

/** Whether every byte fits its complement, in families that store one. Errors: DFU_ERR_MISMATCH (with the first address
 *  that does not), DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_optbytes_check(const struct dfu_optbytes *optbytes, struct dfu_error **err);

/** The read protection that the bytes stand for. @since 0.1 */
DFU_API enum dfu_rdp dfu_optbytes_rdp(const struct dfu_optbytes *optbytes);

/** Fills @p field. Fields whose bytes were not loaded are left out. Returns DFU_OK, or DFU_ERR_RANGE past the last
 *  one. @since 0.1 */
DFU_API int dfu_optbytes_field(const struct dfu_optbytes *optbytes, size_t index,
                               struct dfu_optbytes_field_info *field);

/**
 * Changes a field: @p assignment is "name=value", the value decimal or with 0x hexadecimal. For "rdp" it is the level,
 * 0 to 2; a level that is there already leaves the byte as it is. Complements follow.
 * Errors: DFU_ERR_ARGUMENT (syntax, unknown field, value that does not fit; the hint lists what there is),
 * DFU_ERR_UNSUPPORTED (family not known, or its fields are for reading only). @since 0.1
 */
DFU_API int dfu_optbytes_set(struct dfu_optbytes *optbytes, const char *assignment, struct dfu_error **err);

/** The range at @p index of the flash that is write-protected, sorted. Returns DFU_OK; DFU_ERR_RANGE past the last;
 *  DFU_ERR_UNSUPPORTED when the bytes do not tell. @since 0.1 */
DFU_API int dfu_optbytes_protected(const struct dfu_optbytes *optbytes, size_t index, struct dfu_range *range);

#ifdef __cplusplus
}
#endif

#endif
