/* SPDX-License-Identifier: BSD-2-Clause */
/* Transfers of a USB/IP client: the queue of endpoint 0, and its board's work on it. */
#include "sim/usbip_link.h"
#include <stdlib.h>

enum { MAX_URBS = 64 };

struct usbip_urb {
    struct usbip_urb *next;
    uint32_t seqnum;
    int begun;
    uint64_t at_us; /* when it begins; once begun, when it is done */
    struct dfu_usb_setup setup;
    struct sim_reply reply;
    uint8_t data[]; /* setup.length bytes */
};

void dfui_usbip_drop_urbs(struct usbip_link *link)
{
    while (link->first != NULL) {
        struct usbip_urb *urb = link->first;
        link->first = urb->next;
        free(urb);
    }
    link->urbs = 0;
}

static void ret_submit(struct usbip_link *link, uint32_t seqnum, int32_t status, uint32_t actual, const uint8_t *data)
{
    uint8_t *at = dfui_usbip_say(link, USBIP_HEADER_SIZE + (data != NULL ? (size_t)actual : 0));
    if (at == NULL)
        return;
    dfui_usbip_put_ret_submit(at, seqnum, status, actual);
    if (data != NULL && actual > 0)
        memcpy(at + USBIP_HEADER_SIZE, data, actual);
}

static void unlink_urb(struct usbip_link *link, const struct usbip_cmd *cmd)
{
    int32_t status = 0; /* it was over already */
    for (struct usbip_urb **at = &link->first; *at != NULL; at = &(*at)->next) {
        struct usbip_urb *urb = *at;
        if (urb->seqnum != cmd->unlink)
            continue;
        if (urb->begun) {
            dfui_sim_abandon(link->board, &urb->reply, urb->at_us);
            if (urb->reply.departure != SIM_STAYS)
                dfui_sim_finish(link->board, &urb->setup, &urb->reply);
        }
        *at = urb->next;
        free(urb);
        link->urbs--;
        status = -USBIP_ECONNRESET;
        break;
    }
    uint8_t *at = dfui_usbip_say(link, USBIP_HEADER_SIZE);
    if (at != NULL)
        dfui_usbip_put_ret_unlink(at, cmd->seqnum, status);
    if (!link->board->present && !link->ended)
        dfui_usbip_end(link, 0, "the board left the bus");
}

static void queue(struct usbip_link *link, const struct usbip_cmd *cmd, const uint8_t *data)
{
    size_t length = cmd->setup.length;
    struct usbip_urb *urb = calloc(1, sizeof *urb + (length > 0 ? length : 1));
    if (urb == NULL) {
        dfui_usbip_end(link, 0, "out of memory");
        return;
    }
    urb->seqnum = cmd->seqnum;
    urb->setup = cmd->setup;
    urb->at_us = dfui_sim_now(link->board);
    if (data != NULL)
        memcpy(urb->data, data, length);
    struct usbip_urb **last = &link->first;
    while (*last != NULL)
        last = &(*last)->next;
    *last = urb;
    link->urbs++;
}

static size_t take_submit(struct usbip_link *link, const struct usbip_cmd *cmd)
{
    int out = (cmd->setup.type & 0x80) == 0;
    size_t used = USBIP_HEADER_SIZE + (cmd->in ? 0 : (size_t)cmd->length);
    if (cmd->length > USBIP_MAX_DATA || (cmd->packets != 0 && cmd->packets != UINT32_MAX)) {
        dfui_usbip_end(link, 1, "transfer of %u bytes and %u packets; control transfers have at most %d bytes",
                       cmd->length, cmd->packets, USBIP_MAX_DATA);
        return 0;
    }
    if (link->in_length < used)
        return 0;
    if (cmd->endpoint != 0) { /* there is no other */
        ret_submit(link, cmd->seqnum, -USBIP_EPIPE, 0, NULL);
        return used;
    }
    if (cmd->length != cmd->setup.length || (cmd->length > 0 && out == (cmd->in != 0))) {
        dfui_usbip_end(link, 1, "setup packet asks for %u bytes %s, the transfer has %u %s", cmd->setup.length,
                       out ? "out" : "in", cmd->length, cmd->in ? "in" : "out");
        return 0;
    }
    if (link->urbs >= MAX_URBS) {
        dfui_usbip_end(link, 1, "more than %d transfers at once", MAX_URBS);
        return 0;
    }
    queue(link, cmd, out ? link->in + USBIP_HEADER_SIZE : NULL);
    return used;
}

size_t dfui_usbip_take_cmd(struct usbip_link *link)
{
    struct usbip_cmd cmd;
    if (link->in_length < USBIP_HEADER_SIZE)
        return 0;
    dfui_usbip_get_cmd(link->in, &cmd);
    if (cmd.command == USBIP_CMD_SUBMIT)
        return take_submit(link, &cmd);
    if (cmd.command != USBIP_CMD_UNLINK) {
        dfui_usbip_end(link, 1, "unknown USB/IP command 0x%08X", cmd.command);
        return 0;
    }
    unlink_urb(link, &cmd);
    return USBIP_HEADER_SIZE;
}

/* Linux does not tell of a port reset, but no enumeration begins without this question, and nobody else asks it. */
static int is_reset(const struct usbip_link *link, const struct dfu_usb_setup *setup)
{
    return link->configured && setup->type == 0x80 && setup->request == 6 && setup->value == 0x0100 &&
           setup->length == 64;
}

static void begin(struct usbip_link *link, struct usbip_urb *urb)
{
    struct sim_board *board = link->board;
    urb->begun = 1;
    if (is_reset(link, &urb->setup)) {
        dfui_sim_port_reset(board);
        link->configured = 0;
        if (!board->present) {
            dfui_usbip_end(link, 0, "the board left the bus in a reset");
            return;
        }
    }
    if (board->dead) {
        urb->reply.outcome = SIM_NEVER;
        return;
    }
    urb->at_us = dfui_sim_begin(board, &urb->setup, urb->data, urb->at_us, &urb->reply);
}

static int32_t status_of(const struct sim_reply *reply)
{
    if (reply->outcome == SIM_STALLED)
        return -USBIP_EPIPE;
    return reply->outcome == SIM_BABBLED ? -USBIP_EOVERFLOW : 0;
}

static void finish(struct usbip_link *link, struct usbip_urb *urb)
{
    dfui_sim_finish(link->board, &urb->setup, &urb->reply);
    if (urb->setup.type == 0 && urb->setup.request == 9 && urb->reply.outcome == SIM_ANSWERED)
        link->configured = 1;
    enum sim_departure departure = urb->reply.departure;
    int32_t status = status_of(&urb->reply);
    if (departure == SIM_STAYS || !urb->reply.unanswered)
        ret_submit(link, urb->seqnum, status, status == 0 ? urb->reply.length : 0,
                   status == 0 && (urb->setup.type & 0x80) != 0 ? urb->data : NULL);
    /* From here on urb may be freed: the end drops all of them. */
    if (departure != SIM_STAYS && !link->ended)
        dfui_usbip_end(link, 0, "the board left the bus");
}

/* The board's turn with its oldest transfer: begin it when the processor is free, end it when it is done. */
static int step(struct usbip_link *link)
{
    struct usbip_urb *urb = link->first;
    uint64_t now = dfui_sim_now(link->board);
    if (urb == NULL)
        return 0;
    if (!urb->begun) {
        if (link->board->blocked_until_us > urb->at_us)
            urb->at_us = link->board->blocked_until_us;
        if (now < urb->at_us)
            return 0;
        begin(link, urb);
        return 1;
    }
    if (now < urb->at_us || urb->reply.outcome == SIM_NEVER)
        return 0;
    finish(link, urb);
    if (link->ended)
        return 0;
    link->first = urb->next;
    if (link->first != NULL && link->first->at_us < urb->at_us)
        link->first->at_us = urb->at_us;
    link->urbs--;
    free(urb);
    return 1;
}

void dfui_usbip_work(struct usbip_link *link)
{
    while (!link->ended && link->board != NULL && step(link))
        continue;
}

uint64_t dfui_usbip_due(const struct usbip_link *link)
{
    const struct usbip_urb *urb = link->first;
    if (link->ended || urb == NULL || (urb->begun && urb->reply.outcome == SIM_NEVER))
        return UINT64_MAX;
    return urb->at_us;
}
