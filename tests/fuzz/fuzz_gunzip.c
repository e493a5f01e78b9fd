/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed data, raw inside: whatever comes out has at most MAX_BYTES. */
#include "image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_image_options o;
    struct dfu_image *image = NULL;
    struct dfu_error *err = NULL;
    DFU_INIT(&o);
    o.format = "bin";
    o.flags = DFU_IMAGE_BASE_SET;
    o.max_bytes = MAX_BYTES;
    int rc = dfu_image_parse(data, size, "fuzz", &o, &image, &err);
    if (rc == DFU_OK)
        check_shape(image);
    else
        require(rc == DFU_ERR_FORMAT || rc == DFU_ERR_RANGE, dfu_error_message(err));
    dfu_error_free(err);
    dfu_image_free(image);
    return 0;
}
