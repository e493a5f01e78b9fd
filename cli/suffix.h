/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu image suffix, and the ids that a suffix holds. */
#ifndef CLI_SUFFIX_H
#define CLI_SUFFIX_H

#include "cli.h"

struct suffix_ids {
    int given; /* at least one of the options */
    uint16_t vid;
    uint16_t pid;
    uint16_t bcd_device;
};

/* Reads --vid, --pid and --bcd-device; what is not given is 0xFFFF: any. */
int suffix_parse_ids(const struct args *args, struct suffix_ids *ids, struct dfu_error **err);

int suffix_run(struct cli *cli, const char *const *files, size_t count, struct dfu_error **err);

#endif
