/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu sim: what can be simulated, and running it as a USB device. */
#include "mapview.h"
#include "out.h"
#include "simserve.h"
#include "target.h"

#include <libdfu/sim.h>
#include <string.h>

static int get_profile(size_t index, struct dfu_sim_profile_info *info)
{
    DFU_INIT(info);
    return dfu_sim_profile(index, info) == DFU_OK;
}

/* The ids of docs/quirks.md, one string each: first the dialect's, then its own. */
static json_t *quirks_json(const struct dfu_sim_profile_info *info)
{
    const char *const lists[] = {info->dialect_quirks, info->quirks};
    json_t *ids = json_array();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (const char *at = lists[i]; *at != '\0';) {
            size_t length = strcspn(at, " ");
            if (length > 0)
                (void)json_array_append_new(ids, json_stringn(at, length));
            at += length + strspn(at + length, " ");
        }
    }
    return ids;
}

static void list_profiles(struct cli *cli)
{
    struct dfu_sim_profile_info info;
    json_t *profiles = json_array();
    for (size_t i = 0; get_profile(i, &info); i++) {
        if (!cli->voice.json) {
            out_text(cli, "%-12s  %s\n", info.name, info.description);
            continue;
        }
        json_t *object = json_object();
        (void)json_object_set_new(object, "name", json_text(info.name));
        (void)json_object_set_new(object, "description", json_text(info.description));
        (void)json_object_set_new(object, "quirks", quirks_json(&info));
        (void)json_array_append_new(profiles, object);
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "profiles", profiles);
    if (cli->voice.json)
        out_json(cli, object);
    else
        json_decref(object);
}

static int make_map(const struct dfu_sim_profile_info *info, struct dfu_memmap **map, struct dfu_error **err)
{
    int rc = dfu_memmap_new(map, err);
    for (uint32_t alt = 0; rc == DFU_OK && alt < info->alt_count; alt++) {
        const char *name = dfu_sim_profile_alt(info->name, alt);
        /* A profile may well have a broken string: it is shown as far as it goes. */
        if (name != NULL && dfu_memmap_add(*map, alt, name, NULL) == DFU_ERR_NO_MEMORY)
            rc = dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    }
    return rc;
}

static void print_profile(struct cli *cli, const struct dfu_sim_profile_info *info, const struct dfu_memmap *map)
{
    out_paint(cli, PAINT_BOLD);
    out_text(cli, "%s", info->name);
    out_paint(cli, PAINT_NONE);
    out_text(cli, "  %s\n", info->description);
    out_text(cli, "  ids            %04x:%04x\n", info->vid, info->pid);
    out_text(cli, "  protocol       %s\n", protocol_name(info->protocol));
    out_text(cli, "  transfer size  %u bytes\n", info->transfer_size);
    out_text(cli, "  behaves as     %s\n", info->dialect);
    out_text(cli, "  quirks         %s%s%s\n", info->dialect_quirks, info->dialect_quirks[0] != '\0' ? " " : "",
             info->quirks);
    out_text(cli, "  figures from   %s\n", info->source);
    for (uint32_t alt = 0; alt < info->alt_count; alt++) {
        const char *name = dfu_sim_profile_alt(info->name, alt);
        out_text(cli, "  alt %u          \"%s\"\n", alt, name != NULL ? name : "");
    }
    out_text(cli, "\n");
    mapview_draw(cli, map, NULL);
    out_text(cli, "\ntry: dfu --sim %s info\n", info->name);
}

static void print_profile_json(struct cli *cli, const struct dfu_sim_profile_info *info, const struct dfu_memmap *map)
{
    json_t *alts = json_array();
    json_t *object = json_object();
    for (uint32_t alt = 0; alt < info->alt_count; alt++)
        (void)json_array_append_new(alts, json_text(dfu_sim_profile_alt(info->name, alt)));
    (void)json_object_set_new(object, "name", json_text(info->name));
    (void)json_object_set_new(object, "description", json_text(info->description));
    (void)json_object_set_new(object, "source", json_text(info->source));
    (void)json_object_set_new(object, "vid", json_integer(info->vid));
    (void)json_object_set_new(object, "pid", json_integer(info->pid));
    (void)json_object_set_new(object, "protocol", json_string(protocol_text(info->protocol)));
    (void)json_object_set_new(object, "transfer_size", json_integer(info->transfer_size));
    (void)json_object_set_new(object, "dialect", json_text(info->dialect));
    (void)json_object_set_new(object, "quirks", quirks_json(info));
    (void)json_object_set_new(object, "alts", alts);
    (void)json_object_set_new(object, "regions", mapview_json(map));
    out_json(cli, object);
}

static const char *profile_name(size_t index, const void *arg)
{
    struct dfu_sim_profile_info info;
    (void)arg;
    return get_profile(index, &info) ? info.name : "";
}

static int refuse_unknown(const char *name, struct dfu_error **err)
{
    struct dfu_sim_profile_info info;
    size_t count = 0;
    while (get_profile(count, &info))
        count++;
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "there is no simulated device '%s'", name);
    const char *near = nearest_name(name, count, profile_name, NULL);
    if (near != NULL)
        dfu_error_set_hint(err, "did you mean '%s'?", near);
    else
        dfu_error_set_hint(err, "see 'dfu sim list'");
    return rc;
}

static int show_profile(struct cli *cli, const char *name, struct dfu_error **err)
{
    struct dfu_sim_profile_info info;
    struct dfu_memmap *map = NULL;
    size_t i = 0;
    while (get_profile(i, &info) && strcmp(info.name, name) != 0)
        i++;
    if (!get_profile(i, &info))
        return refuse_unknown(name, err);
    int rc = make_map(&info, &map, err);
    if (rc == DFU_OK && cli->voice.json)
        print_profile_json(cli, &info, map);
    else if (rc == DFU_OK)
        print_profile(cli, &info, map);
    dfu_memmap_free(map);
    return rc;
}

int cmd_sim(struct cli *cli, struct dfu_error **err)
{
    if (cli->args.operand_count != 1) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu sim' takes one profile, or 'list'");
        dfu_error_set_hint(err, "see 'dfu sim list'; to use a simulated device, put --sim PROFILE before any verb");
        return rc;
    }
    if (args_count(&cli->args, OPT_USBIP) > 0 || args_count(&cli->args, OPT_VHCI) > 0)
        return simserve_run(cli, cli->args.operands[0], err);
    if (strcmp(cli->args.operands[0], "list") != 0)
        return show_profile(cli, cli->args.operands[0], err);
    list_profiles(cli);
    return DFU_OK;
}
