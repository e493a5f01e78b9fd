/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu_sim_serve(): one loop over all clients. A board that works for a second has its answer due in a second;
 * nobody else waits for it. */
#include "sim/serve_socket.h"
#include "sim/usbip_link.h"
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SLICE_US = 50000,   /* how long dfu_sim_stop() may go unseen */
    MORE_CLIENTS = 16,  /* those that only ask for the list */
    REPLUG_US = 20000,  /* the kernel takes a moment to give a port back */
    REPLUG_LIMIT = 250, /* tries */
    NO_SOCKET = -1
};

struct client {
    int fd;
    int deaf; /* the other side has stopped talking */
    char name[SERVE_NAME_SIZE];
    struct usbip_link link;
};

/* A board's place in vhci_hcd. */
struct plug {
    uint32_t port;
    int tries;
    uint64_t retry_us; /* wall clock */
    int lost;          /* given up */
};

struct server {
    struct dfu_sim *sim;
    const struct dfu_sim_serve_options *options;
    int listener;
    struct client *clients;
    size_t count;
    size_t room;
    struct pollfd *fds; /* one for each client, and the listener */
    struct plug *plugs; /* one for each board; NULL without vhci_hcd */
};

static void tell(const struct server *s, int level, const char *format, ...) DFU_PRINTF(3, 4);

static void tell(const struct server *s, int level, const char *format, ...)
{
    char line[320];
    va_list args;
    if (s->options->log == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    s->options->log(level, line, s->options->log_user);
}

/* Takes fd over; NULL when there is no room. */
static struct client *add_client(struct server *s, int fd, const char *name)
{
    struct client *c = &s->clients[s->count];
    if (s->count == s->room || dfui_usbip_link_init(&c->link, s->sim) != DFU_OK) {
        tell(s, DFU_LOG_WARNING, "%s is turned away: %zu clients are the most", name, s->room);
        (void)close(fd);
        return NULL;
    }
    c->fd = fd;
    c->deaf = 0;
    (void)snprintf(c->name, sizeof c->name, "%s", name);
    s->count++;
    return c;
}

static void move_bytes(struct client *c)
{
    while (c->link.out_length > 0) {
        long n = dfui_serve_send(c->fd, c->link.out, c->link.out_length);
        if (n == 0)
            return;
        if (n < 0) {
            c->link.ended = 1;
            c->link.out_length = 0;
            return;
        }
        dfui_usbip_sent(&c->link, (size_t)n);
    }
}

/* One reading at a time, so that no client keeps the others waiting. */
static void hear(struct client *c)
{
    uint8_t bytes[4096];
    size_t room = dfui_usbip_room(&c->link);
    long n = dfui_serve_receive(c->fd, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (n < 0)
        c->deaf = 1;
    if (n > 0)
        dfui_usbip_feed(&c->link, bytes, (size_t)n);
}

/* Whether there is nothing left to do for it. */
static int is_over(const struct client *c)
{
    return c->link.out_length == 0 && (c->link.ended || (c->deaf && dfui_usbip_due(&c->link) == UINT64_MAX));
}

static void drop_client(struct server *s, size_t index)
{
    struct client *c = &s->clients[index];
    int level = c->link.faulty ? DFU_LOG_WARNING : DFU_LOG_INFO;
    const char *why = c->link.why[0] != '\0' ? c->link.why : "the client has gone";
    if (c->link.board != NULL)
        tell(s, level, "%s, board %s, serial %s: %s", c->name, c->link.board->path, c->link.board->serial, why);
    else
        tell(s, level, "%s: %s", c->name, why);
    dfui_usbip_link_free(&c->link);
    (void)close(c->fd);
    /* Boards point at their link: what takes its place must say where it is now. */
    s->count--;
    if (index != s->count) {
        *c = s->clients[s->count];
        if (c->link.board != NULL)
            c->link.board->imported_by = &c->link;
    }
}

static void take_clients(struct server *s)
{
    char name[SERVE_NAME_SIZE];
    for (int fd; (fd = dfui_serve_accept(s->listener, name)) >= 0;)
        (void)add_client(s, fd, name);
}

static int plug_in(struct server *s, size_t board, struct dfu_error **err)
{
    char name[SERVE_NAME_SIZE];
    struct plug *plug = &s->plugs[board];
    int fd = dfui_vhci_plug(plug->port, (uint32_t)board + 1, err);
    if (fd < 0)
        return fd;
    (void)snprintf(name, sizeof name, "vhci port %u", plug->port);
    struct client *c = add_client(s, fd, name);
    if (c == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    (void)dfui_usbip_plug(&c->link, &s->sim->boards[board]);
    tell(s, DFU_LOG_INFO, "%s: board %s, serial %s, is plugged in", name, s->sim->boards[board].path,
         s->sim->boards[board].serial);
    plug->tries = 0;
    return DFU_OK;
}

/* Boards that came back, as soon as their port is free again. Returns the wall time of the next try. */
static uint64_t plug_again(struct server *s)
{
    uint64_t next = UINT64_MAX;
    uint64_t now = dfui_sim_wall_us();
    for (size_t i = 0; s->plugs != NULL && i < s->sim->count; i++) {
        struct sim_board *board = &s->sim->boards[i];
        struct plug *plug = &s->plugs[i];
        struct dfu_error *err = NULL;
        if (board->imported_by != NULL || plug->lost || !dfui_sim_is_present(board, dfui_sim_bus_now(&s->sim->root)))
            continue;
        if (now >= plug->retry_us) {
            int rc = plug_in(s, i, &err);
            if (rc == DFU_OK)
                continue;
            plug->retry_us = now + REPLUG_US;
            plug->lost = rc != DFU_ERR_BUSY || ++plug->tries == REPLUG_LIMIT;
            if (plug->lost)
                tell(s, DFU_LOG_ERROR, "board %s stays unplugged: %s", board->path, dfu_error_message(err));
            dfu_error_free(err);
        }
        next = plug->retry_us < next ? plug->retry_us : next;
    }
    return next;
}

/* How long until somebody has something to do. */
static uint64_t idle_us(const struct server *s, uint64_t until)
{
    for (size_t i = 0; i < s->count; i++) {
        uint64_t due = dfui_usbip_due(&s->clients[i].link);
        uint64_t wall = due == UINT64_MAX ? due : dfui_sim_wall_at(s->sim, due);
        until = wall < until ? wall : until;
    }
    uint64_t now = dfui_sim_wall_us();
    if (until <= now)
        return 0;
    return until - now < SLICE_US ? until - now : SLICE_US;
}

/* Nobody is here, and nobody can come. */
static int is_idle(const struct server *s)
{
    return s->count == 0 && s->listener == NO_SOCKET && s->plugs == NULL;
}

static void serve_once(struct server *s)
{
    for (size_t i = s->count; i > 0; i--) {
        struct client *c = &s->clients[i - 1];
        dfui_usbip_work(&c->link);
        move_bytes(c);
        if (is_over(c))
            drop_client(s, i - 1);
    }
    if (is_idle(s))
        return;
    uint64_t until = plug_again(s);
    for (size_t i = 0; i < s->count; i++) {
        const struct client *c = &s->clients[i];
        int events = (c->link.out_length > 0 ? POLLOUT : 0) | (!c->deaf && dfui_usbip_room(&c->link) > 0 ? POLLIN : 0);
        /* A negative number is passed over: a hangup would be told again and again. */
        s->fds[i] = (struct pollfd){.fd = events != 0 ? c->fd : NO_SOCKET, .events = (short)events};
    }
    size_t clients = s->count;
    s->fds[clients] = (struct pollfd){.fd = s->listener, .events = POLLIN};
    if (dfui_serve_poll(s->fds, clients + 1, idle_us(s, until)) <= 0)
        return;
    for (size_t i = 0; i < clients; i++) {
        if ((s->fds[i].revents & ~POLLOUT) != 0)
            hear(&s->clients[i]);
    }
    if (s->fds[clients].revents != 0)
        take_clients(s);
}

static int start_vhci(struct server *s, struct dfu_error **err)
{
    uint32_t port = 0;
    s->plugs = calloc(s->sim->count, sizeof *s->plugs);
    if (s->plugs == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < s->sim->count; i++, port++) {
        int rc = dfui_vhci_find_port(&port, err);
        s->plugs[i].port = port;
        if (rc == DFU_OK && dfui_sim_is_present(&s->sim->boards[i], dfui_sim_bus_now(&s->sim->root)))
            rc = plug_in(s, i, err);
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

static int start(struct server *s, struct dfu_error **err)
{
    const struct dfu_sim_serve_options *o = s->options;
    s->room = s->sim->count + MORE_CLIENTS + o->connected_count;
    s->clients = calloc(s->room, sizeof *s->clients);
    s->fds = calloc(s->room + 1, sizeof *s->fds);
    if (s->clients == NULL || s->fds == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    if (o->flags & DFU_SIM_SERVE_TCP) {
        char name[SERVE_NAME_SIZE] = "";
        s->listener = dfui_serve_listen(o->address, name, err);
        if (s->listener < 0)
            return s->listener;
        tell(s, DFU_LOG_INFO, "listening at %s", name);
    }
    for (uint32_t i = 0; i < o->connected_count; i++)
        (void)add_client(s, o->connected[i], "a connected client");
    return o->flags & DFU_SIM_SERVE_VHCI ? start_vhci(s, err) : DFU_OK;
}

static void finish(struct server *s)
{
    while (s->count > 0)
        drop_client(s, s->count - 1);
    if (s->listener >= 0)
        (void)close(s->listener);
    free(s->plugs);
    free(s->fds);
    free(s->clients);
}

static int check(const struct dfu_sim *sim, const struct dfu_sim_serve_options *o, struct dfu_error **err)
{
    if ((sim->options.flags & DFU_SIM_REAL_TIME) == 0) {
        (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "a simulator in virtual time cannot be exported by USB/IP");
        dfu_error_set_hint(err, "make the simulator with DFU_SIM_REAL_TIME");
        return DFU_ERR_ARGUMENT;
    }
    if ((o->flags & ~(uint32_t)(DFU_SIM_SERVE_TCP | DFU_SIM_SERVE_VHCI)) != 0 ||
        (o->connected_count > 0 && o->connected == NULL))
        return dfu_error_set(err, DFU_ERR_ARGUMENT,
                             "serve options: unknown flags 0x%X, or no sockets where %u are told", o->flags,
                             o->connected_count);
    return DFU_OK;
}

int dfu_sim_serve(struct dfu_sim *sim, const struct dfu_sim_serve_options *options, struct dfu_error **err)
{
    struct dfu_sim_serve_options o = {.size = sizeof o};
    if (sim == NULL || options == NULL || options->size < sizeof options->size)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no simulator, or no serve options (use DFU_INIT)");
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    int rc = check(sim, &o, err);
    if (rc != DFU_OK)
        return rc;
    struct server s = {.sim = sim, .options = &o, .listener = NO_SOCKET};
    rc = start(&s, err);
    while (rc == DFU_OK && !is_idle(&s) && !atomic_load_explicit(&sim->stop, memory_order_relaxed))
        serve_once(&s);
    atomic_store_explicit(&sim->stop, false, memory_order_relaxed);
    finish(&s);
    return rc;
}

void dfu_sim_stop(struct dfu_sim *sim)
{
    if (sim != NULL)
        atomic_store_explicit(&sim->stop, true, memory_order_relaxed);
}
