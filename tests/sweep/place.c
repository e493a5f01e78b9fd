/* SPDX-License-Identifier: BSD-2-Clause */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

#define SEED 42
/* Bytes by which the image begins before the end of its first sector, at most. */
#define BEFORE_EDGE 700u
#define PLAIN_LENGTH 5220u
#define MAX_LENGTH 26000u

/* The sweep itself has no way to go on: a bug in it, or no memory. */
static void give_up(const char *why)
{
    (void)fprintf(stderr, "sweep: %s\n", why);
    abort();
}

struct dfu_sim *place_board(const char *profile)
{
    struct dfu_sim_options options;
    struct dfu_sim *sim = NULL;
    struct dfu_error *err = NULL;
    DFU_INIT(&options);
    options.flags = DFU_SIM_INIT_RANDOM;
    options.seed = SEED;
    if (dfu_sim_new(profile, &options, &sim, &err) != DFU_OK)
        give_up(dfu_error_message(err));
    return sim;
}

static bool memory_at(const struct dfu_sim *sim, uint64_t address, struct dfu_sim_memory *m)
{
    for (size_t i = 0;; i++) {
        DFU_INIT(m);
        m->flags = DFU_SIM_LOOK;
        if (dfu_sim_get_memory(sim, 0, i, m) != DFU_OK)
            return false;
        if (address < m->start || address >= m->start + m->length)
            continue;
        m->flags = 0;
        return dfu_sim_get_memory(sim, 0, i, m) == DFU_OK;
    }
}

/* Sectors of the first region that can be read, erased and written. */
static bool choose(struct place *p, const struct dfu_memmap *map, uint32_t transfer_size)
{
    struct dfu_region r;
    DFU_INIT(&r);
    for (size_t i = 0; dfu_memmap_region(map, i, &r) == DFU_OK; i++) {
        uint32_t all = DFU_ACCESS_READ | DFU_ACCESS_ERASE | DFU_ACCESS_WRITE;
        if ((r.access & all) != all || r.kind != DFU_MEMORY_NORMAL || r.count < 3)
            continue;
        if (strcmp(p->profile, "mboot") == 0 && r.start == 0x08000000) /* the loader, which its map does not mark */
            continue;
        uint64_t before = r.sector_size / 3 < BEFORE_EDGE ? r.sector_size / 3 : BEFORE_EDGE;
        p->range.start = r.start + r.sector_size - before / 4 * 4;
        p->range.end = p->range.start + 3 * (uint64_t)transfer_size + 121 + (transfer_size < 512 ? 600 : 0);
        if (p->range.end > r.end)
            p->range.end = r.end - 3;
        p->hole = (struct dfu_range){p->range.end - 500, p->range.end - 200};
        p->sectors.start = r.start;
        p->sector = r.sector_size;
        p->sectors.end = r.start + (p->range.end - r.start + r.sector_size - 1) / r.sector_size * r.sector_size;
        return true;
    }
    return false;
}

/* Named exclusions: what cannot be judged, or not be opened at all. */
static const char *excluded(const char *profile)
{
    if (strcmp(profile, "libopencm3") == 0 || strcmp(profile, "bmp") == 0)
        return "cannot be read back";
    return strcmp(profile, "atmel") == 0 ? "is refused: not a DFU protocol" : NULL;
}

static bool look(struct place *p)
{
    struct dfu_context_options options;
    struct dfu_device_info info;
    struct dfu_context *context = NULL;
    struct dfu_list *list = NULL;
    struct dfu_list *now = NULL;
    struct dfu_sim *sim = place_board(p->profile);
    bool good = false;
    DFU_INIT(&options);
    DFU_INIT(&info);
    dfu_sim_attach(sim, &options);
    if (dfu_context_new(&options, &context, NULL) == DFU_OK && dfu_list_new(context, NULL, &list, NULL) == DFU_OK &&
        dfu_device_describe(dfu_list_at(list, 0), &info) == DFU_OK) {
        if (info.mode == DFU_MODE_RUNTIME &&
            dfu_device_detach(context, dfu_list_at(list, 0), NULL, &now, NULL) == DFU_OK)
            (void)dfu_device_describe(dfu_list_at(now, 0), &info);
        p->plain = info.protocol != DFU_PROTOCOL_DFUSE;
        p->range.end = p->sectors.end = PLAIN_LENGTH;
        good = p->plain || choose(p, dfu_device_memmap(dfu_list_at(now != NULL ? now : list, 0)), info.transfer_size);
    }
    dfu_list_free(now);
    dfu_list_free(list);
    dfu_context_free(context);
    dfu_sim_free(sim);
    return good;
}

static void make_image(struct place *p)
{
    size_t length = (size_t)(p->range.end - p->range.start);
    uint32_t x = 0x2545F491;
    p->bytes = malloc(length);
    if (p->bytes == NULL || dfu_image_new(&p->image, NULL) != DFU_OK)
        give_up("no memory, or no board to look at");
    for (size_t i = 0; i < length; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        p->bytes[i] = (uint8_t)x;
    }
    if (dfu_image_add(p->image, DFU_ALT_ANY, p->range.start, p->bytes, length, DFU_OVERLAP_ERROR, NULL) != DFU_OK ||
        (!p->plain && dfu_image_exclude(p->image, p->hole, NULL, NULL) != DFU_OK))
        give_up("no memory, or no board to look at");
}

bool place_find(struct place *p, const char *profile, const char **why)
{
    memset(p, 0, sizeof *p);
    p->profile = profile;
    *why = excluded(profile);
    if (*why != NULL)
        return false;
    if (!look(p)) {
        *why = "no region of three sectors that can be read, erased and written";
        return false;
    }
    make_image(p);
    struct dfu_sim_memory m;
    struct dfu_sim *sim = place_board(profile);
    DFU_INIT(&m);
    m.flags = DFU_SIM_LOOK;
    p->lies_at = p->range.start;
    if (p->plain && dfu_sim_get_memory(sim, 0, 0, &m) == DFU_OK)
        p->lies_at = m.start;
    if (!memory_at(sim, p->lies_at, &m))
        give_up("no memory, or no board to look at");
    p->memory = (struct dfu_range){m.start, m.start + m.length};
    p->erased = (uint8_t)m.erased;
    p->before = malloc((size_t)m.length);
    if (p->before == NULL)
        give_up("no memory, or no board to look at");
    memcpy(p->before, m.data, (size_t)m.length);
    dfu_sim_free(sim);
    if (p->plain) /* the whole of it may change */
        p->sectors = p->memory;
    return true;
}

void place_free(struct place *p)
{
    dfu_image_free(p->image);
    free(p->bytes);
    free(p->before);
}

void place_load_older(const struct place *p, struct dfu_sim *sim)
{
    uint8_t old[MAX_LENGTH];
    size_t length = (size_t)(p->range.end - p->range.start);
    size_t middle = (size_t)(p->sectors.start + p->sector - p->range.start); /* where the second sector begins */
    if (length > sizeof old)
        give_up("the image is too long");
    memcpy(old, p->bytes, length);
    old[length - 77] ^= 0x5A;
    if (middle + 2 * p->sector < length) /* there is a third one, and more */
        memset(old + middle + p->sector, p->erased, p->sector);
    if (dfu_sim_load(sim, 0, p->lies_at, old, length, NULL) != DFU_OK)
        give_up("no memory, or no board to look at");
}

bool place_equals(const struct place *p, const struct dfu_sim *sim, const uint8_t *bytes)
{
    const uint8_t *data = place_at(p, sim, p->lies_at);
    size_t length = (size_t)(p->range.end - p->range.start);
    size_t first = p->plain ? length : (size_t)(p->hole.start - p->range.start);
    size_t second = p->plain ? length : (size_t)(p->hole.end - p->range.start);
    return memcmp(data, bytes, first) == 0 && memcmp(data + second, bytes + second, length - second) == 0;
}

const uint8_t *place_at(const struct place *p, const struct dfu_sim *sim, uint64_t address)
{
    struct dfu_sim_memory m;
    if (!memory_at(sim, p->lies_at, &m))
        give_up("no memory, or no board to look at");
    return m.data + (address - m.start);
}

bool place_memory(const struct dfu_sim *sim, size_t index, struct dfu_sim_memory *m)
{
    DFU_INIT(m);
    m->flags = DFU_SIM_LOOK;
    return dfu_sim_get_memory(sim, 0, index, m) == DFU_OK;
}

bool place_is_options(const struct dfu_sim_memory *m)
{
    return strncmp(m->name, "option bytes", 12) == 0;
}

uint8_t *place_options(const struct dfu_sim *sim, size_t *length)
{
    struct dfu_sim_memory m;
    uint8_t *all = NULL;
    *length = 0;
    for (size_t i = 0; place_memory(sim, i, &m); i++) {
        if (!place_is_options(&m))
            continue;
        m.flags = 0;
        if (dfu_sim_get_memory(sim, 0, i, &m) != DFU_OK)
            give_up("no memory");
        uint8_t *bigger = realloc(all, *length + (size_t)m.length);
        if (bigger == NULL)
            give_up("no memory");
        all = bigger;
        memcpy(all + *length, m.data, (size_t)m.length);
        *length += (size_t)m.length;
    }
    return all;
}

struct dfu_sim *place_replug(const struct place *p, const struct dfu_sim *sim)
{
    struct dfu_sim *fresh = place_board(p->profile);
    struct dfu_sim_memory m;
    for (size_t i = 0; place_memory(sim, i, &m); i++) {
        if (m.start != p->memory.start && !place_is_options(&m))
            continue;
        m.flags = 0;
        if (dfu_sim_get_memory(sim, 0, i, &m) != DFU_OK ||
            dfu_sim_load(fresh, 0, m.start, m.data, (size_t)m.length, NULL) != DFU_OK)
            give_up("no memory, or no board to look at");
    }
    return fresh;
}
