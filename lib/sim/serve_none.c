/* SPDX-License-Identifier: BSD-2-Clause */
/* Where there are no POSIX sockets. */
#include "sim/board.h"

int dfu_sim_serve(struct dfu_sim *sim, const struct dfu_sim_serve_options *options, struct dfu_error **err)
{
    (void)sim;
    (void)options;
    return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "USB/IP export is not built for this system");
}

void dfu_sim_stop(struct dfu_sim *sim)
{
    (void)sim;
}
