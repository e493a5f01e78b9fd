/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/sysfs.h"

#if defined(__linux__)
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool dfui_sysfs_driver(const char *root, const char *path, unsigned config, unsigned interface_number, char *driver,
                       size_t size)
{
    char link[256];
    char target[512];
    int length = snprintf(link, sizeof link, "%s/%s:%u.%u/driver", root, path, config, interface_number);
    if (length < 0 || (size_t)length >= sizeof link)
        return false;
    ssize_t got = readlink(link, target, sizeof target - 1);
    if (got <= 0)
        return false;
    target[got] = '\0';
    const char *slash = strrchr(target, '/');
    const char *name = slash != NULL ? slash + 1 : target;
    if (*name == '\0' || strlen(name) >= size)
        return false;
    memcpy(driver, name, strlen(name) + 1);
    return true;
}

/* Lines are longer than the buffer only where a path is, which is none of ours. */
bool dfui_udevd_listens(const char *sockets)
{
    static const char wanted[] = " /run/udev/control\n";
    char line[256];
    bool listens = false;
    FILE *f = fopen(sockets, "r");
    if (f == NULL)
        return false;
    while (!listens && fgets(line, sizeof line, f) != NULL) {
        size_t length = strlen(line);
        listens = length >= sizeof wanted - 1 && strcmp(line + length - (sizeof wanted - 1), wanted) == 0;
    }
    (void)fclose(f);
    return listens;
}

#else

bool dfui_udevd_listens(const char *sockets)
{
    (void)sockets;
    return false;
}

bool dfui_sysfs_driver(const char *root, const char *path, unsigned config, unsigned interface_number, char *driver,
                       size_t size)
{
    (void)root;
    (void)path;
    (void)config;
    (void)interface_number;
    (void)driver;
    (void)size;
    return false;
}

#endif
