/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file session.h
 * An opened device and what can be done to it.
 *
 * Opening brings the device to dfuIDLE without running what a previous host may have left pending.
 */
#ifndef LIBDFU_SESSION_H
#define LIBDFU_SESSION_H

#include <libdfu/device.h>
#include <libdfu/optbytes.h>
#include <libdfu/plan.h>
#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dfu_open_flags {
    DFU_OPEN_FORCE_DFUSE = 1u << 0, /**< speak DfuSe whatever bcdDFUVersion says */
    DFU_OPEN_FORCE_DFU11 = 1u << 1  /**< speak plain DFU whatever bcdDFUVersion says */
};

struct dfu_open_options {
    size_t size;
    uint32_t flags;         /**< enum dfu_open_flags */
    uint32_t transfer_size; /**< bytes a block; 0 = what the device says; blocks of another size cost a
                                 SET_ADDRESS each */
    uint32_t reconnect_ms;  /**< how long to wait for a device that goes away while it is being opened; see
                                 dfu_run_options */
    uint32_t reserved;
};

/** What opening a device has shown; see also dfu_session_device() and dfu_session_target(). */
struct dfu_session_info {
    size_t size;
    uint32_t dfuse;         /**< 1 when the session speaks DfuSe */
    uint32_t found_state;   /**< state that GETSTATE reported first */
    uint32_t found_status;  /**< status of the first GETSTATUS */
    uint32_t command_count; /**< entries of commands; 0 when the device does not tell */
    uint8_t commands[32];   /**< DfuSe command codes the device says it has (UPLOAD of block 0) */
};

/** Opens @p device (borrowed for the call only).
 *  Errors: DFU_ERR_ACCESS, DFU_ERR_BUSY, DFU_ERR_GONE, DFU_ERR_UNSUPPORTED (run-time interface),
 *  DFU_ERR_PROTOCOL (cannot be brought to dfuIDLE), wire errors, DFU_ERR_CANCELLED. @since 0.1 */
DFU_API int dfu_session_open(struct dfu_context *context, const struct dfu_device *device,
                             const struct dfu_open_options *options, struct dfu_session **out, struct dfu_error **err);

/** Opens the board at @p path without touching others; of several DFU interfaces there the first, unless the path names
 *  one (see struct dfu_selector). Errors as above, and DFU_ERR_NO_DEVICE. @since 0.1 */
DFU_API int dfu_session_open_path(struct dfu_context *context, const char *path, const struct dfu_open_options *options,
                                  struct dfu_session **out, struct dfu_error **err);

/** Closes; the device is left in dfuIDLE where that needs no recovery. NULL is fine. @since 0.1 */
DFU_API void dfu_session_close(struct dfu_session *session);

/** Fills @p info. Asks for the command list on first use (one UPLOAD) when @p ask_commands is not 0.
 *  Errors: DFU_ERR_ARGUMENT, wire errors. @since 0.1 */
DFU_API int dfu_session_describe(struct dfu_session *session, int ask_commands, struct dfu_session_info *info,
                                 struct dfu_error **err);

/** The device that was opened: dfu_device_describe() tells the rest. NULL without a session. Borrowed. @since 0.1 */
DFU_API const struct dfu_device *dfu_session_device(const struct dfu_session *session);

/** The memory map of all alts; empty for plain DFU. Borrowed. @since 0.1 */
DFU_API const struct dfu_memmap *dfu_session_memmap(const struct dfu_session *session);

/** What a plan needs to know of this device: pass it to dfu_plan_…(). @since 0.1 */
DFU_API void dfu_session_target(const struct dfu_session *session, struct dfu_target *target);

/** Phases of a run, in the order they can come; a survey reads before all others. */
enum dfu_phase {
    DFU_PHASE_ERASE = 1,  /**< done and total in bytes of sectors */
    DFU_PHASE_WRITE = 2,  /**< bytes of blocks */
    DFU_PHASE_VERIFY = 3, /**< bytes compared */
    DFU_PHASE_READ = 4,   /**< bytes read */
    DFU_PHASE_LEAVE = 5,  /**< done 0 then 1 of 1 */
    DFU_PHASE_RETURN = 6  /**< ms that a board was waited for, of those that it may take */
};

/** Progress; made by the library, may grow at its end. */
struct dfu_progress {
    uint32_t board; /**< index of the board, 0 for one */
    uint32_t phase; /**< enum dfu_phase */
    uint64_t address;
    uint64_t done;
    uint64_t total;
    uint64_t elapsed_us; /**< since the run began, by the transport's clock */
};

/** Runs on the calling thread; must not re-enter the session. Non-zero = stop cleanly. */
typedef int dfu_progress_fn(const struct dfu_progress *progress, void *user);

/** Gets every run of bytes that differs, in the order in which they are read; at most 1000 of a run. */
typedef void dfu_difference_fn(struct dfu_range range, void *user);

enum dfu_left {
    DFU_LEFT_NOT_TRIED = 0,
    DFU_LEFT_GONE = 1,     /**< vanished and nothing came back within the limit: a program without USB */
    DFU_LEFT_OTHER = 2,    /**< came back as something else */
    DFU_LEFT_STILL_DFU = 3 /**< never went, or came back in DFU mode */
};

enum dfu_run_flags {
    /** Ask whether a command is done before the time is over that the device told to wait, which DFU 1.1 does not
     *  allow. For each kind of command (SET_ADDRESS, erase, write) it is given up at the first sign that the device
     *  does not like it, and where nothing is gained. DfuSe only. */
    DFU_RUN_POLL_EAGER = 1u << 0
};

struct dfu_run_options {
    size_t size;
    uint32_t flags;          /**< enum dfu_run_flags */
    uint32_t board;          /**< handed to progress */
    uint32_t leave_watch_ms; /**< how long to watch the bus after a leave; 0 = 3000 */
    uint32_t reconnect_ms;   /**< how long to wait for a device that goes away in mid-job: when the same board (path,
                                  ids, serial, map) is back in DFU mode in time, the run goes on with it. 0 = not at
                                  all, UINT32_MAX = for ever */
    dfu_progress_fn *progress;
    void *user;
    dfu_difference_fn *difference; /**< NULL = not told */
    void *difference_user;
    struct dfu_image *into; /**< where DFU_STEP_READ puts its bytes; required by a read plan */
};

/** What a run did; also filled, as far as it went, when it fails. */
struct dfu_result {
    size_t size;
    uint64_t bytes;         /**< image bytes written, compared or read */
    uint64_t skipped_bytes; /**< bytes of blank blocks that were not sent */
    uint64_t elapsed_us;    /**< by the transport's clock */
    uint64_t differing;     /**< bytes that differ; the first is in the error's detail */
    uint32_t erased_sectors;
    uint32_t verified;          /**< 1 when every byte of the plan was read back and equal */
    uint32_t left;              /**< enum dfu_left */
    uint32_t retries;           /**< transfers that had to be repeated */
    int32_t erased_value;       /**< learnt value of erased memory, -1 = not learnt */
    uint32_t reconnects;        /**< times that the device went away and came back */
    uint64_t unchanged_bytes;   /**< bytes of the image that were there already; bytes counts them, too */
    uint64_t kept_bytes;        /**< bytes beside the image that were written back */
    uint32_t unchanged_sectors; /**< erasable sectors that held the image already */
    uint32_t reserved;
    uint64_t saved_us; /**< waiting that DFU_RUN_POLL_EAGER made unnecessary */
};

/**
 * Runs @p plan, made for this session's map and target. @p result may be NULL.
 * Everything that could be checked was checked by the plan; this is where flash changes.
 * A leave never makes a run fail: see result->left.
 *
 * What is read back wrong after writing is erased and written again, a few times at most. With reconnect_ms a device
 * that went away is waited for; what the plan had written by then is compared, the sectors under the block that was
 * interrupted are done again, and everything is verified on the new connection. Nothing that may have been programmed
 * is programmed again without an erase before it.
 *
 * Errors: DFU_ERR_DEVICE, DFU_ERR_PROTECTED, DFU_ERR_MISMATCH (address and both bytes in the detail),
 * DFU_ERR_GONE and wire errors, DFU_ERR_CANCELLED, DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_session_run(struct dfu_session *session, const struct dfu_plan *plan,
                            const struct dfu_run_options *options, struct dfu_result *result, struct dfu_error **err);

/**
 * Reads what dfu_plan_write() wants to know before it plans @p image with DFU_PLAN_DIFF or DFU_PLAN_PRESERVE: runs the
 * plan of dfu_plan_survey(). Changes nothing on the device. *contents is yours: pass it on in
 * plan_options->contents, in this session. Where the device refuses to be read and nothing is to be kept, the log
 * says why, and *contents is empty: everything will be written.
 * Errors: those of dfu_plan_survey() and, of dfu_session_run(), DFU_ERR_GONE, DFU_ERR_CANCELLED, DFU_ERR_NO_MEMORY; all
 * of its errors with DFU_PLAN_PRESERVE. @since 0.1
 */
DFU_API int dfu_session_survey(struct dfu_session *session, const struct dfu_image *image,
                               const struct dfu_plan_options *plan_options, const struct dfu_run_options *run_options,
                               struct dfu_image **contents, struct dfu_result *result, struct dfu_error **err);

/** How fast this device has been in this session: fills @p times (whose `size` the caller has set).
 *  Returns DFU_OK or DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_session_times(const struct dfu_session *session, struct dfu_times *times);

/** Plans and runs in one call: with DFU_PLAN_DIFF or DFU_PLAN_PRESERVE a survey, then erase, program, verify (unless
 *  DFU_PLAN_NO_VERIFY), leave when asked. options->contents and options->times are not looked at.
 *  Errors: those of dfu_plan_write() and dfu_session_survey() before anything changed, those of dfu_session_run()
 *  after. @since 0.1 */
DFU_API int dfu_session_write(struct dfu_session *session, const struct dfu_image *image,
                              const struct dfu_plan_options *plan_options, const struct dfu_run_options *run_options,
                              struct dfu_result *result, struct dfu_error **err);

/*
 * Protection. Nothing of this is ever done on the library's own account.
 */

enum dfu_protect_flags {
    DFU_PROTECT_ALLOW_RDP2 = 1u << 0 /**< let read protection go to level 2, from which there is no way back */
};

/** Options of what makes the chip reset itself. */
struct dfu_protect_options {
    size_t size;
    uint32_t flags;      /**< enum dfu_protect_flags */
    uint32_t timeout_ms; /**< how long the board may take to come back, if more than the usual 20 s (unprotect: and 35 s
                              for each MiB of flash) */
    uint32_t board;      /**< handed to progress */
    uint32_t reserved;
    dfu_progress_fn *progress;
    void *user;
};

/** What became of it. */
struct dfu_protect_result {
    size_t size;
    uint64_t elapsed_us;
    int32_t rdp_before; /**< enum dfu_rdp */
    int32_t rdp_after;  /**< enum dfu_rdp */
    uint32_t changed;   /**< 1: the chip was told to change something and has reset itself; 0: nothing was to be done */
    uint32_t verified;  /**< 1: read back (option bytes) or found blank (flash) afterwards */
};

/**
 * Removes the read protection (READ UNPROTECT, AN3156), which erases all of flash: sends the command, waits until the
 * board has left the bus and the same board is back, and checks that its flash is readable and blank, all of it. Write
 * protection stays. Where the option bytes say that there is no read protection, nothing is sent.
 * The session goes on with the board that came back. @p options and @p result may be NULL.
 * Errors: DFU_ERR_UNSUPPORTED (the loader does not have the command, or takes it and does nothing), DFU_ERR_PROTECTED
 * (still protected, or at level 2), DFU_ERR_MISMATCH (not blank), DFU_ERR_GONE (not back in time, or another board is),
 * DFU_ERR_DEVICE, DFU_ERR_CANCELLED, wire errors. @since 0.1
 */
DFU_API int dfu_session_unprotect(struct dfu_session *session, const struct dfu_protect_options *options,
                                  struct dfu_protect_result *result, struct dfu_error **err);

/**
 * Loads @p optbytes, made for this session's map, with what the device has. An area after the first that cannot be
 * read stays unknown.
 * Errors: DFU_ERR_PROTECTED (with read protection on, several ROMs refuse), DFU_ERR_DEVICE, DFU_ERR_UNSUPPORTED (plain
 * DFU), DFU_ERR_GONE, wire errors, DFU_ERR_CANCELLED. @since 0.1
 */
DFU_API int dfu_session_optbytes_read(struct dfu_session *session, struct dfu_optbytes *optbytes,
                                      struct dfu_error **err);

/**
 * Writes option bytes: reads what is there, writes the areas that differ, each as a whole and once, waits for the chip
 * to reset and come back, reads again and compares. Where everything is as wanted nothing is written.
 * When read protection goes on, several ROMs cannot be read afterwards: then @p result has verified 0.
 * Errors, before anything is written: DFU_ERR_ARGUMENT (other bytes are known of @p wanted than of the device; level 2
 * without DFU_PROTECT_ALLOW_RDP2; with an unknown layout, a byte that becomes 0xCC counts as level 2),
 * DFU_ERR_MISMATCH (complements do not fit), DFU_ERR_PROTECTED (read protection is on). Later: DFU_ERR_MISMATCH (the
 * device has other bytes afterwards), DFU_ERR_GONE (not back in time, or another board is), DFU_ERR_DEVICE,
 * DFU_ERR_CANCELLED, wire errors. @since 0.1
 */
DFU_API int dfu_session_optbytes_write(struct dfu_session *session, const struct dfu_optbytes *wanted,
                                       const struct dfu_protect_options *options, struct dfu_protect_result *result,
                                       struct dfu_error **err);

#ifdef __cplusplus
}
#endif

#endif
