/* SPDX-License-Identifier: BSD-2-Clause */
/* A simulator, a context on it and a session, as a test wants them. Public API only. */
#ifndef DFU_TEST_BENCH_H
#define DFU_TEST_BENCH_H

#include "support.h"
#include <libdfu/sim.h>

struct bench {
    struct dfu_sim *sim;
    struct dfu_context *context;
    struct dfu_session *session;
    struct dfu_error *err;
    char log[8192]; /* warnings, one a line */
};

/* A simulator of a profile and a context on it; random contents unless flags say otherwise. */
void bench_new(struct bench *b, const char *profile, uint32_t sim_flags, uint32_t count);
/* What the context of bench_new() logs with; user is the bench. */
void bench_log(int level, const char *line, void *user);
/* Opens board 0; one that runs its program is taken to DFU mode first. */
void bench_open(struct bench *b);
/* The device of board 0 as a list of one. */
struct dfu_list *bench_list(struct bench *b);
void bench_close(struct bench *b);
void bench_free(struct bench *b);
/* Adds a fault rule. */
void bench_fault(struct bench *b, const char *rule);
struct dfu_sim_counters bench_counters(const struct bench *b);
/* A copy of the memory at start; free it. */
uint8_t *bench_memory(const struct bench *b, uint64_t start, size_t *length);
/* Fails unless no rule of the protocol was broken. */
void bench_assert_clean(const struct bench *b);
/* One raw class request to board 0 over the transport, as another host would send it. */
int bench_raw(struct bench *b, uint8_t type, uint8_t request, uint16_t value, void *data, uint16_t length);
/* An image of length bytes at address: reproducible noise that begins like a vector table. */
/* The region that a test image goes into: the first that can be written and erased. Wants an open session. */
struct dfu_region bench_region(const struct bench *b);
/* Profiles that flashing as usual is not for: no flash of type g where it would go, not readable, not DfuSe after all.
 * They have tests of their own in test_quirks_*.c. */
int bench_is_odd(const char *profile);
struct dfu_image *bench_image(uint64_t address, size_t length, uint64_t seed);

#endif
