/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/gunzip.h"
#include "image/format.h"
#include <inttypes.h>

#define DEFAULT_MAX_BYTES (UINT64_C(512) * 1024 * 1024)
#define HEAD ((size_t)4096) /* what formats are told apart by */

/* An unmistakable beginning wins over the name; the name is heeded where the beginning is damaged, because
 * flashing a text as if it were code must not happen by accident. */
static int detect(struct dfui_source *source, const char *path, const char *wanted, const struct dfui_format **out,
                  struct dfu_error **err)
{
    if (wanted != NULL)
        return dfui_format_named(wanted, out, err);
    int rc = dfui_source_need(source, HEAD, err);
    if (rc != DFU_OK)
        return rc;
    *out = dfui_format_probed(source->at, dfui_source_left(source));
    if (*out == NULL)
        *out = dfui_format_suffixed(path);
    if (*out != NULL && (*out)->by_content && !(*out)->probe(source->at, dfui_source_left(source)))
        *out = NULL;
    if (*out != NULL && (*out)->addressed)
        return DFU_OK;
    return dfui_format_named("bin", out, err);
}

static int check_base(const struct dfui_format *format, const struct dfu_image_options *o, const char *name,
                      struct dfu_error **err)
{
    bool given = o->flags & DFU_IMAGE_BASE_SET;
    if (given && format->addressed) {
        dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: base address 0x%08" PRIX64 " given, but %s holds its own addresses",
                      name, o->base, format->description);
        dfu_error_set_hint(err, "leave the address out, or shift the data with --move");
        return DFU_ERR_ARGUMENT;
    }
    if (!given && !format->addressed) {
        dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: raw bytes say nothing about where they go", name);
        dfu_error_set_hint(err, "add the address to the file name, as FILE@0x08000000");
        return DFU_ERR_ARGUMENT;
    }
    return DFU_OK;
}

static void note_settled(const struct dfui_builder *b, const struct dfu_image_options *o)
{
    if (b->overlaps == 0)
        return;
    const struct dfui_overlap *s = &b->settled;
    dfui_note(o, "%s: %s %" PRIu32 ": 0x%02X at 0x%08" PRIX64 " contradicts 0x%02X; the %s is kept", b->name, b->unit,
              s->new_line, s->new_value, s->address, s->old_value, b->policy == DFU_OVERLAP_FIRST ? "first" : "last");
}

static int read_into(struct dfu_image *image, struct dfui_source *source, const struct dfui_format *format,
                     const struct dfu_image_options *o, struct dfu_error **err)
{
    struct dfui_builder builder;
    struct dfui_reader reader = {.source = source,
                                 .builder = &builder,
                                 .image = image,
                                 .options = o,
                                 .alt = o->flags & DFU_IMAGE_ALT_SET ? o->alt : DFU_ALT_ANY};
    dfui_builder_init(&builder, image, source->name, format->unit, o->max_bytes > 0 ? o->max_bytes : DEFAULT_MAX_BYTES,
                      (enum dfu_overlap)o->overlap);
    image->format = format->name;
    int rc = format->read(&reader, err);
    if (rc == DFU_OK)
        rc = dfui_builder_finish(&builder, err);
    if (rc == DFU_OK && image->count == 0)
        rc = dfu_error_set(err, DFU_ERR_FORMAT, "%s: the file contains no data", source->name);
    if (rc == DFU_OK)
        note_settled(&builder, o);
    dfui_builder_free(&builder);
    return rc;
}

static int check_options(const struct dfu_image_options *o, struct dfu_error **err)
{
    if (o->overlap > DFU_OVERLAP_LAST)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "unknown overlap policy %" PRIu32, o->overlap);
    return DFU_OK;
}

/* Reads an open source to its end. path is the file that it comes from. */
static int load(struct dfui_source *source, const char *path, const struct dfu_image_options *o, struct dfu_image **out,
                struct dfu_error **err)
{
    const struct dfui_format *format;
    struct dfu_image *image;
    int rc = check_options(o, err);
    if (rc == DFU_OK)
        rc = detect(source, path, o->format, &format, err);
    if (rc == DFU_OK)
        rc = check_base(format, o, source->name, err);
    if (rc == DFU_OK)
        rc = dfu_image_new(&image, err);
    if (rc != DFU_OK)
        return rc;
    rc = read_into(image, source, format, o, err);
    if (rc != DFU_OK) {
        dfu_image_free(image);
        return rc;
    }
    *out = image;
    return DFU_OK;
}

/* What may come out of compressed data: text is a few times as long as the bytes it stands for. */
static uint64_t inflated_limit(const struct dfu_image_options *o)
{
    uint64_t most = o->max_bytes > 0 ? o->max_bytes : DEFAULT_MAX_BYTES;
    return most > UINT64_MAX / 32 ? UINT64_MAX : 16 * most + ((uint64_t)16 << 20);
}

/* Compressed data is inflated whatever format is inside; nobody flashes it as it is. */
static int load_any(struct dfui_source *source, const struct dfu_image_options *o, struct dfu_image **out,
                    struct dfu_error **err)
{
    struct dfui_gunzip gunzip;
    int rc = dfui_source_need(source, DFUI_GUNZIP_HEAD, err);
    if (rc != DFU_OK || !dfui_gunzip_probe(source))
        return rc == DFU_OK ? load(source, source->name, o, out, err) : rc;
    rc = dfui_gunzip_open(&gunzip, source, inflated_limit(o), err);
    if (rc != DFU_OK)
        return rc;
    rc = load(&gunzip.out, source->name, o, out, err);
    if (rc == DFU_OK) { /* a reader may stop before the check value of the compressed data */
        rc = dfui_source_drain(&gunzip.out, err);
        if (rc != DFU_OK) {
            dfu_image_free(*out);
            *out = NULL;
        }
    }
    dfui_gunzip_close(&gunzip);
    return rc;
}

int dfu_image_load(const char *path, const struct dfu_image_options *options, struct dfu_image **out,
                   struct dfu_error **err)
{
    struct dfu_image_options o;
    struct dfui_source source;
    *out = NULL;
    int rc = dfui_sized_in(&o, sizeof o, options, "dfu_image_options", err);
    if (rc == DFU_OK)
        rc = dfui_source_open(&source, path, err);
    if (rc != DFU_OK)
        return rc;
    rc = load_any(&source, &o, out, err);
    dfui_source_close(&source);
    return rc;
}

int dfu_image_parse(const void *data, size_t length, const char *name, const struct dfu_image_options *options,
                    struct dfu_image **out, struct dfu_error **err)
{
    struct dfu_image_options o;
    struct dfui_source source;
    *out = NULL;
    int rc = dfui_sized_in(&o, sizeof o, options, "dfu_image_options", err);
    if (rc != DFU_OK)
        return rc;
    dfui_source_memory(&source, data, length, name);
    return load_any(&source, &o, out, err);
}
