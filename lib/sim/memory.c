/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/memory.h"
#include <stdlib.h>

/* Pages get their first contents when they are first touched, so that a 16 MiB flash that nobody uses costs
 * address space only. */

int dfui_sim_memory_init(struct sim_memory *memory, const struct sim_memory_row *row, uint64_t seed)
{
    memset(memory, 0, sizeof *memory);
    memory->row = row;
    for (const struct sim_sectors *s = row->sectors; s < row->sectors + SIM_MAX_GROUPS && s->count != 0; s++) {
        memory->length += s->count * s->size;
        memory->sectors += s->count;
    }
    memory->seed = row->kind == SIM_FLASH ? seed : 0;
    memory->cells = calloc(memory->length, 1);
    memory->filled = calloc(memory->length / SIM_PAGE + 1, 1);
    memory->erased = calloc(memory->sectors, 1);
    if (row->once)
        memory->used = calloc(memory->length / row->word + 1, 1);
    if (memory->cells == NULL || memory->filled == NULL || memory->erased == NULL ||
        (row->once && memory->used == NULL))
        return DFU_ERR_NO_MEMORY;
    return DFU_OK;
}

void dfui_sim_memory_free(struct sim_memory *memory)
{
    free(memory->cells);
    free(memory->filled);
    free(memory->used);
    free(memory->erased);
    free(memory->programmed.at);
    free(memory->uploaded.at);
}

static void fill_random(uint8_t *at, uint32_t length, uint64_t seed)
{
    /* splitmix64 */
    for (uint32_t i = 0; i < length; i++) {
        if (i % 8 == 0)
            seed += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        z ^= z >> 31;
        at[i] = (uint8_t)(z >> (8 * (i % 8)));
    }
}

static void mark_used(struct sim_memory *memory, uint32_t start, uint32_t end)
{
    if (memory->used == NULL)
        return;
    uint32_t word = memory->row->word;
    for (uint32_t offset = start - start % word; offset < end; offset += word) {
        uint32_t stop = offset + word < memory->length ? offset + word : memory->length;
        memory->used[offset / word] = 0;
        for (uint32_t i = offset; i < stop; i++)
            if (memory->cells[i] != memory->row->erased)
                memory->used[offset / word] = 1;
    }
}

/* Fills the pages that [offset, offset + length) touches. */
static void touch(struct sim_memory *memory, uint32_t offset, uint32_t length)
{
    if (length == 0)
        return;
    for (uint32_t page = offset / SIM_PAGE; page <= (offset + length - 1) / SIM_PAGE; page++) {
        if (memory->filled[page])
            continue;
        memory->filled[page] = 1;
        uint32_t start = page * SIM_PAGE;
        uint32_t size = memory->length - start < SIM_PAGE ? memory->length - start : SIM_PAGE;
        if (memory->seed != 0) {
            fill_random(memory->cells + start, size, memory->seed + memory->row->start + start);
            mark_used(memory, start, start + size);
        } else {
            memset(memory->cells + start, memory->row->erased, size);
        }
    }
}

void dfui_sim_memory_fill(struct sim_memory *memory)
{
    touch(memory, 0, memory->length);
}

void dfui_sim_memory_read(struct sim_memory *memory, uint32_t offset, uint8_t *out, uint32_t length)
{
    touch(memory, offset, length);
    memcpy(out, memory->cells + offset, length);
}

static int all_equal(const uint8_t *data, uint32_t length, uint8_t value)
{
    for (uint32_t i = 0; i < length; i++)
        if (data[i] != value)
            return 0;
    return 1;
}

void dfui_sim_memory_load(struct sim_memory *memory, uint32_t offset, const uint8_t *data, uint32_t length)
{
    while (length > 0) {
        uint32_t page = offset / SIM_PAGE;
        uint32_t room = (page + 1) * SIM_PAGE - offset;
        uint32_t part = length < room ? length : room;
        /* Erased contents into a page that would start erased: nothing to keep. */
        if (memory->filled[page] || memory->seed != 0 || !all_equal(data, part, memory->row->erased)) {
            touch(memory, offset, part);
            memcpy(memory->cells + offset, data, part);
            mark_used(memory, offset, offset + part);
        }
        offset += part;
        data += part;
        length -= part;
    }
    memory->changed = 0;
}

void dfui_sim_memory_flip(struct sim_memory *memory, uint32_t offset)
{
    touch(memory, offset, 1);
    memory->cells[offset] ^= 0x01;
    memory->changed = 1;
}

void dfui_sim_memory_sector(const struct sim_memory *memory, uint32_t offset, struct sim_sector *out)
{
    memset(out, 0, sizeof *out);
    for (const struct sim_sectors *s = memory->row->sectors; s->count != 0; s++) {
        uint32_t span = s->count * s->size;
        out->size = s->size;
        out->erase_us = s->erase_us;
        if (offset - out->offset < span) {
            uint32_t n = (offset - out->offset) / s->size;
            out->index += n;
            out->offset += n * s->size;
            return;
        }
        out->index += s->count;
        out->offset += span;
    }
}

void dfui_sim_memory_erase(struct sim_memory *memory, const struct sim_sector *sector)
{
    touch(memory, sector->offset, sector->size);
    memset(memory->cells + sector->offset, memory->row->erased, sector->size);
    if (memory->used != NULL)
        memset(memory->used + sector->offset / memory->row->word, 0, sector->size / memory->row->word);
    memory->changed = 1;
}

void dfui_sim_memory_half_erase(struct sim_memory *memory, const struct sim_sector *sector)
{
    struct sim_sector half = *sector;
    half.size /= 2;
    dfui_sim_memory_erase(memory, &half);
}

void dfui_sim_memory_disturb(struct sim_memory *memory, uint32_t offset)
{
    if (memory->used != NULL)
        memory->used[offset / memory->row->word] = 1;
}

/* Bits only go away from the erased value. */
static uint8_t mix(const struct sim_memory_row *row, uint8_t old, uint8_t new)
{
    return row->erased == 0 ? (uint8_t)(old | new) : (uint8_t)(old & new);
}

/* Programs one flash word; returns 1 when it was not erased (or, with ECC, was programmed before). */
static int program_word(struct sim_memory *memory, uint32_t offset, const uint8_t *word, uint32_t size)
{
    const struct sim_memory_row *row = memory->row;
    uint8_t *cells = memory->cells + offset;
    int dirty = !all_equal(cells, size, row->erased);
    if (memory->used != NULL) {
        dirty |= memory->used[offset / row->word];
        memory->used[offset / row->word] = 1;
    }
    if (dirty && row->rewrite == SIM_REWRITE_REFUSED && !all_equal(word, size, (uint8_t)~row->erased))
        return 1;
    for (uint32_t i = 0; i < size; i++)
        cells[i] = mix(row, cells[i], word[i]);
    if (dirty && row->rewrite == SIM_REWRITE_BREAKS)
        cells[0] ^= 0x11;
    return dirty;
}

void dfui_sim_memory_program(struct sim_memory *memory, uint32_t offset, const uint8_t *data, uint32_t length, int stop,
                             struct sim_programmed *out)
{
    const struct sim_memory_row *row = memory->row;
    memset(out, 0, sizeof *out);
    touch(memory, offset, length);
    memory->changed = 1;
    if (row->kind == SIM_EEPROM || row->kind == SIM_OPTION) {
        memcpy(memory->cells + offset, data, length);
        out->bytes = length;
        return;
    }
    while (out->bytes < length) {
        /* The part of the data that falls into this flash word; what is left of the word stays as it is. */
        uint32_t at = offset + out->bytes;
        uint32_t base = at - at % row->word;
        uint32_t size = memory->length - base < row->word ? memory->length - base : row->word;
        uint32_t skip = at - base;
        uint32_t part = size - skip < length - out->bytes ? size - skip : length - out->bytes;
        uint8_t word[64];
        memset(word, row->erased, sizeof word);
        memcpy(word + skip, data + out->bytes, part);
        out->violations += (uint32_t)program_word(memory, base, word, size);
        if (stop && memcmp(memory->cells + at, data + out->bytes, part) != 0) {
            out->differs = 1;
            return;
        }
        out->bytes += part;
    }
}

uint64_t dfui_sim_memory_program_us(const struct sim_memory_row *row, uint32_t length)
{
    uint64_t units = ((uint64_t)length + row->unit - 1) / row->unit;
    return (units * row->program_ns + 999) / 1000;
}
