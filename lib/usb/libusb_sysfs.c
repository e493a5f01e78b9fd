/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux tells of a device without opening it. */
#include "usb/libusb_private.h"
#include "usb/sysfs.h"
#include <stdio.h>
#include <sys/stat.h>

#if defined(__linux__)
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

static bool read_line(const char *name, char *line, size_t size)
{
    FILE *f = fopen(name, "r");
    if (f == NULL)
        return false;
    bool ok = fgets(line, (int)size, f) != NULL;
    fclose(f);
    if (ok)
        line[strcspn(line, "\n")] = '\0';
    return ok && line[0] != '\0';
}

bool dfui_libusb_system_serial(const char *path, char *serial, size_t size)
{
    char name[128];
    (void)snprintf(name, sizeof name, "/sys/bus/usb/devices/%s/serial", path);
    return read_line(name, serial, size);
}

bool dfui_libusb_driver(const char *path, unsigned config, unsigned interface_number, char *driver, size_t size)
{
    return dfui_sysfs_driver("/sys/bus/usb/devices", path, config, interface_number, driver, size);
}

/* The kernel goes back to alt 0 when a program lets go of an interface, so this saves a request nearly always. */
int dfui_libusb_current_alt(libusb_device_handle *handle, const char *path, uint8_t interface_number)
{
    char name[160];
    char line[16];
    int config = 0;
    if (libusb_get_configuration(handle, &config) != 0)
        return -1;
    (void)snprintf(name, sizeof name, "/sys/bus/usb/devices/%s:%d.%u/bAlternateSetting", path, config,
                   interface_number);
    if (!read_line(name, line, sizeof line))
        return -1;
    /* " 0": decimal, padded to two places */
    int alt = 0;
    for (const char *at = line; *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9' && alt < 100)
            alt = alt * 10 + (*at - '0');
        else if (*at != ' ')
            return -1;
    }
    return alt;
}

static void owner_of(const struct stat *st, char *text, size_t size)
{
    char room[1024];
    char user[40];
    char group[40];
    struct passwd entry;
    struct passwd *found = NULL;
    struct group group_entry;
    struct group *group_found = NULL;
    (void)snprintf(user, sizeof user, "%u", (unsigned)st->st_uid);
    (void)snprintf(group, sizeof group, "%u", (unsigned)st->st_gid);
    if (getpwuid_r(st->st_uid, &entry, room, sizeof room, &found) == 0 && found != NULL)
        (void)snprintf(user, sizeof user, "%.32s", found->pw_name);
    if (getgrgid_r(st->st_gid, &group_entry, room, sizeof room, &group_found) == 0 && group_found != NULL)
        (void)snprintf(group, sizeof group, "%.32s", group_found->gr_name);
    (void)snprintf(text, size, "%s:%s", user, group);
}

void dfui_libusb_access_cause(struct dfu_error **err, libusb_device *device)
{
    char node[40];
    char owner[96];
    struct stat st;
    (void)snprintf(node, sizeof node, "/dev/bus/usb/%03u/%03u", libusb_get_bus_number(device),
                   libusb_get_device_address(device));
    if (stat(node, &st) != 0) {
        dfu_error_set_cause(err, "no permission on %s", node);
        return;
    }
    owner_of(&st, owner, sizeof owner);
    dfu_error_set_cause(err, "no permission on %s, which belongs to %s with mode %04o, for uid %u", node, owner,
                        (unsigned)st.st_mode & 07777u, (unsigned)geteuid());
}

#else

bool dfui_libusb_system_serial(const char *path, char *serial, size_t size)
{
    (void)path;
    (void)serial;
    (void)size;
    return false;
}

bool dfui_libusb_driver(const char *path, unsigned config, unsigned interface_number, char *driver, size_t size)
{
    (void)path;
    (void)config;
    (void)interface_number;
    (void)driver;
    (void)size;
    return false;
}

int dfui_libusb_current_alt(libusb_device_handle *handle, const char *path, uint8_t interface_number)
{
    (void)handle;
    (void)path;
    (void)interface_number;
    return -1;
}

void dfui_libusb_access_cause(struct dfu_error **err, libusb_device *device)
{
    dfu_error_set_cause(err, "no permission on device %u of bus %u", libusb_get_device_address(device),
                        libusb_get_bus_number(device));
}

#endif
