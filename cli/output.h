/* SPDX-License-Identifier: BSD-2-Clause */
/* Where images go: -o FILE, or "-" for standard output. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"

/* Checks, before anything slow is done, that -o was given and can be right; *path is borrowed. */
int output_check(const struct cli *cli, const char **path, struct dfu_error **err);

/* 1 when what will be written is a raw file. format_id is the option that names the format. */
int output_is_raw(const struct cli *cli, enum opt_id format_id, const char *path);

/* 1 when what will be written is a .dfu file. */
int output_is_dfu(const struct cli *cli, enum opt_id format_id, const char *path);

/* The device that an image was read from: a .dfu file names it unless options say otherwise. */
struct output_device {
    int plain; /* plain DFU: its .dfu files are raw bytes and a suffix */
    uint16_t vid;
    uint16_t pid;
    uint16_t bcd_device;
};

/* Writes the image; device is NULL when it came from files. */
int output_save(struct cli *cli, enum opt_id format_id, const char *path, const struct dfu_image *image,
                const struct output_device *device, struct dfu_error **err);

#endif
