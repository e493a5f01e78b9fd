/* SPDX-License-Identifier: BSD-2-Clause */
#include "gangnotes.h"

#include "out.h"
#include "planview.h"

static int holds(const json_t *list, const json_t *text)
{
    size_t i;
    const json_t *one;
    json_array_foreach(list, i, one)
    {
        if (json_equal(one, text))
            return 1;
    }
    return 0;
}

/* What was said for all is not true of a board that has less to say. */
static void say_missing(const struct gangnotes *notes, struct cli *cli, const json_t *own)
{
    size_t i;
    const json_t *one;
    json_array_foreach(notes->common, i, one)
    {
        if (!holds(own, one))
            out_note(cli, "%s: not so here: %s", cli->device_path, json_string_value(one));
    }
}

void gangnotes_say(struct gangnotes *notes, struct cli *cli, const struct dfu_plan *plan, int was_read)
{
    int first = notes->common == NULL;
    int more = 0;
    json_t *own = json_array();
    if (first)
        notes->common = json_array();
    for (size_t i = 0; i < dfu_plan_note_count(plan); i++) {
        int kind = DFU_NOTE_INFO;
        const char *text = dfu_plan_note(plan, i, &kind);
        if (was_read && kind == DFU_NOTE_INFO) {
            planview_note(cli, cli->device_path, kind, text);
            continue;
        }
        json_t *one = json_text(text);
        if (first)
            (void)json_array_append(notes->common, one);
        if (first || !holds(notes->common, one))
            planview_note(cli, first ? NULL : cli->device_path, kind, text);
        more += !holds(notes->common, one);
        (void)json_array_append_new(own, one);
    }
    if (more == 0)
        say_missing(notes, cli, own);
    json_decref(own);
}

void gangnotes_end(struct gangnotes *notes)
{
    json_decref(notes->common);
    notes->common = NULL;
}
