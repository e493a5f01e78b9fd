/* SPDX-License-Identifier: BSD-2-Clause */
/* A device descriptor with its configurations, as Linux hands it out; what is found in them as well. */
#include "usb/desc.h"
#include "usb/devdesc.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONFIGS = 8 };

static void check(bool good)
{
    if (!good)
        abort();
}

/* One after the other, without a gap, to the end if there was room for all. */
static void check_configs(const struct dfu_usb_device *device, const uint8_t *data, size_t size)
{
    const uint8_t *at = data + 18;
    check(device->config_count <= CONFIGS);
    for (uint32_t i = 0; i < device->config_count; i++) {
        check(device->configs[i].data == at && device->configs[i].length > 0);
        check(device->configs[i].length <= size - (size_t)(at - data));
        at += device->configs[i].length;
    }
    check(at == data + size || device->config_count == CONFIGS || data[17] == 0);
    check(device->config_count <= data[17]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_usb_device device = {.size = sizeof device};
    struct dfu_usb_config configs[CONFIGS];
    struct dfui_interfaces found;
    uint8_t *copy = calloc(size > 0 ? size : 1, 1); /* exact, so that one byte too many is seen */
    if (copy == NULL)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    if (dfui_devdesc_split(copy, size, &device, configs, CONFIGS)) {
        check_configs(&device, copy, size);
        if (dfui_interfaces_find(device.configs, device.config_count, &found, NULL) == DFU_OK)
            free(found.items);
    } else {
        check(size < 18 || data[0] != 18 || data[1] != 1);
    }
    free(copy);
    return 0;
}
