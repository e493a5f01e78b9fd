/* SPDX-License-Identifier: BSD-2-Clause */
/* A text file seen line by line: blanks, line ends of every kind, and messages that name the line. */
#ifndef DFUI_LINES_H
#define DFUI_LINES_H

#include "core/source.h"

struct dfui_lines {
    struct dfui_source *source;
    uint64_t line;  /* from 1 */
    size_t longest; /* bytes that a step makes contiguous */
};

static inline bool dfui_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static inline bool dfui_is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n';
}

/* Begins at the start of the source, behind a byte order mark. */
int dfui_lines_begin(struct dfui_lines *l, struct dfui_source *source, size_t longest, struct dfu_error **err);

/* Steps over blanks and line ends; *more: at a character that is neither, else at the end of the input. */
int dfui_lines_skip(struct dfui_lines *l, bool *more, struct dfu_error **err);

/* DFU_ERR_FORMAT "FILE: line N: …". */
int dfui_lines_bad(const struct dfui_lines *l, struct dfu_error **err, const char *format, ...) DFU_PRINTF(3, 4);

/* The same for a character that is no hex digit. */
int dfui_lines_bad_digit(const struct dfui_lines *l, uint8_t c, size_t column, struct dfu_error **err);

/* Adds that the file may be cut off. Returns DFU_ERR_FORMAT. */
int dfui_lines_cut_off(struct dfu_error **err);

#endif
