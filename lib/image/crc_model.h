/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DFUI_CRC_MODEL_H
#define DFUI_CRC_MODEL_H

#include <libdfu/crc.h>

/* Completes and checks a caller's model; NULL = STM32's. */
int dfui_crc_model(struct dfu_crc_model *out, const struct dfu_crc_model *model, struct dfu_error **err);

#endif
