/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounded input: bytes of a file or of memory, seen through a window, never the whole file at once.
 * A filter (decompression) is a source whose pull function reads from another one.
 */
#ifndef DFUI_SOURCE_H
#define DFUI_SOURCE_H

#include <libdfu/types.h>
#include <stdbool.h>

/* The most bytes that dfui_source_need() can make contiguous. */
#define DFUI_SOURCE_WINDOW ((size_t)256 * 1024)

struct dfui_source {
    const char *name;  /* for messages; borrowed */
    const uint8_t *at; /* unread bytes of the window */
    const uint8_t *end;
    uint64_t offset; /* of *at* from the start of the input */
    bool finished;   /* nothing comes after the window */
    /* Puts up to room bytes at to; *got 0 = the end. NULL = memory, all of it in the window. */
    int (*pull)(struct dfui_source *s, uint8_t *to, size_t room, size_t *got, struct dfu_error **err);
    uint8_t *buffer;
    int fd;
    bool fifo;
    uint64_t expected; /* a regular file's size when it was opened */
    uint64_t pulled;
};

/* Opens a file; "-" is standard input. Never waits for the writer of a named pipe. Errors: DFU_ERR_FILE,
 * DFU_ERR_NO_MEMORY. On failure there is nothing to close. */
int dfui_source_open(struct dfui_source *s, const char *path, struct dfu_error **err);

/* A source over borrowed memory. */
void dfui_source_memory(struct dfui_source *s, const void *data, size_t length, const char *name);

void dfui_source_close(struct dfui_source *s);

/* Makes at least n bytes (n <= DFUI_SOURCE_WINDOW) contiguous, or all that is left. */
int dfui_source_need(struct dfui_source *s, size_t n, struct dfu_error **err);

/* Copies up to n bytes out, past the window where it can; *got < n only at the end. */
int dfui_source_read(struct dfui_source *s, uint8_t *to, size_t n, size_t *got, struct dfu_error **err);

/* Reads the rest and forgets it. */
int dfui_source_drain(struct dfui_source *s, struct dfu_error **err);

/* The rest of the input in memory of its own (free it); more than limit bytes are DFU_ERR_RANGE. */
int dfui_source_slurp(struct dfui_source *s, uint64_t limit, uint8_t **out, size_t *length, struct dfu_error **err);

static inline size_t dfui_source_left(const struct dfui_source *s)
{
    return (size_t)(s->end - s->at);
}

/* Steps over n bytes of the window. */
static inline void dfui_source_take(struct dfui_source *s, size_t n)
{
    s->at += n;
    s->offset += n;
}

/* DFU_ERR_FILE "name: what: text of the system error". */
int dfui_error_file(struct dfu_error **err, const char *name, const char *what, int system_error);

#endif
