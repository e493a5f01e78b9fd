/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/source.h"
#include "core/checked.h"
#include "core/core.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int dfui_error_file(struct dfu_error **err, const char *name, const char *what, int system_error)
{
    char text[256];
    if (strerror_r(system_error, text, sizeof text) != 0)
        return dfu_error_set(err, DFU_ERR_FILE, "%s: %s: system error %d", name, what, system_error);
    return dfu_error_set(err, DFU_ERR_FILE, "%s: %s: %s", name, what, text);
}

static int pull_file(struct dfui_source *s, uint8_t *to, size_t room, size_t *got, struct dfu_error **err)
{
    ssize_t n;
    do {
        n = read(s->fd, to, room);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return dfui_error_file(err, s->name, "cannot read", errno);
    if (n == 0 && s->pulled < s->expected)
        return dfu_error_set(err, DFU_ERR_FILE,
                             "%s: the file shrank while it was read: %" PRIu64 " of %" PRIu64 " bytes came", s->name,
                             s->pulled, s->expected);
    if (n == 0 && s->fifo && s->pulled == 0)
        return dfu_error_set(err, DFU_ERR_FILE, "%s: a pipe that nobody writes to", s->name);
    s->pulled += (uint64_t)n;
    *got = (size_t)n;
    return DFU_OK;
}

/* Refuses what is no stream of bytes, and notes what its end will look like. */
static int look_at(struct dfui_source *s, struct dfu_error **err)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0)
        return dfui_error_file(err, s->name, "cannot read", errno);
    if (S_ISDIR(st.st_mode))
        return dfui_error_file(err, s->name, "cannot read", EISDIR);
    if (S_ISREG(st.st_mode) && st.st_size > 0)
        s->expected = (uint64_t)st.st_size;
    s->fifo = S_ISFIFO(st.st_mode);
    return DFU_OK;
}

static int open_file(struct dfui_source *s, const char *path, struct dfu_error **err)
{
    if (strcmp(path, "-") == 0) {
        s->name = "standard input";
        s->fd = STDIN_FILENO;
        int rc = look_at(s, err);
        s->fifo = false; /* empty input is said to be empty */
        s->expected = 0; /* it may stand anywhere in a file */
        return rc;
    }
    /* Without O_NONBLOCK a named pipe would keep us here until somebody opens its other end. */
    s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (s->fd < 0)
        return dfui_error_file(err, path, "cannot open", errno);
    int rc = look_at(s, err);
    int flags = fcntl(s->fd, F_GETFL);
    if (rc == DFU_OK && (flags < 0 || fcntl(s->fd, F_SETFL, flags & ~O_NONBLOCK) != 0))
        rc = dfui_error_file(err, path, "cannot open", errno);
    return rc;
}

int dfui_source_open(struct dfui_source *s, const char *path, struct dfu_error **err)
{
    *s = (struct dfui_source){.name = path, .fd = -1, .pull = pull_file};
    int rc = open_file(s, path, err);
    if (rc == DFU_OK) {
        s->buffer = malloc(DFUI_SOURCE_WINDOW);
        if (s->buffer == NULL)
            rc = dfui_error_no_memory(err);
    }
    if (rc != DFU_OK)
        dfui_source_close(s);
    s->at = s->end = s->buffer;
    return rc;
}

void dfui_source_memory(struct dfui_source *s, const void *data, size_t length, const char *name)
{
    static const uint8_t nothing[1] = {0};
    const uint8_t *at = length > 0 ? data : nothing;
    *s = (struct dfui_source){.name = name, .at = at, .end = at + length, .finished = true, .fd = -1};
}

void dfui_source_close(struct dfui_source *s)
{
    if (s->fd >= 0 && s->fd != STDIN_FILENO)
        (void)close(s->fd);
    free(s->buffer);
    s->buffer = NULL;
    s->at = s->end = NULL;
    s->finished = true;
    s->fd = -1;
}

int dfui_source_need(struct dfui_source *s, size_t n, struct dfu_error **err)
{
    size_t left = dfui_source_left(s);
    if (left >= n || s->finished)
        return DFU_OK;
    memmove(s->buffer, s->at, left);
    s->at = s->buffer;
    s->end = s->buffer + left;
    while (left < n && !s->finished) {
        size_t got = 0;
        int rc = s->pull(s, s->buffer + left, DFUI_SOURCE_WINDOW - left, &got, err);
        if (rc != DFU_OK)
            return rc;
        s->finished = got == 0;
        left += got;
        s->end = s->buffer + left;
    }
    return DFU_OK;
}

int dfui_source_read(struct dfui_source *s, uint8_t *to, size_t n, size_t *got, struct dfu_error **err)
{
    size_t have = (size_t)dfui_min(dfui_source_left(s), n);
    memcpy(to, s->at, have);
    dfui_source_take(s, have);
    while (have < n && !s->finished) {
        size_t more = 0;
        int rc = s->pull(s, to + have, n - have, &more, err);
        if (rc != DFU_OK)
            return rc;
        s->finished = more == 0;
        have += more;
        s->offset += more;
    }
    *got = have;
    return DFU_OK;
}

int dfui_source_drain(struct dfui_source *s, struct dfu_error **err)
{
    int rc;
    while ((rc = dfui_source_need(s, 1, err)) == DFU_OK && dfui_source_left(s) > 0)
        dfui_source_take(s, dfui_source_left(s));
    return rc;
}

int dfui_source_slurp(struct dfui_source *s, uint64_t limit, uint8_t **out, size_t *length, struct dfu_error **err)
{
    uint8_t *data = NULL;
    size_t used = 0;
    int rc;
    *out = NULL;
    while ((rc = dfui_source_need(s, 1, err)) == DFU_OK && dfui_source_left(s) > 0) {
        size_t left = dfui_source_left(s);
        if (left > limit - used) {
            rc = dfu_error_set(err, DFU_ERR_RANGE, "%s: more than %" PRIu64 " bytes", s->name, limit);
            break;
        }
        uint8_t *bigger = realloc(data, used + left);
        if (bigger == NULL) {
            rc = dfui_error_no_memory(err);
            break;
        }
        data = bigger;
        memcpy(data + used, s->at, left);
        used += left;
        dfui_source_take(s, left);
    }
    if (rc != DFU_OK) {
        free(data);
        return rc;
    }
    *out = data;
    *length = used;
    return DFU_OK;
}
