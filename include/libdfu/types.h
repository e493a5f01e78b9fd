/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file types.h
 * Tags, codes and small value types shared by every libdfu header.
 *
 * Conventions that hold for the whole library:
 *  - Fallible functions return DFU_OK (0) or one negative enum dfu_code and fill an optional
 *    `struct dfu_error **` (see error.h). A NULL `err` is allowed everywhere.
 *  - What comes back through `**out` is yours; free it with that type's _free(), which accepts NULL.
 *    On failure `*out` is NULL.
 *  - A `const *` that comes back is borrowed from the object in the first parameter.
 *  - Inputs are copied unless a comment says otherwise.
 *  - Option and info structs begin with `size`; initialise them with DFU_INIT. Zero means default;
 *    where zero is itself meaningful a flag says that the field was set. NULL options = all defaults.
 *  - Ranges are half-open; addresses are 64-bit so that the end of a 4 GiB space can be said.
 */
#ifndef LIBDFU_TYPES_H
#define LIBDFU_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) && defined(DFU_SHARED)
#ifdef DFU_BUILDING
#define DFU_API __declspec(dllexport)
#else
#define DFU_API __declspec(dllimport)
#endif
#elif defined(__GNUC__) || defined(__clang__)
#define DFU_API __attribute__((visibility("default")))
#else
#define DFU_API
#endif

#if defined(__GNUC__) || defined(__clang__)
#define DFU_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))
#else
#define DFU_PRINTF(fmt_index, first_arg)
#endif

/** Zeroes a size-first struct and records its size: `struct dfu_image_options o; DFU_INIT(&o);` */
#define DFU_INIT(p) ((void)memset((p), 0, sizeof *(p)), (void)((p)->size = sizeof *(p)))

struct dfu_context;
struct dfu_error;
struct dfu_list;
struct dfu_device;
struct dfu_session;
struct dfu_memmap;
struct dfu_image;
struct dfu_plan;
struct dfu_sim;
struct dfu_transport_ops;

/** What went wrong, by kind. Values never change once released; new ones may be added. */
enum dfu_code {
    DFU_OK = 0,
    DFU_ERR_ARGUMENT = -1,    /**< the caller passed something impossible */
    DFU_ERR_NO_MEMORY = -2,   /**< allocation failed, or an input asks for more than its limit */
    DFU_ERR_UNSUPPORTED = -3, /**< understood, but this version or this device cannot do it */
    DFU_ERR_INTERNAL = -4,    /**< a bug in libdfu */

    DFU_ERR_FILE = -20,         /**< a file could not be read or written (system error in the message) */
    DFU_ERR_FORMAT = -21,       /**< a file's contents are malformed; the message names line or offset */
    DFU_ERR_WRONG_TARGET = -22, /**< a file is meant for another device (vendor, product, release) */
    DFU_ERR_RANGE = -23,        /**< an address, range or image that the target does not allow */

    DFU_ERR_NO_DEVICE = -40, /**< nothing matches the selection */
    DFU_ERR_AMBIGUOUS = -41, /**< several devices, or several alternate settings, match */
    DFU_ERR_ACCESS = -42,    /**< found, but the operating system does not let us open it */
    DFU_ERR_BUSY = -43,      /**< found, but another program or driver holds it */
    DFU_ERR_GONE = -44,      /**< the device went away while it was in use */

    DFU_ERR_USB = -60,      /**< a transfer failed on the bus */
    DFU_ERR_TIMEOUT = -61,  /**< no answer within the limit */
    DFU_ERR_PROTOCOL = -62, /**< an answer that DFU does not allow */
    DFU_ERR_STALL = -63,    /**< the device stalled a control request */

    DFU_ERR_DEVICE = -80,      /**< the device reported an error status */
    DFU_ERR_PROTECTED = -81,   /**< refused, probably by read or write protection */
    DFU_ERR_MISMATCH = -82,    /**< contents differ from what they should be, or a check found something */
    DFU_ERR_NOT_LEFT = -83,    /**< the device is still in DFU mode after a leave */
    DFU_ERR_SOME_FAILED = -84, /**< some boards of several failed */

    DFU_ERR_CANCELLED = -100 /**< stopped by dfu_context_cancel() or by a progress callback */
};

/** A half-open range of addresses: start is inside, end is the first address after it. */
struct dfu_range {
    uint64_t start;
    uint64_t end;
};

/** Matches every alternate setting: the alt of image data that does not name one. */
#define DFU_ALT_ANY UINT32_MAX

/** Device states, DFU 1.1 section 6.1.2 (bState). */
enum dfu_state {
    DFU_STATE_APP_IDLE = 0,
    DFU_STATE_APP_DETACH = 1,
    DFU_STATE_IDLE = 2,
    DFU_STATE_DNLOAD_SYNC = 3,
    DFU_STATE_DNBUSY = 4,
    DFU_STATE_DNLOAD_IDLE = 5,
    DFU_STATE_MANIFEST_SYNC = 6,
    DFU_STATE_MANIFEST = 7,
    DFU_STATE_MANIFEST_WAIT_RESET = 8,
    DFU_STATE_UPLOAD_IDLE = 9,
    DFU_STATE_ERROR = 10
};

/** Device statuses, DFU 1.1 section 6.1.2 (bStatus). */
enum dfu_status {
    DFU_STATUS_OK = 0x00,
    DFU_STATUS_ERR_TARGET = 0x01,
    DFU_STATUS_ERR_FILE = 0x02,
    DFU_STATUS_ERR_WRITE = 0x03,
    DFU_STATUS_ERR_ERASE = 0x04,
    DFU_STATUS_ERR_CHECK_ERASED = 0x05,
    DFU_STATUS_ERR_PROG = 0x06,
    DFU_STATUS_ERR_VERIFY = 0x07,
    DFU_STATUS_ERR_ADDRESS = 0x08,
    DFU_STATUS_ERR_NOTDONE = 0x09,
    DFU_STATUS_ERR_FIRMWARE = 0x0A,
    DFU_STATUS_ERR_VENDOR = 0x0B,
    DFU_STATUS_ERR_USBR = 0x0C,
    DFU_STATUS_ERR_POR = 0x0D,
    DFU_STATUS_ERR_UNKNOWN = 0x0E,
    DFU_STATUS_ERR_STALLEDPKT = 0x0F
};

/** Log levels, most important first. */
enum dfu_log_level {
    DFU_LOG_ERROR = 1,
    DFU_LOG_WARNING = 2,
    DFU_LOG_INFO = 3,
    DFU_LOG_DEBUG = 4,
    DFU_LOG_TRACE = 5 /**< one line per control transfer */
};

#ifdef __cplusplus
}
#endif

#endif
