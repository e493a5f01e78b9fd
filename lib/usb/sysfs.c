/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/sysfs.h"
#include "core/core.h"
#include "core/scan.h"
#include "usb/desc.h"
#include "usb/devdesc.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "BUS-PORT.PORT…", at most seven ports deep. */
#define PATH_SIZE 48
#define NAME_SIZE 256
#define TEXT_SIZE 256
#define MAX_CONFIGS 8
#define MAX_HOLDERS 8
#define DRIVER_SIZE 64
/* A device descriptor and MAX_CONFIGS configurations of the greatest length that there is. */
#define MAX_DESCRIPTORS (18 + MAX_CONFIGS * 65535)

/* -1 with errno when it cannot be opened. */
static int open_attribute(const char *root, const char *path, const char *attribute)
{
    char name[NAME_SIZE];
    int length = snprintf(name, sizeof name, "%s/%s/%s", root, path, attribute);
    if (length < 0 || (size_t)length >= sizeof name) {
        errno = ENOENT;
        return -1;
    }
    return open(name, O_RDONLY | O_CLOEXEC);
}

/* Does errno say that there is no such thing, or not any more? */
static bool is_gone(void)
{
    return errno == ENOENT || errno == ENODEV || errno == ENOTDIR;
}

static bool is_forbidden(void)
{
    return errno == EACCES || errno == EPERM;
}

/* The first line, perhaps empty; or DFUI_SYSFS_NONE, or DFUI_SYSFS_UNREADABLE with errno. */
static int read_text(const char *root, const char *path, const char *attribute, char *text, size_t size)
{
    int fd = open_attribute(root, path, attribute);
    ssize_t got = fd >= 0 ? read(fd, text, size - 1) : -1;
    int failure = errno;
    if (fd >= 0)
        (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    errno = failure;
    return got >= 0 ? 0 : is_gone() ? DFUI_SYSFS_NONE : DFUI_SYSFS_UNREADABLE;
}

int dfui_sysfs_number(const char *root, const char *path, const char *attribute)
{
    char text[TEXT_SIZE];
    uint64_t number;
    int rc = read_text(root, path, attribute, text, sizeof text);
    if (rc < 0)
        return rc;
    struct dfui_scan scan = dfui_scan_of(text, strlen(text));
    dfui_scan_blanks(&scan); /* bAlternateSetting is " 0" */
    if (!dfui_scan_decimal(&scan, UINT16_MAX, &number) || number > UINT16_MAX || dfui_scan_left(&scan) > 0)
        return DFUI_SYSFS_NONE;
    return (int)number;
}

int dfui_sysfs_alt(const char *root, const char *path, unsigned interface_number)
{
    char name[NAME_SIZE];
    int config = dfui_sysfs_number(root, path, "bConfigurationValue");
    int length = snprintf(name, sizeof name, "%s:%d.%u", path, config, interface_number);
    if (config < 0 || length < 0 || (size_t)length >= sizeof name)
        return DFUI_SYSFS_NONE;
    return dfui_sysfs_number(root, name, "bAlternateSetting");
}

bool dfui_sysfs_driver(const char *root, const char *path, unsigned config, unsigned interface_number, char *driver,
                       size_t size)
{
    char link[NAME_SIZE];
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

struct names {
    char (*items)[PATH_SIZE];
    size_t count;
};

/* "1-4.2": neither a root hub ("usb1") nor an interface ("1-4.2:1.0"). */
static bool is_device(const char *name)
{
    size_t length = strlen(name);
    return length < PATH_SIZE && strspn(name, "0123456789-.") == length && strspn(name, "0123456789") > 0 &&
           strchr(name, '-') != NULL;
}

/* By numbers, not by digits: 1-2 before 1-10. */
static int compare_paths(const void *a, const void *b)
{
    struct dfui_scan x = dfui_scan_of(a, strlen(a));
    struct dfui_scan y = dfui_scan_of(b, strlen(b));
    for (;;) {
        uint64_t m = 0;
        uint64_t n = 0;
        (void)dfui_scan_decimal(&x, UINT16_MAX, &m);
        (void)dfui_scan_decimal(&y, UINT16_MAX, &n);
        if (m != n)
            return m < n ? -1 : 1;
        if (dfui_scan_left(&x) == 0 || dfui_scan_left(&y) == 0)
            return (dfui_scan_left(&x) > 0) - (dfui_scan_left(&y) > 0);
        x.at++;
        y.at++;
    }
}

static int add_name(struct names *names, const char *name)
{
    if ((names->count & (names->count + 1)) == 0) { /* room for 0, 1, 3, 7…: it is full */
        char(*items)[PATH_SIZE] = realloc(names->items, (2 * names->count + 1) * sizeof *items);
        if (items == NULL)
            return DFU_ERR_NO_MEMORY;
        names->items = items;
    }
    memcpy(names->items[names->count++], name, strlen(name) + 1);
    return DFU_OK;
}

static int unreadable(const char *what, struct dfu_error **err)
{
    int code = is_forbidden() ? DFU_ERR_ACCESS : DFU_ERR_USB;
    (void)dfu_error_set(err, code, "cannot look for USB devices: %s cannot be read (system error %d)", what, errno);
    if (code == DFU_ERR_ACCESS)
        dfu_error_set_hint(err, "let this user, or this container, read it");
    return code;
}

static int find_names(const char *root, struct names *names, struct dfu_error **err)
{
    int rc = DFU_OK;
    DIR *folder = opendir(root);
    if (folder == NULL && errno == ENOENT)
        return DFU_OK; /* a kernel without USB */
    if (folder == NULL)
        return unreadable(root, err);
    for (const struct dirent *entry = readdir(folder); rc == DFU_OK && entry != NULL; entry = readdir(folder)) {
        if (is_device(entry->d_name))
            rc = add_name(names, entry->d_name);
    }
    (void)closedir(folder);
    if (rc != DFU_OK)
        return dfui_error_no_memory(err);
    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, compare_paths);
    return DFU_OK;
}

/* The whole attribute; *data is the caller's. *length 0 = the device has gone, or is kept from us. */
static int read_descriptors(const char *root, const char *path, uint8_t **data, size_t *length, struct dfu_error **err)
{
    size_t room = 0;
    ssize_t got = 1;
    int fd = open_attribute(root, path, "descriptors");
    *data = NULL;
    *length = 0;
    if (fd < 0)
        return is_gone() || is_forbidden() ? DFU_OK : unreadable(path, err);
    while (got > 0 && *length < MAX_DESCRIPTORS) {
        if (*length == room) {
            room = room == 0 ? 4096 : 2 * room;
            uint8_t *more = realloc(*data, room);
            if (more == NULL) {
                (void)close(fd);
                return dfui_error_no_memory(err);
            }
            *data = more;
        }
        got = read(fd, *data + *length, room - *length);
        *length += got > 0 ? (size_t)got : 0;
    }
    (void)close(fd);
    if (got < 0)
        *length = 0;
    return DFU_OK;
}

/* What is asked only of devices with a DFU interface. */
struct told {
    char serial[TEXT_SIZE];
    struct dfu_usb_holder holders[MAX_HOLDERS];
    char drivers[MAX_HOLDERS][DRIVER_SIZE];
};

static void ask(const char *root, const struct dfui_interfaces *found, struct dfu_usb_device *device, struct told *told)
{
    int config = dfui_sysfs_number(root, device->path, "bConfigurationValue");
    device->active_config = config > 0 ? (uint8_t)config : 0;
    device->holders = told->holders;
    for (size_t i = 0; i < found->count && device->holder_count < MAX_HOLDERS; i++) {
        const struct dfui_interface *d = &found->items[i];
        char *driver = told->drivers[device->holder_count];
        /* Folders of interfaces are there for the configuration in force only. */
        if (dfui_sysfs_driver(root, device->path, d->config, d->number, driver, DRIVER_SIZE))
            told->holders[device->holder_count++] =
                (struct dfu_usb_holder){.driver = driver, .config = d->config, .interface_number = d->number};
    }
    if (read_text(root, device->path, "serial", told->serial, sizeof told->serial) == 0 && told->serial[0] != '\0')
        device->serial = told->serial;
}

static int visit_one(const char *root, const char *path, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct dfu_usb_device device = {.size = sizeof device, .path = path};
    struct dfu_usb_config configs[MAX_CONFIGS];
    struct dfui_interfaces found = {0};
    struct told told;
    uint8_t *data;
    size_t length;
    int address = dfui_sysfs_number(root, path, "devnum");
    if (address < 0)
        return address == DFUI_SYSFS_NONE || is_forbidden() ? DFU_OK : unreadable(path, err);
    int rc = read_descriptors(root, path, &data, &length, err);
    if (rc == DFU_OK && dfui_devdesc_split(data, length, &device, configs, MAX_CONFIGS)) {
        device.address = (uint8_t)address;
        rc = dfui_interfaces_find(configs, device.config_count, &found, err);
        if (rc == DFU_OK && found.count > 0)
            ask(root, &found, &device, &told);
        /* Another one may have come to its place between two attributes. */
        if (rc == DFU_OK && (found.count == 0 || dfui_sysfs_number(root, path, "devnum") == address))
            rc = visit(&device, arg);
    }
    free(found.items);
    free(data);
    return rc;
}

int dfui_sysfs_visit(const char *root, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct names names = {0};
    int rc = find_names(root, &names, err);
    for (size_t i = 0; rc == DFU_OK && i < names.count; i++)
        rc = visit_one(root, names.items[i], visit, arg, err);
    free(names.items);
    return rc;
}
