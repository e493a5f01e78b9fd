/* SPDX-License-Identifier: BSD-2-Clause */
/* Image edits: from options to calls of the library. */
#include "edits.h"

#include "crcmodel.h"
#include "edit_crc.h"
#include "numbers.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_MAX UINT32_MAX

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

/* Pairs of digits; a colon or a dash may stand between two pairs, as in 02:00:5E:10:00:01. */
static int parse_patch_hex(struct edit *edit, const char *digits, struct dfu_error **err)
{
    int bad = 0;
    edit->data = malloc(strlen(digits) / 2 + 1);
    if (edit->data == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    edit->length = 0;
    for (const char *p = digits; !bad && *p != '\0'; p += 2) {
        p += edit->length > 0 && (*p == ':' || *p == '-');
        int high = hex_digit(p[0]);
        int low = high < 0 ? -1 : hex_digit(p[1]);
        bad = low < 0;
        if (!bad)
            edit->data[edit->length++] = (uint8_t)(high << 4 | low);
    }
    if (bad) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not an even number of hexadecimal digits", digits);
        dfu_error_set_hint(err, "write bytes as 01AB, or u8:N, u16:N, u32:N, str:TEXT, file:PATH");
        return rc;
    }
    return DFU_OK;
}

/* ADDR=WHAT */
static int parse_patch(struct edit *edit, struct dfu_error **err)
{
    const char *p = edit->filled != NULL ? edit->filled : edit->text;
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

/* An address or "none". */
static int parse_start(struct edit *edit, struct dfu_error **err)
{
    if (strcmp(edit->text, "none") == 0) {
        edit->at_end = 1;
        return DFU_OK;
    }
    return number_parse(edit->text, "address", ADDRESS_MAX, &edit->address, err);
}

/* ALT[@RANGE][=NAME]; a NAME may hold anything, also '@' and '='. */
static int parse_target(struct edit *edit, struct dfu_error **err)
{
    const char *p = edit->text;
    char range[64];
    int rc = number_scan(&p, &edit->address);
    size_t length = strcspn(p, "=");
    edit->name = p[length] == '=' ? p + length + 1 : NULL;
    edit->has_range = *p == '@';
    if (rc != DFU_OK || edit->address > UINT8_MAX || length > sizeof range || (length > 0 && !edit->has_range)) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not ALT[@RANGE][=NAME]", edit->text);
        dfu_error_set_hint(err, "write e.g. 0, 1=Config or 1@0x08008000+16K=Config; ALT is at most 255");
        return rc;
    }
    if (!edit->has_range)
        return DFU_OK;
    memcpy(range, p + 1, length - 1);
    range[length - 1] = '\0';
    return range_parse(range, &edit->range, err);
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
        return parse_start(edit, err);
    case OPT_TARGET:
        return parse_target(edit, err);
    default:
        return edit_crc_parse(edit, err);
    }
}

static int is_policy(const struct opt *opt)
{
    return opt->id == OPT_OVERLAP || opt->id == OPT_FORMAT || opt->id == OPT_FAMILY; /* about loading: see inputs.c */
}

/* Once all that describes them is read. */
static int check_models(const struct edits *edits, struct dfu_error **err)
{
    for (size_t i = 0; i < edits->count; i++) {
        const struct edit *edit = &edits->list[i];
        int rc = edit_crc_is(edit) ? crcmodel_check(&edit->crc, err) : DFU_OK;
        if (rc != DFU_OK) {
            dfu_error_prefix(err, "--%s", edit->opt->name);
            return rc;
        }
    }
    return DFU_OK;
}

/* A --patch that asks for a field of --data. */
static int parse_templated(struct edits *edits, struct edit *edit, const struct csv *table, size_t row,
                           struct dfu_error **err)
{
    edit->later = table == NULL;
    if (table == NULL)
        return DFU_OK;
    if (edits->from == SIZE_MAX)
        edits->from = edits->count - 1;
    int rc = csv_expand(table, row, edit->text, &edit->filled, err);
    return rc == DFU_OK ? parse_value(edit, err) : rc;
}

int edits_parse_row(struct edits *edits, const struct args *args, const struct csv *table, size_t row,
                    struct dfu_error **err)
{
    int with_data = args_count(args, OPT_DATA) > 0;
    edits->count = 0;
    edits->from = table != NULL ? SIZE_MAX : 0;
    edits->list = calloc(args->use_count + 1, sizeof *edits->list);
    if (edits->list == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < args->use_count; i++) {
        const struct opt_use *use = &args->uses[i];
        int rc;
        if (use->opt->group != GROUP_EDIT || is_policy(use->opt))
            continue;
        if (edit_crc_is_detail(use->opt)) {
            rc = edit_crc_detail(edits->count > 0 ? &edits->list[edits->count - 1] : NULL, use, err);
        } else {
            struct edit *edit = &edits->list[edits->count++];
            edit->opt = use->opt;
            edit->text = use->value;
            if (with_data && use->opt->id == OPT_PATCH && strpbrk(use->value, "{}") != NULL)
                rc = parse_templated(edits, edit, table, row, err);
            else
                rc = parse_value(edit, err);
        }
        if (rc != DFU_OK) {
            dfu_error_prefix(err, "--%s", use->opt->name);
            return rc;
        }
    }
    return check_models(edits, err);
}

int edits_parse(struct edits *edits, const struct args *args, struct dfu_error **err)
{
    return edits_parse_row(edits, args, NULL, 0, err);
}

void edits_free(struct edits *edits)
{
    for (size_t i = 0; i < edits->count; i++) {
        free(edits->list[i].data);
        free(edits->list[i].filled);
    }
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

static int apply_target(const struct edit *edit, struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_range all = {0, (uint64_t)UINT32_MAX + 1};
    uint32_t alt = (uint32_t)edit->address;
    int rc = dfu_image_set_alt(image, alt, edit->has_range ? edit->range : all, err);
    return rc == DFU_OK && edit->name != NULL ? dfu_image_set_label(image, alt, edit->name, err) : rc;
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
    case OPT_TARGET:
        return apply_target(edit, image, err);
    default:
        return edit_crc_apply(cli, edit, image, err);
    }
}

/* What the library, which does not know why it was called, leaves out. */
static void explain(const struct edit *edit, struct dfu_error **err)
{
    static const struct {
        enum opt_id id;
        const char *cause;
        const char *hint;
    } table[] = {
        {OPT_STM32_CRC, "a CRC covers whole words without holes, and not itself",
         "store it at 'end', or say what it covers with --crc-range"},
        {OPT_CHECK_CRC, "a CRC covers whole words without holes, and not itself",
         "say where it is (--check-crc=ADDR) and what it covers (--crc-range)"},
        {OPT_LIMIT, "--limit allows no byte outside its range",
         "make the program smaller, or --crop what is not needed"},
        {OPT_CROP, "the range and the data do not meet", "see 'dfu image info' for where the data is"},
        {OPT_EXCLUDE, "the range covers all data", "see 'dfu image info' for where the data is"},
        {OPT_TARGET, "the range and the data do not meet", "see 'dfu image info' for where the data is"},
        {OPT_MOVE, "addresses have 32 bits", "see 'dfu image info' for where the data is"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].id != edit->opt->id)
            continue;
        if (dfu_error_cause(*err) == NULL)
            dfu_error_set_cause(err, "%s", table[i].cause);
        dfu_error_set_hint(err, "%s", table[i].hint);
    }
}

int edits_apply(struct cli *cli, const struct edits *edits, struct dfu_image *image, struct dfu_error **err)
{
    for (size_t i = edits->from; i < edits->count && !edits->list[i].later; i++) {
        const struct edit *edit = &edits->list[i];
        int rc = apply(cli, edit, image, err);
        if (rc != DFU_OK) {
            if (rc == DFU_ERR_RANGE)
                explain(edit, err);
            dfu_error_prefix(err, "--%s%s%s", edit->opt->name, edit->text != NULL ? " " : "",
                             edit->text != NULL ? edit->text : "");
            return rc;
        }
    }
    return DFU_OK;
}
