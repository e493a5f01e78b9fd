/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault rules: text to rule, and which rules fire at a request. */
#ifndef DFU_SIM_FAULT_H
#define DFU_SIM_FAULT_H

#include <libdfu/error.h>
#include <libdfu/transport.h>
#include <stddef.h>
#include <stdint.h>

struct sim_board;

enum sim_fault_kind {
    SIM_FAULT_STALL,
    SIM_FAULT_TIMEOUT,
    SIM_FAULT_DISCONNECT,
    SIM_FAULT_RECONNECT,
    SIM_FAULT_POWER,
    SIM_FAULT_SHORT,
    SIM_FAULT_FLIP,
    SIM_FAULT_ROT,
    SIM_FAULT_STATE,
    SIM_FAULT_POLL,
    SIM_FAULT_STATUS,
    SIM_FAULT_KINDS
};

struct sim_rule {
    enum sim_fault_kind kind;
    uint32_t value; /* of state, poll, status */
    int by_address;
    uint64_t at; /* request number from 1, or address */
    int one_board;
    uint64_t board;
    uint8_t *reached; /* one byte a board: 1 = its request came, 2 = fired */
};

int dfui_sim_rule_parse(const char *rule, struct sim_rule *out, struct dfu_error **err);

/* The faults of one request. */
struct sim_faults {
    uint32_t kinds; /* bit 1 << enum sim_fault_kind */
    uint32_t state;
    uint32_t poll_ms;
    uint32_t status;
    int flip_has_address;
    uint64_t flip_address;
    int rot_has_address;
    uint64_t rot_address;
};

void dfui_sim_faults_find(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                          struct sim_faults *out);

#endif
