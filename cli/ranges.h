/* SPDX-License-Identifier: BSD-2-Clause */
/* RANGE|REGION operands. */
#ifndef CLI_RANGES_H
#define CLI_RANGES_H

#include "cli.h"

struct ranges {
    struct dfu_range *list; /* owned */
    size_t count;
};

/* Finds wrong spellings before a device is looked for. */
int ranges_check(const struct args *args, struct dfu_error **err);

/* Turns the operands into ranges; names are looked up in the map, in one alt only when alt is not DFU_ALT_ANY. Free
 * even on failure. */
int ranges_parse(struct ranges *ranges, const struct args *args, const struct dfu_memmap *map, uint32_t alt,
                 struct dfu_error **err);

void ranges_free(struct ranges *ranges);

#endif
