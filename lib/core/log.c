/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/core.h"
#include <stdio.h>

void dfui_log(const struct dfui_log *log, int level, const char *format, ...)
{
    if (log == NULL || log->fn == NULL || level > log->level)
        return;
    char line[512]; /* a log line may be cut; it must not be able to fail */
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log->fn(level, line, log->user);
}
