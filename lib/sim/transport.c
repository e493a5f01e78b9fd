/* SPDX-License-Identifier: BSD-2-Clause */
/* The transport ops, and the time that each transfer takes. */
#include "sim/board.h"
#include "sim/transport.h"
#include <stdlib.h>

enum {
    RESET_US = 60000,      /* 50 ms of reset, 10 ms of recovery (USB 2.0 section 7.1.7.5) */
    NO_LIMIT_US = 60000000 /* when a transfer without limit would never end */
};

struct connection {
    struct sim_view *view;
    struct sim_board *board;
    uint32_t generation;
};

static int alive(const struct connection *conn)
{
    return conn->board->present && conn->generation == conn->board->generation;
}

static int gone(const struct connection *conn, struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_GONE, "simulated device %s is no longer there", conn->board->path);
}

/* An op on a board is over. */
static void over(const struct connection *conn)
{
    dfui_sim_bus_follow(conn->view, conn->board);
    dfui_sim_publish(conn->board);
}

static int sim_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct sim_view *view = self;
    struct dfu_sim *sim = view->sim;
    (void)err;
    for (size_t i = 0; i < sim->count; i++) {
        struct sim_board *board = &sim->boards[i];
        struct sim_sighting seen = dfui_sim_sighting(board, dfui_sim_bus_now(view));
        if (!seen.present)
            continue;
        const struct sim_profile *profile = seen.profile;
        uint8_t bytes[SIM_MAX_CONFIGS][SIM_CONFIG_MAX];
        struct dfu_usb_config configs[SIM_MAX_CONFIGS];
        for (unsigned c = 0; c < SIM_MAX_CONFIGS; c++) {
            size_t length = dfui_sim_config_descriptor(profile, c, bytes[c]);
            configs[c] = (struct dfu_usb_config){bytes[c], length};
        }
        struct dfu_usb_device device = {
            .size = sizeof device,
            .path = board->path,
            .vid = profile->vid,
            .pid = profile->pid,
            .bcd_device = profile->bcd_device,
            .serial_index = dfui_sim_serial_index(),
            .product_index = dfui_sim_product_index(),
            .address = (uint8_t)((i + seen.generation * sim->count) % 127 + 1), /* a new one each time */
            .active_config = seen.config,
            .config_count = dfui_sim_config_count(profile),
            .configs = configs,
            /* No operating system would make sense of 8-bit characters. */
            .serial = profile->habits & SIM_SERIAL_IN_BYTES ? NULL : board->serial,
        };
        int rc = visit(&device, arg);
        if (rc != 0)
            return rc;
    }
    return DFU_OK;
}

static int sim_open(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct sim_view *view = self;
    struct dfu_sim *sim = view->sim;
    *conn = NULL;
    for (size_t i = 0; path != NULL && i < sim->count; i++) {
        struct sim_board *board = &sim->boards[i];
        if (strcmp(board->path, path) != 0 || !dfui_sim_is_present(board, dfui_sim_bus_now(view)))
            continue;
        struct connection *new = malloc(sizeof *new);
        if (new == NULL)
            return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
        *new = (struct connection){view, board, board->generation};
        dfui_sim_opened(board, dfui_sim_bus_now(view));
        over(new);
        *conn = new;
        return DFU_OK;
    }
    return dfu_error_set(err, DFU_ERR_NO_DEVICE, "no simulated device at %s", path == NULL ? "(null)" : path);
}

static void sim_close(void *conn)
{
    struct connection *old = conn;
    struct sim_board *board = old->board;
    if (board->claimed_by == old)
        board->claimed_by = NULL;
    if (board->beside != NULL && board->beside->claimed_by == old)
        board->beside->claimed_by = NULL;
    dfui_sim_closed(board);
    over(old);
    free(old);
}

static int timed_out(const struct dfu_usb_setup *setup, uint32_t timeout_ms, struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_TIMEOUT, "control request 0x%02X/%u was not answered within %u ms", setup->type,
                         setup->request, timeout_ms != 0 ? timeout_ms : NO_LIMIT_US / 1000u);
}

/* The transfer is over: what follows from it. */
static int finish(struct connection *conn, const struct dfu_usb_setup *setup, const struct sim_reply *reply,
                  struct dfu_error **err)
{
    dfui_sim_finish(conn->board, setup, reply);
    if (reply->departure != SIM_STAYS && reply->unanswered)
        return gone(conn, err);
    switch (reply->outcome) {
    case SIM_STALLED:
        return dfu_error_set(err, DFU_ERR_STALL, "control request 0x%02X/%u was stalled", setup->type, setup->request);
    case SIM_BABBLED:
        return dfu_error_set(err, DFU_ERR_USB,
                             "control request 0x%02X/%u: device sent more than the %u bytes asked for", setup->type,
                             setup->request, setup->length);
    default:
        return (int)reply->length;
    }
}

static int transfer(struct connection *c, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                    struct dfu_error **err)
{
    struct sim_board *board = c->board;
    uint8_t none = 0;
    if (setup->length > 0 && data == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "control request of %u bytes without a buffer", setup->length);
    if (!alive(c))
        return gone(c, err);
    uint64_t start = dfui_sim_now(board);
    uint64_t limit = start + (timeout_ms != 0 ? (uint64_t)timeout_ms * 1000 : NO_LIMIT_US);
    uint64_t free_at = board->blocked_until_us > start ? board->blocked_until_us : start;
    if (board->dead || (timeout_ms != 0 && free_at >= limit)) {
        dfui_sim_wait(board, limit);
        return timed_out(setup, timeout_ms, err);
    }
    dfui_sim_wait(board, free_at);

    struct sim_reply reply;
    uint64_t done = dfui_sim_begin(board, setup, data == NULL ? &none : data, free_at, &reply);
    if (reply.outcome == SIM_NEVER || (timeout_ms != 0 && done > limit)) {
        /* The device goes on with its work; the host does not get to see the answer. */
        dfui_sim_abandon(board, &reply, done);
        dfui_sim_wait(board, limit);
        if (reply.departure != SIM_STAYS)
            dfui_sim_depart(board, reply.departure, reply.away_us);
        return timed_out(setup, timeout_ms, err);
    }
    dfui_sim_wait(board, done);
    return finish(c, setup, &reply, err);
}

static int sim_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                       struct dfu_error **err)
{
    int rc = transfer(conn, setup, data, timeout_ms, err);
    over(conn);
    return rc;
}

static int sim_claim(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err)
{
    struct connection *c = conn;
    struct sim_board *board = c->board;
    if (!alive(c))
        return gone(c, err);
    struct sim_board *loader = dfui_sim_behind(board, interface_number);
    if (loader == NULL)
        return dfu_error_set(err, DFU_ERR_USB, "simulated device %s has no interface %u", board->path,
                             interface_number);
    if (loader->claimed_by != NULL && loader->claimed_by != c)
        return dfu_error_set(err, DFU_ERR_BUSY, "simulated device %s is in use", board->path);
    loader->claimed_by = c;
    if (loader->alt == alt)
        return DFU_OK;
    struct dfu_usb_setup setup = {.type = 0x01, .request = 0x0B, .value = alt, .index = interface_number};
    int rc = sim_control(conn, &setup, NULL, 1000, err);
    return rc < 0 ? rc : DFU_OK;
}

static int reset(struct connection *c, struct dfu_error **err)
{
    struct sim_board *board = c->board;
    if (!alive(c))
        return gone(c, err);
    uint64_t done = dfui_sim_now(board) + RESET_US;
    if (board->dead) {
        dfui_sim_wait(board, done);
        dfui_sim_depart(board, SIM_GONE, 0);
        return DFU_RESET_LOST;
    }
    dfui_sim_port_reset(board);
    dfui_sim_wait(board, done);
    return alive(c) ? DFU_RESET_SURVIVED : DFU_RESET_LOST;
}

static int sim_reset(void *conn, struct dfu_error **err)
{
    int rc = reset(conn, err);
    over(conn);
    return rc;
}

static uint64_t sim_now_us(void *self, void *conn)
{
    struct connection *c = conn;
    return c != NULL ? dfui_sim_now(c->board) : dfui_sim_bus_now(self);
}

static void sim_sleep_until_us(void *self, void *conn, uint64_t deadline_us)
{
    struct connection *c = conn;
    if (c == NULL) {
        dfui_sim_bus_wait(self, deadline_us);
        return;
    }
    dfui_sim_wait(c->board, deadline_us);
    over(c);
}

/* Until the next board that is away comes back. */
static int sim_wait_change(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct sim_view *view = self;
    (void)err;
    uint64_t now = dfui_sim_bus_now(view);
    for (size_t i = 0; i < view->sim->count; i++) {
        struct sim_sighting seen = dfui_sim_sighting(&view->sim->boards[i], now);
        if (!seen.present && seen.returns && seen.back_at_us < deadline_us)
            deadline_us = seen.back_at_us;
    }
    dfui_sim_bus_wait(view, deadline_us);
    return DFU_OK;
}

static int sim_share(void *self, void **other, struct dfu_error **err)
{
    struct sim_view *view = self;
    struct sim_view *new = malloc(sizeof *new);
    *other = NULL;
    if (new == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    *new = (struct sim_view){.sim = view->sim, .clock_us = dfui_sim_bus_now(view), .parent = view};
    atomic_init(&new->children_us, 0);
    *other = new;
    return DFU_OK;
}

/* Who waits for another's end is not before it: what that one saw come back is back. */
static void sim_unshare(void *other)
{
    struct sim_view *view = other;
    uint_fast64_t known = atomic_load(&view->parent->children_us);
    while (known < view->clock_us &&
           !atomic_compare_exchange_weak(&view->parent->children_us, &known, view->clock_us)) {
        /* somebody else was quicker */
    }
    free(view);
}

const struct dfu_transport_ops dfui_sim_transport = {
    .size = sizeof(struct dfu_transport_ops),
    .name = "simulator",
    .max_control = 0,
    .enumerate = sim_enumerate,
    .open = sim_open,
    .claim = sim_claim,
    .control = sim_control,
    .reset = sim_reset,
    .close = sim_close,
    .now_us = sim_now_us,
    .sleep_until_us = sim_sleep_until_us,
    .wait_change = sim_wait_change,
    .share = sim_share,
    .unshare = sim_unshare,
};
