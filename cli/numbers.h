/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers and ranges as people type them. Bounded: no strtol, no locale, no silent wrap. */
#ifndef CLI_NUMBERS_H
#define CLI_NUMBERS_H

#include <libdfu/error.h>
#include <stdint.h>

/* Reads a number (0x-hex or decimal, then K or M) at *text and moves *text past it. Returns DFU_OK or
 * DFU_ERR_ARGUMENT; *text is left alone then. */
int number_scan(const char **text, uint64_t *value);

/* The whole text must be one number of at most max. what names it in the message. */
int number_parse(const char *text, const char *what, uint64_t max, uint64_t *value, struct dfu_error **err);

/* A number with an optional sign in front. */
int number_parse_signed(const char *text, const char *what, int64_t *value, struct dfu_error **err);

/* START..END (half-open) or START+LENGTH, inside 4 GiB, not empty. */
int range_parse(const char *text, struct dfu_range *range, struct dfu_error **err);

/* 1 when text begins like a range (a number, then ".." or "+"). */
int range_like(const char *text);

/* A decimal fraction such as 0.25 as hundredths, from 1 to max_percent. */
int percent_parse(const char *text, const char *what, uint32_t max_percent, uint32_t *percent, struct dfu_error **err);

/* The value of one hexadecimal digit, or -1. */
int hex_digit(char c);

#endif
