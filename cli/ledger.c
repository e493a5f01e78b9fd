/* SPDX-License-Identifier: BSD-2-Clause */
#include "ledger.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A row that failed stays where it is: a board may hold it. */
enum row_state { ROW_FREE, ROW_HELD, ROW_FAILED, ROW_DONE };

struct row {
    char hash[65];
    uint8_t state; /* enum row_state */
};

struct ledger {
    char *path;
    int fd;
    const struct csv *table;
    struct row *rows;  /* in the table's order */
    uint32_t *by_hash; /* numbers of rows, sorted by their hashes */
    size_t next;       /* no row before it is free */
    int broken;        /* errno of the write that failed */
};

static int no_memory(struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
}

static int file_error(const struct ledger *l, const char *what, int system_error, struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_FILE, "%s the ledger %s: %s", what, l->path, strerror(system_error));
}

/* fsync() of macOS leaves the data in the disk's own memory. */
static int to_disk(int fd)
{
#if defined(F_FULLFSYNC)
    if (fcntl(fd, F_FULLFSYNC) == 0)
        return 0;
#endif
    return fsync(fd);
}

/* Writes and waits until it is on disk. A line that is there in part is told apart by its check; to go on behind it
 * could only make it worse. */
static int append(struct ledger *l, const char *text, size_t length, struct dfu_error **err)
{
    if (l->broken != 0)
        return file_error(l, "cannot go on with", l->broken, err);
    while (length > 0) {
        ssize_t n = write(l->fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            l->broken = n < 0 ? errno : EIO;
            return file_error(l, "cannot write", l->broken, err);
        }
        text += n;
        length -= (size_t)n;
    }
    if (to_disk(l->fd) != 0) {
        l->broken = errno;
        return file_error(l, "cannot write", l->broken, err);
    }
    return DFU_OK;
}

/* A new file's name is on disk only when its folder is. */
static int keep_name(struct ledger *l, struct dfu_error **err)
{
    const char *slash = strrchr(l->path, '/');
    char *folder = text_copy(slash != NULL ? l->path : ".");
    if (folder == NULL)
        return no_memory(err);
    if (slash != NULL)
        folder[slash == l->path ? 1 : slash - l->path] = '\0';
    int fd = open(folder, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    free(folder);
    if (failed == 0 || failed == EINVAL || failed == EACCES) /* not every file system can, nor may everybody */
        return DFU_OK;
    return file_error(l, "cannot keep", failed, err);
}

static int read_all(struct ledger *l, char **out, size_t *length, struct dfu_error **err)
{
    struct stat about;
    if (fstat(l->fd, &about) != 0)
        return file_error(l, "cannot read", errno, err);
    if (!S_ISREG(about.st_mode))
        return dfu_error_set(err, DFU_ERR_FILE, "the ledger %s is not a regular file", l->path);
    if (about.st_size < 0 || (uintmax_t)about.st_size > LEDGER_MOST_BYTES)
        return dfu_error_set(err, DFU_ERR_FORMAT, "the ledger %s has %jd bytes, at most %zu are possible", l->path,
                             (intmax_t)about.st_size, LEDGER_MOST_BYTES);
    size_t room = (size_t)about.st_size;
    *out = malloc(room + 1);
    if (*out == NULL)
        return no_memory(err);
    for (*length = 0; *length < room;) {
        ssize_t n = read(l->fd, *out + *length, room - *length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return file_error(l, "cannot read", n < 0 ? errno : EIO, err);
        *length += (size_t)n;
    }
    return DFU_OK;
}

static struct row *find(const struct ledger *l, const char hash[64])
{
    size_t low = 0;
    size_t high = l->table->rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct row *row = &l->rows[l->by_hash[middle]];
        int order = memcmp(hash, row->hash, 64);
        if (order == 0)
            return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* In case of doubt a row is not free. */
static void on_record(enum ledger_word word, const char hash[64], void *user)
{
    struct row *row = find(user, hash);
    if (row == NULL || row->state == ROW_DONE) /* rows may go from a table, but are not done twice */
        return;
    if (word == LEDGER_DONE)
        row->state = ROW_DONE;
    else if (word == LEDGER_FAILED)
        row->state = ROW_FAILED;
    else if (row->state != ROW_FAILED)
        row->state = word == LEDGER_RELEASE ? ROW_FREE : ROW_HELD;
}

/* Two neighbours of runs, list[from..middle) and list[middle..to), become one in other. */
static void merge(const struct row *rows, const uint32_t *list, uint32_t *other, size_t from, size_t middle, size_t to)
{
    size_t a = from;
    size_t b = middle;
    for (size_t i = from; i < to; i++) {
        int first = b == to || (a < middle && memcmp(rows[list[a]].hash, rows[list[b]].hash, 64) <= 0);
        other[i] = first ? list[a++] : list[b++];
    }
}

/* Merge sort: qsort() cannot be told where the hashes are. */
static void sort(const struct row *rows, uint32_t *list, uint32_t *other, size_t count)
{
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t from = 0; from < count; from += 2 * run) {
            size_t middle = from + run < count ? from + run : count;
            merge(rows, list, other, from, middle, middle + run < count ? middle + run : count);
        }
        memcpy(list, other, count * sizeof *list);
    }
}

static int index_rows(struct ledger *l, const char *table_name, struct dfu_error **err)
{
    size_t count = l->table->rows;
    l->rows = calloc(count + 1, sizeof *l->rows);
    l->by_hash = calloc(count + 1, sizeof *l->by_hash);
    uint32_t *other = calloc(count + 1, sizeof *other);
    if (l->rows == NULL || l->by_hash == NULL || other == NULL) {
        free(other);
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        csv_hash_row(l->table, i, l->rows[i].hash);
        l->by_hash[i] = (uint32_t)i;
    }
    sort(l->rows, l->by_hash, other, count);
    free(other);
    for (size_t i = 1; i < count; i++) {
        size_t a = l->by_hash[i - 1];
        size_t b = l->by_hash[i];
        if (strcmp(l->rows[a].hash, l->rows[b].hash) != 0)
            continue;
        (void)dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u is the same row as line %u", table_name,
                            (unsigned)csv_line(l->table, a > b ? a : b), (unsigned)csv_line(l->table, a > b ? b : a));
        dfu_error_set_hint(err, "take one of them out: each row is for one board");
        return DFU_ERR_FORMAT;
    }
    return DFU_OK;
}

/* A crash left bytes at the end that are no record: a line says so. What lacks nothing but its line end must not become
 * a record by this one. */
static int mend(struct ledger *l, const char *text, size_t length, size_t torn, struct dfu_error **err)
{
    char line[LEDGER_LINE + 2] = "?\n";
    size_t more = text[length - 1] != '\n' ? 2 : 0;
    size_t bytes = more + ledgertext_torn(line + more, torn + more);
    return append(l, line, bytes, err);
}

static int refuse_columns(const struct ledger *l, const char *table_name, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_FORMAT, "%s is not a ledger of the columns that %s has", l->path, table_name);
    dfu_error_set_cause(err, "columns were added, renamed or moved since it was begun, or it belongs to another file");
    dfu_error_set_hint(err, "put the columns back; for rows that are surely free, begin another file of rows");
    return DFU_ERR_FORMAT;
}

/* New, or its maker died over the first line, of which zeros may be left: nothing was reserved yet. */
static int is_unborn(const char *text, size_t length, const char *header, size_t header_length)
{
    size_t same = 0;
    while (same < length && same < header_length && text[same] == header[same])
        same++;
    size_t zeros = same;
    while (zeros < length && text[zeros] == '\0')
        zeros++;
    return zeros == length && length <= header_length && same < header_length;
}

static int take_up(struct ledger *l, const char *table_name, const char *text, size_t length, struct dfu_error **err)
{
    char header[LEDGER_LINE];
    char hash[65];
    size_t torn = 0;
    csv_hash_names(l->table, hash);
    size_t header_length = ledgertext_header(header, hash);
    if (is_unborn(text, length, header, header_length)) {
        if (ftruncate(l->fd, 0) != 0)
            return file_error(l, "cannot write", errno, err);
        int rc = append(l, header, header_length, err);
        return rc == DFU_OK ? keep_name(l, err) : rc;
    }
    if (length < header_length || memcmp(text, header, header_length) != 0)
        return refuse_columns(l, table_name, err);
    int rc = ledgertext_read(text, length, header, l->path, on_record, l, &torn, err);
    return rc == DFU_OK && torn > 0 ? mend(l, text, length, torn, err) : rc;
}

static int start(struct ledger *l, const char *table_name, struct dfu_error **err)
{
    char *text = NULL;
    size_t length = 0;
    l->fd = open(l->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (l->fd < 0)
        return file_error(l, "cannot open", errno, err);
    if (flock(l->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return file_error(l, "cannot lock", errno, err);
        (void)dfu_error_set(err, DFU_ERR_BUSY, "another station works with the ledger %s", l->path);
        dfu_error_set_hint(err, "wait until it is done, or give this station rows and a ledger of its own");
        return DFU_ERR_BUSY;
    }
    int rc = index_rows(l, table_name, err);
    if (rc == DFU_OK)
        rc = read_all(l, &text, &length, err);
    if (rc == DFU_OK && text != NULL)
        rc = take_up(l, table_name, text, length, err);
    free(text);
    return rc;
}

int ledger_open(const char *path, const struct csv *table, const char *table_name, struct ledger **out,
                struct dfu_error **err)
{
    *out = NULL;
    struct ledger *l = calloc(1, sizeof *l);
    if (l == NULL)
        return no_memory(err);
    l->fd = -1;
    l->table = table;
    l->path = text_copy(path);
    int rc = l->path != NULL ? start(l, table_name, err) : no_memory(err);
    if (rc != DFU_OK) {
        ledger_close(l);
        return rc;
    }
    *out = l;
    return DFU_OK;
}

void ledger_close(struct ledger *l)
{
    if (l == NULL)
        return;
    if (l->fd >= 0)
        (void)close(l->fd); /* every line is on disk already */
    free(l->path);
    free(l->rows);
    free(l->by_hash);
    free(l);
}

struct ledger_count ledger_count(const struct ledger *l)
{
    struct ledger_count count = {.rows = l->table->rows};
    for (size_t i = 0; i < count.rows; i++) {
        count.free += l->rows[i].state == ROW_FREE;
        count.held += l->rows[i].state == ROW_HELD || l->rows[i].state == ROW_FAILED;
        count.done += l->rows[i].state == ROW_DONE;
    }
    return count;
}

size_t ledger_next(const struct ledger *l)
{
    for (size_t i = l->next; i < l->table->rows; i++) {
        if (l->rows[i].state == ROW_FREE)
            return i;
    }
    return SIZE_MAX;
}

int ledger_is_free(const struct ledger *l, size_t row)
{
    return l->rows[row].state == ROW_FREE;
}

const char *ledger_hash(const struct ledger *l, size_t row)
{
    return l->rows[row].hash;
}

static int write_entry(struct ledger *l, size_t row, enum ledger_word word, const struct ledger_board *board,
                       struct dfu_error **err)
{
    char line[LEDGER_LINE];
    char when[32] = "";
    struct tm tm;
    time_t now = time(NULL);
    if (gmtime_r(&now, &tm) != NULL)
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
    struct ledger_entry entry = {.word = word,
                                 .hash = l->rows[row].hash,
                                 .time = when,
                                 .path = board->path,
                                 .serial = board->serial,
                                 .note = board->note};
    size_t length = ledgertext_entry(line, &entry);
    return append(l, line, length, err);
}

int ledger_reserve(struct ledger *l, size_t row, const struct ledger_board *board, struct dfu_error **err)
{
    if (row >= l->table->rows || l->rows[row].state != ROW_FREE)
        return dfu_error_set(err, DFU_ERR_INTERNAL, "row %zu of %zu is not free", row, l->table->rows);
    l->rows[row].state = ROW_HELD; /* also when writing fails: nobody knows what is on disk then */
    while (l->next < l->table->rows && l->rows[l->next].state != ROW_FREE)
        l->next++;
    return write_entry(l, row, LEDGER_RESERVE, board, err);
}

int ledger_settle(struct ledger *l, size_t row, enum ledger_word word, const struct ledger_board *board,
                  struct dfu_error **err)
{
    if (row >= l->table->rows || l->rows[row].state != ROW_HELD || word == LEDGER_RESERVE)
        return dfu_error_set(err, DFU_ERR_INTERNAL, "row %zu of %zu is not reserved", row, l->table->rows);
    int rc = write_entry(l, row, word, board, err);
    if (rc == DFU_OK && word != LEDGER_RELEASE)
        l->rows[row].state = word == LEDGER_DONE ? ROW_DONE : ROW_FAILED;
    if (rc == DFU_OK && word == LEDGER_RELEASE) {
        l->rows[row].state = ROW_FREE;
        l->next = row < l->next ? row : l->next;
    }
    return rc;
}
