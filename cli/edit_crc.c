/* SPDX-License-Identifier: BSD-2-Clause */
/* CRCs among the image edits. */
#include "edit_crc.h"

#include "crcmodel.h"
#include "numbers.h"
#include "out.h"

#include <inttypes.h>
#include <string.h>

int edit_crc_is(const struct edit *edit)
{
    return edit->opt->id == OPT_STM32_CRC || edit->opt->id == OPT_CRC || edit->opt->id == OPT_CHECK_CRC;
}

int edit_crc_is_detail(const struct opt *opt)
{
    return opt->id == OPT_CRC_RANGE || opt->id == OPT_CRC_BIG_ENDIAN || crcmodel_is_detail(opt->id);
}

int edit_crc_parse(struct edit *edit, struct dfu_error **err)
{
    const char *where = edit->text;
    const char *at = where != NULL ? strchr(where, '@') : NULL;
    int rc;
    if (edit->opt->id == OPT_CRC && at == NULL) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not NAME@ADDR or NAME@end", edit->text);
        dfu_error_set_hint(err, "write e.g. crc32@end or crc16-modbus@0x08007FFE");
        return rc;
    }
    if (at != NULL && edit->opt->id != OPT_STM32_CRC) {
        rc = crcmodel_named(&edit->crc, edit->text, (size_t)(at - edit->text), err);
        where = at + 1;
    } else {
        rc = crcmodel_named(&edit->crc, "stm32", 5, err);
    }
    if (rc != DFU_OK)
        return rc;
    if (where == NULL || strcmp(where, "end") == 0) {
        edit->at_end = 1;
        return DFU_OK;
    }
    return number_parse(where, "address", UINT32_MAX, &edit->address, err);
}

int edit_crc_detail(struct edit *edit, const struct opt_use *use, struct dfu_error **err)
{
    if (edit == NULL || !edit_crc_is(edit)) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "it does not follow a CRC option");
        dfu_error_set_hint(err, "write it right after --stm32-crc, --crc or --check-crc");
        return rc;
    }
    if (use->opt->id == OPT_CRC_BIG_ENDIAN) {
        edit->crc_big_endian = 1;
        return DFU_OK;
    }
    if (use->opt->id != OPT_CRC_RANGE)
        return crcmodel_detail(&edit->crc, use, err);
    edit->crc_has_range = 1;
    return range_parse(use->value, &edit->range, err);
}

/* The end of the image's data. */
static uint64_t image_end(const struct dfu_image *image)
{
    struct dfu_image_info info;
    DFU_INIT(&info);
    return dfu_image_describe(image, &info) == DFU_OK ? info.span.end : 0;
}

int edit_crc_apply(struct cli *cli, const struct edit *edit, struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_image_crc_options crc;
    int check = edit->opt->id == OPT_CHECK_CRC;
    uint32_t value = 0;
    uint32_t bytes = edit->crc.width / 8;
    uint64_t end = image_end(image);
    DFU_INIT(&crc);
    crc.model = &edit->crc;
    crc.flags = check ? DFU_IMAGE_CRC_CHECK : 0u;
    if (edit->crc_big_endian)
        crc.flags |= DFU_IMAGE_CRC_BIG_ENDIAN;
    if (edit->crc_has_range) {
        crc.flags |= DFU_IMAGE_CRC_RANGE_SET;
        crc.range = edit->range;
    }
    if (!edit->at_end) {
        crc.at = edit->address;
        crc.flags |= DFU_IMAGE_CRC_AT_SET;
    } else if (!check) {
        crc.at = end;
        crc.flags |= DFU_IMAGE_CRC_AT_SET;
    } else if (!edit->crc_has_range) {
        crc.at = end >= bytes ? end - bytes : 0;
        crc.flags |= DFU_IMAGE_CRC_AT_SET;
    } /* else: right after the range that was given */
    int rc = dfu_image_crc(image, &crc, &value, err);
    if (rc != DFU_OK)
        return rc;
    uint64_t at = (crc.flags & DFU_IMAGE_CRC_AT_SET) != 0 ? crc.at : crc.range.end;
    out_note(cli, "%s CRC 0x%0*" PRIX32 " %s at 0x%08" PRIX64, crcmodel_label(&edit->crc), (int)bytes * 2, value,
             check ? "is right" : "stored", at);
    return DFU_OK;
}
