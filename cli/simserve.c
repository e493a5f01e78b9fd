/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu sim PROFILE --usbip or --vhci: a simulated device for other programs. */
#include "simserve.h"

#include "out.h"
#include "signals.h"
#include "simdev.h"

#include <libdfu/sim.h>

/* Who comes and goes is what the user of a server wants to see; stderr is not buffered. */
static void on_log(int level, const char *line, void *user)
{
    struct cli *cli = user;
    if (level <= DFU_LOG_WARNING)
        out_warning(cli, "%s", line);
    else
        out_note(cli, "%s", line);
}

int simserve_run(struct cli *cli, const char *spec, struct dfu_error **err)
{
    struct simdev *dev = NULL;
    struct dfu_sim_serve_options serve;
    DFU_INIT(&serve);
    serve.address = args_value(&cli->args, OPT_USBIP);
    serve.flags = (args_count(&cli->args, OPT_USBIP) > 0 ? (uint32_t)DFU_SIM_SERVE_TCP : 0) |
                  (args_count(&cli->args, OPT_VHCI) > 0 ? (uint32_t)DFU_SIM_SERVE_VHCI : 0);
    serve.log = on_log;
    serve.log_user = cli;
    int rc = simdev_new(spec, SIMDEV_REAL_TIME, &dev, err);
    if (rc != DFU_OK)
        return rc;
    signals_watch_sim(simdev_sim(dev));
    rc = dfu_sim_serve(simdev_sim(dev), &serve, err);
    signals_watch_sim(NULL);
    int saved = simdev_save(dev, rc == DFU_OK ? err : NULL);
    simdev_free(dev);
    return rc != DFU_OK ? rc : saved;
}
