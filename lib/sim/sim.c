/* SPDX-License-Identifier: BSD-2-Clause */
/* Lifetime of a simulator and its boards, and what sim.h lets one look at. */
#include "sim/board.h"
#include "sim/transport.h"
#include <stdio.h>
#include <stdlib.h>

enum { MAX_BOARDS = 1000, SERIAL_DIGITS = 3 };

static int no_memory(struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
}

/* Copies what both sides of a size-first struct know; unknown fields of the caller become 0. */
static int fill_out(void *out, const void *known, size_t known_size)
{
    if (out == NULL)
        return DFU_ERR_ARGUMENT;
    size_t size;
    memcpy(&size, out, sizeof size);
    if (size < sizeof size)
        return DFU_ERR_ARGUMENT;
    memset(out, 0, size);
    memcpy(out, known, size < known_size ? size : known_size);
    memcpy(out, &size, sizeof size);
    return DFU_OK;
}

static int take_options(const struct dfu_sim_options *given, struct dfu_sim_options *out, struct dfu_error **err)
{
    DFU_INIT(out);
    if (given != NULL) {
        if (given->size < sizeof given->size)
            return dfu_error_set(err, DFU_ERR_ARGUMENT, "simulator options: size %zu is not set (use DFU_INIT)",
                                 given->size);
        memcpy(out, given, given->size < sizeof *out ? given->size : sizeof *out);
        out->size = sizeof *out;
    }
    if (out->count > MAX_BOARDS)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%u simulated boards, at most %d are possible", out->count,
                             MAX_BOARDS);
    if ((out->flags & ~(uint32_t)(DFU_SIM_REAL_TIME | DFU_SIM_INIT_RANDOM)) != 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "simulator options: unknown flags 0x%X", out->flags);
    if (out->serial != NULL && strlen(out->serial) > 60)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "serial number of %zu characters, at most 60 are possible",
                             strlen(out->serial));
    return DFU_OK;
}

/* One board keeps its serial number; of several each gets its number at the end. */
static void name_board(struct sim_board *board, const char *serial, size_t count)
{
    (void)snprintf(board->path, sizeof board->path, "1-%zu", board->index + 1);
    size_t keep = strlen(serial);
    if (count == 1) {
        (void)snprintf(board->serial, sizeof board->serial, "%s", serial);
        return;
    }
    if (keep > 4) /* the few characters of a short one may all mean something */
        keep -= SERIAL_DIGITS;
    (void)snprintf(board->serial, sizeof board->serial, "%.*s%0*zu", (int)keep, serial, SERIAL_DIGITS, board->index);
}

/* As the factory delivers them: not protected. */
static void set_option_bytes(struct sim_memory *memory)
{
    if (memory->row->kind != SIM_OPTION)
        return;
    if (memory->row->factory != NULL)
        dfui_sim_memory_load(memory, 0, (const uint8_t *)memory->row->factory, memory->length);
    else if (memory->row->unprotected != 0)
        dfui_sim_memory_load(memory, memory->row->rdp_offset, &memory->row->unprotected, 1);
}

static uint64_t random_seed(const struct dfu_sim_options *options, size_t index)
{
    if ((options->flags & DFU_SIM_INIT_RANDOM) == 0)
        return 0;
    uint64_t seed = (options->seed + 1) * UINT64_C(0x9E3779B97F4A7C15) + ((uint64_t)index << 40);
    return seed == 0 ? 1 : seed;
}

static int init_loader(struct dfu_sim *sim, struct sim_board *board, const struct sim_profile *loader, size_t index)
{
    board->sim = sim;
    board->loader = loader;
    board->profile = loader->starts_in_program ? loader->program : loader;
    board->index = index;
    board->buffer = calloc(loader->transfer_size, 1);
    if (board->buffer == NULL)
        return DFU_ERR_NO_MEMORY;
    for (size_t i = 0; i < SIM_MAX_MEMORIES && loader->memories[i] != NULL; i++) {
        board->memory_count++;
        int rc = dfui_sim_memory_init(&board->memories[i], loader->memories[i], random_seed(&sim->options, index));
        if (rc != DFU_OK)
            return rc;
        set_option_bytes(&board->memories[i]);
    }
    return DFU_OK;
}

static int init_board(struct dfu_sim *sim, size_t index)
{
    struct sim_board *board = &sim->boards[index];
    int rc = init_loader(sim, board, sim->profile, index);
    if (rc == DFU_OK && sim->profile->beside != NULL) {
        board->beside = calloc(1, sizeof *board->beside);
        rc = board->beside == NULL ? DFU_ERR_NO_MEMORY : init_loader(sim, board->beside, sim->profile->beside, index);
    }
    if (rc != DFU_OK)
        return rc;
    name_board(board, sim->options.serial != NULL ? sim->options.serial : sim->profile->serial, sim->count);
    dfui_sim_power_up(board);
    board->present = 1;
    dfui_sim_publish(board);
    return DFU_OK;
}

static int unknown_profile(const char *name, struct dfu_error **err)
{
    char list[1024] = "";
    size_t used = 0;
    for (size_t i = 0; dfui_sim_profile_at(i) != NULL && used < sizeof list; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : " ", dfui_sim_profile_at(i)->name);
    (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "no simulated device \"%.60s\"; there are: %s", name == NULL ? "" : name,
                        list);
    dfu_error_set_hint(err, "take one of these profiles");
    return DFU_ERR_ARGUMENT;
}

int dfu_sim_new(const char *profile, const struct dfu_sim_options *options, struct dfu_sim **out,
                struct dfu_error **err)
{
    if (out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no place for the new simulator");
    *out = NULL;
    const struct sim_profile *found = profile == NULL ? NULL : dfui_sim_profile_find(profile);
    if (found == NULL)
        return unknown_profile(profile, err);
    struct dfu_sim_options taken;
    int rc = take_options(options, &taken, err);
    if (rc != DFU_OK)
        return rc;
    struct dfu_sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        return no_memory(err);
    sim->profile = found;
    sim->options = taken;
    sim->count = taken.count == 0 ? 1 : taken.count;
    sim->root.sim = sim;
    if (!dfui_sim_lock_init(&sim->lock)) {
        free(sim);
        return no_memory(err);
    }
    sim->wall_base_us = dfui_sim_wall_us();
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): take_options() gives at least one */
    sim->boards = calloc(sim->count, sizeof *sim->boards);
    rc = sim->boards == NULL ? DFU_ERR_NO_MEMORY : DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < sim->count; i++)
        rc = init_board(sim, i);
    sim->options.serial = NULL; /* the caller's, copied into the boards */
    if (rc != DFU_OK) {
        dfu_sim_free(sim);
        return no_memory(err);
    }
    *out = sim;
    return DFU_OK;
}

static void free_loader(struct sim_board *board)
{
    for (size_t m = 0; m < board->memory_count; m++)
        dfui_sim_memory_free(&board->memories[m]);
    free(board->buffer);
}

void dfu_sim_free(struct dfu_sim *sim)
{
    if (sim == NULL)
        return;
    for (size_t i = 0; sim->boards != NULL && i < sim->count; i++) {
        free_loader(&sim->boards[i]);
        if (sim->boards[i].beside != NULL)
            free_loader(sim->boards[i].beside);
        free(sim->boards[i].beside);
    }
    free(sim->boards);
    free(sim->locked.at);
    for (size_t i = 0; i < sim->rule_count; i++)
        free(sim->rules[i].reached);
    free(sim->rules);
    dfui_sim_lock_destroy(&sim->lock);
    free(sim);
}

void dfu_sim_attach(struct dfu_sim *sim, struct dfu_context_options *options)
{
    if (sim == NULL || options == NULL)
        return;
    options->transport = &dfui_sim_transport;
    options->transport_self = &sim->root;
}

size_t dfu_sim_count(const struct dfu_sim *sim)
{
    return sim == NULL ? 0 : sim->count;
}

static const struct sim_board *board_at(const struct dfu_sim *sim, size_t board)
{
    return sim == NULL || board >= sim->count ? NULL : &sim->boards[board];
}

const char *dfu_sim_serial(const struct dfu_sim *sim, size_t board)
{
    const struct sim_board *found = board_at(sim, board);
    return found == NULL ? NULL : found->serial;
}

const char *dfu_sim_path(const struct dfu_sim *sim, size_t board)
{
    const struct sim_board *found = board_at(sim, board);
    return found == NULL ? NULL : found->path;
}

int dfu_sim_fault(struct dfu_sim *sim, const char *rule, struct dfu_error **err)
{
    struct sim_rule parsed;
    if (sim == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no simulator given");
    int rc = dfui_sim_rule_parse(rule, &parsed, err);
    if (rc != DFU_OK)
        return rc;
    if (parsed.one_board && parsed.board >= sim->count)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "fault rule \"%.80s\" is for board %llu, there are %zu (from 0)",
                             rule, (unsigned long long)parsed.board, sim->count);
    struct sim_rule *rules = realloc(sim->rules, (sim->rule_count + 1) * sizeof *rules);
    if (rules == NULL)
        return no_memory(err);
    sim->rules = rules;
    parsed.reached = calloc(sim->count, 1);
    if (parsed.reached == NULL)
        return no_memory(err);
    sim->rules[sim->rule_count++] = parsed;
    return DFU_OK;
}

int dfu_sim_get_counters(const struct dfu_sim *sim, size_t board, struct dfu_sim_counters *counters)
{
    if (sim == NULL || counters == NULL)
        return DFU_ERR_ARGUMENT;
    if (board >= sim->count)
        return DFU_ERR_RANGE;
    struct sim_board *found = &sim->boards[board];
    struct dfu_sim_counters now = found->counters;
    uint64_t until = found->open_count > 0 ? dfui_sim_now(found) : found->last_close_us;
    now.elapsed_us = found->opened ? until - found->first_open_us : 0;
    now.floor_us = dfui_sim_floor_us(found);
    now.read_floor_us = dfui_sim_read_floor_us(found);
    if (found->beside != NULL) {
        now.floor_us += dfui_sim_floor_us(found->beside);
        now.read_floor_us += dfui_sim_read_floor_us(found->beside);
    }
    return fill_out(counters, &now, sizeof now);
}

/* The memories of a second loader come after those of the first. */
static struct sim_memory *memory_of(struct sim_board *board, size_t index)
{
    if (index < board->memory_count)
        return &board->memories[index];
    index -= board->memory_count;
    return board->beside != NULL && index < board->beside->memory_count ? &board->beside->memories[index] : NULL;
}

int dfu_sim_get_memory(const struct dfu_sim *sim, size_t board, size_t index, struct dfu_sim_memory *memory)
{
    if (sim == NULL || memory == NULL)
        return DFU_ERR_ARGUMENT;
    struct sim_memory *found = board < sim->count ? memory_of(&sim->boards[board], index) : NULL;
    if (found == NULL)
        return DFU_ERR_RANGE;
    struct dfu_sim_memory asked = {0};
    memcpy(&asked, memory, memory->size < sizeof asked ? memory->size : sizeof asked);
    int look = (asked.flags & DFU_SIM_LOOK) != 0;
    if (!look)
        dfui_sim_memory_fill(found);
    struct dfu_sim_memory now = {
        .size = sizeof now,
        .name = found->row->name,
        .start = found->row->start,
        .length = found->length,
        .data = look ? NULL : found->cells,
        .erased = found->row->erased,
        .changed = found->changed,
        .flags = asked.flags,
    };
    return fill_out(memory, &now, sizeof now);
}

int dfu_sim_load(struct dfu_sim *sim, size_t board, uint64_t address, const void *data, size_t length,
                 struct dfu_error **err)
{
    if (sim == NULL || (data == NULL && length > 0))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "nothing to load, or no simulator to load it into");
    if (board >= sim->count)
        return dfu_error_set(err, DFU_ERR_RANGE, "board %zu of %zu (from 0)", board, sim->count);
    struct sim_board *found = &sim->boards[board];
    struct sim_memory *memory = dfui_sim_memory_at(found, address);
    if (memory == NULL && found->beside != NULL)
        memory = dfui_sim_memory_at(found->beside, address);
    if (memory == NULL || length > memory->length - (address - memory->row->start))
        return dfu_error_set(err, DFU_ERR_RANGE, "%zu bytes at 0x%08llX do not fit into one memory of %s", length,
                             (unsigned long long)address, sim->profile->name);
    dfui_sim_memory_load(memory, (uint32_t)(address - memory->row->start), data, (uint32_t)length);
    if (memory->row->kind == SIM_OPTION && dfui_sim_rdp(&sim->boards[board]) == 2)
        dfui_sim_lock_out(&sim->boards[board]);
    return DFU_OK;
}

int dfu_sim_write_protect(struct dfu_sim *sim, uint64_t start, uint64_t end, struct dfu_error **err)
{
    if (sim == NULL || start >= end)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no simulator, or nothing in it to protect");
    const struct sim_memory *memory = dfui_sim_memory_at(&sim->boards[0], start);
    if (memory == NULL || end - start > memory->length - (start - memory->row->start))
        return dfu_error_set(err, DFU_ERR_RANGE, "0x%08llX..0x%08llX is not in one memory of %s",
                             (unsigned long long)start, (unsigned long long)end, sim->profile->name);
    dfui_sim_ranges_add(&sim->locked, (uint32_t)start, (uint32_t)end);
    return DFU_OK;
}

int dfu_sim_profile(size_t index, struct dfu_sim_profile_info *info)
{
    const struct sim_profile *profile = dfui_sim_profile_at(index);
    if (profile == NULL)
        return DFU_ERR_RANGE;
    struct dfu_sim_profile_info now = {
        .size = sizeof now,
        .name = profile->name,
        .description = profile->description,
        .source = profile->source,
        .vid = profile->vid,
        .pid = profile->pid,
        .transfer_size = profile->transfer_size,
        .protocol = profile->protocol,
        .alt_count = dfui_sim_alt_count(profile),
        .mode = profile->starts_in_program ? 1 : 2,
        .dialect = profile->dialect->name,
        .dialect_quirks = profile->dialect->quirks,
        .quirks = profile->quirks != NULL ? profile->quirks : "",
    };
    return fill_out(info, &now, sizeof now);
}

const char *dfu_sim_profile_alt(const char *name, uint32_t alt)
{
    const struct sim_profile *profile = name == NULL ? NULL : dfui_sim_profile_find(name);
    return profile == NULL || alt >= dfui_sim_alt_count(profile) ? NULL : profile->alts[alt];
}
