/* SPDX-License-Identifier: BSD-2-Clause */
/* DfuSe files. With bit 2 of the first byte the CRC at the end is made right, so that what lies behind it is seen. */
#include "image/suffix.h"
#include "core/bytes.h"
#include "image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_image_options o;
    const struct dfui_format *format;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (size == 0 || copy == NULL || dfui_format_named("dfuse", &format, NULL) != DFU_OK) {
        free(copy);
        return 0;
    }
    memcpy(copy, data, size);
    if ((data[0] & 4u) != 0 && size > 5)
        dfui_put_le32(copy + size - 4, dfui_suffix_crc(UINT32_MAX, copy + 1, size - 5));
    struct dfu_image *image = fuzz_parse("dfuse", copy, size, &o);
    if (image != NULL)
        round_trip(format, image, &o);
    dfu_image_free(image);
    free(copy);
    return 0;
}
