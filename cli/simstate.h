/* SPDX-License-Identifier: BSD-2-Clause */
/* The memories of simulated boards in files, so that they live on between runs. */
#ifndef CLI_SIMSTATE_H
#define CLI_SIMSTATE_H

#include <libdfu/error.h>
#include <libdfu/sim.h>

/*
 * Loads DIR/08000000.bin (with several boards DIR/SERIAL/08000000.bin), one file for each contiguous memory, named by
 * its start. What is missing is created with the contents that the board has now.
 */
int simstate_load(struct dfu_sim *sim, const char *dir, struct dfu_error **err);

/* Replaces the files of the memories that were changed, each at once by renaming. */
int simstate_save(const struct dfu_sim *sim, const char *dir, struct dfu_error **err);

/* Writes length bytes to path through a temporary file beside it. */
int file_replace(const char *path, const void *data, size_t length, struct dfu_error **err);

#endif
