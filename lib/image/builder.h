/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collects the data of a file in the order it comes and turns it into an image. Bytes are decoded straight
 * into the slab; a file in address order is never sorted. In whatever order they come, twice the data and some MiB
 * are in use, and up to 85 bytes for each run with a gap before it: see tests/unit/test_pages.c.
 */
#ifndef DFUI_BUILDER_H
#define DFUI_BUILDER_H

#include "image/pages.h"

struct dfui_builder {
    struct dfu_image *image; /* what has been sorted so far */
    struct dfui_pages pages; /* instead of it, once there are many small pieces in no order */
    const char *name;        /* of the file, for messages */
    const char *unit;        /* what places count: "line", "block"… */
    uint64_t max_bytes;
    enum dfu_overlap policy;
    uint8_t *arena;
    size_t used;
    size_t room;
    struct dfui_piece *pieces; /* packed in the arena in this order; data is set when they are sorted */
    size_t count;
    size_t piece_room;
    uint32_t last_line;
    uint64_t overlaps;           /* contradictions that the policy settled */
    struct dfui_overlap settled; /* the first of them */
};

/* image is empty and stays the caller's. */
void dfui_builder_init(struct dfui_builder *b, struct dfu_image *image, const char *name, const char *unit,
                       uint64_t max_bytes, enum dfu_overlap policy);

/* Room for n bytes that the next commit describes; NULL when out of memory. */
uint8_t *dfui_builder_room(struct dfui_builder *b, size_t n, struct dfu_error **err);

/* The n bytes at dfui_builder_room() belong at address. line: where they come from, 0 = cannot say. */
int dfui_builder_commit(struct dfui_builder *b, uint32_t alt, uint64_t address, size_t n, uint64_t line,
                        struct dfu_error **err);

/* room and commit in one, for bytes that lie elsewhere. */
int dfui_builder_put(struct dfui_builder *b, uint32_t alt, uint64_t address, const void *data, size_t n, uint64_t line,
                     struct dfu_error **err);

/* Moves all into the image; nothing comes after it. */
int dfui_builder_finish(struct dfui_builder *b, struct dfu_error **err);

void dfui_builder_free(struct dfui_builder *b);

#endif
