/* SPDX-License-Identifier: BSD-2-Clause */
/* The comparison of two images. */
#ifndef CLI_IMAGEDIFF_H
#define CLI_IMAGEDIFF_H

#include "cli.h"

/* How a stretch of addresses differs. */
enum difference { DIFFERENCE_NONE, DIFFERENCE_BYTES, DIFFERENCE_ONLY_FIRST, DIFFERENCE_ONLY_SECOND };

/* alt is DFU_ALT_ANY unless alternate settings are compared one by one. */
typedef void difference_fn(enum difference kind, uint32_t alt, struct dfu_range range, void *user);

/* Calls for every maximal stretch that differs, in order of addresses. For which alternate setting bytes are does not
 * matter, unless one of the images has several bytes for one address: then alternate settings are compared one by one.
 * Errors: DFU_ERR_NO_MEMORY. */
int imagediff_run(const struct dfu_image *a, const struct dfu_image *b, difference_fn *call, void *user,
                  struct dfu_error **err);

#endif
