/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF. There is no writer, hence no round trip: .hex stands in. */
#include "image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_image_options o;
    const struct dfui_format *hex;
    if (size == 0 || dfui_format_named("hex", &hex, NULL) != DFU_OK)
        return 0;
    struct dfu_image *image = fuzz_parse("elf", data, size, &o);
    if (image != NULL)
        round_trip(hex, image, &o);
    dfu_image_free(image);
    return 0;
}
