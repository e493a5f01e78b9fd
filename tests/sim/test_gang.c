/* SPDX-License-Identifier: BSD-2-Clause */
/* Many boards at once, in virtual time: what one of them suffers is nobody else's matter. */
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

static void start(struct gang_bench *g, const char *profile, uint32_t count, size_t length)
{
    memset(g, 0, sizeof *g);
    bench_new(&g->b, profile, 0, count);
    g->image = bench_image(BASE, length, 7);
    DFU_INIT(&g->options);
    DFU_INIT(&g->run);
    g->options.run = &g->run;
}

static int run(struct gang_bench *g)
{
    size_t added = 0;
    struct dfu_error **err = &g->b.err;
    assert_dfu_ok(dfu_gang_new(g->b.context, &g->options, &g->gang, err), *err);
    assert_dfu_ok(dfu_gang_add(g->gang, NULL, &added, err), *err);
    assert_int_equal(added, dfu_sim_count(g->b.sim));
    assert_int_equal(dfu_gang_count(g->gang), added);
    return dfu_gang_run(g->gang, g->image, err);
}

static void end(struct gang_bench *g)
{
    dfu_gang_free(g->gang);
    dfu_image_free(g->image);
    dfu_error_free(g->b.err);
    bench_free(&g->b);
}

static struct dfu_gang_board board_of(const struct gang_bench *g, size_t index)
{
    struct dfu_gang_board board;
    DFU_INIT(&board);
    assert_int_equal(dfu_gang_describe(g->gang, index, &board), DFU_OK);
    assert_int_equal(board.index, index);
    assert_int_equal(board.state, DFU_GANG_DONE);
    return board;
}

static struct dfu_sim_counters counters_of(const struct gang_bench *g, size_t index)
{
    struct dfu_sim_counters c;
    DFU_INIT(&c);
    assert_int_equal(dfu_sim_get_counters(g->b.sim, index, &c), DFU_OK);
    return c;
}

/* Does the board's flash begin with the image? */
static int holds_image(const struct gang_bench *g, size_t index)
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

static void assert_good(const struct gang_bench *g, size_t index)
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

static uint64_t slowest_of(const struct gang_bench *g)
{
    uint64_t slowest = 0;
    for (size_t i = 0; i < dfu_sim_count(g->b.sim); i++) {
        uint64_t us = counters_of(g, i).elapsed_us;
        slowest = us > slowest ? us : slowest;
    }
    return slowest;
}

/* The slowest of N boards takes as long as one alone: at most 5 % more. */
static void as_fast_as_one(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 8, 32, 100};
    static const char *const profiles[] = {"st-loader", "stm32f407"};
    for (size_t p = 0; p < 2; p++) {
        uint64_t one = 0;
        for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
            struct gang_bench g;
            start(&g, profiles[p], counts[n], 100000);
            assert_dfu_ok(run(&g), g.b.err);
            for (size_t i = 0; i < counts[n]; i++)
                assert_good(&g, i);
            uint64_t slowest = slowest_of(&g);
            if (n == 0)
                one = slowest;
            assert_true(one > 1000000);
            assert_in_range(slowest, one, one + one / 20);
            end(&g);
        }
    }
}

/* One is dead, one is slow, one comes loose for a moment: the others neither fail nor wait. */
static void trouble_is_private(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 1, 60000);
    assert_dfu_ok(run(&g), g.b.err);
    uint64_t one = slowest_of(&g);
    end(&g);

    start(&g, "st-loader", 6, 60000);
    bench_fault(&g.b, "disconnect@20#1");
    bench_fault(&g.b, "reconnect@25#3");
    for (unsigned n = 30; n < 60; n += 2) {
        char rule[32];
        (void)snprintf(rule, sizeof rule, "poll=400@%u#4", n);
        bench_fault(&g.b, rule);
    }
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_SOME_FAILED, "2 of 6 boards failed");
    assert_int_equal(board_of(&g, 1).code, DFU_ERR_GONE);
    assert_int_equal(board_of(&g, 3).code, DFU_ERR_GONE);
    for (size_t i = 0; i < 6; i++) {
        if (i == 1 || i == 3)
            continue;
        assert_good(&g, i);
        if (i == 4) /* the slow one alone is slow */
            assert_true(counters_of(&g, i).elapsed_us > one + 1000000);
        else
            assert_int_equal(counters_of(&g, i).elapsed_us, one);
    }
    end(&g);
}

/* What another attempt mends is mended, with --retry; what it cannot mend is not tried again. */
static void retries(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 4, 60000);
    g.options.retries = 2;
    bench_fault(&g.b, "reconnect@40#0");
    bench_fault(&g.b, "disconnect@25#1");
    bench_fault(&g.b, "reconnect@25#2");
    int rc = run(&g);
    assert_dfu_error(rc, g.b.err, DFU_ERR_SOME_FAILED, "1 of 4 boards failed");
    assert_int_equal(board_of(&g, 0).code, DFU_OK);
    assert_int_equal(board_of(&g, 0).attempts, 2);
    assert_true(holds_image(&g, 0));
    assert_int_equal(board_of(&g, 1).code, DFU_ERR_GONE);
    assert_int_equal(board_of(&g, 1).attempts, 3);
    assert_int_equal(board_of(&g, 2).code, DFU_OK);
    assert_true(holds_image(&g, 2));
    assert_good(&g, 3);
    end(&g);

    start(&g, "st-loader", 2, 60000);
    g.options.retries = 5;
    dfu_image_free(g.image);
    g.image = bench_image(UINT64_C(0x30000000), 100, 1);
    rc = run(&g);
    assert_dfu_error(rc, g.b.err, DFU_ERR_RANGE, "2 of 2 boards failed");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(board_of(&g, i).attempts, 1);
        assert_int_equal(board_of(&g, i).touched, 0);
        assert_int_equal(counters_of(&g, i).erase, 0);
    }
    end(&g);
}

struct hear {
    unsigned begun, planned, failed, ended;
    unsigned calls;
    unsigned inside; /* callbacks that run right now */
    unsigned most_inside;
    uint64_t done[8];
    int stop_board;
    unsigned cancel_at; /* progress call at which the context is cancelled, 0 = never */
    struct dfu_context *context;
};

static void enter(struct hear *h)
{
    h->inside++;
    if (h->inside > h->most_inside)
        h->most_inside = h->inside;
}

static int on_progress(const struct dfu_progress *p, void *user)
{
    struct hear *h = user;
    int stop;
    enter(h);
    assert_true(p->board < 8);
    if (p->phase == DFU_PHASE_WRITE) {
        assert_true(p->done >= h->done[p->board]);
        h->done[p->board] = p->done;
    }
    h->calls++;
    if (h->calls == h->cancel_at)
        dfu_context_cancel(h->context);
    stop = h->stop_board == (int)p->board && p->phase == DFU_PHASE_WRITE && p->done > 8000;
    h->inside--;
    return stop;
}

static int on_event(const struct dfu_gang_event *event, void *user)
{
    struct hear *h = user;
    enter(h);
    h->begun += event->kind == DFU_GANG_BEGIN;
    h->failed += event->kind == DFU_GANG_FAILED;
    h->ended += event->kind == DFU_GANG_END;
    if (event->kind == DFU_GANG_PLANNED) {
        h->planned++;
        assert_non_null(event->plan);
        assert_non_null(event->map);
        assert_non_null(event->image);
        assert_int_equal(event->board->touched, 0);
    }
    h->inside--;
    return 0;
}

static void listen(struct gang_bench *g, struct hear *h)
{
    memset(h, 0, sizeof *h);
    h->stop_board = -1;
    h->context = g->b.context;
    g->run.progress = on_progress;
    g->run.user = h;
    g->options.event = on_event;
    g->options.event_user = h;
}

/* Callbacks come one at a time, and a board that its callback stops is the only one that stops. */
static void callbacks(void **state)
{
    (void)state;
    struct gang_bench g;
    struct hear h;
    start(&g, "st-loader", 8, 40000);
    listen(&g, &h);
    h.stop_board = 5;
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_SOME_FAILED, "1 of 8 boards failed");
    assert_int_equal(h.most_inside, 1);
    assert_int_equal(h.begun, 8);
    assert_int_equal(h.planned, 8);
    assert_int_equal(h.failed, 0);
    assert_int_equal(h.ended, 8);
    for (size_t i = 0; i < 8; i++) {
        if (i != 5)
            assert_good(&g, i);
    }
    assert_int_equal(board_of(&g, 5).code, DFU_ERR_CANCELLED);
    assert_int_equal(board_of(&g, 5).touched, 1);
    end(&g);
}

/* A cancel, from whichever thread, reaches all boards, and each is left in dfuIDLE. */
static void cancel(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 400; at += 37) {
        struct gang_bench g;
        struct hear h;
        unsigned cancelled = 0;
        start(&g, "stm32f407", 8, 40000);
        listen(&g, &h);
        h.cancel_at = at;
        assert_dfu_error(run(&g), g.b.err, DFU_ERR_CANCELLED, "of 8 boards failed");
        dfu_context_uncancel(g.b.context);
        for (size_t i = 0; i < 8; i++) {
            struct dfu_gang_board board = board_of(&g, i);
            struct dfu_sim_counters c = counters_of(&g, i);
            if (board.code == DFU_OK) /* it was done before */
                continue;
            assert_int_equal(board.code, DFU_ERR_CANCELLED);
            assert_int_equal(c.early_poll + c.bad_state + c.write_unerased, 0);
            cancelled++;
        }
        assert_true(cancelled > 0);
        end(&g);
    }
}

/* An image for each board, and the one that all share for those without. */
static int image_for(const struct dfu_gang_board *board, struct dfu_image **out, struct dfu_error **err, void *user)
{
    const struct gang_bench *g = user;
    uint8_t number[4] = {(uint8_t)board->index, 0xA5, 0x5A, 0xFF};
    assert_int_equal(board->attempts, 0);
    if (board->index == 2)
        return dfu_error_set(err, DFU_ERR_FILE, "no numbers left");
    if (board->index == 3)
        return DFU_OK;
    int rc = dfu_image_copy(g->image, out, err);
    return rc == DFU_OK ? dfu_image_patch(*out, BASE + 0x100, number, sizeof number, err) : rc;
}

static void an_image_for_each(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 5, 30000);
    g.options.image = image_for;
    g.options.image_user = &g;
    g.options.retries = 1;
    bench_fault(&g.b, "reconnect@25#4"); /* done anew with the same image */
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_SOME_FAILED, "1 of 5 boards failed");
    for (size_t i = 0; i < 5; i++) {
        struct dfu_sim_memory m;
        DFU_INIT(&m);
        assert_int_equal(dfu_sim_get_memory(g.b.sim, i, 0, &m), DFU_OK);
        if (i == 2) {
            assert_int_equal(board_of(&g, i).code, DFU_ERR_FILE);
            assert_int_equal(counters_of(&g, i).transfers, 0);
        } else if (i == 3) {
            assert_good(&g, i);
        } else {
            assert_int_equal(board_of(&g, i).code, DFU_OK);
            assert_int_equal(m.data[OFFSET + 0x100], i);
            assert_int_equal(m.data[OFFSET + 0x101], 0xA5);
        }
    }
    assert_int_equal(board_of(&g, 4).attempts, 2);
    end(&g);
}

/* Comparing and erasing; boards by serial number; the same board once. */
static void other_jobs(void **state)
{
    (void)state;
    struct gang_bench g;
    struct dfu_range range = {BASE, BASE + 1};
    start(&g, "st-loader", 3, 30000);
    assert_dfu_ok(run(&g), g.b.err);
    dfu_gang_free(g.gang);
    assert_int_equal(dfu_sim_load(g.b.sim, 1, BASE + 5000, "x", 1, NULL), DFU_OK);
    g.options.job = DFU_GANG_VERIFY;
    g.options.retries = 3;
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_SOME_FAILED, "1 of 3 boards failed");
    assert_int_equal(board_of(&g, 1).code, DFU_ERR_MISMATCH);
    assert_int_equal(board_of(&g, 1).attempts, 1);
    assert_int_equal(board_of(&g, 2).touched, 0);
    dfu_gang_free(g.gang);

    struct dfu_selector s;
    size_t added = 9;
    DFU_INIT(&s);
    g.options.job = DFU_GANG_ERASE;
    g.options.ranges = &range;
    g.options.range_count = 1;
    assert_dfu_ok(dfu_gang_new(g.b.context, &g.options, &g.gang, &g.b.err), g.b.err);
    s.serial = "nobody";
    assert_dfu_ok(dfu_gang_add(g.gang, &s, &added, &g.b.err), g.b.err);
    assert_int_equal(added, 0);
    assert_dfu_error(dfu_gang_run(g.gang, NULL, &g.b.err), g.b.err, DFU_ERR_NO_DEVICE, "no boards");
    s.serial = dfu_sim_serial(g.b.sim, 2);
    assert_dfu_ok(dfu_gang_add(g.gang, &s, &added, &g.b.err), g.b.err);
    assert_int_equal(added, 1);
    assert_dfu_ok(dfu_gang_add(g.gang, &s, &added, &g.b.err), g.b.err);
    assert_int_equal(added, 0);
    assert_dfu_ok(dfu_gang_run(g.gang, NULL, &g.b.err), g.b.err);
    assert_string_equal(board_of(&g, 0).path, dfu_sim_path(g.b.sim, 2));
    struct dfu_sim_memory m;
    DFU_INIT(&m);
    assert_int_equal(dfu_sim_get_memory(g.b.sim, 2, 0, &m), DFU_OK);
    assert_int_equal(m.data[OFFSET], 0xFF);
    assert_int_equal(m.data[OFFSET + 0x3FFF], 0xFF);
    assert_true(holds_image(&g, 0));
    end(&g);
}

/* Log lines of all boards come one at a time through the context's log, with the path in front. */
static void logging(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 4, 9000);
    bench_fault(&g.b, "poll=60000@20#1");
    bench_fault(&g.b, "poll=60000@20#2");
    int rc = run(&g);
    dfu_error_free(g.b.err);
    assert_true(rc == DFU_OK || rc == DFU_ERR_SOME_FAILED || rc == DFU_ERR_TIMEOUT);
    assert_true(strlen(g.b.log) > 10);
    for (const char *line = g.b.log; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_true(strncmp(line, "1-2: ", 5) == 0 || strncmp(line, "1-3: ", 5) == 0);
    end(&g);
}

/* A transport for one thread alone: boards are done one after the other. */
static const struct dfu_transport_ops *inner;
static unsigned open_now;
static unsigned most_open;

static int count_open(void *self, const char *path, void **conn, struct dfu_error **err)
{
    int rc = inner->open(self, path, conn, err);
    if (rc == DFU_OK && ++open_now > most_open)
        most_open = open_now;
    return rc;
}

static void count_close(void *conn)
{
    open_now--;
    inner->close(conn);
}

static void without_sharing(void **state)
{
    (void)state;
    struct gang_bench g;
    struct dfu_context_options co;
    struct dfu_transport_ops ops;
    start(&g, "st-loader", 3, 9000);
    DFU_INIT(&co);
    dfu_sim_attach(g.b.sim, &co);
    inner = co.transport;
    ops = *inner;
    ops.open = count_open;
    ops.close = count_close;
    ops.share = NULL;
    ops.unshare = NULL;
    co.transport = &ops;
    open_now = most_open = 0;
    dfu_context_free(g.b.context);
    assert_dfu_ok(dfu_context_new(&co, &g.b.context, &g.b.err), g.b.err);
    assert_dfu_ok(run(&g), g.b.err);
    assert_int_equal(most_open, 1);
    assert_int_equal(open_now, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(board_of(&g, i).code, DFU_OK);
    end(&g);
}

/* What a board saves by early questions, and what it puts up with, is its own. One after the other: 2 sectors, 10
 * blocks and 2 SET_ADDRESS wait 50 ms each, less one question of 1053 us; the first board stalls the first question
 * about an erase, its 6th request, so that both erases are waited for. */
static void eager_boards_save_alone(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 3, 20000);
    bench_fault(&g.b, "stall@6#0");
    g.options.parallel = 1;
    g.run.flags = DFU_RUN_POLL_EAGER;
    assert_dfu_ok(run(&g), g.b.err);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(board_of(&g, i).result->saved_us, (i == 0 ? 12 : 14) * (50000 - 1053));
        assert_int_equal(board_of(&g, i).result->verified, 1);
        assert_true(holds_image(&g, i));
    }
    end(&g);
}

/* Each board of a kind that tells the truth is asked in vain as often as one alone (sim_eager counts why 30), although
 * the first one tells 100 times too much of its first erase, so that an eighth of that is the moment to ask it. */
static void eager_boards_learn_alone(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "stm32f072", 3, 20000);
    bench_fault(&g.b, "poll=2400@5#0");
    g.options.parallel = 1;
    g.run.flags = DFU_RUN_POLL_EAGER;
    assert_dfu_ok(run(&g), g.b.err);
    assert_true(board_of(&g, 0).result->saved_us > 2000000);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(counters_of(&g, i).early_poll, 2 * 3 * 5);
        assert_int_equal(board_of(&g, i).result->saved_us, 0);
    }
    end(&g);
}

/* Every board watches the bus for its own return, while the others come and go. */
static void leaving(void **state)
{
    (void)state;
    struct gang_bench g;
    struct dfu_plan_options plan;
    start(&g, "st-loader", 16, 30000);
    DFU_INIT(&plan);
    plan.flags = DFU_PLAN_LEAVE;
    g.options.plan = &plan;
    g.options.flags = DFU_GANG_REQUIRE_LEAVE;
    assert_dfu_ok(run(&g), g.b.err);
    for (size_t i = 0; i < 16; i++) {
        assert_good(&g, i);
        assert_int_equal(board_of(&g, i).result->left, DFU_LEFT_GONE);
    }
    end(&g);
}

static void arguments(void **state)
{
    (void)state;
    struct gang_bench g;
    struct dfu_gang_board board;
    struct dfu_error *err = NULL;
    start(&g, "st-loader", 1, 100);
    assert_dfu_error(dfu_gang_new(NULL, NULL, &g.gang, &err), err, DFU_ERR_ARGUMENT, "no context");
    assert_dfu_error(dfu_gang_new(g.b.context, NULL, NULL, &err), err, DFU_ERR_ARGUMENT, "no place");
    g.options.job = 7;
    assert_dfu_error(dfu_gang_new(g.b.context, &g.options, &g.gang, &err), err, DFU_ERR_ARGUMENT, "job 7");
    g.options.job = 0;
    g.options.flags = 1u << 30;
    assert_dfu_error(dfu_gang_new(g.b.context, &g.options, &g.gang, &err), err, DFU_ERR_ARGUMENT, "flags");
    assert_null(g.gang);
    assert_dfu_ok(dfu_gang_new(g.b.context, NULL, &g.gang, &err), err);
    assert_dfu_error(dfu_gang_run(g.gang, NULL, &err), err, DFU_ERR_ARGUMENT, "no image");
    DFU_INIT(&board);
    assert_int_equal(dfu_gang_describe(g.gang, 0, &board), DFU_ERR_RANGE);
    assert_int_equal(dfu_gang_describe(NULL, 0, &board), DFU_ERR_ARGUMENT);
    assert_int_equal(dfu_gang_describe(g.gang, 0, NULL), DFU_ERR_ARGUMENT);
    assert_int_equal(dfu_gang_count(NULL), 0);
    dfu_gang_free(NULL);
    end(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_fast_as_one),
        cmocka_unit_test(trouble_is_private),
        cmocka_unit_test(retries),
        cmocka_unit_test(callbacks),
        cmocka_unit_test(cancel),
        cmocka_unit_test(an_image_for_each),
        cmocka_unit_test(other_jobs),
        cmocka_unit_test(logging),
        cmocka_unit_test(without_sharing),
        cmocka_unit_test(leaving),
        cmocka_unit_test(arguments),
        cmocka_unit_test(eager_boards_save_alone),
        cmocka_unit_test(eager_boards_learn_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
