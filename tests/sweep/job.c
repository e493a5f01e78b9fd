/* SPDX-License-Identifier: BSD-2-Clause */
#include "sweep.h"

#include <libdfu/optbytes.h>
#include <stdlib.h>
#include <string.h>

/* --- doing --- */

/* Runs the plan that a planner has made, or passes on why it made none. */
static int run_plan(int rc, struct task *t, struct dfu_plan *plan, struct dfu_error **err)
{
    if (rc == DFU_OK)
        rc = dfu_session_run(t->session, plan, t->run, t->result, err);
    dfu_plan_free(plan);
    return rc;
}

static int write_with(struct task *t, uint32_t flags, struct dfu_error **err)
{
    struct dfu_plan_options options;
    DFU_INIT(&options);
    options.flags = flags;
    return dfu_session_write(t->session, t->place->image, &options, t->run, t->result, err);
}

static int flash(struct task *t, struct dfu_error **err)
{
    return write_with(t, DFU_PLAN_LEAVE, err);
}

static int diff(struct task *t, struct dfu_error **err)
{
    return write_with(t, DFU_PLAN_LEAVE | DFU_PLAN_DIFF, err);
}

static int preserve(struct task *t, struct dfu_error **err)
{
    return write_with(t, DFU_PLAN_LEAVE | DFU_PLAN_DIFF | DFU_PLAN_PRESERVE, err);
}

static int erase(struct task *t, struct dfu_error **err)
{
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    dfu_session_target(t->session, &target);
    int rc = dfu_plan_erase(dfu_session_memmap(t->session), &target, &t->place->range, 1, NULL, &plan, err);
    return run_plan(rc, t, plan, err);
}

static int read(struct task *t, struct dfu_error **err)
{
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    dfu_session_target(t->session, &target);
    const struct place *p = t->place;
    struct dfu_range parts[] = {{p->range.start, p->hole.start}, {p->hole.end, p->range.end}};
    int rc = dfu_plan_read(dfu_session_memmap(t->session), &target, parts, 2, NULL, &plan, err);
    return run_plan(rc, t, plan, err);
}

static int verify(struct task *t, struct dfu_error **err)
{
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    dfu_session_target(t->session, &target);
    int rc = dfu_plan_verify(dfu_session_memmap(t->session), &target, t->place->image, NULL, &plan, err);
    return run_plan(rc, t, plan, err);
}

static int leave(struct task *t, struct dfu_error **err)
{
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    dfu_session_target(t->session, &target);
    int rc = dfu_plan_leave(dfu_session_memmap(t->session), &target, NULL, &plan, err);
    return run_plan(rc, t, plan, err);
}

static void protect_options(const struct task *t, struct dfu_protect_options *options)
{
    DFU_INIT(options);
    options->progress = t->run->progress;
    options->user = t->run->user;
}

static int unprotect(struct task *t, struct dfu_error **err)
{
    struct dfu_protect_options options;
    protect_options(t, &options);
    return dfu_session_unprotect(t->session, &options, NULL, err);
}

/* A field that does no harm, with another value than the factory's. */
static const char *const assignments[] = {"bor=2",      "data0=0x12",   "wdg_sw=0",  "bor_lev=2",
                                          "nswboot0=0", "nrst_stdby=0", "iwdg_sw=0", "iwdg1_sw=0"};

static int set_one(struct dfu_optbytes *o, struct dfu_error **err)
{
    int rc = DFU_ERR_UNSUPPORTED;
    for (size_t i = 0; rc != DFU_OK && i < sizeof assignments / sizeof assignments[0]; i++)
        rc = dfu_optbytes_set(o, assignments[i], NULL);
    return rc == DFU_OK ? rc : dfu_error_set(err, rc, "no option that could be set");
}

static int options(struct task *t, struct dfu_error **err)
{
    struct dfu_protect_options options;
    struct dfu_optbytes *o = NULL;
    protect_options(t, &options);
    int rc = dfu_optbytes_new(dfu_session_memmap(t->session), NULL, &o, err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_read(t->session, o, err);
    if (rc == DFU_OK)
        rc = set_one(o, err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_write(t->session, o, &options, NULL, err);
    dfu_optbytes_free(o);
    return rc;
}

/* --- the board before --- */

static bool as_it_is(const struct place *p, struct dfu_sim *sim)
{
    (void)p;
    (void)sim;
    return true;
}

static bool with_older_image(const struct place *p, struct dfu_sim *sim)
{
    place_load_older(p, sim);
    return true;
}

static bool with_image(const struct place *p, struct dfu_sim *sim)
{
    return dfu_sim_load(sim, 0, p->lies_at, p->bytes, (size_t)(p->range.end - p->range.start), NULL) == DFU_OK;
}

/* Left out: boards whose map has room for 32 bytes where the chip has 16 option bytes, which cannot be written as they
 * are announced; the one that is no STM32 is taken for another family, too. */
static bool with_known_options(const struct place *p, struct dfu_sim *sim)
{
    (void)sim;
    return strcmp(p->profile, "stm32f042") != 0 && strcmp(p->profile, "apm32f103") != 0;
}

static bool with_protection(const struct place *p, struct dfu_sim *sim)
{
    return strcmp(p->profile, "apm32f103") != 0 && dfu_sim_protect(sim, 0, 1, NULL) == DFU_OK;
}

/* --- the board afterwards --- */

static size_t memory_length(const struct after *a)
{
    return (size_t)(a->place->memory.end - a->place->memory.start);
}

/* The memory of the image outside of [start, end), as it was before this run. */
static bool rest_as_before(const struct after *a, uint64_t start, uint64_t end)
{
    const uint8_t *data = place_at(a->place, a->sim, a->place->memory.start);
    size_t first = (size_t)(start - a->place->memory.start);
    size_t last = (size_t)(end - a->place->memory.start);
    return memcmp(data, a->held, first) == 0 && memcmp(data + last, a->held + last, memory_length(a) - last) == 0;
}

static bool other_memories_unchanged(const struct after *a, bool but_options)
{
    struct dfu_sim_memory m;
    for (size_t i = 0; place_memory(a->sim, i, &m); i++) {
        if (m.start != a->place->memory.start && m.changed && !(but_options && place_is_options(&m)))
            return false;
    }
    return true;
}

static bool all_erased(const struct after *a, uint64_t start, uint64_t end)
{
    const uint8_t *data = place_at(a->place, a->sim, start);
    for (uint64_t i = 0; i < end - start; i++) {
        if (data[i] != a->place->erased)
            return false;
    }
    return true;
}

static bool options_equal(const struct after *a, const uint8_t *wanted, size_t wanted_length)
{
    size_t length;
    uint8_t *now = place_options(a->sim, &length);
    bool equal = wanted != NULL && length == wanted_length && memcmp(now, wanted, length) == 0;
    free(now);
    return equal;
}

static bool holds_image(const struct after *a)
{
    return place_equals(a->place, a->sim, a->place->bytes);
}

/* And nothing else has changed at all. */
static bool holds_image_and_the_rest(const struct after *a)
{
    const struct place *p = a->place;
    size_t hole = (size_t)(p->hole.start - p->memory.start);
    return holds_image(a) && rest_as_before(a, p->range.start, p->range.end) &&
           memcmp(place_at(p, a->sim, p->hole.start), a->held + hole, (size_t)(p->hole.end - p->hole.start)) == 0;
}

static bool sectors_erased(const struct after *a)
{
    return all_erased(a, a->place->sectors.start, a->place->sectors.end);
}

static bool was_read(const struct after *a)
{
    const struct place *p = a->place;
    size_t length = (size_t)(p->range.end - p->range.start);
    uint8_t *bytes = malloc(length);
    bool equal = bytes != NULL &&
                 dfu_image_read(a->read, DFU_ALT_ANY, p->range.start, bytes, length) ==
                     length - (size_t)(p->hole.end - p->hole.start) &&
                 place_equals(p, a->sim, bytes);
    free(bytes);
    return equal;
}

/* Blank, and with the option bytes of a board from the factory. */
static bool is_open(const struct after *a)
{
    struct dfu_sim *fresh = place_board(a->place->profile);
    size_t length;
    uint8_t *factory = place_options(fresh, &length);
    bool open = all_erased(a, a->place->memory.start, a->place->memory.end) && options_equal(a, factory, length);
    free(factory);
    dfu_sim_free(fresh);
    return open;
}

static bool options_set(const struct after *a)
{
    size_t length;
    uint8_t *now = place_options(a->sim, &length);
    bool equal = a->wanted == NULL || memcmp(now, a->wanted, length) == 0;
    free(now);
    return equal;
}

static bool anything(const struct after *a)
{
    (void)a;
    return true;
}

static bool only_sectors(const struct after *a)
{
    return other_memories_unchanged(a, false) && rest_as_before(a, a->place->sectors.start, a->place->sectors.end);
}

static bool nothing(const struct after *a)
{
    return other_memories_unchanged(a, false) && rest_as_before(a, a->place->memory.end, a->place->memory.end);
}

static bool only_options(const struct after *a)
{
    return other_memories_unchanged(a, true) && rest_as_before(a, a->place->memory.end, a->place->memory.end);
}

static bool only_flash_and_options(const struct after *a)
{
    return other_memories_unchanged(a, true);
}

const struct job jobs[] = {
    {"flash", true, false, false, as_it_is, flash, holds_image, only_sectors},
    {"diff", false, false, false, with_older_image, diff, holds_image, only_sectors},
    {"preserve", false, false, false, with_older_image, preserve, holds_image_and_the_rest, only_sectors},
    {"verify", true, true, false, with_image, verify, holds_image, nothing},
    {"read", false, false, false, as_it_is, read, was_read, nothing},
    {"erase", false, true, false, as_it_is, erase, sectors_erased, only_sectors},
    {"leave", true, false, false, as_it_is, leave, anything, nothing},
    {"unprotect", false, true, true, with_protection, unprotect, is_open, only_flash_and_options},
    {"options", false, false, true, with_known_options, options, options_set, only_options},
};

const size_t job_count = sizeof jobs / sizeof jobs[0];
const struct job *const job_unprotect = &jobs[7];
