/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file image.h
 * Firmware as a sparse map from addresses to bytes, with the edits that srec_cat users know.
 *
 * An image holds segments: maximal runs of bytes, sorted by (alt, address), never touching each other
 * within an alt. Edits change it in place; they apply to the data of every alt. Once it is shared between
 * threads treat it as const. On failure an edit leaves the image as it was.
 */
#ifndef LIBDFU_IMAGE_H
#define LIBDFU_IMAGE_H

#include <libdfu/crc.h>
#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What to do where two inputs give different bytes for one address (equal bytes never conflict). */
enum dfu_overlap {
    DFU_OVERLAP_ERROR = 0,
    DFU_OVERLAP_FIRST = 1, /**< keep what is there */
    DFU_OVERLAP_LAST = 2   /**< take the new byte */
};

/** A maximal run of bytes. */
struct dfu_segment {
    size_t size;
    uint64_t address;
    uint64_t length;     /**< never 0 */
    const uint8_t *data; /**< borrowed until the next edit */
    uint32_t alt;        /**< DFU_ALT_ANY unless the file names one */
    uint32_t reserved;
};

/** A remark on a file or image that is not an error, e.g. "text after the end record ignored". */
typedef void dfu_note_fn(const char *text, void *user);

enum dfu_image_option_flags {
    DFU_IMAGE_BASE_SET = 1u << 0, /**< base is given (address 0 is legal) */
    DFU_IMAGE_ALT_SET = 1u << 1,  /**< alt is given */
    DFU_IMAGE_IDS_SET = 1u << 2   /**< saving: vid, pid and bcd_device are given */
};

/** Options of loading and saving. */
struct dfu_image_options {
    size_t size;
    const char *format;    /**< "bin", "hex"…; NULL = by content when loading, by file name when saving */
    uint64_t base;         /**< with DFU_IMAGE_BASE_SET: where a raw file goes; refused for formats with addresses */
    uint64_t max_bytes;    /**< most bytes of data to accept; 0 = 512 MiB */
    uint32_t flags;        /**< enum dfu_image_option_flags */
    uint32_t alt;          /**< with DFU_IMAGE_ALT_SET: the alt that the data is for */
    uint32_t overlap;      /**< enum dfu_overlap, for records that contradict each other */
    uint32_t record_bytes; /**< saving: data bytes a record; 0 = 32 */
    dfu_note_fn *note;     /**< NULL = remarks are dropped */
    void *note_user;
    const char *family;     /**< UF2: number or name of the family to load or to write; NULL = the only one there */
    uint32_t address_bytes; /**< saving S-records: at least so many address bytes, 2 to 4; 0 = 2 */
    uint16_t vid;           /**< with DFU_IMAGE_IDS_SET: for the suffix of a .dfu or raw file; 0xFFFF = any */
    uint16_t pid;
    uint16_t bcd_device;
    uint16_t reserved;
    uint32_t reserved2;
};

enum dfu_image_info_flags {
    DFU_IMAGE_HAS_START = 1u << 0, /**< start holds an execution start address */
    DFU_IMAGE_HAS_IDS = 1u << 1,   /**< the file had a DFU suffix: vid, pid, bcd_device, bcd_dfu */
    DFU_IMAGE_HAS_FAMILY = 1u << 2 /**< the file was UF2: family, family_name */
};

/** A summary. */
struct dfu_image_info {
    size_t size;
    const char *format;    /**< format it was loaded from; NULL when built by hand */
    uint64_t bytes;        /**< sum of all segments */
    uint64_t segments;     /**< how many */
    struct dfu_range span; /**< lowest address, end of the highest; both 0 when empty */
    uint64_t start;        /**< start record or entry; kept through conversions, never used to leave */
    uint32_t flags;        /**< enum dfu_image_info_flags */
    uint32_t reserved;
    const char *family_name; /**< NULL = not known by name; static storage */
    uint32_t family;         /**< UF2 family id */
    uint16_t vid;            /**< of the DFU suffix; 0xFFFF = any */
    uint16_t pid;            /**< 0xFFFF = any */
    uint16_t bcd_device;     /**< 0xFFFF = any */
    uint16_t bcd_dfu;        /**< 0x0100, or 0x011A for DfuSe */
};

/** Creates an empty image. Errors: DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_image_new(struct dfu_image **out, struct dfu_error **err);

/** A deep copy. Errors: DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_image_copy(const struct dfu_image *image, struct dfu_image **out, struct dfu_error **err);

/** Frees an image; NULL is fine. @since 0.1 */
DFU_API void dfu_image_free(struct dfu_image *image);

/**
 * Loads the file @p path. The format is found by content unless options say; a file that is no known
 * format is raw and needs DFU_IMAGE_BASE_SET (DFU_ERR_ARGUMENT without).
 * Messages name file and line or offset. Memory stays within twice the data plus 8 MiB, the dfu command included, in
 * whatever order the records come, while the data is in at most 65536 runs with gaps between them. Each further run
 * costs up to 85 bytes while it is loaded in no order, 45 in order, and 32 to 40 afterwards; edits take up to 120 bytes
 * for each run that they touch (a merge of two images, or a change of the alternate setting of some; most take less).
 * At most 1048576 runs are accepted: DFU_ERR_RANGE. Errors: DFU_ERR_FILE, DFU_ERR_FORMAT, DFU_ERR_RANGE (more than
 * max_bytes, or past 4 GiB), DFU_ERR_ARGUMENT, DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_image_load(const char *path, const struct dfu_image_options *options, struct dfu_image **out,
                           struct dfu_error **err);

/** dfu_image_load() from memory; @p name is used in messages. @since 0.1 */
DFU_API int dfu_image_parse(const void *data, size_t length, const char *name, const struct dfu_image_options *options,
                            struct dfu_image **out, struct dfu_error **err);

/**
 * Writes the image to @p path: to a temporary file beside it, which is renamed at the end, so that a
 * failure leaves an existing file as it was. A path that is no regular file (a pipe, /dev/stdout) is
 * written directly. The format comes from options, else from the ending of the file name (.hex, .s19,
 * .dfu, .uf2, .bin and others), else, where the name has no ending, it is the one that the image was loaded from.
 * "-" is standard output. What a format cannot hold is left out: raw, DfuSe and UF2 files have no start address (a note
 * says so), only DfuSe files have alternate settings; ids go into DfuSe files, and with DFU_IMAGE_IDS_SET behind raw
 * data; UF2 files are whole pages of 256 bytes, filled up with 0x00.
 * A raw file cannot hold gaps: DFU_ERR_RANGE names the first and suggests .hex or a fill.
 * Errors: DFU_ERR_FILE, DFU_ERR_RANGE, DFU_ERR_ARGUMENT (no format), DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_image_save(const struct dfu_image *image, const char *path, const struct dfu_image_options *options,
                           struct dfu_error **err);

/** How many segments. @since 0.1 */
DFU_API size_t dfu_image_count(const struct dfu_image *image);

/** Fills @p segment. Returns DFU_OK, or DFU_ERR_RANGE past the last one. @since 0.1 */
DFU_API int dfu_image_segment(const struct dfu_image *image, size_t index, struct dfu_segment *segment);

/** Fills @p info. Returns DFU_OK or DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_image_describe(const struct dfu_image *image, struct dfu_image_info *info);

/**
 * Copies what the image holds in [address, address + length) for @p alt into @p buffer and leaves the
 * other bytes of the buffer alone. With an alt other than DFU_ALT_ANY data for any alt counts too.
 * Returns how many bytes were copied. @since 0.1
 */
DFU_API size_t dfu_image_read(const struct dfu_image *image, uint32_t alt, uint64_t address, void *buffer,
                              size_t length);

/**
 * Adds bytes at @p address. Where @p overlap is DFU_OVERLAP_ERROR and a byte contradicts what is there,
 * DFU_ERR_RANGE names the first address and both values. Errors also: DFU_ERR_NO_MEMORY, DFU_ERR_RANGE
 * (end past 4 GiB). @since 0.1
 */
DFU_API int dfu_image_add(struct dfu_image *image, uint32_t alt, uint64_t address, const void *data, size_t length,
                          enum dfu_overlap overlap, struct dfu_error **err);

/** Adds all of @p other (left alone), its start address too unless there is one already.
 *  Errors as dfu_image_add(). @since 0.1 */
DFU_API int dfu_image_merge(struct dfu_image *image, const struct dfu_image *other, enum dfu_overlap overlap,
                            struct dfu_error **err);

/** Sets every byte of @p range that is not set yet (alt any; when all data is for one alt, that alt).
 *  Errors: DFU_ERR_RANGE (empty, reversed, past 4 GiB), DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_image_fill(struct dfu_image *image, uint8_t value, struct dfu_range range, struct dfu_error **err);

/** Keeps only what lies in @p range; *removed (may be NULL) says how many bytes went. A start address outside
 *  goes, too, as with srec_cat. Nothing left is DFU_ERR_RANGE. @since 0.1 */
DFU_API int dfu_image_crop(struct dfu_image *image, struct dfu_range range, uint64_t *removed, struct dfu_error **err);

/** Removes what lies in @p range, a start address, too; *removed may be NULL. Nothing left is DFU_ERR_RANGE.
 *  @since 0.1 */
DFU_API int dfu_image_exclude(struct dfu_image *image, struct dfu_range range, uint64_t *removed,
                              struct dfu_error **err);

/** Moves everything, the start address too, by @p offset bytes. Below 0 or past 4 GiB: DFU_ERR_RANGE. @since 0.1 */
DFU_API int dfu_image_move(struct dfu_image *image, int64_t offset, struct dfu_error **err);

/** Overwrites or adds bytes at @p address (alt as for fill). Errors: DFU_ERR_RANGE, DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_image_patch(struct dfu_image *image, uint64_t address, const void *data, size_t length,
                            struct dfu_error **err);

/** Checks that all data lies in @p range; DFU_ERR_RANGE says by how many bytes it does not. @since 0.1 */
DFU_API int dfu_image_limit(const struct dfu_image *image, struct dfu_range range, struct dfu_error **err);

/** Sets the execution start address. Errors: DFU_ERR_RANGE (past 4 GiB). @since 0.1 */
DFU_API int dfu_image_set_start(struct dfu_image *image, uint64_t start, struct dfu_error **err);

/** Drops the execution start address. @since 0.1 */
DFU_API void dfu_image_clear_start(struct dfu_image *image);

/** Says that the data in @p range is for alternate setting @p alt (DFU_ALT_ANY = for any). Errors: DFU_ERR_RANGE (no
 *  data in range, range past 4 GiB, or what is there for alt contradicts it), DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_image_set_alt(struct dfu_image *image, uint32_t alt, struct dfu_range range, struct dfu_error **err);

/** What the file calls the data for @p alt (the name of a DfuSe target), or with DFU_ALT_ANY itself (the header of
 *  S-records); NULL when it has no name. Bytes as in the file, up to a NUL. Borrowed until the image changes.
 *  @since 0.1 */
DFU_API const char *dfu_image_label(const struct dfu_image *image, uint32_t alt);

/** Sets what dfu_image_label() returns: at most 255 bytes; NULL drops it. Errors: DFU_ERR_ARGUMENT (too long),
 *  DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_image_set_label(struct dfu_image *image, uint32_t alt, const char *text, struct dfu_error **err);

/** The suffix of a DFU file (DFU 1.1 appendix B). */
struct dfu_suffix {
    size_t size;
    uint16_t vid;        /**< 0xFFFF = any */
    uint16_t pid;        /**< 0xFFFF = any */
    uint16_t bcd_device; /**< version of the firmware; 0xFFFF = says nothing */
    uint16_t bcd_dfu;    /**< 0x0100, or 0x011A for DfuSe; adding: 0 = what fits the file */
    uint32_t length;     /**< found: bytes of the suffix itself */
    uint32_t crc;        /**< found */
};

/** Reads the suffix of the file @p path into @p suffix (whose `size` is set) and checks its CRC.
 *  Errors: DFU_ERR_FILE, DFU_ERR_FORMAT (no suffix, or a wrong CRC), DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_suffix_check(const char *path, struct dfu_suffix *suffix, struct dfu_error **err);

/** Adds a suffix to a file that has none; replaces the file as dfu_image_save() does.
 *  Errors: DFU_ERR_FILE, DFU_ERR_FORMAT (it has one), DFU_ERR_ARGUMENT, DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_suffix_add(const char *path, const struct dfu_suffix *suffix, struct dfu_error **err);

/** Removes the suffix, also one with a wrong CRC. Errors: DFU_ERR_FILE, DFU_ERR_FORMAT (it has none),
 *  DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_suffix_remove(const char *path, struct dfu_error **err);

/** Checks that the image's suffix, if its file had one, allows a device with these ids: DFU_ERR_WRONG_TARGET when not.
 *  The version of the device does not matter (DFU 1.1 appendix B). @since 0.1 */
DFU_API int dfu_image_match(const struct dfu_image *image, uint16_t vid, uint16_t pid, struct dfu_error **err);

enum dfu_image_crc_flags {
    DFU_IMAGE_CRC_RANGE_SET = 1u << 0,  /**< range is given; without it the whole image is covered */
    DFU_IMAGE_CRC_AT_SET = 1u << 1,     /**< at is given; without it the slot begins where the range ends (a check
                                             without a range: in the last bytes of the image) */
    DFU_IMAGE_CRC_BIG_ENDIAN = 1u << 2, /**< stored most significant byte first */
    DFU_IMAGE_CRC_CHECK = 1u << 3       /**< compare with what is stored; the image is not changed */
};

/** What a CRC covers and where it is stored. */
struct dfu_image_crc_options {
    size_t size;
    struct dfu_range range; /**< covered bytes */
    uint64_t at;            /**< address of the CRC's bytes: as many as it is wide */
    uint32_t flags;         /**< enum dfu_image_crc_flags */
    uint32_t reserved;
    const struct dfu_crc_model *model; /**< NULL = STM32's; dfu_image_stm32_crc() does not look at it */
};

/**
 * Computes a CRC of a range and stores it in the image (or checks it). When the image covers the
 * slot and no range is given, the covered range ends where the slot begins only if the slot is at the end
 * of the image and DFU_IMAGE_CRC_CHECK is set; otherwise a slot inside the range is an error.
 * A hole under the CRC, a start or length that is no multiple of the model's unit, a slot inside the range, and a
 * slot that already holds other data are DFU_ERR_RANGE with the fill or crop that would help; a model that cannot be is
 * DFU_ERR_ARGUMENT. A check that fails is DFU_ERR_MISMATCH with both values. *value (may be NULL) gets the CRC.
 * @since 0.1
 */
DFU_API int dfu_image_crc(struct dfu_image *image, const struct dfu_image_crc_options *options, uint32_t *value,
                          struct dfu_error **err);

/** dfu_image_crc() with the CRC of STM32's unit at its reset settings. @since 0.1 */
DFU_API int dfu_image_stm32_crc(struct dfu_image *image, const struct dfu_image_crc_options *options, uint32_t *value,
                                struct dfu_error **err);

enum dfu_vectors_flags {
    DFU_VECTORS_PRESENT = 1u << 0,      /**< the image holds the first two words at base */
    DFU_VECTORS_SP_OK = 1u << 1,        /**< initial SP in 0x10000000–0x1000FFFF or 0x20000000–0x3FFFFFFF */
    DFU_VECTORS_RESET_ODD = 1u << 2,    /**< Thumb bit set */
    DFU_VECTORS_RESET_INSIDE = 1u << 3, /**< reset handler inside the image */
    DFU_VECTORS_LINKED_SET = 1u << 4    /**< linked_at holds another base that fits far better */
};

/** A Cortex-M vector table. */
struct dfu_vectors {
    size_t size;
    uint64_t base;      /**< where the table is */
    uint64_t linked_at; /**< with DFU_VECTORS_LINKED_SET: the address the program seems linked for */
    uint32_t initial_sp;
    uint32_t reset;
    uint32_t flags; /**< enum dfu_vectors_flags */
    uint32_t reserved;
};

/** Looks at the vector table that @p base would hold. Returns DFU_OK, DFU_ERR_ARGUMENT. Never fails for odd
 *  contents: the flags say. @since 0.1 */
DFU_API int dfu_image_vectors(const struct dfu_image *image, uint64_t base, struct dfu_vectors *vectors);

/** How many formats this build can read. @since 0.1 */
DFU_API size_t dfu_format_count(void);

/** A format's short name ("bin", "hex") and, when @p description is not NULL, one line about it.
 *  NULL past the last one. Static storage. @since 0.1 */
DFU_API const char *dfu_format_name(size_t index, const char **description);

#ifdef __cplusplus
}
#endif

#endif
