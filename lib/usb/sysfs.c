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

#else

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
