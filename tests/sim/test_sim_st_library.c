/* SPDX-License-Identifier: BSD-2-Clause */
/* The st-* dialect, request by request. What is expected was measured on ST's USB device library. */
#include "usb.h"

enum { FLASH = 0x08000000, APP = 0x08008000, SIZE = 2048 };

static void fill(uint8_t *data, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++)
        data[i] = (uint8_t)(seed + i * 7);
}

static struct usb *start(struct usb *usb)
{
    usb_new(usb, "st-loader", NULL);
    return usb;
}

/* The first GETSTATUS does the work inside itself, the second one tells the outcome. */
static void test_work_runs_inside_first_getstatus(void **state)
{
    (void)state;
    struct usb u;
    start(&u);
    uint8_t c[5];
    assert_int_equal(dfu_sim_load(u.sim, 0, APP, "\0\0\0", 4, NULL), DFU_OK);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP)), 5);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_SYNC);
    assert_int_equal(*usb_memory(&u, APP), 0x00);
    uint64_t before = usb_now(&u);
    struct usb_status s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 50);
    assert_int_equal(usb_now(&u) - before, 250000 + 1000 + 53);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    usb_sleep_ms(&u, 50);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    struct dfu_sim_counters n = usb_counters(&u);
    assert_int_equal(n.erase, 1);
    assert_int_equal(n.early_poll, 0);
    assert_int_equal(n.bad_state, 0);
    usb_free(&u);
}

static void test_blocks_and_read_back(void **state)
{
    (void)state;
    struct usb u;
    start(&u);
    uint8_t data[SIZE];
    uint8_t back[SIZE];
    fill(data, sizeof data, 3);
    assert_status(usb_set_address(&u, APP), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 3, data, sizeof data), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP + SIZE), data, sizeof data);
    assert_int_equal(usb_upload(&u, 3, back, SIZE), DFU_ERR_STALL);
    assert_int_equal(usb_abort(&u), 0);
    assert_int_equal(usb_upload(&u, 3, back, SIZE), SIZE);
    assert_memory_equal(back, data, sizeof data);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work_runs_inside_first_getstatus),
        cmocka_unit_test(test_blocks_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
