/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buffered, atomic output: a temporary file beside the target takes its place at commit, so that a failure
 * leaves an existing file as it was. What is no regular file is written directly.
 */
#ifndef DFUI_SINK_H
#define DFUI_SINK_H

#include <libdfu/types.h>
#include <stdbool.h>

#define DFUI_SINK_BUFFER ((size_t)256 * 1024)

struct dfui_sink {
    const char *name; /* as the caller wrote it, for messages; borrowed */
    char *target;     /* the file to replace, links resolved; NULL when written directly */
    char *temporary;  /* exists until commit or abort; NULL when written directly */
    bool replaces;    /* target existed at open */
    int fd;
    uint8_t *buffer;
    size_t used;
};

/* "-" is standard output. On failure there is nothing to abort. Errors: DFU_ERR_FILE, DFU_ERR_NO_MEMORY. */
int dfui_sink_open(struct dfui_sink *s, const char *path, struct dfu_error **err);

int dfui_sink_write(struct dfui_sink *s, const void *data, size_t length, struct dfu_error **err);

/* Room for n bytes (n <= DFUI_SINK_BUFFER) to be filled by the caller, who then adds what it used to s->used.
 * NULL after an error. */
uint8_t *dfui_sink_room(struct dfui_sink *s, size_t n, struct dfu_error **err);

/* Everything on disk under its final name, or an error and the old file. Ends the sink either way. */
int dfui_sink_commit(struct dfui_sink *s, struct dfu_error **err);

/* Gives up: the temporary file goes. Harmless after commit. */
void dfui_sink_abort(struct dfui_sink *s);

#endif
