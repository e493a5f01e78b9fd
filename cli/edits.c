/* SPDX-License-Identifier: BSD-2-Clause */
/* Image edits: from options to calls of the library. */
#include "edits.h"

#include "numbers.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_MAX UINT32_MAX

static int is_crc(const struct edit *edit)
{
    return edit->opt->id == OPT_STM32_CRC || edit->opt->id == OPT_CHECK_CRC;
}

/* BYTE@RANGE */
static int parse_fill(struct edit *edit, struct dfu_error **err)
{
    const char *p = edit->text;
    uint64_t value;
    if (number_scan(&p, &value) != DFU_OK || *p != '@' || value > 0xFF) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not BYTE@RANGE", edit->text);
        dfu_error_set_hint(err, "write e.g. 0xFF@0x08000000..0x08010000");
        return rc;
    }
    edit->byte = (uint8_t)value;
    return range_parse(p + 1, &edit->range, err);
}

static int parse_patch_number(struct edit *edit, const char *number, unsigned bytes, struct dfu_error **err)
{
    uint64_t value;
    int rc = number_parse(number, "value", UINT64_MAX >> (64 - 8 * bytes), &value, err);
    if (rc != DFU_OK)
        return rc;
    edit->data = malloc(bytes);
    if (edit->data == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (unsigned i = 0; i < bytes; i++)
        edit->data[i] = (uint8_t)(value >> (8 * i));
    edit->length = bytes;
    return DFU_OK;
}

static int parse_patch_text(struct edit *edit, const char *text, struct dfu_error **err)
{
    edit->length = strlen(text);
    edit->data = (uint8_t *)text_copy(text);
    if (edit->data == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    return DFU_OK;
}

static int parse_patch_hex(struct edit *edit, const char *digits, struct dfu_error **err)
{
    size_t length = strlen(digits);
    edit->data = malloc(length / 2 + 1);
    if (edit->data == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    int bad = length % 2 != 0;
    for (size_t i = 0; i < length / 2 && !bad; i++) {
        int high = hex_digit(digits[2 * i]);
        int low = hex_digit(digits[2 * i + 1]);
        bad = high < 0 || low < 0;
        edit->data[i] = bad ? 0 : (uint8_t)(high << 4 | low);
    }
    if (bad) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not an even number of hexadecimal digits", digits);
        dfu_error_set_hint(err, "write bytes as 01AB, or u8:N, u16:N, u32:N, str:TEXT, file:PATH");
        return rc;
    }
    edit->length = length / 2;
    return DFU_OK;
}

/* ADDR=WHAT */
static int parse_patch(struct edit *edit, struct dfu_error **err)
{
    const char *p = edit->text;
    int rc;
    if (number_scan(&p, &edit->address) != DFU_OK || *p != '=' || edit->address > ADDRESS_MAX) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not ADDR=WHAT", edit->text);
        dfu_error_set_hint(err, "write e.g. 0x08000200=u32:1 or 0x08000200=str:HELLO");
        return rc;
    }
    p++;
    if (strncmp(p, "file:", 5) == 0) {
        edit->file = p + 5;
        return DFU_OK;
    }
    if (strncmp(p, "u32:", 4) == 0)
        rc = parse_patch_number(edit, p + 4, 4, err);
    else if (strncmp(p, "u16:", 4) == 0)
        rc = parse_patch_number(edit, p + 4, 2, err);
    else if (strncmp(p, "u8:", 3) == 0)
        rc = parse_patch_number(edit, p + 3, 1, err);
    else if (strncmp(p, "str:", 4) == 0)
        rc = parse_patch_text(edit, p + 4, err);
    else
        rc = parse_patch_hex(edit, p, err);
    if (rc == DFU_OK && edit->length == 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' holds no bytes", edit->text);
    return rc;
}

/* An address, or a word in its place. */
static int parse_address_or(struct edit *edit, const char *word, struct dfu_error **err)
{
    if (edit->text == NULL || strcmp(edit->text, word) == 0) {
        edit->at_end = 1;
        return DFU_OK;
    }
    return number_parse(edit->text, "address", ADDRESS_MAX, &edit->address, err);
}

static int parse_value(struct edit *edit, struct dfu_error **err)
{
    switch (edit->opt->id) {
    case OPT_CROP:
    case OPT_EXCLUDE:
    case OPT_LIMIT:
        return range_parse(edit->text, &edit->range, err);
    case OPT_FILL:
        return parse_fill(edit, err);
    case OPT_MOVE:
        return number_parse_signed(edit->text, "offset", &edit->offset, err);
    case OPT_PATCH:
        return parse_patch(edit, err);
    case OPT_START:
        return parse_address_or(edit, "none", err);
    case OPT_STM32_CRC:
    case OPT_CHECK_CRC:
    default:
        return parse_address_or(edit, "end", err);
    }
}

/* --crc-range and --crc-big-endian belong to the CRC option before them. */
static int parse_crc_detail(struct edits *edits, const struct opt_use *use, struct dfu_error **err)
{
    struct edit *edit = edits->count > 0 ? &edits->list[edits->count - 1] : NULL;
    if (edit == NULL || !is_crc(edit)) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "--%s does not follow a CRC option", use->opt->name);
        dfu_error_set_hint(err, "write it right after --stm32-crc or --check-crc");
        return rc;
    }
    if (use->opt->id == OPT_CRC_BIG_ENDIAN) {
        edit->crc_big_endian = 1;
        return DFU_OK;
    }
    edit->crc_has_range = 1;
    return range_parse(use->value, &edit->range, err);
}

static int is_policy(const struct opt *opt)
{
    return opt->id == OPT_OVERLAP || opt->id == OPT_FORMAT || opt->id == OPT_FAMILY; /* about loading: see inputs.c */
}

int edits_parse(struct edits *edits, const struct args *args, struct dfu_error **err)
{
    edits->count = 0;
    edits->list = calloc(args->use_count + 1, sizeof *edits->list);
    if (edits->list == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < args->use_count; i++) {
        const struct opt_use *use = &args->uses[i];
        int rc;
        if (use->opt->group != GROUP_EDIT || is_policy(use->opt))
            continue;
        if (use->opt->id == OPT_CRC_RANGE || use->opt->id == OPT_CRC_BIG_ENDIAN) {
            rc = parse_crc_detail(edits, use, err);
        } else {
            struct edit *edit = &edits->list[edits->count++];
            edit->opt = use->opt;
            edit->text = use->value;
            rc = parse_value(edit, err);
        }
        if (rc != DFU_OK) {
            dfu_error_prefix(err, "--%s", use->opt->name);
            return rc;
        }
    }
    return DFU_OK;
}

void edits_free(struct edits *edits)
{
    for (size_t i = 0; i < edits->count; i++)
        free(edits->list[i].data);
    free(edits->list);
    memset(edits, 0, sizeof *edits);
}

static int patch_from_file(const struct edit *edit, struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_image_options options_in;
    struct dfu_image *other = NULL;
    DFU_INIT(&options_in);
    options_in.format = "bin";
    options_in.flags = DFU_IMAGE_BASE_SET;
    options_in.base = edit->address;
    int rc = dfu_image_load(edit->file, &options_in, &other, err);
    for (size_t i = 0; rc == DFU_OK && i < dfu_image_count(other); i++) {
        struct dfu_segment segment;
        DFU_INIT(&segment);
        rc = dfu_image_segment(other, i, &segment);
        if (rc == DFU_OK)
            rc = dfu_image_patch(image, segment.address, segment.data, (size_t)segment.length, err);
    }
    dfu_image_free(other);
    return rc;
}

/* The end of the image's data. */
static uint64_t image_end(const struct dfu_image *image)
{
    struct dfu_image_info info;
    DFU_INIT(&info);
    return dfu_image_describe(image, &info) == DFU_OK ? info.span.end : 0;
}

static int apply_crc(struct cli *cli, const struct edit *edit, struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_image_crc_options crc;
    int check = edit->opt->id == OPT_CHECK_CRC;
    uint32_t value = 0;
    uint64_t end = image_end(image);
    DFU_INIT(&crc);
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
        crc.at = end >= 4 ? end - 4 : 0;
        crc.flags |= DFU_IMAGE_CRC_AT_SET;
    } /* else: right after the range that was given */
    int rc = dfu_image_stm32_crc(image, &crc, &value, err);
    if (rc != DFU_OK)
        return rc;
    uint64_t at = (crc.flags & DFU_IMAGE_CRC_AT_SET) != 0 ? crc.at : crc.range.end;
    out_note(cli, "STM32 CRC 0x%08" PRIX32 " %s at 0x%08" PRIX64, value, check ? "is right" : "stored", at);
    return DFU_OK;
}

static int apply_cut(struct cli *cli, const struct edit *edit, struct dfu_image *image, struct dfu_error **err)
{
    uint64_t removed = 0;
    int rc = edit->opt->id == OPT_CROP ? dfu_image_crop(image, edit->range, &removed, err)
                                       : dfu_image_exclude(image, edit->range, &removed, err);
    if (rc == DFU_OK && removed > 0) {
        char size[TEXT_SIZE];
        out_note(cli, "--%s %s cut %s away", edit->opt->name, edit->text, text_size(size, removed));
    }
    return rc;
}

static int apply_start(const struct edit *edit, struct dfu_image *image, struct dfu_error **err)
{
    if (!edit->at_end)
        return dfu_image_set_start(image, edit->address, err);
    dfu_image_clear_start(image);
    return DFU_OK;
}

static int apply(struct cli *cli, const struct edit *edit, struct dfu_image *image, struct dfu_error **err)
{
    switch (edit->opt->id) {
    case OPT_CROP:
    case OPT_EXCLUDE:
        return apply_cut(cli, edit, image, err);
    case OPT_LIMIT:
        return dfu_image_limit(image, edit->range, err);
    case OPT_FILL:
        return dfu_image_fill(image, edit->byte, edit->range, err);
    case OPT_MOVE:
        return dfu_image_move(image, edit->offset, err);
    case OPT_PATCH:
        if (edit->file != NULL)
            return patch_from_file(edit, image, err);
        return dfu_image_patch(image, edit->address, edit->data, edit->length, err);
    case OPT_START:
        return apply_start(edit, image, err);
    case OPT_STM32_CRC:
    case OPT_CHECK_CRC:
        return apply_crc(cli, edit, image, err);
    default:
        return dfu_error_set(err, DFU_ERR_INTERNAL, "no such edit");
    }
}

int edits_apply(struct cli *cli, const struct edits *edits, struct dfu_image *image, struct dfu_error **err)
{
    for (size_t i = 0; i < edits->count; i++) {
        const struct edit *edit = &edits->list[i];
        int rc = apply(cli, edit, image, err);
        if (rc != DFU_OK) {
            dfu_error_prefix(err, "--%s%s%s", edit->opt->name, edit->text != NULL ? " " : "",
                             edit->text != NULL ? edit->text : "");
            return rc;
        }
    }
    return DFU_OK;
}
