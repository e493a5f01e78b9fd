/* SPDX-License-Identifier: BSD-2-Clause */
/* Images as pictures and JSON. */
#ifndef CLI_IMAGEVIEW_H
#define CLI_IMAGEVIEW_H

#include "cli.h"

/* Prints what the image holds; name is what to call it. */
void imageview_print(struct cli *cli, const char *name, const struct dfu_image *image);

/* {"bytes", "segments": [{"start", "end", "alt", "crc32", "stm32_crc", "sha256"}], "gaps", "start", "sha256",
 * "vectors"}.
 */
json_t *imageview_json(const struct dfu_image *image);

#endif
