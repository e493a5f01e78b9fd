/* SPDX-License-Identifier: BSD-2-Clause */
/* Read and write protection, as the chip takes them from its option bytes at every reset. */
#include "sim/board.h"

struct sim_memory *dfui_sim_options_of(struct sim_board *board)
{
    for (size_t i = 0; i < board->memory_count; i++) {
        struct sim_memory *memory = &board->memories[i];
        if (memory->row->kind == SIM_OPTION && memory->row->unprotected != 0)
            return memory;
    }
    return NULL;
}

static uint8_t byte_at(struct sim_memory *memory, uint32_t offset)
{
    uint8_t byte = 0;
    dfui_sim_memory_read(memory, offset, &byte, 1);
    return byte;
}

int dfui_sim_rdp(struct sim_board *board)
{
    struct sim_memory *memory = dfui_sim_options_of(board);
    if (memory == NULL)
        return 0;
    const struct sim_memory_row *row = memory->row;
    uint8_t byte = byte_at(memory, row->rdp_offset);
    /* What does not fit its complement counts as erased. */
    if (row->complement != 0 && (byte ^ byte_at(memory, row->rdp_offset + (uint32_t)row->complement)) != 0xFF)
        return 1;
    if (byte == row->unprotected)
        return 0;
    return row->unprotected == 0xAA && byte == 0xCC ? 2 : 1; /* F1 has no level 2 */
}

void dfui_sim_set_rdp(struct sim_board *board, int level)
{
    struct sim_memory *memory = dfui_sim_options_of(board);
    if (memory == NULL)
        return;
    const struct sim_memory_row *row = memory->row;
    uint8_t byte = level == 0 ? row->unprotected : level == 1 ? 0x00 : 0xCC;
    uint8_t other = (uint8_t)~byte;
    uint32_t changed = memory->changed;
    dfui_sim_memory_load(memory, row->rdp_offset, &byte, 1);
    if (row->complement != 0)
        dfui_sim_memory_load(memory, row->rdp_offset + (uint32_t)row->complement, &other, 1);
    memory->changed = changed;
}

/* Bit n of the write protection, 1 = protected. */
static int wrp_bit(struct sim_memory *options, uint32_t n)
{
    switch (options->row->wrp) {
    case SIM_WRP_F1: /* a byte and its complement in turn; 4 KiB a bit, the last one is for all the rest */
        if (n > 31)
            n = 31;
        return (byte_at(options, 8 + n / 8 * 2) >> (n % 8) & 1) == 0;
    case SIM_WRP_L1: /* a half-word and its complement in turn; 4 KiB a bit */
        if (8 + n / 16 * 4 + 1 >= options->length)
            return 0;
        return (byte_at(options, 8 + n / 16 * 4 + n % 16 / 8) >> (n % 8) & 1) == 1;
    case SIM_WRP_F4: /* a sector a bit */
        return n < 12 && (byte_at(options, 8 + n / 8) >> (n % 8) & 1) == 0;
    default:
        return 0;
    }
}

int dfui_sim_two_banks(struct sim_board *board, const struct sim_memory *memory)
{
    struct sim_memory *options = dfui_sim_options_of(board);
    return memory->row->in_two_banks[0].count != 0 && options != NULL && (byte_at(options, 9) & 1u << 5) == 0;
}

/* Two areas of first to last page. */
static int in_page_area(struct sim_memory *options, uint32_t page)
{
    for (uint32_t at = 24; at <= 32; at += 8)
        if (page >= byte_at(options, at) && page <= byte_at(options, at + 2))
            return 1;
    return 0;
}

/* The second area of option bytes is that of bank 2. */
static struct sim_memory *second_options(struct sim_board *board)
{
    int first = 1;
    for (size_t i = 0; i < board->memory_count; i++) {
        if (board->memories[i].row->kind != SIM_OPTION)
            continue;
        if (!first)
            return &board->memories[i];
        first = 0;
    }
    return NULL;
}

int dfui_sim_write_protected(struct sim_board *board, const struct sim_memory *memory, uint32_t offset)
{
    struct sim_memory *options = dfui_sim_options_of(board);
    struct sim_sector sector;
    if (options == NULL || memory != &board->memories[0] || memory->row->kind != SIM_FLASH)
        return 0;
    dfui_sim_memory_sector(memory, offset, &sector);
    switch (options->row->wrp) {
    case SIM_WRP_F1:
    case SIM_WRP_L1:
        return wrp_bit(options, offset / 4096);
    case SIM_WRP_F4:
        return wrp_bit(options, sector.index);
    case SIM_WRP_PAGES:
        if (second_options(board) != NULL && sector.index >= memory->sectors / 2)
            return in_page_area(second_options(board), sector.index - memory->sectors / 2);
        return in_page_area(options, sector.index);
    default:
        return 0;
    }
}

int dfu_sim_protect(struct dfu_sim *sim, size_t board, uint32_t level, struct dfu_error **err)
{
    if (sim == NULL || level > 2)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "read protection level %u, or no simulator: levels are 0, 1 and 2",
                             level);
    if (board >= sim->count)
        return dfu_error_set(err, DFU_ERR_RANGE, "board %zu of %zu (from 0)", board, sim->count);
    struct sim_board *b = &sim->boards[board];
    struct sim_memory *options = dfui_sim_options_of(b);
    if (options == NULL || (level == 2 && options->row->unprotected != 0xAA))
        return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "%s has no read protection of level %u", sim->profile->name,
                             level);
    dfui_sim_set_rdp(b, (int)level);
    if (level == 2)
        dfui_sim_lock_out(b);
    return DFU_OK;
}
