/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file device.h
 * Finding DFU interfaces. A list is an immutable snapshot; its devices are borrowed from it.
 *
 * Making a list sends no class request. It reads string descriptors, for which a device must be opened
 * for a moment; one that cannot be opened stays in the list with the reason.
 */
#ifndef LIBDFU_DEVICE_H
#define LIBDFU_DEVICE_H

#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Whether an interface is a program's DFU helper or the loader itself (bInterfaceProtocol, DFU 1.1 §4.1.1, §4.2.3). */
enum dfu_mode { DFU_MODE_RUNTIME = 1, DFU_MODE_DFU = 2 };

/** Which protocol the functional descriptor's bcdDFUVersion names. */
enum dfu_protocol { DFU_PROTOCOL_10 = 0x0100, DFU_PROTOCOL_11 = 0x0110, DFU_PROTOCOL_DFUSE = 0x011A };

/** bmAttributes of the functional descriptor (DFU 1.1 section 4.1.3). */
enum dfu_attributes {
    DFU_CAN_DOWNLOAD = 1u << 0,
    DFU_CAN_UPLOAD = 1u << 1,
    DFU_MANIFESTATION_TOLERANT = 1u << 2,
    DFU_WILL_DETACH = 1u << 3
};

enum dfu_selector_flags {
    DFU_SELECT_VID = 1u << 0,
    DFU_SELECT_PID = 1u << 1,
    DFU_SELECT_DFU_ONLY = 1u << 2,     /**< leave run-time interfaces out */
    DFU_SELECT_RUNTIME_ONLY = 1u << 3, /**< leave interfaces in DFU mode out */
    DFU_SELECT_IN_FORCE = 1u << 4 /**< leave interfaces out whose configuration is not in force: they cannot be used */
};

/** Which devices to take. All that is given must match. */
struct dfu_selector {
    size_t size;
    uint32_t flags; /**< enum dfu_selector_flags */
    uint16_t vid;
    uint16_t pid;
    const char *serial; /**< whole serial number; NULL = any */
    const char *path;   /**< whole path, "1-2.3", or one interface there, "1-2.3:C.I" (bConfigurationValue and
                             bInterfaceNumber, as Linux writes it); NULL = any */
};

/** One DFU interface of one device. Strings are borrowed from the list. */
struct dfu_device_info {
    size_t size;
    const char *path;         /**< "1-2.3" */
    const char *serial;       /**< NULL when it has none or it could not be read */
    const char *product;      /**< likewise */
    const char *access_error; /**< why it cannot be used, or NULL */
    int32_t access;           /**< DFU_OK, DFU_ERR_ACCESS, DFU_ERR_BUSY (a program has it, or another configuration is
                                   in force)… */
    uint16_t vid;
    uint16_t pid;
    uint16_t bcd_device;
    uint16_t transfer_size;  /**< wTransferSize, bytes a block */
    uint16_t detach_timeout; /**< wDetachTimeOut, ms */
    uint16_t protocol;       /**< enum dfu_protocol, as the descriptor or its length says */
    uint8_t attributes;      /**< enum dfu_attributes */
    uint8_t mode;            /**< enum dfu_mode */
    uint8_t interface_number;
    uint8_t config;        /**< bConfigurationValue it belongs to */
    uint8_t address;       /**< USB device address */
    uint8_t active_config; /**< bConfigurationValue in force, 0 = not known */
    uint8_t reserved[2];
    uint32_t alt_count; /**< alternate settings of this interface */
    uint32_t reserved2;
    const char *driver; /**< kernel driver that has the interface, and is detached for as long as a session uses it;
                             "usbfs" (Linux) = a program has it; NULL = none, or not known */
};

/** Lists the DFU interfaces that match; none is DFU_OK with count 0. @p selector may be NULL = all.
 *  Errors: DFU_ERR_USB, DFU_ERR_NO_MEMORY, DFU_ERR_CANCELLED. @since 0.1 */
DFU_API int dfu_list_new(struct dfu_context *context, const struct dfu_selector *selector, struct dfu_list **out,
                         struct dfu_error **err);

/** Waits up to @p timeout_ms (UINT32_MAX = no limit) until at least one matches. One that cannot be opened is given up
 *  to 2 s of that: permissions are often set only after a device has appeared.
 *  Errors: DFU_ERR_NO_DEVICE (time is up), and those of dfu_list_new(). @since 0.1 */
DFU_API int dfu_list_wait(struct dfu_context *context, const struct dfu_selector *selector, uint32_t timeout_ms,
                          struct dfu_list **out, struct dfu_error **err);

/** How many. @since 0.1 */
DFU_API size_t dfu_list_count(const struct dfu_list *list);

/** The device at @p index, or NULL. Borrowed. @since 0.1 */
DFU_API const struct dfu_device *dfu_list_at(const struct dfu_list *list, size_t index);

/** Frees a list; NULL is fine. Sessions opened from it stay valid. @since 0.1 */
DFU_API void dfu_list_free(struct dfu_list *list);

/** Fills @p info. Returns DFU_OK or DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_device_describe(const struct dfu_device *device, struct dfu_device_info *info);

/** The number (bAlternateSetting) and the name of the alt at @p index; the name is NULL when it has none or
 *  could not be read. Returns DFU_OK or DFU_ERR_RANGE. @since 0.1 */
DFU_API int dfu_device_alt(const struct dfu_device *device, size_t index, uint32_t *alt, const char **name);

/** The memory map, alts whose strings are broken included as far as they go; empty for plain DFU.
 *  Borrowed. @since 0.1 */
DFU_API const struct dfu_memmap *dfu_device_memmap(const struct dfu_device *device);

struct dfu_detach_options {
    size_t size;
    uint32_t flags;      /**< none yet */
    uint32_t timeout_ms; /**< how long the board may take to come back in DFU mode; 0 = 10000 */
};

/**
 * Takes a board from run-time to DFU mode (DFU 1.1 sections 4.1 and 5.1): DETACH with the device's own
 * wDetachTimeOut; a USB reset when bitWillDetach is 0, or when it is 1 and the board does not go by itself; then
 * watches the bus until the same board is there in DFU mode. The same board: at the same path, of the same vendor,
 * and with the same serial number where both modes have one. A chip's own loader in ROM has ids and a serial number
 * of its own: it is known by the path alone. Other boards are not touched.
 *
 * @p device (borrowed for the call only) is not there any more afterwards. @p out, if not NULL, gets a list with
 * nothing but the board in DFU mode; it is yours to free.
 * Errors: DFU_ERR_UNSUPPORTED (it is in DFU mode already), DFU_ERR_ACCESS, DFU_ERR_BUSY, DFU_ERR_STALL (it refuses to
 * detach), DFU_ERR_TIMEOUT (it is still, or again, in run-time mode), DFU_ERR_GONE (it went away and did not come
 * back in DFU mode, or another board did), DFU_ERR_CANCELLED (in the middle: it may still detach), wire errors.
 * @since 0.1
 */
DFU_API int dfu_device_detach(struct dfu_context *context, const struct dfu_device *device,
                              const struct dfu_detach_options *options, struct dfu_list **out, struct dfu_error **err);

#ifdef __cplusplus
}
#endif

#endif
