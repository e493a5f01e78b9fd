/* SPDX-License-Identifier: BSD-2-Clause */
/* String descriptors: one byte of flags, one of buffer size (0 = the full one), then the descriptor. */
#include "usb/utf16.h"
#include <libdfu/types.h>
#include <stdbool.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

/* The character at *at, which must be well-formed UTF-8 (Unicode table 3-7) and no control character. */
static void check_character(const unsigned char **at)
{
    const unsigned char *p = *at;
    size_t more = p[0] < 0x80 ? 0 : p[0] < 0xE0 ? 1 : p[0] < 0xF0 ? 2 : 3;
    check(p[0] >= 0x20 && p[0] != 0x7F && !(p[0] >= 0x80 && p[0] < 0xC2) && p[0] < 0xF5);
    for (size_t i = 1; i <= more; i++)
        check((p[i] & 0xC0) == 0x80);
    check(!(p[0] == 0xC2 && p[1] < 0xA0));
    check(!(p[0] == 0xE0 && p[1] < 0xA0));
    check(!(p[0] == 0xED && p[1] > 0x9F)); /* surrogates */
    check(!(p[0] == 0xF0 && p[1] < 0x90));
    check(!(p[0] == 0xF4 && p[1] > 0x8F));
    *at = p + 1 + more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t room = data[1] == 0 ? DFUI_STRING_SIZE : data[1];
    size_t length = size - 2 < 255 ? size - 2 : 255;
    char *out = malloc(room);
    /* cppcheck-suppress knownConditionTrueFalse ; it takes size for 2 */
    uint8_t *raw = malloc(length > 0 ? length : 1);
    if (out != NULL && raw != NULL) {
        memcpy(raw, data + 2, length);
        int n = dfui_string_decode(raw, length, data[0], out, room);
        check(n >= 0 ? strlen(out) == (size_t)n && (size_t)n < room : n == DFU_ERR_PROTOCOL && out[0] == '\0');
        for (const unsigned char *at = (const unsigned char *)out; *at != '\0';)
            check_character(&at);
    }
    free(out);
    free(raw);
    return 0;
}
