/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers that keep a test at about ten lines. Include first: cmocka wants its own prerequisites. */
#ifndef DFU_TEST_SUPPORT_H
#define DFU_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libdfu/libdfu.h>

/* Fails with the error's text unless rc is DFU_OK. Frees and clears *err. */
#define assert_dfu_ok(rc, err) test_assert_ok((rc), &(err), __FILE__, __LINE__)

/* Fails unless rc is code and the message, the cause or the hint contains text. Frees and clears *err. */
#define assert_dfu_error(rc, err, code, text) test_assert_error((rc), &(err), (code), (text), __FILE__, __LINE__)

void test_assert_ok(int rc, struct dfu_error **err, const char *file, int line);
void test_assert_error(int rc, struct dfu_error **err, int code, const char *text, const char *file, int line);

/* DFU_TEST_DATA/name in static storage; exits with 77 (skipped) and says why when DFU_TEST_DATA is not set. */
const char *test_data(const char *name);

/* tests/data/name in static storage: our own corpus, always there. */
const char *test_own_data(const char *name);

/* A whole file; *size may be NULL. The buffer is one byte longer than the file, and that byte is 0. Fails the
 * test when it cannot be read. Free it. */
uint8_t *test_slurp(const char *path, size_t *size);

/* A small reproducible generator (xorshift64*), so that property tests can name their seed. */
uint64_t test_random(uint64_t *state);

#endif
