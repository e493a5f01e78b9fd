/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image as this folder sees it: one slab of bytes and a sorted table of segments that are packed in it
 * in the same order. Every change that is more than an append is first worked out as a list of pieces; the
 * slab is touched when nothing can fail any more.
 */
#ifndef DFUI_IMAGE_H
#define DFUI_IMAGE_H

#include "core/checked.h"
#include "core/core.h"
#include <libdfu/image.h>

/* An image in more parts than this is no firmware, and each part costs 32 bytes. */
#define DFUI_MAX_SEGMENTS ((size_t)1 << 20)

struct dfui_segment {
    uint64_t address;
    uint64_t length;
    size_t offset; /* into the slab: the sum of the lengths before */
    uint32_t alt;
};

/* What a file says about its data besides where it goes. */
struct dfui_label {
    uint32_t alt; /* DFU_ALT_ANY = the whole file */
    char text[256];
};

struct dfui_ids {
    uint16_t vid;
    uint16_t pid;
    uint16_t bcd_device;
    uint16_t bcd_dfu;
};

struct dfu_image {
    uint8_t *bytes;
    size_t used;
    size_t room;
    struct dfui_segment *segments;
    size_t count;
    size_t segment_room;
    const char *format; /* static text, or NULL */
    uint64_t start;
    bool has_start;
    bool has_ids;
    bool has_family;
    uint32_t family;
    struct dfui_ids ids;
    struct dfui_label *labels;
    size_t label_count;
};

/* --- pieces.c: sorted lists of borrowed bytes --- */

struct dfui_piece {
    uint64_t address;
    uint64_t length;
    const uint8_t *data; /* NULL = the fill byte of dfui_image_overlay() */
    uint32_t alt;
    uint32_t line; /* where the first byte comes from; 0 = unknown */
    uint16_t step; /* bytes each line holds; 0 = all from one line */
    uint16_t lead; /* bytes of the first line that were cut away */
    bool own;      /* bytes of the image that is being changed */
};

/* What to do about contradictions, and the first one found. */
struct dfui_overlap {
    enum dfu_overlap policy;
    uint64_t count; /* overlaps that differ */
    uint64_t address;
    uint32_t old_line; /* 0 = unknown */
    uint32_t new_line;
    uint8_t old_value;
    uint8_t new_value;
};

/*
 * Merges two sorted lists without overlaps of their own into out, b being the later input; both are used up.
 * out needs room for twice as many as go in: n intervals have 2n ends, which delimit at most 2n - 1 pieces.
 * False: a contradiction that the policy forbids.
 */
bool dfui_pieces_merge(struct dfui_piece *a, size_t a_count, struct dfui_piece *b, size_t b_count,
                       struct dfui_piece *out, size_t *merged, struct dfui_overlap *overlap);

/* Sorts *count pieces given in order of arrival, and resolves their overlaps. pieces and scratch both have
 * room for 2 * *count. */
bool dfui_pieces_sort(struct dfui_piece *pieces, size_t *count, struct dfui_piece *scratch,
                      struct dfui_overlap *overlap);

/* Where the byte at address comes from; 0 = unknown. */
uint32_t dfui_piece_line(const struct dfui_piece *p, uint64_t address);

/* True when a ends at or before b in (alt, address) order. */
bool dfui_piece_before(const struct dfui_piece *a, const struct dfui_piece *b);

/* --- store.c: the slab --- */

/* The image's segments as pieces, into list (room for image->count). */
void dfui_image_pieces(const struct dfu_image *image, struct dfui_piece *list);

/* Room for n segments; the old ones stay. */
int dfui_image_reserve(struct dfu_image *image, size_t n, struct dfu_error **err);

/* Gives back what is not used; keeps it when the allocator refuses. */
void dfui_image_fit(struct dfu_image *image);

/* Leaves only pieces, which are sorted parts of the image's own segments. */
int dfui_image_shrink(struct dfu_image *image, const struct dfui_piece *pieces, size_t count, struct dfu_error **err);

/* Takes over slab bytes that hold the sorted pieces, packed in order; image must be empty. On failure the
 * slab stays the caller's. */
int dfui_image_adopt(struct dfu_image *image, uint8_t *slab, size_t used, size_t room, const struct dfui_piece *pieces,
                     size_t count, struct dfu_error **err);

/* Adds bytes behind everything else in (alt, address) order. Cheap on average. */
int dfui_image_append(struct dfu_image *image, uint32_t alt, uint64_t address, const void *data, size_t length,
                      struct dfu_error **err);

/* Merges pieces (sorted, disjoint, not bytes of the image itself; used up) into the image as the later input.
 * Contradictions that the policy forbids give DFU_ERR_RANGE without an error text: overlap says what and where. */
int dfui_image_overlay(struct dfu_image *image, struct dfui_piece *pieces, size_t count, uint8_t fill,
                       struct dfui_overlap *overlap, struct dfu_error **err);

/* Sets what is not set in range for alt. Whatever lies there becomes one segment with it, so this takes no list of the
 * gaps. */
int dfui_image_fill_part(struct dfu_image *image, uint32_t alt, struct dfu_range range, uint8_t fill,
                         struct dfu_error **err);

/* --- find.c: look-ups --- */

/* Index of the first segment of (alt, address) order that ends after address, or the next alt's first. */
size_t dfui_image_seek(const struct dfu_image *image, uint32_t alt, uint64_t address);

/* Index of the first segment after those of the alt of segment index. */
size_t dfui_image_group_end(const struct dfu_image *image, size_t index);

/*
 * What is at address, looking no further than end: *data with *length bytes, or *data NULL and *length
 * bytes of gap. alt as for dfu_image_read(): DFU_ALT_ANY looks in every alt. address < end.
 */
void dfui_image_at(const struct dfu_image *image, uint32_t alt, uint64_t address, uint64_t end, const uint8_t **data,
                   uint64_t *length);

/* Lowest address and end of the highest; empty when there is no data. */
struct dfu_range dfui_image_span(const struct dfu_image *image);

/* How many alts have data in range; *alt is one of them. */
size_t dfui_image_alts(const struct dfu_image *image, struct dfu_range range, uint32_t *alt);

/* The alt for new bytes in range: that of the data there, of all data, or any. */
uint32_t dfui_image_alt_for(const struct dfu_image *image, struct dfu_range range);

/* --- about.c: labels and ids --- */

/* Text of length bytes, cut at a NUL and at 255 bytes. */
int dfui_image_set_label(struct dfu_image *image, uint32_t alt, const void *text, size_t length,
                         struct dfu_error **err);

/* Copies what only other has. */
int dfui_image_merge_about(struct dfu_image *image, const struct dfu_image *other, struct dfu_error **err);

/* --- edit.c --- */

/* DFU_ERR_RANGE unless range is not empty and ends within 4 GiB. what: "fill", "crop"… */
int dfui_range_check(struct dfu_range range, const char *what, struct dfu_error **err);

/* The address that the image seems to be linked for when it is not where it lies; 0 = no opinion. */
uint64_t dfui_image_linked_elsewhere(const struct dfu_image *image);

#endif
