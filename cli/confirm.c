/* SPDX-License-Identifier: BSD-2-Clause */
#include "confirm.h"

#include "text.h"

#include <unistd.h>

int confirm(struct cli *cli, const char *question, const char *what, const char *refused, struct dfu_error **err)
{
    char answer[16] = "";
    if (args_count(&cli->args, OPT_YES) > 0)
        return DFU_OK;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || cli->voice.json) {
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "%s was not confirmed", what);
        dfu_error_set_hint(err, "add --yes to do it without being asked");
        return rc;
    }
    (void)fprintf(stderr, "%s? [y/N] ", question);
    (void)fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (text_same(answer, "y\n") || text_same(answer, "yes\n")))
        return DFU_OK;
    return dfu_error_set(err, DFU_ERR_CANCELLED, "%s", refused);
}
