/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain DFU 1.1: one firmware image from its first block to the zero-length one. The device knows where it goes
 * and erases by itself. It ends in dfuIDLE, or, where it does not tolerate manifestation, waits for a reset. */
#include "sim/board.h"

enum { TOLERANT = 1u << 2, MANIFEST_US = 50000 }; /* bmAttributes; copying the image to where it runs */

static void wrong_state(struct sim_board *board, struct sim_reply *reply)
{
    board->counters.bad_state++;
    reply->outcome = SIM_STALLED;
    if (board->state != DFU_STATE_ERROR)
        dfui_sim_set_error(board, DFU_STATUS_ERR_STALLEDPKT);
}

static int tolerant(const struct sim_board *board)
{
    return (board->profile->attributes & TOLERANT) != 0;
}

static struct sim_memory *flash(struct sim_board *board)
{
    return &board->memories[0];
}

static void dnload(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                   struct sim_reply *reply)
{
    int first = board->state == DFU_STATE_IDLE;
    if (first && setup->length == 0) {
        wrong_state(board, reply);
        return;
    }
    if (!dfui_sim_dnload(board, setup, data, reply)) {
        if (board->state != DFU_STATE_ERROR)
            dfui_sim_set_error(board, DFU_STATUS_ERR_STALLEDPKT);
        return;
    }
    if (setup->length == 0)
        return;
    if (first) {
        board->offset = 0;
        board->firmware = 0;
        board->incomplete = 1;
        board->next_block = setup->value;
    }
    if (setup->value < 2) /* counted there for DfuSe blocks only */
        board->counters.bytes_down += board->length;
}

/* Erases the sectors that this block is the first to reach, then programs it. */
static void run_pending(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                        struct sim_reply *reply)
{
    struct sim_memory *memory = flash(board);
    uint32_t length = board->length;
    board->length = 0;
    board->state = DFU_STATE_DNBUSY;
    if (board->block != board->next_block || length > memory->length - board->offset) {
        board->failure = board->block != board->next_block ? DFU_STATUS_ERR_UNKNOWN : DFU_STATUS_ERR_ADDRESS;
    } else {
        for (uint32_t at = board->offset; at < board->offset + length;) {
            struct sim_sector sector;
            dfui_sim_memory_sector(memory, at, &sector);
            if (sector.offset >= board->offset)
                reply->busy_us += dfui_sim_erase(board, memory, at);
            at = sector.offset + sector.size;
        }
        uint64_t took;
        (void)dfui_sim_program(board, memory, board->offset, board->buffer, length, 0, &took);
        reply->busy_us += took;
        board->offset += length;
        board->next_block++;
    }
    if (board->profile->poll_ms != 0) { /* the same wait whatever the work takes, which is done before it */
        reply->inside_us = reply->busy_us;
        reply->busy_us = 0;
        dfui_sim_send_status(board, setup, data, board->profile->poll_ms, reply);
        return;
    }
    dfui_sim_send_status(board, setup, data, (uint32_t)((reply->busy_us + 999) / 1000), reply);
}

static void get_status(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data,
                       struct sim_reply *reply)
{
    uint32_t left_ms = 0;
    if (board->state == DFU_STATE_DNLOAD_SYNC && board->length != 0) {
        run_pending(board, setup, data, reply);
        return;
    }
    if (board->state == DFU_STATE_MANIFEST_SYNC && !board->manifested) {
        board->firmware = board->offset;
        board->incomplete = 0;
        board->manifested = 1;
        board->state = DFU_STATE_MANIFEST;
        if (!tolerant(board))
            reply->busy_us = MANIFEST_US;
        dfui_sim_send_status(board, setup, data, tolerant(board) ? 1 : MANIFEST_US / 1000, reply);
        return;
    }
    if (board->state == DFU_STATE_MANIFEST || board->state == DFU_STATE_MANIFEST_SYNC) {
        board->state = DFU_STATE_IDLE;
        board->manifested = 0;
    } else if (board->state == DFU_STATE_DNBUSY && dfui_sim_now(board) < board->busy_until_us) {
        left_ms = (uint32_t)((board->busy_until_us - dfui_sim_now(board) + 999) / 1000);
    } else if (board->state == DFU_STATE_DNBUSY || board->state == DFU_STATE_DNLOAD_SYNC) {
        board->state = DFU_STATE_DNLOAD_IDLE;
        if (board->failure != DFU_STATUS_OK)
            dfui_sim_set_error(board, board->failure);
    }
    dfui_sim_send_status(board, setup, data, left_ms, reply);
}

/* A short answer ends the image and brings dfuIDLE. Before the first download the whole memory is the image. */
static void upload(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    struct sim_memory *memory = flash(board);
    if (board->state != DFU_STATE_IDLE && board->state != DFU_STATE_UPLOAD_IDLE) {
        wrong_state(board, reply);
        return;
    }
    if (board->state == DFU_STATE_IDLE)
        board->offset = 0;
    uint32_t size = board->firmware != 0 ? board->firmware : memory->length;
    uint32_t length = setup->length < board->profile->transfer_size ? setup->length : board->profile->transfer_size;
    uint32_t left = board->offset < size ? size - board->offset : 0;
    if (length > left)
        length = left;
    dfui_sim_memory_read(memory, board->offset, data, length);
    dfui_sim_ranges_add(&memory->uploaded, board->offset, board->offset + length);
    board->counters.bytes_up += length;
    board->offset += length;
    board->state = length < setup->length ? DFU_STATE_IDLE : DFU_STATE_UPLOAD_IDLE;
    reply->length = length;
}

/* From the manifestation on nothing but a reset helps; while it goes on nobody is there to answer. */
static int is_deaf(struct sim_board *board, const struct dfu_usb_setup *setup)
{
    if (board->state == DFU_STATE_MANIFEST && !tolerant(board)) {
        if (dfui_sim_now(board) < board->busy_until_us)
            return 1;
        board->state = DFU_STATE_MANIFEST_WAIT_RESET;
    }
    return board->state == DFU_STATE_MANIFEST_WAIT_RESET && setup->request != SIM_REQUEST_GETSTATUS &&
           setup->request != SIM_REQUEST_GETSTATE;
}

static void request(struct sim_board *board, const struct dfu_usb_setup *setup, uint8_t *data, struct sim_reply *reply)
{
    if (is_deaf(board, setup)) {
        board->counters.bad_state++;
        reply->outcome = SIM_STALLED;
        return;
    }
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
    case SIM_REQUEST_GETSTATE:
        dfui_sim_send(board, setup, data, &board->state, 1, reply);
        break;
    case SIM_REQUEST_CLRSTATUS:
        if (board->state < DFU_STATE_ERROR) {
            wrong_state(board, reply);
            return;
        }
        board->state = DFU_STATE_IDLE;
        board->status = DFU_STATUS_OK;
        break;
    case SIM_REQUEST_ABORT:
        if (board->state == DFU_STATE_ERROR || board->state == DFU_STATE_DNBUSY || board->state == DFU_STATE_MANIFEST ||
            board->state > DFU_STATE_ERROR) {
            wrong_state(board, reply);
            return;
        }
        board->state = DFU_STATE_IDLE;
        board->length = 0;
        board->manifested = 0;
        break;
    default:
        wrong_state(board, reply);
        break;
    }
}

static int touches(const struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                   uint64_t *start, uint64_t *end)
{
    (void)data;
    if (setup->length == 0 || (setup->request != SIM_REQUEST_DNLOAD && setup->request != SIM_REQUEST_UPLOAD))
        return 0;
    uint32_t offset = board->state == DFU_STATE_IDLE ? 0 : board->offset;
    *start = (uint64_t)board->memories[0].row->start + offset;
    *end = *start + setup->length;
    return 1;
}

const struct sim_dialect dfui_sim_dfu11 = {
    .name = "DFU 1.1",
    .quirks = "",
    .request = request,
    .touches = touches,
};
