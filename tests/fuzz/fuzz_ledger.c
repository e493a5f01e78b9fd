/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any ledger. Each byte of the input adds to it: a good record (0xF0 to 0xF3, the next byte says of which row), a good
 * line about what a crash left (0xF4, the next byte says how long), or itself. However it ends, it can be gone on with
 * when it can be read at all, and then every row that was held before is held still.
 */
#include "ledgertext.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct held {
    uint8_t rows[ROWS];
    size_t records;
};

static void name_row(char hash[65], unsigned row)
{
    memset(hash, (int)('a' + row % 6), 64);
    hash[0] = (char)('0' + row % ROWS);
    hash[64] = '\0';
}

static void on_record(enum ledger_word word, const char hash[64], void *user)
{
    struct held *held = user;
    char row[65];
    held->records++;
    if ((unsigned)word > LEDGER_RELEASE)
        abort();
    for (unsigned i = 0; i < ROWS; i++) {
        name_row(row, i);
        if (memcmp(row, hash, 64) == 0)
            held->rows[i] = word != LEDGER_RELEASE;
    }
}

static size_t build(const uint8_t *data, size_t size, char *text, const char *header)
{
    char line[LEDGER_LINE];
    char hash[65];
    size_t length = strlen(header);
    memcpy(text, header, length);
    for (size_t i = 0; i < size; i++) {
        size_t more = 1;
        line[0] = (char)data[i];
        if (data[i] >= 0xF0 && data[i] <= 0xF4 && i + 1 < size) {
            uint8_t which = data[++i];
            name_row(hash, which);
            struct ledger_entry entry = {(enum ledger_word)(data[i - 1] & 3), hash, "t", "1-1", NULL, NULL};
            more = data[i - 1] == 0xF4 ? ledgertext_torn(line, which) : ledgertext_entry(line, &entry);
        }
        memcpy(text + length, line, more);
        length += more;
    }
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char header[LEDGER_LINE];
    struct held before = {{0}, 0};
    struct held after = {{0}, 0};
    size_t torn = 0;
    if (size > 2000)
        return 0;
    size_t head = ledgertext_header(header, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    char *text = malloc(head + size * 200 + LEDGER_LINE + 2);
    if (text == NULL)
        return 0;
    size_t length = build(data, size, text, header);
    int rc = ledgertext_read(text, length, header, "fuzz", on_record, &before, &torn, NULL);
    if (rc == DFU_OK && torn > 0) { /* as ledger.c mends it */
        size_t more = text[length - 1] != '\n' ? 2 : 0;
        memcpy(text + length, "?\n", more);
        length += more + ledgertext_torn(text + length + more, torn + more);
        rc = ledgertext_read(text, length, header, "fuzz", on_record, &after, &torn, NULL);
        if (rc != DFU_OK || torn != 0 || memcmp(before.rows, after.rows, ROWS) != 0)
            abort();
    }
    free(text);
    return 0;
}
