/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking before something that cannot be taken back. */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include "cli.h"

/* DFU_OK with --yes or after a "y" on a terminal. Where nobody can be asked it is an error that names what. question
 * ends without a question mark; refused is the message after a "no". */
int confirm(struct cli *cli, const char *question, const char *what, const char *refused, struct dfu_error **err);

#endif
