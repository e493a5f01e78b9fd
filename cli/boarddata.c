/* SPDX-License-Identifier: BSD-2-Clause */
#include "boarddata.h"

#include "edits.h"
#include "out.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int table_error(const char *name, int system_error, struct dfu_error **err)
{
    int rc = dfu_error_set(err, DFU_ERR_FILE, "cannot read %s: %s", name, strerror(system_error));
    dfu_error_set_hint(err, "name a file of comma-separated values whose first row names the columns");
    return rc;
}

/* The file is locked, too: two ledgers for one table would give its rows out twice. */
static int open_table(struct boarddata *data, struct dfu_error **err)
{
    struct stat about;
    data->fd = open(data->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (data->fd < 0 || fstat(data->fd, &about) != 0)
        return table_error(data->name, errno, err);
    if (!S_ISREG(about.st_mode))
        return dfu_error_set(err, DFU_ERR_FILE, "%s is not a regular file", data->name);
    if (flock(data->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return DFU_OK; /* not every file system knows locks; the ledger's is the one that counts */
    (void)dfu_error_set(err, DFU_ERR_BUSY, "another station works with %s", data->name);
    dfu_error_set_hint(err, "wait until it is done, or give each station a file of its own");
    return DFU_ERR_BUSY;
}

static int read_table(struct boarddata *data, struct dfu_error **err)
{
    size_t room = 64 * 1024;
    size_t length = 0;
    char *text = malloc(room);
    int rc = text == NULL ? dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory") : DFU_OK;
    while (rc == DFU_OK) {
        ssize_t n = read(data->fd, text + length, room - length);
        if (n < 0 && errno != EINTR)
            rc = table_error(data->name, errno, err);
        if (n == 0)
            break;
        length += n > 0 ? (size_t)n : 0;
        if (rc != DFU_OK || length < room)
            continue;
        if (room > CSV_MOST_BYTES)
            break; /* csv_parse() says that it is too long */
        char *grown = realloc(text, room * 2);
        if (grown == NULL)
            rc = dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
        else
            text = grown;
        room *= 2;
    }
    if (rc == DFU_OK)
        rc = csv_parse(&data->table, text, length, data->name, err);
    free(text);
    return rc;
}

static int check_patch(const struct boarddata *data, const char *text, struct dfu_error **err)
{
    char *filled = NULL;
    int rc = data->table.rows > 0 ? csv_expand(&data->table, 0, text, &filled, err) : DFU_OK;
    free(filled);
    dfu_error_prefix(rc == DFU_OK ? NULL : err, "--patch");
    return rc;
}

/* What is wrong with the command line and not with a row. Rows that nothing asks for would be used up for nothing. */
static int check_patches(const struct boarddata *data, struct dfu_error **err)
{
    const struct args *args = &data->cli->args;
    struct edits edits;
    size_t asks = 0;
    int rc = edits_parse(&edits, args, err);
    edits_free(&edits);
    for (size_t i = 0; rc == DFU_OK && i < args->use_count; i++) {
        if (args->uses[i].opt->id != OPT_PATCH || !csv_asks(args->uses[i].value))
            continue;
        asks++;
        rc = check_patch(data, args->uses[i].value, err);
    }
    if (rc != DFU_OK || asks > 0)
        return rc;
    (void)dfu_error_set(err, DFU_ERR_ARGUMENT, "no --patch asks for a column of %s", data->name);
    dfu_error_set_hint(err, "write e.g. --patch '0x0800F000=str:{%.40s}'", csv_name(&data->table, 0));
    return DFU_ERR_ARGUMENT;
}

static void say_where(const struct boarddata *data, size_t row, struct dfu_error **err)
{
    dfu_error_prefix(err, "%s: line %u", data->name, (unsigned)csv_line(&data->table, row));
}

/* A row that cannot be patched in is found now and not at its board. */
static int check_rows(const struct boarddata *data, struct dfu_error **err)
{
    for (size_t row = 0; row < data->table.rows; row++) {
        struct edits edits;
        if (!ledger_is_free(data->ledger, row))
            continue;
        int rc = edits_parse_row(&edits, &data->cli->args, &data->table, row, err);
        edits_free(&edits);
        if (rc != DFU_OK) {
            say_where(data, row, err);
            return rc == DFU_ERR_ARGUMENT ? DFU_ERR_FORMAT : rc; /* the command line was found good */
        }
    }
    return DFU_OK;
}

static int open_ledger(struct boarddata *data, struct dfu_error **err)
{
    const char *given = args_value(&data->cli->args, OPT_LEDGER);
    size_t room = strlen(data->name) + sizeof ".ledger";
    char *name = malloc(room);
    if (name == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    (void)snprintf(name, room, "%s.ledger", data->name);
    const char *path = given != NULL ? given : name;
    int rc = ledger_open(path, &data->table, data->name, &data->ledger, err);
    struct ledger_count count = {0};
    if (rc == DFU_OK)
        count = ledger_count(data->ledger);
    if (rc == DFU_OK && count.held > 0)
        out_warning(data->cli, "%zu row%s of %s %s reserved and never done: boards may hold them; see %s", count.held,
                    plural(count.held), data->name, count.held == 1 ? "was" : "were", path);
    free(name);
    return rc;
}

int boarddata_start(struct boarddata *data, struct cli *cli, struct dfu_error **err)
{
    memset(data, 0, sizeof *data);
    data->cli = cli;
    data->fd = -1;
    data->name = args_value(&cli->args, OPT_DATA);
    if (data->name == NULL && args_count(&cli->args, OPT_LEDGER) > 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--ledger is for --data");
    if (data->name == NULL)
        return DFU_OK;
    int rc = open_table(data, err);
    if (rc == DFU_OK)
        rc = read_table(data, err);
    if (rc == DFU_OK)
        rc = check_patches(data, err);
    if (rc == DFU_OK)
        rc = open_ledger(data, err);
    return rc == DFU_OK ? check_rows(data, err) : rc;
}

void boarddata_free(struct boarddata *data)
{
    if (data->cli == NULL)
        return;
    ledger_close(data->ledger);
    csv_free(&data->table);
    if (data->fd >= 0)
        (void)close(data->fd);
    free(data->taken);
    dfu_error_free(data->failure);
    memset(data, 0, sizeof *data);
}

int boarddata_enough(const struct boarddata *data, size_t boards, struct dfu_error **err)
{
    if (data->name == NULL)
        return DFU_OK;
    struct ledger_count count = ledger_count(data->ledger);
    if (count.free >= boards)
        return DFU_OK;
    int rc = dfu_error_set(err, DFU_ERR_FILE, "%s has %zu unused row%s for %zu board%s", data->name, count.free,
                           plural(count.free), boards, plural(boards));
    dfu_error_set_cause(err, "of its %zu rows %zu are done, and %zu reserved and never done", count.rows, count.done,
                        count.held);
    dfu_error_set_hint(err, "add rows; nothing was done to any board");
    return rc;
}

static int refuse_none(struct boarddata *data, struct dfu_error **err)
{
    struct ledger_count count = ledger_count(data->ledger);
    int rc = dfu_error_set(err, DFU_ERR_FILE, "%s has no unused row left", data->name);
    size_t in_hand = data->taken_count;
    dfu_error_set_cause(err, "of its %zu rows %zu are done, %zu in hand, and %zu reserved and not done", count.rows,
                        count.done, in_hand, count.held - in_hand);
    dfu_error_set_hint(err, "add rows, then begin again");
    return rc;
}

static int build(struct boarddata *data, const struct dfu_image *base, size_t row, struct dfu_image **out,
                 struct dfu_error **err)
{
    struct cli silent = *data->cli; /* what the edits have to say they would say for every board */
    struct edits edits;
    silent.notes = NULL;
    silent.warnings = NULL;
    silent.voice.json = 0;
    silent.voice.quiet = 1;
    int rc = edits_parse_row(&edits, &data->cli->args, &data->table, row, err);
    if (rc == DFU_OK)
        rc = dfu_image_copy(base, out, err);
    if (rc == DFU_OK)
        rc = edits_apply(&silent, &edits, *out, err);
    edits_free(&edits);
    if (rc != DFU_OK)
        say_where(data, row, err);
    return rc;
}

static int remember(struct boarddata *data, uint32_t board, size_t row, struct dfu_error **err)
{
    struct boarddata_taken *grown = realloc(data->taken, (data->taken_count + 1) * sizeof *grown);
    if (grown == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    data->taken = grown;
    grown[data->taken_count++] = (struct boarddata_taken){board, row};
    return DFU_OK;
}

static int take(struct boarddata *data, const struct dfu_image *base, const struct dfu_gang_board *board,
                struct dfu_image **out, size_t *row, struct dfu_error **err)
{
    char note[32];
    *row = ledger_next(data->ledger);
    if (*row == SIZE_MAX)
        return refuse_none(data, err);
    int rc = build(data, base, *row, out, err);
    if (rc == DFU_OK)
        rc = remember(data, board->index, *row, err);
    if (rc != DFU_OK)
        return rc;
    (void)snprintf(note, sizeof note, "line %u", (unsigned)csv_line(&data->table, *row));
    struct ledger_board who = {board->path, board->serial, note};
    rc = ledger_reserve(data->ledger, *row, &who, err);
    if (rc != DFU_OK)
        data->taken_count--; /* whatever is on disk: the row is held, and there is nothing more to write */
    return rc;
}

/* The first reason stays. */
static void fail(struct boarddata *data, int code, const struct dfu_error *err)
{
    if (data->failure_code != DFU_OK)
        return;
    data->failure_code = code;
    (void)dfu_error_set(&data->failure, code, "%s", err != NULL ? dfu_error_message(err) : dfu_code_name(code));
    if (dfu_error_cause(err) != NULL)
        dfu_error_set_cause(&data->failure, "%s", dfu_error_cause(err));
    if (dfu_error_hint(err) != NULL)
        dfu_error_set_hint(&data->failure, "%s", dfu_error_hint(err));
}

int boarddata_image(struct boarddata *data, const struct dfu_image *base, const struct dfu_gang_board *board,
                    struct dfu_image **out, size_t *row, struct dfu_error **err)
{
    int rc = take(data, base, board, out, row, err);
    if (rc == DFU_OK)
        return DFU_OK;
    dfu_image_free(*out);
    *out = NULL;
    fail(data, rc, err != NULL ? *err : NULL);
    return rc;
}

void boarddata_settle(struct boarddata *data, const struct dfu_gang_board *board)
{
    struct dfu_error *err = NULL;
    size_t i = 0;
    while (i < data->taken_count && data->taken[i].board != board->index)
        i++;
    if (i == data->taken_count)
        return;
    size_t row = data->taken[i].row;
    data->taken[i] = data->taken[--data->taken_count];
    enum ledger_word word = board->touched ? LEDGER_FAILED : LEDGER_RELEASE;
    if (board->code == DFU_OK)
        word = LEDGER_DONE;
    struct ledger_board who = {board->path, board->serial, board->code == DFU_OK ? NULL : dfu_code_name(board->code)};
    int rc = ledger_settle(data->ledger, row, word, &who, &err);
    if (rc != DFU_OK)
        fail(data, rc, err);
    dfu_error_free(err);
}

json_t *boarddata_json(const struct boarddata *data, size_t row)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "line", json_integer(csv_line(&data->table, row)));
    (void)json_object_set_new(object, "sha256", json_string(ledger_hash(data->ledger, row)));
    return object;
}
