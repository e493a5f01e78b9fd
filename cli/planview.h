/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans for people (--dry-run) and for programs. */
#ifndef CLI_PLANVIEW_H
#define CLI_PLANVIEW_H

#include "cli.h"

/* Prints what the plan will do; image may be NULL. was_read: the device's contents were looked at to plan. */
void planview_print(struct cli *cli, const struct dfu_memmap *map, const struct dfu_plan *plan,
                    const struct dfu_image *image, int was_read);

/* {"erase": […], "blank": […], "write": […], "verify": […], "read": […], "write_blocks", "write_bytes", "verify_bytes",
 * "read_bytes", "leave_address"}; the last is null for plain DFU, which has no addresses. */
json_t *planview_json(const struct dfu_plan *plan, int has_addresses);

/* Says the plan's notes as notes and warnings. */
void planview_notes(struct cli *cli, const struct dfu_plan *plan);

/* Says one note; of the board at a path, or NULL. */
void planview_note(struct cli *cli, const char *path, int kind, const char *text);

#endif
