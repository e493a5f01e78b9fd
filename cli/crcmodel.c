/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC models from options. */
#include "crcmodel.h"

#include "numbers.h"

#include <stdio.h>
#include <string.h>

int crcmodel_named(struct dfu_crc_model *model, const char *name, size_t length, struct dfu_error **err)
{
    char word[32];
    DFU_INIT(model);
    (void)snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), name);
    if (strcmp(word, "custom") != 0)
        return dfu_crc_preset(word, model, err);
    model->width = 32;
    model->unit = 1;
    return DFU_OK;
}

int crcmodel_is_detail(enum opt_id id)
{
    return id == OPT_CRC_WIDTH || id == OPT_CRC_POLY || id == OPT_CRC_INIT || id == OPT_CRC_XOR_OUT ||
           id == OPT_CRC_UNIT || id == OPT_CRC_REFLECT_IN || id == OPT_CRC_REFLECT_OUT;
}

/* byte, half-word or word as bytes. */
static int parse_unit(const char *text, uint32_t *bytes, struct dfu_error **err)
{
    static const char *const names[] = {"byte", "half-word", "word"};
    for (uint32_t i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *bytes = UINT32_C(1) << i;
            return DFU_OK;
        }
    }
    return dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not byte, half-word or word", text);
}

int crcmodel_detail(struct dfu_crc_model *model, const struct opt_use *use, struct dfu_error **err)
{
    uint64_t number = 0;
    int rc = DFU_OK;
    model->name = NULL; /* no preset any more */
    switch (use->opt->id) {
    case OPT_CRC_UNIT:
        return parse_unit(use->value, &model->unit, err);
    case OPT_CRC_REFLECT_IN:
        return parse_unit(use->value != NULL ? use->value : "byte", &model->reflect_in, err);
    case OPT_CRC_REFLECT_OUT:
        model->reflect_out = 1;
        return DFU_OK;
    default:
        rc = number_parse(use->value, "value", UINT32_MAX, &number, err);
    }
    if (use->opt->id == OPT_CRC_WIDTH)
        model->width = (uint32_t)number;
    else if (use->opt->id == OPT_CRC_POLY)
        model->poly = (uint32_t)number;
    else if (use->opt->id == OPT_CRC_INIT)
        model->init = (uint32_t)number;
    else
        model->xor_out = (uint32_t)number;
    return rc;
}

int crcmodel_check(const struct dfu_crc_model *model, struct dfu_error **err)
{
    uint32_t value;
    if (model->poly == 0) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "a CRC without a polynomial");
        dfu_error_set_hint(err, "add e.g. --crc-poly 0x04C11DB7");
        return rc;
    }
    return dfu_crc_compute(model, NULL, 0, &value, err);
}

const char *crcmodel_label(const struct dfu_crc_model *model)
{
    if (model->name == NULL)
        return "custom";
    return strcmp(model->name, "stm32") == 0 ? "STM32" : model->name;
}
