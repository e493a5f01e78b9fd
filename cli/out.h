/* SPDX-License-Identifier: BSD-2-Clause */
/* All printing. Results go to standard output; notes, warnings and errors to standard error. In JSON mode standard
 * output carries JSON only, and standard error speaks only with -v. */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include "cli.h"

/* Colours of out_paint(). */
enum paint { PAINT_NONE, PAINT_BOLD, PAINT_RED, PAINT_GREEN, PAINT_YELLOW, PAINT_DIM };

/* Sets up cli->voice from the options and the terminals. */
int out_setup(struct cli *cli, struct dfu_error **err);

/* A result for people; control characters from devices and files are made harmless. */
void out_text(struct cli *cli, const char *format, ...) DFU_PRINTF(2, 3);

/* Switches the colour of out_text() where colour is on. */
void out_paint(struct cli *cli, enum paint paint);

/* Prints object as one line and lets go of it. */
void out_json(struct cli *cli, json_t *object);

/* "note: …" (not with -q) and "warning: …"; collected in JSON mode. */
void out_note(struct cli *cli, const char *format, ...) DFU_PRINTF(2, 3);
void out_warning(struct cli *cli, const char *format, ...) DFU_PRINTF(2, 3);

/* A line to standard error as it is, after taking the progress bar away. */
void out_message(struct cli *cli, const char *text);

/* The closing error, three parts or one JSON object; returns the exit status. */
int out_error(struct cli *cli, int rc, const struct dfu_error *err);

/* Adds a line to what goes below the error. */
void out_error_line(struct cli *cli, const char *format, ...) DFU_PRINTF(2, 3);

/* Adds a member to a JSON error; takes value. */
void out_error_member(struct cli *cli, const char *key, json_t *value);

/* Forgets what was added so far: the error it belonged to is not the one that is reported. */
void out_error_forget(struct cli *cli);

/* Flushes standard output; a write that failed is DFU_ERR_FILE. */
int out_flush(struct dfu_error **err);

/* A JSON string, made valid UTF-8; null for NULL. */
json_t *json_text(const char *text);

/* {"path", "serial"} of the device in hand, or null. */
json_t *json_device(const struct cli *cli);

/* "warnings" and "notes" of this run so far, added to object. */
void json_add_said(struct cli *cli, json_t *object);

/* {"start", "end"} added to object. */
void json_add_range(json_t *object, uint64_t start, uint64_t end);

#endif
