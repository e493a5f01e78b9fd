/* SPDX-License-Identifier: BSD-2-Clause */
/* A loader as MicroPython's mboot: what a DNLOAD or UPLOAD asked for is noted beside the state, which does not show
 * it; GETSTATUS carries it out after its answer, with the processor stopped. It knows no GETSTATE, always says
 * bwPollTimeout 0, and tells what went wrong once, by iString. */
#include "sim/board.h"

enum { NOTHING, EXIT, UPLOADED, DOWNLOADED }; /* board->pending */
enum { TEXT_LOADER = 0x10, TEXT_ADDRESS = 0x11 };

static const char *text(uint8_t index)
{
    return index == TEXT_LOADER ? "Can't overwrite mboot" : index == TEXT_ADDRESS ? "Address out of range" : NULL;
}

static void fail(struct sim_board *board, uint8_t index)
{
    dfui_sim_set_error(board, DFU_STATUS_ERR_ADDRESS);
    board->text = index;
}

/* The memory behind an address that may be changed; without one the error is set. */
static struct sim_memory *place(struct sim_board *board, uint64_t address, uint32_t length)
{
    struct sim_memory *memory = dfui_sim_memory_at(board, address);
    if (memory == NULL || length > memory->length - (address - memory->row->start)) {
        fail(board, TEXT_ADDRESS);
        return NULL;
    }
    if (address < board->profile->pointer && address >= board->memories[0].row->start) {
        fail(board, TEXT_LOADER);
        return NULL;
    }
    return memory;
}

static uint64_t mass_erase(struct sim_board *board)
{
    struct sim_memory *memory = &board->memories[0];
    uint64_t took = 0;
    for (uint32_t at = board->profile->pointer - memory->row->start; at < memory->length;) {
        struct sim_sector sector;
        dfui_sim_memory_sector(memory, at, &sector);
        took += dfui_sim_erase(board, memory, at);
        at = sector.offset + sector.size;
    }
    return took;
}

static uint64_t carry_out(struct sim_board *board)
{
    struct sim_command command;
    struct sim_memory *memory;
    uint64_t took = 0;
    dfui_sim_decode(board, board->block, board->buffer, board->length, &command);
    board->length = 0;
    board->state = DFU_STATE_DNLOAD_IDLE;
    if (command.kind == SIM_COMMAND_SET_ADDRESS) {
        board->counters.set_address++;
        board->pointer = (uint32_t)command.address;
    } else if (command.kind == SIM_COMMAND_MASS_ERASE) {
        took = mass_erase(board);
    } else if (command.kind == SIM_COMMAND_ERASE) {
        memory = place(board, command.address, 1);
        if (memory != NULL)
            took = dfui_sim_erase(board, memory, (uint32_t)(command.address - memory->row->start));
    } else if (command.kind == SIM_COMMAND_BLOCK) {
        memory = place(board, command.address, command.length);
        if (memory != NULL)
            (void)dfui_sim_program(board, memory, (uint32_t)(command.address - memory->row->start), board->buffer,
                                   command.length, 0, &took);
    } else {
        dfui_sim_set_error(board, DFU_STATUS_ERR_STALLEDPKT);
    }
    return took;
}

static void get_status(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                       struct sim_reply *reply)
{
    uint8_t pending = board->pending;
    board->pending = NOTHING;
    if (pending == UPLOADED)
        board->state = DFU_STATE_UPLOAD_IDLE;
    if (pending == DOWNLOADED)
        board->state = DFU_STATE_DNBUSY;
    if (pending == EXIT)
        board->state = DFU_STATE_MANIFEST;
    dfui_sim_send_status(board, setup, data, 0, reply);
    board->status = DFU_STATUS_OK; /* told once */
    board->text = 0;
    if (pending == DOWNLOADED)
        board->blocked_until_us = dfui_sim_now(board) + dfui_sim_wire_us(reply->length) + carry_out(board);
    if (pending == EXIT) {
        board->pointer = board->profile->pointer; /* the program has one place */
        reply->departure = dfui_sim_start(board);
        reply->away_us = dfui_sim_away_us(board);
    }
}

/* As many bytes as were asked for, whatever is there; the first two block numbers mean nothing. */
static void upload(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    uint32_t length = setup->length < board->profile->transfer_size ? setup->length : board->profile->transfer_size;
    struct sim_command command;
    if (setup->value < 2) {
        reply->outcome = SIM_STALLED;
        return;
    }
    if (board->state != DFU_STATE_IDLE && board->state != DFU_STATE_UPLOAD_IDLE)
        board->counters.bad_state++;
    dfui_sim_decode(board, setup->value, board->buffer, length, &command);
    struct sim_memory *memory = dfui_sim_memory_at(board, command.address);
    uint32_t offset = memory == NULL ? 0 : (uint32_t)(command.address - memory->row->start);
    uint32_t real = memory == NULL ? 0 : memory->length - offset;
    real = real < length ? real : length;
    memset(data, 0xA5, length);
    if (memory != NULL) {
        dfui_sim_memory_read(memory, offset, data, real);
        dfui_sim_ranges_add(&memory->uploaded, offset, offset + real);
    }
    board->pending = UPLOADED;
    board->counters.bytes_up += length;
    reply->length = length;
}

static void request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    uint8_t state = board->state;
    switch (setup->request) {
    case SIM_REQUEST_DNLOAD:
        if (dfui_sim_dnload_anyhow(board, setup, data, reply))
            board->pending = setup->length == 0 ? EXIT : DOWNLOADED;
        board->state = state; /* which says nothing of it */
        break;
    case SIM_REQUEST_UPLOAD:
        upload(board, setup, data, reply);
        break;
    case SIM_REQUEST_GETSTATUS:
        get_status(board, setup, data, reply);
        break;
    case SIM_REQUEST_CLRSTATUS:
    case SIM_REQUEST_ABORT:
        board->state = DFU_STATE_IDLE;
        board->status = DFU_STATUS_OK;
        board->text = 0;
        board->pending = NOTHING;
        board->length = 0;
        break;
    default: /* DETACH, and GETSTATE as well */
        reply->outcome = SIM_STALLED;
        break;
    }
}

const struct sim_dialect dfui_sim_mboot = {
    .name = "mboot",
    .quirks = "A1 B6 B9 B15 B18 E1 H2",
    .request = request,
    .touches = dfui_sim_dfuse_touches,
    .text = text,
};
