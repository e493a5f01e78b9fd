/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of text as RFC 4180 has it: commas, double quotes, the first row names the columns. Pure: no files. */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <libdfu/error.h>
#include <stdint.h>

#define CSV_MOST_BYTES ((size_t)64 * 1024 * 1024)
#define CSV_MOST_ROWS ((size_t)1000000)
#define CSV_MOST_COLUMNS ((size_t)64)
#define CSV_MOST_FIELD ((size_t)4096)

struct csv {
    char *text;          /* all fields, each ended by a 0; owned */
    const char **fields; /* columns of each row, the names first; owned */
    uint32_t *lines;     /* on which each row begins, from 1; owned */
    size_t columns;
    size_t rows; /* without the one that names the columns */
};

/* Reads a whole file's text; name is for messages. Blank lines are left out. Errors: DFU_ERR_FORMAT with line and
 * reason, DFU_ERR_NO_MEMORY. Free it even on failure. */
int csv_parse(struct csv *csv, const char *text, size_t length, const char *name, struct dfu_error **err);
void csv_free(struct csv *csv);

const char *csv_name(const struct csv *csv, size_t column);
const char *csv_field(const struct csv *csv, size_t row, size_t column);
/* The line of the file on which a row begins. */
uint32_t csv_line(const struct csv *csv, size_t row);
/* The column called name (length bytes), or SIZE_MAX. */
size_t csv_find(const struct csv *csv, const char *name, size_t length);

/* SHA-256 of a row: of names and values, so that quoting, line ends and the row's place do not matter. */
void csv_hash_row(const struct csv *csv, size_t row, char hash[65]);
/* The same of the names alone. */
void csv_hash_names(const struct csv *csv, char hash[65]);

/* Puts a row's fields where text says {name}; {{ and }} are braces. *out is the caller's. Errors: DFU_ERR_ARGUMENT (a
 * brace alone, no such column), DFU_ERR_NO_MEMORY. */
int csv_expand(const struct csv *csv, size_t row, const char *text, char **out, struct dfu_error **err);
/* 1 when text asks for a column. */
int csv_asks(const char *text);

#endif
