/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans for people and for programs. */
#include "planview.h"

#include "mapview.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>

#define LISTED_SECTORS 16 /* longer stretches of equal sectors are summed up, unless -v */

/* Neighbouring steps of one kind as one: sectors of equal size, or the blocks of a run. */
struct stretch {
    struct dfu_range range;
    uint32_t kind;
    uint32_t alt;
    uint32_t unit; /* length of the first step */
    uint32_t count;
};

/* An erase that is not needed, as far as is known: told apart from enum dfu_step_kind. */
#define KIND_BLANK UINT32_MAX

static uint32_t kind_of(const struct dfu_step *step)
{
    int blank = step->kind == DFU_STEP_ERASE && (step->flags & (DFU_STEP_READS_FF | DFU_STEP_READS_00)) != 0;
    return blank ? KIND_BLANK : step->kind;
}

/* A row of the listing: which steps, and what to call them. */
struct row {
    uint32_t kind;
    const char *verb;
    const char *unit;
};

static const struct row rows[] = {
    {DFU_STEP_ERASE, "erase", "sector"},      {DFU_STEP_MASS_ERASE, "mass erase", "command"},
    {KIND_BLANK, "is blank", "sector"},       {DFU_STEP_WRITE, "write", "block"},
    {DFU_STEP_VERIFY, "verify", "block"},     {DFU_STEP_READ, "read", "block"},
    {DFU_STEP_BLANK, "check blank", "block"}, {DFU_STEP_UPLOAD, "read", "upload"},
};

static int get_step(const struct dfu_plan *plan, size_t index, struct dfu_step *step)
{
    DFU_INIT(step);
    return dfu_plan_step(plan, index, step) == DFU_OK;
}

/* The next stretch of steps of a kind from *index on; what stands between them (pointers, probes) does not matter. */
static int next_stretch(const struct dfu_plan *plan, uint32_t kind, size_t *index, struct stretch *stretch)
{
    struct dfu_step step;
    int begun = 0;
    for (; get_step(plan, *index, &step); (*index)++) {
        if (kind_of(&step) != kind)
            continue;
        int joins = begun && step.alt == stretch->alt && step.address == stretch->range.end &&
                    ((kind != DFU_STEP_ERASE && kind != KIND_BLANK) || step.length == stretch->unit);
        if (begun && !joins)
            break;
        if (!begun) {
            stretch->range.start = step.address;
            stretch->kind = kind;
            stretch->alt = step.alt;
            stretch->unit = step.length;
            stretch->count = 0;
            begun = 1;
        }
        stretch->range.end = step.address + step.length;
        stretch->count++;
    }
    return begun;
}

static void print_sectors(struct cli *cli, const struct row *row, const struct stretch *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        char size[TEXT_SIZE];
        uint64_t start = s->range.start + (uint64_t)i * s->unit;
        out_text(cli, "  %-11s 0x%08" PRIX64 "..0x%08" PRIX64 "  %10s\n", row->verb, start, start + s->unit,
                 text_size(size, s->unit));
    }
}

static void print_stretch(struct cli *cli, const struct row *row, const struct stretch *s)
{
    char size[TEXT_SIZE];
    if (row->kind == DFU_STEP_UPLOAD) {
        out_text(cli, "  %-11s alt %" PRIu32 ", until the device says that it ends\n", row->verb, s->alt);
        return;
    }
    if (row->kind == DFU_STEP_MASS_ERASE) {
        out_text(cli, "  %-11s alt %" PRIu32 "\n", row->verb, s->alt);
        return;
    }
    if (row->kind == DFU_STEP_ERASE && (s->count <= LISTED_SECTORS || cli->voice.verbose > 0)) {
        print_sectors(cli, row, s);
        return;
    }
    out_text(cli, "  %-11s 0x%08" PRIX64 "..0x%08" PRIX64 "  %10s  %" PRIu32 " %s%s of %s\n", row->verb, s->range.start,
             s->range.end, text_size(size, s->range.end - s->range.start), s->count, row->unit, plural(s->count),
             text_size((char[TEXT_SIZE]){0}, s->unit));
}

static void print_totals(struct cli *cli, const struct dfu_plan_summary *summary, int has_addresses)
{
    if (summary->leaves && !has_addresses)
        out_text(cli, "  %-11s to what the device chooses\n", "leave");
    else if (summary->leaves)
        out_text(cli, "  %-11s to the vector table at 0x%08" PRIX64 "\n", "leave", summary->leave_address);
    if (summary->image_bytes > 0) {
        char size[TEXT_SIZE];
        out_text(cli, "  %-11s %" PRIu32 " sector%s to erase, %" PRIu32 " block%s to write, %s to read back\n",
                 "in all", summary->erase_sectors, plural(summary->erase_sectors), summary->write_blocks,
                 plural(summary->write_blocks), text_size(size, summary->verify_bytes + summary->read_bytes));
    }
}

void planview_print(struct cli *cli, const struct dfu_memmap *map, const struct dfu_plan *plan,
                    const struct dfu_image *image, int was_read)
{
    struct dfu_plan_summary summary;
    struct mapview_marks marks = {plan, image};
    DFU_INIT(&summary);
    (void)dfu_plan_summarize(plan, &summary);
    mapview_draw(cli, map, &marks);
    if (dfu_memmap_count(map) > 0)
        out_text(cli, "\n");
    out_text(cli, "plan (%s):\n", was_read ? "the device was read, nothing else is done" : "nothing is done");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stretch stretch;
        size_t index = 0;
        while (next_stretch(plan, rows[i].kind, &index, &stretch))
            print_stretch(cli, &rows[i], &stretch);
    }
    print_totals(cli, &summary, dfu_memmap_count(map) > 0);
}

static json_t *stretches_json(const struct dfu_plan *plan, uint32_t kind)
{
    json_t *array = json_array();
    struct stretch stretch;
    size_t index = 0;
    while (next_stretch(plan, kind, &index, &stretch)) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "alt", json_integer(stretch.alt));
        json_add_range(object, stretch.range.start, stretch.range.end);
        (void)json_object_set_new(object, "blocks", json_integer(stretch.count));
        (void)json_array_append_new(array, object);
    }
    return array;
}

static json_t *sectors_json(const struct dfu_plan *plan)
{
    json_t *array = json_array();
    struct dfu_step step;
    for (size_t i = 0; get_step(plan, i, &step); i++) {
        if (kind_of(&step) != DFU_STEP_ERASE)
            continue;
        json_t *object = json_object();
        (void)json_object_set_new(object, "alt", json_integer(step.alt));
        json_add_range(object, step.address, step.address + step.length);
        (void)json_array_append_new(array, object);
    }
    return array;
}

json_t *planview_json(const struct dfu_plan *plan, int has_addresses)
{
    struct dfu_plan_summary s;
    struct stretch mass;
    size_t index = 0;
    DFU_INIT(&s);
    (void)dfu_plan_summarize(plan, &s);
    json_t *object = json_object();
    (void)json_object_set_new(object, "erase", sectors_json(plan));
    (void)json_object_set_new(object, "blank", stretches_json(plan, KIND_BLANK));
    (void)json_object_set_new(object, "mass_erase",
                              json_boolean(next_stretch(plan, DFU_STEP_MASS_ERASE, &index, &mass)));
    (void)json_object_set_new(object, "write", stretches_json(plan, DFU_STEP_WRITE));
    (void)json_object_set_new(object, "verify", stretches_json(plan, DFU_STEP_VERIFY));
    (void)json_object_set_new(object, "read", stretches_json(plan, DFU_STEP_READ));
    (void)json_object_set_new(object, "image_bytes", json_integer((json_int_t)s.image_bytes));
    (void)json_object_set_new(object, "write_bytes", json_integer((json_int_t)s.write_bytes));
    (void)json_object_set_new(object, "write_blocks", json_integer(s.write_blocks));
    (void)json_object_set_new(object, "verify_bytes", json_integer((json_int_t)s.verify_bytes));
    (void)json_object_set_new(object, "unchanged_bytes", json_integer((json_int_t)s.unchanged_bytes));
    (void)json_object_set_new(object, "kept_bytes", json_integer((json_int_t)s.kept_bytes));
    (void)json_object_set_new(object, "read_bytes", json_integer((json_int_t)s.read_bytes));
    (void)json_object_set_new(object, "leave_address",
                              s.leaves && has_addresses ? json_integer((json_int_t)s.leave_address) : json_null());
    return object;
}

void planview_note(struct cli *cli, const char *path, int kind, const char *text)
{
    const char *front = path != NULL ? path : "";
    const char *colon = path != NULL ? ": " : "";
    if (kind == DFU_NOTE_INFO)
        out_note(cli, "%s%s%s", front, colon, text);
    else
        out_warning(cli, "%s%s%s", front, colon, text);
}

void planview_notes(struct cli *cli, const struct dfu_plan *plan)
{
    for (size_t i = 0; i < dfu_plan_note_count(plan); i++) {
        int kind = DFU_NOTE_INFO;
        const char *text = dfu_plan_note(plan, i, &kind);
        planview_note(cli, NULL, kind, text);
    }
}
