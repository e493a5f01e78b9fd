/* SPDX-License-Identifier: BSD-2-Clause */
/* A strip of characters that stands for a range of addresses, drawn to scale. */
#ifndef CLI_STRIP_H
#define CLI_STRIP_H

#include <libdfu/types.h>

#define STRIP_WIDTH 64

struct strip {
    struct dfu_range span;
    char text[STRIP_WIDTH + 1];
};

/* An empty strip (all blanks) for span. */
void strip_start(struct strip *strip, struct dfu_range span);

/* The addresses that one column stands for. */
struct dfu_range strip_column(const struct strip *strip, unsigned column);

/* Puts mark into every column whose middle lies in range, and into at least one. */
void strip_fill(struct strip *strip, struct dfu_range range, char mark);

/* Puts mark into every column that range touches, part into those it covers in part only. */
void strip_touch(struct strip *strip, struct dfu_range range, char mark, char part);

/* Removes blanks at the end. */
void strip_trim(struct strip *strip);

#endif
