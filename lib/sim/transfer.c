/* SPDX-License-Identifier: BSD-2-Clause */
/* A control transfer from the bus's side: when it is answered and what follows from it. Whoever carries it (the
 * in-process transport, USB/IP) does the waiting. */
#include "sim/board.h"

uint64_t dfui_sim_begin(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, uint64_t start_us,
                        struct sim_reply *reply)
{
    dfui_sim_request(board, setup, data, reply);
    return start_us + dfui_sim_wire_us(reply->length) + reply->inside_us;
}

void dfui_sim_finish(struct sim_board *board, const struct dfu_usb_setup *setup, const struct sim_reply *reply)
{
    uint64_t now = dfui_sim_now(board);
    struct sim_board *loader = reply->loader != NULL ? reply->loader : board;
    if (setup->request == SIM_REQUEST_GETSTATUS && (setup->type & 0x60) != 0) {
        if (reply->busy_us > 0)
            loader->busy_until_us = now + reply->busy_us;
        if (reply->deaf_us > 0)
            board->blocked_until_us = now + reply->deaf_us; /* the processor is one for both */
        loader->poll_until_us = reply->poll_ms > 0 ? now + (uint64_t)reply->poll_ms * 1000 : 0;
    }
    /* Whoever brought the loader back to dfuIDLE need not wait for what it was about to do. */
    if (loader->state == DFU_STATE_IDLE)
        loader->poll_until_us = 0;
    if (reply->departure != SIM_STAYS) {
        dfui_sim_depart(board, reply->departure, reply->away_us);
        if (reply->to_idle)
            dfui_sim_bus_reset(board);
    }
}

void dfui_sim_abandon(struct sim_board *board, const struct sim_reply *reply, uint64_t done_us)
{
    struct sim_board *loader = reply->loader != NULL ? reply->loader : board;
    board->blocked_until_us = reply->inside_us > 0 || reply->deaf_us > 0 ? done_us + reply->deaf_us : 0;
    loader->busy_until_us = reply->busy_us > 0 ? done_us + reply->busy_us : loader->busy_until_us;
    loader->poll_until_us = 0;
}

void dfui_sim_opened(struct sim_board *board, uint64_t now_us)
{
    /* The board's clock stood still while nobody watched it. */
    if (board->clock_us < now_us)
        board->clock_us = now_us;
    if (!board->opened)
        board->first_open_us = dfui_sim_now(board);
    board->opened = 1;
    board->open_count++;
    board->poll_until_us = 0; /* a new host was told nothing yet */
    if (board->beside != NULL)
        board->beside->poll_until_us = 0;
}

void dfui_sim_closed(struct sim_board *board)
{
    board->open_count--;
    board->used_up = board->profile->habits & SIM_ONE_SESSION && board->talked;
    board->last_close_us = dfui_sim_now(board);
}
