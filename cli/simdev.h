/* SPDX-License-Identifier: BSD-2-Clause */
/* --sim PROFILE[,key=value…]: a simulated device with its files. */
#ifndef CLI_SIMDEV_H
#define CLI_SIMDEV_H

#include <libdfu/error.h>
#include <libdfu/sim.h>

struct simdev; /* the simulator, and what to do at its end */

/* Reads the option's value, makes the boards and loads their state. With SIMDEV_REAL_TIME time=real need not be said.
 */
enum simdev_time { SIMDEV_ANY_TIME, SIMDEV_REAL_TIME };
int simdev_new(const char *spec, enum simdev_time time, struct simdev **out, struct dfu_error **err);

struct dfu_sim *simdev_sim(struct simdev *dev);

/* Writes the counters and the changed memories; called also after a failure. */
int simdev_save(struct simdev *dev, struct dfu_error **err);

void simdev_free(struct simdev *dev);

#endif
