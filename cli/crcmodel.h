/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC models as the command line describes them: a preset's name, and options that change it. */
#ifndef CLI_CRCMODEL_H
#define CLI_CRCMODEL_H

#include "opts.h"

#include <libdfu/crc.h>

/* The first length characters of name: a preset, or "custom", which --crc-poly completes. */
int crcmodel_named(struct dfu_crc_model *model, const char *name, size_t length, struct dfu_error **err);

/* 1 for --crc-width, --crc-poly and the like. */
int crcmodel_is_detail(enum opt_id id);

/* Applies one of those. */
int crcmodel_detail(struct dfu_crc_model *model, const struct opt_use *use, struct dfu_error **err);

/* Whether the model can be, once all is said. */
int crcmodel_check(const struct dfu_crc_model *model, struct dfu_error **err);

/* "STM32", a preset's name or "custom". */
const char *crcmodel_label(const struct dfu_crc_model *model);

#endif
