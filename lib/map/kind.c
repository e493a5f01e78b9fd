/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/checked.h"
#include "map/map.h"

/* ASCII only: a locale must not change what counts as option bytes. */
static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool letter(int c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/* The text after word where name holds it at the start of a word, or NULL. */
static const char *after_word(const char *name, const char *word)
{
    for (const char *at = name; *at != '\0'; at++) {
        size_t n = 0;
        if (at > name && letter(at[-1]))
            continue;
        while (word[n] != '\0' && lower(at[n]) == word[n])
            n++;
        if (word[n] == '\0')
            return at + n;
    }
    return NULL;
}

static bool within(uint64_t address, uint64_t start, uint64_t end)
{
    return dfui_range_holds((struct dfu_range){start, end}, address);
}

enum dfu_memory_kind dfui_memory_kind(const char *name, uint64_t start)
{
    const char *rest = after_word(name, "otp");
    if (rest != NULL && !letter(*rest))
        return DFU_MEMORY_OTP;
    if (after_word(name, "device feature") != NULL)
        return DFU_MEMORY_DEVICE_FEATURE;
    /* "Option Bytes", "Option byte", "Option Bits", "OptionBytes"; but not "optional". */
    rest = after_word(name, "option");
    if (rest != NULL && lower(*rest) != 'a')
        return DFU_MEMORY_OPTION_BYTES;
    /* Where the name says nothing: system memory with option bytes and OTP, and the flash controllers that
     * show option bytes as registers (U5, G0: 0x4002xxxx; H7: 0x5200xxxx). Never ordinary flash. */
    if (within(start, 0x1FF00000, 0x20000000) || within(start, 0x40020000, 0x40030000) ||
        within(start, 0x52000000, 0x52010000))
        return DFU_MEMORY_OPTION_BYTES;
    return DFU_MEMORY_NORMAL;
}
