/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam between the format table and the formats: one row and at most three functions each. */
#ifndef DFUI_FORMAT_H
#define DFUI_FORMAT_H

#include "core/sink.h"
#include "core/source.h"
#include "image/builder.h"

/* What a reader works with. */
struct dfui_reader {
    struct dfui_source *source;
    struct dfui_builder *builder;
    struct dfu_image *image;                 /* for the start address */
    const struct dfu_image_options *options; /* complete, never NULL */
    uint32_t alt;                            /* for data that names none */
};

struct dfui_format {
    const char *name;
    const char *description;
    const char *suffixes;                              /* ".hex .ihex"; also accepted as names, without the dot */
    const char *unit;                                  /* what places in messages count */
    bool by_content;                                   /* its ending is no reason to read a file so */
    bool addressed;                                    /* the file says where its data goes */
    bool (*probe)(const uint8_t *head, size_t length); /* NULL = only by name */
    int (*read)(struct dfui_reader *r, struct dfu_error **err);
    /* NULL = only read */
    int (*write)(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                 struct dfu_error **err);
};

/* --- formats.c --- */

/* Rows of the table; NULL past the last. */
const struct dfui_format *dfui_format_at(size_t index);

/* By name or suffix; DFU_ERR_ARGUMENT lists what there is. */
int dfui_format_named(const char *name, const struct dfui_format **out, struct dfu_error **err);

/* Whether the name ends in .gz. */
bool dfui_format_compressed(const char *path);

/* By file name, a .gz at its end apart; NULL when it says nothing. */
const struct dfui_format *dfui_format_suffixed(const char *path);

/* By contents; NULL when no format knows them. */
const struct dfui_format *dfui_format_probed(const uint8_t *head, size_t length);

/* --- note.c --- */

/* A remark to options->note, if there is one. */
void dfui_note(const struct dfu_image_options *options, const char *format, ...) DFU_PRINTF(2, 3);

/* That a start address is lost, where there is one. */
void dfui_note_start(const struct dfu_image *image, const struct dfu_image_options *options, const char *name);

/* --- flat.c --- */

/* The segments in address order whatever their alts, for files that know no alts; *list is the caller's.
 * DFU_ERR_RANGE when there is no data, or when two alts have data at one address. */
int dfui_image_flatten(const struct dfu_image *image, const struct dfui_segment ***list, struct dfu_error **err);

/* --- the formats --- */

int dfui_bin_read(struct dfui_reader *r, struct dfu_error **err);
int dfui_bin_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                   struct dfu_error **err);

bool dfui_ihex_probe(const uint8_t *head, size_t length);
int dfui_ihex_read(struct dfui_reader *r, struct dfu_error **err);
int dfui_ihex_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                    struct dfu_error **err);

bool dfui_srec_probe(const uint8_t *head, size_t length);
int dfui_srec_read(struct dfui_reader *r, struct dfu_error **err);
int dfui_srec_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                    struct dfu_error **err);

bool dfui_elf_probe(const uint8_t *head, size_t length);
int dfui_elf_read(struct dfui_reader *r, struct dfu_error **err);

bool dfui_dfusefile_probe(const uint8_t *head, size_t length);
int dfui_dfusefile_read(struct dfui_reader *r, struct dfu_error **err);
int dfui_dfusefile_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                         struct dfu_error **err);

bool dfui_uf2_probe(const uint8_t *head, size_t length);
int dfui_uf2_read(struct dfui_reader *r, struct dfu_error **err);
int dfui_uf2_write(const struct dfu_image *image, const struct dfu_image_options *options, struct dfui_sink *sink,
                   struct dfu_error **err);

#endif
