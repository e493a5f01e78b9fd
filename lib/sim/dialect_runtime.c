/* SPDX-License-Identifier: BSD-2-Clause */
/* A program with a run-time DFU interface (DFU 1.1 sections 4.1 and 5.1, states appIDLE and appDETACH). It knows how
 * to begin DFU mode and nothing else. */
#include "sim/board.h"

enum { WILL_DETACH = 1u << 3 }; /* bmAttributes */

static void refuse(struct sim_board *board, struct sim_reply *reply)
{
    board->counters.bad_state++;
    board->state = DFU_STATE_APP_IDLE;
    reply->outcome = SIM_STALLED;
}

static void detach(struct sim_board *board, const struct dfu_usb_setup *setup, struct sim_reply *reply)
{
    const struct sim_profile *profile = board->profile;
    if (board->state != DFU_STATE_APP_IDLE) {
        refuse(board, reply);
        return;
    }
    if (profile->attributes & WILL_DETACH) {
        reply->departure = SIM_SWITCHES;
        reply->away_us = dfui_sim_away_us(board);
        reply->unanswered = (profile->habits & SIM_LEAVES_UNANSWERED) != 0;
        return;
    }
    /* The host may ask for less time than the program offers, not for more. */
    uint32_t ms = setup->value < profile->detach_ms ? setup->value : profile->detach_ms;
    board->state = DFU_STATE_APP_DETACH;
    board->detach_until_us = dfui_sim_now(board) + (uint64_t)ms * 1000;
}

static void request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    if (board->state == DFU_STATE_APP_DETACH && dfui_sim_now(board) >= board->detach_until_us)
        board->state = DFU_STATE_APP_IDLE;
    switch (setup->request) {
    case SIM_REQUEST_DETACH:
        detach(board, setup, reply);
        break;
    case SIM_REQUEST_GETSTATUS:
        dfui_sim_send_status(board, setup, data, 0, reply);
        break;
    case SIM_REQUEST_GETSTATE:
        dfui_sim_send(board, setup, data, &board->state, 1, reply);
        break;
    default:
        refuse(board, reply);
        break;
    }
}

static int touches(const struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                   uint64_t *start, uint64_t *end)
{
    (void)board;
    (void)setup;
    (void)data;
    (void)start;
    (void)end;
    return 0;
}

const struct sim_dialect dfui_sim_runtime = {
    .name = "run time",
    .quirks = "",
    .request = request,
    .touches = touches,
};
