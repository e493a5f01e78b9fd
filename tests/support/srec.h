/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs srec_cat command lines on libdfu, as far as both can do the same. */
#ifndef DFU_TEST_SREC_H
#define DFU_TEST_SREC_H

#include "support.h"

struct srec_job {
    const char *folder;  /* input names are relative to it */
    const char *command; /* "srec_cat in/a.hex -Intel … -o out.hex -Intel" */
    const char *output;  /* file to write instead of the command's own */
    /* results: */
    char unknown[64]; /* the first word that has no counterpart here; nothing ran then */
    char named[256];  /* the command's own output name */
    uint32_t crc;     /* of the last -STM32 */
    struct dfu_error *err;
};

/* DFU_OK, a libdfu error (job->err is the caller's), or SREC_UNKNOWN. */
#define SREC_UNKNOWN 1
int srec_run(struct srec_job *job);

#endif
