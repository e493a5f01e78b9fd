/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu sim PROFILE --usbip or --vhci: a simulated device for other programs. */
#ifndef CLI_SIMSERVE_H
#define CLI_SIMSERVE_H

#include "cli.h"

/* Runs until a signal ends it; then memories and counters are saved. */
int simserve_run(struct cli *cli, const char *spec, struct dfu_error **err);

#endif
