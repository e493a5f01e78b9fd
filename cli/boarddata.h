/* SPDX-License-Identifier: BSD-2-Clause */
/* --data FILE.csv: an image for each board, with a row of its own. */
#ifndef CLI_BOARDDATA_H
#define CLI_BOARDDATA_H

#include "cli.h"
#include "ledger.h"

struct boarddata {
    struct cli *cli;
    const char *name; /* of the table; NULL = no --data was given */
    struct csv table;
    int fd; /* of the table, held for the lock */
    struct ledger *ledger;
    struct boarddata_taken {
        uint32_t board; /* its index */
        size_t row;
    } * taken; /* rows of the boards in hand; owned */
    size_t taken_count;
    struct dfu_error *failure; /* why no further board can get a row */
    int failure_code;
};

/* Reads the table, checks that every free row can be patched in, and opens the ledger. Does nothing without --data.
 * Call boarddata_free() even on failure. */
int boarddata_start(struct boarddata *data, struct cli *cli, struct dfu_error **err);
void boarddata_free(struct boarddata *data);

/* Refuses to begin with more boards than there are rows left. */
int boarddata_enough(const struct boarddata *data, size_t boards, struct dfu_error **err);

/* A copy of base with the next free row, which is reserved on disk before this returns. *row is its number, for
 * boarddata_tell(). A failure leaves data->failure: no further board can be done. */
int boarddata_image(struct boarddata *data, const struct dfu_image *base, const struct dfu_gang_board *board,
                    struct dfu_image **out, size_t *row, struct dfu_error **err);

/* The board is done, well or not: what becomes of its row is recorded. Nothing for a board that has none. */
void boarddata_settle(struct boarddata *data, const struct dfu_gang_board *board);

/* "row": {"line", "sha256"}. */
json_t *boarddata_json(const struct boarddata *data, size_t row);

#endif
