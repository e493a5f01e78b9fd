/* SPDX-License-Identifier: BSD-2-Clause */
/* --stm32-crc, --crc, --check-crc and the options that follow them. */
#ifndef CLI_EDIT_CRC_H
#define CLI_EDIT_CRC_H

#include "edits.h"

/* 1 for an edit that stores or checks a CRC. */
int edit_crc_is(const struct edit *edit);

/* 1 for an option that belongs to the CRC option before it. */
int edit_crc_is_detail(const struct opt *opt);

/* Reads the edit's value. */
int edit_crc_parse(struct edit *edit, struct dfu_error **err);

/* Reads an option that belongs to edit, the last one before it; NULL when there is none. */
int edit_crc_detail(struct edit *edit, const struct opt_use *use, struct dfu_error **err);

/* Stores or checks; says which CRC and where. */
int edit_crc_apply(struct cli *cli, const struct edit *edit, struct dfu_image *image, struct dfu_error **err);

#endif
