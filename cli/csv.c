/* SPDX-License-Identifier: BSD-2-Clause */
#include "csv.h"

#include "sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct csv *csv;
    const char *name;
    const char *at;
    const char *end;
    char *to; /* in csv->text, never ahead of what was read */
    size_t field_count;
    size_t field_room;
    size_t row_count; /* with the names */
    size_t row_room;
    uint32_t line;
};

static int no_memory(struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
}

static int bad(const struct reader *r, uint32_t line, const char *why, struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u: %s", r->name, (unsigned)line, why);
}

/* An array with room for one more than used; NULL, and the old one as it was, when there is no memory. */
static void *with_room(void *array, size_t *room, size_t used, size_t each)
{
    if (used < *room)
        return array;
    size_t more = *room == 0 ? 64 : *room * 2;
    void *grown = realloc(array, more * each);
    if (grown != NULL)
        *room = more;
    return grown;
}

static int at_line_end(const struct reader *r)
{
    return r->at == r->end || *r->at == '\n' || (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static void take_line_end(struct reader *r)
{
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at < r->end)
        r->at++;
    r->line++;
}

static int read_quoted(struct reader *r, struct dfu_error **err)
{
    uint32_t begin = r->line;
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"')) {
            r->at++;
            if (at_line_end(r) || *r->at == ',')
                return DFU_OK;
            return bad(r, r->line, "text after a closing quote", err);
        }
        r->at += *r->at == '"';
        r->line += *r->at == '\n';
        *r->to++ = *r->at;
    }
    return bad(r, begin, "a quote that is not closed", err);
}

static int read_plain(struct reader *r, struct dfu_error **err)
{
    for (; !at_line_end(r) && *r->at != ','; r->at++) {
        if (*r->at == '"')
            return bad(r, r->line, "a quote in a field that does not begin with one", err);
        *r->to++ = *r->at;
    }
    return DFU_OK;
}

static int read_field(struct reader *r, struct dfu_error **err)
{
    const char *begin = r->to;
    uint32_t line = r->line;
    const char **fields = with_room((void *)r->csv->fields, &r->field_room, r->field_count, sizeof *r->csv->fields);
    if (fields == NULL)
        return no_memory(err);
    r->csv->fields = fields;
    r->csv->fields[r->field_count++] = begin;
    int rc = r->at < r->end && *r->at == '"' ? read_quoted(r, err) : read_plain(r, err);
    if (rc == DFU_OK && (size_t)(r->to - begin) > CSV_MOST_FIELD)
        rc = dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u: a field of %zu bytes, at most %zu are possible", r->name,
                           (unsigned)line, (size_t)(r->to - begin), CSV_MOST_FIELD);
    *r->to++ = '\0';
    return rc;
}

static int read_row(struct reader *r, struct dfu_error **err)
{
    size_t first = r->field_count;
    uint32_t line = r->line;
    uint32_t *lines = with_room(r->csv->lines, &r->row_room, r->row_count, sizeof *r->csv->lines);
    if (lines == NULL)
        return no_memory(err);
    r->csv->lines = lines;
    lines[r->row_count++] = line;
    for (;;) {
        int rc = read_field(r, err);
        if (rc != DFU_OK)
            return rc;
        if (r->field_count - first > CSV_MOST_COLUMNS)
            return bad(r, line, "more than 64 fields", err);
        if (at_line_end(r))
            break;
        r->at++; /* the comma */
    }
    take_line_end(r);
    size_t found = r->field_count - first;
    if (r->row_count == 1)
        r->csv->columns = found;
    if (found != r->csv->columns)
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u: %zu fields, but %zu columns have a name", r->name,
                             (unsigned)line, found, r->csv->columns);
    return DFU_OK;
}

static int check_names(const struct reader *r, struct dfu_error **err)
{
    const struct csv *csv = r->csv;
    if (r->row_count == 0)
        return bad(r, 1, "no row that names the columns", err);
    for (size_t i = 0; i < csv->columns; i++) {
        const char *name = csv->fields[i];
        if (name[0] == '\0' || strpbrk(name, "{}\r\n") != NULL)
            return dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u: column %zu is called '%s'", r->name,
                                 (unsigned)csv->lines[0], i + 1, name);
        if (csv_find(csv, name, strlen(name)) != i)
            return dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u: two columns are called '%s'", r->name,
                                 (unsigned)csv->lines[0], name);
    }
    return DFU_OK;
}

int csv_parse(struct csv *csv, const char *text, size_t length, const char *name, struct dfu_error **err)
{
    memset(csv, 0, sizeof *csv);
    if (length > CSV_MOST_BYTES)
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s: %zu bytes, at most %zu are possible", name, length,
                             CSV_MOST_BYTES);
    if (memchr(text, '\0', length) != NULL)
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s: byte %zu is zero: this is no text", name,
                             (size_t)((const char *)memchr(text, '\0', length) - text));
    csv->text = malloc(length + 2); /* each field has a comma or a line end behind it, but for the last */
    if (csv->text == NULL)
        return no_memory(err);
    struct reader r = {.csv = csv, .name = name, .at = text, .end = text + length, .to = csv->text, .line = 1};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) /* what spreadsheets write in front of UTF-8 */
        r.at += 3;
    int rc = DFU_OK;
    while (rc == DFU_OK && r.at < r.end) {
        if (at_line_end(&r))
            take_line_end(&r);
        else if (r.row_count > CSV_MOST_ROWS)
            rc = bad(&r, r.line, "more than 1000000 rows", err);
        else
            rc = read_row(&r, err);
        if (rc == DFU_OK && r.row_count == 1 && csv->rows == 0)
            rc = check_names(&r, err);
        csv->rows = r.row_count > 0 ? r.row_count - 1 : 0;
    }
    return rc == DFU_OK && r.row_count == 0 ? check_names(&r, err) : rc;
}

void csv_free(struct csv *csv)
{
    free(csv->text);
    free((void *)csv->fields);
    free(csv->lines);
    memset(csv, 0, sizeof *csv);
}

const char *csv_name(const struct csv *csv, size_t column)
{
    return csv->fields[column];
}

const char *csv_field(const struct csv *csv, size_t row, size_t column)
{
    return csv->fields[(row + 1) * csv->columns + column];
}

uint32_t csv_line(const struct csv *csv, size_t row)
{
    return csv->lines[row + 1];
}

size_t csv_find(const struct csv *csv, const char *name, size_t length)
{
    for (size_t i = 0; i < csv->columns; i++) {
        if (strlen(csv->fields[i]) == length && memcmp(csv->fields[i], name, length) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* No field holds a 0, so that its end cannot be mistaken. */
static void add_text(struct sha256 *sha, const char *text)
{
    sha256_add(sha, text, strlen(text) + 1);
}

void csv_hash_row(const struct csv *csv, size_t row, char hash[65])
{
    struct sha256 sha;
    sha256_start(&sha);
    for (size_t i = 0; i < csv->columns; i++) {
        add_text(&sha, csv_name(csv, i));
        add_text(&sha, csv_field(csv, row, i));
    }
    sha256_hex(&sha, hash);
}

void csv_hash_names(const struct csv *csv, char hash[65])
{
    struct sha256 sha;
    sha256_start(&sha);
    for (size_t i = 0; i < csv->columns; i++)
        add_text(&sha, csv_name(csv, i));
    sha256_hex(&sha, hash);
}

int csv_asks(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '{' && text[1] != '{')
            return 1;
        text += *text == '{';
    }
    return 0;
}

/* What a brace at *text stands for; moves *text past it. */
static int piece(const struct csv *csv, size_t row, const char **text, const char **value, struct dfu_error **err)
{
    const char *p = *text;
    if (p[0] == p[1]) {
        *value = p[0] == '{' ? "{" : "}";
        *text = p + 2;
        return DFU_OK;
    }
    const char *end = p[0] == '{' ? strchr(p, '}') : NULL;
    if (end == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s': a brace that has no other", p);
    size_t column = csv_find(csv, p + 1, (size_t)(end - p) - 1);
    if (column == SIZE_MAX) {
        char known[256] = "";
        for (size_t i = 0, used = 0; i < csv->columns && used < sizeof known; i++)
            used +=
                (size_t)snprintf(known + used, sizeof known - used, "%s'%.40s'", i > 0 ? ", " : "", csv_name(csv, i));
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "there is no column '%.*s'", (int)(end - p - 1), p + 1);
        dfu_error_set_cause(err, "the first row names %s", known);
        return rc;
    }
    *value = csv_field(csv, row, column);
    *text = end + 1;
    return DFU_OK;
}

static int build(const struct csv *csv, size_t row, const char *text, char *to, size_t *length, struct dfu_error **err)
{
    *length = 0;
    while (*text != '\0') {
        char plain[2] = {*text, '\0'};
        const char *value = plain;
        int rc = DFU_OK;
        if (*text == '{' || *text == '}')
            rc = piece(csv, row, &text, &value, err);
        else
            text++;
        if (rc != DFU_OK)
            return rc;
        size_t more = strlen(value);
        if (to != NULL)
            memcpy(to + *length, value, more);
        *length += more;
    }
    return DFU_OK;
}

int csv_expand(const struct csv *csv, size_t row, const char *text, char **out, struct dfu_error **err)
{
    size_t length;
    *out = NULL;
    int rc = build(csv, row, text, NULL, &length, err);
    if (rc != DFU_OK)
        return rc;
    *out = malloc(length + 1);
    if (*out == NULL)
        return no_memory(err);
    (void)build(csv, row, text, *out, &length, err);
    (*out)[length] = '\0';
    return DFU_OK;
}
