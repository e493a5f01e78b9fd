/* SPDX-License-Identifier: BSD-2-Clause */
/* Boards that run a program: DFU 1.1 figure A.1, states appIDLE and appDETACH, and what a reset does in each mode. */
#include "usb.h"

enum { WILL_DETACH_MS = 500 };

static int detach(struct usb *u, unsigned timeout_ms)
{
    return usb_request(u, 0x21, 0, timeout_ms, NULL, 0, 1000);
}

static int reset(struct usb *u)
{
    return u->ops->reset(u->conn, NULL);
}

static int get_mode(const struct dfu_usb_device *device, void *arg)
{
    struct dfu_usb_device *seen = arg;
    *seen = *device;
    seen->reserved = device->configs[0].data[9 + 7]; /* bInterfaceProtocol */
    return 1;
}

/* What is on the bus; reserved holds the mode, 0 = nothing. */
static struct dfu_usb_device look(struct usb *u)
{
    struct dfu_usb_device seen = {0};
    (void)u->ops->enumerate(u->self, get_mode, &seen, NULL);
    return seen;
}

static void nothing_but_detach(void **state)
{
    (void)state;
    static const char *const names[] = {"dfu11-runtime", "dfu11-runtime-reset", "st-runtime"};
    for (size_t i = 0; i < 3; i++) {
        struct usb u;
        uint8_t data[64] = {0};
        usb_new(&u, names[i], NULL);
        assert_int_equal(look(&u).reserved, 1);
        assert_int_equal(usb_getstate(&u), DFU_STATE_APP_IDLE);
        assert_status(usb_getstatus(&u), DFU_STATE_APP_IDLE, DFU_STATUS_OK);
        assert_int_equal(usb_counters(&u).bad_state, 0);
        assert_int_equal(usb_dnload(&u, 0, data, sizeof data), DFU_ERR_STALL);
        assert_int_equal(usb_upload(&u, 0, data, sizeof data), DFU_ERR_STALL);
        assert_int_equal(usb_clrstatus(&u), DFU_ERR_STALL);
        assert_int_equal(usb_abort(&u), DFU_ERR_STALL);
        assert_int_equal(usb_getstate(&u), DFU_STATE_APP_IDLE);
        assert_int_equal(usb_counters(&u).bad_state, 4);
        assert_int_equal(reset(&u), DFU_RESET_SURVIVED); /* a reset alone begins nothing */
        assert_int_equal(look(&u).reserved, 1);
        usb_free(&u);
    }
}

static void one_that_goes_by_itself(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "dfu11-runtime", NULL);
    struct dfu_usb_device before = look(&u);
    assert_int_equal(detach(&u, 1000), 0);
    assert_int_equal(look(&u).reserved, 0);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, WILL_DETACH_MS);
    struct dfu_usb_device after = look(&u);
    assert_int_equal(after.reserved, 2);
    assert_string_equal(after.path, before.path);
    assert_string_equal(after.serial, before.serial);
    assert_int_equal(after.vid, before.vid);
    assert_int_not_equal(after.pid, before.pid);
    assert_int_not_equal(after.address, before.address);
    usb_free(&u);
}

/* ST's library stops the bus inside the request. */
static void one_that_goes_unanswered(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-runtime", NULL);
    assert_int_equal(detach(&u, 255), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, WILL_DETACH_MS);
    assert_int_equal(look(&u).reserved, 2);
    usb_reopen(&u);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(reset(&u), DFU_RESET_SURVIVED); /* this loader stays */
    assert_int_equal(look(&u).reserved, 2);
    usb_free(&u);
}

static void one_that_waits_for_a_reset(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "dfu11-runtime-reset", NULL);
    assert_int_equal(detach(&u, 1000), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_APP_DETACH);
    usb_sleep_ms(&u, 900);
    uint8_t before = look(&u).address;
    assert_int_equal(reset(&u), DFU_RESET_LOST);
    assert_int_equal(look(&u).reserved, 2);
    assert_int_not_equal(look(&u).address, before);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE); /* the old connection is dead */
    usb_reopen(&u);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    usb_free(&u);
}

/* The host's wTimeout counts, but no longer than the device's own wDetachTimeOut of 1000 ms. */
static void the_time_for_the_reset(void **state)
{
    (void)state;
    static const struct {
        unsigned asked;
        unsigned waited;
        int detaches;
    } cases[] = {{1000, 1001, 0}, {65535, 1001, 0}, {65535, 990, 1}, {100, 105, 0}, {100, 90, 1}, {0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct usb u;
        usb_new(&u, "dfu11-runtime-reset", NULL);
        assert_int_equal(detach(&u, cases[i].asked), 0);
        usb_sleep_ms(&u, cases[i].waited);
        assert_int_equal(reset(&u), cases[i].detaches ? DFU_RESET_LOST : DFU_RESET_SURVIVED);
        assert_int_equal(look(&u).reserved, cases[i].detaches ? 2 : 1);
        usb_free(&u);
    }
}

static void a_second_detach_takes_it_back(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "dfu11-runtime-reset", NULL);
    assert_int_equal(detach(&u, 1000), 0);
    assert_int_equal(detach(&u, 1000), DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_APP_IDLE);
    assert_int_equal(usb_counters(&u).bad_state, 1);
    usb_free(&u);
}

/* DFU 1.1 section 7: not tolerant, so it is deaf until the manifestation is over, and then waits for the reset. */
static struct usb_status manifest(struct usb *u)
{
    uint8_t data[1024] = {1, 2, 3};
    assert_status(usb_send(u, 0, data, sizeof data), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_dnload(u, 1, NULL, 0), 0);
    struct usb_status s = usb_getstatus(u);
    assert_status(s, DFU_STATE_MANIFEST, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 50);
    return s;
}

static void manifestation_with_reset(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "dfu11-reset", NULL);
    struct usb_status s = manifest(&u);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_STALL);
    assert_int_equal(usb_counters(&u).early_poll, 1);
    usb_sleep_ms(&u, s.poll_ms);
    assert_status(usb_getstatus(&u), DFU_STATE_MANIFEST_WAIT_RESET, DFU_STATUS_OK);
    assert_int_equal(usb_abort(&u), DFU_ERR_STALL);
    assert_int_equal(usb_clrstatus(&u), DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_MANIFEST_WAIT_RESET);
    assert_int_equal(reset(&u), DFU_RESET_LOST);
    assert_int_equal(look(&u).reserved, 1);
    assert_memory_equal(usb_memory(&u, 0x08000000), "\1\2\3", 4);
    usb_free(&u);
}

/* A host that does not wait breaks it: dfuERROR, errFIRMWARE (DFU 1.1 section 6.1.2), until it is downloaded again. */
static void a_reset_too_early(void **state)
{
    (void)state;
    for (int stage = 0; stage < 2; stage++) {
        struct usb u;
        uint8_t data[1024] = {0};
        usb_new(&u, "dfu11-reset", NULL);
        if (stage == 0)
            (void)manifest(&u);
        else
            assert_status(usb_send(&u, 0, data, sizeof data), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
        assert_int_equal(reset(&u), DFU_RESET_SURVIVED);
        assert_int_equal(look(&u).reserved, 2);
        assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_FIRMWARE);
        assert_int_equal(usb_clrstatus(&u), 0);
        struct usb_status s = manifest(&u);
        usb_sleep_ms(&u, s.poll_ms);
        assert_int_equal(reset(&u), DFU_RESET_LOST);
        assert_int_equal(look(&u).reserved, 1);
        usb_free(&u);
    }
}

static void every_return_has_a_new_address(void **state)
{
    (void)state;
    struct dfu_sim_options options;
    DFU_INIT(&options);
    options.count = 3;
    struct usb u;
    usb_new(&u, "dfu11-runtime-reset", &options);
    uint8_t last = 0;
    for (int i = 0; i < 5; i++) {
        uint8_t now = look(&u).address;
        assert_int_not_equal(now, last);
        assert_in_range(now, 1, 127);
        last = now;
        if (look(&u).reserved == 1)
            assert_int_equal(detach(&u, 1000), 0);
        assert_int_equal(reset(&u), DFU_RESET_LOST);
        usb_reopen(&u);
    }
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_but_detach),
        cmocka_unit_test(one_that_goes_by_itself),
        cmocka_unit_test(one_that_goes_unanswered),
        cmocka_unit_test(one_that_waits_for_a_reset),
        cmocka_unit_test(the_time_for_the_reset),
        cmocka_unit_test(a_second_detach_takes_it_back),
        cmocka_unit_test(manifestation_with_reset),
        cmocka_unit_test(a_reset_too_early),
        cmocka_unit_test(every_return_has_a_new_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
