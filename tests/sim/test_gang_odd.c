/* SPDX-License-Identifier: BSD-2-Clause */
/* What seldom happens to many boards: another one at a port, a caller that stops them, options that only some use. */
#include "gang.h"
#include <sched.h>
#include <stdatomic.h>

/* A context on the simulator with operations of the test's own. */
static const struct dfu_transport_ops *inner;
static struct dfu_transport_ops ops;

static void attach(struct gang_bench *g)
{
    struct dfu_context_options co;
    dfu_context_free(g->b.context);
    DFU_INIT(&co);
    dfu_sim_attach(g->b.sim, &co);
    inner = co.transport;
    co.transport = &ops;
    assert_dfu_ok(dfu_context_new(&co, &g->b.context, &g->b.err), g->b.err);
}

static void take_ops(struct gang_bench *g)
{
    struct dfu_context_options co;
    DFU_INIT(&co);
    dfu_sim_attach(g->b.sim, &co);
    ops = *co.transport;
}

/* Events by kind, in the order of enum dfu_gang_event_kind; which one is answered with a stop. */
static struct {
    unsigned count[8];
    uint32_t stop_kind;
    struct dfu_context *cancel_at_end;
} events;

static int on_event(const struct dfu_gang_event *event, void *user)
{
    (void)user;
    events.count[event->kind]++;
    if (event->kind == DFU_GANG_END && events.cancel_at_end != NULL)
        dfu_context_cancel(events.cancel_at_end);
    return event->kind == events.stop_kind && event->board->index == 1;
}

static void listen(struct gang_bench *g)
{
    memset(&events, 0, sizeof events);
    g->options.event = on_event;
}

static int bad_image_for_the_second(const struct dfu_gang_board *board, struct dfu_image **out, struct dfu_error **err,
                                    void *user)
{
    (void)err;
    (void)user;
    *out = board->index == 1 ? bench_image(UINT64_C(0x30000000), 100, 1) : NULL;
    return DFU_OK;
}

/* Where all fail, but not alike, the sum is nobody's code; its cause and hint are the first board's. */
static void failing_differently(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 2, 20000);
    bench_fault(&g.b, "disconnect@20#0");
    g.options.image = bad_image_for_the_second;
    assert_int_equal(run(&g), DFU_ERR_SOME_FAILED);
    assert_int_equal(board_of(&g, 0).code, DFU_ERR_GONE);
    assert_int_equal(board_of(&g, 1).code, DFU_ERR_RANGE);
    assert_string_equal(dfu_error_message(g.b.err), "2 of 2 boards failed");
    assert_memory_equal(dfu_error_cause(g.b.err), "1-1: ", 5);
    assert_non_null(strstr(dfu_error_hint(g.b.err), "cable"));
    end(&g);
}

/* What is done is not done again. */
static void a_second_run(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 2, 20000);
    listen(&g);
    assert_dfu_ok(run(&g), g.b.err);
    assert_dfu_ok(dfu_gang_run(g.gang, g.image, &g.b.err), g.b.err);
    assert_int_equal(events.count[DFU_GANG_BEGIN], 2);
    assert_int_equal(counters_of(&g, 0).erase, 2);
    end(&g);
}

/* At the port of the first board, once it has failed: the second board, or one with other ids. */
static struct {
    struct dfu_sim *sim;
    int ids;
} swap;

static int is_swapped(void)
{
    return events.count[DFU_GANG_FAILED] > 0;
}

struct swapped_visit {
    dfu_usb_visit_fn *visit;
    void *arg;
};

static int visit_swapped(const struct dfu_usb_device *usb, void *arg)
{
    struct swapped_visit *v = arg;
    struct dfu_usb_device other = *usb;
    if (swap.ids) {
        other.vid = 0x1234;
        return v->visit(&other, v->arg);
    }
    if (strcmp(usb->path, dfu_sim_path(swap.sim, 1)) != 0)
        return DFU_OK;
    other.path = dfu_sim_path(swap.sim, 0);
    return v->visit(&other, v->arg);
}

static int enumerate_swapped(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct swapped_visit v = {visit, arg};
    return is_swapped() ? inner->enumerate(self, visit_swapped, &v, err) : inner->enumerate(self, visit, arg, err);
}

static int open_swapped(void *self, const char *path, void **conn, struct dfu_error **err)
{
    return inner->open(self, is_swapped() && !swap.ids ? dfu_sim_path(swap.sim, 1) : path, conn, err);
}

/* A further attempt is for the board that failed, not for whatever is at its port by then. */
static void another_board_at_the_port(void **state)
{
    (void)state;
    for (int ids = 0; ids < 2; ids++) {
        struct gang_bench g;
        struct dfu_selector first;
        start(&g, "st-loader", 2, 20000);
        take_ops(&g);
        ops.enumerate = enumerate_swapped;
        ops.open = open_swapped;
        attach(&g);
        listen(&g);
        swap.sim = g.b.sim;
        swap.ids = ids;
        bench_fault(&g.b, "reconnect@20#0");
        g.options.retries = 1;
        DFU_INIT(&first);
        first.path = dfu_sim_path(g.b.sim, 0);
        assert_dfu_ok(dfu_gang_new(g.b.context, &g.options, &g.gang, &g.b.err), g.b.err);
        assert_dfu_ok(dfu_gang_add(g.gang, &first, NULL, &g.b.err), g.b.err);
        assert_dfu_error(dfu_gang_run(g.gang, g.image, &g.b.err), g.b.err, DFU_ERR_GONE, "not the same board any more");
        assert_int_equal(board_of(&g, 0).attempts, 2);
        assert_int_equal(events.count[DFU_GANG_FAILED], 1);
        assert_int_equal(counters_of(&g, 1).transfers, 0);
        end(&g);
    }
}

/* A callback that stops its board before anything was changed stops nobody else. */
static void stopped_by_an_event(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {DFU_GANG_BEGIN, DFU_GANG_PLANNED};
    for (size_t i = 0; i < 2; i++) {
        struct gang_bench g;
        start(&g, "st-loader", 3, 20000);
        listen(&g);
        events.stop_kind = kinds[i];
        g.options.retries = 1;
        assert_dfu_error(run(&g), g.b.err, DFU_ERR_SOME_FAILED, "1 of 3 boards failed");
        assert_int_equal(board_of(&g, 1).code, DFU_ERR_CANCELLED);
        assert_string_equal(dfu_error_message(board_of(&g, 1).error), "stopped before anything was changed");
        assert_int_equal(board_of(&g, 1).touched, 0);
        assert_int_equal(board_of(&g, 1).attempts, 1);
        assert_int_equal(counters_of(&g, 1).erase, 0);
        assert_good(&g, 0);
        assert_good(&g, 2);
        end(&g);
    }
}

/* One after the other: a cancel at the end of the first leaves the rest alone. */
static void cancelled_before_it_began(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 3, 20000);
    listen(&g);
    events.cancel_at_end = g.b.context;
    g.options.parallel = 1;
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_CANCELLED, "2 of 3 boards failed");
    assert_int_equal(events.count[DFU_GANG_BEGIN], 1);
    for (size_t i = 1; i < 3; i++) {
        assert_string_equal(dfu_error_message(board_of(&g, i).error), "cancelled before it began");
        assert_int_equal(board_of(&g, i).attempts, 0);
        assert_int_equal(counters_of(&g, i).transfers, 0);
    }
    end(&g);
}

static struct dfu_context *cancel_when_gone;

static int cancel_a_lost_one(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                             struct dfu_error **err)
{
    int rc = inner->control(conn, setup, data, timeout_ms, err);
    if (rc == DFU_ERR_GONE)
        dfu_context_cancel(cancel_when_gone);
    return rc;
}

/* What is cancelled is not tried again, whatever it failed of. */
static void no_retry_after_a_cancel(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 1, 20000);
    take_ops(&g);
    ops.control = cancel_a_lost_one;
    attach(&g);
    cancel_when_gone = g.b.context;
    bench_fault(&g.b, "reconnect@20#0");
    g.options.retries = 3;
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_CANCELLED, "1 of 1 board failed");
    assert_int_equal(board_of(&g, 0).attempts, 1);
    end(&g);
}

static int no_image(const struct dfu_gang_board *board, struct dfu_image **out, struct dfu_error **err, void *user)
{
    (void)board;
    (void)out;
    (void)err;
    (void)user;
    return DFU_ERR_FILE;
}

static atomic_uint inside;
static atomic_uint overlaps;

static int slow_image(const struct dfu_gang_board *board, struct dfu_image **out, struct dfu_error **err, void *user)
{
    (void)board;
    (void)out;
    (void)err;
    (void)user;
    overlaps += ++inside > 1;
    for (unsigned i = 0; i < 2000; i++)
        sched_yield(); /* whoever else could come in does */
    inside--;
    return DFU_OK;
}

/* Images are asked for one at a time, too. */
static void one_image_at_a_time(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 8, 1000);
    g.options.image = slow_image;
    assert_dfu_ok(run(&g), g.b.err);
    assert_int_equal(overlaps, 0);
    end(&g);
}

/* Who gives no reason is given one. */
static void no_image_and_no_reason(void **state)
{
    (void)state;
    struct gang_bench g;
    start(&g, "st-loader", 1, 20000);
    g.options.image = no_image;
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_FILE, "no image could be made for the board at 1-1");
    end(&g);
}

/* A board that comes back as DFU 500 ms after the leave has not left, for whom it matters; whether that is seen
 * depends on how long it is watched. */
static void still_in_dfu_mode(void **state)
{
    (void)state;
    static const struct {
        uint32_t flags;
        uint32_t watch_ms;
        int code;
        uint32_t left;
    } table[] = {{0, 0, DFU_OK, DFU_LEFT_STILL_DFU},
                 {DFU_GANG_REQUIRE_LEAVE, 0, DFU_ERR_NOT_LEFT, DFU_LEFT_STILL_DFU},
                 {DFU_GANG_REQUIRE_LEAVE, 200, DFU_OK, DFU_LEFT_GONE}};
    for (size_t i = 0; i < 3; i++) {
        struct gang_bench g;
        struct dfu_plan_options plan;
        start(&g, "stm32f042", 2, 100);
        dfu_image_free(g.image);
        g.image = bench_image(FLASH, 20000, 7);
        DFU_INIT(&plan);
        plan.flags = DFU_PLAN_LEAVE;
        g.options.plan = &plan;
        g.options.flags = table[i].flags;
        g.run.leave_watch_ms = table[i].watch_ms;
        assert_int_equal(run(&g), table[i].code);
        for (size_t b = 0; b < 2; b++) {
            assert_int_equal(board_of(&g, b).code, table[i].code);
            assert_int_equal(board_of(&g, b).result->left, table[i].left);
            assert_int_equal(board_of(&g, b).result->verified, 1);
        }
        end(&g);
    }
}

/* Reading first is a part of the job: what is told of it is what one board alone tells. */
static void reading_first_counts(void **state)
{
    (void)state;
    struct gang_bench g;
    struct dfu_plan_options plan;
    struct dfu_result alone;
    DFU_INIT(&plan);
    DFU_INIT(&alone);
    plan.flags = DFU_PLAN_DIFF;
    start(&g, "st-loader", 2, 20000);
    bench_fault(&g.b, "timeout@9#0"); /* an UPLOAD of the survey */
    bench_fault(&g.b, "timeout@9#1");
    bench_open(&g.b);
    assert_dfu_ok(dfu_session_write(g.b.session, g.image, &plan, NULL, &alone, &g.b.err), g.b.err);
    assert_int_equal(alone.retries, 1);
    bench_close(&g.b);
    end(&g);

    start(&g, "st-loader", 2, 20000);
    bench_fault(&g.b, "timeout@9#0");
    bench_fault(&g.b, "timeout@9#1");
    g.options.plan = &plan;
    assert_dfu_ok(run(&g), g.b.err);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(board_of(&g, i).result->elapsed_us, alone.elapsed_us);
        assert_int_equal(board_of(&g, i).result->retries, 1);
    }
    end(&g);
}

/* To be read first is not to be touched: with a table of data, the row of a board that is lost then can be used. */
static void lost_while_it_is_read(void **state)
{
    (void)state;
    struct gang_bench g;
    struct dfu_plan_options plan;
    DFU_INIT(&plan);
    plan.flags = DFU_PLAN_DIFF;
    start(&g, "st-loader", 2, 20000);
    bench_fault(&g.b, "disconnect@9#0"); /* an UPLOAD of the survey */
    bench_fault(&g.b, "disconnect@40#1");
    g.options.plan = &plan;
    assert_dfu_error(run(&g), g.b.err, DFU_ERR_GONE, "2 of 2 boards failed");
    assert_int_equal(board_of(&g, 0).touched, 0);
    assert_int_equal(counters_of(&g, 0).erase, 0);
    assert_int_equal(board_of(&g, 1).touched, 1);
    end(&g);
}

/* The rest of the last sector is each board's own. */
static void each_keeps_its_own(void **state)
{
    (void)state;
    struct gang_bench g;
    struct dfu_plan_options plan;
    uint8_t rest[2][100];
    DFU_INIT(&plan);
    plan.flags = DFU_PLAN_PRESERVE;
    start(&g, "st-loader", 2, 20000);
    g.options.plan = &plan;
    for (size_t i = 0; i < 2; i++) {
        memset(rest[i], 0x40 + (int)i, sizeof rest[i]);
        assert_int_equal(dfu_sim_load(g.b.sim, i, BASE + 20100, rest[i], sizeof rest[i], NULL), DFU_OK);
    }
    assert_dfu_ok(run(&g), g.b.err);
    for (size_t i = 0; i < 2; i++) {
        struct dfu_sim_memory m;
        DFU_INIT(&m);
        assert_good(&g, i);
        assert_int_equal(dfu_sim_get_memory(g.b.sim, i, 0, &m), DFU_OK);
        assert_memory_equal(m.data + OFFSET + 20100, rest[i], sizeof rest[i]);
    }
    end(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_differently),       cmocka_unit_test(a_second_run),
        cmocka_unit_test(another_board_at_the_port), cmocka_unit_test(stopped_by_an_event),
        cmocka_unit_test(cancelled_before_it_began), cmocka_unit_test(no_retry_after_a_cancel),
        cmocka_unit_test(one_image_at_a_time),       cmocka_unit_test(no_image_and_no_reason),
        cmocka_unit_test(still_in_dfu_mode),         cmocka_unit_test(reading_first_counts),
        cmocka_unit_test(lost_while_it_is_read),     cmocka_unit_test(each_keeps_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
