/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a ledger's lines say. Pure: no files. Words are separated by tabs; the last one is the beginning of the SHA-256
 * of all before it, so that a line that was not written to its end, or not by us, is told from one that was:
 *
 *     dfu-ledger  1  HASH-OF-NAMES  CHECK
 *     reserve     HASH  TIME  PATH  SERIAL  NOTE  CHECK       before a board gets a byte of the row
 *     done        HASH  TIME  PATH  SERIAL  NOTE  CHECK
 *     failed      HASH  TIME  PATH  SERIAL  NOTE  CHECK       the board may hold the row, or a part
 *     release     HASH  TIME  PATH  SERIAL  NOTE  CHECK       the board got nothing of it
 *     torn        N  CHECK                                    the N bytes before this line are no record
 */
#ifndef CLI_LEDGERTEXT_H
#define CLI_LEDGERTEXT_H

#include <libdfu/error.h>
#include <stdint.h>

#define LEDGER_MOST_BYTES ((size_t)256 * 1024 * 1024)
#define LEDGER_LINE 1024 /* the longest line, with its end */

enum ledger_word { LEDGER_RESERVE, LEDGER_DONE, LEDGER_FAILED, LEDGER_RELEASE };

struct ledger_entry {
    enum ledger_word word;
    const char *hash; /* 64 digits */
    const char *time;
    const char *path;
    const char *serial; /* NULL = none */
    const char *note;   /* NULL = none */
};

/* The lines, ended by a line end and a 0; their length. What would break a line becomes '?', what is too long is cut.
 */
size_t ledgertext_header(char line[LEDGER_LINE], const char *names_hash);
size_t ledgertext_entry(char line[LEDGER_LINE], const struct ledger_entry *entry);
size_t ledgertext_torn(char line[LEDGER_LINE], size_t bytes);

/* Told of each record, in order. hash is not ended; with LEDGER_RESERVE it may also come from bytes that a crash left
 * behind, and that a torn line or the end of the file follows. */
typedef void ledgertext_fn(enum ledger_word word, const char hash[64], void *user);

/* Reads a whole ledger that begins with header. *torn: so many bytes at the end are no
 * record. Errors: DFU_ERR_FORMAT. */
int ledgertext_read(const char *text, size_t length, const char *header, const char *name, ledgertext_fn *fn,
                    void *user, size_t *torn, struct dfu_error **err);

#endif
