/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor: the least time any host could need for the erases and the programming that were done, if it made no
 * request too many and never waited longer than it was told. tests/support/floor.py computes the same from an
 * image instead of from what happened. */
#include "sim/board.h"

enum { STATUS_BYTES = 6, ADDRESS_COMMAND_BYTES = 5, MASS_ERASE_BYTES = 1 };

/* A DNLOAD, the GETSTATUS that starts the work, the wait that it tells, the GETSTATUS that ends it. */
static uint64_t command_us(const struct sim_profile *profile, uint32_t bytes, uint64_t work_us)
{
    uint64_t wire = dfui_sim_wire_us(bytes) + 2 * dfui_sim_wire_us(STATUS_BYTES);
    if (profile->poll_ms != 0)
        return wire + work_us + (uint64_t)profile->poll_ms * 1000;
    return wire + (work_us + 999) / 1000 * 1000;
}

static int has_pointer(const struct sim_profile *profile)
{
    return profile->protocol == 0x011A;
}

static uint64_t erase_floor(const struct sim_profile *profile, const struct sim_memory *memory)
{
    uint64_t total = 0;
    for (uint32_t offset = 0; offset < memory->length;) {
        struct sim_sector sector;
        dfui_sim_memory_sector(memory, offset, &sector);
        /* Plain DFU erases as part of programming, without a command of its own. */
        if (memory->erased[sector.index])
            total +=
                has_pointer(profile) ? command_us(profile, ADDRESS_COMMAND_BYTES, sector.erase_us) : sector.erase_us;
        offset += sector.size;
    }
    return total;
}

static uint64_t program_floor(const struct sim_profile *profile, const struct sim_memory *memory)
{
    uint64_t total = 0;
    uint32_t size = profile->transfer_size;
    if (memory->programmed.count > 0 && has_pointer(profile))
        total += command_us(profile, ADDRESS_COMMAND_BYTES, 0);
    for (size_t i = 0; i < memory->programmed.count; i++) {
        uint32_t length = memory->programmed.at[i].end - memory->programmed.at[i].start;
        uint32_t last = length % size;
        total += (length / size) * command_us(profile, size, dfui_sim_memory_program_us(memory->row, size));
        if (last > 0)
            total += command_us(profile, last, dfui_sim_memory_program_us(memory->row, last));
    }
    return total;
}

uint64_t dfui_sim_floor_us(const struct sim_board *board)
{
    const struct sim_profile *profile = board->loader;
    uint64_t total = board->mass_erases * command_us(profile, MASS_ERASE_BYTES, profile->mass_erase_us);
    for (size_t i = 0; i < board->memory_count; i++)
        total += erase_floor(profile, &board->memories[i]) + program_floor(profile, &board->memories[i]);
    return total;
}

uint64_t dfui_sim_read_floor_us(const struct sim_board *board)
{
    const struct sim_profile *profile = board->loader;
    uint64_t total = 0;
    for (size_t i = 0; i < board->memory_count; i++) {
        const struct sim_ranges *ranges = &board->memories[i].uploaded;
        if (ranges->count > 0 && has_pointer(profile))
            total += command_us(profile, ADDRESS_COMMAND_BYTES, 0) + dfui_sim_wire_us(0);
        for (size_t r = 0; r < ranges->count; r++) {
            uint32_t length = ranges->at[r].end - ranges->at[r].start;
            uint32_t last = length % profile->transfer_size;
            total += (length / profile->transfer_size) * dfui_sim_wire_us(profile->transfer_size);
            if (last > 0)
                total += dfui_sim_wire_us(last);
        }
    }
    return total;
}
