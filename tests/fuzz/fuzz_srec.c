/* SPDX-License-Identifier: BSD-2-Clause */
/* Motorola S-records. */
#include "image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_image_options o;
    const struct dfui_format *format;
    if (size == 0 || dfui_format_named("srec", &format, NULL) != DFU_OK)
        return 0;
    struct dfu_image *image = fuzz_parse("srec", data, size, &o);
    if (image != NULL) {
        o.record_bytes = data[0] & 4u ? 1u + data[0] : 0;
        o.record_bytes = o.record_bytes > 250 ? 250 : o.record_bytes;
        o.address_bytes = data[0] & 8u ? 2u + data[0] % 3u : 0;
        round_trip(format, image, &o);
    }
    dfu_image_free(image);
    return 0;
}
