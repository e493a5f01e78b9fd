/* SPDX-License-Identifier: BSD-2-Clause */
/* What is common to loaders that speak DfuSe (UM0424, AN3156). */
#include "sim/board.h"

uint32_t dfui_sim_get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum sim_command_kind command_kind(const uint8_t *data, uint32_t length)
{
    if (length == 1)
        return data[0] == 0x41   ? SIM_COMMAND_MASS_ERASE
               : data[0] == 0x92 ? SIM_COMMAND_UNPROTECT
               : data[0] == 0x00 ? SIM_COMMAND_LIST
                                 : SIM_COMMAND_UNKNOWN;
    if (length == 5)
        return data[0] == 0x21 ? SIM_COMMAND_SET_ADDRESS : data[0] == 0x41 ? SIM_COMMAND_ERASE : SIM_COMMAND_UNKNOWN;
    return SIM_COMMAND_UNKNOWN;
}

void dfui_sim_decode(const struct sim_board *board, uint16_t block, const uint8_t *data, uint32_t length,
                     struct sim_command *out)
{
    memset(out, 0, sizeof *out);
    out->length = length;
    if (length == 0)
        return;
    if (block == 0) {
        out->kind = command_kind(data, length);
        if (length == 5)
            out->address = dfui_sim_get_u32(data + 1);
    } else if (block == 1) {
        out->kind = SIM_COMMAND_RESERVED;
    } else {
        out->kind = SIM_COMMAND_BLOCK;
        /* The device adds in 32 bits. */
        uint32_t offset = (uint32_t)(block - 2) * board->profile->transfer_size;
        out->address = board->profile->habits & SIM_ONE_ADDRESS ? board->pointer : (uint32_t)(board->pointer + offset);
    }
}

int dfui_sim_dfuse_touches(const struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                           uint64_t *start, uint64_t *end)
{
    struct sim_command command = {0};
    if (setup->request == SIM_REQUEST_UPLOAD && setup->value >= 2) {
        uint8_t any = 0;
        dfui_sim_decode(board, setup->value, &any, setup->length, &command);
    } else if (setup->request == SIM_REQUEST_DNLOAD) {
        dfui_sim_decode(board, setup->value, data, setup->length, &command);
    }
    *start = command.address;
    *end = command.address + command.length;
    if (command.kind == SIM_COMMAND_ERASE) {
        for (size_t i = 0; i < board->memory_count; i++) {
            const struct sim_memory *memory = &board->memories[i];
            if (command.address - memory->row->start < memory->length) {
                struct sim_sector sector;
                dfui_sim_memory_sector(memory, (uint32_t)command.address - memory->row->start, &sector);
                *start = memory->row->start + (uint64_t)sector.offset;
                *end = *start + sector.size;
                return 1;
            }
        }
        *end = *start + 1;
        return 1;
    }
    return command.kind == SIM_COMMAND_BLOCK;
}

static int take(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                struct sim_reply *reply)
{
    if (setup->length == 0) {
        board->state = DFU_STATE_MANIFEST_SYNC;
        return 1;
    }
    board->block = setup->value;
    board->length = setup->length;
    if (board->length > board->profile->transfer_size) {
        /* The rest is NAKed for ever; what fitted stays pending. */
        board->length = board->profile->transfer_size;
        reply->outcome = SIM_NEVER;
    }
    memcpy(board->buffer, data, board->length);
    board->state = DFU_STATE_DNLOAD_SYNC;
    reply->length = board->length;
    if (board->block >= 2)
        board->counters.bytes_down += board->length;
    return 1;
}

static int takes_dnload(struct sim_board *board)
{
    if (board->state == DFU_STATE_IDLE || board->state == DFU_STATE_DNLOAD_IDLE)
        return 1;
    board->counters.bad_state++;
    return 0;
}

int dfui_sim_dnload(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                    struct sim_reply *reply)
{
    if (takes_dnload(board))
        return take(board, setup, data, reply);
    reply->outcome = SIM_STALLED;
    return 0;
}

int dfui_sim_dnload_anyhow(struct sim_board *board, const struct dfu_usb_setup *setup, const uint8_t *data,
                           struct sim_reply *reply)
{
    (void)takes_dnload(board);
    return take(board, setup, data, reply);
}
