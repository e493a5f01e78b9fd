/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault rules: their text, when they fire, and what each kind does. */
#include "usb.h"

enum { APP = 0x08008000, SIZE = 2048 };

static void rule(struct usb *u, const char *text)
{
    struct dfu_error *err = NULL;
    int rc = dfu_sim_fault(u->sim, text, &err);
    assert_dfu_ok(rc, err);
}

static void start(struct usb *u, const char *text)
{
    usb_new(u, "st-loader", NULL);
    rule(u, text);
}

static void texts(void **state)
{
    (void)state;
    static const char *const good[] = {"stall@1",
                                       "timeout@0x08008000",
                                       "disconnect@12#0",
                                       "reconnect@0X8#0",
                                       "short@3",
                                       "flip@0xFFFFFFFF",
                                       "rot@18446744073709551615",
                                       "state=0@1",
                                       "state=255@1",
                                       "poll=16777215@5",
                                       "status=errTARGET@1",
                                       "status=errCHECK_ERASED@2",
                                       "status=errSTALLEDPKT@0x0#0",
                                       "poll=0@1"};
    static const char *const bad[] = {"",
                                      "stall",
                                      "stall@",
                                      "stall@0",
                                      "stall@-1",
                                      "stall@1 ",
                                      " stall@1",
                                      "stall@1#",
                                      "stall@1#x",
                                      "stall@1#1",
                                      "stall=1@1",
                                      "stal@1",
                                      "stalls@1",
                                      "state@1",
                                      "state=@1",
                                      "state=256@1",
                                      "poll=16777216@1",
                                      "poll=0x10@1",
                                      "status=OK@1",
                                      "status=errNONE@1",
                                      "status=errTARGETX@1",
                                      "flip@0x",
                                      "flip@0xG",
                                      "flip@18446744073709551616",
                                      "flip@0x10000000000000000",
                                      "STALL@1",
                                      "stall@1@2",
                                      "stall@1#4294967296"};
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        rule(&u, good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dfu_error *err = NULL;
        int rc = dfu_sim_fault(u.sim, bad[i], &err);
        assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "fault rule");
    }
    struct dfu_error *err = NULL;
    int rc = dfu_sim_fault(u.sim, "nonsense@1", &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "status=errNAME");
    rc = dfu_sim_fault(u.sim, NULL, &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "fault rule");
    usb_free(&u);
}

/* The third class request stalls, once; standard requests do not count. */
static void stall(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    uint8_t d[18];
    start(&u, "stall@3");
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_request(&u, 0x80, 6, 0x0100, d, 18, 100), 18);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x21, APP)), DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x21, APP)), 5);
    usb_free(&u);
}

/* The device does its part; the host waits in vain. */
static void timeout(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    start(&u, "timeout@2");
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP)), 5);
    uint64_t before = usb_now(&u);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_TIMEOUT);
    assert_int_equal(usb_now(&u) - before, 5000000);
    assert_int_equal(usb_counters(&u).erase, 1);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    usb_free(&u);
}

static void disconnect(void **state)
{
    (void)state;
    struct usb u;
    start(&u, "disconnect@2");
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 60000);
    assert_int_equal(usb_open(&u), DFU_ERR_NO_DEVICE);
    usb_free(&u);
}

static void reconnect(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    start(&u, "reconnect@8");
    (void)usb_set_address(&u, APP);
    assert_status(usb_send(&u, 2, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_dnload(&u, 3, data, SIZE), SIZE);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 400);
    assert_int_equal(usb_open(&u), DFU_ERR_NO_DEVICE);
    usb_sleep_ms(&u, 101);
    assert_int_equal(usb_open(&u), DFU_OK);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, APP), 0x00);
    assert_int_equal(*usb_memory(&u, APP + SIZE), 0xFF);
    usb_free(&u);
    /* Also where a fresh connection would find dfuERROR. */
    usb_new(&u, "stm32f407", NULL);
    rule(&u, "reconnect@1");
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 501);
    assert_int_equal(usb_open(&u), DFU_OK);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    usb_free(&u);
}

static void shortened(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE];
    memset(data, 0x5A, sizeof data);
    start(&u, "short@4");
    rule(&u, "short@8");
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), SIZE / 2);
    assert_int_equal(usb_getstatus(&u).rc, 6);
    usb_sleep_ms(&u, 50);
    assert_int_equal(usb_getstatus(&u).rc, 6);
    assert_int_equal(usb_memory(&u, APP)[SIZE / 2 - 1], 0x5A);
    assert_int_equal(usb_memory(&u, APP)[SIZE / 2], 0xFF);
    assert_int_equal(usb_abort(&u), 0);
    assert_int_equal(usb_upload(&u, 2, data, SIZE), SIZE / 2);
    assert_int_equal(usb_upload(&u, 3, data, SIZE), SIZE);
    usb_free(&u);
}

/* One bit of one byte. */
static size_t different_bits(const uint8_t *a, const uint8_t *b, size_t length)
{
    size_t bits = 0;
    for (size_t i = 0; i < length; i++)
        for (unsigned bit = 0; bit < 8; bit++)
            bits += ((a[i] ^ b[i]) >> bit) & 1;
    return bits;
}

static void flip(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE];
    memset(data, 0x5A, sizeof data);
    start(&u, "flip@0x08008805");
    (void)usb_erase(&u, APP);
    (void)usb_set_address(&u, APP);
    assert_status(usb_send(&u, 2, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 3, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP), data, SIZE);
    assert_int_equal(different_bits(usb_memory(&u, APP + SIZE), data, SIZE), 1);
    assert_int_not_equal(usb_memory(&u, APP + SIZE)[5], 0x5A);
    usb_free(&u);
    /* By number it takes the next block: requests 1 to 3 carry none. */
    start(&u, "flip@2");
    (void)usb_set_address(&u, APP);
    assert_status(usb_send(&u, 2, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 3, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(different_bits(usb_memory(&u, APP), data, SIZE), 1);
    assert_memory_equal(usb_memory(&u, APP + SIZE), data, SIZE);
    usb_free(&u);
}

/* After the programming was checked by the device, so that only reading back finds it. */
static void rot(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE];
    memset(data, 0x5A, sizeof data);
    start(&u, "rot@0x08008000");
    rule(&u, "rot@8"); /* GETSTATUS #1 of the second block */
    (void)usb_set_address(&u, APP);
    assert_status(usb_send(&u, 2, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 3, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(different_bits(usb_memory(&u, APP), data, SIZE), 1);
    assert_int_not_equal(*usb_memory(&u, APP), 0x5A);
    assert_int_equal(different_bits(usb_memory(&u, APP + SIZE), data, SIZE), 1);
    usb_free(&u);
}

static void state_is_reported_and_true(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    start(&u, "state=9@1");
    rule(&u, "state=10@3");
    assert_int_equal(usb_getstate(&u), 9);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_OK);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    usb_free(&u);
}

static void poll(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    start(&u, "poll=70000@0x08008000");
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP + 0x3FFF)), 5);
    struct usb_status s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 70000);
    usb_sleep_ms(&u, 69999);
    s = usb_getstatus(&u);
    assert_int_equal(s.poll_ms, 0);
    assert_int_equal(usb_counters(&u).early_poll, 1);
    usb_free(&u);
}

static void status(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    start(&u, "status=errPROG@5");
    rule(&u, "status=errWRITE@8");
    rule(&u, "status=errFILE@12");
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), SIZE); /* 4 */
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_PROG);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), SIZE); /* 8: taken, but it ends in an error */
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_WRITE);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_upload(&u, 2, data, SIZE), DFU_ERR_STALL); /* 12 */
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_FILE);
    usb_free(&u);
}

/* Once per board; #BOARD keeps the others out. */
static void boards(void **state)
{
    (void)state;
    struct dfu_sim_options options;
    DFU_INIT(&options);
    options.count = 3;
    struct usb u;
    usb_new(&u, "st-loader", &options);
    rule(&u, "stall@1");
    rule(&u, "stall@2#2");
    for (u.board = 0; u.board < 3; u.board++) {
        usb_reopen(&u);
        assert_int_equal(usb_getstate(&u), DFU_ERR_STALL);
        assert_int_equal(usb_getstate(&u), u.board == 2 ? DFU_ERR_STALL : DFU_STATE_IDLE);
        assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    }
    struct dfu_error *err = NULL;
    int rc = dfu_sim_fault(u.sim, "stall@1#3", &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "board 3, there are 3");
    usb_free(&u);
}

/* By address: an UPLOAD that covers it, a DNLOAD that covers it, an erase of its sector. */
static void addresses(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    uint8_t c[5] = {0};
    start(&u, "stall@0x080087FF");
    (void)usb_set_address(&u, APP + SIZE);
    (void)usb_abort(&u);
    assert_int_equal(usb_upload(&u, 2, data, SIZE), SIZE);
    (void)usb_abort(&u);
    (void)usb_set_address(&u, APP);
    (void)usb_abort(&u);
    assert_int_equal(usb_upload(&u, 2, data, SIZE), DFU_ERR_STALL);
    assert_int_equal(usb_upload(&u, 2, data, SIZE), SIZE);
    usb_free(&u);
    start(&u, "stall@0x080087FF");
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE - 1), SIZE - 1);
    usb_free(&u);
    start(&u, "stall@0x080087FF");
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP + 0x4000)), 5);
    (void)usb_abort(&u);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP + 8)), DFU_ERR_STALL);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),      cmocka_unit_test(stall),     cmocka_unit_test(timeout),
        cmocka_unit_test(disconnect), cmocka_unit_test(reconnect), cmocka_unit_test(shortened),
        cmocka_unit_test(flip),       cmocka_unit_test(rot),       cmocka_unit_test(state_is_reported_and_true),
        cmocka_unit_test(poll),       cmocka_unit_test(status),    cmocka_unit_test(boards),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
