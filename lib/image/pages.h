/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file in no order turns into: many small pieces cost too much to be kept one by one. Here bytes lie in pages
 * of 32, and each page says which of its bytes are set. Dense data costs one and a half times its size whatever its
 * order, and a lone byte 48.
 */
#ifndef DFUI_PAGES_H
#define DFUI_PAGES_H

#include "image/image.h"

#define DFUI_PAGE 32u

struct dfui_page {
    uint32_t number; /* address / DFUI_PAGE */
    uint32_t alt;
    uint32_t set;  /* bit n: byte n is there */
    uint32_t slot; /* which DFUI_PAGE bytes of the slab */
};

/* All zero = none in use. */
struct dfui_pages {
    struct dfui_page *table; /* sorted by (alt, number) */
    size_t count;
    size_t room;
    uint8_t *slab; /* pages in order of arrival */
    size_t slots;  /* room in the slab */
    uint64_t used; /* bytes that are set */
};

/* Takes over what the image holds, in place, and leaves it empty. */
int dfui_pages_take(struct dfui_pages *pages, struct dfu_image *image, struct dfu_error **err);

/* Puts sorted, disjoint pieces in as the later input. most: pages at all. Contradictions that the policy forbids give
 * DFU_ERR_RANGE without an error text: overlap says what and where. */
int dfui_pages_put(struct dfui_pages *pages, const struct dfui_piece *pieces, size_t count, uint64_t most,
                   struct dfui_overlap *overlap, struct dfu_error **err);

/* Gives all back to the image, in place. On failure the pages stay. */
int dfui_pages_give(struct dfui_pages *pages, struct dfu_image *image, struct dfu_error **err);

void dfui_pages_free(struct dfui_pages *pages);

#endif
