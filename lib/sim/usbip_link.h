/* SPDX-License-Identifier: BSD-2-Clause */
/* One USB/IP client: bytes in, bytes out, no sockets. Times are the simulator's. */
#ifndef DFU_SIM_USBIP_LINK_H
#define DFU_SIM_USBIP_LINK_H

#include "sim/board.h"
#include "sim/usbip_wire.h"

struct usbip_urb;

struct usbip_link {
    struct dfu_sim *sim;
    struct sim_board *board; /* NULL until one is imported */
    int configured;          /* SET_CONFIGURATION was seen since the last reset */
    int ended;               /* close it once everything is sent */
    int faulty;              /* it ended because of the client */
    char why[160];           /* why it ended */
    uint8_t *in;
    size_t in_length;
    uint8_t *out;
    size_t out_length;
    size_t out_room;
    struct usbip_urb *first; /* endpoint 0 takes one after the other */
    size_t urbs;
};

int dfui_usbip_link_init(struct usbip_link *link, struct dfu_sim *sim);
void dfui_usbip_link_free(struct usbip_link *link);

/* Plugs a board in; from here on the client speaks CMDs. 0 when it is away or somebody has it. */
int dfui_usbip_plug(struct usbip_link *link, struct sim_board *board);

/* How many bytes it can take now, and taking that many or fewer. */
size_t dfui_usbip_room(const struct usbip_link *link);
void dfui_usbip_feed(struct usbip_link *link, const uint8_t *bytes, size_t length);

/* When the board has something to do next; UINT64_MAX = not before the client speaks. */
uint64_t dfui_usbip_due(const struct usbip_link *link);
/* Does what is due now. */
void dfui_usbip_work(struct usbip_link *link);

/* The first length bytes of out have been sent. */
void dfui_usbip_sent(struct usbip_link *link, size_t length);

/* Between usbip_link.c and usbip_urb.c. */
/* Room for length bytes at the end of what is to be sent; NULL: out of memory, and the link has ended. */
uint8_t *dfui_usbip_say(struct usbip_link *link, size_t length);
void dfui_usbip_end(struct usbip_link *link, int faulty, const char *format, ...) DFU_PRINTF(3, 4);
/* Uses the CMD at the start of in; returns its bytes, 0 = more must come first, or the link has ended. */
size_t dfui_usbip_take_cmd(struct usbip_link *link);
void dfui_usbip_drop_urbs(struct usbip_link *link);

#endif
