/* SPDX-License-Identifier: BSD-2-Clause */
/* Choosing among devices and alternate settings, and explaining why that is not possible. */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include "cli.h"

/* Fills selector from the options and, where none of them chooses, from DFU_DEVICE and DFU_SERIAL. */
int select_parse(const struct args *args, struct dfu_selector *selector, struct dfu_error **err);

/* The error for a selection with no device in DFU mode; matching is what it has at run time, everything what there is
 * without it. */
int select_refuse_none(const struct cli *cli, const struct dfu_list *matching, const struct dfu_list *everything,
                       struct dfu_error **err);

/* The error for several matches, with a table that says how to pick each. */
int select_refuse_several(struct cli *cli, const struct dfu_list *list, struct dfu_error **err);

/* What --path takes for the device at index: its path, with its interface where others of the list are at that path. */
#define SELECT_PLACE_SIZE 80
const char *select_place(const struct dfu_list *list, size_t index, char buffer[SELECT_PLACE_SIZE]);

/* The number of the alternate setting that text means: a number, a name or part of one. */
int select_alt(const struct dfu_device *device, const char *text, uint32_t *alt, struct dfu_error **err);

#endif
