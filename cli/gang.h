/* SPDX-License-Identifier: BSD-2-Clause */
/* The same job on several boards at once: --boards all, or several --path or --serial. */
#ifndef CLI_GANG_H
#define CLI_GANG_H

#include "cli.h"

/* Does the command line select several boards? */
int gang_wanted(const struct cli *cli);

/* Flashes or compares, and says how each board fared; an error that it returns without *err was said already. */
int gang_do(struct cli *cli, enum dfu_gang_job kind, struct dfu_error **err);

#endif
