/* SPDX-License-Identifier: BSD-2-Clause */
/* Where images go: -o FILE, or "-" for standard output. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"

/* Checks, before anything slow is done, that -o was given and can be right; *path is borrowed. */
int output_check(const struct cli *cli, const char **path, struct dfu_error **err);

/* 1 when what will be written is a raw file. format_id is the option that names the format. */
int output_is_raw(const struct cli *cli, enum opt_id format_id, const char *path);

/* Writes the image. */
int output_save(struct cli *cli, enum opt_id format_id, const char *path, const struct dfu_image *image,
                struct dfu_error **err);

#endif
