/* SPDX-License-Identifier: BSD-2-Clause */
/* What every verb gets: the parsed command line and where to say things. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "commands.h"

#include <jansson.h>
#include <libdfu/libdfu.h>
#include <stdint.h>
#include <stdio.h>

enum progress_mode { PROGRESS_NONE, PROGRESS_LINES, PROGRESS_BAR, PROGRESS_JSON };

/* How to talk; set once from the global options. */
struct voice {
    int json;
    int quiet;
    int verbose; /* 0 to 3 */
    int color_results;
    int color_messages;
    enum progress_mode progress;
    int bar_width; /* columns of the progress bar that is on the screen, 0 = none */
};

struct cli {
    struct args args;
    const struct verb *verb;
    struct voice voice;
    FILE *log;       /* --log, or NULL */
    int raw_at_zero; /* raw files need no address: the device in hand has none */

    /* For the closing report: the device in hand, and how far a run came. */
    char *device_path;
    char *device_serial;
    struct dfu_result partial; /* valid when has_run */
    int has_run;

    /* JSON mode: what was said on the way. */
    json_t *notes;
    json_t *warnings;

    /* Goes with an error: lines for people, members for programs. Either may be NULL. */
    char *extra_text;
    json_t *extra_json;
};

#endif
