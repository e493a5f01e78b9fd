/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/devdesc.h"
#include "core/bytes.h"

/* USB 2.0 tables 9-5 and 9-8 */
enum { TYPE_DEVICE = 1, TYPE_CONFIG = 2 };
enum { DEVICE_LENGTH = 18 };

/* Where the configuration that begins at the start of data ends. */
static size_t config_length(const uint8_t *data, size_t length)
{
    size_t at = 0;
    do {
        if (length - at < 2 || data[at] < 2 || data[at] > length - at)
            return length;
        at += data[at];
    } while (at < length && !(length - at >= 2 && data[at + 1] == TYPE_CONFIG));
    return at;
}

bool dfui_devdesc_split(const uint8_t *data, size_t length, struct dfu_usb_device *device,
                        struct dfu_usb_config *configs, uint32_t max)
{
    if (length < DEVICE_LENGTH || data[0] != DEVICE_LENGTH || data[1] != TYPE_DEVICE)
        return false;
    device->vid = dfui_le16(data + 8);
    device->pid = dfui_le16(data + 10);
    device->bcd_device = dfui_le16(data + 12);
    device->product_index = data[15];
    device->serial_index = data[16];
    device->configs = configs;
    device->config_count = 0;
    uint32_t count = data[17] < max ? data[17] : max;
    for (size_t at = DEVICE_LENGTH; at < length && device->config_count < count;) {
        bool last = device->config_count + 1 == data[17];
        size_t size = last ? length - at : config_length(data + at, length - at);
        configs[device->config_count++] = (struct dfu_usb_config){data + at, size};
        at += size;
    }
    return true;
}
