/* SPDX-License-Identifier: BSD-2-Clause */
/* A USB/IP client's life: it asks for the list, imports a board, and then sends transfers. */
#include "sim/usbip_link.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { IN_ROOM = USBIP_HEADER_SIZE + USBIP_MAX_DATA };

int dfui_usbip_link_init(struct usbip_link *link, struct dfu_sim *sim)
{
    memset(link, 0, sizeof *link);
    link->sim = sim;
    link->in = malloc(IN_ROOM);
    return link->in == NULL ? DFU_ERR_NO_MEMORY : DFU_OK;
}

void dfui_usbip_link_free(struct usbip_link *link)
{
    if (link->board != NULL) {
        link->board->imported_by = NULL;
        dfui_sim_closed(link->board);
    }
    dfui_usbip_drop_urbs(link);
    free(link->in);
    free(link->out);
    memset(link, 0, sizeof *link);
}

void dfui_usbip_end(struct usbip_link *link, int faulty, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(link->why, sizeof link->why, format, args);
    va_end(args);
    link->ended = 1;
    link->faulty = faulty;
    link->in_length = 0;
    dfui_usbip_drop_urbs(link);
}

uint8_t *dfui_usbip_say(struct usbip_link *link, size_t length)
{
    if (length > link->out_room - link->out_length) {
        size_t room = link->out_length + length;
        uint8_t *out = realloc(link->out, room);
        if (out == NULL) {
            dfui_usbip_end(link, 0, "out of memory");
            return NULL;
        }
        link->out = out;
        link->out_room = room;
    }
    uint8_t *at = link->out + link->out_length;
    link->out_length += length;
    return at;
}

/* Class, subclass and protocol of each interface of the configuration in force, four bytes each; returns how many. */
static uint8_t list_interfaces(const struct sim_board *board, uint8_t out[SIM_MAX_INTERFACES * USBIP_INTERFACE_SIZE])
{
    uint8_t config[SIM_CONFIG_MAX];
    size_t length = dfui_sim_config_descriptor(board->profile, board->config == 2 ? 1 : 0, config);
    uint8_t count = 0;
    for (size_t at = 0; at < length && count < SIM_MAX_INTERFACES; at += config[at]) {
        if (config[at + 1] != 4 || config[at + 3] != 0) /* interface descriptors, of alternate setting 0 */
            continue;
        uint8_t *entry = out + (size_t)USBIP_INTERFACE_SIZE * count++;
        memcpy(entry, config + at + 5, 3);
        entry[3] = 0;
    }
    return count;
}

static struct usbip_device describe(const struct sim_board *board)
{
    uint8_t interfaces[SIM_MAX_INTERFACES * USBIP_INTERFACE_SIZE];
    return (struct usbip_device){.busid = board->path,
                                 .number = (uint32_t)board->index + 1,
                                 .vid = board->profile->vid,
                                 .pid = board->profile->pid,
                                 .bcd_device = board->profile->bcd_device,
                                 .config = board->config,
                                 .configs = dfui_sim_config_count(board->profile),
                                 .interfaces = list_interfaces(board, interfaces)};
}

static void list_devices(struct usbip_link *link)
{
    struct dfu_sim *sim = link->sim;
    uint32_t count = 0;
    size_t length = USBIP_OP_SIZE + 4;
    uint8_t interfaces[SIM_MAX_INTERFACES * USBIP_INTERFACE_SIZE];
    for (size_t i = 0; i < sim->count; i++) {
        if (!dfui_sim_is_present(&sim->boards[i], dfui_sim_bus_now(&sim->root)))
            continue;
        count++;
        length += USBIP_DEVICE_SIZE + (size_t)USBIP_INTERFACE_SIZE * list_interfaces(&sim->boards[i], interfaces);
    }
    uint8_t *at = dfui_usbip_say(link, length);
    if (at == NULL)
        return;
    dfui_usbip_put_op(at, USBIP_OP_REP_DEVLIST, USBIP_ST_OK);
    dfui_usbip_put_u32(at + USBIP_OP_SIZE, count);
    at += USBIP_OP_SIZE + 4;
    for (size_t i = 0; i < sim->count; i++) {
        if (!sim->boards[i].present)
            continue;
        struct usbip_device device = describe(&sim->boards[i]);
        dfui_usbip_put_device(at, &device);
        at += USBIP_DEVICE_SIZE;
        uint8_t found = list_interfaces(&sim->boards[i], interfaces);
        memcpy(at, interfaces, (size_t)USBIP_INTERFACE_SIZE * found);
        at += (size_t)USBIP_INTERFACE_SIZE * found;
    }
}

int dfui_usbip_plug(struct usbip_link *link, struct sim_board *board)
{
    if (board->imported_by != NULL || !dfui_sim_is_present(board, dfui_sim_bus_now(&link->sim->root)))
        return 0;
    board->imported_by = link;
    link->board = board;
    /* It gets its power from the cable. */
    board->dead = 0;
    dfui_sim_power_up(board);
    dfui_sim_opened(board, dfui_sim_bus_now(&link->sim->root));
    return 1;
}

static void import(struct usbip_link *link, const char busid[USBIP_BUSID_SIZE])
{
    uint32_t status = USBIP_ST_NO_DEVICE;
    for (size_t i = 0; i < link->sim->count && status == USBIP_ST_NO_DEVICE; i++) {
        struct sim_board *board = &link->sim->boards[i];
        if (strncmp(board->path, busid, USBIP_BUSID_SIZE) != 0)
            continue;
        if (board->imported_by != NULL)
            status = USBIP_ST_BUSY;
        else
            status = dfui_usbip_plug(link, board) ? USBIP_ST_OK : USBIP_ST_NA;
    }
    uint8_t *at = dfui_usbip_say(link, USBIP_OP_SIZE + (status == USBIP_ST_OK ? (size_t)USBIP_DEVICE_SIZE : 0));
    if (at == NULL)
        return;
    dfui_usbip_put_op(at, USBIP_OP_REP_IMPORT, status);
    if (status == USBIP_ST_OK) {
        struct usbip_device device = describe(link->board);
        dfui_usbip_put_device(at + USBIP_OP_SIZE, &device);
    } else {
        dfui_usbip_end(link, 0, "board %.*s is %s", USBIP_BUSID_SIZE, busid,
                       status == USBIP_ST_BUSY ? "in use" : (status == USBIP_ST_NA ? "off the bus" : "unknown"));
    }
}

/* Returns the bytes used, 0 = more must come first. */
static size_t take_op(struct usbip_link *link)
{
    struct usbip_op op;
    if (link->in_length < USBIP_OP_SIZE)
        return 0;
    dfui_usbip_get_op(link->in, &op);
    if (op.version != USBIP_VERSION) {
        dfui_usbip_end(link, 1, "USB/IP version 0x%04X, only 0x%04X is spoken here", op.version, USBIP_VERSION);
        return 0;
    }
    switch (op.code) {
    case USBIP_OP_REQ_DEVLIST:
        list_devices(link);
        return USBIP_OP_SIZE;
    case USBIP_OP_REQ_IMPORT:
        if (link->in_length < USBIP_IMPORT_SIZE)
            return 0;
        import(link, (const char *)link->in + USBIP_OP_SIZE);
        return USBIP_IMPORT_SIZE;
    default:
        dfui_usbip_end(link, 1, "unknown USB/IP operation 0x%04X", op.code);
        return 0;
    }
}

/* Nothing is read while there is something to send, so that a client that does not listen cannot make it grow. */
static void parse(struct usbip_link *link)
{
    while (!link->ended && link->out_length == 0) {
        size_t used = link->board == NULL ? take_op(link) : dfui_usbip_take_cmd(link);
        if (link->ended || used == 0)
            break;
        memmove(link->in, link->in + used, link->in_length - used);
        link->in_length -= used;
    }
}

size_t dfui_usbip_room(const struct usbip_link *link)
{
    return link->ended ? 0 : IN_ROOM - link->in_length;
}

void dfui_usbip_feed(struct usbip_link *link, const uint8_t *bytes, size_t length)
{
    memcpy(link->in + link->in_length, bytes, length);
    link->in_length += length;
    parse(link);
}

void dfui_usbip_sent(struct usbip_link *link, size_t length)
{
    memmove(link->out, link->out + length, link->out_length - length);
    link->out_length -= length;
    parse(link);
}
