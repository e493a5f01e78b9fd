/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/core.h"

int dfui_sized_in(void *dst, size_t known_size, const void *src, const char *what, struct dfu_error **err)
{
    size_t size = known_size;
    memset(dst, 0, known_size);
    if (src != NULL) {
        memcpy(&size, src, sizeof size);
        if (size < sizeof size)
            return dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: size %zu is not set (use DFU_INIT)", what, size);
        for (size_t i = known_size; i < size; i++) {
            if (((const uint8_t *)src)[i] != 0)
                return dfu_error_set(err, DFU_ERR_UNSUPPORTED,
                                     "%s: byte %zu is set, but this libdfu knows only %zu bytes", what, i, known_size);
        }
        memcpy(dst, src, size < known_size ? size : known_size);
    }
    memcpy(dst, &known_size, sizeof known_size);
    return DFU_OK;
}

int dfui_sized_out(void *dst, const void *src, size_t known_size)
{
    size_t size;
    if (dst == NULL)
        return DFU_ERR_ARGUMENT;
    memcpy(&size, dst, sizeof size);
    if (size < sizeof size)
        return DFU_ERR_ARGUMENT;
    memcpy(dst, src, size < known_size ? size : known_size);
    if (size > known_size)
        memset((uint8_t *)dst + known_size, 0, size - known_size);
    memcpy(dst, &size, sizeof size);
    return DFU_OK;
}
