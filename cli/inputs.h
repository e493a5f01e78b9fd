/* SPDX-License-Identifier: BSD-2-Clause */
/* FILE[@ADDR]… and the edits: everything between the command line and a finished image. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli.h"

/*
 * Loads the files, merges them and applies the edits of the command line. A raw file without @ADDR is an error;
 * *unplaced (may be NULL) is then set to its name, so that the caller can say what addresses there are.
 */
int inputs_load(struct cli *cli, const char *const *files, size_t count, const char **unplaced, struct dfu_image **out,
                struct dfu_error **err);

/* The error of a raw file without an address; map (may be NULL) says what there is to choose from. */
int inputs_refuse_unplaced(const char *file, const struct dfu_memmap *map, struct dfu_error **err);

/* SHA-256 over the bytes of all segments in order: what will be in flash, whatever the file looked like. */
void image_sha256(const struct dfu_image *image, char text[65]);

#endif
