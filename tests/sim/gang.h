/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of many boards at once have in common. */
#ifndef DFU_TEST_GANG_H
#define DFU_TEST_GANG_H

#include "bench.h"
#include <libdfu/libdfu.h>

#define FLASH UINT64_C(0x08000000)
#define BASE UINT64_C(0x08008000) /* what is below is the loader of st-loader */
#define OFFSET (BASE - FLASH)

struct gang_bench {
    struct bench b;
    struct dfu_gang *gang;
    struct dfu_image *image;
    struct dfu_gang_options options;
    struct dfu_run_options run;
};

static inline void start(struct gang_bench *g, const char *profile, uint32_t count, size_t length)
{
    memset(g, 0, sizeof *g);
    bench_new(&g->b, profile, 0, count);
    g->image = bench_image(BASE, length, 7);
    DFU_INIT(&g->options);
    DFU_INIT(&g->run);
    g->options.run = &g->run;
}

static inline int run(struct gang_bench *g)
{
    size_t added = 0;
    struct dfu_error **err = &g->b.err;
    assert_dfu_ok(dfu_gang_new(g->b.context, &g->options, &g->gang, err), *err);
    assert_dfu_ok(dfu_gang_add(g->gang, NULL, &added, err), *err);
    assert_int_equal(added, dfu_sim_count(g->b.sim));
    assert_int_equal(dfu_gang_count(g->gang), added);
    return dfu_gang_run(g->gang, g->image, err);
}

static inline void end(struct gang_bench *g)
{
    dfu_gang_free(g->gang);
    dfu_image_free(g->image);
    dfu_error_free(g->b.err);
    bench_free(&g->b);
}

static inline struct dfu_gang_board board_of(const struct gang_bench *g, size_t index)
{
    struct dfu_gang_board board;
    DFU_INIT(&board);
    assert_int_equal(dfu_gang_describe(g->gang, index, &board), DFU_OK);
    assert_int_equal(board.index, index);
    assert_int_equal(board.state, DFU_GANG_DONE);
    return board;
}

static inline struct dfu_sim_counters counters_of(const struct gang_bench *g, size_t index)
{
    struct dfu_sim_counters c;
    DFU_INIT(&c);
    assert_int_equal(dfu_sim_get_counters(g->b.sim, index, &c), DFU_OK);
    return c;
}

/* Does the board's flash begin with the image? */
static inline int holds_image(const struct gang_bench *g, size_t index)
{
    struct dfu_sim_memory m;
    struct dfu_segment s;
    DFU_INIT(&m);
    DFU_INIT(&s);
    assert_int_equal(dfu_sim_get_memory(g->b.sim, index, 0, &m), DFU_OK);
    assert_int_equal(m.start, FLASH);
    assert_int_equal(dfu_image_segment(g->image, 0, &s), DFU_OK);
    return memcmp(m.data + OFFSET, s.data, (size_t)s.length) == 0;
}

static inline void assert_good(const struct gang_bench *g, size_t index)
{
    struct dfu_gang_board board = board_of(g, index);
    struct dfu_sim_counters c = counters_of(g, index);
    assert_int_equal(board.code, DFU_OK);
    assert_null(board.error);
    assert_int_equal(board.attempts, 1);
    assert_int_equal(board.result->verified, 1);
    assert_string_equal(board.path, dfu_sim_path(g->b.sim, index));
    assert_string_equal(board.serial, dfu_sim_serial(g->b.sim, index));
    assert_true(holds_image(g, index));
    assert_int_equal(c.bad_state + c.write_unerased, 0);
}

#endif
