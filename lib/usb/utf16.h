/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw string descriptors -> UTF-8. */
#ifndef DFUI_USB_UTF16_H
#define DFUI_USB_UTF16_H

#include <stddef.h>
#include <stdint.h>

/* Room for every string descriptor with its NUL, also as bytes that each become U+FFFD. */
#define DFUI_STRING_SIZE 768u

enum dfui_string_flags {
    /*
     * A DfuSe name: once its sector list has begun, the first unit outside printable ASCII ends it. Such ROMs
     * send what happened to lie on their stack, so it must go before names are shown, or compared to see
     * whether two alts are the same. This is the only place that cuts: the map's parser never shortens a
     * name, it merely stops reading where a list cannot go on, which also covers rubbish that is ASCII.
     * A name before the list may hold any character. Harmless for names that are no layout.
     */
    DFUI_STRING_LAYOUT = 1u << 0,
    DFUI_STRING_BYTES = 1u << 1 /* the descriptor holds 8-bit characters (the serial of GD32 ROMs) */
};

/*
 * Decodes a string descriptor as it was received into out, NUL-terminated and always valid UTF-8; what does
 * not fit is left out, whole characters at a time. NUL ends the text; lone surrogates and control characters
 * become U+FFFD. Returns the bytes written without the NUL, or DFU_ERR_PROTOCOL when raw is no string
 * descriptor (out is then empty). out_size must not be 0.
 */
int dfui_string_decode(const uint8_t *raw, size_t received, unsigned flags, char *out, size_t out_size);

#endif
