/* SPDX-License-Identifier: BSD-2-Clause */
/* Images as pictures and JSON, and the comparison of two. */
#ifndef CLI_IMAGEVIEW_H
#define CLI_IMAGEVIEW_H

#include "cli.h"

/* Prints what the image holds; name is what to call it. */
void imageview_print(struct cli *cli, const char *name, const struct dfu_image *image);

/* {"bytes", "segments": [{"start", "end", "alt", "crc32", "stm32_crc", "sha256"}], "gaps", "start", "sha256",
 * "vectors"}.
 */
json_t *imageview_json(const struct dfu_image *image);

/* How a stretch of addresses differs. */
enum difference { DIFFERENCE_NONE, DIFFERENCE_BYTES, DIFFERENCE_ONLY_FIRST, DIFFERENCE_ONLY_SECOND };

typedef void difference_fn(enum difference kind, struct dfu_range range, void *user);

/* Calls for every maximal stretch that differs, in order of addresses (alts are not compared). */
void image_compare(const struct dfu_image *a, const struct dfu_image *b, difference_fn *call, void *user);

#endif
