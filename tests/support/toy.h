/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A toy DfuSe device over any memory layout, as a transport of its own. It is not the simulator: it keeps no time
 * and has no dialects, but its memory can be whatever a property test makes up, and it shares no code with anything.
 */
#ifndef DFU_TEST_TOY_H
#define DFU_TEST_TOY_H

#include <libdfu/libdfu.h>

#define TOY_REGIONS 6
#define TOY_MEMORY 65536

struct toy_region {
    uint32_t start;
    uint32_t count;
    uint32_t sector;
    char type; /* 'a', 'e' or 'g' */
    uint8_t cells[TOY_MEMORY];
    uint8_t fresh[TOY_MEMORY]; /* erased and not programmed since */
    uint32_t erases[512];      /* by sector */
};

struct toy {
    struct toy_region regions[TOY_REGIONS];
    unsigned region_count;
    uint8_t erased; /* erased value, 0x00 or 0xFF */
    uint16_t transfer_size;
    char layout[512];
    /* protocol */
    uint8_t state;
    uint8_t status;
    uint32_t pointer;
    uint16_t block;
    uint16_t held;
    uint8_t buffer[65536];
    uint64_t clock;
    /* faults: the tear_at-th block (from 1) is programmed in half, and then GETSTATUS stalls for a while */
    unsigned tear_at;
    unsigned blocks;
    unsigned deaf;
    unsigned unreadable; /* UPLOAD stalls, always */
    /* what must not happen */
    unsigned bad_state;
    unsigned outside;
    unsigned programmed_twice;
};

/* Writes the layout string; call after the regions are set. */
void toy_finish(struct toy *toy);
void toy_attach(struct toy *toy, struct dfu_context_options *options);
/* The cell at address, or NULL. */
uint8_t *toy_cell(struct toy *toy, uint64_t address);

#endif
