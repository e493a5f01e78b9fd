/* SPDX-License-Identifier: BSD-2-Clause */
/* A raw file that may end in a DFU suffix. Bit 0 of the first byte: the CRC at the end is made right. */
#include "image/suffix.h"
#include "core/bytes.h"
#include "image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_image_options o;
    struct dfu_image *image = NULL;
    struct dfu_error *err = NULL;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (size == 0 || copy == NULL) {
        free(copy);
        return 0;
    }
    memcpy(copy, data, size);
    if ((data[0] & 1u) != 0 && size > 5)
        dfui_put_le32(copy + size - 4, dfui_suffix_crc(UINT32_MAX, copy + 1, size - 5));
    DFU_INIT(&o);
    o.flags = DFU_IMAGE_BASE_SET;
    o.max_bytes = MAX_BYTES;
    int rc = dfu_image_parse(copy + 1, size - 1, "fuzz", &o, &image, &err);
    if (rc == DFU_OK) {
        check_shape(image);
        require(image->used == size - 1 || image->has_ids || strcmp(image->format, "bin") != 0, "bytes without reason");
    }
    dfu_error_free(err);
    dfu_image_free(image);
    free(copy);
    return 0;
}
