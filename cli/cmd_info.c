/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu info: one device in full. */
#include "mapview.h"
#include "out.h"
#include "target.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    uint8_t bit;
    const char *json;
    const char *text;
} attributes[] = {
    {DFU_CAN_DOWNLOAD, "can_download", "download"},
    {DFU_CAN_UPLOAD, "can_upload", "upload"},
    {DFU_MANIFESTATION_TOLERANT, "manifestation_tolerant", "manifestation tolerant"},
    {DFU_WILL_DETACH, "will_detach", "will detach"},
};

#define ATTRIBUTE_COUNT (sizeof attributes / sizeof attributes[0])

/* DfuSe commands: AN3156 section 4, UM0424. */
static const char *command_text(uint8_t code)
{
    switch (code) {
    case 0x00:
        return "get commands";
    case 0x21:
        return "set address";
    case 0x41:
        return "erase";
    case 0x92:
        return "read unprotect";
    default:
        return "unknown";
    }
}

static json_t *commands_json(const struct dfu_session_info *info)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < info->command_count; i++)
        (void)json_array_append_new(array, json_integer(info->commands[i]));
    return array;
}

static json_t *attributes_json(uint8_t bits)
{
    json_t *object = json_object();
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        (void)json_object_set_new(object, attributes[i].json, json_boolean(bits & attributes[i].bit));
    return object;
}

static json_t *alts_json(const struct dfu_device *device)
{
    json_t *alts = json_array();
    uint32_t alt;
    const char *name;
    for (size_t i = 0; dfu_device_alt(device, i, &alt, &name) == DFU_OK; i++) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "alt", json_integer(alt));
        (void)json_object_set_new(object, "name", json_text(name));
        (void)json_array_append_new(alts, object);
    }
    return alts;
}

static json_t *notes_json(const struct dfu_memmap *map)
{
    json_t *array = json_array();
    for (size_t i = 0; i < dfu_memmap_note_count(map); i++)
        (void)json_array_append_new(array, json_text(dfu_memmap_note(map, i)));
    return array;
}

/* The read protection, as far as the device tells: a refusal is an answer, too. */
static enum dfu_rdp read_protection(struct target *target)
{
    struct dfu_optbytes *optbytes = NULL;
    enum dfu_rdp level = DFU_RDP_UNKNOWN;
    if (dfu_optbytes_new(target_map(target), NULL, &optbytes, NULL) != DFU_OK)
        return level;
    int rc = dfu_session_optbytes_read(target->session, optbytes, NULL);
    if (rc == DFU_OK)
        level = dfu_optbytes_rdp(optbytes);
    else if (rc == DFU_ERR_PROTECTED)
        level = DFU_RDP_1;
    dfu_optbytes_free(optbytes);
    return level;
}

static void print_json(struct target *target, const struct dfu_session_info *info)
{
    const struct dfu_device_info *d = &target->info;
    json_t *object = json_object();
    (void)json_object_set_new(object, "device", json_device(target->cli));
    (void)json_object_set_new(object, "vid", json_integer(d->vid));
    (void)json_object_set_new(object, "pid", json_integer(d->pid));
    (void)json_object_set_new(object, "bcd_device", json_integer(d->bcd_device));
    (void)json_object_set_new(object, "product", json_text(d->product));
    (void)json_object_set_new(object, "mode", json_string(mode_text(d->mode)));
    (void)json_object_set_new(object, "protocol", json_string(info->dfuse ? "dfuse" : protocol_text(d->protocol)));
    (void)json_object_set_new(object, "bcd_dfu", json_integer(d->protocol));
    (void)json_object_set_new(object, "transfer_size", json_integer(d->transfer_size));
    (void)json_object_set_new(object, "detach_timeout_ms", json_integer(d->detach_timeout));
    (void)json_object_set_new(object, "attributes", attributes_json(d->attributes));
    (void)json_object_set_new(object, "interface", json_integer(d->interface_number));
    (void)json_object_set_new(object, "state", json_string(dfu_state_name((int)info->found_state)));
    (void)json_object_set_new(object, "status", json_string(dfu_status_name((int)info->found_status)));
    (void)json_object_set_new(object, "commands", commands_json(info));
    enum dfu_rdp level = read_protection(target);
    (void)json_object_set_new(object, "rdp", level == DFU_RDP_UNKNOWN ? json_null() : json_integer(level));
    (void)json_object_set_new(object, "alts", alts_json(target->device));
    (void)json_object_set_new(object, "regions", mapview_json(target_map(target)));
    (void)json_object_set_new(object, "notes", notes_json(target_map(target)));
    out_json(target->cli, object);
}

static void print_attributes(struct cli *cli, uint8_t bits)
{
    const char *between = "";
    out_text(cli, "  abilities      ");
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if ((bits & attributes[i].bit) == 0)
            continue;
        out_text(cli, "%s%s", between, attributes[i].text);
        between = ", ";
    }
    out_text(cli, "%s\n", between[0] == '\0' ? "none" : "");
}

static void print_commands(struct cli *cli, const struct dfu_session_info *info)
{
    if (info->command_count == 0)
        return;
    out_text(cli, "  commands       ");
    for (uint32_t i = 0; i < info->command_count; i++)
        out_text(cli, "%s%02x %s", i > 0 ? ", " : "", info->commands[i], command_text(info->commands[i]));
    out_text(cli, "\n");
}

/* Alts that have no layout of their own do not show up in the map. */
static void print_bare_alts(struct target *target)
{
    const struct dfu_memmap *map = target_map(target);
    uint32_t alt;
    const char *name;
    for (size_t i = 0; dfu_device_alt(target->device, i, &alt, &name) == DFU_OK; i++) {
        enum dfu_alt_kind kind = dfu_memmap_alt_kind(map, alt);
        if (kind != DFU_ALT_LAYOUT)
            out_text(target->cli, "alt %" PRIu32 "  %s%s\n", alt, name != NULL ? name : "(no name)",
                     kind == DFU_ALT_BROKEN ? "  (its layout cannot be read to the end)" : "");
    }
}

static void print_text(struct target *target, const struct dfu_session_info *info)
{
    struct cli *cli = target->cli;
    const struct dfu_device_info *d = &target->info;
    const struct dfu_memmap *map = target_map(target);
    out_paint(cli, PAINT_BOLD);
    out_text(cli, "%04x:%04x%s%s\n", d->vid, d->pid, d->product != NULL ? "  " : "",
             d->product != NULL ? d->product : "");
    out_paint(cli, PAINT_NONE);
    out_text(cli, "  path           %s\n", d->path);
    out_text(cli, "  serial         %s\n", d->serial != NULL ? d->serial : "(none)");
    out_text(cli, "  protocol       %s (bcdDFUVersion %x.%02x), release %x.%02x\n", info->dfuse ? "DfuSe" : "plain DFU",
             d->protocol >> 8, d->protocol & 0xFFu, d->bcd_device >> 8, d->bcd_device & 0xFFu);
    out_text(cli, "  transfer size  %u bytes\n", d->transfer_size);
    print_attributes(cli, d->attributes);
    out_text(cli, "  found in       %s, %s\n", dfu_state_name((int)info->found_state),
             dfu_status_name((int)info->found_status));
    print_commands(cli, info);
    if (read_protection(target) > DFU_RDP_0)
        out_text(cli, "  protection     read protection is on: 'dfu unprotect' removes it and erases all of flash\n");
    out_text(cli, "\n");
    mapview_draw(cli, map, NULL);
    print_bare_alts(target);
    for (size_t i = 0; i < dfu_memmap_note_count(map); i++)
        out_note(cli, "%s", dfu_memmap_note(map, i));
}

static int info(struct target *target, struct dfu_error **err)
{
    struct dfu_session_info facts;
    int rc = target_open(target, err);
    if (rc != DFU_OK)
        return rc;
    DFU_INIT(&facts);
    rc = dfu_session_describe(target->session, 1, &facts, err);
    if (rc != DFU_OK)
        return rc;
    if (target->cli->voice.json)
        print_json(target, &facts);
    else
        print_text(target, &facts);
    return DFU_OK;
}

int cmd_info(struct cli *cli, struct dfu_error **err)
{
    struct target target;
    int rc = target_start(&target, cli, err);
    if (rc == DFU_OK && cli->args.operand_count > 0) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu info' takes no arguments");
        dfu_error_set_hint(err, "choose a device by option; for files there is 'dfu image info'");
    }
    if (rc == DFU_OK)
        rc = info(&target, err);
    return target_close(&target, rc, err);
}
