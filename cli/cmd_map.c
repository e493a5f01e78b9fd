/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu map: DfuSe strings, drawn. For people who write their own loader. */
#include "mapview.h"
#include "out.h"

#include <inttypes.h>

static void print_json(struct cli *cli, const struct dfu_memmap *map)
{
    json_t *notes = json_array();
    json_t *object = json_object();
    for (size_t i = 0; i < dfu_memmap_note_count(map); i++)
        (void)json_array_append_new(notes, json_text(dfu_memmap_note(map, i)));
    (void)json_object_set_new(object, "regions", mapview_json(map));
    (void)json_object_set_new(object, "notes", notes);
    out_json(cli, object);
}

static void print_text(struct cli *cli, const struct dfu_memmap *map)
{
    mapview_draw(cli, map, NULL);
    for (uint32_t alt = 0; alt < cli->args.operand_count; alt++) {
        enum dfu_alt_kind kind = dfu_memmap_alt_kind(map, alt);
        if (kind == DFU_ALT_PLAIN || kind == DFU_ALT_NAME_ONLY)
            out_text(cli, "alt %" PRIu32 "  %s  (no layout)\n", alt, dfu_memmap_alt_name(map, alt));
    }
    for (size_t i = 0; i < dfu_memmap_note_count(map); i++)
        out_note(cli, "%s", dfu_memmap_note(map, i));
}

/* Adds every string, also after one that is broken; keeps the first error. */
static int add_all(const struct args *args, struct dfu_memmap *map, struct dfu_error **err)
{
    int first = DFU_OK;
    for (uint32_t alt = 0; alt < args->operand_count; alt++) {
        int rc = dfu_memmap_add(map, alt, args->operands[alt], first == DFU_OK ? err : NULL);
        if (rc != DFU_OK && first == DFU_OK) {
            first = rc;
            dfu_error_prefix(err, "string %" PRIu32, alt + 1);
        }
    }
    return first;
}

int cmd_map(struct cli *cli, struct dfu_error **err)
{
    struct dfu_memmap *map = NULL;
    if (cli->args.operand_count == 0) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "no string given");
        dfu_error_set_hint(err, "quote it: dfu map '@Internal Flash  /0x08000000/04*016Kg'");
        return rc;
    }
    int rc = dfu_memmap_new(&map, err);
    if (rc != DFU_OK)
        return rc;
    rc = add_all(&cli->args, map, err);
    if (!cli->voice.json)
        print_text(cli, map);
    else if (rc == DFU_OK)
        print_json(cli, map);
    else
        out_error_member(cli, "regions", mapview_json(map));
    dfu_memmap_free(map);
    return rc;
}
