/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file says about its data besides where it goes: names, the ids of a suffix, the family of a UF2 file. */
#include "image/image.h"
#include <inttypes.h>
#include <stdlib.h>

#define MAX_TEXT (sizeof((struct dfui_label *)0)->text - 1)

static struct dfui_label *find(const struct dfu_image *image, uint32_t alt)
{
    for (size_t i = 0; i < image->label_count; i++) {
        if (image->labels[i].alt == alt)
            return &image->labels[i];
    }
    return NULL;
}

static void drop(struct dfu_image *image, struct dfui_label *label)
{
    if (label != NULL)
        *label = image->labels[--image->label_count];
}

const char *dfu_image_label(const struct dfu_image *image, uint32_t alt)
{
    const struct dfui_label *label = find(image, alt);
    return label != NULL ? label->text : NULL;
}

int dfui_image_set_label(struct dfu_image *image, uint32_t alt, const void *text, size_t length, struct dfu_error **err)
{
    struct dfui_label *label = find(image, alt);
    if (label == NULL) {
        struct dfui_label *more = realloc(image->labels, (image->label_count + 1) * sizeof *more);
        if (more == NULL)
            return dfui_error_no_memory(err);
        image->labels = more;
        label = &more[image->label_count++];
    }
    memset(label, 0, sizeof *label);
    label->alt = alt;
    const uint8_t *from = text;
    for (size_t i = 0; i < length && i < MAX_TEXT && from[i] != 0; i++)
        label->text[i] = (char)from[i];
    return DFU_OK;
}

int dfu_image_set_label(struct dfu_image *image, uint32_t alt, const char *text, struct dfu_error **err)
{
    if (text == NULL) {
        drop(image, find(image, alt));
        return DFU_OK;
    }
    size_t length = strlen(text);
    if (length > MAX_TEXT)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "a name of %zu bytes, at most %zu fit", length, MAX_TEXT);
    return dfui_image_set_label(image, alt, text, length, err);
}

int dfui_image_merge_about(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < other->label_count; i++) {
        const struct dfui_label *label = &other->labels[i];
        if (find(image, label->alt) == NULL)
            rc = dfui_image_set_label(image, label->alt, label->text, strlen(label->text), err);
    }
    if (!image->has_ids) {
        image->has_ids = other->has_ids;
        image->ids = other->ids;
    }
    if (!image->has_family) {
        image->has_family = other->has_family;
        image->family = other->family;
    }
    return rc;
}
