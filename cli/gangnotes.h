/* SPDX-License-Identifier: BSD-2-Clause */
/* What the plans of several boards have to say, to a person: once where it is the same for all of them. */
#ifndef CLI_GANGNOTES_H
#define CLI_GANGNOTES_H

#include "cli.h"

struct gangnotes {
    json_t *common; /* said without a path: it holds for every board that says nothing else. NULL before the first */
};

/* Says the notes of a board's plan. was_read: the plan is made from what the board holds, so that notes are its own. */
void gangnotes_say(struct gangnotes *notes, struct cli *cli, const struct dfu_plan *plan, int was_read);
void gangnotes_end(struct gangnotes *notes);

#endif
