/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A log of a whole flash is a few megabytes. */
#define MAX_LOG ((size_t)256 << 20)

static void write_line(const char *line, void *user)
{
    struct wire *wire = user;
    (void)fprintf(wire->file, "%s\n", line); /* a failure shows when the file is closed */
}

static int read_log(const char *path, char **text, size_t *length, struct dfu_error **err)
{
    size_t room = 0;
    FILE *f = fopen(path, "rb");
    int rc = f == NULL ? dfu_error_set(err, DFU_ERR_FILE, "cannot read %s: %s", path, strerror(errno)) : DFU_OK;
    *text = NULL;
    *length = 0;
    while (rc == DFU_OK) {
        if (*length == room) {
            room = room == 0 ? 65536 : room * 2;
            char *more = room <= MAX_LOG ? realloc(*text, room) : NULL;
            if (more == NULL) {
                rc = dfu_error_set(err, DFU_ERR_NO_MEMORY, "%s is too large for a wire log", path);
                break;
            }
            *text = more;
        }
        size_t n = fread(*text + *length, 1, room - *length, f);
        if (n == 0)
            break;
        *length += n;
    }
    if (rc == DFU_OK && ferror(f))
        rc = dfu_error_set(err, DFU_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
    if (f != NULL)
        (void)fclose(f);
    return rc;
}

static int replay(struct wire *wire, const char *path, struct dfu_context_options *context, struct dfu_error **err)
{
    char *text;
    size_t length;
    int rc = read_log(path, &text, &length, err);
    if (rc == DFU_OK)
        rc = dfu_replayer_new(text, length, path, &wire->replayer, err);
    free(text);
    if (rc == DFU_OK)
        dfu_replayer_attach(wire->replayer, context);
    return rc;
}

static int record(struct wire *wire, const char *path, struct dfu_context_options *context, struct dfu_error **err)
{
    wire->file = fopen(path, "w");
    if (wire->file == NULL)
        return dfu_error_set(err, DFU_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
    /* Complete to the last line, whatever happens to the process: that is when a log is wanted. */
    (void)setvbuf(wire->file, NULL, _IOLBF, BUFSIZ);
    int rc = dfu_recorder_new(context, write_line, wire, &wire->recorder, err);
    if (rc == DFU_OK)
        dfu_recorder_attach(wire->recorder, context);
    return rc;
}

int wire_open(struct wire *wire, const struct args *args, struct dfu_context_options *context, struct dfu_error **err)
{
    const char *from = args_value(args, OPT_REPLAY);
    const char *to = args_value(args, OPT_RECORD);
    int rc = DFU_OK;
    if (from != NULL && args_count(args, OPT_SIM) > 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--replay and --sim exclude each other");
    if (from != NULL)
        rc = replay(wire, from, context, err);
    if (rc == DFU_OK && to != NULL)
        rc = record(wire, to, context, err);
    return rc;
}

int wire_close(struct wire *wire, int rc, struct dfu_error **err)
{
    dfu_recorder_free(wire->recorder);
    wire->recorder = NULL;
    if (wire->file != NULL) {
        int failed = ferror(wire->file);
        failed |= fclose(wire->file) != 0;
        wire->file = NULL;
        if (failed && rc == DFU_OK)
            rc = dfu_error_set(err, DFU_ERR_FILE, "cannot write the wire log: is there room?");
    }
    if (wire->replayer != NULL && rc == DFU_OK)
        rc = dfu_replayer_finish(wire->replayer, err);
    dfu_replayer_free(wire->replayer);
    wire->replayer = NULL;
    return rc;
}
