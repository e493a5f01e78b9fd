/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/format.h"
#include <inttypes.h>
#include <stdio.h>

void dfui_note_start(const struct dfu_image *image, const struct dfu_image_options *options, const char *name)
{
    if (image->has_start)
        dfui_note(options, "%s: the start address 0x%08" PRIX64 " is left out, the format has no room for it", name,
                  image->start);
}

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
