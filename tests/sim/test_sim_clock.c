/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual time: what takes how long, and whose clock it is. */
#include "usb.h"
#include <time.h>

enum { APP = 0x08008000 };

/* 1 ms a transfer and 19 packets of 64 bytes a further ms, worked out by hand. */
static void transfers_take_time(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        uint64_t us;
    } rows[] = {{1, 1053}, {64, 1053}, {65, 1106}, {1216, 2000}, {1217, 2053}, {2048, 2685}};
    struct usb u;
    uint8_t data[2048];
    usb_new(&u, "st-loader", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)usb_set_address(&u, APP);
        (void)usb_abort(&u);
        uint64_t before = usb_now(&u);
        assert_int_equal(usb_upload(&u, 2, data, rows[i].length), rows[i].length);
        assert_int_equal(usb_now(&u) - before, rows[i].us);
        before = usb_now(&u);
        assert_int_equal(usb_abort(&u), 0);
        assert_int_equal(usb_now(&u) - before, 1000);
        before = usb_now(&u);
        assert_int_equal(usb_dnload(&u, 2, data, rows[i].length), rows[i].length);
        assert_int_equal(usb_now(&u) - before, rows[i].us);
        (void)usb_abort(&u);
    }
    uint64_t before = usb_now(&u);
    assert_int_equal(usb_dnload(&u, 2, NULL, 0), 0);
    assert_int_equal(usb_dnload(&u, 2, NULL, 0), DFU_ERR_STALL);
    assert_int_equal(usb_now(&u) - before, 2000);
    usb_free(&u);
}

/* Sleeping never goes back and never overshoots. */
static void sleeping(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    uint64_t now = usb_now(&u);
    u.ops->sleep_until_us(u.self, u.conn, now + 12345);
    assert_int_equal(usb_now(&u), now + 12345);
    u.ops->sleep_until_us(u.self, u.conn, now);
    assert_int_equal(usb_now(&u), now + 12345);
    usb_free(&u);
}

/* Each board has its own clock; the transport's own one is the furthest. */
static void one_clock_a_board(void **state)
{
    (void)state;
    struct dfu_sim_options options;
    DFU_INIT(&options);
    options.count = 2;
    struct usb a;
    usb_new(&a, "st-loader", &options);
    struct usb b = a;
    b.board = 1;
    assert_int_equal(usb_open(&b), DFU_OK);
    uint64_t start = usb_now(&b);
    usb_sleep_ms(&a, 700);
    assert_int_equal(usb_now(&b), start);
    assert_int_equal(usb_now(&a), start + 700000);
    assert_int_equal(a.ops->now_us(a.self, NULL), start + 700000);
    usb_sleep_ms(&b, 900);
    assert_int_equal(a.ops->now_us(a.self, NULL), start + 900000);
    assert_int_equal(usb_now(&a), start + 700000);
    /* Time that passes while no board is open has passed for the board that is opened then. */
    usb_close(&a);
    a.ops->sleep_until_us(a.self, NULL, start + 2000000);
    assert_int_equal(usb_open(&a), DFU_OK);
    assert_int_equal(usb_now(&a), start + 2000000);
    assert_int_equal(usb_now(&b), start + 900000);
    usb_close(&b);
    usb_free(&a);
}

/* elapsed: from the first open to the last close, or to now. */
static void elapsed(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    usb_close(&u);
    struct dfu_sim *sim = u.sim;
    usb_attach(&u, sim);
    assert_int_equal(usb_counters(&u).elapsed_us, 0);
    assert_int_equal(usb_open(&u), DFU_OK);
    usb_sleep_ms(&u, 20);
    assert_int_equal(usb_counters(&u).elapsed_us, 20000);
    usb_close(&u);
    u.ops->sleep_until_us(u.self, NULL, 500000);
    assert_int_equal(usb_counters(&u).elapsed_us, 20000);
    assert_int_equal(usb_open(&u), DFU_OK);
    assert_int_equal(usb_counters(&u).elapsed_us, 500000);
    usb_free(&u);
}

/* A transfer without limit that would never end still ends. */
static void no_transfer_lasts_for_ever(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[4000] = {0};
    usb_new(&u, "st-loader", NULL);
    assert_int_equal(usb_request(&u, 0x21, 1, 2, data, sizeof data, 0), DFU_ERR_TIMEOUT);
    assert_int_equal(usb_now(&u), 60000000);
    usb_free(&u);
}

/* wait_change ends when a board comes back, else at the deadline. */
static void waiting_for_changes(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    assert_int_equal(dfu_sim_fault(u.sim, "reconnect@1", NULL), DFU_OK);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    uint64_t now = usb_now(&u);
    assert_int_equal(u.ops->wait_change(u.self, now + 200000, NULL), DFU_OK);
    assert_int_equal(usb_now(&u), now + 200000);
    assert_int_equal(u.ops->wait_change(u.self, now + 10000000, NULL), DFU_OK);
    assert_int_equal(usb_now(&u), now + 500000);
    assert_int_equal(usb_open(&u), DFU_OK);
    usb_free(&u);
}

static uint64_t wall_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Real time really waits, here at a hundredth: 1 s of flash work is 10 ms of ours. */
static void real_time(void **state)
{
    (void)state;
    struct dfu_sim_options options;
    DFU_INIT(&options);
    options.flags = DFU_SIM_REAL_TIME;
    options.scale_percent = 1;
    struct usb u;
    usb_new(&u, "st-loader", &options);
    uint64_t wall = wall_us();
    uint64_t before = usb_now(&u);
    assert_status(usb_erase(&u, 0x08020000), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_true(wall_us() - wall >= 10500);
    assert_true(usb_now(&u) - before >= 1050000);
    assert_int_equal(usb_counters(&u).early_poll, 0);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfers_take_time),
        cmocka_unit_test(sleeping),
        cmocka_unit_test(one_clock_a_board),
        cmocka_unit_test(elapsed),
        cmocka_unit_test(no_transfer_lasts_for_ever),
        cmocka_unit_test(waiting_for_changes),
        cmocka_unit_test(real_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
