/* SPDX-License-Identifier: BSD-2-Clause */
/* UF2. Writing fills whole pages, so the first round trip may add bytes and a second one may not. */
#include "image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_image_options o;
    struct dfu_image *pages = NULL;
    struct dfu_error *err = NULL;
    const struct dfui_format *format;
    size_t length;
    if (size == 0 || dfui_format_named("uf2", &format, NULL) != DFU_OK)
        return 0;
    struct dfu_image *image = fuzz_parse("uf2", data, size, &o);
    if (image == NULL)
        return 0;
    image->has_start = false;
    char *text = written(format, image, &o, &length);
    DFU_INIT(&o);
    require(length % 512 == 0, "length of the file");
    require(dfu_image_parse(text, length, "pages", &o, &pages, &err) == DFU_OK, dfu_error_message(err));
    require(pages->used >= image->used && pages->used % 256 == 0, "size after writing and reading");
    round_trip(format, pages, &o);
    dfu_image_free(pages);
    dfu_image_free(image);
    free(text);
    return 0;
}
