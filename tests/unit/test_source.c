/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded input from files, pipes and memory. */
#include "support.h"
#include "core/source.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "test_source.tmp"

static struct dfu_error *err;

static void write_file(size_t length)
{
    FILE *f = fopen(NAME, "wb");
    assert_non_null(f);
    for (size_t i = 0; i < length; i++)
        assert_int_not_equal(fputc((int)(i * 7 % 251), f), EOF);
    assert_int_equal(fclose(f), 0);
}

static void assert_counts_up(const uint8_t *p, uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p[i], (from + i) * 7 % 251);
}

static void window_slides(void **state)
{
    (void)state;
    const size_t length = 3 * DFUI_SOURCE_WINDOW + 12345;
    struct dfui_source s;
    write_file(length);
    assert_dfu_ok(dfui_source_open(&s, NAME, &err), err);
    while (s.offset < length) {
        size_t step = (size_t)(s.offset % 1000 + 1);
        assert_dfu_ok(dfui_source_need(&s, step, &err), err);
        if (step > length - s.offset)
            step = (size_t)(length - s.offset);
        assert_true(dfui_source_left(&s) >= step);
        assert_counts_up(s.at, s.offset, step);
        dfui_source_take(&s, step);
    }
    assert_dfu_ok(dfui_source_need(&s, 1, &err), err);
    assert_int_equal(dfui_source_left(&s), 0);
    dfui_source_close(&s);
}

static void read_goes_past_the_window(void **state)
{
    (void)state;
    const size_t length = 2 * DFUI_SOURCE_WINDOW + 77;
    struct dfui_source s;
    uint8_t *data = malloc(length + 10);
    size_t got = 0;
    write_file(length);
    assert_dfu_ok(dfui_source_open(&s, NAME, &err), err);
    assert_dfu_ok(dfui_source_need(&s, 100, &err), err);
    dfui_source_take(&s, 5);
    assert_dfu_ok(dfui_source_read(&s, data, length + 10, &got, &err), err);
    assert_int_equal(got, length - 5);
    assert_int_equal(s.offset, length);
    assert_counts_up(data, 5, got);
    dfui_source_close(&s);
    free(data);
}

static void slurp_has_a_limit(void **state)
{
    (void)state;
    const size_t length = DFUI_SOURCE_WINDOW + 10;
    struct dfui_source s;
    uint8_t *data = NULL;
    size_t got = 0;
    write_file(length);
    assert_dfu_ok(dfui_source_open(&s, NAME, &err), err);
    assert_dfu_error(dfui_source_slurp(&s, length - 1, &data, &got, &err), err, DFU_ERR_RANGE,
                     NAME ": more than 262153");
    assert_null(data);
    dfui_source_close(&s);
    assert_dfu_ok(dfui_source_open(&s, NAME, &err), err);
    assert_dfu_ok(dfui_source_slurp(&s, length, &data, &got, &err), err);
    assert_int_equal(got, length);
    assert_counts_up(data, 0, got);
    free(data);
    dfui_source_close(&s);
}

static void memory(void **state)
{
    (void)state;
    struct dfui_source s;
    char got[8];
    size_t n = 0;
    dfui_source_memory(&s, "abcdef", 6, "six");
    assert_dfu_ok(dfui_source_need(&s, 100, &err), err);
    assert_int_equal(dfui_source_left(&s), 6);
    dfui_source_take(&s, 2);
    assert_dfu_ok(dfui_source_read(&s, (uint8_t *)got, sizeof got, &n, &err), err);
    assert_int_equal(n, 4);
    assert_memory_equal(got, "cdef", 4);
    dfui_source_close(&s);
    dfui_source_memory(&s, NULL, 0, "none");
    assert_dfu_ok(dfui_source_need(&s, 1, &err), err);
    assert_int_equal(dfui_source_left(&s), 0);
    dfui_source_close(&s);
}

static void what_cannot_be_read(void **state)
{
    (void)state;
    struct dfui_source s;
    (void)remove(NAME);
    assert_dfu_error(dfui_source_open(&s, NAME, &err), err, DFU_ERR_FILE, NAME ": cannot open: No such file");
    assert_dfu_error(dfui_source_open(&s, ".", &err), err, DFU_ERR_FILE, ".: cannot read: Is a directory");
    write_file(1);
    assert_dfu_error(dfui_source_open(&s, NAME "/x", &err), err, DFU_ERR_FILE, "Not a directory");
    if (geteuid() != 0) { /* root may read everything */
        assert_int_equal(chmod(NAME, 0), 0);
        assert_dfu_error(dfui_source_open(&s, NAME, &err), err, DFU_ERR_FILE, "Permission denied");
    }
    (void)remove(NAME);
}

/* Opening must not wait for a writer that may never come. */
static void pipe_without_writer(void **state)
{
    (void)state;
    struct dfui_source s;
    (void)remove(NAME);
    assert_int_equal(mkfifo(NAME, 0600), 0);
    assert_dfu_ok(dfui_source_open(&s, NAME, &err), err);
    assert_dfu_error(dfui_source_need(&s, 1, &err), err, DFU_ERR_FILE, NAME ": a pipe that nobody writes to");
    dfui_source_close(&s);
    (void)remove(NAME);
}

static void pipe_with_writer(void **state)
{
    (void)state;
    struct dfui_source s;
    int ends[2];
    char path[64];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_dfu_ok(dfui_source_open(&s, path, &err), err);
    assert_int_equal(close(ends[1]), 0);
    assert_dfu_ok(dfui_source_need(&s, 100, &err), err);
    assert_int_equal(dfui_source_left(&s), 5);
    assert_memory_equal(s.at, "hello", 5);
    dfui_source_close(&s);
    assert_int_equal(close(ends[0]), 0);
}

static void standard_input(void **state)
{
    (void)state;
    struct dfui_source s;
    int saved = dup(STDIN_FILENO);
    write_file(300);
    int fd = open(NAME, O_RDONLY);
    assert_true(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    assert_int_equal(close(fd), 0);
    assert_int_equal(lseek(STDIN_FILENO, 100, SEEK_SET), 100);
    assert_dfu_ok(dfui_source_open(&s, "-", &err), err);
    assert_string_equal(s.name, "standard input");
    assert_dfu_ok(dfui_source_need(&s, 1000, &err), err);
    assert_int_equal(dfui_source_left(&s), 200);
    assert_counts_up(s.at, 100, 200);
    dfui_source_close(&s);
    assert_true(fcntl(STDIN_FILENO, F_GETFL) >= 0); /* not ours to close */
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(saved), 0);
}

static void file_that_shrinks(void **state)
{
    (void)state;
    const size_t length = 2 * DFUI_SOURCE_WINDOW;
    struct dfui_source s;
    write_file(length);
    assert_dfu_ok(dfui_source_open(&s, NAME, &err), err);
    assert_dfu_ok(dfui_source_need(&s, 1, &err), err);
    assert_int_equal(truncate(NAME, (off_t)DFUI_SOURCE_WINDOW), 0);
    dfui_source_take(&s, dfui_source_left(&s));
    assert_dfu_error(dfui_source_need(&s, 1, &err), err, DFU_ERR_FILE,
                     NAME ": the file shrank while it was read: 262144 of 524288 bytes came");
    dfui_source_close(&s);
}

static int remove_file(void **state)
{
    (void)state;
    (void)remove(NAME);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_slides),       cmocka_unit_test(read_goes_past_the_window),
        cmocka_unit_test(slurp_has_a_limit),   cmocka_unit_test(memory),
        cmocka_unit_test(what_cannot_be_read), cmocka_unit_test(pipe_without_writer),
        cmocka_unit_test(pipe_with_writer),    cmocka_unit_test(standard_input),
        cmocka_unit_test(file_that_shrinks),
    };
    return cmocka_run_group_tests(tests, NULL, remove_file);
}
