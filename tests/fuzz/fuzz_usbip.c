/* SPDX-License-Identifier: BSD-2-Clause */
/* A USB/IP client's bytes, in memory: the first byte says how they are cut into pieces, and whether a board is
 * plugged in already. Waiting costs nothing: the clock is virtual. */
#include "sim/usbip_link.h"
#include <libdfu/sim.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS = 1000 };

/* The client listens to everything, and the board gets all the time it wants. */
static void settle(struct usbip_link *link)
{
    for (int i = 0; i < ROUNDS; i++) {
        dfui_usbip_work(link);
        if (link->out_length > 0)
            dfui_usbip_sent(link, link->out_length);
        uint64_t due = dfui_usbip_due(link);
        if (due == UINT64_MAX && link->out_length == 0)
            return;
        if (due != UINT64_MAX)
            dfui_sim_wait(link->board, due);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct usbip_link link;
    struct dfu_sim *sim;
    if (size < 1 || dfu_sim_new("st-loader", NULL, &sim, NULL) != DFU_OK)
        return 0;
    size_t piece = (size_t)(data[0] & 0x7F) * 8 + 1;
    if (dfui_usbip_link_init(&link, sim) == DFU_OK) {
        if (data[0] & 0x80)
            (void)dfui_usbip_plug(&link, &sim->boards[0]);
        for (size_t at = 1; at < size && !link.ended;) {
            size_t room = dfui_usbip_room(&link);
            size_t n = size - at < piece ? size - at : piece;
            n = n < room ? n : room;
            if (n == 0)
                abort(); /* a message that is too long must have ended it */
            uint8_t *exact = malloc(n);
            if (exact == NULL)
                break;
            memcpy(exact, data + at, n);
            dfui_usbip_feed(&link, exact, n);
            free(exact);
            at += n;
            if (at % 2 == 0)
                settle(&link);
        }
        settle(&link);
        if (link.ended && link.why[0] == '\0')
            abort();
        dfui_usbip_link_free(&link);
    }
    dfu_sim_free(sim);
    return 0;
}
