/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on a board's memories: what they cost and what they leave in the counters. */
#include "sim/board.h"

struct sim_memory *dfui_sim_memory_at(struct sim_board *board, uint64_t address)
{
    for (size_t i = 0; i < board->memory_count; i++) {
        uint64_t start = board->memories[i].row->start;
        if (address >= start && address - start < board->memories[i].length)
            return &board->memories[i];
    }
    return NULL;
}

/* Whether flash at an offset is write-protected: the hardware takes its time, says OK and changes nothing (E7). */
static int locked(const struct sim_board *board, const struct sim_memory *memory, uint32_t offset)
{
    const struct sim_ranges *locked = &board->sim->locked;
    uint32_t address = memory->row->start + offset;
    for (size_t i = 0; i < locked->count; i++)
        if (address - locked->at[i].start < locked->at[i].end - locked->at[i].start)
            return 1;
    return 0;
}

/* The sector that an erase at offset hits in two-bank mode; its index stays that of the map's. */
static void find_banked(const struct sim_memory *memory, uint32_t offset, struct sim_sector *sector)
{
    uint32_t start = 0;
    for (const struct sim_sectors *s = memory->row->in_two_banks;
         s < memory->row->in_two_banks + SIM_MAX_GROUPS && s->count != 0; s++) {
        if (offset - start < s->count * s->size) {
            sector->offset = offset - (offset - start) % s->size;
            sector->size = s->size;
            sector->erase_us = s->erase_us;
            return;
        }
        start += s->count * s->size;
    }
}

uint64_t dfui_sim_erase(struct sim_board *board, struct sim_memory *memory, uint32_t offset)
{
    struct sim_sector sector;
    dfui_sim_memory_sector(memory, offset, &sector);
    if (dfui_sim_two_banks(board, memory))
        find_banked(memory, offset, &sector);
    if (locked(board, memory, offset))
        return sector.erase_us;
    dfui_sim_memory_erase(memory, &sector);
    memory->erased[sector.index] = 1;
    board->counters.erase++;
    board->counters.busy_us += sector.erase_us;
    return sector.erase_us;
}

uint64_t dfui_sim_mass_erase(struct sim_board *board)
{
    if (board->profile->habits & SIM_NO_MASS_ERASE)
        return board->profile->mass_erase_us;
    for (size_t i = 0; i < board->memory_count; i++) {
        struct sim_memory *memory = &board->memories[i];
        if (memory->row->kind != SIM_FLASH)
            continue;
        for (uint32_t offset = 0; offset < memory->length;) {
            struct sim_sector sector;
            dfui_sim_memory_sector(memory, offset, &sector);
            offset += sector.size;
            if (locked(board, memory, sector.offset))
                continue;
            dfui_sim_memory_erase(memory, &sector);
            board->counters.erase++;
        }
    }
    board->mass_erases++;
    board->counters.busy_us += board->profile->mass_erase_us;
    return board->profile->mass_erase_us;
}

/* A bit goes bad in what has just been programmed: the byte the rule names, or the middle one. */
static void rot(struct sim_board *board, struct sim_memory *memory, uint32_t offset, uint32_t length)
{
    if (!board->rot_armed)
        return;
    uint32_t at = offset + length / 2;
    if (board->rot_has_address) {
        uint64_t start = (uint64_t)memory->row->start + offset;
        if (board->rot_address < start || board->rot_address - start >= length)
            return;
        at = (uint32_t)(board->rot_address - memory->row->start);
    }
    board->rot_armed = 0;
    dfui_sim_memory_flip(memory, at);
}

int dfui_sim_program(struct sim_board *board, struct sim_memory *memory, uint32_t offset, const uint8_t *data,
                     uint32_t length, int stop, uint64_t *took_us)
{
    struct sim_programmed done;
    if (locked(board, memory, offset)) {
        *took_us = dfui_sim_memory_program_us(memory->row, length);
        return !stop;
    }
    dfui_sim_memory_program(memory, offset, data, length, stop, &done);
    board->counters.write_unerased += done.violations;
    *took_us = dfui_sim_memory_program_us(memory->row, done.bytes);
    board->counters.busy_us += *took_us;
    dfui_sim_ranges_add(&memory->programmed, offset, offset + done.bytes);
    if (done.bytes > 0)
        rot(board, memory, offset, done.bytes);
    return !done.differs;
}

void dfui_sim_power_cut(struct sim_board *board)
{
    struct sim_command command;
    if (board->profile->dialect == &dfui_sim_dfu11 || board->state != DFU_STATE_DNLOAD_SYNC || board->length == 0)
        return;
    dfui_sim_decode(board, board->block, board->buffer, board->length, &command);
    struct sim_memory *memory = dfui_sim_memory_at(board, command.address);
    if (memory == NULL || memory->row->kind != SIM_FLASH)
        return;
    uint32_t offset = (uint32_t)(command.address - memory->row->start);
    if (command.kind == SIM_COMMAND_ERASE) {
        struct sim_sector sector;
        dfui_sim_memory_sector(memory, offset, &sector);
        dfui_sim_memory_half_erase(memory, &sector);
    } else if (command.kind == SIM_COMMAND_BLOCK && command.length <= memory->length - offset) {
        uint64_t took;
        uint32_t half = command.length / 2 / memory->row->word * memory->row->word;
        (void)dfui_sim_program(board, memory, offset, board->buffer, half, 0, &took);
        dfui_sim_memory_disturb(memory, offset + half);
    }
}

/* Whether a program would start from the address pointer. */
static int starts(struct sim_board *board)
{
    struct sim_memory *memory = dfui_sim_memory_at(board, board->pointer);
    if (memory == NULL || memory->length < 8 || board->pointer - memory->row->start > memory->length - 8)
        return 0;
    uint8_t v[8];
    dfui_sim_memory_read(memory, board->pointer - memory->row->start, v, sizeof v);
    if (board->profile->habits & SIM_STARTS_ANY_CODE)
        return (v[0] & v[1] & v[2] & v[3]) != memory->row->erased;
    uint32_t sp = (uint32_t)v[0] | (uint32_t)v[1] << 8 | (uint32_t)v[2] << 16 | (uint32_t)v[3] << 24;
    uint32_t pc = (uint32_t)v[4] | (uint32_t)v[5] << 8 | (uint32_t)v[6] << 16 | (uint32_t)v[7] << 24;
    int sp_good = (sp >= 0x10000000 && sp <= 0x1000FFFF) || (sp >= 0x20000000 && sp <= 0x3FFFFFFF);
    return sp_good && (pc & 1) != 0 && pc - memory->row->start < memory->length;
}

enum sim_departure dfui_sim_start(struct sim_board *board)
{
    if (!starts(board) || board->profile->habits & SIM_STARTS_NOTHING)
        return SIM_RETURNS;
    return board->profile->program != NULL ? SIM_SWITCHES : SIM_GONE;
}
