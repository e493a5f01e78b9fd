/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To be preloaded: the N-th file operation that changes or reads something fails, N from the variable FAIL_FILE. With
 * FAIL_FILE_COUNT the number of operations is written to that file at the end. What the loader does before main() is
 * not counted, nor are operations on standard output and error.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static long count;

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* The variable is this process's own, and of this shim alone. */
static int fails(int error)
{
    const char *at = getenv("FAIL_FILE");
    if (++count != (at != NULL ? strtol(at, NULL, 10) : 0))
        return 0;
    errno = error;
    return 1;
}

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    unsigned mode = (flags & O_CREAT) != 0 ? va_arg(list, unsigned) : 0;
    va_end(list);
    int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
    return fails(EIO) ? -1 : next(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

ssize_t read(int fd, void *data, size_t length)
{
    ssize_t (*next)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))real("read");
    return fails(EIO) ? -1 : next(fd, data, length);
}

ssize_t write(int fd, const void *data, size_t length)
{
    ssize_t (*next)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))real("write");
    return fd > 2 && fails(ENOSPC) ? -1 : next(fd, data, length);
}

int fsync(int fd)
{
    int (*next)(int) = (int (*)(int))real("fsync");
    return fails(EIO) ? -1 : next(fd);
}

/* As the kernel does it: the descriptor is gone all the same. */
int close(int fd)
{
    int (*next)(int) = (int (*)(int))real("close");
    int rc = next(fd);
    return fd > 2 && fails(EIO) ? -1 : rc;
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) = (int (*)(const char *, const char *))real("rename");
    return fails(EACCES) ? -1 : next(from, to);
}

int fchmod(int fd, mode_t mode)
{
    int (*next)(int, mode_t) = (int (*)(int, mode_t))real("fchmod");
    return fails(EPERM) ? -1 : next(fd, mode);
}

int mkstemp(char *name)
{
    int (*next)(char *) = (int (*)(char *))real("mkstemp");
    return fails(EACCES) ? -1 : next(name);
}

int mkstemp64(char *name) __attribute__((alias("mkstemp")));

FILE *fopen(const char *path, const char *mode)
{
    FILE *(*next)(const char *, const char *) = (FILE * (*)(const char *, const char *)) real("fopen");
    return fails(EACCES) ? NULL : next(path, mode);
}

FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));

size_t fread(void *data, size_t size, size_t n, FILE *f)
{
    size_t (*next)(void *, size_t, size_t, FILE *) = (size_t(*)(void *, size_t, size_t, FILE *))real("fread");
    return fails(EIO) ? 0 : next(data, size, n, f);
}

int fclose(FILE *f)
{
    int (*next)(FILE *) = (int (*)(FILE *))real("fclose");
    int rc = next(f);
    return fails(ENOSPC) ? EOF : rc;
}

static void __attribute__((destructor)) tell(void)
{
    const char *path = getenv("FAIL_FILE_COUNT");
    long total = count;
    count = -1000; /* never the N-th any more */
    FILE *f = path != NULL ? fopen(path, "w") : NULL;
    if (f != NULL) {
        (void)fprintf(f, "%ld\n", total);
        (void)fclose(f);
    }
}
