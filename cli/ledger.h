/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rows of a table are used: a file that only ever grows. Every line is on disk before the call that wrote it
 * returns, so that a row that was reserved stays reserved whatever happens afterwards. After a failure to write nothing
 * more is given out.
 */
#ifndef CLI_LEDGER_H
#define CLI_LEDGER_H

#include "csv.h"
#include "ledgertext.h"

struct ledger;

struct ledger_count {
    size_t rows;
    size_t free;
    size_t done;
    size_t held; /* reserved and never done: a board may hold them */
};

/* Opens path, or makes it, for this process alone, and looks up every row of the table (borrowed until
 * ledger_close()). Errors: DFU_ERR_BUSY (another process has it), DFU_ERR_FORMAT (damaged, for other columns, or a row
 * that stands twice in the table), DFU_ERR_FILE, DFU_ERR_NO_MEMORY. */
int ledger_open(const char *path, const struct csv *table, const char *table_name, struct ledger **out,
                struct dfu_error **err);
void ledger_close(struct ledger *ledger);

struct ledger_count ledger_count(const struct ledger *ledger);

/* The first free row, SIZE_MAX = there is none. */
size_t ledger_next(const struct ledger *ledger);
/* 1 when row is free. */
int ledger_is_free(const struct ledger *ledger, size_t row);
/* Of a row; 64 digits. */
const char *ledger_hash(const struct ledger *ledger, size_t row);

/* Who gets or got a row; strings are borrowed for the call and may be NULL. */
struct ledger_board {
    const char *path;
    const char *serial;
    const char *note;
};

/* A free row is for this board: once this has returned DFU_OK, and not before, the board may get it. */
int ledger_reserve(struct ledger *ledger, size_t row, const struct ledger_board *board, struct dfu_error **err);

/* What became of a row that was reserved here: LEDGER_DONE, LEDGER_FAILED, or LEDGER_RELEASE when no byte of it can
 * have reached the board; only the last makes it free again. */
int ledger_settle(struct ledger *ledger, size_t row, enum ledger_word word, const struct ledger_board *board,
                  struct dfu_error **err);

#endif
