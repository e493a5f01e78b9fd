/* SPDX-License-Identifier: BSD-2-Clause */
/* A loader as libopencm3's usbdfu example and what was made from it: no UPLOAD, a status that is always OK, DNLOAD
 * in any state, and a 0x41 that erases a page whatever its length. The work is done when the answer of GETSTATUS has
 * gone out, with the processor stopped. */
#include "sim/board.h"

enum { POLL_MS = 100 };

static uint64_t erase(struct sim_board *board, uint32_t address)
{
    struct sim_memory *memory = dfui_sim_memory_at(board, address);
    return memory == NULL ? 0 : dfui_sim_erase(board, memory, address - memory->row->start);
}

static uint64_t program(struct sim_board *board, const struct sim_command *command)
{
    struct sim_memory *memory = dfui_sim_memory_at(board, command->address);
    uint32_t offset = memory == NULL ? 0 : (uint32_t)(command->address - memory->row->start);
    uint32_t length = (command->length + 1) / 2 * 2; /* half-words, the last one with a stale byte */
    uint64_t took = 0;
    if (memory != NULL && length <= memory->length - offset)
        (void)dfui_sim_program(board, memory, offset, board->buffer, length, 0, &took);
    return took;
}

/* The address of a command is taken from the buffer even where an earlier one left it. */
static uint64_t carry_out(struct sim_board *board)
{
    struct sim_command command;
    uint32_t address = dfui_sim_get_u32(board->buffer + 1);
    uint64_t took = 0;
    dfui_sim_decode(board, board->block, board->buffer, board->length, &command);
    board->length = 0;
    if (command.kind == SIM_COMMAND_BLOCK)
        return program(board, &command);
    if (board->block != 0)
        return 0;
    if (board->buffer[0] == 0x41)
        took = erase(board, address);
    if (board->buffer[0] == 0x41 || board->buffer[0] == 0x21)
        board->pointer = address;
    board->counters.set_address += board->buffer[0] == 0x21;
    return took;
}

static void get_status(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                       struct sim_reply *reply)
{
    if (board->state == DFU_STATE_DNLOAD_SYNC) {
        board->state = DFU_STATE_DNBUSY;
        dfui_sim_send_status(board, setup, data, POLL_MS, reply);
        board->blocked_until_us = dfui_sim_now(board) + dfui_sim_wire_us(reply->length) + carry_out(board);
        board->state = DFU_STATE_DNLOAD_IDLE;
        return;
    }
    if (board->state == DFU_STATE_MANIFEST_SYNC) {
        board->state = DFU_STATE_MANIFEST;
        board->pointer = board->profile->pointer; /* the program has one place */
        reply->departure = dfui_sim_start(board);
        reply->away_us = dfui_sim_away_us(board);
    }
    dfui_sim_send_status(board, setup, data, 0, reply);
}

static void request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    switch (setup->request) {
    case SIM_REQUEST_DNLOAD:
        (void)dfui_sim_dnload_anyhow(board, setup, data, reply);
        break;
    case SIM_REQUEST_GETSTATUS:
        get_status(board, setup, data, reply);
        break;
    case SIM_REQUEST_CLRSTATUS:
        if (board->state == DFU_STATE_ERROR)
            board->state = DFU_STATE_IDLE;
        break;
    case SIM_REQUEST_ABORT:
        board->state = DFU_STATE_IDLE;
        board->length = 0;
        break;
    case SIM_REQUEST_GETSTATE:
        dfui_sim_send(board, setup, data, &board->state, 1, reply);
        break;
    default: /* UPLOAD above all */
        reply->outcome = SIM_STALLED;
        break;
    }
}

const struct sim_dialect dfui_sim_libopencm3 = {
    .name = "libopencm3",
    .quirks = "A1 B9 B11 B16 B17 E1",
    .request = request,
    .touches = dfui_sim_dfuse_touches,
};
