/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file context.h
 * A context: one transport, one log, one cancel switch.
 *
 * A context, its lists and its sessions belong to one thread at a time; different contexts run in
 * parallel. Only dfu_context_cancel() may be called from any thread or from a signal handler.
 */
#ifndef LIBDFU_CONTEXT_H
#define LIBDFU_CONTEXT_H

#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Receives one line without a line end; runs on the calling thread; must not re-enter the library. */
typedef void dfu_log_fn(int level, const char *line, void *user);

enum dfu_context_flags {
    /** Nobody else in this process uses libusb, nor will, and all contexts of this process have this flag: then
     * libusb 1.0.25 and 1.0.26 are told for the whole process not to look at every device when they start, which is
     * most of what a short job takes. libusb 1.0.27 is told so for our own context, with or without this flag. Linux
     * only, and without a transport only. */
    DFU_CONTEXT_LIBUSB_ALONE = 1u << 0
};

/** Options of dfu_context_new(). */
struct dfu_context_options {
    size_t size;
    int32_t log_level; /**< enum dfu_log_level; 0 = DFU_LOG_WARNING */
    uint32_t flags;    /**< enum dfu_context_flags */
    dfu_log_fn *log;   /**< NULL = no log */
    void *log_user;
    const struct dfu_transport_ops *transport; /**< NULL = built-in libusb; must outlive the context */
    void *transport_self;                      /**< first argument of its ops; borrowed likewise */
};

/**
 * Creates a context. @p options may be NULL.
 * Nothing is asked of the system yet: libusb starts when a device is opened (DFU_ERR_USB when it does not).
 * Errors: DFU_ERR_ARGUMENT, DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_context_new(const struct dfu_context_options *options, struct dfu_context **out,
                            struct dfu_error **err);

/** Frees a context after its lists and sessions; NULL is fine. @since 0.1 */
DFU_API void dfu_context_free(struct dfu_context *context);

/**
 * Asks the running operation to stop. Async-signal-safe and thread-safe. Seen between transfers and
 * within 50 ms of a wait; the operation brings the device back to dfuIDLE and returns
 * DFU_ERR_CANCELLED with a message that says how far flash is new. Stays set until
 * dfu_context_uncancel(). @since 0.1
 */
DFU_API void dfu_context_cancel(struct dfu_context *context);

/** Clears the cancel switch, so that the context can be used again. @since 0.1 */
DFU_API void dfu_context_uncancel(struct dfu_context *context);

/** The library's version, e.g. "0.1.0". Static storage. @since 0.1 */
DFU_API const char *dfu_version_string(void);

#ifdef __cplusplus
}
#endif

#endif
