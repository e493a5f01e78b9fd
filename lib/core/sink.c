/* SPDX-License-Identifier: BSD-2-Clause */
#define _XOPEN_SOURCE 700 /* realpath */
#include "core/sink.h"
#include "core/core.h"
#include "core/source.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Leftovers of killed programs that may be in the way of a new temporary name. */
#define TRIES 1000u

static int failed(const struct dfui_sink *s, const char *what, int system_error, struct dfu_error **err)
{
    int rc = dfui_error_file(err, s->name, what, system_error);
    if (s->replaces)
        dfu_error_set_cause(err, "the file that was there is left as it was");
    return rc;
}

/* A device, a pipe: no temporary file can stand for it. */
static int open_direct(struct dfui_sink *s, const char *path, struct dfu_error **err)
{
    /* Without O_NONBLOCK a named pipe would keep us here until somebody reads it. */
    s->fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (s->fd < 0)
        return failed(s, "cannot open", errno, err);
    int flags = fcntl(s->fd, F_GETFL);
    if (flags < 0 || fcntl(s->fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        return failed(s, "cannot open", errno, err);
    return DFU_OK;
}

/* Creates DIR/.dfu-PID-N.tmp; the umask shapes the mode of a new file, the old file that of a replacement. */
static int open_temporary(struct dfui_sink *s, const struct stat *old, struct dfu_error **err)
{
    const char *slash = strrchr(s->target, '/');
    int folder = slash == NULL ? 0 : (int)(slash - s->target) + 1;
    for (unsigned n = 0; n < TRIES; n++) {
        free(s->temporary);
        s->temporary = dfui_format("%.*s.dfu-%ld-%u.tmp", folder, s->target, (long)getpid(), n);
        if (s->temporary == NULL)
            return dfui_error_no_memory(err);
        s->fd = open(s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (s->fd >= 0 || errno != EEXIST)
            break;
    }
    if (s->fd < 0) {
        int system_error = errno;
        free(s->temporary); /* not ours to remove */
        s->temporary = NULL;
        return failed(s, "cannot create a file beside it", system_error, err);
    }
    if (old != NULL && fchmod(s->fd, old->st_mode & 0777) != 0)
        return failed(s, "cannot copy its mode", errno, err);
    return DFU_OK;
}

/* The name to rename to: a link stays a link. */
static int resolve(struct dfui_sink *s, const char *path, struct dfu_error **err)
{
    struct stat link;
    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)) {
        s->target = realpath(path, NULL);
        return s->target != NULL ? DFU_OK : failed(s, "cannot follow the link", errno, err);
    }
    s->target = dfui_strdup(path);
    return s->target != NULL ? DFU_OK : dfui_error_no_memory(err);
}

static int open_path(struct dfui_sink *s, const char *path, struct dfu_error **err)
{
    struct stat old;
    if (strcmp(path, "-") == 0) {
        s->name = "standard output";
        s->fd = STDOUT_FILENO;
        return DFU_OK;
    }
    bool exists = stat(path, &old) == 0;
    if (!exists && errno != ENOENT)
        return failed(s, "cannot write", errno, err);
    if (exists && S_ISDIR(old.st_mode))
        return failed(s, "cannot write", EISDIR, err);
    if (exists && !S_ISREG(old.st_mode))
        return open_direct(s, path, err);
    s->replaces = exists;
    if (exists && access(path, W_OK) != 0) /* renaming over it would work, but it was protected for a reason */
        return failed(s, "cannot write", errno, err);
    int rc = resolve(s, path, err);
    return rc == DFU_OK ? open_temporary(s, exists ? &old : NULL, err) : rc;
}

int dfui_sink_open(struct dfui_sink *s, const char *path, struct dfu_error **err)
{
    *s = (struct dfui_sink){.name = path, .fd = -1};
    if (path[0] == '\0')
        return failed(s, "cannot write", ENOENT, err);
    s->buffer = malloc(DFUI_SINK_BUFFER);
    int rc = s->buffer == NULL ? dfui_error_no_memory(err) : open_path(s, path, err);
    if (rc != DFU_OK)
        dfui_sink_abort(s);
    return rc;
}

static int write_all(struct dfui_sink *s, const uint8_t *data, size_t length, struct dfu_error **err)
{
    while (length > 0) {
        ssize_t n = write(s->fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(s, "cannot write", errno, err);
        data += n;
        length -= (size_t)n;
    }
    return DFU_OK;
}

static int flush(struct dfui_sink *s, struct dfu_error **err)
{
    size_t used = s->used;
    s->used = 0;
    return write_all(s, s->buffer, used, err);
}

uint8_t *dfui_sink_room(struct dfui_sink *s, size_t n, struct dfu_error **err)
{
    if (n > DFUI_SINK_BUFFER - s->used && flush(s, err) != DFU_OK)
        return NULL;
    return s->buffer + s->used;
}

int dfui_sink_write(struct dfui_sink *s, const void *data, size_t length, struct dfu_error **err)
{
    if (length >= DFUI_SINK_BUFFER / 2) {
        int rc = flush(s, err);
        return rc == DFU_OK ? write_all(s, data, length, err) : rc;
    }
    uint8_t *room = dfui_sink_room(s, length, err);
    if (room == NULL)
        return DFU_ERR_FILE;
    if (length > 0)
        memcpy(room, data, length);
    s->used += length;
    return DFU_OK;
}

static int finish(struct dfui_sink *s, struct dfu_error **err)
{
    int rc = flush(s, err);
    if (rc != DFU_OK || s->temporary == NULL)
        return rc;
    if (fsync(s->fd) != 0 && errno != EINVAL && errno != ENOSYS)
        return failed(s, "cannot write", errno, err);
    int fd = s->fd;
    s->fd = -1;
    if (close(fd) != 0 && errno != EINTR)
        return failed(s, "cannot write", errno, err);
    if (rename(s->temporary, s->target) != 0)
        return failed(s, "cannot rename the new file to it", errno, err);
    free(s->temporary); /* nothing left to remove */
    s->temporary = NULL;
    return DFU_OK;
}

int dfui_sink_commit(struct dfui_sink *s, struct dfu_error **err)
{
    int rc = finish(s, err);
    dfui_sink_abort(s);
    return rc;
}

void dfui_sink_abort(struct dfui_sink *s)
{
    if (s->fd >= 0 && s->fd != STDOUT_FILENO)
        (void)close(s->fd);
    if (s->temporary != NULL)
        (void)unlink(s->temporary);
    free(s->temporary);
    free(s->target);
    free(s->buffer);
    *s = (struct dfui_sink){.fd = -1};
}
