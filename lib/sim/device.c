/* SPDX-License-Identifier: BSD-2-Clause */
/* Any request to a device: one function that takes a SETUP packet. Class requests are counted here and meet
 * their faults here; what they mean is a dialect's matter. */
#include "sim/board.h"

/* More than two hours: what a device of quirk B7 may say. */
enum { BOGUS_POLL_MS = 0x800000 };

void dfui_sim_send(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, const void *bytes,
                   uint32_t length, struct sim_reply *reply)
{
    if (length > setup->length && (board->profile->habits & SIM_BABBLES)) {
        reply->outcome = SIM_BABBLED;
        return;
    }
    reply->outcome = SIM_ANSWERED;
    reply->length = length < setup->length ? length : setup->length;
    if (reply->length > 0)
        memcpy(data, bytes, reply->length);
}

void dfui_sim_send_status(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, uint32_t poll_ms,
                          struct sim_reply *reply)
{
    int bogus = board->profile->habits & SIM_BOGUS_POLL ? 1 : 0;
    uint32_t told_ms = bogus ? BOGUS_POLL_MS : poll_ms;
    uint8_t status[6] = {board->status, (uint8_t)told_ms, (uint8_t)(told_ms >> 8), (uint8_t)(told_ms >> 16),
                         board->state,  board->text};
    reply->poll_ms = bogus ? -1 : (int32_t)(poll_ms & 0xFFFFFF);
    dfui_sim_send(board, setup, data, status, sizeof status, reply);
}

static void count(struct sim_board *board, const struct dfu_usb_setup *setup)
{
    board->counters.transfers++;
    if (setup->request == SIM_REQUEST_DNLOAD)
        board->counters.dnload++;
    if (setup->request == SIM_REQUEST_UPLOAD)
        board->counters.upload++;
    if (setup->request == SIM_REQUEST_GETSTATUS) {
        board->counters.getstatus++;
        if (dfui_sim_now(board) < board->poll_until_us)
            board->counters.early_poll++;
    }
}

static int has(const struct sim_faults *faults, enum sim_fault_kind kind)
{
    return (faults->kinds & (1u << kind)) != 0;
}

/* A bit of a block on its way in: the byte the rule names, or the middle one. */
static void flip(struct sim_board *board, const struct sim_faults *faults, const struct dfu_usb_setup *setup,
                 uint8_t *data)
{
    uint64_t start;
    uint64_t end;
    uint32_t at = setup->length / 2u;
    if (faults->flip_has_address && board->profile->dialect->touches(board, setup, data, &start, &end))
        at = (uint32_t)(faults->flip_address - start);
    if (at < setup->length)
        data[at] ^= 0x10;
}

/* What a fault makes of the request before the loader sees it; 1 = the loader does not see it. */
static int fault_before(struct sim_board *board, const struct sim_faults *faults, struct dfu_usb_setup *setup,
                        uint8_t *data, struct sim_reply *reply)
{
    if (has(faults, SIM_FAULT_POWER) && setup->request == SIM_REQUEST_GETSTATUS)
        dfui_sim_power_cut(board);
    if (has(faults, SIM_FAULT_DISCONNECT) || has(faults, SIM_FAULT_RECONNECT) || has(faults, SIM_FAULT_POWER)) {
        reply->departure = has(faults, SIM_FAULT_DISCONNECT) ? SIM_GONE : SIM_RETURNS;
        reply->away_us = dfui_sim_away_us(board);
        reply->unanswered = 1;
        reply->to_idle = 1;
        return 1;
    }
    if (has(faults, SIM_FAULT_STALL)) {
        reply->outcome = SIM_STALLED;
        return 1;
    }
    int asks_state = setup->request == SIM_REQUEST_GETSTATUS || setup->request == SIM_REQUEST_GETSTATE;
    if (has(faults, SIM_FAULT_STATUS)) {
        dfui_sim_set_error(board, (uint8_t)faults->status);
        if (setup->request == SIM_REQUEST_DNLOAD) {
            reply->length = setup->length;
            return 1;
        }
    }
    if (has(faults, SIM_FAULT_STATE)) {
        board->state = (uint8_t)faults->state;
        board->stuck = 0;
    }
    if (asks_state && (has(faults, SIM_FAULT_STATUS) || has(faults, SIM_FAULT_STATE))) {
        if (setup->request == SIM_REQUEST_GETSTATUS)
            dfui_sim_send_status(board, setup, data, 0, reply);
        else
            dfui_sim_send(board, setup, data, &board->state, 1, reply);
        return 1;
    }
    if (has(faults, SIM_FAULT_FLIP))
        flip(board, faults, setup, data);
    if (has(faults, SIM_FAULT_ROT)) {
        board->rot_armed = 1;
        board->rot_has_address = (uint8_t)faults->rot_has_address;
        board->rot_address = faults->rot_address;
    }
    if (has(faults, SIM_FAULT_SHORT) && (setup->type & 0x80) == 0)
        setup->length = (uint16_t)((setup->length + 1) / 2);
    return 0;
}

/* What a fault makes of the answer. */
static void fault_after(const struct sim_faults *faults, const struct dfu_usb_setup *setup, uint8_t *data,
                        struct sim_reply *reply)
{
    if (reply->outcome == SIM_ANSWERED && has(faults, SIM_FAULT_POLL) && setup->request == SIM_REQUEST_GETSTATUS &&
        reply->length >= 4) {
        data[1] = (uint8_t)faults->poll_ms;
        data[2] = (uint8_t)(faults->poll_ms >> 8);
        data[3] = (uint8_t)(faults->poll_ms >> 16);
        reply->poll_ms = (int32_t)faults->poll_ms;
    }
    if (has(faults, SIM_FAULT_SHORT) && (setup->type & 0x80) != 0)
        reply->length /= 2;
    /* The loader did its part, but the host never learns of it. */
    if (has(faults, SIM_FAULT_TIMEOUT))
        reply->outcome = SIM_NEVER;
}

static void class_request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                          struct sim_reply *reply)
{
    struct dfu_usb_setup request = *setup;
    struct sim_faults faults;
    count(board, &request);
    dfui_sim_faults_find(board, &request, data, &faults);
    board->talked = 1;
    if (board->used_up)
        reply->outcome = SIM_STALLED;
    else if (!fault_before(board, &faults, &request, data, reply))
        board->profile->dialect->request(board, &request, data, reply);
    fault_after(&faults, &request, data, reply);
    if (reply->outcome == SIM_STALLED)
        reply->length = 0;
}

/* bmRequestType of each class request. */
static uint8_t request_type(uint8_t request)
{
    switch (request) {
    case SIM_REQUEST_UPLOAD:
    case SIM_REQUEST_GETSTATUS:
    case SIM_REQUEST_GETSTATE:
        return 0xA1;
    default:
        return 0x21;
    }
}

/* Both loaders have the board's clock and count for it. */
static void ask_beside(struct sim_board *board, struct sim_board *beside, const struct dfu_usb_setup *setup,
                       uint8_t *data, struct sim_reply *reply)
{
    beside->clock_us = board->clock_us;
    beside->counters = board->counters;
    class_request(beside, setup, data, reply);
    board->counters = beside->counters;
    board->dead |= beside->dead;
}

void dfui_sim_request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                      struct sim_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    reply->poll_ms = -1;
    if ((setup->type & 0x60) == 0) {
        board->counters.standard++;
        dfui_sim_standard(board, setup, data, reply);
        return;
    }
    reply->loader = dfui_sim_behind(board, setup->index);
    if (setup->request <= SIM_REQUEST_ABORT && setup->type == request_type(setup->request) && reply->loader == board) {
        class_request(board, setup, data, reply);
    } else if (setup->request <= SIM_REQUEST_ABORT && setup->type == request_type(setup->request) &&
               reply->loader != NULL) {
        ask_beside(board, reply->loader, setup, data, reply);
    } else {
        board->counters.transfers++;
        board->counters.bad_state++;
        reply->outcome = SIM_STALLED;
    }
}
