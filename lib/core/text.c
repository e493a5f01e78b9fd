/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/core.h"
#include <stdio.h>
#include <stdlib.h>

char *dfui_vformat(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text != NULL)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *dfui_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = dfui_vformat(format, args);
    va_end(args);
    return text;
}

char *dfui_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}
