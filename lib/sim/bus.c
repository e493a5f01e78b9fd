/* SPDX-License-Identifier: BSD-2-Clause */
/* A board's presence on the bus. */
#include "sim/board.h"

static int in_program(const struct sim_board *board)
{
    return board->profile != board->loader;
}

/* The loader or program starts afresh: flash keeps its contents, everything else is forgotten. */
static void start_afresh(struct sim_board *board)
{
    board->state = in_program(board) ? DFU_STATE_APP_IDLE : DFU_STATE_IDLE;
    board->status = DFU_STATUS_OK;
    board->stuck = 0;
    board->alt = 0;
    board->block = 0;
    board->length = 0;
    board->pointer = board->profile->pointer;
    board->failure = DFU_STATUS_OK;
    board->manifested = 0;
    board->pending = 0;
    board->text = 0;
    board->talked = 0;
    board->used_up = 0;
    board->next_block = 0;
    board->offset = 0;
    board->detach_until_us = 0;
    board->blocked_until_us = 0;
    board->busy_until_us = 0;
    board->poll_until_us = 0;
    board->rot_armed = 0;
    board->claimed_by = NULL;
}

void dfui_sim_bus_reset(struct sim_board *board)
{
    start_afresh(board);
    if (board->beside != NULL)
        start_afresh(board->beside);
}

struct sim_board *dfui_sim_behind(struct sim_board *board, unsigned interface_number)
{
    if (board->beside == NULL || in_program(board))
        return interface_number == dfui_sim_interface(board->profile) ? board : NULL;
    /* In a second configuration it is alone, and has the first number again. */
    int second = dfui_sim_config_count(board->profile) == 2;
    if (interface_number == 0)
        return second && board->config == 2 ? board->beside : board;
    return interface_number == 1 && !second ? board->beside : NULL;
}

uint64_t dfui_sim_away_us(const struct sim_board *board)
{
    uint64_t ms = board->sim->options.away_ms;
    return ms != 0 ? ms * 1000 : 500000;
}

static void switch_mode(struct sim_board *board)
{
    board->profile = in_program(board) ? board->loader : board->loader->program;
}

/* DFU 1.1 figure A.1: in appDETACH a reset begins DFU mode, and in DFU mode it ends it, unless there is nothing to
 * go back to. ST's loaders take no notice. */
void dfui_sim_port_reset(struct sim_board *board)
{
    uint64_t now = dfui_sim_now(board);
    int begins = in_program(board) && board->state == DFU_STATE_APP_DETACH && now < board->detach_until_us;
    int ends = !in_program(board) && board->profile->program != NULL && board->profile->dialect == &dfui_sim_dfu11;
    if (board->state == DFU_STATE_MANIFEST && now < board->busy_until_us)
        board->incomplete = 1;
    int switches = begins || (ends && !board->incomplete);
    if (board->sim->options.away_ms != 0) {
        dfui_sim_depart(board, switches ? SIM_SWITCHES : SIM_RETURNS, dfui_sim_away_us(board));
    } else {
        board->generation += (uint32_t)switches;
        if (switches)
            switch_mode(board);
        dfui_sim_bus_reset(board);
    }
    if (ends && board->incomplete)
        dfui_sim_set_error(board, DFU_STATUS_ERR_FIRMWARE);
}

void dfui_sim_power_up(struct sim_board *board)
{
    dfui_sim_bus_reset(board);
    board->config = 1;
    memset(board->buffer, 0, board->loader->transfer_size);
    if (board->beside != NULL)
        memset(board->beside->buffer, 0, board->beside->loader->transfer_size);
    if (board->profile->habits & SIM_STARTS_IN_ERROR)
        dfui_sim_set_error(board, DFU_STATUS_ERR_FIRMWARE);
}

void dfui_sim_depart(struct sim_board *board, enum sim_departure how, uint64_t away_us)
{
    if (how == SIM_SWITCHES)
        switch_mode(board);
    dfui_sim_power_up(board);
    board->generation++;
    board->present = 0;
    board->returns = how != SIM_GONE;
    board->back_at_us = dfui_sim_now(board) + away_us;
}

void dfui_sim_lock_out(struct sim_board *board)
{
    dfui_sim_depart(board, SIM_GONE, 0);
    dfui_sim_publish(board);
}

static int check_board(const struct dfu_sim *sim, size_t board, struct dfu_error **err)
{
    if (sim == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no simulator given");
    if (board >= sim->count)
        return dfu_error_set(err, DFU_ERR_RANGE, "board %zu of %zu (from 0)", board, sim->count);
    return DFU_OK;
}

static void unplug(struct sim_board *board)
{
    const struct sim_profile *profile = board->sim->profile;
    board->profile = profile->starts_in_program ? profile->program : profile;
    dfui_sim_depart(board, SIM_GONE, 0);
}

int dfu_sim_unplug(struct dfu_sim *sim, size_t board, struct dfu_error **err)
{
    int rc = check_board(sim, board, err);
    if (rc != DFU_OK)
        return rc;
    unplug(&sim->boards[board]);
    dfui_sim_publish(&sim->boards[board]);
    return DFU_OK;
}

int dfu_sim_plug(struct dfu_sim *sim, size_t board, uint64_t at_us, struct dfu_error **err)
{
    int rc = check_board(sim, board, err);
    if (rc != DFU_OK)
        return rc;
    struct sim_board *found = &sim->boards[board];
    unplug(found);
    found->present = at_us == 0;
    found->returns = 1;
    found->back_at_us = at_us;
    dfui_sim_publish(found);
    return DFU_OK;
}

void dfui_sim_publish(struct sim_board *board)
{
    const struct sim_sighting *last = &board->published;
    if (last->profile == board->profile && last->generation == board->generation && last->present == board->present &&
        last->returns == board->returns && last->config == board->config && last->back_at_us == board->back_at_us)
        return;
    dfui_sim_lock(&board->sim->lock);
    board->published = (struct sim_sighting){.profile = board->profile,
                                             .back_at_us = board->back_at_us,
                                             .generation = board->generation,
                                             .present = board->present,
                                             .returns = board->returns,
                                             .config = board->config};
    dfui_sim_unlock(&board->sim->lock);
}

struct sim_sighting dfui_sim_sighting(struct sim_board *board, uint64_t now_us)
{
    dfui_sim_lock(&board->sim->lock);
    struct sim_sighting seen = board->published;
    dfui_sim_unlock(&board->sim->lock);
    if (seen.returns && now_us >= seen.back_at_us)
        seen.present = 1;
    return seen;
}

int dfui_sim_is_present(struct sim_board *board, uint64_t now_us)
{
    if (!board->present && board->returns && now_us >= board->back_at_us) {
        board->present = 1;
        board->came_at_us = board->back_at_us;
    }
    return board->present;
}
