/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file error.h
 * The error object: a code for programs, three sentences for people, and machine detail.
 *
 * Usage: `struct dfu_error *err = NULL;` before the call; on failure the callee fills it and the
 * caller frees it with dfu_error_free(). An error object has no parent and may outlive everything.
 */
#ifndef LIBDFU_ERROR_H
#define LIBDFU_ERROR_H

#include <libdfu/types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Which optional fields of struct dfu_error_info hold something. */
enum dfu_error_flags {
    DFU_ERROR_HAS_ADDRESS = 1u << 0,  /**< address */
    DFU_ERROR_HAS_CONTENTS = 1u << 1, /**< expected and found, one byte each */
    DFU_ERROR_HAS_STATUS = 1u << 2,   /**< dfu_status and dfu_state, from one GETSTATUS reply */
    DFU_ERROR_HAS_USB_CODE = 1u << 3  /**< usb_code, the transport's own number */
};

/** Machine detail of an error; filled by dfu_error_describe(). */
struct dfu_error_info {
    size_t size;
    int32_t code;       /**< enum dfu_code */
    uint32_t flags;     /**< enum dfu_error_flags */
    uint64_t address;   /**< device address the failure is about */
    uint32_t expected;  /**< contents wanted at address */
    uint32_t found;     /**< contents seen at address */
    int32_t dfu_status; /**< enum dfu_status */
    int32_t dfu_state;  /**< enum dfu_state; values above 10 are as the device sent them */
    int32_t usb_code;   /**< e.g. a libusb_error */
    uint32_t reserved;
};

/** The enum dfu_code of an error; DFU_OK for NULL. @since 0.1 */
DFU_API int dfu_error_code(const struct dfu_error *error);

/** What failed and where, with both numbers; one line, lower case, no full stop. Never NULL.
 *  Borrowed from @p error. @since 0.1 */
DFU_API const char *dfu_error_message(const struct dfu_error *error);

/** Why it failed, one line, or NULL when the message says it all. Borrowed from @p error. @since 0.1 */
DFU_API const char *dfu_error_cause(const struct dfu_error *error);

/** What to do next, one imperative sentence, or NULL. Borrowed from @p error. @since 0.1 */
DFU_API const char *dfu_error_hint(const struct dfu_error *error);

/** Fills @p info (whose `size` the caller has set). Returns DFU_OK or DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_error_describe(const struct dfu_error *error, struct dfu_error_info *info);

/** Frees an error; NULL is fine. @since 0.1 */
DFU_API void dfu_error_free(struct dfu_error *error);

/** The name of a code, e.g. "DFU_ERR_TIMEOUT"; "DFU_ERR_?" for unknown values. Static storage. @since 0.1 */
DFU_API const char *dfu_code_name(int code);

/** The spec's name of a bState, e.g. "dfuDNBUSY"; "state 15?" style text is not made here: unknown
 *  values give "unknown state". Static storage. @since 0.1 */
DFU_API const char *dfu_state_name(int state);

/** The spec's name of a bStatus, e.g. "errVENDOR"; "unknown status" for others. Static storage. @since 0.1 */
DFU_API const char *dfu_status_name(int status);

/** The spec's sentence for a bStatus (DFU 1.1 section 6.1.2). Static storage. @since 0.1 */
DFU_API const char *dfu_status_text(int status);

/*
 * For authors of transports and of programs that want to report in the same shape.
 */

/**
 * Creates an error in *err (freeing one that is already there) and returns @p code, so that a function
 * can end in `return dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u: …", …)`. With err NULL it only
 * returns the code. Out of memory yields a static object. @since 0.1
 */
DFU_API int dfu_error_set(struct dfu_error **err, int code, const char *format, ...) DFU_PRINTF(3, 4);

/** dfu_error_set() with a va_list. @since 0.1 */
DFU_API int dfu_error_vset(struct dfu_error **err, int code, const char *format, va_list args);

/**
 * Adds context on the way up: the old message (and cause) becomes the cause, the new text the message.
 * No effect when err or *err is NULL. @since 0.1
 */
DFU_API void dfu_error_wrap(struct dfu_error **err, const char *format, ...) DFU_PRINTF(2, 3);

/** Puts "text: " in front of the message. No effect when err or *err is NULL. @since 0.1 */
DFU_API void dfu_error_prefix(struct dfu_error **err, const char *format, ...) DFU_PRINTF(2, 3);

/** Sets the cause. No effect when err or *err is NULL. @since 0.1 */
DFU_API void dfu_error_set_cause(struct dfu_error **err, const char *format, ...) DFU_PRINTF(2, 3);

/** Sets the hint, unless an inner layer already gave one. No effect when err or *err is NULL. @since 0.1 */
DFU_API void dfu_error_set_hint(struct dfu_error **err, const char *format, ...) DFU_PRINTF(2, 3);

/** Sets the machine detail whose flags are given; other fields stay. @since 0.1 */
DFU_API void dfu_error_set_info(struct dfu_error **err, const struct dfu_error_info *info);

#ifdef __cplusplus
}
#endif

#endif
