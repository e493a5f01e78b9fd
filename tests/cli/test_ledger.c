/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger of rows: whatever dies whenever, no row is given to two boards. Every write and every fsync of ledger.c
 * goes through the functions below, which die, fail or do half of it at the n-th call. */
#include "support.h"

#include "csv.h"
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS 6

/* What happens at the call that counts. DIE_…: the process is gone, and of what was not on disk yet … is left. */
enum trouble { NONE, DIE_ALL_KEPT, DIE_HALF_KEPT, DIE_NONE_KEPT, DIE_ZEROS, FAIL, FAIL_HALF };

static enum trouble trouble;
static unsigned at_call; /* from 1 */
static unsigned calls;
static off_t synced; /* bytes of the ledger that are on disk for sure */
static char folder[64];
static char path[80];
static char given_path[80];

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names for what is wrapped */
ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);
int __wrap_fsync(int fd);
/* NOLINTEND(bugprone-reserved-identifier) */

static off_t size_of(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 ? about.st_size : 0;
}

/* A power failure: bytes that were never synced may be there, in part, not at all, or as zeros. */
static void die(int fd)
{
    off_t size = size_of(fd);
    int again = open(path, O_WRONLY);
    static const char zeros[4096];
    if (trouble == DIE_NONE_KEPT && ftruncate(again, synced) != 0)
        _exit(99);
    if (trouble == DIE_HALF_KEPT && ftruncate(again, synced + (size - synced) / 2) != 0)
        _exit(99);
    if (trouble == DIE_ZEROS && size > synced && pwrite(again, zeros, (size_t)(size - synced), synced) < 0)
        _exit(99);
    _exit(42);
}

ssize_t __wrap_write(int fd, const void *data, size_t length)
{
    if (trouble == NONE || ++calls != at_call)
        return __real_write(fd, data, length);
    if (trouble == FAIL || (trouble == FAIL_HALF && length < 2)) {
        errno = ENOSPC;
        return -1;
    }
    if (trouble == FAIL_HALF) {
        at_call++; /* the rest of it finds no room */
        trouble = FAIL;
        return __real_write(fd, data, length / 2);
    }
    if (__real_write(fd, data, length) < 0)
        _exit(99);
    die(fd);
    return -1;
}

int __wrap_fsync(int fd)
{
    struct stat about;
    int is_ledger = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    if (trouble != NONE && ++calls == at_call) {
        if (trouble == FAIL || trouble == FAIL_HALF) {
            errno = EIO;
            return -1;
        }
        die(fd);
    }
    if (is_ledger)
        synced = about.st_size;
    return 0; /* what a power failure takes is decided above */
}

static void table_of(struct csv *csv, const char *text)
{
    struct dfu_error *err = NULL;
    assert_dfu_ok(csv_parse(csv, text, strlen(text), "t.csv", &err), err);
}

static const char *rows = "serial\nS1\nS2\nS3\nS4\nS5\nS6\n";
static const struct ledger_board somebody = {"1-2.3", "ABC", NULL};

/* A board gets its row: from here on nobody else may get it. */
static void give(const char *hash)
{
    int fd = open(given_path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd < 0 || __real_write(fd, hash, 64) != 64)
        _exit(99);
    (void)close(fd);
}

/* A station until its rows are used up; each board fares as it fares. Returns 0, or 1 when the ledger refused. */
static int station(void)
{
    static const enum ledger_word fates[] = {LEDGER_DONE, LEDGER_RELEASE, LEDGER_FAILED, LEDGER_DONE};
    struct csv csv;
    struct ledger *ledger = NULL;
    int failed = csv_parse(&csv, rows, strlen(rows), "t.csv", NULL) != DFU_OK;
    failed = failed || ledger_open(path, &csv, "t.csv", &ledger, NULL) != DFU_OK;
    for (size_t i = 0; !failed && i < 40; i++) {
        enum ledger_word fate = fates[i % 4];
        size_t row = ledger_next(ledger);
        if (row == SIZE_MAX)
            break;
        failed = ledger_reserve(ledger, row, &somebody, NULL) != DFU_OK;
        if (!failed && fate != LEDGER_RELEASE)
            give(ledger_hash(ledger, row));
        failed = failed || ledger_settle(ledger, row, fate, &somebody, NULL) != DFU_OK;
    }
    ledger_close(ledger);
    csv_free(&csv);
    return failed;
}

static int run(enum trouble what, unsigned n)
{
    int status = 0;
    struct stat about;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        trouble = what;
        at_call = n;
        calls = 0;
        synced = stat(path, &about) == 0 ? about.st_size : 0;
        _exit(station());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 99);
    return WEXITSTATUS(status);
}

/* How many rows were given out; fails when one was given twice. */
static size_t given(void)
{
    char all[64 * (ROWS + 2)];
    int fd = open(given_path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, all, sizeof all) : 0;
    if (fd >= 0)
        (void)close(fd);
    assert_true(n >= 0 && n % 64 == 0);
    for (ssize_t i = 0; i < n; i += 64) {
        for (ssize_t k = 0; k < i; k += 64)
            assert_memory_not_equal(all + i, all + k, 64);
    }
    return (size_t)n / 64;
}

static void forget(void)
{
    (void)unlink(path);
    (void)unlink(given_path);
}

/* Once, at every call; then the station is started again. */
static void dies_once(void **state)
{
    (void)state;
    for (enum trouble what = DIE_ALL_KEPT; what <= FAIL_HALF; what++) {
        unsigned n = 0;
        int status;
        do {
            forget();
            status = run(what, ++n);
            if (status != 0)
                assert_int_equal(status, what <= DIE_ZEROS ? 42 : 1);
            size_t before = given();
            assert_int_equal(run(NONE, 0), 0);
            assert_in_range(given(), before, ROWS);
            assert_true(given() >= ROWS - 1); /* one row at most is lost to the crash */
        } while (status != 0);
        assert_in_range(n, 25, 60); /* 2 calls for each of the lines */
    }
}

/* Again and again, at the n-th call of each start, also while it mends what the last one left. */
static void dies_each_time(void **state)
{
    (void)state;
    for (enum trouble what = DIE_ALL_KEPT; what <= FAIL_HALF; what++) {
        for (unsigned n = 1; n < 12; n++) {
            forget();
            for (unsigned start = 0; start < 12; start++) {
                (void)run(start % 2 == 0 ? what : DIE_HALF_KEPT, n + start % 3);
                (void)given();
            }
            assert_int_equal(run(NONE, 0), 0);
            (void)given();
        }
    }
}

static struct ledger *open_with(struct csv *csv, const char *text)
{
    struct ledger *ledger = NULL;
    struct dfu_error *err = NULL;
    table_of(csv, text);
    assert_dfu_ok(ledger_open(path, csv, "t.csv", &ledger, &err), err);
    return ledger;
}

static void shut(struct ledger *ledger, struct csv *csv)
{
    ledger_close(ledger);
    csv_free(csv);
}

/* Done, failed, released, and a process that ended: which rows are free afterwards. */
static void fates(void **state)
{
    (void)state;
    struct csv csv;
    struct dfu_error *err = NULL;
    forget();
    struct ledger *l = open_with(&csv, rows);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ledger_next(l), i);
        assert_dfu_ok(ledger_reserve(l, i, &somebody, &err), err);
    }
    assert_dfu_error(ledger_reserve(l, 1, &somebody, &err), err, DFU_ERR_INTERNAL, "row 1 of 6 is not free");
    assert_dfu_ok(ledger_settle(l, 0, LEDGER_DONE, &somebody, &err), err);
    assert_dfu_ok(ledger_settle(l, 1, LEDGER_FAILED, &somebody, &err), err);
    assert_dfu_ok(ledger_settle(l, 2, LEDGER_RELEASE, &somebody, &err), err);
    assert_dfu_error(ledger_settle(l, 1, LEDGER_RELEASE, &somebody, &err), err, DFU_ERR_INTERNAL, "is not reserved");
    assert_dfu_error(ledger_settle(l, 5, LEDGER_DONE, &somebody, &err), err, DFU_ERR_INTERNAL, "is not reserved");
    assert_int_equal(ledger_next(l), 2);
    shut(l, &csv);

    /* Rows change places, some go, new ones come, quotes are set: what was used stays used. */
    l = open_with(&csv, "serial\r\nS9\r\n\"S4\"\r\nS3\r\nS2\r\nS1\r\n");
    struct ledger_count count = ledger_count(l);
    assert_int_equal(count.rows, 5);
    assert_int_equal(count.free, 2);
    assert_int_equal(count.done, 1);
    assert_int_equal(count.held, 2);
    assert_true(ledger_is_free(l, 0) && ledger_is_free(l, 2));
    shut(l, &csv);
}

static void write_file(const char *text, size_t length, const char *mode)
{
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

/* A ledger that other hands have put together, with good lines: what was done or failed once is never free again. */
static void never_again(void **state)
{
    (void)state;
    static const enum ledger_word order[][3] = {
        {LEDGER_DONE, LEDGER_RESERVE, LEDGER_RELEASE},    {LEDGER_RESERVE, LEDGER_FAILED, LEDGER_RELEASE},
        {LEDGER_FAILED, LEDGER_RESERVE, LEDGER_RELEASE},  {LEDGER_RELEASE, LEDGER_RELEASE, LEDGER_RESERVE},
        {LEDGER_RESERVE, LEDGER_RESERVE, LEDGER_RELEASE}, /* free: the only one */
    };
    for (size_t i = 0; i < 5; i++) {
        struct csv csv;
        char line[LEDGER_LINE];
        forget();
        struct ledger *l = open_with(&csv, rows);
        for (size_t k = 0; k < 3; k++) {
            struct ledger_entry entry = {order[i][k], ledger_hash(l, 2), "then", NULL, NULL, NULL};
            size_t length = ledgertext_entry(line, &entry);
            write_file(line, length, "ab");
        }
        shut(l, &csv);
        l = open_with(&csv, rows);
        assert_int_equal(ledger_is_free(l, 2), i == 4);
        shut(l, &csv);
    }
}

static void refuse(const char *table, int code, const char *why)
{
    struct csv csv;
    struct ledger *ledger = NULL;
    struct dfu_error *err = NULL;
    table_of(&csv, table);
    assert_dfu_error(ledger_open(path, &csv, "t.csv", &ledger, &err), err, code, why);
    assert_null(ledger);
    csv_free(&csv);
}

static void refused(void **state)
{
    (void)state;
    struct csv csv;
    char text[4096];
    forget();
    struct ledger *l = open_with(&csv, rows);
    refuse(rows, DFU_ERR_BUSY, "another station works with the ledger");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ledger_reserve(l, i, &somebody, NULL), DFU_OK);
    shut(l, &csv);
    refuse("serial,batch\nS1,1\nS2,1\n", DFU_ERR_FORMAT, "is not a ledger of the columns that t.csv has");
    refuse("serial\nS1\nS2\n\nS1\n", DFU_ERR_FORMAT, "line 5 is the same row as line 2");
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t length = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    assert_in_range(length, 200, sizeof text - 1);

    /* One letter of the first reservation; a line taken out; a line added by hand. */
    char *first = memchr(text, '\n', length);
    assert_non_null(first);
    first[20] = first[20] == '0' ? '1' : '0';
    write_file(text, length, "wb");
    refuse(rows, DFU_ERR_FORMAT, "line 2 is damaged");
    first[20] = '\t';
    write_file(text, length, "wb");
    refuse(rows, DFU_ERR_FORMAT, "line 2 is damaged");
    write_file("x", 1, "wb");
    refuse(rows, DFU_ERR_FORMAT, "is not a ledger");
    (void)unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuse(rows, DFU_ERR_FILE, "the ledger");
    assert_int_equal(rmdir(path), 0);
}

/* Each of many rows is found by its hash, and so is one that stands there twice. */
static void many_rows(void **state)
{
    (void)state;
    struct csv csv;
    char text[8192] = "serial\n";
    size_t used = strlen(text);
    for (unsigned i = 0; i < 1000; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "S%u\n", i);
    forget();
    struct ledger *l = open_with(&csv, text);
    for (size_t i = 0; i < 1000; i += 3)
        assert_int_equal(ledger_reserve(l, i, &somebody, NULL), DFU_OK);
    shut(l, &csv);
    l = open_with(&csv, text);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(ledger_is_free(l, i), i % 3 != 0);
    shut(l, &csv);
    (void)snprintf(text + used, sizeof text - used, "S700\n");
    refuse(text, DFU_ERR_FORMAT, "line 1002 is the same row as line 702");
}

/* Bytes that a crash left at the end: kept, spoken of, and a row that they name in full is not given out. */
static void torn(void **state)
{
    (void)state;
    struct csv csv;
    char line[LEDGER_LINE];
    char hash[65];
    forget();
    struct ledger *l = open_with(&csv, rows);
    csv_hash_row(&csv, 3, hash);
    shut(l, &csv);
    struct ledger_entry entry = {LEDGER_RESERVE, hash, "then", "1-1", NULL, NULL};
    size_t length = ledgertext_entry(line, &entry);
    for (size_t cut = 1; cut < length; cut++) {
        forget();
        l = open_with(&csv, rows);
        shut(l, &csv);
        write_file(line, cut, "ab");
        for (int again = 0; again < 2; again++) {
            l = open_with(&csv, rows);
            assert_int_equal(ledger_is_free(l, 3), cut < strlen("reserve\t") + 64);
            assert_int_equal(ledger_count(l).free, ledger_is_free(l, 3) ? ROWS : ROWS - 1);
            if (again == 0) { /* and it goes on behind them */
                assert_int_equal(ledger_reserve(l, 0, &somebody, NULL), DFU_OK);
                assert_int_equal(ledger_settle(l, 0, LEDGER_RELEASE, &somebody, NULL), DFU_OK);
            }
            shut(l, &csv);
        }
    }
}

/* After a failure nothing more is given out, and the file is as good as before. */
static void no_room(void **state)
{
    (void)state;
    struct csv csv;
    struct dfu_error *err = NULL;
    forget();
    struct ledger *l = open_with(&csv, rows);
    trouble = FAIL_HALF;
    calls = 0;
    at_call = 1;
    assert_dfu_error(ledger_reserve(l, 0, &somebody, &err), err, DFU_ERR_FILE, "No space left");
    trouble = NONE;
    assert_dfu_error(ledger_reserve(l, 1, &somebody, &err), err, DFU_ERR_FILE, "cannot go on with the ledger");
    assert_int_equal(ledger_next(l), 2);
    shut(l, &csv);
    l = open_with(&csv, rows);
    assert_in_range(ledger_count(l).free, ROWS - 1, ROWS);
    shut(l, &csv);
}

/* A line as sha256sum and printf make it; names that would break a line do not. */
static void format(void **state)
{
    (void)state;
    char line[LEDGER_LINE];
    static const char hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    struct ledger_entry entry = {LEDGER_FAILED, hash, "2026-01-02T03:04:05Z", "1-2", "A\tB\n", NULL};
    size_t length = ledgertext_entry(line, &entry);
    assert_string_equal(line, "failed\te3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\t"
                              "2026-01-02T03:04:05Z\t1-2\tA?B?\t-\tb4000727b2e4a627\n");
    assert_int_equal(length, strlen(line));
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    entry = (struct ledger_entry){LEDGER_RESERVE, hash, longer, longer, longer, longer};
    assert_in_range(ledgertext_entry(line, &entry), 600, LEDGER_LINE - 1);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "ledger-test-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(path, sizeof path, "%s/rows.ledger", folder);
    (void)snprintf(given_path, sizeof given_path, "%s/given", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    forget();
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dies_once), cmocka_unit_test(dies_each_time), cmocka_unit_test(fates),
        cmocka_unit_test(refused),   cmocka_unit_test(torn),           cmocka_unit_test(no_room),
        cmocka_unit_test(format),    cmocka_unit_test(never_again),    cmocka_unit_test(many_rows),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
