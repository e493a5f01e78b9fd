/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomic output: all of the new file or all of the old one, and nothing lying about. */
#include "support.h"
#include "core/sink.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#define DIR_NAME "test_sink.d"
#define NAME DIR_NAME "/out"

static struct dfu_error *err;

static void clear_folder(void)
{
    DIR *d = opendir(DIR_NAME);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char path[512];
        (void)snprintf(path, sizeof path, DIR_NAME "/%s", e->d_name);
        (void)unlink(path);
    }
    if (d != NULL)
        closedir(d);
}

static int fresh_folder(void **state)
{
    (void)state;
    clear_folder();
    return mkdir(DIR_NAME, 0755) != 0 && access(DIR_NAME, W_OK) != 0;
}

static int remove_folder(void **state)
{
    (void)state;
    clear_folder();
    return rmdir(DIR_NAME);
}

static unsigned files(void)
{
    unsigned n = 0;
    DIR *d = opendir(DIR_NAME);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void write_old(const char *text, mode_t mode)
{
    FILE *f = fopen(NAME, "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(NAME, mode), 0);
}

static void assert_content(const char *wanted)
{
    char *text = (char *)test_slurp(NAME, NULL);
    assert_string_equal(text, wanted);
    free(text);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void new_file_heeds_the_umask(void **state)
{
    (void)state;
    struct dfui_sink s;
    mode_t old = umask(027);
    assert_dfu_ok(dfui_sink_open(&s, NAME, &err), err);
    assert_dfu_ok(dfui_sink_write(&s, "new", 3, &err), err);
    assert_int_not_equal(access(NAME, F_OK), 0); /* not before it is complete */
    assert_dfu_ok(dfui_sink_commit(&s, &err), err);
    (void)umask(old);
    assert_content("new");
    assert_int_equal(mode_of(NAME), 0640);
    assert_int_equal(files(), 1);
}

static void replacement_keeps_the_mode(void **state)
{
    (void)state;
    struct dfui_sink s;
    write_old("old", 0604);
    assert_dfu_ok(dfui_sink_open(&s, NAME, &err), err);
    assert_dfu_ok(dfui_sink_write(&s, "newer", 5, &err), err);
    assert_content("old");
    assert_dfu_ok(dfui_sink_commit(&s, &err), err);
    assert_content("newer");
    assert_int_equal(mode_of(NAME), 0604);
    assert_int_equal(files(), 1);
}

static void abort_leaves_no_trace(void **state)
{
    (void)state;
    struct dfui_sink s;
    write_old("old", 0644);
    assert_dfu_ok(dfui_sink_open(&s, NAME, &err), err);
    assert_dfu_ok(dfui_sink_write(&s, "new", 3, &err), err);
    assert_int_equal(files(), 2);
    dfui_sink_abort(&s);
    assert_content("old");
    assert_int_equal(files(), 1);
    dfui_sink_abort(&s);
}

static void link_stays_a_link(void **state)
{
    (void)state;
    struct dfui_sink s;
    struct stat st;
    write_old("old", 0644);
    assert_int_equal(symlink("out", DIR_NAME "/link"), 0);
    assert_dfu_ok(dfui_sink_open(&s, DIR_NAME "/link", &err), err);
    assert_dfu_ok(dfui_sink_write(&s, "new", 3, &err), err);
    assert_dfu_ok(dfui_sink_commit(&s, &err), err);
    assert_content("new");
    assert_int_equal(lstat(DIR_NAME "/link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(files(), 2);
    assert_int_equal(symlink("nowhere", DIR_NAME "/dangling"), 0);
    assert_dfu_error(dfui_sink_open(&s, DIR_NAME "/dangling", &err), err, DFU_ERR_FILE, "cannot follow the link");
}

static void stale_leftovers_do_not_matter(void **state)
{
    (void)state;
    struct dfui_sink s;
    char stale[128];
    (void)snprintf(stale, sizeof stale, DIR_NAME "/.dfu-%ld-0.tmp", (long)getpid());
    FILE *f = fopen(stale, "wb");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_dfu_ok(dfui_sink_open(&s, NAME, &err), err);
    assert_dfu_ok(dfui_sink_commit(&s, &err), err);
    assert_content("");
    assert_int_equal(access(stale, F_OK), 0); /* somebody else's */
}

static void large_and_small_writes_keep_their_order(void **state)
{
    (void)state;
    struct dfui_sink s;
    uint8_t *data = malloc(DFUI_SINK_BUFFER * 3);
    size_t done = 0;
    assert_non_null(data);
    for (size_t i = 0; i < DFUI_SINK_BUFFER * 3; i++)
        data[i] = (uint8_t)(i * 31 % 253);
    assert_dfu_ok(dfui_sink_open(&s, NAME, &err), err);
    for (size_t n = 1; done < DFUI_SINK_BUFFER * 3; n = n * 3 + 1) {
        size_t take = n > DFUI_SINK_BUFFER * 3 - done ? DFUI_SINK_BUFFER * 3 - done : n;
        assert_dfu_ok(dfui_sink_write(&s, data + done, take, &err), err);
        done += take;
    }
    assert_dfu_ok(dfui_sink_commit(&s, &err), err);
    size_t length;
    uint8_t *back = test_slurp(NAME, &length);
    assert_int_equal(length, DFUI_SINK_BUFFER * 3);
    assert_memory_equal(back, data, length);
    free(back);
    free(data);
}

static void full_device(void **state)
{
    (void)state;
    struct dfui_sink s;
    assert_dfu_ok(dfui_sink_open(&s, "/dev/full", &err), err);
    assert_dfu_ok(dfui_sink_write(&s, "x", 1, &err), err);
    assert_dfu_error(dfui_sink_commit(&s, &err), err, DFU_ERR_FILE, "/dev/full: cannot write: No space left on device");
}

/* A file size limit stands in for a full disk: the error comes in the middle of a regular file. */
static void full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    struct dfui_sink s;
    struct rlimit old;
    struct rlimit small = {.rlim_cur = 100000};
    char *big = calloc(1, DFUI_SINK_BUFFER);
    assert_non_null(big);
    write_old("old", 0644);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_dfu_ok(dfui_sink_open(&s, NAME, &err), err);
    int rc = dfui_sink_write(&s, big, DFUI_SINK_BUFFER, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_non_null(strstr(dfu_error_cause(err), "left as it was"));
    assert_dfu_error(rc, err, DFU_ERR_FILE, NAME ": cannot write: File too large");
    dfui_sink_abort(&s);
    assert_content("old");
    assert_int_equal(files(), 1);
    free(big);
}

static void what_cannot_be_written(void **state)
{
    (void)state;
    struct dfui_sink s;
    assert_dfu_error(dfui_sink_open(&s, DIR_NAME, &err), err, DFU_ERR_FILE, "Is a directory");
    assert_dfu_error(dfui_sink_open(&s, "", &err), err, DFU_ERR_FILE, "No such file");
    assert_dfu_error(dfui_sink_open(&s, DIR_NAME "/no/such", &err), err, DFU_ERR_FILE, "No such file");
    write_old("old", 0444);
    assert_dfu_error(dfui_sink_open(&s, NAME "/x", &err), err, DFU_ERR_FILE, "Not a directory");
    if (geteuid() != 0) { /* root may write everything */
        assert_dfu_error(dfui_sink_open(&s, NAME, &err), err, DFU_ERR_FILE, "Permission denied");
    }
    assert_int_equal(mkfifo(DIR_NAME "/fifo", 0600), 0);
    assert_dfu_error(dfui_sink_open(&s, DIR_NAME "/fifo", &err), err, DFU_ERR_FILE, "No such device");
    assert_content("old");
    assert_int_equal(files(), 2);
}

static void pipes_are_written_directly(void **state)
{
    (void)state;
    struct dfui_sink s;
    char path[64];
    char got[8];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    assert_dfu_ok(dfui_sink_open(&s, path, &err), err);
    assert_dfu_ok(dfui_sink_write(&s, "hello", 5, &err), err);
    assert_dfu_ok(dfui_sink_commit(&s, &err), err);
    assert_int_equal(read(ends[0], got, sizeof got), 5);
    assert_memory_equal(got, "hello", 5);

    int saved = dup(STDOUT_FILENO);
    (void)fflush(stdout);
    assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    int rc = dfui_sink_open(&s, "-", &err);
    if (rc == DFU_OK)
        rc = dfui_sink_write(&s, "there", 5, &err);
    if (rc == DFU_OK)
        rc = dfui_sink_commit(&s, &err);
    assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
    assert_int_equal(close(saved), 0);
    assert_dfu_ok(rc, err);
    assert_int_equal(read(ends[0], got, sizeof got), 5);
    assert_memory_equal(got, "there", 5);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(new_file_heeds_the_umask, fresh_folder),
        cmocka_unit_test_setup(replacement_keeps_the_mode, fresh_folder),
        cmocka_unit_test_setup(abort_leaves_no_trace, fresh_folder),
        cmocka_unit_test_setup(link_stays_a_link, fresh_folder),
        cmocka_unit_test_setup(stale_leftovers_do_not_matter, fresh_folder),
        cmocka_unit_test_setup(large_and_small_writes_keep_their_order, fresh_folder),
        cmocka_unit_test_setup(full_device, fresh_folder),
        cmocka_unit_test_setup(full_disk_keeps_the_old_file, fresh_folder),
        cmocka_unit_test_setup(what_cannot_be_written, fresh_folder),
        cmocka_unit_test_setup(pipes_are_written_directly, fresh_folder),
    };
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
