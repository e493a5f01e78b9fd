/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding, opening and waiting for devices on Linux. sysfs has all that libusb's device list has, and more (who has an
 * interface, the serial number), and is not out of date where no udevd runs. Besides, it is quick: libusb asks udev
 * about each device when it starts. So libusb is told not to look, and gets the devices that we open.
 */
#include "core/scan.h"
#include "usb/libusb_clock.h"
#include "usb/libusb_private.h"
#include "usb/sysfs.h"
#include "usb/uevent.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "/sys/bus/usb/devices"
#define NODE_SIZE 40

/* How long the answer to "who tells of changes" holds. */
#define ASK_AGAIN_US UINT64_C(1000000)

/* A device can be seen before the kernel has configured it: 4 to 19 ms in the virtual machine of tests/e2e. Whoever
 * waits for a device tries again anyway. */
#define CONFIGURED_US UINT64_C(100000)
#define CONFIGURED_PAUSE_US 5000

int dfui_libusb_init(libusb_context **usb, bool alone)
{
#if LIBUSB_API_VERSION >= 0x0100010A /* 1.0.27 */
    const struct libusb_init_option no_discovery = {.option = LIBUSB_OPTION_NO_DEVICE_DISCOVERY};
    (void)alone;
    return libusb_init_context(usb, &no_discovery, 1);
#else
#if LIBUSB_API_VERSION >= 0x01000109 /* 1.0.25 */
    if (alone) /* it holds for every context of the process */
        (void)libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
#else
    (void)alone;
#endif
    return libusb_init(usb);
#endif
}

int dfui_libusb_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    (void)self;
    return dfui_sysfs_visit(ROOT, visit, arg, err);
}

bool dfui_libusb_driver(const char *path, unsigned interface_number, char *driver, size_t size)
{
    int config = dfui_sysfs_number(ROOT, path, "bConfigurationValue");
    return config >= 0 && dfui_sysfs_driver(ROOT, path, (unsigned)config, interface_number, driver, size);
}

/* The kernel goes back to alt 0 when a program lets go of an interface, so to know saves a request nearly always. */
int dfui_libusb_alt(const char *path, unsigned interface_number)
{
    return dfui_sysfs_alt(ROOT, path, interface_number);
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

static int refuse_access(const char *node, int error, struct dfu_error **err)
{
    char owner[96];
    struct stat st;
    int code = dfu_error_set(err, DFU_ERR_ACCESS, "open: no permission on %s", node);
    if (stat(node, &st) == 0) {
        owner_of(&st, owner, sizeof owner);
        dfu_error_set_cause(err, "it belongs to %s with mode %04o, and we are uid %u", owner,
                            (unsigned)st.st_mode & 07777u, (unsigned)geteuid());
    }
    if (error == EPERM || geteuid() == 0)
        dfu_error_set_hint(err, "allow this container or service to use character devices 189:* (docker: "
                                "--device-cgroup-rule 'c 189:* rmw')");
    else
        dfu_error_set_hint(err, "install the udev rule 60-dfu.rules and replug, or run as root");
    return code;
}

static int went_away(const char *path, struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_NO_DEVICE, "the device at %s went away before it could be opened", path);
}

static bool forbidden(int error)
{
    return error == EACCES || error == EPERM;
}

static int refuse_open(const char *node, int error, struct dfu_error **err)
{
    if (forbidden(error))
        return refuse_access(node, error, err);
    int code = error == ENOENT ? DFU_ERR_ACCESS : DFU_ERR_USB;
    (void)dfu_error_set(err, code, "open: cannot open %s (system error %d)", node, error);
    if (error == ENOENT)
        dfu_error_set_hint(err, "let this container have /dev/bus/usb");
    return code;
}

static int not_configured(const char *path, struct dfu_error **err)
{
    int code = dfu_error_set(err, DFU_ERR_BUSY, "the system has not configured the device at %s", path);
    if (dfui_sysfs_number(ROOT, path, "authorized") == 0) {
        dfu_error_set_cause(err, "it is not authorized");
        dfu_error_set_hint(err, "authorize it, as root: echo 1 > " ROOT "/%s/authorized", path);
    } else {
        dfu_error_set_cause(err, "no configuration is in force; it may want more power than its hub has");
        dfu_error_set_hint(err, "plug it in elsewhere, or look into the kernel's log");
    }
    return code;
}

/* The address of the device; an error also when there is none. */
static int address_of(const char *path, int *address, struct dfu_error **err)
{
    *address = dfui_sysfs_number(ROOT, path, "devnum");
    if (*address >= 0)
        return DFU_OK;
    if (*address == DFUI_SYSFS_NONE)
        return dfu_error_set(err, DFU_ERR_NO_DEVICE, "no USB device at %s", path);
    int error = errno;
    return dfu_error_set(err, forbidden(error) ? DFU_ERR_ACCESS : DFU_ERR_USB,
                         "open: " ROOT "/%s/devnum cannot be read (system error %d)", path, error);
}

static int await_configured(const char *path, int *address, struct dfu_error **err)
{
    uint64_t deadline = dfui_clock_now_us() + CONFIGURED_US;
    int rc = address_of(path, address, err);
    while (rc == DFU_OK && dfui_sysfs_number(ROOT, path, "bConfigurationValue") == DFUI_SYSFS_NONE) {
        uint64_t now = dfui_clock_now_us();
        if (now >= deadline)
            return not_configured(path, err);
        dfui_clock_sleep_until_us(now + CONFIGURED_PAUSE_US);
        rc = address_of(path, address, err);
    }
    return rc;
}

/* "/dev/bus/usb/001/004"; the path begins with the number of the bus. */
static void name_node(const char *path, int address, char node[NODE_SIZE])
{
    uint64_t bus = 0;
    struct dfui_scan scan = dfui_scan_of(path, strlen(path));
    (void)dfui_scan_decimal(&scan, UINT16_MAX, &bus);
    (void)snprintf(node, NODE_SIZE, "/dev/bus/usb/%03u/%03d", (unsigned)bus, address);
}

static int hand_over(struct dfui_libusb *self, struct dfui_libusb_device *device, struct dfu_error **err)
{
    int rc = dfui_libusb_start(self, &device->usb, err);
    if (rc != DFU_OK)
        return rc;
    rc = libusb_wrap_sys_device(device->usb, (intptr_t)device->fd, &device->handle);
    if (rc == 0) {
        (void)libusb_set_auto_detach_kernel_driver(device->handle, 1);
        return DFU_OK;
    }
    device->handle = NULL;
    return dfui_libusb_error(err, rc, "open");
}

int dfui_libusb_open(struct dfui_libusb *self, const char *path, struct dfui_libusb_device *device,
                     struct dfu_error **err)
{
    char node[NODE_SIZE];
    int address;
    int rc = await_configured(path, &address, err);
    if (rc != DFU_OK)
        return rc;
    name_node(path, address, node);
    device->fd = open(node, O_RDWR | O_CLOEXEC);
    rc = device->fd >= 0 ? hand_over(self, device, err) : refuse_open(node, errno, err);
    /* usbfs and libusb have several ways to say that. */
    if (rc != DFU_OK && dfui_sysfs_number(ROOT, path, "devnum") != address) {
        dfui_error_clear(err);
        return went_away(path, err);
    }
    return rc;
}

void dfui_libusb_close(struct dfui_libusb_device *device)
{
    if (device->handle != NULL)
        libusb_close(device->handle);
    if (device->fd >= 0)
        (void)close(device->fd);
}

/* Only udevd's events are waited for: the kernel's own come before permissions are right. */
struct dfui_libusb_watch {
    uint64_t asked_us; /* 0 = never */
    bool told;         /* somebody tells of changes */
    int fd;            /* -1 = not begun */
};

void dfui_libusb_watch_free(struct dfui_libusb_watch *watch)
{
    if (watch != NULL && watch->fd >= 0)
        (void)close(watch->fd);
    free(watch);
}

static struct dfui_libusb_watch *watch_of(struct dfui_libusb *self)
{
    struct dfui_libusb_watch **place = dfui_libusb_watch_of(self);
    uint64_t now = dfui_clock_now_us();
    if (*place == NULL && (*place = malloc(sizeof **place)) != NULL)
        **place = (struct dfui_libusb_watch){.fd = -1};
    struct dfui_libusb_watch *watch = *place;
    if (watch != NULL && (watch->asked_us == 0 || now - watch->asked_us >= ASK_AGAIN_US)) {
        watch->told = dfui_udevd_listens("/proc/net/unix");
        watch->asked_us = now;
    }
    return watch;
}

int dfui_libusb_wait_change(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct dfui_libusb_watch *watch = watch_of(self);
    uint64_t now = dfui_clock_now_us();
    (void)err;
    if (watch != NULL && watch->told && watch->fd >= 0)
        return dfui_uevent_wait(watch->fd, deadline_us > now ? deadline_us - now : 0);
    if (watch != NULL && watch->told && (watch->fd = dfui_uevent_open()) >= 0)
        return DFU_WAIT_CHANGED; /* what came before the watch began was not told */
    dfui_clock_sleep_until_us(deadline_us);
    return DFU_WAIT_CHANGED;
}
