/* SPDX-License-Identifier: BSD-2-Clause */
/* Does an image fit a memory map, and does it look like a program: questions that need no device. */
#ifndef CLI_IMAGEFIT_H
#define CLI_IMAGEFIT_H

#include "cli.h"

/* The map that --map STRING… or --profile NAME describe; *out is NULL when neither is there. Yours. */
int imagefit_map(const struct args *args, struct dfu_memmap **out, struct dfu_error **err);

/* Draws the memories that the image touches and says what lies in none. Returns 1 when all of it lies in some. */
int imagefit_print(struct cli *cli, const struct dfu_memmap *map, const struct dfu_image *image);

/* Adds "fits", "memories" and "outside" to object. Returns as imagefit_print(). */
int imagefit_json(json_t *object, const struct dfu_memmap *map, const struct dfu_image *image);

/* DFU_ERR_RANGE unless the image begins with a vector table that fits its address (--strict). */
int imagefit_check_vectors(const struct dfu_image *image, struct dfu_error **err);

#endif
