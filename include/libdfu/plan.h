/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file plan.h
 * What will be done to a device, step by step, worked out and checked before anything is done.
 *
 * Planning is pure: no device, no clock, no printing. Whatever it must know of the device is in
 * struct dfu_target. A plan borrows the map and the image it was made from; keep both until it is freed.
 */
#ifndef LIBDFU_PLAN_H
#define LIBDFU_PLAN_H

#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dfu_target_flags {
    DFU_TARGET_PLAIN = 1u << 0, /**< plain DFU 1.0/1.1: no addresses, blocks count from 0, the device erases itself */
    DFU_TARGET_ERASED_FF = 1u << 1, /**< erased flash of this device is known to read as 0xFF */
    DFU_TARGET_POINT_EACH = 1u << 2 /**< block numbers do not move the address: each block needs its SET_ADDRESS */
};

/** What a plan needs to know of the device beyond its map. */
struct dfu_target {
    size_t size;
    uint32_t transfer_size; /**< the device's wTransferSize in bytes */
    uint32_t block_size;    /**< bytes a block that will be used; 0 = transfer_size */
    uint32_t attributes;    /**< enum dfu_attributes */
    uint32_t flags;         /**< enum dfu_target_flags */
    uint32_t alt_count;     /**< alternate settings; several need DFU_PLAN_ALT_SET in plain DFU */
    uint32_t first_alt;     /**< the lowest */
};

enum dfu_plan_flags {
    DFU_PLAN_ALT_SET = 1u << 0,        /**< alt is given: overrides the choice by address */
    DFU_PLAN_LEAVE = 1u << 1,          /**< start the program at the end */
    DFU_PLAN_LEAVE_SET = 1u << 2,      /**< leave_address is given */
    DFU_PLAN_NO_VERIFY = 1u << 3,      /**< do not read back */
    DFU_PLAN_REQUIRE_VERIFY = 1u << 4, /**< DFU_ERR_MISMATCH where it cannot be read back */
    DFU_PLAN_STRICT = 1u << 5,         /**< firmware sanity warnings are errors */
    DFU_PLAN_FORCE_READONLY = 1u << 6, /**< write regions that say they are read-only */
    DFU_PLAN_FORCE_OUTSIDE = 1u << 7,  /**< addresses outside the map, in units of block_size, not erased */
    DFU_PLAN_FORCE_ERASE = 1u << 8,    /**< erase regions that say they cannot be */
    DFU_PLAN_DIFF = 1u << 9,           /**< leave alone what holds the image already; see contents */
    DFU_PLAN_PRESERVE = 1u << 10,      /**< write back what a sector held beside the image; see contents */
    DFU_PLAN_FORCE_OTP = 1u << 16      /**< program one-time programmable memory: exactly the image's bytes, for ever */
};

/** How long one sector of a size takes to erase. */
struct dfu_erase_time {
    uint32_t sector_size; /**< bytes */
    uint32_t us;          /**< the command with all its waiting */
};

/** Sector sizes that struct dfu_times has room for. */
#define DFU_ERASE_TIMES 8

/** How fast a device is, as far as that was measured: dfu_session_times(). 0 = not known. */
struct dfu_times {
    size_t size;
    uint32_t write_us;    /**< to send and program a KiB, with all requests and waiting */
    uint32_t read_us;     /**< to read a KiB */
    uint32_t erase_count; /**< entries of erase */
    uint32_t reserved;
    struct dfu_erase_time erase[DFU_ERASE_TIMES];
};

struct dfu_plan_options {
    size_t size;
    uint64_t leave_address; /**< with DFU_PLAN_LEAVE_SET: address of the vector table */
    uint32_t flags;         /**< enum dfu_plan_flags */
    uint32_t alt;           /**< with DFU_PLAN_ALT_SET */
    /** What the device holds now, read in this session with the plan of dfu_plan_survey(); a byte that it does not
     *  hold is not known. Borrowed until the plan is made. NULL = nothing is known: DFU_PLAN_DIFF then writes
     *  everything, and DFU_PLAN_PRESERVE is refused where something would have to be kept. */
    const struct dfu_image *contents;
    const struct dfu_times *times; /**< NULL = nothing was measured; borrowed until the plan is made */
};

/** Kinds of steps. Each is one command, one block or one check. */
enum dfu_step_kind {
    DFU_STEP_ERASE = 1,      /**< erase the sector [address, address + length) */
    DFU_STEP_MASS_ERASE = 2, /**< the one-byte command 0x41 on alt */
    DFU_STEP_POINT = 3,      /**< SET_ADDRESS; length = bytes of the run it begins */
    DFU_STEP_PROBE = 4,      /**< read length bytes at the pointer: are they erased, and to what value */
    DFU_STEP_WRITE = 5,      /**< one block; not sent when it equals the erased value over fresh flash */
    DFU_STEP_VERIFY = 6,     /**< read one block back and compare with the image */
    DFU_STEP_READ = 7,       /**< read one block */
    DFU_STEP_BLANK = 8,      /**< read one block; it must be erased */
    DFU_STEP_LEAVE = 9,      /**< point at address, zero-length block, watch */
    DFU_STEP_MANIFEST = 10,  /**< plain DFU: zero-length block, manifestation, and the reset it may need */
    DFU_STEP_UPLOAD = 11     /**< plain DFU: read blocks until the device ends with a short one */
};

enum dfu_step_flags {
    DFU_STEP_FRESH = 1u << 0,    /**< in erased flash: pad with the erased value, may skip */
    DFU_STEP_MERGE = 1u << 1,    /**< bytes that the image does not hold are read from the device first */
    DFU_STEP_READS_FF = 1u << 2, /**< DFU_STEP_ERASE: the sector was read and is all 0xFF. It is erased only if that is
                                      not the memory's erased value, or if a write into it went wrong */
    DFU_STEP_READS_00 = 1u << 3  /**< the same for 0x00 */
};

/** One step. */
struct dfu_step {
    size_t size;
    uint64_t address; /**< first byte it touches */
    uint32_t length;  /**< bytes it touches */
    uint32_t kind;    /**< enum dfu_step_kind */
    uint32_t alt;     /**< alternate setting it needs */
    uint32_t block;   /**< wBlockNum of block steps */
    uint32_t flags;   /**< enum dfu_step_flags */
    uint32_t region;  /**< index into the map; UINT32_MAX outside it */
};

/** Totals, known before the first step. */
struct dfu_plan_summary {
    size_t size;
    uint64_t image_bytes;   /**< bytes of the image that are written or compared */
    uint64_t write_bytes;   /**< bytes of all blocks, padding included */
    uint64_t verify_bytes;  /**< bytes read back to compare */
    uint64_t read_bytes;    /**< bytes read for the caller */
    uint64_t leave_address; /**< when leaves */
    uint32_t erase_sectors; /**< without those that were read as blank already */
    uint32_t write_blocks;
    uint32_t steps;
    uint32_t leaves;   /**< 1 when the plan ends in a leave */
    uint32_t verifies; /**< 1 when every written byte is read back */
    uint32_t reserved;
    uint64_t unchanged_bytes;   /**< bytes of the image that the device holds already: not touched */
    uint64_t kept_bytes;        /**< bytes beside the image that are written back */
    uint32_t unchanged_sectors; /**< erasable sectors that are not touched for that */
    uint32_t blank_sectors;     /**< sectors that are written without being erased */
};

/** What a plan takes, and what it would have taken without knowing the device's contents; microseconds. */
struct dfu_estimate {
    size_t size;
    uint64_t erase_us;
    uint64_t write_us;
    uint64_t verify_us; /**< reading back what is written */
    uint64_t full_us;   /**< erasing, writing and reading back everything */
};

/** How grave a note is. */
enum dfu_note_kind {
    DFU_NOTE_INFO = 1,     /**< worth knowing: sectors that the image covers in part */
    DFU_NOTE_WARNING = 2,  /**< firmware sanity: an error with DFU_PLAN_STRICT */
    DFU_NOTE_NO_VERIFY = 3 /**< why what is written cannot be read back */
};

/**
 * Plans reading what dfu_plan_write() wants to know of the device before it plans with the same @p options: with
 * DFU_PLAN_DIFF the erasable sectors that the image touches, and the bytes of the image elsewhere; with
 * DFU_PLAN_PRESERVE alone what is beside the image in sectors that it covers in part. Each contiguous range is one
 * run. What cannot be read is left out of a DFU_PLAN_DIFF; the plan may then be empty. Run it with an image to read
 * into, and pass that as options->contents. options->contents is not looked at.
 * Errors: as dfu_plan_write(); DFU_ERR_UNSUPPORTED where something is to be kept and cannot be read. @since 0.1
 */
DFU_API int dfu_plan_survey(const struct dfu_memmap *map, const struct dfu_target *target,
                            const struct dfu_image *image, const struct dfu_plan_options *options,
                            struct dfu_plan **out, struct dfu_error **err);

/** Plans erase, program, verify and leave for @p image. With DFU_PLAN_DIFF sectors that hold it already are left
 *  alone, whatever else they hold, and sectors that are blank are not erased again; with DFU_PLAN_PRESERVE what else a
 *  sector holds is written back after its erase.
 *  Errors: DFU_ERR_RANGE (outside the map, read-only, option bytes or OTP, empty image, --strict),
 *  DFU_ERR_AMBIGUOUS (several alts), DFU_ERR_UNSUPPORTED, DFU_ERR_ARGUMENT, DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_plan_write(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_image *image,
                           const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err);

/** Plans a comparison of @p image with the device. Errors as dfu_plan_write(). @since 0.1 */
DFU_API int dfu_plan_verify(const struct dfu_memmap *map, const struct dfu_target *target,
                            const struct dfu_image *image, const struct dfu_plan_options *options,
                            struct dfu_plan **out, struct dfu_error **err);

/** Plans reading @p ranges; count 0 = all readable memory that is neither option bytes, OTP nor device
 *  feature. Errors as dfu_plan_write(). @since 0.1 */
DFU_API int dfu_plan_read(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_range *ranges,
                          size_t count, const struct dfu_plan_options *options, struct dfu_plan **out,
                          struct dfu_error **err);

/** Plans erasing the sectors that @p ranges touch; count 0 = every erasable sector. Each sector's first
 *  block is read back and must be blank, where the region can be read and DFU_PLAN_NO_VERIFY is not set.
 *  Errors as dfu_plan_write(). @since 0.1 */
DFU_API int dfu_plan_erase(const struct dfu_memmap *map, const struct dfu_target *target,
                           const struct dfu_range *ranges, size_t count, const struct dfu_plan_options *options,
                           struct dfu_plan **out, struct dfu_error **err);

/** Plans the mass-erase command on the alt of internal flash (or options->alt), followed by a full blank
 *  check. Errors as dfu_plan_write(). @since 0.1 */
DFU_API int dfu_plan_mass_erase(const struct dfu_memmap *map, const struct dfu_target *target,
                                const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err);

/** Plans a leave alone, to options->leave_address or to the first executable region.
 *  Errors as dfu_plan_write(). @since 0.1 */
DFU_API int dfu_plan_leave(const struct dfu_memmap *map, const struct dfu_target *target,
                           const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err);

/** Frees a plan; NULL is fine. @since 0.1 */
DFU_API void dfu_plan_free(struct dfu_plan *plan);

/** Fills @p step. Returns DFU_OK, or DFU_ERR_RANGE past the last one. @since 0.1 */
DFU_API int dfu_plan_step(const struct dfu_plan *plan, size_t index, struct dfu_step *step);

/** Fills @p summary. Returns DFU_OK or DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_plan_summarize(const struct dfu_plan *plan, struct dfu_plan_summary *summary);

/** Works out how long a plan of dfu_plan_write() takes, from what was measured. Returns DFU_OK, DFU_ERR_ARGUMENT, or
 *  DFU_ERR_UNSUPPORTED when a time that is needed is not known. @since 0.1 */
DFU_API int dfu_plan_estimate(const struct dfu_plan *plan, const struct dfu_times *times,
                              struct dfu_estimate *estimate);

/** What DFU_PLAN_PRESERVE writes back, to save it elsewhere before the plan runs; NULL when that is nothing.
 *  Borrowed. @since 0.1 */
DFU_API const struct dfu_image *dfu_plan_kept(const struct dfu_plan *plan);

/** How many notes. @since 0.1 */
DFU_API size_t dfu_plan_note_count(const struct dfu_plan *plan);

/** The note at @p index, its enum dfu_note_kind in *kind (may be NULL). NULL past the last. Borrowed. @since 0.1 */
DFU_API const char *dfu_plan_note(const struct dfu_plan *plan, size_t index, int *kind);

#ifdef __cplusplus
}
#endif

#endif
