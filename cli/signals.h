/* SPDX-License-Identifier: BSD-2-Clause */
/* Ctrl-C: the first stops cleanly, the second at once. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

struct dfu_context;
struct dfu_sim;

/* Takes SIGINT, SIGTERM and SIGHUP; makes a closed pipe an error of write() instead of a death in mid-flash. */
void signals_setup(void);

/* The context that the first signal cancels; NULL = none, then a signal ends the program at once. */
void signals_watch(struct dfu_context *context);

/* The simulator that is served: the first signal ends the serving. */
void signals_watch_sim(struct dfu_sim *sim);

#endif
