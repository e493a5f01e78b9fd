/* SPDX-License-Identifier: BSD-2-Clause */
#include "ledgertext.h"

#include "sha256.h"

#include <stdio.h>
#include <string.h>

#define HASH 64
#define CHECK 16

static const char *const words[] = {"reserve", "done", "failed", "release"};

static void checksum(const char *text, size_t length, char check[CHECK + 1])
{
    struct sha256 sha;
    char hex[HASH + 1];
    sha256_start(&sha);
    sha256_add(&sha, text, length);
    sha256_hex(&sha, hex);
    memcpy(check, hex, CHECK);
    check[CHECK] = '\0';
}

/* Ends what stands in line: its check, a line end. */
static size_t seal(char line[LEDGER_LINE], size_t length)
{
    char check[CHECK + 1];
    line[length++] = '\t';
    checksum(line, length, check);
    memcpy(line + length, check, CHECK);
    length += CHECK;
    line[length++] = '\n';
    line[length] = '\0';
    return length;
}

/* One word: printable, not empty, at most 160 bytes, of which six make well below a line. */
static size_t add(char *line, size_t length, const char *text)
{
    size_t begin = length;
    for (; text != NULL && *text != '\0' && length - begin < 160; text++)
        line[length++] = (unsigned char)*text < ' ' || *text == 0x7F ? '?' : *text;
    if (length == begin)
        line[length++] = '-';
    return length;
}

size_t ledgertext_header(char line[LEDGER_LINE], const char *names_hash)
{
    int length = snprintf(line, LEDGER_LINE, "dfu-ledger\t1\t%.64s", names_hash);
    return seal(line, (size_t)length);
}

size_t ledgertext_entry(char line[LEDGER_LINE], const struct ledger_entry *entry)
{
    const char *rest[] = {entry->time, entry->path, entry->serial, entry->note};
    size_t length = (size_t)snprintf(line, LEDGER_LINE, "%s\t%.64s", words[entry->word], entry->hash);
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        line[length++] = '\t';
        length = add(line, length, rest[i]);
    }
    return seal(line, length);
}

size_t ledgertext_torn(char line[LEDGER_LINE], size_t bytes)
{
    int length = snprintf(line, LEDGER_LINE, "torn\t%zu", bytes);
    return seal(line, (size_t)length);
}

/* length without the line end. */
static int sealed(const char *line, size_t length)
{
    char check[CHECK + 1];
    if (length < CHECK + 2 || line[length - CHECK - 1] != '\t')
        return 0;
    checksum(line, length - CHECK, check);
    return memcmp(line + length - CHECK, check, CHECK) == 0;
}

/* How many digits of a hash text begins with. */
static size_t digits(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && i < HASH && ((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
        i++;
    return i;
}

/* A record, if the sealed line is one. */
static int read_entry(const char *line, size_t length, ledgertext_fn *fn, void *user)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t word = strlen(words[i]);
        if (length < word + HASH + 2 || memcmp(line, words[i], word) != 0 || line[word] != '\t' ||
            digits(line + word + 1, length - word - 1) != HASH || line[word + 1 + HASH] != '\t')
            continue;
        fn((enum ledger_word)i, line + word + 1, user);
        return 1;
    }
    return 0;
}

/* The bytes that a torn line speaks of; SIZE_MAX when it is none. */
static size_t read_torn(const char *line, size_t length)
{
    size_t bytes = 0;
    size_t at = 5;
    if (length < at || memcmp(line, "torn\t", at) != 0)
        return SIZE_MAX;
    for (; at < length && line[at] >= '0' && line[at] <= '9' && bytes <= LEDGER_MOST_BYTES; at++)
        bytes = bytes * 10 + (size_t)(line[at] - '0');
    return at < length && line[at] == '\t' ? bytes : SIZE_MAX;
}

/* What a crash left behind was not on disk when the board got its first byte, if disks do what they say. Should it
 * name a row all the same, that row is held. */
static void hold(const char *text, size_t length, ledgertext_fn *fn, void *user)
{
    for (size_t i = 0; i + HASH <= length;) {
        size_t found = digits(text + i, length - i);
        if (found == HASH)
            fn(LEDGER_RESERVE, text + i, user);
        i += found == HASH ? found : found + 1;
    }
}

static int damaged(const char *name, size_t line, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %zu is damaged", name, line);
    dfu_error_set_cause(err, "it was changed after it was written: nobody can say which rows are free");
    dfu_error_set_hint(err, "put the ledger back as it was; for rows that are surely free, begin another file of rows");
    return DFU_ERR_FORMAT;
}

/* How far a ledger is understood. */
struct progress {
    const char *text;
    const char *name;
    ledgertext_fn *fn;
    void *user;
    size_t good;     /* everything before is */
    size_t number;   /* of the line in hand */
    size_t bad_line; /* the first one after good that is no record; 0 = none */
};

/* One line, length without its end; next is where the one after it begins. */
static int read_line(struct progress *p, size_t at, size_t length, size_t next, struct dfu_error **err)
{
    const char *text = p->text;
    int whole = next > at + length && length < LEDGER_LINE && sealed(text + at, length);
    size_t left_behind = whole ? read_torn(text + at, length) : SIZE_MAX;
    p->number++;
    if (!whole) {
        p->bad_line = p->bad_line != 0 ? p->bad_line : p->number;
        return DFU_OK;
    }
    if (left_behind != SIZE_MAX) {
        if (left_behind != at - p->good)
            return damaged(p->name, p->number, err);
        hold(text + p->good, at - p->good, p->fn, p->user);
        p->bad_line = 0;
    } else if (p->bad_line != 0) { /* something good after something bad that nobody has spoken of */
        return damaged(p->name, p->bad_line, err);
    } else if (!read_entry(text + at, length, p->fn, p->user)) {
        return damaged(p->name, p->number, err);
    }
    p->good = next;
    return DFU_OK;
}

int ledgertext_read(const char *text, size_t length, const char *header, const char *name, ledgertext_fn *fn,
                    void *user, size_t *torn, struct dfu_error **err)
{
    size_t header_length = strlen(header);
    struct progress p = {.text = text, .name = name, .fn = fn, .user = user, .good = header_length, .number = 1};
    *torn = 0;
    if (length < header_length || memcmp(text, header, header_length) != 0)
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s is not the ledger of these columns", name);
    for (size_t at = p.good; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t line = end != NULL ? (size_t)(end - (text + at)) : length - at;
        size_t next = at + line + (end != NULL);
        int rc = read_line(&p, at, line, next, err);
        if (rc != DFU_OK)
            return rc;
        at = next;
    }
    *torn = length - p.good;
    hold(text + p.good, *torn, fn, user);
    return DFU_OK;
}
