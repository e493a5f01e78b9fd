/* SPDX-License-Identifier: BSD-2-Clause */
/* Image edits as the command line has them: a list in the order written. */
#ifndef CLI_EDITS_H
#define CLI_EDITS_H

#include "cli.h"
#include "csv.h"

struct edit {
    const struct opt *opt; /* which edit, and its name for messages */
    const char *text;      /* its value as written; NULL when it has none */
    struct dfu_range range;
    uint64_t address;
    int64_t offset;
    uint8_t byte;
    uint8_t at_end; /* "end" or "none" was written, or no address at all */
    struct dfu_crc_model crc;
    uint8_t crc_has_range;
    uint8_t crc_big_endian;
    uint8_t has_range; /* --target ALT@RANGE */
    const char *name;  /* --target ALT=NAME */
    const char *file;  /* --patch ADDR=file:PATH */
    uint8_t *data;     /* other patches; owned */
    size_t length;
    char *filled;  /* --data: text with a row's fields in place; owned */
    uint8_t later; /* it asks for a row, and none is there yet */
};

struct edits {
    struct edit *list;
    size_t count;
    size_t from; /* edits before are in the image already */
};

/* Reads the edit options of args. Free edits even on failure. */
int edits_parse(struct edits *edits, const struct args *args, struct dfu_error **err);
/* The same for one board's row of --data: from the first --patch on that asks for a field. */
int edits_parse_row(struct edits *edits, const struct args *args, const struct csv *table, size_t row,
                    struct dfu_error **err);
void edits_free(struct edits *edits);

/* Applies them one after the other, up to the first that asks for a row where there is none; says as notes what was
 * cut away and which CRC was stored. */
int edits_apply(struct cli *cli, const struct edits *edits, struct dfu_image *image, struct dfu_error **err);

#endif
