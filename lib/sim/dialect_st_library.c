/* SPDX-License-Identifier: BSD-2-Clause */
/* ST's USB device library with its flash driver example, as it was measured on the wire. The work is done
 * inside the first GETSTATUS after a DNLOAD; the second one tells how it went. */
#include "sim/board.h"

/* Outside of every memory: the processor faults, and nobody answers any more. */
static void crash(struct sim_board *board, struct sim_reply *reply)
{
    board->dead = 1;
    reply->outcome = SIM_NEVER;
}

/* The example's sector look-up falls through to the last sector of the internal flash. */
static uint64_t erase_at(struct sim_board *board, uint64_t address)
{
    struct sim_memory *memory = dfui_sim_memory_at(board, address);
    if (memory != NULL)
        return dfui_sim_erase(board, memory, (uint32_t)(address - memory->row->start));
    memory = &board->memories[0];
    return dfui_sim_erase(board, memory, memory->length - 1);
}

/* The driver writes whole words out of the buffer, so an odd length takes stale bytes along. */
static void program(struct sim_board *board, uint64_t address, uint32_t length, struct sim_reply *reply)
{
    uint32_t words = (length + 3) / 4 * 4;
    struct sim_memory *memory = dfui_sim_memory_at(board, address);
    if (memory == NULL || words > memory->length - (address - memory->row->start)) {
        crash(board, reply);
        return;
    }
    int good = address % 4 == 0 && dfui_sim_program(board, memory, (uint32_t)(address - memory->row->start),
                                                    board->buffer, words, 1, &reply->inside_us);
    if (!good)
        board->failure = DFU_STATUS_ERR_VENDOR;
}

static void run_pending(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                        struct sim_reply *reply)
{
    struct sim_command command;
    dfui_sim_decode(board, board->block, board->buffer, board->length, &command);
    uint32_t length = board->length;
    board->length = 0;
    board->state = DFU_STATE_DNBUSY;
    dfui_sim_send_status(board, setup, data, board->profile->poll_ms & 0xFFu, reply);
    board->state = DFU_STATE_DNLOAD_SYNC;

    switch (command.kind) {
    case SIM_COMMAND_SET_ADDRESS:
        board->counters.set_address++;
        board->pointer = (uint32_t)command.address;
        break;
    case SIM_COMMAND_ERASE:
        reply->inside_us = erase_at(board, command.address);
        break;
    case SIM_COMMAND_BLOCK:
        program(board, command.address, length, reply);
        break;
    case SIM_COMMAND_UNKNOWN:
        if (length == 5) {
            board->stuck = 1;
            board->state = DFU_STATE_DNBUSY;
        } else if (length != 1) {
            reply->outcome = SIM_STALLED;
            reply->poll_ms = -1;
        }
        break;
    default: /* one-byte commands and block 1: accepted, nothing happens */
        break;
    }
    if (board->failure != DFU_STATUS_OK)
        dfui_sim_set_error(board, board->failure);
}

static void get_status(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                       struct sim_reply *reply)
{
    if (board->state == DFU_STATE_DNLOAD_SYNC && board->length != 0) {
        run_pending(board, setup, data, reply);
        return;
    }
    if (board->state == DFU_STATE_MANIFEST_SYNC) {
        /* A system reset from inside the request: it never completes. */
        reply->unanswered = 1;
        reply->departure = dfui_sim_start(board);
        reply->away_us = dfui_sim_away_us(board);
        return;
    }
    if (board->state == DFU_STATE_DNLOAD_SYNC)
        board->state = DFU_STATE_DNLOAD_IDLE;
    dfui_sim_send_status(board, setup, data, board->stuck ? board->profile->poll_ms : 0, reply);
}

static void upload(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    if (setup->length == 0) {
        board->state = DFU_STATE_IDLE;
        return;
    }
    if (board->state != DFU_STATE_IDLE && board->state != DFU_STATE_UPLOAD_IDLE) {
        board->length = 0;
        board->counters.bad_state++;
        reply->outcome = SIM_STALLED;
        return;
    }
    uint32_t length = setup->length < board->profile->transfer_size ? setup->length : board->profile->transfer_size;
    if (setup->value == 0) {
        static const uint8_t commands[3] = {0x00, 0x21, 0x41};
        board->state = setup->length > sizeof commands ? DFU_STATE_IDLE : DFU_STATE_UPLOAD_IDLE;
        memcpy(board->buffer, commands, sizeof commands);
        dfui_sim_send(board, setup, data, commands, sizeof commands, reply);
        return;
    }
    if (setup->value == 1) {
        /* The library writes an error number where the state goes. */
        board->state = 15;
        board->counters.bad_state++;
        reply->outcome = SIM_STALLED;
        return;
    }
    struct sim_command command;
    dfui_sim_decode(board, setup->value, board->buffer, length, &command);
    struct sim_memory *memory = dfui_sim_memory_at(board, command.address);
    if (memory == NULL || length > memory->length - (command.address - memory->row->start)) {
        crash(board, reply);
        return;
    }
    uint32_t offset = (uint32_t)(command.address - memory->row->start);
    dfui_sim_memory_read(memory, offset, board->buffer, length);
    board->state = DFU_STATE_UPLOAD_IDLE;
    board->counters.bytes_up += length;
    dfui_sim_ranges_add(&memory->uploaded, offset, offset + length);
    dfui_sim_send(board, setup, data, board->buffer, length, reply);
}

/* Outside dfuERROR it makes an error of its own, except that nothing but a reset ends an endless dfuDNBUSY. */
static void clear_status(struct sim_board *board)
{
    if (board->state == DFU_STATE_ERROR) {
        board->state = DFU_STATE_IDLE;
        board->status = DFU_STATUS_OK;
        return;
    }
    if (board->state <= DFU_STATE_ERROR)
        board->counters.bad_state++;
    if (!board->stuck)
        dfui_sim_set_error(board, DFU_STATUS_ERR_UNKNOWN);
}

static int abortable(const struct sim_board *board)
{
    switch (board->state) {
    case DFU_STATE_IDLE:
    case DFU_STATE_DNLOAD_SYNC:
    case DFU_STATE_DNLOAD_IDLE:
    case DFU_STATE_MANIFEST_SYNC:
    case DFU_STATE_UPLOAD_IDLE:
        return 1;
    default:
        return 0;
    }
}

static void abort_request(struct sim_board *board)
{
    if (!abortable(board)) {
        board->counters.bad_state++;
        return;
    }
    board->state = DFU_STATE_IDLE;
    board->status = DFU_STATUS_OK;
    board->length = 0;
    board->block = 0;
}

static void request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    switch (setup->request) {
    case SIM_REQUEST_DETACH:
        board->counters.bad_state++;
        reply->departure = SIM_RETURNS;
        reply->unanswered = 1;
        reply->away_us = dfui_sim_away_us(board);
        break;
    case SIM_REQUEST_DNLOAD:
        (void)dfui_sim_dnload(board, setup, data, reply);
        break;
    case SIM_REQUEST_UPLOAD:
        upload(board, setup, data, reply);
        break;
    case SIM_REQUEST_GETSTATUS:
        get_status(board, setup, data, reply);
        break;
    case SIM_REQUEST_CLRSTATUS:
        clear_status(board);
        break;
    case SIM_REQUEST_GETSTATE:
        dfui_sim_send(board, setup, data, &board->state, 1, reply);
        break;
    default:
        abort_request(board);
        break;
    }
}

const struct sim_dialect dfui_sim_st_library = {
    .name = "ST USB device library",
    .quirks = "A1 A2 B1 B9 B10 B13 B14 B21 E1 E4 E5 E9 H1 H4",
    .request = request,
    .touches = dfui_sim_dfuse_touches,
};
