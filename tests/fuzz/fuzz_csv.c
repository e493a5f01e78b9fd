/* SPDX-License-Identifier: BSD-2-Clause */
/* Any table, and any patch that asks for its fields. What follows the first zero byte is the patch. */
#include "csv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expand(const struct csv *csv, const char *text)
{
    for (size_t row = 0; row < csv->rows && row < 4; row++) {
        char *out = NULL;
        if (csv_expand(csv, row, text, &out, NULL) != DFU_OK) {
            if (out != NULL)
                abort();
            continue;
        }
        if (strpbrk(text, "{}") == NULL && strcmp(out, text) != 0)
            abort();
        free(out);
    }
    (void)csv_asks(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv csv;
    char hash[65];
    char text[256] = "";
    const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
    size_t length = zero != NULL ? (size_t)(zero - data) : size;
    if (zero != NULL) {
        size_t rest = size - length - 1;
        memcpy(text, zero + 1, rest < sizeof text - 1 ? rest : sizeof text - 1);
    }
    char *copy = malloc(length + 1); /* of just this size, so that a step too far is seen */
    if (copy == NULL)
        return 0;
    memcpy(copy, data, length);
    if (csv_parse(&csv, copy, length, "fuzz", NULL) == DFU_OK) {
        if (csv.columns == 0 || csv.columns > CSV_MOST_COLUMNS || csv.rows > length)
            abort();
        for (size_t row = 0; row < csv.rows; row++) {
            for (size_t i = 0; i < csv.columns; i++) {
                if (strlen(csv_field(&csv, row, i)) > CSV_MOST_FIELD)
                    abort();
            }
            if (csv_line(&csv, row) < 2)
                abort();
        }
        for (size_t i = 0; i < csv.columns; i++) {
            if (csv_find(&csv, csv_name(&csv, i), strlen(csv_name(&csv, i))) != i)
                abort();
        }
        if (csv.rows > 0)
            csv_hash_row(&csv, csv.rows - 1, hash);
        csv_hash_names(&csv, hash);
        expand(&csv, text);
    }
    csv_free(&csv);
    free(copy);
    return 0;
}
