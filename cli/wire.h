/* SPDX-License-Identifier: BSD-2-Clause */
/* --record and --replay: wire logs as files. */
#ifndef CLI_WIRE_H
#define CLI_WIRE_H

#include "cli.h"

struct wire {
    FILE *file; /* being recorded, or NULL */
    struct dfu_recorder *recorder;
    struct dfu_replayer *replayer;
};

/* Puts what the options ask for between context options and transport. Call wire_close() even on failure. */
int wire_open(struct wire *wire, const struct args *args, struct dfu_context_options *context, struct dfu_error **err);

/* After the context is gone. A log that was not replayed to its end is an error unless there was one (rc) before. */
int wire_close(struct wire *wire, int rc, struct dfu_error **err);

#endif
