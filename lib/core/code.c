/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of error codes. */
#include "core/core.h"

const char *dfu_code_name(int code)
{
#define NAME(c)                                                                                                        \
    case c:                                                                                                            \
        return #c
    switch (code) {
        NAME(DFU_OK);
        NAME(DFU_ERR_ARGUMENT);
        NAME(DFU_ERR_NO_MEMORY);
        NAME(DFU_ERR_UNSUPPORTED);
        NAME(DFU_ERR_INTERNAL);
        NAME(DFU_ERR_FILE);
        NAME(DFU_ERR_FORMAT);
        NAME(DFU_ERR_WRONG_TARGET);
        NAME(DFU_ERR_RANGE);
        NAME(DFU_ERR_NO_DEVICE);
        NAME(DFU_ERR_AMBIGUOUS);
        NAME(DFU_ERR_ACCESS);
        NAME(DFU_ERR_BUSY);
        NAME(DFU_ERR_GONE);
        NAME(DFU_ERR_USB);
        NAME(DFU_ERR_TIMEOUT);
        NAME(DFU_ERR_PROTOCOL);
        NAME(DFU_ERR_STALL);
        NAME(DFU_ERR_DEVICE);
        NAME(DFU_ERR_PROTECTED);
        NAME(DFU_ERR_MISMATCH);
        NAME(DFU_ERR_NOT_LEFT);
        NAME(DFU_ERR_SOME_FAILED);
        NAME(DFU_ERR_CANCELLED);
    default:
        return "DFU_ERR_?";
    }
#undef NAME
}
