/* SPDX-License-Identifier: BSD-2-Clause */
/* The memories of simulated boards in files. */
#include "simstate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define CHUNK 65536

static int refuse_file(struct dfu_error **err, const char *what, const char *path)
{
    return dfu_error_set(err, DFU_ERR_FILE, "cannot %s %s: %s", what, path, strerror(errno));
}

static int make_dir(const char *dir, struct dfu_error **err)
{
    if (mkdir(dir, 0777) == 0 || errno == EEXIST)
        return DFU_OK;
    return refuse_file(err, "make the state folder", dir);
}

/* Where the files of a board are: a folder of its own when there are several. */
static int board_dir(const struct dfu_sim *sim, size_t board, const char *dir, char path[PATH_SIZE],
                     struct dfu_error **err)
{
    int n = dfu_sim_count(sim) > 1 ? snprintf(path, PATH_SIZE, "%s/%s", dir, dfu_sim_serial(sim, board))
                                   : snprintf(path, PATH_SIZE, "%s", dir);
    if (n < 0 || n >= PATH_SIZE - 32)
        return dfu_error_set(err, DFU_ERR_FILE, "the name of the state folder is longer than %d bytes", PATH_SIZE - 32);
    return DFU_OK;
}

static void memory_path(char out[PATH_SIZE], const char *dir, const struct dfu_sim_memory *memory)
{
    (void)snprintf(out, PATH_SIZE, "%.*s/%08" PRIX64 ".bin", PATH_SIZE - 32, dir, memory->start);
}

static int write_all(int fd, const uint8_t *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

/* A pipe or a device must not be replaced by a file of its name. */
static int write_directly(const char *path, const void *data, size_t length, struct dfu_error **err)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0)
        return refuse_file(err, "write", path);
    int failed = write_all(fd, data, length) != 0;
    int saved = errno;
    if (close(fd) != 0 && !failed) {
        failed = 1;
        saved = errno;
    }
    errno = saved;
    return failed ? refuse_file(err, "write", path) : DFU_OK;
}

/* What open(path, O_CREAT, 0666) would have given: mkstemp makes private files. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    (void)umask(mask);
    return (mode_t)(0666 & ~mask);
}

int file_replace(const char *path, const void *data, size_t length, struct dfu_error **err)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return write_directly(path, data, length, err);
    char temporary[PATH_SIZE + 16];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return dfu_error_set(err, DFU_ERR_FILE, "the file name %.40s… is too long", path);
    int fd = mkstemp(temporary);
    if (fd < 0)
        return refuse_file(err, "write beside", path);
    int failed = write_all(fd, data, length) != 0 || fchmod(fd, usual_mode()) != 0;
    int saved = errno;
    if (close(fd) != 0 && !failed) {
        failed = 1;
        saved = errno;
    }
    if (!failed && rename(temporary, path) != 0) {
        failed = 1;
        saved = errno;
    }
    if (!failed)
        return DFU_OK;
    (void)unlink(temporary);
    errno = saved;
    return refuse_file(err, "write", path);
}

static int load_bytes(struct dfu_sim *sim, size_t board, const struct dfu_sim_memory *memory, FILE *f, const char *path,
                      struct dfu_error **err)
{
    uint8_t *chunk = malloc(CHUNK);
    int rc = chunk != NULL ? DFU_OK : dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (uint64_t done = 0; rc == DFU_OK && done < memory->length;) {
        size_t n = memory->length - done < CHUNK ? (size_t)(memory->length - done) : CHUNK;
        if (fread(chunk, 1, n, f) != n)
            rc = dfu_error_set(err, DFU_ERR_FILE, "cannot read %s: it ends after less than %" PRIu64 " bytes", path,
                               done + n);
        else
            rc = dfu_sim_load(sim, board, memory->start + done, chunk, n, err);
        done += n;
    }
    free(chunk);
    return rc;
}

static int load_file(struct dfu_sim *sim, size_t board, const struct dfu_sim_memory *memory, FILE *f, const char *path,
                     struct dfu_error **err)
{
    struct stat st;
    if (fstat(fileno(f), &st) != 0)
        return refuse_file(err, "read", path);
    if (!S_ISREG(st.st_mode))
        return dfu_error_set(err, DFU_ERR_FILE, "cannot use %s: it is no regular file", path);
    if ((uint64_t)st.st_size != memory->length) {
        int rc =
            dfu_error_set(err, DFU_ERR_FORMAT, "%s holds %lld bytes, but the memory at 0x%08" PRIX64 " has %" PRIu64,
                          path, (long long)st.st_size, memory->start, memory->length);
        dfu_error_set_hint(err, "use another state folder for this profile, or delete the file");
        return rc;
    }
    return load_bytes(sim, board, memory, f, path, err);
}

/* Asking for the contents makes all of a memory resident: only where they are to be written. */
static int write_memory(const struct dfu_sim *sim, size_t board, size_t index, const char *path, struct dfu_error **err)
{
    struct dfu_sim_memory memory;
    DFU_INIT(&memory);
    int rc = dfu_sim_get_memory(sim, board, index, &memory);
    if (rc != DFU_OK || memory.data == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "no memory for the contents of %s", path);
    return file_replace(path, memory.data, (size_t)memory.length, err);
}

static int load_memory(struct dfu_sim *sim, size_t board, size_t index, const struct dfu_sim_memory *memory,
                       const char *path, struct dfu_error **err)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL && errno == ENOENT)
        return write_memory(sim, board, index, path, err);
    if (f == NULL)
        return refuse_file(err, "read", path);
    int rc = load_file(sim, board, memory, f, path, err);
    (void)fclose(f);
    return rc;
}

/* The memory at index as far as it costs nothing. Returns 0 past the last one. */
static int look(const struct dfu_sim *sim, size_t board, size_t index, struct dfu_sim_memory *memory)
{
    DFU_INIT(memory);
    memory->flags = DFU_SIM_LOOK;
    return dfu_sim_get_memory(sim, board, index, memory) == DFU_OK;
}

static int load_board(struct dfu_sim *sim, size_t board, const char *dir, struct dfu_error **err)
{
    struct dfu_sim_memory memory;
    char path[PATH_SIZE];
    int rc = make_dir(dir, err);
    for (size_t i = 0; rc == DFU_OK && look(sim, board, i, &memory); i++) {
        memory_path(path, dir, &memory);
        rc = load_memory(sim, board, i, &memory, path, err);
    }
    return rc;
}

static int save_board(const struct dfu_sim *sim, size_t board, const char *dir, struct dfu_error **err)
{
    struct dfu_sim_memory memory;
    char path[PATH_SIZE];
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && look(sim, board, i, &memory); i++) {
        memory_path(path, dir, &memory);
        if (memory.changed)
            rc = write_memory(sim, board, i, path, err);
    }
    return rc;
}

int simstate_load(struct dfu_sim *sim, const char *dir, struct dfu_error **err)
{
    int rc = make_dir(dir, err);
    for (size_t board = 0; rc == DFU_OK && board < dfu_sim_count(sim); board++) {
        char path[PATH_SIZE];
        rc = board_dir(sim, board, dir, path, err);
        if (rc == DFU_OK)
            rc = load_board(sim, board, path, err);
    }
    return rc;
}

int simstate_save(const struct dfu_sim *sim, const char *dir, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t board = 0; rc == DFU_OK && board < dfu_sim_count(sim); board++) {
        char path[PATH_SIZE];
        rc = board_dir(sim, board, dir, path, err);
        if (rc == DFU_OK)
            rc = save_board(sim, board, path, err);
    }
    return rc;
}
