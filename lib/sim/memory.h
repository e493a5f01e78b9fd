/* SPDX-License-Identifier: BSD-2-Clause */
/* One memory of one board: NOR flash rules, and a journal of what was done to it for the floor. */
#ifndef DFU_SIM_MEMORY_H
#define DFU_SIM_MEMORY_H

#include "sim/profile.h"

struct sim_range {
    uint32_t start;
    uint32_t end;
};

/* Sorted, never touching one another. Offsets into a memory. */
struct sim_ranges {
    struct sim_range *at;
    size_t count;
    size_t room;
};

struct sim_memory {
    const struct sim_memory_row *row;
    uint8_t *cells;  /* valid where filled says so */
    uint8_t *filled; /* one byte for each page of SIM_PAGE */
    uint8_t *used;   /* ECC parts: one byte for each flash word, 1 = programmed since the last erase */
    uint8_t *erased; /* one byte for each sector: erased by command at least once */
    uint32_t length;
    uint32_t sectors;
    uint64_t seed; /* of random contents; 0 = starts erased */
    uint32_t changed;
    struct sim_ranges programmed;
    struct sim_ranges uploaded;
};

enum { SIM_PAGE = 65536 };

int dfui_sim_memory_init(struct sim_memory *memory, const struct sim_memory_row *row, uint64_t seed);
void dfui_sim_memory_free(struct sim_memory *memory);

/* Makes every page resident, so that cells is all there. */
void dfui_sim_memory_fill(struct sim_memory *memory);

/* In the functions below offset + length is inside the memory. */
void dfui_sim_memory_read(struct sim_memory *memory, uint32_t offset, uint8_t *out, uint32_t length);
void dfui_sim_memory_load(struct sim_memory *memory, uint32_t offset, const uint8_t *data, uint32_t length);
void dfui_sim_memory_flip(struct sim_memory *memory, uint32_t offset);

struct sim_sector {
    uint32_t index;
    uint32_t offset;
    uint32_t size;
    uint32_t erase_us;
};
void dfui_sim_memory_sector(const struct sim_memory *memory, uint32_t offset, struct sim_sector *out);
void dfui_sim_memory_erase(struct sim_memory *memory, const struct sim_sector *sector);

/* The power failed: half of the sector keeps what it held. */
void dfui_sim_memory_half_erase(struct sim_memory *memory, const struct sim_sector *sector);
/* The power failed while the flash word at offset was programmed: it reads as before, but is no longer erased. */
void dfui_sim_memory_disturb(struct sim_memory *memory, uint32_t offset);

/* What became of a programming operation. */
struct sim_programmed {
    uint32_t bytes;      /* programmed before it ended */
    uint32_t violations; /* flash words that were not erased */
    int differs;         /* a word does not hold what was sent: the driver saw it and stopped there */
};
/* With stop: checks each word after programming it, as ST's flash driver example does. */
void dfui_sim_memory_program(struct sim_memory *memory, uint32_t offset, const uint8_t *data, uint32_t length, int stop,
                             struct sim_programmed *out);

uint64_t dfui_sim_memory_program_us(const struct sim_memory_row *row, uint32_t length);

/* Adds a range; quietly does nothing without memory (the floor is then too low). */
void dfui_sim_ranges_add(struct sim_ranges *ranges, uint32_t start, uint32_t end);

#endif
