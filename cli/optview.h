/* SPDX-License-Identifier: BSD-2-Clause */
/* Option bytes for people and for programs. */
#ifndef CLI_OPTVIEW_H
#define CLI_OPTVIEW_H

#include "cli.h"

/* Bytes, fields, and what is write-protected. */
void optview_print(struct cli *cli, const struct dfu_optbytes *optbytes);

/* Adds "family", "rdp", "areas", "fields" and "write_protected" to object. */
void optview_json(json_t *object, const struct dfu_optbytes *optbytes);

/* Says what differs, "name: old -> new"; returns how many bytes do. */
size_t optview_changes(struct cli *cli, const struct dfu_optbytes *before, const struct dfu_optbytes *after);

#endif
