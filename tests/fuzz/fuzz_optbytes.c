/* SPDX-License-Identifier: BSD-2-Clause */
/* Option bytes of any contents, and any text as an assignment. The first byte chooses the chip, the second how many
 * bytes are loaded; what follows them is text. */
#include <libdfu/libdfu.h>
#include <stdlib.h>

static const char *const options[] = {"@Option Bytes  /0x1FFFF800/01*016 g",
                                      "@Option Bytes  /0x1FFFF800/01*016 e",
                                      "@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e",
                                      "@Option Bytes  /0x1FFF0000/01*032 e",
                                      "@Option Bytes  /0x1FF80000/01*032 e",
                                      "@Option Bytes  /0x1FFF7800/01*040 e/0x1FFFF800/01*040 e",
                                      "@Option Bytes  /0x1FFF7800/01*048 e",
                                      "@Option Bytes  /0x1FFF7800/01*128 e",
                                      "@Option Bytes  /0x5200201C/01*128 e",
                                      "@Option Bytes  /0x40022040/01*64 e"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_memmap *map = NULL;
    struct dfu_optbytes *o = NULL;
    struct dfu_optbytes_area_info area;
    struct dfu_optbytes_field_info field;
    struct dfu_range range;
    char text[256];
    if (size < 2)
        return 0;
    size_t known = data[1];
    if (dfu_memmap_new(&map, NULL) != DFU_OK ||
        dfu_memmap_add(map, 0, "@Internal Flash  /0x08000000/0512*0002Kg", NULL) != DFU_OK ||
        dfu_memmap_add(map, 1, options[data[0] % (sizeof options / sizeof options[0])], NULL) != DFU_OK ||
        dfu_optbytes_new(map, NULL, &o, NULL) != DFU_OK)
        abort();
    DFU_INIT(&area);
    DFU_INIT(&field);
    (void)dfu_optbytes_area(o, 0, &area);
    known = known < size - 2 ? known : size - 2;
    (void)dfu_optbytes_load(o, area.start, data + 2, known, NULL);
    size_t length = size - 2 - known;
    if (length > sizeof text - 1)
        length = sizeof text - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)data[2 + known + i];
    text[length] = '\0';
    int fitted = dfu_optbytes_check(o, NULL) == DFU_OK;
    int rc = dfu_optbytes_set(o, text, NULL);
    if (rc == DFU_OK && fitted && dfu_optbytes_check(o, NULL) != DFU_OK && known % 8 == 0)
        abort(); /* a change keeps the complements */
    for (size_t i = 0; dfu_optbytes_field(o, i, &field) == DFU_OK; i++) {
        if (field.meaning == NULL || (i > 0 && field.bits < 32 && field.value >> field.bits != 0))
            abort();
    }
    for (size_t i = 0; dfu_optbytes_protected(o, i, &range) == DFU_OK; i++) {
        if (range.start >= range.end || range.start < 0x08000000 || range.end > 0x08100000)
            abort();
    }
    dfu_optbytes_free(o);
    dfu_memmap_free(map);
    return 0;
}
