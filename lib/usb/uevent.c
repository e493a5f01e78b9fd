/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/uevent.h"
#include <errno.h>
#include <libdfu/transport.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The multicast group in which udevd repeats events (systemd's sd-device/device-monitor.c: UDEV_MONITOR_UDEV). The
 * kernel's own group, 1, tells of a device before anybody but root may open it. */
#define GROUP_UDEV 2

/* Events that are taken at once; if there are more, the next wait is short. */
#define MANY 1000

/* Lines are longer than the buffer only where a path is, which is none of ours. */
bool dfui_udevd_listens(const char *sockets)
{
    static const char wanted[] = " /run/udev/control\n";
    char line[256];
    bool listens = false;
    FILE *f = fopen(sockets, "re");
    if (f == NULL)
        return false;
    while (!listens && fgets(line, sizeof line, f) != NULL) {
        size_t length = strlen(line);
        listens = length >= sizeof wanted - 1 && strcmp(line + length - (sizeof wanted - 1), wanted) == 0;
    }
    (void)fclose(f);
    return listens;
}

int dfui_uevent_open(void)
{
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUP_UDEV};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

int dfui_uevent_wait(int fd, uint64_t limit_us)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    uint64_t limit_ms = (limit_us + 999) / 1000;
    char byte;
    if (poll(&wanted, 1, limit_ms > 60000 ? 60000 : (int)limit_ms) == 0)
        return DFU_WAIT_QUIET;
    /* What they say does not matter. ENOBUFS: so many that some were lost. */
    for (int i = 0; i < MANY; i++) {
        if (recv(fd, &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno != ENOBUFS)
            break;
    }
    return DFU_WAIT_CHANGED;
}
