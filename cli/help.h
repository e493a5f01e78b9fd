/* SPDX-License-Identifier: BSD-2-Clause */
/* Help texts, made from the tables of commands.h. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "commands.h"

#include <stdio.h>

/* The overview, and the help of one verb. */
void help_overview(FILE *f);
void help_verb(FILE *f, const struct verb *verb);

#endif
