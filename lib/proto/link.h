/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link: one claimed DFU interface and what is known of its state. Everything that talks to a device goes
 * through a link; everything that waits goes through dfui_link_sleep_until().
 */
#ifndef DFUI_LINK_H
#define DFUI_LINK_H

#include "core/core.h"
#include <libdfu/transport.h>
#include <stdatomic.h>

/* A GETSTATUS reply (DFU 1.1 section 6.1.2). */
struct dfui_status {
    uint8_t status;
    uint8_t state;
    uint8_t string; /* iString */
    uint32_t poll_ms;
};

/* Commands that a device takes alike. */
enum dfui_kind { DFUI_KIND_OTHER, DFUI_KIND_POINT, DFUI_KIND_ERASE, DFUI_KIND_WRITE };

/* What is known of asking early (eager.c). */
struct dfui_eager {
    bool on;
    uint64_t saved_us; /* waiting that early answers made unnecessary */
    struct {
        bool off;      /* taken amiss, or never a gain: as the specification says from now on */
        uint8_t first; /* which of the early moments is tried first */
        uint8_t vain;  /* commands in a row that gained nothing */
    } kinds[DFUI_KIND_WRITE + 1];
};

/* The state is not known: recover before the next command. */
#define DFUI_STATE_UNKNOWN 255

struct dfui_link {
    const struct dfu_transport_ops *ops;
    void *self;
    void *conn;
    const struct dfui_log *log;
    const atomic_bool *cancel; /* NULL = cannot be cancelled */
    uint8_t interface_number;
    uint8_t state;           /* enum dfu_state as far as we know, or DFUI_STATE_UNKNOWN */
    uint32_t quirks;         /* enum dfui_quirk */
    uint32_t retries;        /* transfers that were repeated */
    uint32_t hasty;          /* kinds of commands (1 << enum dfui_kind) the last of which ended without a wait */
    uint32_t known;          /* kinds that the device has done */
    uint64_t busy_until_us;  /* a wait that was cut short by a cancel: the device is busy until then */
    uint64_t busy_limit_us;  /* how long a command that nobody waits for may go on; 0 = 40 s */
    bool waited;             /* the device asked for some time before the last command was done */
    bool endless;            /* the last command was still busy when its time was over */
    bool hangs;              /* so was an earlier erase of this device, which then had come to its end */
    struct dfui_status last; /* the last GETSTATUS reply */
    struct dfui_eager eager;
};

uint64_t dfui_link_now(const struct dfui_link *link);
bool dfui_link_cancelled(const struct dfui_link *link);

/* Sleeps to the deadline in slices of 50 ms; DFU_ERR_CANCELLED when a cancel was seen. */
int dfui_link_sleep_until(struct dfui_link *link, uint64_t deadline_us, struct dfu_error **err);

/* The same, deaf to cancels: for bringing a device back to idle. */
void dfui_link_wait_out(struct dfui_link *link, uint64_t deadline_us);

int dfui_error_cancelled(struct dfu_error **err);

#endif
