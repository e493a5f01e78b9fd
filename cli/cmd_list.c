/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu list: every DFU interface, also those that cannot be opened. */
#include "mapview.h"
#include "out.h"
#include "select.h"
#include "target.h"
#include "text.h"

#include <inttypes.h>

static json_t *alts_json(const struct dfu_device *device)
{
    json_t *alts = json_array();
    uint32_t alt;
    const char *name;
    for (size_t i = 0; dfu_device_alt(device, i, &alt, &name) == DFU_OK; i++) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "alt", json_integer(alt));
        (void)json_object_set_new(object, "name", json_text(name));
        (void)json_object_set_new(object, "regions", mapview_json_alt(dfu_device_memmap(device), alt));
        (void)json_array_append_new(alts, object);
    }
    return alts;
}

static json_t *device_json(const struct dfu_device *device, const struct dfu_device_info *info)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "vid", json_integer(info->vid));
    (void)json_object_set_new(object, "pid", json_integer(info->pid));
    (void)json_object_set_new(object, "serial", json_text(info->serial));
    (void)json_object_set_new(object, "product", json_text(info->product));
    (void)json_object_set_new(object, "path", json_text(info->path));
    (void)json_object_set_new(object, "config", json_integer(info->config));
    (void)json_object_set_new(object, "interface", json_integer(info->interface_number));
    (void)json_object_set_new(object, "mode", json_string(mode_text(info->mode)));
    (void)json_object_set_new(object, "protocol", json_string(protocol_text(info->protocol)));
    (void)json_object_set_new(object, "transfer_size", json_integer(info->transfer_size));
    (void)json_object_set_new(object, "access_error", json_text(info->access_error));
    (void)json_object_set_new(object, "driver", json_text(info->driver));
    (void)json_object_set_new(object, "alts", alts_json(device));
    return object;
}

static void print_alts(struct cli *cli, const struct dfu_device *device)
{
    const struct dfu_memmap *map = dfu_device_memmap(device);
    uint32_t alt;
    const char *name;
    for (size_t i = 0; dfu_device_alt(device, i, &alt, &name) == DFU_OK; i++) {
        struct memory memory;
        size_t index = 0;
        size_t memories = 0;
        while (memory_next(map, &index, &memory)) {
            char size[TEXT_SIZE];
            if (memory.alt != alt)
                continue;
            out_text(cli, "    alt %" PRIu32 "  %-18s 0x%08" PRIX64 "..0x%08" PRIX64 "  %s\n", alt, memory.name,
                     memory.range.start, memory.range.end, text_size(size, memory.range.end - memory.range.start));
            memories++;
        }
        if (memories == 0)
            out_text(cli, "    alt %" PRIu32 "  %s\n", alt, name != NULL ? name : "(no name)");
    }
}

/* Who stands in the way, or seems to. */
static void print_holder(struct cli *cli, const struct dfu_device_info *info)
{
    if (info->access_error != NULL)
        out_text(cli, "    cannot be %s: %s\n", info->access == DFU_ERR_BUSY ? "used" : "opened", info->access_error);
    if (info->driver != NULL && info->access != DFU_ERR_BUSY)
        out_text(cli, "    kernel driver %s is attached; it is detached for as long as the device is used\n",
                 info->driver);
}

static void print_device(struct cli *cli, const struct dfu_device *device, const struct dfu_device_info *info,
                         const char *place)
{
    out_paint(cli, PAINT_BOLD);
    out_text(cli, "%04x:%04x", info->vid, info->pid);
    out_paint(cli, PAINT_NONE);
    out_text(cli, "  path %s", place);
    if (info->serial != NULL)
        out_text(cli, "  serial %s", info->serial);
    out_text(cli, "  %s, %s", info->mode == DFU_MODE_DFU ? "DFU mode" : "run time", protocol_name(info->protocol));
    if (info->product != NULL)
        out_text(cli, "  %s", info->product);
    out_text(cli, "\n");
    print_holder(cli, info);
    print_alts(cli, device);
}

static void print_list(struct cli *cli, const struct dfu_list *list)
{
    json_t *devices = cli->voice.json ? json_array() : NULL;
    size_t blocked = 0;
    for (size_t i = 0; i < dfu_list_count(list); i++) {
        const struct dfu_device *device = dfu_list_at(list, i);
        struct dfu_device_info info;
        char place[SELECT_PLACE_SIZE];
        DFU_INIT(&info);
        if (dfu_device_describe(device, &info) != DFU_OK)
            continue;
        blocked += info.access == DFU_ERR_ACCESS;
        if (devices != NULL)
            (void)json_array_append_new(devices, device_json(device, &info));
        else
            print_device(cli, device, &info, select_place(list, i, place));
    }
    if (devices != NULL) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "devices", devices);
        out_json(cli, object);
    } else if (dfu_list_count(list) == 0) {
        out_note(cli, "no DFU device found; STM32: BOOT0 high, then reset; or try --sim stm32f407");
    }
    if (blocked > 0)
        out_note(cli, "to open devices without being root, install the udev rule 60-dfu.rules; 'dfu info' tells more");
}

int cmd_list(struct cli *cli, struct dfu_error **err)
{
    struct target target;
    int rc = target_start(&target, cli, err);
    if (rc == DFU_OK && cli->args.operand_count > 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu list' takes no arguments");
    if (rc == DFU_OK)
        rc = target_list(&target, 0, err);
    if (rc == DFU_OK)
        print_list(cli, target.list);
    return target_close(&target, rc, err);
}
