/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a plan and the parts that build one. Everything here is pure. */
#ifndef DFUI_PLAN_PRIVATE_H
#define DFUI_PLAN_PRIVATE_H

#include "core/checked.h"
#include "core/core.h"
#include "map/map.h"
#include <libdfu/device.h>
#include <libdfu/image.h>
#include <libdfu/memmap.h>
#include <libdfu/plan.h>

#define DFUI_NO_STEP_REGION UINT32_MAX

struct dfui_note {
    char *text;
    int kind; /* enum dfu_note_kind */
};

/* What is known of an erasable sector that the image touches. */
enum dfui_sector_state {
    DFUI_SECTOR_ERASE, /* to be erased and written */
    DFUI_SECTOR_SAME,  /* holds the image already */
    DFUI_SECTOR_FF,    /* holds nothing but 0xFF, which may be the erased value */
    DFUI_SECTOR_00
};

struct dfui_sector {
    struct dfu_range range;
    uint32_t alt;
    uint32_t region;
    enum dfui_sector_state state;
};

struct dfui_sectors {
    struct dfui_sector *items; /* sorted by alt and address */
    size_t count;
    size_t capacity;
};

struct dfu_plan {
    const struct dfu_memmap *map;
    const struct dfu_image *image; /* NULL for plans without one */
    struct dfu_image *kept;        /* bytes beside the image that are written, too; NULL = none */
    struct dfui_sectors sectors;   /* of a write plan */
    bool survey;
    uint64_t sent_bytes;      /* of write plans: bytes in blocks that are not blank, in this plan */
    uint64_t full_bytes;      /* and in one that writes everything */
    struct dfu_target target; /* block_size filled in */
    struct dfu_plan_options options;
    struct dfu_step *steps;
    size_t count;
    size_t capacity;
    struct dfui_note *notes;
    size_t note_count;
    struct dfu_plan_summary summary;
};

/* --- plan.c --- */

/* A new plan with checked target and options. map and image are borrowed; image may be NULL. */
int dfui_plan_new(const struct dfu_memmap *map, const struct dfu_target *target, const struct dfu_image *image,
                  const struct dfu_plan_options *options, struct dfu_plan **out, struct dfu_error **err);
int dfui_plan_step(struct dfu_plan *plan, const struct dfu_step *step, struct dfu_error **err);
int dfui_plan_note(struct dfu_plan *plan, int kind, struct dfu_error **err, const char *format, ...) DFU_PRINTF(4, 5);

/* The memory that a region belongs to, as the index of its first region: regions of one alt that follow each
 * other without a gap are one memory, with one erased value. */
uint32_t dfui_plan_memory(const struct dfu_plan *plan, uint32_t region);

/* --- extent.c: which part of which region a range is --- */

/* A piece of a range that lies in one region, or outside the map (region DFUI_NO_STEP_REGION). */
struct dfui_extent {
    struct dfu_range range;
    uint32_t alt;
    uint32_t region;
};

struct dfui_extents {
    struct dfui_extent *items; /* sorted by address within what was added in order */
    size_t count;
};

/* What will be done to an extent: each wants its access letter. */
enum dfui_intent { DFUI_INTENT_READ, DFUI_INTENT_WRITE, DFUI_INTENT_ERASE };

/* Splits range by regions, checks that each may be used so, and appends. alt as in dfu_memmap_find(). */
int dfui_extents_add(struct dfui_extents *list, const struct dfu_plan *plan, uint32_t alt, struct dfu_range range,
                     enum dfui_intent intent, struct dfu_error **err);
/* All of the plan's image. */
int dfui_extents_of_image(struct dfui_extents *list, const struct dfu_plan *plan, enum dfui_intent intent,
                          struct dfu_error **err);
void dfui_extents_free(struct dfui_extents *list);

int dfui_extents_append(struct dfui_extents *list, const struct dfui_extent *extent, struct dfu_error **err);
/* By alt and address. */
void dfui_extents_sort(struct dfui_extents *list);
/* Lowest image address in the first executable region; false when there is none. */
bool dfui_plan_program_base(const struct dfu_plan *plan, const struct dfui_extents *extents, uint64_t *base);

/* --- sectors.c: the erasable sectors under an image --- */

/* Is the region erased before it is written? */
bool dfui_plan_erasable(const struct dfu_plan *plan, const struct dfu_region *region);
/* One for each sector that an extent touches and that is erased before it is written; extents sorted. */
int dfui_sectors_add(struct dfui_sectors *list, const struct dfu_plan *plan, const struct dfui_extents *extents,
                     struct dfu_error **err);
void dfui_sectors_free(struct dfui_sectors *list);
/* The sector that holds address, or NULL. */
const struct dfui_sector *dfui_sectors_at(const struct dfui_sectors *list, uint32_t alt, uint64_t address);

/* --- diff.c: what the device's contents spare --- */

/* Finds out the state of each of the plan's sectors, from options.contents. */
void dfui_plan_diff(struct dfu_plan *plan);
/* What is still to be written of extents, into todo. */
int dfui_plan_todo(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfui_extents *todo,
                   struct dfu_error **err);
/* One sentence about what was found, once all steps are there. */
int dfui_plan_note_diff(struct dfu_plan *plan, const struct dfui_extents *todo, struct dfu_error **err);

/* --- keep.c: what else the sectors hold --- */

/* Bytes of the image in range. */
uint64_t dfui_plan_covered(const struct dfu_plan *plan, uint32_t alt, struct dfu_range range);
/* Copies what must be written back into plan->kept and adds it to todo. */
int dfui_plan_keep(struct dfu_plan *plan, struct dfui_extents *todo, struct dfu_error **err);
/* Fills in what the plan puts at [address, address + length), and returns how many bytes of it are the image's. */
size_t dfui_plan_fill(const struct dfu_plan *plan, uint32_t alt, uint64_t address, uint8_t *buffer, size_t length);

/* --- estimate.c --- */

/* Bytes of extents in blocks that are not blank, which is what takes time. */
uint64_t dfui_plan_sent(const struct dfu_plan *plan, const struct dfui_extents *extents);

/* --- span.c: ranges that become runs of blocks --- */

struct dfui_span {
    struct dfu_range range;
    uint32_t alt;
    uint32_t region; /* of its first byte */
    uint32_t flags;  /* enum dfu_step_flags */
};

struct dfui_spans {
    struct dfui_span *items;
    size_t count;
};

int dfui_spans_add(struct dfui_spans *list, const struct dfui_span *span, struct dfu_error **err);
void dfui_spans_free(struct dfui_spans *list);

/* POINT and block steps of one span. kind is the block step's; probe adds a PROBE of the first block. */
int dfui_plan_run(struct dfu_plan *plan, const struct dfui_span *span, uint32_t kind, bool probe,
                  struct dfu_error **err);

/* --- erase_plan.c --- */

/* One ERASE step for each of the plan's sectors that is not the same already. */
int dfui_plan_erase_sectors(struct dfu_plan *plan, struct dfu_error **err);

/* --- verify_plan.c --- */

/* Read-back steps for the image. What cannot be read becomes a note, unless it is required. */
int dfui_plan_verify_image(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err);
/* Can it be read, as far as the map says? */
bool dfui_plan_readable(const struct dfu_plan *plan, uint32_t region);

/* --- plain_plan.c: DFU without addresses --- */
bool dfui_plan_is_plain(const struct dfu_plan *plan);
int dfui_plan_plain_write(struct dfu_plan *plan, struct dfu_error **err);
int dfui_plan_plain_verify(struct dfu_plan *plan, struct dfu_error **err);
int dfui_plan_plain_read(struct dfu_plan *plan, size_t range_count, struct dfu_error **err);
int dfui_plan_plain_leave(struct dfu_plan *plan, struct dfu_error **err);
/* "plain DFU has no command to …": the code to return. */
int dfui_plan_plain_refuse(const char *what, struct dfu_error **err);

/* --- leave_plan.c --- */

int dfui_plan_leave_step(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err);

/* --- sanity.c: does the image look like a program that will start? --- */
int dfui_plan_sanity(struct dfu_plan *plan, const struct dfui_extents *extents, struct dfu_error **err);

#endif
