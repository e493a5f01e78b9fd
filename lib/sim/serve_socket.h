/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of dfu_sim_serve(): where clients come from. */
#ifndef DFU_SIM_SERVE_SOCKET_H
#define DFU_SIM_SERVE_SOCKET_H

#include <libdfu/error.h>
#include <stddef.h>
#include <stdint.h>

struct pollfd;

enum { SERVE_NAME_SIZE = 80 };

/* Listens at "ADDRESS:PORT"; name is what it came to be. The socket or a code. */
int dfui_serve_listen(const char *address, char name[SERVE_NAME_SIZE], struct dfu_error **err);

/* The next client, -1 = none is waiting. */
int dfui_serve_accept(int listener, char name[SERVE_NAME_SIZE]);

/* Bytes moved, 0 = not now, -1 = the other side has gone. */
long dfui_serve_send(int fd, const uint8_t *data, size_t length);
long dfui_serve_receive(int fd, uint8_t *data, size_t length);

/* poll() with a limit in microseconds, which a timing model of 1 ms frames needs. */
int dfui_serve_poll(struct pollfd *fds, size_t count, uint64_t limit_us);

/*
 * vhci_hcd, Linux's virtual host controller. A port stays the same while a board comes and goes, so that its
 * path does.
 */
/* The first port from *port on that is free. */
int dfui_vhci_find_port(uint32_t *port, struct dfu_error **err);
/* Plugs in a full-speed device; the other end of the socket or a code, DFU_ERR_BUSY while the port is in use. */
int dfui_vhci_plug(uint32_t port, uint32_t device_number, struct dfu_error **err);

#endif
