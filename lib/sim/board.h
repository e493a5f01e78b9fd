/* SPDX-License-Identifier: BSD-2-Clause */
/* A board: the chip's memories, the loader's state machine, its place on the bus, its clock, its counters. */
#ifndef DFU_SIM_BOARD_H
#define DFU_SIM_BOARD_H

#include "sim/fault.h"
#include "sim/lock.h"
#include "sim/memory.h"
#include <libdfu/transport.h>
#include <stdatomic.h>

/* What a control transfer came to, before time is added. */
enum sim_outcome {
    SIM_ANSWERED,
    SIM_STALLED,
    SIM_NEVER,  /* NAKed until the host gives up */
    SIM_BABBLED /* more bytes than the host asked for */
};

/* How a board leaves the bus once the transfer is over. SIM_SWITCHES: it returns as its program, or as its loader. */
enum sim_departure { SIM_STAYS, SIM_RETURNS, SIM_SWITCHES, SIM_GONE };

struct sim_reply {
    enum sim_outcome outcome;
    enum sim_departure departure;
    int unanswered;           /* with a departure: goes before the transfer completes */
    int to_idle;              /* with SIM_RETURNS: in dfuIDLE, whatever a power-up does */
    uint32_t length;          /* bytes of the data stage that moved */
    uint64_t inside_us;       /* work done while the host waits for this transfer */
    uint64_t busy_us;         /* work that goes on afterwards */
    uint64_t deaf_us;         /* the same, with the processor stopped: nothing is answered */
    uint64_t away_us;         /* with SIM_RETURNS and SIM_SWITCHES: how long */
    int32_t poll_ms;          /* bwPollTimeout that was told, -1 = none */
    struct sim_board *loader; /* that answered; NULL = the board's first */
};

/* A loader's class requests. Data is setup->length bytes. */
struct sim_dialect {
    const char *name;
    const char *quirks; /* ids of docs/quirks.md that every profile of the dialect shows */
    void (*request)(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply);
    /* The addresses that a request is about; 0 when it is about none. */
    int (*touches)(const struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                   uint64_t *start, uint64_t *end);
    /* The text that iString of a status names; NULL = there is none. */
    const char *(*text)(uint8_t index);
};

extern const struct sim_dialect dfui_sim_st_library;
extern const struct sim_dialect dfui_sim_rom;
extern const struct sim_dialect dfui_sim_dfu11;
extern const struct sim_dialect dfui_sim_runtime;
extern const struct sim_dialect dfui_sim_mboot;
extern const struct sim_dialect dfui_sim_libopencm3;

enum {
    SIM_REQUEST_DETACH = 0,
    SIM_REQUEST_DNLOAD = 1,
    SIM_REQUEST_UPLOAD = 2,
    SIM_REQUEST_GETSTATUS = 3,
    SIM_REQUEST_CLRSTATUS = 4,
    SIM_REQUEST_GETSTATE = 5,
    SIM_REQUEST_ABORT = 6
};

/*
 * What others see of a board's place on the bus. Whoever works on the board, one thread at a time, changes its fields
 * below and publishes them when it is done; other threads read what was published.
 */
struct sim_sighting {
    const struct sim_profile *profile;
    uint64_t back_at_us;
    uint32_t generation;
    uint8_t present;
    uint8_t returns;
    uint8_t config;
};

struct sim_board {
    struct dfu_sim *sim;
    const struct sim_profile *profile; /* loader, or its program */
    const struct sim_profile *loader;  /* sim->profile, or what is beside it */
    struct sim_board *beside; /* the loader of a second DFU interface: its bus, clock and counters are this one's */
    size_t index;
    char serial[64];
    char path[24];
    struct sim_memory memories[SIM_MAX_MEMORIES];
    size_t memory_count;

    /* The loader. A state above 10 is what ST's library gets into. */
    uint8_t state;
    uint8_t status;
    uint8_t stuck; /* busy for ever */
    uint8_t dead;  /* crashed: answers nothing */
    uint8_t config;
    uint8_t alt;
    uint16_t block;  /* of the pending DNLOAD */
    uint32_t length; /* of the pending DNLOAD, 0 = none pending */
    uint32_t pointer;
    uint8_t *buffer; /* transfer_size bytes that keep what was there */
    uint8_t failure; /* status that the finished operation will report, DFU_STATUS_OK = none */
    uint8_t manifested;
    uint8_t pending;          /* mboot: what the next GETSTATUS will do */
    uint8_t text;             /* iString of the next status */
    uint8_t talked;           /* a host sent class requests since the last reset */
    uint8_t used_up;          /* SIM_ONE_SESSION: that host has gone */
    uint16_t next_block;      /* plain DFU: the number that must follow */
    uint32_t offset;          /* plain DFU: where the next block goes or comes from */
    uint32_t firmware;        /* plain DFU: length of what was downloaded, 0 = not known */
    uint8_t incomplete;       /* plain DFU: a download began and did not come to its end */
    uint64_t detach_until_us; /* run time: appDETACH ends */

    /* The bus. */
    uint8_t present;
    uint8_t returns;
    uint64_t back_at_us;
    uint64_t came_at_us;           /* when it was last plugged in */
    uint32_t generation;           /* counts departures: older connections are dead */
    struct sim_sighting published; /* under sim->lock, but for whoever works on the board */
    void *claimed_by;
    void *imported_by; /* USB/IP */

    /* Time. */
    uint64_t clock_us;
    uint64_t blocked_until_us; /* the processor answers nothing before */
    uint64_t busy_until_us;    /* the flash works until then */
    uint64_t poll_until_us;    /* the host was told not to ask before */
    uint64_t first_open_us;
    uint64_t last_close_us;
    uint32_t open_count;
    uint8_t opened;

    uint8_t rot_armed;
    uint8_t rot_has_address;
    uint64_t rot_address;

    uint64_t mass_erases;
    struct dfu_sim_counters counters;
};

/* A host's side of the bus: of one thread. */
struct sim_view {
    struct dfu_sim *sim;
    uint64_t clock_us; /* the furthest of its own waits and of the boards that it has opened */
    struct sim_view *parent;
    atomic_uint_fast64_t children_us; /* the furthest clock of those that it was shared with and that are over */
};

struct dfu_sim {
    const struct sim_profile *profile;
    struct dfu_sim_options options;
    struct sim_board *boards;
    size_t count;
    struct sim_view root; /* of the context that dfu_sim_attach() was for */
    struct sim_lock lock; /* over what boards publish */
    uint64_t wall_base_us;
    struct sim_rule *rules;
    size_t rule_count;
    struct sim_ranges locked; /* write-protected addresses */
    atomic_bool stop;         /* of dfu_sim_serve() */
};

/* clock.c */
uint64_t dfui_sim_wire_us(uint32_t length);
uint64_t dfui_sim_bus_now(struct sim_view *view);
void dfui_sim_bus_wait(struct sim_view *view, uint64_t until_us);
/* A view's clock is never behind that of a board it works with. */
void dfui_sim_bus_follow(struct sim_view *view, struct sim_board *board);
uint64_t dfui_sim_now(struct sim_board *board);
void dfui_sim_wait(struct sim_board *board, uint64_t until_us);
uint64_t dfui_sim_wall_us(void);
/* When the wall clock reaches a simulated time. */
uint64_t dfui_sim_wall_at(const struct dfu_sim *sim, uint64_t us);

/* bus.c: presence */
/* How long it is off the bus when it re-enumerates. */
uint64_t dfui_sim_away_us(const struct sim_board *board);
/* Its loader never starts again. */
void dfui_sim_lock_out(struct sim_board *board);
void dfui_sim_power_up(struct sim_board *board);
void dfui_sim_bus_reset(struct sim_board *board);
/* A reset from the host: the above, and it may begin or end DFU mode, which makes older connections dead. */
void dfui_sim_port_reset(struct sim_board *board);
void dfui_sim_depart(struct sim_board *board, enum sim_departure how, uint64_t away_us);
/* The loader behind an interface of the configuration in force; NULL = there is no such DFU interface. */
struct sim_board *dfui_sim_behind(struct sim_board *board, unsigned interface_number);
int dfui_sim_is_present(struct sim_board *board, uint64_t now_us);
void dfui_sim_publish(struct sim_board *board);
/* What was published; present is what it is at now_us. */
struct sim_sighting dfui_sim_sighting(struct sim_board *board, uint64_t now_us);

/* device.c: any request, and helpers for dialects */
void dfui_sim_request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                      struct sim_reply *reply);
void dfui_sim_send(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, const void *bytes,
                   uint32_t length, struct sim_reply *reply);
void dfui_sim_send_status(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, uint32_t poll_ms,
                          struct sim_reply *reply);
static inline void dfui_sim_set_error(struct sim_board *board, uint8_t status)
{
    board->state = DFU_STATE_ERROR;
    board->status = status;
    board->length = 0;
    board->failure = DFU_STATUS_OK;
}

/* transfer.c: one control transfer, and who watches the board */
/* The device gets the request; returns when its answer is over at the host, if the outcome is not SIM_NEVER. */
uint64_t dfui_sim_begin(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, uint64_t start_us,
                        struct sim_reply *reply);
/* The answer is over: clocks start, and the board leaves if it was to leave. */
void dfui_sim_finish(struct sim_board *board, const struct dfu_usb_setup *setup, const struct sim_reply *reply);
/* The host stopped waiting for an answer that would have come at done_us; the device goes on with its work. */
void dfui_sim_abandon(struct sim_board *board, const struct sim_reply *reply, uint64_t done_us);
void dfui_sim_opened(struct sim_board *board, uint64_t now_us);
void dfui_sim_closed(struct sim_board *board);

/* descriptor.c: standard requests */
enum { SIM_MAX_CONFIGS = 2, SIM_MAX_INTERFACES = 2, SIM_CONFIG_MAX = 9 + 9 + 2 * (9 * SIM_MAX_ALTS + 9) };
/* The configuration at index (from 0); 0 = there is none. */
size_t dfui_sim_config_descriptor(const struct sim_profile *profile, unsigned index, uint8_t out[SIM_CONFIG_MAX]);
uint8_t dfui_sim_serial_index(void);
uint8_t dfui_sim_product_index(void);
void dfui_sim_standard(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                       struct sim_reply *reply);

/* dfuse.c: what DNLOAD data means in DfuSe */
uint32_t dfui_sim_get_u32(const uint8_t *p);
enum sim_command_kind {
    SIM_COMMAND_NONE,
    SIM_COMMAND_LIST,        /* 0x00 */
    SIM_COMMAND_SET_ADDRESS, /* 0x21 and an address */
    SIM_COMMAND_ERASE,       /* 0x41 and an address */
    SIM_COMMAND_MASS_ERASE,  /* 0x41 alone */
    SIM_COMMAND_UNPROTECT,   /* 0x92 */
    SIM_COMMAND_UNKNOWN,
    SIM_COMMAND_RESERVED, /* block 1 */
    SIM_COMMAND_BLOCK
};
struct sim_command {
    enum sim_command_kind kind;
    uint64_t address;
    uint32_t length;
};
void dfui_sim_decode(const struct sim_board *board, uint16_t block, const uint8_t *data, uint32_t length,
                     struct sim_command *out);
int dfui_sim_dfuse_touches(const struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                           uint64_t *start, uint64_t *end);
/* Takes a DNLOAD's data; 0 and a stall when the state does not allow it. */
int dfui_sim_dnload(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                    struct sim_reply *reply);

/* The same for loaders that take it in any state: what the state does not allow is counted and done. */
int dfui_sim_dnload_anyhow(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                           struct sim_reply *reply);

/* work.c: operations on memories, with time and counters */
struct sim_memory *dfui_sim_memory_at(struct sim_board *board, uint64_t address);
uint64_t dfui_sim_erase(struct sim_board *board, struct sim_memory *memory, uint32_t offset);
uint64_t dfui_sim_mass_erase(struct sim_board *board);
/* 1 when the memory holds what was sent as far as the loader can tell. */
int dfui_sim_program(struct sim_board *board, struct sim_memory *memory, uint32_t offset, const uint8_t *data,
                     uint32_t length, int stop, uint64_t *took_us);
/* The power fails: of the command that is pending half is done. */
void dfui_sim_power_cut(struct sim_board *board);
/* How the board leaves when it is told to start what is at the address pointer. */
enum sim_departure dfui_sim_start(struct sim_board *board);

/* protect.c: what the option bytes say */
/* The option bytes with the read protection, or NULL. */
struct sim_memory *dfui_sim_options_of(struct sim_board *board);
/* Level 0, 1 or 2. */
int dfui_sim_rdp(struct sim_board *board);
void dfui_sim_set_rdp(struct sim_board *board, int level);
/* 1 when the flash is in two-bank mode. */
int dfui_sim_two_banks(struct sim_board *board, const struct sim_memory *memory);
/* 1 when the sector there is write-protected. */
int dfui_sim_write_protected(struct sim_board *board, const struct sim_memory *memory, uint32_t offset);

/* floor.c */
uint64_t dfui_sim_floor_us(const struct sim_board *board);
uint64_t dfui_sim_read_floor_us(const struct sim_board *board);

#endif
