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
};

/** Facts of an opened device. Strings are borrowed from the session. */
struct dfu_session_info {
    size_t size;
    struct dfu_device_info device;
    struct dfu_target target;
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

/** Opens the board at @p path without touching others. Errors as above, and DFU_ERR_NO_DEVICE. @since 0.1 */
DFU_API int dfu_session_open_path(struct dfu_context *context, const char *path, const struct dfu_open_options *options,
                                  struct dfu_session **out, struct dfu_error **err);

/** Closes; the device is left in dfuIDLE where that needs no recovery. NULL is fine. @since 0.1 */
DFU_API void dfu_session_close(struct dfu_session *session);

/** Fills @p info. Asks for the command list on first use (one UPLOAD) when @p ask_commands is not 0.
 *  Errors: DFU_ERR_ARGUMENT, wire errors. @since 0.1 */
DFU_API int dfu_session_describe(struct dfu_session *session, int ask_commands, struct dfu_session_info *info,
                                 struct dfu_error **err);

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
    DFU_PHASE_LEAVE = 5   /**< done 0 then 1 of 1 */
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

struct dfu_run_options {
    size_t size;
    uint32_t flags;          /**< none yet */
    uint32_t board;          /**< handed to progress */
    uint32_t leave_watch_ms; /**< how long to watch the bus after a leave; 0 = 3000 */
    uint32_t reserved;
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
    uint32_t unchanged_sectors; /**< erasable sectors that held the image already */
    uint64_t unchanged_bytes;   /**< bytes of the image that were there already; bytes counts them, too */
    uint64_t kept_bytes;        /**< bytes beside the image that were written back */
};

/**
 * Runs @p plan, made for this session's map and target. @p result may be NULL.
 * Everything that could be checked was checked by the plan; this is where flash changes.
 * A leave never makes a run fail: see result->left.
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

#ifdef __cplusplus
}
#endif

#endif
