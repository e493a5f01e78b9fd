/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/serve_socket.h"
#include "sim/usbip_wire.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VHCI "/sys/devices/platform/vhci_hcd.0/"

enum { STATE_FREE = 4, MAX_CONTROLLERS = 64 };

static int no_access(struct dfu_error **err, const char *name)
{
    int error = errno;
    int code = error == EACCES || error == EPERM ? DFU_ERR_ACCESS : DFU_ERR_UNSUPPORTED;
    (void)dfu_error_set(err, code, "cannot open %s: %s", name, strerror(error));
    dfu_error_set_hint(err, code == DFU_ERR_ACCESS ? "run as root" : "load the driver with: modprobe vhci-hcd");
    return code;
}

/* A line is "hs  0003 004 …": speed class, port, state. Returns 1 for a full-speed or high-speed port. */
static int parse_port(const char *line, uint32_t *port, uint32_t *state)
{
    if (strncmp(line, "hs", 2) != 0)
        return 0;
    const char *at = line + 2;
    uint32_t *numbers[2] = {port, state};
    for (int i = 0; i < 2; i++) {
        while (*at == ' ')
            at++;
        if (*at < '0' || *at > '9')
            return 0;
        uint32_t n = 0;
        for (; *at >= '0' && *at <= '9' && n < 100000; at++)
            n = n * 10 + (uint32_t)(*at - '0');
        *numbers[i] = n;
    }
    return 1;
}

/* Each controller has a file of its own. 1 = found, 0 = not here, -1 = no such file. */
static int look(unsigned controller, uint32_t from, uint32_t *port)
{
    char name[64];
    char line[128];
    int found = 0;
    (void)snprintf(name, sizeof name, controller == 0 ? VHCI "status" : VHCI "status.%u", controller);
    FILE *f = fopen(name, "r");
    if (f == NULL)
        return -1;
    while (!found && fgets(line, sizeof line, f) != NULL) {
        uint32_t state;
        found = parse_port(line, port, &state) && state == STATE_FREE && *port >= from;
    }
    (void)fclose(f);
    return found;
}

int dfui_vhci_find_port(uint32_t *port, struct dfu_error **err)
{
    uint32_t from = *port;
    for (unsigned i = 0; i < MAX_CONTROLLERS; i++) {
        int rc = look(i, from, port);
        if (rc < 0 && i == 0)
            return no_access(err, VHCI "status");
        if (rc < 0)
            break;
        if (rc > 0)
            return DFU_OK;
    }
    (void)dfu_error_set(err, DFU_ERR_BUSY, "no free port of vhci_hcd from port %u on", from);
    dfu_error_set_hint(err, "unplug virtual devices with: usbip detach -p PORT");
    return DFU_ERR_BUSY;
}

int dfui_vhci_plug(uint32_t port, uint32_t device_number, struct dfu_error **err)
{
    int ends[2];
    char line[64];
    int file = open(VHCI "attach", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return no_access(err, VHCI "attach");
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        (void)close(file);
        return dfu_error_set(err, DFU_ERR_FILE, "cannot make a pair of sockets: %s", strerror(errno));
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    int length = snprintf(line, sizeof line, "%u %d %u %d", port, ends[1], 1u << 16 | device_number, USBIP_SPEED_FULL);
    ssize_t written = write(file, line, (size_t)length);
    int error = errno;
    (void)close(file);
    (void)close(ends[1]); /* the kernel has its own hold on it */
    if (written == length)
        return ends[0];
    (void)close(ends[0]);
    return dfu_error_set(err, error == EBUSY ? DFU_ERR_BUSY : DFU_ERR_FILE, "cannot plug into port %u of vhci_hcd: %s",
                         port, strerror(error));
}
