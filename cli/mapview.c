/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as pictures, sentences and JSON. */
#include "mapview.h"

#include "out.h"
#include "strip.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How a kind of access is drawn: neighbouring sectors take turns with two characters, so that each can be seen. */
struct look {
    char even;
    char odd;
    enum paint paint;
    const char *meaning;
};

static const struct look looks[] = {
    {'#', '=', PAINT_GREEN, "erasable and writable"},
    {'+', '-', PAINT_YELLOW, "writable without erasing"},
    {':', '.', PAINT_DIM, "read only"},
    {'e', 'E', PAINT_DIM, "erasable, not writable"},
    {'x', 'X', PAINT_DIM, "no access"},
};

static size_t look_of(uint32_t access)
{
    if ((access & DFU_ACCESS_UNKNOWN) != 0)
        return 4;
    if ((access & DFU_ACCESS_WRITE) != 0)
        return (access & DFU_ACCESS_ERASE) != 0 ? 0 : 1;
    if ((access & DFU_ACCESS_ERASE) != 0)
        return 3;
    return (access & DFU_ACCESS_READ) != 0 ? 2 : 4;
}

const char *access_text(char buffer[4], uint32_t access)
{
    buffer[0] = (access & DFU_ACCESS_READ) != 0 ? 'r' : '-';
    buffer[1] = (access & DFU_ACCESS_ERASE) != 0 ? 'e' : '-';
    buffer[2] = (access & DFU_ACCESS_WRITE) != 0 ? 'w' : '-';
    buffer[3] = '\0';
    return buffer;
}

static int get_region(const struct dfu_memmap *map, size_t index, struct dfu_region *region)
{
    DFU_INIT(region);
    return dfu_memmap_region(map, index, region) == DFU_OK;
}

/* Zero sectors, or sectors of zero bytes in a broken string. */
static int is_empty(const struct dfu_region *region)
{
    return region->start == region->end;
}

int memory_next(const struct dfu_memmap *map, size_t *index, struct memory *memory)
{
    struct dfu_region region;
    while (get_region(map, *index, &region) && is_empty(&region))
        (*index)++;
    if (!get_region(map, *index, &region))
        return 0;
    memset(memory, 0, sizeof *memory);
    memory->range.start = region.start;
    memory->range.end = region.end;
    memory->name = region.name;
    memory->alt = region.alt;
    memory->kind = region.kind;
    memory->sectors = region.count;
    memory->first = (*index)++;
    while (get_region(map, *index, &region) && region.alt == memory->alt && region.start == memory->range.end &&
           region.kind == memory->kind && strcmp(region.name, memory->name) == 0) {
        memory->range.end = region.end;
        memory->sectors += region.count;
        (*index)++;
    }
    memory->past = *index;
    return 1;
}

uint64_t memory_used(const struct memory *memory, const struct dfu_image *image)
{
    uint64_t used = 0;
    for (size_t i = 0; i < dfu_image_count(image); i++) {
        struct dfu_segment s;
        DFU_INIT(&s);
        if (dfu_image_segment(image, i, &s) != DFU_OK || (s.alt != DFU_ALT_ANY && s.alt != memory->alt))
            continue;
        uint64_t start = s.address > memory->range.start ? s.address : memory->range.start;
        uint64_t end = s.address + s.length < memory->range.end ? s.address + s.length : memory->range.end;
        used += end > start ? end - start : 0;
    }
    return used;
}

/* Sectors narrower than a column would only make noise: then the region is one texture. */
static void draw_region(struct strip *strip, const struct dfu_region *region, unsigned *parity)
{
    const struct look *look = &looks[look_of(region->access)];
    uint64_t column = (strip->span.end - strip->span.start) / STRIP_WIDTH;
    if (region->sector_size < column) {
        struct dfu_range whole = {region->start, region->end};
        strip_fill(strip, whole, look->even);
        *parity = 1;
        return;
    }
    for (uint64_t i = 0; i < region->count; i++) {
        struct dfu_range sector = {region->start + i * region->sector_size,
                                   region->start + (i + 1) * region->sector_size};
        strip_fill(strip, sector, *parity ? look->odd : look->even);
        *parity ^= 1;
    }
}

static enum paint paint_of(char mark)
{
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (mark == looks[i].even || mark == looks[i].odd)
            return looks[i].paint;
    }
    return PAINT_NONE;
}

/* Prints the strip, changing colour only where the kind of access changes. */
static void print_strip(struct cli *cli, const struct strip *strip)
{
    enum paint now = PAINT_NONE;
    out_text(cli, "  [");
    for (size_t i = 0; i < STRIP_WIDTH; i++) {
        enum paint next = paint_of(strip->text[i]);
        if (next != now)
            out_paint(cli, PAINT_NONE);
        if (next != now && next != PAINT_NONE)
            out_paint(cli, next);
        now = next;
        out_text(cli, "%c", strip->text[i]);
    }
    if (now != PAINT_NONE)
        out_paint(cli, PAINT_NONE);
    out_text(cli, "]\n");
}

static void draw_bar(struct cli *cli, const struct dfu_memmap *map, const struct memory *memory)
{
    struct strip strip;
    struct dfu_region region;
    unsigned parity = 0;
    strip_start(&strip, memory->range);
    for (size_t i = memory->first; i < memory->past; i++) {
        if (get_region(map, i, &region))
            draw_region(&strip, &region, &parity);
    }
    print_strip(cli, &strip);
}

static void draw_erases(struct cli *cli, const struct memory *memory, const struct dfu_plan *plan)
{
    struct dfu_plan_summary summary;
    struct strip strip;
    size_t drawn = 0;
    DFU_INIT(&summary);
    if (dfu_plan_summarize(plan, &summary) != DFU_OK)
        return;
    strip_start(&strip, memory->range);
    for (size_t i = 0; i < summary.steps; i++) {
        struct dfu_step step;
        DFU_INIT(&step);
        if (dfu_plan_step(plan, i, &step) != DFU_OK || step.kind != DFU_STEP_ERASE ||
            (step.flags & (DFU_STEP_READS_FF | DFU_STEP_READS_00)) != 0 || step.alt != memory->alt)
            continue;
        struct dfu_range sector = {step.address, step.address + step.length};
        if (sector.start >= memory->range.end || sector.end <= memory->range.start)
            continue;
        strip_touch(&strip, sector, 'E', 'E');
        drawn++;
    }
    strip_trim(&strip);
    if (drawn > 0)
        out_text(cli, "   %s  <- erased\n", strip.text);
}

static void draw_image(struct cli *cli, const struct memory *memory, const struct dfu_image *image)
{
    struct strip strip;
    size_t drawn = 0;
    strip_start(&strip, memory->range);
    for (size_t i = 0; i < dfu_image_count(image); i++) {
        struct dfu_segment segment;
        DFU_INIT(&segment);
        if (dfu_image_segment(image, i, &segment) != DFU_OK)
            continue;
        struct dfu_range data = {segment.address, segment.address + segment.length};
        if (data.start >= memory->range.end || data.end <= memory->range.start)
            continue;
        strip_touch(&strip, data, '*', '~');
        drawn++;
    }
    strip_trim(&strip);
    if (drawn > 0)
        out_text(cli, "   %s  <- image\n", strip.text);
}

/* How full: the image alone, without a plan that says more. */
static void print_used(struct cli *cli, const struct memory *memory, const struct dfu_image *image)
{
    char used_text[TEXT_SIZE];
    char free_text[TEXT_SIZE];
    uint64_t size = memory->range.end - memory->range.start;
    uint64_t used = memory_used(memory, image);
    uint64_t permille = used * 1000 / size;
    out_text(cli, "   %s used (%" PRIu64 ".%" PRIu64 " %%), %s free\n", text_size(used_text, used), permille / 10,
             permille % 10, text_size(free_text, size - used));
}

static void list_sectors(struct cli *cli, const struct dfu_region *region)
{
    for (uint64_t i = 0; i < region->count; i++)
        out_text(cli, "      sector 0x%08" PRIX64 "\n", region->start + i * region->sector_size);
}

static void list_regions(struct cli *cli, const struct dfu_memmap *map, const struct memory *memory)
{
    for (size_t i = memory->first; i < memory->past; i++) {
        struct dfu_region region;
        char size[TEXT_SIZE];
        char sector[TEXT_SIZE];
        char access[4];
        if (!get_region(map, i, &region) || is_empty(&region))
            continue;
        out_text(cli, "   0x%08" PRIX64 "..0x%08" PRIX64 "  %10s  %5" PRIu32 " x %-10s  %s\n", region.start, region.end,
                 text_size(size, region.end - region.start), region.count, text_size(sector, region.sector_size),
                 access_text(access, region.access));
        if (cli->voice.verbose > 0)
            list_sectors(cli, &region);
    }
}

/* What the name does not say already. */
static const char *kind_text(const struct memory *memory)
{
    static const struct {
        uint32_t kind;
        const char *name;
        const char *text;
    } table[] = {{DFU_MEMORY_OPTION_BYTES, "option byte", " (option bytes)"},
                 {DFU_MEMORY_OTP, "one-time", " (one-time programmable)"},
                 {DFU_MEMORY_DEVICE_FEATURE, "device feature", " (device feature)"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].kind == memory->kind && !text_contains(memory->name, table[i].name))
            return table[i].text;
    }
    return "";
}

/* The lowest alt with the same string, which is alt itself unless it is a repetition. */
static uint32_t first_of_same_name(const struct dfu_memmap *map, uint32_t alt)
{
    const char *name = dfu_memmap_alt_name(map, alt);
    for (uint32_t i = 0; i < alt && name != NULL; i++) {
        const char *other = dfu_memmap_alt_name(map, i);
        if (other != NULL && strcmp(other, name) == 0)
            return i;
    }
    return alt;
}

static void draw_memory(struct cli *cli, const struct dfu_memmap *map, const struct memory *memory,
                        const struct mapview_marks *marks)
{
    char size[TEXT_SIZE];
    out_paint(cli, PAINT_BOLD);
    out_text(cli, "alt %" PRIu32 "  %s", memory->alt, memory->name[0] != '\0' ? memory->name : "(no name)");
    out_paint(cli, PAINT_NONE);
    out_text(cli, "%s  0x%08" PRIX64 "..0x%08" PRIX64 "  %s, %" PRIu64 " sector%s\n", kind_text(memory),
             memory->range.start, memory->range.end, text_size(size, memory->range.end - memory->range.start),
             memory->sectors, plural(memory->sectors));
    uint32_t same = first_of_same_name(map, memory->alt);
    if (same != memory->alt) {
        out_text(cli, "   the same as alt %" PRIu32 "\n", same);
        return;
    }
    draw_bar(cli, map, memory);
    if (marks != NULL && marks->plan != NULL)
        draw_erases(cli, memory, marks->plan);
    if (marks != NULL && marks->image != NULL)
        draw_image(cli, memory, marks->image);
    if (marks != NULL && marks->plan == NULL)
        print_used(cli, memory, marks->image);
    list_regions(cli, map, memory);
}

/* Which looks the memory has, as bits. */
static unsigned looks_in(const struct dfu_memmap *map, const struct memory *memory)
{
    unsigned used = 0;
    struct dfu_region region;
    for (size_t i = memory->first; i < memory->past && get_region(map, i, &region); i++)
        used |= is_empty(&region) ? 0u : 1u << look_of(region.access);
    return used;
}

/* Explains the characters that are in the picture. */
static void print_legend(struct cli *cli, unsigned used)
{
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if ((used & 1u << i) == 0)
            continue;
        out_text(cli, "  ");
        out_paint(cli, looks[i].paint);
        out_text(cli, "%c%c", looks[i].even, looks[i].odd);
        out_paint(cli, PAINT_NONE);
        out_text(cli, " %s", looks[i].meaning);
    }
    if (used != 0)
        out_text(cli, "\n");
}

static int plan_touches(const struct dfu_plan *plan, const struct memory *memory)
{
    struct dfu_step step;
    DFU_INIT(&step);
    for (size_t i = 0; dfu_plan_step(plan, i, &step) == DFU_OK; i++) {
        int here = step.address < memory->range.end && step.address + step.length > memory->range.start;
        if (step.alt == memory->alt && (here || step.kind == DFU_STEP_MASS_ERASE))
            return 1;
    }
    return 0;
}

static int is_touched(const struct mapview_marks *marks, const struct memory *memory)
{
    return marks->plan != NULL ? plan_touches(marks->plan, memory) : memory_used(memory, marks->image) > 0;
}

void mapview_draw(struct cli *cli, const struct dfu_memmap *map, const struct mapview_marks *marks)
{
    struct memory memory;
    size_t index = 0;
    unsigned used = 0;
    while (memory_next(map, &index, &memory)) {
        if (marks != NULL && cli->voice.verbose == 0 && !is_touched(marks, &memory))
            continue;
        draw_memory(cli, map, &memory, marks);
        used |= looks_in(map, &memory);
    }
    print_legend(cli, used);
}

json_t *mapview_json_alt(const struct dfu_memmap *map, uint32_t alt)
{
    json_t *array = json_array();
    struct dfu_region region;
    for (size_t i = 0; get_region(map, i, &region); i++) {
        char access[4];
        if (is_empty(&region) || (alt != DFU_ALT_ANY && region.alt != alt))
            continue;
        json_t *object = json_object();
        (void)json_object_set_new(object, "alt", json_integer(region.alt));
        (void)json_object_set_new(object, "name", json_text(region.name));
        json_add_range(object, region.start, region.end);
        (void)json_object_set_new(object, "count", json_integer(region.count));
        (void)json_object_set_new(object, "sector_size", json_integer(region.sector_size));
        (void)json_object_set_new(object, "access", json_string(access_text(access, region.access)));
        (void)json_array_append_new(array, object);
    }
    return array;
}

json_t *mapview_json(const struct dfu_memmap *map)
{
    return mapview_json_alt(map, DFU_ALT_ANY);
}

static char *append(char *list, const struct memory *memory)
{
    char item[128];
    int length = snprintf(item, sizeof item, "%s%.60s at 0x%08" PRIX64 "..0x%08" PRIX64, list != NULL ? ", " : "",
                          memory->name, memory->range.start, memory->range.end);
    size_t old = list != NULL ? strlen(list) : 0;
    char *grown = length < 0 ? NULL : realloc(list, old + (size_t)length + 1);
    if (grown == NULL) {
        free(list);
        return NULL;
    }
    memcpy(grown + old, item, (size_t)length + 1);
    return grown;
}

char *mapview_sentence(const struct dfu_memmap *map)
{
    char *list = NULL;
    struct memory memory;
    size_t index = 0;
    while (memory_next(map, &index, &memory)) {
        list = append(list, &memory);
        if (list == NULL)
            break;
    }
    return list;
}

int mapview_first_flash(const struct dfu_memmap *map, uint64_t *address)
{
    struct dfu_region region;
    for (size_t i = 0; get_region(map, i, &region); i++) {
        if (!is_empty(&region) && region.kind == DFU_MEMORY_NORMAL && look_of(region.access) == 0) {
            *address = region.start;
            return 1;
        }
    }
    return 0;
}
