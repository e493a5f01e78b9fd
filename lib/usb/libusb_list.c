/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding and opening devices by libusb's own list, where there is no sysfs: descriptors come from the operating
 * system's cache. What it does not tell: serial numbers, and who has an interface. */
#include "usb/libusb_private.h"
#include <stdio.h>
#include <stdlib.h>

/* A configuration is at most 65535 bytes by its own length field. */
#define MAX_CONFIG 65535
#define MAX_CONFIGS 8

int dfui_libusb_init(libusb_context **usb, bool alone)
{
    (void)alone;
    return libusb_init(usb);
}

static void write_path(libusb_device *device, char path[DFUI_PATH_SIZE])
{
    uint8_t ports[7];
    int depth = libusb_get_port_numbers(device, ports, sizeof ports);
    int used = snprintf(path, DFUI_PATH_SIZE, "%u-", libusb_get_bus_number(device));
    if (depth <= 0)
        (void)snprintf(path + used, DFUI_PATH_SIZE - (size_t)used, "0"); /* a root hub */
    for (int i = 0; i < depth; i++)
        used += snprintf(path + used, DFUI_PATH_SIZE - (size_t)used, i == 0 ? "%u" : ".%u", ports[i]);
}

struct blob {
    uint8_t *data;
    size_t length;
};

static void put(struct blob *b, const void *bytes, size_t n)
{
    if (n > MAX_CONFIG - b->length)
        n = MAX_CONFIG - b->length;
    memcpy(b->data + b->length, bytes, n);
    b->length += n;
}

/*
 * libusb gives descriptors parsed and keeps what it does not know as `extra` at its place; the seam wants the
 * raw bytes. Putting them together again in the same order restores them.
 */
static void put_altsetting(struct blob *b, const struct libusb_interface_descriptor *d)
{
    const uint8_t raw[9] = {9,
                            LIBUSB_DT_INTERFACE,
                            d->bInterfaceNumber,
                            d->bAlternateSetting,
                            d->bNumEndpoints,
                            d->bInterfaceClass,
                            d->bInterfaceSubClass,
                            d->bInterfaceProtocol,
                            d->iInterface};
    put(b, raw, sizeof raw);
    if (d->extra_length > 0)
        put(b, d->extra, (size_t)d->extra_length);
    for (unsigned i = 0; i < d->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *e = &d->endpoint[i];
        const uint8_t endpoint[7] = {7,
                                     LIBUSB_DT_ENDPOINT,
                                     e->bEndpointAddress,
                                     e->bmAttributes,
                                     (uint8_t)e->wMaxPacketSize,
                                     (uint8_t)(e->wMaxPacketSize >> 8),
                                     e->bInterval};
        put(b, endpoint, sizeof endpoint);
        if (e->extra_length > 0)
            put(b, e->extra, (size_t)e->extra_length);
    }
}

static int raw_config(const struct libusb_config_descriptor *c, struct blob *b)
{
    b->data = malloc(MAX_CONFIG);
    b->length = 0;
    if (b->data == NULL)
        return DFU_ERR_NO_MEMORY;
    uint8_t head[9] = {9,
                       LIBUSB_DT_CONFIG,
                       0,
                       0,
                       c->bNumInterfaces,
                       c->bConfigurationValue,
                       c->iConfiguration,
                       c->bmAttributes,
                       c->MaxPower};
    put(b, head, sizeof head);
    if (c->extra_length > 0)
        put(b, c->extra, (size_t)c->extra_length);
    for (unsigned i = 0; i < c->bNumInterfaces; i++)
        for (int a = 0; a < c->interface[i].num_altsetting; a++)
            put_altsetting(b, &c->interface[i].altsetting[a]);
    b->data[2] = (uint8_t)b->length;
    b->data[3] = (uint8_t)(b->length >> 8);
    return DFU_OK;
}

static uint8_t active_config(libusb_device *device)
{
    struct libusb_config_descriptor *active = NULL;
    if (libusb_get_active_config_descriptor(device, &active) != 0)
        return 0;
    uint8_t value = active->bConfigurationValue;
    libusb_free_config_descriptor(active);
    return value;
}

static int visit_device(libusb_device *device, dfu_usb_visit_fn *visit, void *arg)
{
    struct libusb_device_descriptor d;
    struct dfu_usb_config configs[MAX_CONFIGS];
    struct dfu_usb_device found = {.size = sizeof found};
    char path[DFUI_PATH_SIZE];
    int rc = DFU_OK;

    if (libusb_get_device_descriptor(device, &d) != 0)
        return DFU_OK;
    write_path(device, path);
    found.path = path;
    found.vid = d.idVendor;
    found.pid = d.idProduct;
    found.bcd_device = d.bcdDevice;
    found.serial_index = d.iSerialNumber;
    found.product_index = d.iProduct;
    found.address = libusb_get_device_address(device);
    for (unsigned i = 0; i < d.bNumConfigurations && found.config_count < MAX_CONFIGS && rc == DFU_OK; i++) {
        struct libusb_config_descriptor *c;
        if (libusb_get_config_descriptor(device, (uint8_t)i, &c) != 0)
            continue;
        struct blob b;
        rc = raw_config(c, &b);
        libusb_free_config_descriptor(c);
        if (rc == DFU_OK)
            configs[found.config_count++] = (struct dfu_usb_config){b.data, b.length};
    }
    found.configs = configs;
    found.active_config = active_config(device);
    if (rc == DFU_OK)
        rc = visit(&found, arg);
    for (unsigned i = 0; i < found.config_count; i++)
        free((void *)configs[i].data);
    return rc;
}

int dfui_libusb_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    libusb_context *usb;
    libusb_device **devices = NULL;
    int rc = dfui_libusb_start(self, &usb, err);
    if (rc != DFU_OK)
        return rc;
    ssize_t count = libusb_get_device_list(usb, &devices);
    if (count < 0)
        return dfui_libusb_error(err, (int)count, "list USB devices");
    for (ssize_t i = 0; i < count && rc == DFU_OK; i++)
        rc = visit_device(devices[i], visit, arg);
    libusb_free_device_list(devices, 1);
    return rc;
}

static libusb_device *find(libusb_context *usb, const char *path)
{
    libusb_device **devices = NULL;
    libusb_device *found = NULL;
    ssize_t count = libusb_get_device_list(usb, &devices);
    for (ssize_t i = 0; i < count && found == NULL; i++) {
        char name[DFUI_PATH_SIZE];
        write_path(devices[i], name);
        if (strcmp(name, path) == 0)
            found = libusb_ref_device(devices[i]);
    }
    if (count >= 0)
        libusb_free_device_list(devices, 1);
    return found;
}

int dfui_libusb_open(struct dfui_libusb *self, const char *path, struct dfui_libusb_device *device,
                     struct dfu_error **err)
{
    int rc = dfui_libusb_start(self, &device->usb, err);
    if (rc != DFU_OK)
        return rc;
    libusb_device *found = find(device->usb, path);
    if (found == NULL)
        return dfu_error_set(err, DFU_ERR_NO_DEVICE, "no USB device at %s", path);
    rc = libusb_open(found, &device->handle);
    libusb_unref_device(found);
    if (rc == 0) {
        (void)libusb_set_auto_detach_kernel_driver(device->handle, 1);
        return DFU_OK;
    }
    device->handle = NULL;
    if (rc == LIBUSB_ERROR_NO_DEVICE)
        return dfu_error_set(err, DFU_ERR_NO_DEVICE, "the device at %s went away before it could be opened", path);
    int code = dfui_libusb_error(err, rc, "open");
    if (code == DFU_ERR_UNSUPPORTED)
        dfu_error_set_hint(err, "bind a WinUSB driver to the device");
    return code;
}

void dfui_libusb_close(struct dfui_libusb_device *device)
{
    if (device->handle != NULL)
        libusb_close(device->handle);
}

bool dfui_libusb_driver(const char *path, unsigned interface_number, char *driver, size_t size)
{
    (void)path;
    (void)interface_number;
    (void)driver;
    (void)size;
    return false;
}

int dfui_libusb_alt(const char *path, unsigned interface_number)
{
    (void)path;
    (void)interface_number;
    return -1;
}
