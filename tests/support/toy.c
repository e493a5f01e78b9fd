/* SPDX-License-Identifier: BSD-2-Clause */
#include "toy.h"
#include <stdio.h>
#include <string.h>

enum { IDLE = 2, SYNC = 3, BUSY = 4, DN_IDLE = 5, UP_IDLE = 9, FAILED = 10 };

static struct toy_region *region_of(struct toy *t, uint64_t address)
{
    for (unsigned i = 0; i < t->region_count; i++) {
        struct toy_region *r = &t->regions[i];
        if (address >= r->start && address < r->start + (uint64_t)r->count * r->sector)
            return r;
    }
    return NULL;
}

uint8_t *toy_cell(struct toy *t, uint64_t address)
{
    struct toy_region *r = region_of(t, address);
    return r == NULL ? NULL : &r->cells[address - r->start];
}

void toy_finish(struct toy *t)
{
    size_t used = (size_t)snprintf(t->layout, sizeof t->layout, "@Toy ");
    uint64_t end = UINT64_MAX;
    for (unsigned i = 0; i < t->region_count; i++) {
        const struct toy_region *r = &t->regions[i];
        char head[32] = ",";
        if (r->start != end)
            (void)snprintf(head, sizeof head, "/0x%08X/", (unsigned)r->start);
        used += (size_t)snprintf(t->layout + used, sizeof t->layout - used, "%s%u*%u%c%c", head, (unsigned)r->count,
                                 (unsigned)r->sector, 'B', r->type);
        end = r->start + (uint64_t)r->count * r->sector;
    }
    t->state = IDLE;
}

static int enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct toy *t = self;
    const uint8_t config[27] = {9,
                                2,
                                27,
                                0,
                                1,
                                1,
                                0,
                                0x80,
                                50,
                                9,
                                4,
                                0,
                                0,
                                0,
                                0xFE,
                                1,
                                2,
                                4,
                                9,
                                0x21,
                                0x0B,
                                0xFF,
                                0,
                                (uint8_t)t->transfer_size,
                                (uint8_t)(t->transfer_size >> 8),
                                0x1A,
                                1};
    struct dfu_usb_config c = {config, sizeof config};
    struct dfu_usb_device d = {
        .size = sizeof d, .path = "1-1", .vid = 0x1209, .pid = 0xdf11, .config_count = 1, .configs = &c, .address = 2};
    (void)err;
    return visit(&d, arg);
}

static int open_device(void *self, const char *path, void **conn, struct dfu_error **err)
{
    (void)path;
    (void)err;
    *conn = self;
    return DFU_OK;
}

static int claim(void *conn, uint8_t number, uint8_t alt, struct dfu_error **err)
{
    (void)conn;
    (void)number;
    (void)alt;
    (void)err;
    return DFU_OK;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void erase(struct toy *t, uint32_t address)
{
    struct toy_region *r = region_of(t, address);
    if (r == NULL || r->type != 'g') {
        t->outside++;
        return;
    }
    uint32_t n = (address - r->start) / r->sector;
    memset(r->cells + n * r->sector, t->erased, r->sector);
    memset(r->fresh + n * r->sector, 1, r->sector);
    r->erases[n]++;
}

static void program(struct toy *t, uint32_t address, const uint8_t *data, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        struct toy_region *r = region_of(t, address + i);
        if (r == NULL || r->type == 'a') {
            t->outside++;
            continue;
        }
        uint32_t at = address + i - r->start;
        if (r->type == 'g' && !r->fresh[at])
            t->programmed_twice++;
        r->fresh[at] = 0;
        r->cells[at] = data[i];
    }
}

static void execute(struct toy *t)
{
    if (t->block == 0 && t->held == 5 && t->buffer[0] == 0x21)
        t->pointer = le32(t->buffer + 1);
    else if (t->block == 0 && t->held == 5 && t->buffer[0] == 0x41)
        erase(t, le32(t->buffer + 1));
    else if (t->block >= 2 && ++t->blocks == t->tear_at) {
        program(t, t->pointer + (uint32_t)(t->block - 2) * t->transfer_size, t->buffer, t->held / 2);
        t->deaf = 8;
    } else if (t->block >= 2)
        program(t, t->pointer + (uint32_t)(t->block - 2) * t->transfer_size, t->buffer, t->held);
    else
        t->bad_state++;
}

static int upload(struct toy *t, const struct dfu_usb_setup *s, uint8_t *data, struct dfu_error **err)
{
    if (t->unreadable)
        return dfu_error_set(err, DFU_ERR_STALL, "toy: no upload");
    if (s->value < 2 || (t->state != IDLE && t->state != UP_IDLE)) {
        t->bad_state++;
        return dfu_error_set(err, DFU_ERR_STALL, "toy: upload in state %u", t->state);
    }
    uint32_t address = t->pointer + (uint32_t)(s->value - 2) * t->transfer_size;
    for (uint32_t i = 0; i < s->length; i++) {
        uint8_t *cell = toy_cell(t, address + i);
        t->outside += cell == NULL;
        data[i] = cell == NULL ? 0 : *cell;
    }
    t->state = UP_IDLE;
    return s->length;
}

static int control(void *conn, const struct dfu_usb_setup *s, void *data, uint32_t timeout_ms, struct dfu_error **err)
{
    struct toy *t = conn;
    uint8_t *bytes = data;
    (void)timeout_ms;
    t->clock += 1000;
    if (s->type == 0x80 && s->request == 6 && s->value >> 8 == 3) {
        size_t length = strlen(t->layout);
        bytes[0] = (uint8_t)(2 + 2 * length);
        bytes[1] = 3;
        for (size_t i = 0; i < length; i++) {
            bytes[2 + 2 * i] = (uint8_t)t->layout[i];
            bytes[3 + 2 * i] = 0;
        }
        return (int)(2 + 2 * length);
    }
    switch (s->request) {
    case 1: /* DNLOAD */
        if ((t->state != IDLE && t->state != DN_IDLE) || s->length > t->transfer_size) {
            t->bad_state++;
            return dfu_error_set(err, DFU_ERR_STALL, "toy: download in state %u", t->state);
        }
        memcpy(t->buffer, data, s->length);
        t->block = s->value;
        t->held = s->length;
        t->state = SYNC;
        return s->length;
    case 2:
        return upload(t, s, bytes, err);
    case 3: /* GETSTATUS */
        if (t->deaf > 0) {
            t->deaf--;
            return dfu_error_set(err, DFU_ERR_STALL, "toy: deaf");
        }
        if (t->state == SYNC) {
            t->state = BUSY;
        } else if (t->state == BUSY) {
            execute(t);
            t->state = DN_IDLE;
            if (t->deaf > 0)
                return dfu_error_set(err, DFU_ERR_STALL, "toy: torn");
        }
        memset(bytes, 0, 6);
        bytes[0] = t->status;
        bytes[4] = t->state;
        return 6;
    case 5:
        bytes[0] = t->state;
        return 1;
    case 6:
        t->state = IDLE;
        return 0;
    default:
        t->bad_state++;
        return dfu_error_set(err, DFU_ERR_STALL, "toy: request %u", s->request);
    }
}

static int reset(void *conn, struct dfu_error **err)
{
    (void)err;
    ((struct toy *)conn)->state = IDLE;
    return DFU_RESET_SURVIVED;
}

static void close_device(void *conn)
{
    (void)conn;
}

static uint64_t now_us(void *self, void *conn)
{
    (void)conn;
    return ((struct toy *)self)->clock;
}

static void sleep_until_us(void *self, void *conn, uint64_t deadline)
{
    struct toy *t = self;
    (void)conn;
    if (deadline > t->clock)
        t->clock = deadline;
}

void toy_attach(struct toy *t, struct dfu_context_options *options)
{
    static const struct dfu_transport_ops ops = {.size = sizeof ops,
                                                 .name = "toy",
                                                 .enumerate = enumerate,
                                                 .open = open_device,
                                                 .claim = claim,
                                                 .control = control,
                                                 .reset = reset,
                                                 .close = close_device,
                                                 .now_us = now_us,
                                                 .sleep_until_us = sleep_until_us};
    options->transport = &ops;
    options->transport_self = t;
}
