/* SPDX-License-Identifier: BSD-2-Clause */
/* Ctrl-C: the first stops cleanly, the second at once. */
#include "signals.h"

#include "exitcode.h"

#include <libdfu/context.h>
#include <libdfu/sim.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static struct dfu_context *volatile watched;
static struct dfu_sim *volatile served;
static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    static const char text[] = "\nstopping; once more to stop at once\n";
    (void)number;
    struct dfu_context *context = watched;
    struct dfu_sim *sim = served;
    if (sim != NULL && !seen) {
        seen = 1;
        dfu_sim_stop(sim);
        return;
    }
    if (context == NULL || seen)
        _exit(EXIT_CANCELLED);
    seen = 1;
    dfu_context_cancel(context);
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        return; /* nobody to tell */
}

void signals_setup(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    (void)sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction old;
        /* "nohup dfu …" and "dfu … &" in a script have asked not to be disturbed. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigaction(SIGXFSZ, &action, NULL); /* a file at its size limit: likewise */
}

void signals_watch(struct dfu_context *context)
{
    watched = context;
}

void signals_watch_sim(struct dfu_sim *sim)
{
    served = sim;
}
