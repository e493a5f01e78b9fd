/* SPDX-License-Identifier: BSD-2-Clause */
/* The map object: what was added, kept in the order of alts. */
#include "core/core.h"
#include "map/map.h"
#include <stdlib.h>

struct alt {
    char *text;      /* as it was added; NULL = absent */
    char *labels;    /* the same, with region names cut out of it */
    uint32_t kind;   /* enum dfu_alt_kind */
    uint32_t lowest; /* the lowest alt with the same text */
};

struct dfu_memmap {
    struct alt alts[DFUI_MAP_ALTS];
    struct dfu_region *regions;
    size_t count;
    char **notes;
    size_t note_count;
};

int dfu_memmap_new(struct dfu_memmap **out, struct dfu_error **err)
{
    if (out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "memory map: no place for the result");
    *out = calloc(1, sizeof **out);
    return *out == NULL ? dfui_error_no_memory(err) : DFU_OK;
}

void dfu_memmap_free(struct dfu_memmap *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < DFUI_MAP_ALTS; i++) {
        free(map->alts[i].text);
        free(map->alts[i].labels);
    }
    for (size_t i = 0; i < map->note_count; i++)
        free(map->notes[i]);
    free((void *)map->notes);
    free(map->regions);
    free(map);
}

/* Makes room for what the layout brings, so that taking it over cannot fail half-way. */
static int reserve(struct dfu_memmap *map, const struct dfui_layout *layout, struct dfu_error **err)
{
    if (layout->count > 0) {
        struct dfu_region *regions = realloc(map->regions, (map->count + layout->count) * sizeof *regions);
        if (regions == NULL)
            return dfui_error_no_memory(err);
        map->regions = regions;
    }
    if (layout->note_count > 0) {
        size_t bytes = (map->note_count + layout->note_count) * sizeof *map->notes;
        char **notes = realloc((void *)map->notes, bytes);
        if (notes == NULL)
            return dfui_error_no_memory(err);
        map->notes = notes;
    }
    return DFU_OK;
}

/* Alts may be added in any order; regions stay in the order of alts. */
static void insert_regions(struct dfu_memmap *map, const struct dfui_layout *layout)
{
    size_t at = map->count;
    while (at > 0 && map->regions[at - 1].alt > layout->alt)
        at--;
    if (layout->count == 0)
        return;
    memmove(map->regions + at + layout->count, map->regions + at, (map->count - at) * sizeof *map->regions);
    memcpy(map->regions + at, layout->regions, layout->count * sizeof *map->regions);
    map->count += layout->count;
}

static void find_duplicates(struct dfu_memmap *map, const char *text)
{
    uint32_t lowest = DFU_ALT_ANY;
    for (uint32_t i = 0; i < DFUI_MAP_ALTS; i++) {
        if (map->alts[i].text == NULL || strcmp(map->alts[i].text, text) != 0)
            continue;
        if (lowest == DFU_ALT_ANY)
            lowest = i;
        map->alts[i].lowest = lowest;
    }
}

static void take_over(struct dfu_memmap *map, struct dfui_layout *layout, char *text)
{
    insert_regions(map, layout);
    for (size_t i = 0; i < layout->note_count; i++)
        map->notes[map->note_count++] = layout->notes[i];
    layout->note_count = 0; /* the lines are the map's now */
    map->alts[layout->alt] = (struct alt){.text = text, .labels = layout->labels, .kind = layout->kind};
    find_duplicates(map, text);
}

/* strlen that stops early, so that a text without end costs no more than the limit. */
static size_t bounded_length(const char *text)
{
    const char *end = memchr(text, '\0', DFUI_MAP_TEXT);
    return end == NULL ? DFUI_MAP_TEXT : (size_t)(end - text);
}

int dfu_memmap_add(struct dfu_memmap *map, uint32_t alt, const char *name, struct dfu_error **err)
{
    if (map == NULL || name == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "memory map: no map or no name for alt %u", (unsigned)alt);
    if (alt >= DFUI_MAP_ALTS)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "memory map: alt %u is above %u", (unsigned)alt, DFUI_MAP_ALTS - 1);
    if (map->alts[alt].text != NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "memory map: alt %u was added before", (unsigned)alt);
    size_t length = bounded_length(name);
    if (length == DFUI_MAP_TEXT)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "alt %u: the name has %u bytes or more", (unsigned)alt,
                             DFUI_MAP_TEXT);

    char *text = dfui_strdup(name);
    struct dfui_layout layout = {.text = text,
                                 .labels = dfui_strdup(name),
                                 .length = length,
                                 .region_limit = DFUI_MAP_REGIONS - map->count,
                                 .note_limit = DFUI_MAP_NOTES - map->note_count,
                                 .alt = alt};
    if (text == NULL || layout.labels == NULL) {
        free(text);
        free(layout.labels);
        return dfui_error_no_memory(err);
    }
    int rc = dfui_layout_parse(&layout, err);
    if ((rc == DFU_OK || rc == DFU_ERR_FORMAT) && reserve(map, &layout, err) != DFU_OK)
        rc = DFU_ERR_NO_MEMORY;
    if (rc == DFU_ERR_NO_MEMORY) {
        free(text);
        free(layout.labels);
    } else {
        take_over(map, &layout, text);
    }
    dfui_layout_clear(&layout);
    return rc;
}

size_t dfu_memmap_count(const struct dfu_memmap *map)
{
    return map == NULL ? 0 : map->count;
}

const struct dfu_region *dfui_map_region(const struct dfu_memmap *map, size_t index)
{
    return map == NULL || index >= map->count ? NULL : &map->regions[index];
}

int dfu_memmap_region(const struct dfu_memmap *map, size_t index, struct dfu_region *region)
{
    const struct dfu_region *r = dfui_map_region(map, index);
    if (r == NULL)
        return DFU_ERR_RANGE;
    return dfui_sized_out(region, r, sizeof *r);
}

static const struct alt *alt_at(const struct dfu_memmap *map, uint32_t alt)
{
    return map == NULL || alt >= DFUI_MAP_ALTS || map->alts[alt].text == NULL ? NULL : &map->alts[alt];
}

enum dfu_alt_kind dfu_memmap_alt_kind(const struct dfu_memmap *map, uint32_t alt)
{
    const struct alt *a = alt_at(map, alt);
    return a == NULL ? DFU_ALT_ABSENT : (enum dfu_alt_kind)a->kind;
}

const char *dfu_memmap_alt_name(const struct dfu_memmap *map, uint32_t alt)
{
    const struct alt *a = alt_at(map, alt);
    return a == NULL ? NULL : a->text;
}

bool dfui_map_duplicate(const struct dfu_memmap *map, uint32_t alt, uint32_t *lowest)
{
    const struct alt *a = alt_at(map, alt);
    if (a == NULL || a->lowest == alt)
        return false;
    if (lowest != NULL)
        *lowest = a->lowest;
    return true;
}

size_t dfu_memmap_note_count(const struct dfu_memmap *map)
{
    return map == NULL ? 0 : map->note_count;
}

const char *dfu_memmap_note(const struct dfu_memmap *map, size_t index)
{
    return map == NULL || index >= map->note_count ? NULL : map->notes[index];
}
