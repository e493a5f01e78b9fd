/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot loader in system memory (AN3156): GETSTATUS answers at once and tells how long the work will take,
 * which then goes on while the host waits. What the state does not allow stalls and leads to dfuERROR. */
#include "sim/board.h"

static int busy(struct sim_board *board)
{
    return dfui_sim_now(board) < board->busy_until_us;
}

static void refuse(struct sim_board *board, struct sim_reply *reply, uint8_t status)
{
    reply->outcome = SIM_STALLED;
    if (board->state == DFU_STATE_ERROR || board->state == DFU_STATE_DNBUSY)
        return;
    dfui_sim_set_error(board, status);
}

static void wrong_state(struct sim_board *board, struct sim_reply *reply)
{
    board->counters.bad_state++;
    refuse(board, reply, DFU_STATUS_ERR_STALLEDPKT);
}

/* Read protection on: nothing but read unprotect works (AN3156), or all seems to and nothing does. */
enum closed { OPEN, REFUSES, PRETENDS };

static enum closed read_protected(struct sim_board *board)
{
    if (dfui_sim_rdp(board) == 0)
        return OPEN;
    return dfui_sim_options_of(board)->row->silent ? PRETENDS : REFUSES;
}

static void fail(struct sim_board *board, uint8_t status)
{
    board->failure = status;
}

/* Erasing and programming protected flash is no error (AN3156). */
static int dropped(struct sim_board *board, const struct sim_memory *memory, uint32_t offset)
{
    return read_protected(board) == PRETENDS || dfui_sim_write_protected(board, memory, offset);
}

static void erase(struct sim_board *board, uint64_t address, struct sim_reply *reply)
{
    struct sim_memory *memory = dfui_sim_memory_at(board, address);
    if (memory == NULL || memory->row->kind != SIM_FLASH)
        fail(board, DFU_STATUS_ERR_TARGET);
    else if (!dropped(board, memory, (uint32_t)(address - memory->row->start)))
        reply->busy_us = dfui_sim_erase(board, memory, (uint32_t)(address - memory->row->start));
    if (memory != NULL && (board->profile->habits & SIM_HANGS_IN_BANK_2) &&
        address - memory->row->start >= memory->length / 2)
        board->stuck = 1;
}

/* Option bytes go in one piece from their start; the chip then resets to load them. */
static void program(struct sim_board *board, uint64_t address, uint32_t length, struct sim_reply *reply)
{
    struct sim_memory *memory = dfui_sim_memory_at(board, address);
    uint64_t offset = memory == NULL ? 0 : address - memory->row->start;
    if (memory == NULL || memory->row->kind == SIM_READ_ONLY || length > memory->length - offset ||
        (memory->row->kind == SIM_OPTION && length != memory->length)) {
        fail(board, DFU_STATUS_ERR_TARGET);
        return;
    }
    if (dropped(board, memory, (uint32_t)offset))
        return;
    (void)dfui_sim_program(board, memory, (uint32_t)offset, board->buffer, length, 0, &reply->busy_us);
    if (memory->row->kind == SIM_OPTION) {
        reply->departure = dfui_sim_rdp(board) == 2 ? SIM_GONE : SIM_RETURNS; /* level 2 starts no loader */
        reply->away_us = dfui_sim_away_us(board);
    }
}

/* Erases everything, drops the read protection, keeps the write protection, and resets. */
static void unprotect(struct sim_board *board, struct sim_reply *reply)
{
    reply->busy_us = dfui_sim_mass_erase(board);
    dfui_sim_set_rdp(board, 0);
    if (dfui_sim_options_of(board) != NULL)
        dfui_sim_options_of(board)->changed = 1;
    reply->departure = SIM_RETURNS;
    reply->away_us = reply->busy_us + dfui_sim_away_us(board);
}

/* What is told, in ms. */
static uint32_t mass_erase(struct sim_board *board, struct sim_reply *reply)
{
    uint64_t took_us = dfui_sim_mass_erase(board);
    if (board->profile->habits & SIM_DEAF_MASS_ERASE) {
        reply->deaf_us = took_us;
        return 100;
    }
    reply->busy_us = took_us;
    return (uint32_t)((took_us + 999) / 1000);
}

static void set_address(struct sim_board *board, uint64_t address)
{
    if (dfui_sim_memory_at(board, address) == NULL) {
        fail(board, DFU_STATUS_ERR_TARGET);
        return;
    }
    board->counters.set_address++;
    board->pointer = (uint32_t)address;
}

static void run_pending(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                        struct sim_reply *reply)
{
    struct sim_command command;
    uint32_t told_ms = 0;
    dfui_sim_decode(board, board->block, board->buffer, board->length, &command);
    board->length = 0;
    board->state = DFU_STATE_DNBUSY;
    enum closed closed = read_protected(board);
    if (command.kind == SIM_COMMAND_UNPROTECT)
        unprotect(board, reply);
    else if (closed == REFUSES && command.kind != SIM_COMMAND_LIST)
        fail(board, DFU_STATUS_ERR_VENDOR);
    else if (command.kind == SIM_COMMAND_SET_ADDRESS)
        set_address(board, command.address);
    else if (command.kind == SIM_COMMAND_ERASE)
        erase(board, command.address, reply);
    else if (command.kind == SIM_COMMAND_MASS_ERASE && closed == OPEN)
        told_ms = mass_erase(board, reply);
    else if (command.kind == SIM_COMMAND_BLOCK)
        program(board, command.address, command.length, reply);
    else if (command.kind != SIM_COMMAND_LIST && command.kind != SIM_COMMAND_MASS_ERASE)
        fail(board, DFU_STATUS_ERR_STALLEDPKT);
    if (told_ms == 0)
        told_ms = (uint32_t)((reply->busy_us + 999) / 1000);
    dfui_sim_send_status(board, setup, data, told_ms, reply);
}

static void leave(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    reply->departure = dfui_sim_start(board);
    reply->away_us = dfui_sim_away_us(board);
    if (board->profile->habits & SIM_LEAVES_UNANSWERED) {
        reply->unanswered = 1;
        return;
    }
    board->state = DFU_STATE_MANIFEST;
    dfui_sim_send_status(board, setup, data, 0, reply);
}

static void get_status(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                       struct sim_reply *reply)
{
    uint32_t left_ms = 0;
    if (board->state == DFU_STATE_DNLOAD_SYNC && board->length != 0) {
        run_pending(board, setup, data, reply);
        return;
    }
    if (board->state == DFU_STATE_MANIFEST_SYNC) {
        leave(board, setup, data, reply);
        return;
    }
    if (board->state == DFU_STATE_DNBUSY && busy(board)) {
        if (board->profile->habits & SIM_STALLS_WHILE_BUSY) {
            reply->outcome = SIM_STALLED;
            return;
        }
        left_ms = (uint32_t)((board->busy_until_us - dfui_sim_now(board) + 999) / 1000);
    } else if (!board->stuck && (board->state == DFU_STATE_DNBUSY || board->state == DFU_STATE_DNLOAD_SYNC)) {
        board->state = DFU_STATE_DNLOAD_IDLE;
        if (board->failure != DFU_STATUS_OK)
            dfui_sim_set_error(board, board->failure);
    }
    dfui_sim_send_status(board, setup, data, left_ms, reply);
}

static void upload_memory(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                          struct sim_reply *reply)
{
    uint32_t length = setup->length < board->profile->transfer_size ? setup->length : board->profile->transfer_size;
    struct sim_command command;
    dfui_sim_decode(board, setup->value, board->buffer, length, &command);
    struct sim_memory *memory = dfui_sim_memory_at(board, command.address);
    if (read_protected(board) == REFUSES) {
        refuse(board, reply, DFU_STATUS_ERR_VENDOR);
        return;
    }
    if (memory == NULL || command.kind != SIM_COMMAND_BLOCK) {
        refuse(board, reply, DFU_STATUS_ERR_TARGET);
        return;
    }
    uint32_t offset = (uint32_t)(command.address - memory->row->start);
    if (length > memory->length - offset)
        length = memory->length - offset;
    dfui_sim_memory_read(memory, offset, data, length);
    if (read_protected(board) == PRETENDS && memory->row->kind == SIM_FLASH)
        memset(data, 0, length);
    reply->length = length;
    board->state = DFU_STATE_UPLOAD_IDLE;
    board->counters.bytes_up += length;
    dfui_sim_ranges_add(&memory->uploaded, offset, offset + length);
}

static void upload(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    if ((board->state != DFU_STATE_IDLE && board->state != DFU_STATE_UPLOAD_IDLE) || setup->value == 1) {
        wrong_state(board, reply);
    } else if (setup->value == 0) {
        static const uint8_t commands[4] = {0x00, 0x21, 0x41, 0x92};
        board->state = setup->length > sizeof commands ? DFU_STATE_IDLE : DFU_STATE_UPLOAD_IDLE;
        dfui_sim_send(board, setup, data, commands, sizeof commands, reply);
    } else {
        upload_memory(board, setup, data, reply);
    }
}

static void clear_status(struct sim_board *board, struct sim_reply *reply)
{
    if (board->stuck) {
        board->stuck = 0;
        dfui_sim_set_error(board, DFU_STATUS_ERR_UNKNOWN);
        return;
    }
    if (board->state != DFU_STATE_ERROR) {
        if (board->state < DFU_STATE_ERROR) {
            wrong_state(board, reply);
            return;
        }
    }
    board->state = DFU_STATE_IDLE;
    board->status = DFU_STATUS_OK;
}

static void abort_request(struct sim_board *board, struct sim_reply *reply)
{
    switch (board->state) {
    case DFU_STATE_IDLE:
    case DFU_STATE_DNLOAD_SYNC:
    case DFU_STATE_DNLOAD_IDLE:
    case DFU_STATE_MANIFEST_SYNC:
    case DFU_STATE_UPLOAD_IDLE:
        board->state = DFU_STATE_IDLE;
        board->length = 0;
        break;
    default:
        wrong_state(board, reply);
        break;
    }
}

static void dnload(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                   struct sim_reply *reply)
{
    if (!dfui_sim_dnload(board, setup, data, reply))
        refuse(board, reply, DFU_STATUS_ERR_STALLEDPKT);
}

static void request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    switch (setup->request) {
    case SIM_REQUEST_DNLOAD:
        dnload(board, setup, data, reply);
        break;
    case SIM_REQUEST_UPLOAD:
        upload(board, setup, data, reply);
        break;
    case SIM_REQUEST_GETSTATUS:
        get_status(board, setup, data, reply);
        break;
    case SIM_REQUEST_CLRSTATUS:
        clear_status(board, reply);
        break;
    case SIM_REQUEST_GETSTATE:
        dfui_sim_send(board, setup, data, &board->state, 1, reply);
        break;
    case SIM_REQUEST_ABORT:
        abort_request(board, reply);
        break;
    default: /* DETACH belongs to run-time */
        wrong_state(board, reply);
        break;
    }
}

const struct sim_dialect dfui_sim_rom = {
    .name = "ST ROM",
    .quirks = "A1 A2 A3 A5 B14 B19 B20 D5 E1 E5 E6 H1 H5 H6",
    .request = request,
    .touches = dfui_sim_dfuse_touches,
};
