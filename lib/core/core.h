/* SPDX-License-Identifier: BSD-2-Clause */
/* Small helpers that every folder of lib/ uses. They know nothing of devices or files' meaning. */
#ifndef DFUI_CORE_H
#define DFUI_CORE_H

#include <libdfu/error.h>
#include <libdfu/types.h>
#include <stdbool.h>

/* --- error.c: what the public error.h does not offer --- */

/* The static out-of-memory error, and the code to return. */
int dfui_error_no_memory(struct dfu_error **err);
void dfui_error_address(struct dfu_error **err, uint64_t address);
void dfui_error_contents(struct dfu_error **err, uint64_t address, uint8_t expected, uint8_t found);
/* Frees *err and sets it to NULL: for an error that was dealt with. err may be NULL. */
void dfui_error_clear(struct dfu_error **err);

#if defined(__clang_analyzer__) && !defined(DFUI_ERROR_C)
/* The analyzer looks at one file at a time; it is told that what makes an error does not return success. */
#define dfui_error_no_memory(err) ((void)dfui_error_no_memory(err), (int)DFU_ERR_NO_MEMORY)
#define dfu_error_set(err, code, ...) ((void)dfu_error_set((err), (code), __VA_ARGS__), (int)(code))
#endif

/* --- log.c --- */

struct dfui_log {
    int level;
    void (*fn)(int level, const char *line, void *user);
    void *user;
};

/* log may be NULL. */
void dfui_log(const struct dfui_log *log, int level, const char *format, ...) DFU_PRINTF(3, 4);

/* --- sized.c: size-first structs --- */

/*
 * Copies a caller's struct into ours of known_size bytes: a shorter one (older caller) is zero-filled, a
 * longer one is accepted only while its unknown tail is zero. src NULL = all defaults.
 */
int dfui_sized_in(void *dst, size_t known_size, const void *src, const char *what, struct dfu_error **err);

/* Copies ours out, cut to the caller's size, which stays as it is. */
int dfui_sized_out(void *dst, const void *src, size_t known_size);

/* --- text.c --- */

/* A formatted string of our own; NULL when out of memory. */
char *dfui_format(const char *format, ...) DFU_PRINTF(1, 2);
char *dfui_vformat(const char *format, va_list args);
char *dfui_strdup(const char *text);

#endif
