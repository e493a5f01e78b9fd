/* SPDX-License-Identifier: BSD-2-Clause */
/* A board's presence on the bus. */
#include "sim/board.h"

/* The loader starts afresh: flash keeps its contents, everything else is forgotten. */
void dfui_sim_bus_reset(struct sim_board *board)
{
    board->state = DFU_STATE_IDLE;
    board->status = DFU_STATUS_OK;
    board->stuck = 0;
    board->alt = 0;
    board->block = 0;
    board->length = 0;
    board->pointer = board->profile->pointer;
    board->failure = DFU_STATUS_OK;
    board->manifested = 0;
    board->next_block = 0;
    board->offset = 0;
    board->blocked_until_us = 0;
    board->busy_until_us = 0;
    board->poll_until_us = 0;
    board->rot_armed = 0;
    board->claimed_by = NULL;
}

void dfui_sim_power_up(struct sim_board *board)
{
    dfui_sim_bus_reset(board);
    board->config = 1;
    memset(board->buffer, 0, board->profile->transfer_size);
    if (board->profile->habits & SIM_STARTS_IN_ERROR)
        dfui_sim_set_error(board, DFU_STATUS_ERR_FIRMWARE);
}

void dfui_sim_depart(struct sim_board *board, enum sim_departure how, uint64_t away_us)
{
    dfui_sim_power_up(board);
    board->generation++;
    board->present = 0;
    board->returns = how == SIM_RETURNS;
    board->back_at_us = dfui_sim_now(board) + away_us;
}

int dfui_sim_is_present(struct sim_board *board, uint64_t now_us)
{
    if (!board->present && board->returns && now_us >= board->back_at_us)
        board->present = 1;
    return board->present;
}
