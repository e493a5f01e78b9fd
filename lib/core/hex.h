/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes as pairs of hex digits: what most of the time of reading and writing text formats goes into. */
#ifndef DFUI_HEX_H
#define DFUI_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes 2 * n digits of either case into n bytes; false when a digit is none. */
bool dfui_hex_decode(const uint8_t *digits, size_t n, uint8_t *to);

/* Writes 2 * n upper-case digits. */
void dfui_hex_encode(const uint8_t *from, size_t n, uint8_t *digits);

/* The sum of n bytes, modulo 256: what the checksums of text formats are made from. */
uint8_t dfui_hex_sum(const uint8_t *from, size_t n);

#endif
