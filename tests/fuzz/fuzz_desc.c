/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration descriptors: two length bytes (little-endian), then that many bytes, again and again. */
#include "usb/desc.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONFIGS = 8 };

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_interface(const struct dfui_interface *i)
{
    check(i->alt_count >= 1 && i->alt_count <= DFUI_MAX_ALTS);
    check((i->transfer_size == 0) == ((i->flags & DFUI_INTERFACE_NO_TRANSFER_SIZE) != 0));
    for (unsigned a = 1; a < i->alt_count; a++) {
        for (unsigned b = 0; b < a; b++)
            check(i->alts[a].number != i->alts[b].number);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_usb_config configs[CONFIGS] = {0};
    struct dfui_interfaces found;
    uint8_t *copies[CONFIGS];
    size_t count = 0;
    for (size_t at = 0; at + 2 <= size && count < CONFIGS; count++) {
        size_t length = (size_t)(data[at] | data[at + 1] << 8);
        at += 2;
        if (length > size - at)
            length = size - at;
        /* An exact copy each, so that one byte too many is seen. */
        copies[count] = malloc(length > 0 ? length : 1);
        if (copies[count] == NULL)
            break;
        memcpy(copies[count], data + at, length);
        configs[count] = (struct dfu_usb_config){copies[count], length};
        at += length;
    }
    if (dfui_interfaces_find(configs, count, &found, NULL) == DFU_OK) {
        check(found.count <= DFUI_MAX_INTERFACES);
        for (size_t i = 0; i < found.count; i++)
            check_interface(&found.items[i]);
        free(found.items);
    }
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    return 0;
}
