/* SPDX-License-Identifier: BSD-2-Clause */
/* A station whose boards are odd: slow to be opened, away for a moment, gone although they are there. */
#include "station.h"
#include <limits.h>
#include <sched.h>

/* Of more boards than are wanted, so many are begun. */
static void limit(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 5);
    t.watch.limit = 2;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.begun, 2);
    assert_int_equal(t.result.good, 2);
    end(&t);
}

static int stop_and_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    dfu_gang_stop(current->gang);
    return inner->enumerate(self, visit, arg, err);
}

/* Once stopped, no board of those just found is begun. */
static void stopped_while_it_looks(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 4);
    t.ops.enumerate = stop_and_enumerate;
    attach(&t);
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.begun, 0);
    end(&t);
}

static void unplug_the_next(struct station_bench *t, const struct dfu_gang_board *board)
{
    if (index_of(t, board->path) == 0)
        assert_int_equal(dfu_sim_unplug(t->b.sim, 1, NULL), DFU_OK);
}

/* One at a time: what is taken away while the first is done, is not tried. */
static void taken_away_before_its_turn(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 3);
    t.options.parallel = 1;
    t.end = unplug_the_next;
    t.look = stop_when_left_alone;
    t.expected = 2;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 2);
    assert_int_equal(times(&t, 1), 0);
    end(&t);
}

/* The first opens fail, of the station's own thread or of the boards'. */
static struct {
    unsigned station; /* how many */
    unsigned board;
    unsigned opens; /* of the station */
} refuse;

static int open_later(void *self, const char *path, void **conn, struct dfu_error **err)
{
    unsigned *left = &refuse.board;
    if (is_station(current)) {
        refuse.opens++;
        left = &refuse.station;
    }
    if (*left == 0)
        return inner->open(self, path, conn, err);
    (*left)--;
    return dfu_error_set(err, DFU_ERR_ACCESS, "udev has not come to %s yet", path);
}

static void start_refusing(struct station_bench *t, struct dfu_selector *serial, unsigned station, unsigned board)
{
    start(t, "gd32vf103", 1); /* the system does not know its serial number */
    t->ops.open = open_later;
    attach(t);
    memset(&refuse, 0, sizeof refuse);
    refuse.station = station;
    refuse.board = board;
    DFU_INIT(serial);
    serial->serial = dfu_sim_serial(t->b.sim, 0);
    t->watch.selectors = serial;
    t->watch.selector_count = 1;
    t->look = stop_when_left_alone;
}

static void plug_again(struct station_bench *t, unsigned look)
{
    if (look == 100) /* quicker than two looks */
        assert_int_equal(dfu_sim_plug(t->b.sim, 0, 0, NULL), DFU_OK);
    if (look == 200)
        dfu_gang_stop(t->gang);
}

/* Whether a board has the serial number that is wanted shows once it can be opened: it is tried 40 times, which is 2 s
 * and more, and as often when it is plugged in anew. One that nobody could ask is not done. */
static void slow_to_be_asked(void **state)
{
    (void)state;
    struct station_bench t;
    struct dfu_selector serial;
    start_refusing(&t, &serial, 39, 0);
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 1);
    assert_int_equal(refuse.opens, 40);
    end(&t);

    start_refusing(&t, &serial, UINT_MAX, 0);
    t.look = plug_again;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.begun, 0);
    assert_int_equal(refuse.opens, 80);
    end(&t);
}

/* A board that has just been plugged in is waited for, without --retry. */
static void slow_to_be_opened(void **state)
{
    (void)state;
    struct station_bench t;
    struct dfu_selector any;
    start_refusing(&t, &any, 0, 3);
    t.watch.selector_count = 0;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 1);
    end(&t);
}

/* Ids that no board has; a caller's selectors may be longer than the library's. */
static void other_selectors(void **state)
{
    (void)state;
    struct {
        struct dfu_selector s;
        uint64_t later;
    } wanted[2];
    struct station_bench t;
    for (size_t i = 0; i < 3; i++) {
        start(&t, "st-loader", 3);
        memset(wanted, 0, sizeof wanted);
        wanted[0].s.size = wanted[1].s.size = sizeof wanted[0];
        wanted[0].s.flags = DFU_SELECT_VID;
        wanted[0].s.vid = 0x1234;
        wanted[1].s.flags = DFU_SELECT_PID;
        wanted[1].s.pid = 0x1234;
        if (i == 2) {
            wanted[1].s.flags = 0;
            wanted[1].s.path = dfu_sim_path(t.b.sim, 2);
        }
        t.watch.selectors = &wanted[0].s;
        t.watch.selector_count = i == 0 ? 1 : 2;
        t.look = stop_when_left_alone;
        t.expected = i == 2;
        assert_dfu_ok(watch(&t), t.b.err);
        assert_int_equal(t.begun, i == 2);
        assert_int_equal(times(&t, 2), i == 2);
        end(&t);
    }
}

static int gone_soon(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                     struct dfu_error **err)
{
    static unsigned count;
    if (++count > 30)
        return dfu_error_set(err, DFU_ERR_GONE, "no such device");
    return inner->control(conn, setup, data, timeout_ms, err);
}

/* A board whose requests say that it went, although nothing happened at its port, did not arrive anew. */
static void gone_but_there(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 1);
    t.ops.control = gone_soon;
    attach(&t);
    t.look = stop_when_left_alone;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_GONE, "1 of 1 board failed");
    assert_int_equal(t.begun, 1);
    end(&t);
}

/* In mid-job it is unplugged; it comes back once the station has seen that it is away. */
static atomic_uint looks_while_away;

static int unplug_in_the_middle(const struct dfu_progress *p, void *user)
{
    struct station_bench *t = user;
    if (t->b.sim != NULL && looks_while_away == 0 && p->phase == DFU_PHASE_WRITE && p->done > 8000) {
        looks_while_away = 1;
        assert_int_equal(dfu_sim_unplug(t->b.sim, 0, NULL), DFU_OK);
    }
    return 0;
}

static int pause_while_away(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct station_bench *t = current;
    if (!is_station(t) && looks_while_away > 0) {
        while (looks_while_away < 5)
            sched_yield();
        assert_int_equal(dfu_sim_plug(t->b.sim, 0, 0, NULL), DFU_OK);
    }
    if (is_station(t) && looks_while_away > 0)
        looks_while_away++;
    return pause_between_looks(self, deadline_us, err);
}

/* The board's own thread waits for it, so it is no arrival. */
static void away_and_back_with_a_retry(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 1);
    t.ops.wait_change = pause_while_away;
    attach(&t);
    looks_while_away = 0;
    t.run.progress = unplug_in_the_middle;
    t.run.user = &t;
    t.options.retries = 1;
    t.look = stop_when_left_alone;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.begun, 1);
    assert_int_equal(t.result.good, 1);
    assert_true(holds_image(&t, 0));
    end(&t);
}

/* Pauses of the station in a row, while it has boards in hand. */
static unsigned pauses;
static unsigned most_pauses;

static int quiet_pause(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    int rc = pause_between_looks(self, deadline_us, err);
    if (!is_station(current) || rc < 0)
        return rc;
    pauses = dfu_gang_count(current->gang) > 0 ? pauses + 1 : 0;
    most_pauses = pauses > most_pauses ? pauses : most_pauses;
    return DFU_WAIT_QUIET;
}

static int count_look(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    if (is_station(current))
        pauses = 0;
    return inner->enumerate(self, visit, arg, err);
}

/* A bus that tells when something changes tells nothing when a board is done: then the station looks every 50 ms. */
static void looks_while_boards_are_in_hand(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 2);
    t.ops.wait_change = quiet_pause;
    t.ops.enumerate = count_look;
    attach(&t);
    pauses = most_pauses = 0;
    t.look = stop_when_left_alone;
    assert_dfu_ok(watch(&t), t.b.err);
    assert_int_equal(t.result.good, 2);
    assert_int_equal(most_pauses, 1);
    end(&t);
}

/* The second board comes when nothing is left of the first one's thread. */
static void plug_the_second(struct station_bench *t, unsigned look)
{
    (void)look;
    if (t->ended == 1 && dfu_gang_count(t->gang) == 0 && t->quiet_looks++ == 0)
        assert_int_equal(dfu_sim_plug(t->b.sim, 1, 0, NULL), DFU_OK);
}

static int image_of_the_second(const struct dfu_gang_board *board, struct dfu_image **out, struct dfu_error **err,
                               void *user)
{
    (void)err;
    (void)user;
    *out = board->index == 1 ? bench_image(UINT64_C(0x30000000), 100, 1) : NULL;
    return DFU_OK;
}

/* Two that fail: where they fail differently the sum is neither's; the cause is the first one's. */
static void failing_both(void **state)
{
    (void)state;
    for (int alike = 0; alike < 2; alike++) {
        struct station_bench t;
        start(&t, "st-loader", 2);
        unplug_all_but(&t, 1);
        bench_fault(&t.b, "disconnect@20#0");
        bench_fault(&t.b, "disconnect@20#1");
        t.options.image = alike ? NULL : image_of_the_second;
        t.look = plug_the_second;
        t.watch.limit = 2;
        assert_int_equal(watch(&t), alike ? DFU_ERR_GONE : DFU_ERR_SOME_FAILED);
        assert_int_equal(t.codes[0], DFU_ERR_GONE);
        assert_int_equal(t.codes[1], alike ? DFU_ERR_GONE : DFU_ERR_RANGE);
        assert_string_equal(dfu_error_message(t.b.err), "2 of 2 boards failed");
        assert_memory_equal(dfu_error_cause(t.b.err), "1-1: ", 5);
        assert_non_null(strstr(dfu_error_hint(t.b.err), "cable"));
        end(&t);
    }
}

static int cancel_the_second(const struct dfu_progress *p, void *user)
{
    struct station_bench *t = user;
    if (p->board == 1 && p->phase == DFU_PHASE_WRITE && p->done > 8000)
        dfu_context_cancel(t->b.context);
    return 0;
}

/* The last one that was wanted is cut short. */
static void cancelled_at_the_limit(void **state)
{
    (void)state;
    struct station_bench t;
    start(&t, "st-loader", 2);
    unplug_all_but(&t, 1);
    t.look = plug_the_second;
    t.run.progress = cancel_the_second;
    t.run.user = &t;
    t.watch.limit = 2;
    assert_dfu_error(watch(&t), t.b.err, DFU_ERR_CANCELLED, "1 of 2 boards failed");
    assert_int_equal(t.result.good, 1);
    assert_int_equal(t.result.failed, 1);
    assert_int_equal(t.result.interrupted, 1);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit),
        cmocka_unit_test(stopped_while_it_looks),
        cmocka_unit_test(taken_away_before_its_turn),
        cmocka_unit_test(slow_to_be_asked),
        cmocka_unit_test(slow_to_be_opened),
        cmocka_unit_test(other_selectors),
        cmocka_unit_test(gone_but_there),
        cmocka_unit_test(away_and_back_with_a_retry),
        cmocka_unit_test(looks_while_boards_are_in_hand),
        cmocka_unit_test(failing_both),
        cmocka_unit_test(cancelled_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
