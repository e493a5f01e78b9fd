/* SPDX-License-Identifier: BSD-2-Clause */
/* What flash, read, verify, erase and leave have in common: find a device, plan, show or run the plan, report. */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include "target.h"

struct job {
    struct cli *cli;
    struct target target;
    struct dfu_image *image; /* what is written or compared, or what was read; owned */
    struct dfu_plan *plan;   /* owned */
    struct dfu_plan_summary summary;
    struct dfu_result result;
    struct dfu_result survey;      /* of reading what the device held before */
    struct dfu_estimate estimate;  /* of the run, by the times it measured; full_us is 0 without */
    dfu_difference_fn *difference; /* told what differs; NULL = nobody */
    void *difference_user;
    uint32_t run_flags; /* enum dfu_run_flags */
    int dry_run;
    int ran; /* the run came to its end */
};

/* Starts the context. Call job_close() and job_free() even on failure. */
int job_start(struct job *job, struct cli *cli, struct dfu_error **err);

/* Loads the files of the operands into job->image. Looks for a device only where a raw file has no address, so that
 * the error says what memories there are. */
int job_load(struct job *job, struct dfu_error **err);

/* Finds the device and, unless it is a dry run that need not read it, opens it. */
int job_open(struct job *job, struct dfu_error **err);

/* Reads --leave, --no-verify, --require-verify, --strict, --force, --diff and --preserve into the plan's options, and
 * --poll. */
int job_plan_options(struct job *job, struct dfu_error **err);

/* With --diff or --preserve: reads what the device holds. *contents is the caller's; NULL when nothing was asked. */
int job_survey(struct job *job, struct dfu_image **contents, struct dfu_error **err);

/* Takes the plan over, says its notes, and prints it (dry run) or runs it. into is for reading. */
int job_run(struct job *job, struct dfu_plan *plan, struct dfu_image *into, struct dfu_error **err);

/* Closes the device; returns rc, or a failure to keep the simulator's files. */
int job_close(struct job *job, int rc, struct dfu_error **err);

/* The closing line or JSON event of a run that went well; text is NULL in a dry run. */
void job_report(struct job *job, const char *text);

void job_free(struct job *job);

/* ", and the program was started (…)" or "". */
const char *job_left_text(const struct job *job);

/* DFU_ERR_NOT_LEFT with message and advice. */
int job_refuse_still_dfu(struct dfu_error **err, const char *message);

#endif
