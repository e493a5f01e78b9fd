/* SPDX-License-Identifier: BSD-2-Clause */
/* The one table from library codes to exit statuses. */
#include "exitcode.h"

#include <libdfu/types.h>
#include <stddef.h>

static const struct {
    int code;
    int status;
} table[] = {
    {DFU_OK, EXIT_GOOD},
    {DFU_ERR_ARGUMENT, EXIT_USAGE},
    {DFU_ERR_NO_MEMORY, EXIT_INTERNAL},
    {DFU_ERR_UNSUPPORTED, EXIT_REFUSED},
    {DFU_ERR_INTERNAL, EXIT_INTERNAL},
    {DFU_ERR_FILE, EXIT_BAD_INPUT},
    {DFU_ERR_FORMAT, EXIT_BAD_INPUT},
    {DFU_ERR_WRONG_TARGET, EXIT_BAD_INPUT},
    {DFU_ERR_RANGE, EXIT_BAD_INPUT},
    {DFU_ERR_NO_DEVICE, EXIT_NO_DEVICE},
    {DFU_ERR_AMBIGUOUS, EXIT_SEVERAL},
    {DFU_ERR_ACCESS, EXIT_ACCESS},
    {DFU_ERR_BUSY, EXIT_ACCESS},
    {DFU_ERR_GONE, EXIT_USB},
    {DFU_ERR_USB, EXIT_USB},
    {DFU_ERR_TIMEOUT, EXIT_USB},
    {DFU_ERR_PROTOCOL, EXIT_USB},
    {DFU_ERR_STALL, EXIT_USB},
    {DFU_ERR_DEVICE, EXIT_REFUSED},
    {DFU_ERR_PROTECTED, EXIT_REFUSED},
    {DFU_ERR_MISMATCH, EXIT_DIFFERS},
    {DFU_ERR_NOT_LEFT, EXIT_NOT_LEFT},
    {DFU_ERR_SOME_FAILED, EXIT_SOME_FAILED},
    {DFU_ERR_CANCELLED, EXIT_CANCELLED},
};

int exit_status_of(int code)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code == code)
            return table[i].status;
    }
    return EXIT_INTERNAL;
}
