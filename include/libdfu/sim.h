/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file sim.h
 * libdfu-sim: simulated DFU devices behind the public transport seam (link with -ldfu-sim).
 *
 * Time is virtual unless asked otherwise: waiting advances a board's own clock at once. Memories live as
 * long as the simulator object, also across leave and re-enumeration.
 *
 * The boards of one simulator can be worked on by several threads at once, as dfu_gang_run() does it: each board by
 * one thread at a time, and each thread through a self of its own that the transport's share() has given. In virtual
 * time each of these has its own clock, so that what one board takes does not depend on the others. The functions
 * below belong to one thread, and not while others work on the boards that they are about.
 */
#ifndef LIBDFU_SIM_H
#define LIBDFU_SIM_H

#include <libdfu/context.h>
#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A profile: a simulated device as data. Ids, sizes and alts are those of its loader. */
struct dfu_sim_profile_info {
    size_t size;
    const char *name;        /**< "stm32f407" */
    const char *description; /**< one line */
    const char *source;      /**< where its timing and strings come from */
    uint16_t vid;
    uint16_t pid;
    uint16_t transfer_size;
    uint16_t protocol; /**< bcdDFUVersion */
    uint32_t alt_count;
    uint32_t mode;       /**< it starts in, enum dfu_mode: one that starts in run-time mode must be detached first */
    const char *dialect; /**< whose loader it behaves as: "ST ROM" */
    const char *dialect_quirks; /**< ids of docs/quirks.md that the dialect shows, with blanks between; may be empty */
    const char *quirks;         /**< the same of this profile alone */
};

/** Fills @p info. Returns DFU_OK, or DFU_ERR_RANGE past the last profile. @since 0.1 */
DFU_API int dfu_sim_profile(size_t index, struct dfu_sim_profile_info *info);

/** The layout string of @p alt of the profile called @p name, or NULL. Static storage. @since 0.1 */
DFU_API const char *dfu_sim_profile_alt(const char *name, uint32_t alt);

enum dfu_sim_flags {
    DFU_SIM_REAL_TIME = 1u << 0,  /**< waiting really waits (times scale_percent / 100) */
    DFU_SIM_INIT_RANDOM = 1u << 1 /**< flash starts with random contents from seed; otherwise erased */
};

struct dfu_sim_options {
    size_t size;
    uint32_t flags;         /**< enum dfu_sim_flags */
    uint32_t count;         /**< boards; 0 = 1 */
    uint32_t scale_percent; /**< with DFU_SIM_REAL_TIME; 0 = 100 */
    uint32_t away_ms;       /**< how long a board is off the bus when it re-enumerates; 0 = 500, and a USB reset
                                 takes none off it */
    uint64_t seed;          /**< of random contents */
    const char *serial;     /**< NULL = the profile's; with several boards its end is replaced by a number */
};

/** Creates boards. Errors: DFU_ERR_ARGUMENT (unknown profile; the message lists them), DFU_ERR_NO_MEMORY. @since 0.1 */
DFU_API int dfu_sim_new(const char *profile, const struct dfu_sim_options *options, struct dfu_sim **out,
                        struct dfu_error **err);

/** Frees it, after the context that uses it; NULL is fine. @since 0.1 */
DFU_API void dfu_sim_free(struct dfu_sim *sim);

/** Puts the simulator's transport into context options. @since 0.1 */
DFU_API void dfu_sim_attach(struct dfu_sim *sim, struct dfu_context_options *options);

/** How many boards. @since 0.1 */
DFU_API size_t dfu_sim_count(const struct dfu_sim *sim);

/** The serial number and the path of a board; NULL past the last. Borrowed. @since 0.1 */
DFU_API const char *dfu_sim_serial(const struct dfu_sim *sim, size_t board);
/** See dfu_sim_serial(). @since 0.1 */
DFU_API const char *dfu_sim_path(const struct dfu_sim *sim, size_t board);

/**
 * Adds a fault rule: KIND@N (the N-th class request of a board, from 1) or KIND@0xADDRESS (the request
 * that touches it), "#BOARD" (from 0) appended for one of many. Kinds: stall, timeout, disconnect, reconnect, power,
 * short, flip (a bit on its way into flash), rot (a bit in flash, after it was programmed), state=N, poll=MS,
 * status=errNAME. Each fires once per board, at the request it names or at the first one after it that it can do
 * something to (flip: the next block; state: the next GETSTATUS or GETSTATE; poll: the next GETSTATUS).
 * A stalled request is not carried out; with timeout the device did what it was asked but its answer is lost; short
 * halves the data stage; disconnect is for ever, reconnect for 500 ms; power does the same, and what the request would
 * have begun to erase or to program is done by half.
 * Errors: DFU_ERR_ARGUMENT (the message lists the kinds), DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_sim_fault(struct dfu_sim *sim, const char *rule, struct dfu_error **err);

/*
 * The floor, in counters below, is the least time in which any host could have had the same done:
 *   each distinct sector that was erased by command, and each mass erase: DNLOAD, GETSTATUS, the erase and the wait
 *     that the device asks for, GETSTATUS;
 *   one SET_ADDRESS for each memory that was programmed, in the same way;
 *   each contiguous range of programmed addresses in blocks of wTransferSize (the last one as long as it must be), in
 *     the same way.
 * Work and wait add up where the work is done inside GETSTATUS (st-*); elsewhere the wait is the work, in whole
 * milliseconds. A transfer takes 1 ms and its data 1 ms for each 19 packets of 64 bytes. Repeated work counts once.
 * What plain DFU erases by itself adds the time of the erase only. The floor of reading is one SET_ADDRESS and one
 * ABORT for each memory, and the blocks of each distinct range.
 */

/** Counters of one board. Times are by its clock. */
struct dfu_sim_counters {
    size_t size;
    uint64_t transfers; /**< class requests */
    uint64_t standard;  /**< standard requests (descriptors, SET_INTERFACE) */
    uint64_t dnload;
    uint64_t upload;
    uint64_t getstatus;
    uint64_t set_address;
    uint64_t erase;          /**< sectors erased */
    uint64_t bytes_down;     /**< of blocks that were accepted; commands are not counted */
    uint64_t bytes_up;       /**< of memory contents */
    uint64_t busy_us;        /**< spent erasing and programming */
    uint64_t elapsed_us;     /**< first open to last close, or to now */
    uint64_t floor_us;       /**< least time any host could need for the erases and blocks that were done */
    uint64_t read_floor_us;  /**< the same for what was uploaded */
    uint64_t early_poll;     /**< GETSTATUS before bwPollTimeout was over */
    uint64_t bad_state;      /**< requests that the state does not allow */
    uint64_t write_unerased; /**< flash words programmed without being erased (or twice, with ECC) */
};

/** Fills @p counters. Returns DFU_OK, DFU_ERR_RANGE (no such board), DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_sim_get_counters(const struct dfu_sim *sim, size_t board, struct dfu_sim_counters *counters);

enum dfu_sim_memory_flags {
    DFU_SIM_LOOK = 1u << 0 /**< in: leave data NULL; without it the whole memory becomes resident */
};

/** One contiguous memory of a board. */
struct dfu_sim_memory {
    size_t size;
    const char *name;
    uint64_t start;
    uint64_t length;
    const uint8_t *data; /**< live contents, all of them; borrowed. NULL with DFU_SIM_LOOK */
    uint32_t erased;     /**< erased value, 0x00 or 0xFF */
    uint32_t changed;    /**< 1 when anything wrote to it since the start or the last load */
    uint32_t flags;      /**< in: enum dfu_sim_memory_flags */
    uint32_t reserved;
};

/** Fills @p memory (whose `size` and `flags` the caller has set). Memory that nothing has used takes no room
 *  until it is asked for here without DFU_SIM_LOOK. Returns DFU_OK, or DFU_ERR_RANGE past the last one. @since 0.1 */
DFU_API int dfu_sim_get_memory(const struct dfu_sim *sim, size_t board, size_t index, struct dfu_sim_memory *memory);

/** Sets contents from outside, as a debug probe would; cells that then differ from the erased value count as
 *  programmed. Errors: DFU_ERR_RANGE, DFU_ERR_ARGUMENT. @since 0.1 */
DFU_API int dfu_sim_load(struct dfu_sim *sim, size_t board, uint64_t address, const void *data, size_t length,
                         struct dfu_error **err);

/**
 * Write-protects the sectors of every board that lie in [@p start, @p end), half-open addresses: erasing and
 * programming them takes its time, reports OK and changes nothing. Adds to what was protected before.
 * Errors: DFU_ERR_ARGUMENT, DFU_ERR_RANGE (not in one memory). @since 0.1
 */
DFU_API int dfu_sim_write_protect(struct dfu_sim *sim, uint64_t start, uint64_t end, struct dfu_error **err);

/**
 * Sets the read protection of a board as its own firmware could: level 0, 1 or 2. Levels 1 and 2 close flash to the
 * loader; at level 2 the board never comes to the bus again. Write protection is set with dfu_sim_load(), in the option
 * bytes. Errors: DFU_ERR_ARGUMENT, DFU_ERR_RANGE (no such board), DFU_ERR_UNSUPPORTED (it has no such
 * level). @since 0.1
 */
DFU_API int dfu_sim_protect(struct dfu_sim *sim, size_t board, uint32_t level, struct dfu_error **err);

/**
 * Pulls a board, and with it its power, or does nothing when it is not there. Flash keeps its contents; what was
 * connected to it is gone. Not while another thread works on the board: a fault rule does that in mid-job.
 * Errors: DFU_ERR_ARGUMENT, DFU_ERR_RANGE (no such board). @since 0.1
 */
DFU_API int dfu_sim_unplug(struct dfu_sim *sim, size_t board, struct dfu_error **err);

/**
 * Plugs a board in that is not there, as it was when it was made: once the bus's own clock (now_us of the transport
 * without a connection) has reached @p at_us; 0 = at once. One that is there is unplugged first.
 * Errors: DFU_ERR_ARGUMENT, DFU_ERR_RANGE (no such board). @since 0.1
 */
DFU_API int dfu_sim_plug(struct dfu_sim *sim, size_t board, uint64_t at_us, struct dfu_error **err);

enum dfu_sim_serve_flags {
    DFU_SIM_SERVE_TCP = 1u << 0, /**< listen for USB/IP clients at address */
    DFU_SIM_SERVE_VHCI = 1u << 1 /**< plug every board into this machine (Linux, vhci_hcd, root) */
};

/** Options of dfu_sim_serve(). */
struct dfu_sim_serve_options {
    size_t size;
    uint32_t flags;           /**< enum dfu_sim_serve_flags */
    uint32_t connected_count; /**< entries of connected */
    const char *address;      /**< "ADDRESS:PORT", "[ADDRESS]:PORT", "ADDRESS" or ":PORT"; what is left out, or NULL,
                                   is 127.0.0.1 and 3240; port 0 = any that is free (the log tells which) */
    const int *connected;     /**< stream sockets with a client at their other end; each is closed with its client */
    dfu_log_fn *log;          /**< who came and went, and why; NULL = nobody is told */
    void *log_user;
};

/**
 * Exports every board by USB/IP 1.1.1 on the calling thread, until dfu_sim_stop(), or, when it neither listens nor
 * has plugged boards in, until the last client has gone. The simulator must run in real time. A board that
 * leaves the bus ends its connection; when it comes back, DFU_SIM_SERVE_VHCI plugs it in again, and other clients
 * import it again. A client that breaks the protocol loses its connection.
 * Errors: DFU_ERR_ARGUMENT, DFU_ERR_ACCESS, DFU_ERR_BUSY (address or every port taken), DFU_ERR_UNSUPPORTED (no
 * vhci_hcd, or no sockets here), DFU_ERR_FILE, DFU_ERR_NO_MEMORY. @since 0.1
 */
DFU_API int dfu_sim_serve(struct dfu_sim *sim, const struct dfu_sim_serve_options *options, struct dfu_error **err);

/** Ends dfu_sim_serve() within 50 ms, or the next one at once. From any thread or a signal handler. @since 0.1 */
DFU_API void dfu_sim_stop(struct dfu_sim *sim);

#ifdef __cplusplus
}
#endif

#endif
