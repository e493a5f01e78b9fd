/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout strings: each line of the input is the name of one alternate setting. */
#include "core/checked.h"
#include "map/map.h"
#include <libdfu/error.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static bool same(struct dfu_range a, struct dfu_range b)
{
    return a.start == b.start && a.end == b.end;
}

static void check_region(const struct dfu_memmap *map, size_t index)
{
    const struct dfu_region *r = dfui_map_region(map, index);
    size_t found = SIZE_MAX;
    check(r->start <= r->end && r->end <= DFUI_4GIB);
    check(r->end - r->start == (uint64_t)r->count * r->sector_size);
    check(r->access < 8 || r->access == DFU_ACCESS_UNKNOWN);
    check(dfu_memmap_alt_kind(map, r->alt) >= DFU_ALT_LAYOUT);
    check(index == 0 || dfui_map_region(map, index - 1)->alt <= r->alt);
    for (const char *c = r->name; *c != '\0'; c++)
        check((unsigned char)*c >= ' ');
    if (r->start == r->end)
        return;
    check(dfu_memmap_find(map, r->alt, r->start, &found, NULL) == DFU_OK && found <= index);
    check(same(dfui_sector_of(r, r->start), dfui_sector_at(r, 0)));
    check(same(dfui_sector_of(r, r->end - 1), dfui_sector_at(r, r->count - 1)));
    check(dfui_sector_at(r, r->count - 1).end == r->end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_memmap *map;
    size_t index;
    if (dfu_memmap_new(&map, NULL) != DFU_OK)
        return 0;
    uint32_t alt = 0;
    for (size_t at = 0; at < size && alt < DFUI_MAP_ALTS; alt++) {
        size_t length = 0;
        while (at + length < size && data[at + length] != '\n')
            length++;
        char *line = calloc(1, length + 1); /* exact, so that one byte too many is seen */
        struct dfu_error *err = NULL;
        if (line != NULL) {
            memcpy(line, data + at, length);
            int rc = dfu_memmap_add(map, alt, line, &err);
            check(rc == dfu_error_code(err));
            check((rc == DFU_ERR_FORMAT) == (dfu_memmap_alt_kind(map, alt) == DFU_ALT_BROKEN));
            check(err == NULL || strchr(dfu_error_message(err), '\n') == NULL);
        }
        dfu_error_free(err);
        free(line);
        at += length + 1;
    }
    check(dfu_memmap_count(map) <= DFUI_MAP_REGIONS && dfu_memmap_note_count(map) <= DFUI_MAP_NOTES);
    for (size_t i = 0; i < dfu_memmap_count(map); i++)
        check_region(map, i);
    (void)dfu_memmap_find(map, DFU_ALT_ANY, 0x08000000, &index, NULL);
    dfu_memmap_free(map);
    return 0;
}
