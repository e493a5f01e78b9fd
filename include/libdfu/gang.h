/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file gang.h
 * Many boards at once, from one program and one image.
 *
 * A gang is a list of boards and a job. dfu_gang_run() gives each board a thread with a context of its own; a board
 * that is slow, dead or fails does not hold the others. The image is shared and never copied.
 *
 * Callbacks run on the threads of the boards, one at a time, whatever their number: they need no locks of their own,
 * and a callback that takes long holds the other boards. From a callback nothing may be called that takes the gang,
 * or its context, but dfu_context_cancel() and dfu_gang_stop().
 */
#ifndef LIBDFU_GANG_H
#define LIBDFU_GANG_H

#include <libdfu/device.h>
#include <libdfu/session.h>
#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dfu_gang;

/** What is done to each board. */
enum dfu_gang_job {
    DFU_GANG_WRITE = 0,  /**< erase, program, verify and leave, as dfu_plan_write() */
    DFU_GANG_VERIFY = 1, /**< compare, as dfu_plan_verify() */
    DFU_GANG_ERASE = 2   /**< erase the ranges of the options, as dfu_plan_erase() */
};

enum dfu_gang_flags {
    DFU_GANG_REQUIRE_LEAVE = 1u << 0 /**< a board that is still in DFU mode afterwards is DFU_ERR_NOT_LEFT */
};

/** Where a board is in its job. */
enum dfu_gang_state {
    DFU_GANG_WAITING = 0,
    DFU_GANG_RUNNING = 1,
    DFU_GANG_DONE = 2 /**< code says how it went */
};

/** One board. Strings, error and result are borrowed from the gang; made by the library, may grow at its end. */
struct dfu_gang_board {
    size_t size;
    const char *path;                /**< "1-2.3" */
    const char *serial;              /**< NULL when it has none, or it is not known before the board was opened */
    const struct dfu_error *error;   /**< NULL unless it failed */
    const struct dfu_result *result; /**< of the last attempt, as far as it came */
    uint32_t index;                  /**< from 0, in the order in which boards were added */
    uint32_t state;                  /**< enum dfu_gang_state */
    int32_t code;                    /**< enum dfu_code of the last attempt */
    uint32_t attempts;               /**< 0 = not begun */
    uint32_t touched; /**< 1 when a byte of the image may have reached it: programming had begun in some attempt */
    uint16_t vid;
    uint16_t pid;
};

/** What dfu_gang_event_fn hears of. */
enum dfu_gang_event_kind {
    DFU_GANG_BEGIN = 1,   /**< an attempt begins; the board was not touched by it yet */
    DFU_GANG_PLANNED = 2, /**< it is open and the plan is checked; nothing was erased yet */
    DFU_GANG_FAILED = 3,  /**< an attempt failed and another will follow */
    DFU_GANG_END = 4      /**< done, well or not */
};

/** Made by the library, may grow at its end. Everything is borrowed for the call. */
struct dfu_gang_event {
    size_t size;
    const struct dfu_gang_board *board;
    const struct dfu_plan *plan;   /**< with DFU_GANG_PLANNED */
    const struct dfu_memmap *map;  /**< with DFU_GANG_PLANNED */
    const struct dfu_image *image; /**< with DFU_GANG_PLANNED: what is written or compared; NULL for an erase */
    uint32_t kind;                 /**< enum dfu_gang_event_kind */
    uint32_t reserved;
};

/** Non-zero with DFU_GANG_BEGIN or DFU_GANG_PLANNED: this board is DFU_ERR_CANCELLED. */
typedef int dfu_gang_event_fn(const struct dfu_gang_event *event, void *user);

/**
 * Makes an image for one board alone: a serial number, a key. Called once a board, before it is touched and before
 * its first DFU_GANG_BEGIN; a board that is done anew by another attempt keeps its image. *out is the gang's to free;
 * NULL in *out = the image that all share. A negative code (with *err) is that board's failure.
 */
typedef int dfu_gang_image_fn(const struct dfu_gang_board *board, struct dfu_image **out, struct dfu_error **err,
                              void *user);

/** Options of dfu_gang_new(). What they point to is borrowed until dfu_gang_free(). */
struct dfu_gang_options {
    size_t size;
    uint32_t flags;       /**< enum dfu_gang_flags */
    uint32_t job;         /**< enum dfu_gang_job */
    uint32_t retries;     /**< further attempts for a board whose failure another attempt may mend */
    uint32_t parallel;    /**< boards at a time; 0 = all */
    uint32_t range_count; /**< entries of ranges; 0 = every erasable sector */
    uint32_t reserved;
    const struct dfu_range *ranges;      /**< with DFU_GANG_ERASE */
    const struct dfu_open_options *open; /**< NULL = defaults */
    const struct dfu_plan_options *plan; /**< NULL = defaults */
    const struct dfu_run_options *run;   /**< progress, user, flags and leave_watch_ms; the rest is the gang's */
    dfu_gang_event_fn *event;            /**< NULL = nobody hears */
    void *event_user;
    dfu_gang_image_fn *image; /**< NULL = all get the same */
    void *image_user;
};

/**
 * A gang without boards. @p context (borrowed until dfu_gang_free()) says over which transport; its log gets the lines
 * of all boards, one at a time, each with the board's path in front; dfu_context_cancel() on it stops all boards.
 * It must not be used for anything else while dfu_gang_run() runs. A transport without share() is for one thread: then
 * boards are done one after the other.
 * Errors: DFU_ERR_ARGUMENT, DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_gang_new(struct dfu_context *context, const struct dfu_gang_options *options, struct dfu_gang **out,
                         struct dfu_error **err);

/**
 * Adds every board in DFU mode that @p selector (NULL = all) matches and that was not added before; how many in
 * @p added, which may be NULL. Boards are not opened here unless a serial number has to be read.
 * Errors: those of dfu_list_new(). None that matches is DFU_OK with 0. @since 0.1
 */
DFU_API int dfu_gang_add(struct dfu_gang *gang, const struct dfu_selector *selector, size_t *added,
                         struct dfu_error **err);

/**
 * Does the job on every board that was added and is not done, and returns when all are done. @p image (borrowed, not
 * changed) is what is written or compared; NULL with DFU_GANG_ERASE.
 * Returns DFU_OK when all went well; the boards' common code when all failed alike; DFU_ERR_CANCELLED after
 * dfu_context_cancel(); else DFU_ERR_SOME_FAILED. Each board's own: dfu_gang_describe().
 * Errors before any board is touched: DFU_ERR_ARGUMENT, DFU_ERR_NO_DEVICE (no boards), DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_gang_run(struct dfu_gang *gang, const struct dfu_image *image, struct dfu_error **err);

/** Options of dfu_gang_watch(). */
struct dfu_watch_options {
    size_t size;
    uint64_t limit;                       /**< boards to do, well or not; 0 = until it is stopped */
    const struct dfu_selector *selectors; /**< a board that one of them matches is done; borrowed for the call */
    uint32_t selector_count;              /**< entries of selectors; 0 = every board */
    uint32_t reserved;
};

/** What dfu_gang_watch() has done. */
struct dfu_watch_result {
    size_t size;
    uint64_t good;
    uint64_t failed;
    uint64_t interrupted; /**< of those that failed: by dfu_context_cancel(), or by a callback */
};

/**
 * A station: does the job on every board in DFU mode that is there, and on each that is plugged in later, several at
 * once, until @p limit boards are done, dfu_gang_stop(), or dfu_context_cancel(). A board that stays plugged in is not
 * done again; one that was unplugged, or that re-enumerates after its job, is a new arrival, whether it is the same or
 * another. Runs on the calling thread, with a thread for each board. To a gang without boards (see dfu_gang_add()),
 * which has none afterwards either: what happened to each board is told by the event function only, and numbers
 * (`index`) go up from 0 in the order of arrival. A board that has just arrived is given 2 s until it can be opened.
 *
 * @p image is as for dfu_gang_run(), @p options may be NULL; @p result may be NULL, else it is filled also on failure
 * (its `size` the caller has set).
 * Returns DFU_OK when all boards went well; their common code when all failed alike; DFU_ERR_SOME_FAILED;
 * DFU_ERR_CANCELLED after dfu_context_cancel() when a board was interrupted, when none was done, or when a limit was
 * given and not reached: otherwise a cancel is the usual end of a station.
 * Other errors: DFU_ERR_ARGUMENT, DFU_ERR_NO_MEMORY, those of looking at the bus (after the boards in hand are done).
 * @since 0.1
 */
DFU_API int dfu_gang_watch(struct dfu_gang *gang, const struct dfu_image *image,
                           const struct dfu_watch_options *options, struct dfu_watch_result *result,
                           struct dfu_error **err);

/** Has dfu_gang_watch() take no further board and return once those in hand are done; without one, the next returns
 *  at once. From any thread, a callback or a signal handler. @since 0.1 */
DFU_API void dfu_gang_stop(struct dfu_gang *gang);

/** How many boards were added. @since 0.1 */
DFU_API size_t dfu_gang_count(const struct dfu_gang *gang);

/** Fills @p board, not while dfu_gang_run() or dfu_gang_watch() runs. Returns DFU_OK, DFU_ERR_RANGE past the last one,
 * or DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_gang_describe(const struct dfu_gang *gang, size_t index, struct dfu_gang_board *board);

/** Frees a gang, before its context; NULL is fine. @since 0.1 */
DFU_API void dfu_gang_free(struct dfu_gang *gang);

#ifdef __cplusplus
}
#endif

#endif
