/* SPDX-License-Identifier: BSD-2-Clause */
/* A station: boards that are plugged in while it runs, in virtual time. */
#include "station.h"
#include <sched.h>

/* A worker's hands: the board that is done goes away, the next one of the box comes. */
static void next_of_the_box(struct station_bench *t, const struct dfu_gang_board *board)
{
    size_t next = t->ended + 2;
    assert_int_equal(dfu_sim_unplug(t->b.sim, index_of(t, board->path), NULL), DFU_OK);
    if (next < dfu_sim_count(t->b.sim))
        assert_int_equal(dfu_sim_plug(t->b.sim, next, 0, NULL), DFU_OK);
}

static void one_after_the_other(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 12);
    unplug_all_but(&t, 3);
    t.end = next_of_the_box;
    t.watch.limit = 12;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 12);
    assert_int_equal(t.result.failed, 0);
    assert_int_equal(t.begun, 12);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(times(&t, i), 1);
        assert_true(holds_image(&t, i));
    }
    end(&t);
}

/* The station is left alone for a while, then the same board is plugged in anew, then another one. */
static void stays_then_again(struct station_bench *t, unsigned look)
{
    (void)look;
    if (t->ended < 2)
        return;
    t->quiet_looks++;
    if (t->quiet_looks == 200) {
        assert_int_equal(t->ended, 2); /* what stays plugged in is not done again */
        assert_int_equal(dfu_sim_unplug(t->b.sim, 1, NULL), DFU_OK);
    }
    if (t->quiet_looks == 210)
        assert_int_equal(dfu_sim_plug(t->b.sim, 1, 0, NULL), DFU_OK);
    if (t->quiet_looks > 210 && t->ended == 3 && t->quiet_looks % 50 == 0) /* quicker than two looks */
        assert_int_equal(dfu_sim_plug(t->b.sim, 0, 0, NULL), DFU_OK);
}

static void only_what_arrives(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "stm32f407", 2);
    t.look = stays_then_again;
    t.watch.limit = 4;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(times(&t, 0), 2);
    assert_int_equal(times(&t, 1), 2);
    assert_string_equal(t.order[2], dfu_sim_path(t.b.sim, 1));
    assert_string_equal(t.order[3], dfu_sim_path(t.b.sim, 0));
    end(&t);
}

/* Plugged in anew after a while, it may be given the address that it had: 127 steps of the simulator go round. */
static void comes_with_its_address(struct station_bench *t, unsigned look)
{
    (void)look;
    if (t->ended != 1 || dfu_gang_count(t->gang) > 0) /* a thread that ends takes a moment */
        return;
    t->quiet_looks++;
    if (t->quiet_looks == 1)
        assert_int_equal(dfu_sim_unplug(t->b.sim, 0, NULL), DFU_OK);
    for (unsigned i = 0; t->quiet_looks == 5 && i < 125; i++)
        assert_int_equal(dfu_sim_unplug(t->b.sim, 0, NULL), DFU_OK);
    if (t->quiet_looks == 5)
        assert_int_equal(dfu_sim_plug(t->b.sim, 0, 0, NULL), DFU_OK);
    if (t->quiet_looks == 500)
        dfu_gang_stop(t->gang);
}

static void same_address(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 1);
    t.look = comes_with_its_address;
    t.watch.limit = 2;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 2);
    end(&t);
}

/* The bus's clock must not run on, as far as to the next board, while the thread of this one waits for a processor. */
static void wait_for_the_one_in_hand(struct station_bench *t, unsigned look)
{
    (void)look;
    if (dfu_gang_count(t->gang) == 0)
        t->quiet_looks = t->ended;
    else
        while (t->ended == t->quiet_looks)
            (void)sched_yield();
}

/* Boards come at times of the bus's clock; the station itself has nothing to do until then. */
static void scheduled(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(dfu_sim_plug(t.b.sim, i, UINT64_C(3600000000) * (4 - i), NULL), DFU_OK);
    t.watch.limit = 4;
    t.look = wait_for_the_one_in_hand;
    assert_dfu_ok(watch(&t), t.b.err);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(t.order[i], dfu_sim_path(t.b.sim, 3 - i));
    end(&t);
}

/* Only boards that a selector admits; by serial number also where it must be asked for. */
static void selected(void **state)
{
    (void)state;
    static const char *const profiles[] = {"st-loader", "stm32f407", "gd32vf103"};
    for (size_t p = 0; p < 3; p++) {
        struct station_bench t;
        struct dfu_selector wanted[2];
        start(&t, profiles[p], 5);
        DFU_INIT(&wanted[0]);
        DFU_INIT(&wanted[1]);
        wanted[0].path = dfu_sim_path(t.b.sim, 3);
        wanted[1].serial = dfu_sim_serial(t.b.sim, 1);
        t.watch.selectors = wanted;
        t.watch.selector_count = 2;
        t.look = stop_when_left_alone;
        t.expected = 2;
        assert_dfu_ok(watch(&t), t.b.err);
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(times(&t, i), i == 1 || i == 3);
        assert_int_equal(t.result.good, 2);
        end(&t);
    }
}

/* One that fails is counted, and holds nobody; a board that came loose and is back is an arrival. */
static void failures(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 4);
    bench_fault(&t.b, "disconnect@20#1");
    bench_fault(&t.b, "reconnect@25#2");
    t.look = stop_when_left_alone;
    t.expected = 5;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_SOME_FAILED, "2 of 5 boards failed");
    assert_int_equal(t.result.good, 3);
    assert_int_equal(t.result.failed, 2);
    assert_int_equal(t.result.interrupted, 0);
    assert_int_equal(times(&t, 1), 1);
    assert_int_equal(times(&t, 2), 2);
    assert_true(holds_image(&t, 0) && holds_image(&t, 2) && holds_image(&t, 3));
    end(&t);

    start(&t, "st-loader", 3); /* with a retry it is one board */
    bench_fault(&t.b, "reconnect@25#2");
    t.options.retries = 1;
    t.look = stop_when_left_alone;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 3);
    end(&t);

    start(&t, "st-loader", 2); /* all alike: their code, which is not the station's */
    dfu_image_free(t.image);
    t.image = bench_image(UINT64_C(0x30000000), 100, 1);
    t.watch.limit = 2;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_RANGE, "2 of 2 boards failed");
    assert_int_equal(t.touched[0] + t.touched[1], 0);
    end(&t);
}

static int pull_and_plug(const struct dfu_progress *p, void *user)
{
    struct station_bench *t = user;
    if (t->begun == 1 && p->phase == DFU_PHASE_WRITE && p->done > 8000)
        assert_int_equal(dfu_sim_plug(t->b.sim, 0, 0, NULL), DFU_OK);
    return 0;
}

/* Pulled in mid-job, and back before anybody has looked. */
static void back_at_once(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 1);
    t.run.progress = pull_and_plug;
    t.run.user = &t;
    t.expected = 2;
    t.look = stop_when_left_alone;
    t.watch.limit = 3;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_SOME_FAILED, "1 of 2 boards failed");
    assert_int_equal(t.codes[0], DFU_ERR_GONE);
    assert_int_equal(t.codes[1], DFU_OK);
    assert_true(holds_image(&t, 0));
    end(&t);
}

/* A board that starts its program leaves its place to the next one; one that stays in its loader does not loop. */
static void leaving(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        uint64_t address;
    } table[] = {{"st-loader", BASE}, {"stm32f407", BASE}, {"dfu11-reset", 0}, {"stm32f042", FLASH}};
    for (size_t p = 0; p < sizeof table / sizeof table[0]; p++) {
        struct station_bench t;
        struct dfu_plan_options plan;
        start(&t, table[p].profile, 3);
        dfu_image_free(t.image);
        t.image = bench_image(table[p].address, 20000, 7);
        DFU_INIT(&plan);
        plan.flags = DFU_PLAN_LEAVE;
        t.options.plan = &plan;
        t.look = stop_when_left_alone;
        assert_dfu_ok(watch(&t), t.b.err);
        assert_int_equal(t.result.good, 3);
        assert_int_equal(t.ended, 3);
        end(&t);
    }
}

static void cancel_now(struct station_bench *t, const struct dfu_gang_board *board)
{
    (void)board;
    if (t->ended == 3)
        dfu_context_cancel(t->b.context);
}

static void cancel_when_left_alone(struct station_bench *t, unsigned look)
{
    (void)look;
    if (t->ended >= t->expected && ++t->quiet_looks == 200)
        dfu_context_cancel(t->b.context);
}

static int stop_in_the_middle(const struct dfu_progress *p, void *user)
{
    struct station_bench *t = user;
    if (p->phase == DFU_PHASE_WRITE && p->done > 8000)
        dfu_context_cancel(t->b.context);
    return 0;
}

/* A cancel is how a station usually ends; it is a failure where something was cut short. */
static void cancelling(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 3);
    t.look = cancel_when_left_alone;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 3);
    end(&t);

    start(&t, "st-loader", 3);
    t.look = cancel_when_left_alone;
    t.watch.limit = 4;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_CANCELLED, "0 of 3 boards failed");
    end(&t);

    start(&t, "st-loader", 3);
    unplug_all_but(&t, 0);
    t.expected = 0;
    t.look = cancel_when_left_alone;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_CANCELLED, "0 of 0 boards failed");
    end(&t);

    start(&t, "st-loader", 3);
    t.run.progress = stop_in_the_middle;
    t.run.user = &t;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_CANCELLED, "boards failed");
    assert_true(t.result.interrupted > 0);
    assert_int_equal(t.result.good + t.result.failed, 3);
    end(&t);

    start(&t, "st-loader", 12);
    unplug_all_but(&t, 3);
    t.end = cancel_now;
    int rc = watch(&t); /* the third is done: none is in hand */
    assert_dfu_ok(rc, t.b.err);
    assert_int_equal(t.result.good, 3);
    end(&t);
}

static void stop_at_once(struct station_bench *t, const struct dfu_gang_board *board)
{
    (void)board;
    dfu_gang_stop(t->gang);
}

/* A stop lets those in hand finish; a limit of boards at a time is kept; a second watch begins afresh. */
static void stopping(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 10);
    t.options.parallel = 2;
    t.end = stop_at_once;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_in_range(t.result.good, 1, 3);
    assert_int_equal(t.result.failed, 0);
    assert_int_equal(t.begun, t.ended);

    t.end = NULL;
    t.begun = t.ended = 0;
    memset(t.numbers, 0, sizeof t.numbers);
    t.watch.limit = 10;
    assert_dfu_ok(dfu_gang_watch(t.gang, t.image, &t.watch, &t.result, &t.b.err), t.b.err);
    assert_int_equal(t.result.good, 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(t.numbers[i], 1); /* numbered anew */

    dfu_gang_stop(t.gang);
    assert_dfu_ok(dfu_gang_watch(t.gang, t.image, &t.watch, &t.result, &t.b.err), t.b.err);
    assert_int_equal(t.result.good, 0);
    end(&t);
}

/* A transport for one thread: looking at the bus and working take turns. */
static unsigned open_now;

static int count_open(void *self, const char *path, void **conn, struct dfu_error **err)
{
    int rc = inner->open(self, path, conn, err);
    open_now += rc == DFU_OK;
    return rc;
}

static void count_close(void *conn)
{
    open_now--;
    inner->close(conn);
}

static int look_alone(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    return inner->enumerate(self, visit, arg, err);
}

static void alone_while_waiting(struct station_bench *t, unsigned look)
{
    (void)look;
    assert_int_equal(open_now, 0);
    stop_when_left_alone(t, look);
}

static void without_sharing(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 4);
    t.ops.share = NULL;
    t.ops.unshare = NULL;
    t.ops.open = count_open;
    t.ops.close = count_close;
    t.ops.enumerate = look_alone;
    attach(&t);
    t.look = alone_while_waiting;
    open_now = 0;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 4);
    end(&t);
}

static void arguments(void **state)
{
    (void)state;
    struct station_bench t;
    struct dfu_error *err = NULL;
    start(&t, "st-loader", 1);
    assert_dfu_error(dfu_gang_watch(NULL, t.image, NULL, NULL, &err), err, DFU_ERR_ARGUMENT, "no gang");
    assert_dfu_ok(dfu_gang_new(t.b.context, &t.options, &t.gang, &err), err);
    assert_dfu_error(dfu_gang_watch(t.gang, NULL, NULL, NULL, &err), err, DFU_ERR_ARGUMENT, "no image");
    t.watch.selector_count = 1;
    assert_dfu_error(dfu_gang_watch(t.gang, t.image, &t.watch, NULL, &err), err, DFU_ERR_ARGUMENT, "1 selectors");
    t.watch.size = 1;
    assert_dfu_error(dfu_gang_watch(t.gang, t.image, &t.watch, NULL, &err), err, DFU_ERR_ARGUMENT, "watch options");
    assert_dfu_ok(dfu_gang_add(t.gang, NULL, NULL, &err), err);
    assert_dfu_error(dfu_gang_watch(t.gang, t.image, NULL, NULL, &err), err, DFU_ERR_ARGUMENT, "this gang has 1");
    dfu_gang_stop(NULL);
    assert_dfu_error(dfu_sim_plug(NULL, 0, 0, &err), err, DFU_ERR_ARGUMENT, "no simulator");
    assert_dfu_error(dfu_sim_unplug(t.b.sim, 1, &err), err, DFU_ERR_RANGE, "board 1 of 1");
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(only_what_arrives),
        cmocka_unit_test(scheduled),
        cmocka_unit_test(selected),
        cmocka_unit_test(failures),
        cmocka_unit_test(leaving),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(stopping),
        cmocka_unit_test(without_sharing),
        cmocka_unit_test(arguments),
        cmocka_unit_test(same_address),
        cmocka_unit_test(back_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
