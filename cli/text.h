/* SPDX-License-Identifier: BSD-2-Clause */
/* Small pieces of text. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_SIZE 32 /* room for any text_size() or text_time() */

/* printf into a new string, NULL when out of memory. Free it. */
char *text_vformat(const char *format, va_list args);

/* A copy, NULL for NULL or when out of memory. Free it. */
char *text_copy(const char *text);

/* Replaces control characters (a device or file name may hold an escape sequence) by '?'; line ends stay when
 * keep_lines. */
void text_clean(char *text, int keep_lines);

/* "16 KiB", "1 MiB", "384 bytes": exact, or with one decimal above 10 KiB. */
const char *text_size(char buffer[TEXT_SIZE], uint64_t bytes);

/* "3.2 s", "41 ms", "2 min 5 s". */
const char *text_time(char buffer[TEXT_SIZE], uint64_t us);

/* "57.3 KiB/s". */
const char *text_rate(char buffer[TEXT_SIZE], uint64_t bytes, uint64_t us);

/* "" for 1, "s" otherwise. */
const char *plural(uint64_t count);

/* 1 when text contains part, letters of either case. */
int text_contains(const char *text, const char *part);

/* 1 when the two are equal but for the case of letters. */
int text_same(const char *a, const char *b);

#endif
