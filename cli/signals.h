/* SPDX-License-Identifier: BSD-2-Clause */
/* Ctrl-C: the first stops cleanly, the second at once. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

struct dfu_context;

/* Takes SIGINT, SIGTERM and SIGHUP; makes a closed pipe an error of write() instead of a death in mid-flash. */
void signals_setup(void);

/* The context that the first signal cancels; NULL = none, then a signal ends the program at once. */
void signals_watch(struct dfu_context *context);

#endif
