/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/format.h"
#include <stdio.h>

void dfui_note(const struct dfu_image_options *options, const char *format, ...)
{
    char text[512]; /* a remark may be cut; it must not be able to fail */
    va_list args;
    if (options->note == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    options->note(text, options->note_user);
}
