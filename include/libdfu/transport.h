/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file transport.h
 * The one hardware seam: what carries control transfers. Implemented by libusb, by the simulator, by
 * record and replay, and by you if you need another. May still change in 0.x.
 *
 * Every op that can fail fills *err (see dfu_error_set()) and returns a negative enum dfu_code. The
 * codes that matter to the layers above: DFU_ERR_STALL, DFU_ERR_TIMEOUT, DFU_ERR_GONE (the device is no
 * longer there), DFU_ERR_ACCESS, DFU_ERR_BUSY, DFU_ERR_NO_DEVICE, DFU_ERR_USB (anything else).
 */
#ifndef LIBDFU_TRANSPORT_H
#define LIBDFU_TRANSPORT_H

#include <libdfu/error.h>
#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A SETUP packet, host byte order (USB 2.0 section 9.3). */
struct dfu_usb_setup {
    uint8_t type;    /**< bmRequestType; bit 7 set = device to host */
    uint8_t request; /**< bRequest */
    uint16_t value;
    uint16_t index;
    uint16_t length;
};

/** Raw bytes of one configuration descriptor with everything that follows it. */
struct dfu_usb_config {
    const uint8_t *data;
    size_t length;
};

/** Who has an interface, as the operating system says without opening the device. */
struct dfu_usb_holder {
    const char *driver; /**< name of the kernel driver; "usbfs" (Linux) = a program has claimed it */
    uint8_t config;     /**< bConfigurationValue */
    uint8_t interface_number;
    uint16_t reserved;
    uint32_t reserved2;
};

/** One device on the bus as enumeration sees it, without opening it. Borrowed during the visit only. */
struct dfu_usb_device {
    size_t size;
    const char *path; /**< "BUS-PORT.PORT…", unique among present devices, stable across a reset */
    uint16_t vid;
    uint16_t pid;
    uint16_t bcd_device;
    uint8_t serial_index;  /**< iSerialNumber, 0 = none */
    uint8_t product_index; /**< iProduct, 0 = none */
    uint8_t address;       /**< USB device address, for people only */
    uint8_t active_config; /**< bConfigurationValue in force; 0 = not known (or no DFU interface) */
    uint16_t reserved;
    uint32_t config_count;
    const struct dfu_usb_config *configs; /**< all configurations, config_count of them */
    const char *serial;                   /**< as the operating system has it without opening; NULL = not known (or
                                               no DFU interface) */
    const struct dfu_usb_holder *holders; /**< of its DFU interfaces, those that somebody has; holder_count of them */
    uint32_t holder_count;
    uint32_t reserved2;
};

/** Called once per device; a non-zero return ends the enumeration and is returned by it. */
typedef int dfu_usb_visit_fn(const struct dfu_usb_device *device, void *arg);

/** How many transfers the library queues at most. */
#define DFU_QUEUE_DEPTH 4

/** What became of the connection in a reset. */
enum dfu_reset_result {
    DFU_RESET_SURVIVED = 0, /**< same device, connection still good; claim again */
    DFU_RESET_LOST = 1      /**< re-enumerated or gone: close, then find it again by path */
};

/** What waiting for a change has shown. */
enum dfu_wait_result {
    DFU_WAIT_CHANGED = 0, /**< devices may have come or gone: time to look */
    DFU_WAIT_QUIET = 1    /**< none has, until the deadline */
};

/**
 * The operations. `self` is transport_self of the context options, `conn` what open() gave.
 * Ops are called from one thread at a time for each self, and for each conn. Different connections, and different
 * selves that share() has made of one, are used by several threads at once.
 */
struct dfu_transport_ops {
    size_t size;
    const char *name;
    uint32_t max_control; /**< largest data stage in bytes (4096 with Linux usbfs and WinUSB); 0 = 65535 */
    uint32_t flags;       /**< none yet */

    /** Visits every USB device, also those that cannot be opened; root hubs may be left out. Must not send class
     *  requests nor open devices. */
    int (*enumerate)(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err);

    /** Opens the device at @p path. Codes: NO_DEVICE, ACCESS, BUSY, UNSUPPORTED (no driver), USB. */
    int (*open)(void *self, const char *path, void **conn, struct dfu_error **err);

    /** Claims @p interface (once; later calls only change the alt) and selects @p alt. May block for a
     *  control transfer. SET_INTERFACE need not be sent when @p alt is already selected. */
    int (*claim)(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err);

    /** One control transfer; blocks up to @p timeout_ms (0 = no limit). Returns the bytes moved or a code. */
    int (*control)(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                   struct dfu_error **err);

    /** USB port reset. Returns an enum dfu_reset_result or a negative code. */
    int (*reset)(void *conn, struct dfu_error **err);

    /** Releases and closes; never fails; conn is invalid afterwards. Works on a device that is gone. */
    void (*close)(void *conn);

    /** A monotonic clock in microseconds. conn NULL = the transport's own clock (used while no device is
     *  open). Still works on a connection whose device is gone. */
    uint64_t (*now_us)(void *self, void *conn);

    /** Returns when the clock of now_us(self, conn) has reached @p deadline_us. The library calls it in
     *  slices of at most 50 ms, so it need not be interruptible. */
    void (*sleep_until_us)(void *self, void *conn, uint64_t deadline_us);

    /* Optional from here; NULL = the library falls back. */

    /** Queues a control transfer behind those that are queued; *data stays valid until it is reaped. At least
     *  DFU_QUEUE_DEPTH can be queued. Present together with reap, or not at all. Returns DFU_OK or a code. */
    int (*submit)(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms, void *tag,
                  struct dfu_error **err);

    /** Waits for the oldest queued transfer; gives its tag. On a timeout the transfers queued after it are
     *  cancelled first. Returns the bytes moved or a code; each transfer is reaped once, also one that was cancelled
     *  for an older one's timeout (DFU_ERR_CANCELLED). No other transfer is made while any is queued. */
    int (*reap)(void *conn, void **tag, struct dfu_error **err);

    /** Blocks until devices may have come or gone, or the transport's own clock has reached @p deadline_us. Returns
     *  an enum dfu_wait_result or a code. DFU_WAIT_QUIET only where the system is sure to tell of changes: the library
     *  then looks at the bus twice a second all the same, instead of each time. Called in slices of at most 50 ms.
     *  Fallback: sleep_until_us on the own clock. */
    int (*wait_change)(void *self, uint64_t deadline_us, struct dfu_error **err);

    /** Gives another self for a second thread to use at the same time, with an own clock that begins where this
     *  one's stands; it may be the same self where nothing is kept in it. NULL: this transport is for one thread, and
     *  many boards are done one after the other. Codes: NO_MEMORY. */
    int (*share)(void *self, void **other, struct dfu_error **err);

    /** Lets go of what share() gave, once no connection of it is open. Needed where share() is there. */
    void (*unshare)(void *other);
};

/*
 * Recording and replaying. A wire log is text, one operation a line, as docs/transports.md describes it.
 */

struct dfu_context_options;
struct dfu_recorder;
struct dfu_replayer;

/** Gets one line of a wire log without a line end. */
typedef void dfu_line_fn(const char *line, void *user);

/**
 * Wraps a transport so that everything that goes through it is also written down. @p inner names the transport to
 * wrap (its transport and transport_self; NULL = built-in libusb), which must outlive the recorder.
 * Errors: DFU_ERR_ARGUMENT, DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_recorder_new(const struct dfu_context_options *inner, dfu_line_fn *write, void *user,
                             struct dfu_recorder **out, struct dfu_error **err);

/** Puts the recorder's transport into context options. @since 0.1 */
DFU_API void dfu_recorder_attach(struct dfu_recorder *recorder, struct dfu_context_options *options);

/** Frees it, after the context that uses it; NULL is fine. @since 0.1 */
DFU_API void dfu_recorder_free(struct dfu_recorder *recorder);

/**
 * A transport that answers from a wire log. What is asked must be what was asked when it was recorded, in the same
 * order; anything else is DFU_ERR_PROTOCOL with the line. Time runs as it was recorded, without waiting.
 * @p log is copied; @p name is used in messages. Errors: DFU_ERR_FORMAT (no wire log), DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_replayer_new(const char *log, size_t length, const char *name, struct dfu_replayer **out,
                             struct dfu_error **err);

/** Puts the replayer's transport into context options. @since 0.1 */
DFU_API void dfu_replayer_attach(struct dfu_replayer *replayer, struct dfu_context_options *options);

/** DFU_OK when the whole log was replayed, else DFU_ERR_PROTOCOL with the first line that was not. @since 0.1 */
DFU_API int dfu_replayer_finish(const struct dfu_replayer *replayer, struct dfu_error **err);

/** Frees it, after the context that uses it; NULL is fine. @since 0.1 */
DFU_API void dfu_replayer_free(struct dfu_replayer *replayer);

#ifdef __cplusplus
}
#endif

#endif
