/* SPDX-License-Identifier: BSD-2-Clause */
/* Boards that lie about how they detach, do not come back, or come back as another; permissions that come late. */
#include "detach.h"

/* A transport between the library and the simulator that makes boards behave in other ways. */
static struct twist {
    const struct dfu_transport_ops *inner;
    void *self;
    uint8_t loader_set; /* bmAttributes that the loader claims */
    uint8_t set;        /* bmAttributes that the program claims */
    uint8_t clear;      /* … and does not */
    uint16_t vid;       /* of the loader, 0 = as it is */
    uint16_t pid;
    int other_serial;    /* of the loader */
    int deaf_to_resets;  /* resets do nothing */
    int broken_resets;   /* resets fail */
    int lost_answer;     /* the first DETACH is done, but fails */
    unsigned closed_for; /* so many opens of the loader are refused */
    struct dfu_context *cancelled;
    uint64_t cancel_at_us;
    uint64_t cancelled_us;
    unsigned resets;
    unsigned opens;
    int mode; /* of the last device that enumeration showed */
    dfu_usb_visit_fn *visit;
    void *arg;
} twist;

static int visit_twisted(const struct dfu_usb_device *device, void *arg)
{
    uint8_t bytes[256];
    struct dfu_usb_config config = {bytes, device->configs[0].length};
    struct dfu_usb_device copy = *device;
    (void)arg;
    memcpy(bytes, device->configs[0].data, config.length);
    copy.configs = &config;
    twist.mode = bytes[9 + 7];
    uint8_t *attributes = &bytes[config.length - 7];
    if (twist.mode == DFU_MODE_RUNTIME)
        *attributes = (uint8_t)((*attributes | twist.set) & ~twist.clear);
    else
        *attributes |= twist.loader_set;
    if (twist.mode == DFU_MODE_DFU && twist.vid != 0) {
        copy.vid = twist.vid;
        copy.pid = twist.pid;
    }
    return twist.visit(&copy, twist.arg);
}

static int twisted_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    twist.visit = visit;
    twist.arg = arg;
    return twist.inner->enumerate(self, visit_twisted, NULL, err);
}

static int twisted_open(void *self, const char *path, void **conn, struct dfu_error **err)
{
    twist.opens++;
    if (twist.mode == DFU_MODE_DFU && twist.closed_for > 0) {
        twist.closed_for--;
        return dfu_error_set(err, DFU_ERR_ACCESS, "no permission");
    }
    return twist.inner->open(self, path, conn, err);
}

static int twisted_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                           struct dfu_error **err)
{
    int rc = twist.inner->control(conn, setup, data, timeout_ms, err);
    if (rc > 2 && setup->type == 0x80 && setup->value == 0x0303 && twist.mode == DFU_MODE_DFU && twist.other_serial)
        ((uint8_t *)data)[2] = 'Z';
    if (setup->type == 0x21 && setup->request == 0 && twist.lost_answer) {
        twist.lost_answer = 0;
        return dfu_error_set(err, DFU_ERR_USB, "the answer was lost");
    }
    return rc;
}

static int twisted_reset(void *conn, struct dfu_error **err)
{
    twist.resets++;
    if (twist.broken_resets)
        return dfu_error_set(err, DFU_ERR_USB, "reset is broken");
    return twist.deaf_to_resets ? DFU_RESET_SURVIVED : twist.inner->reset(conn, err);
}

static int twisted_wait(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    uint64_t now = twist.inner->now_us(self, NULL);
    assert_true(deadline_us - now <= 50000);
    if (twist.cancelled != NULL && twist.cancelled_us == 0 && now >= twist.cancel_at_us) {
        twist.cancelled_us = now;
        dfu_context_cancel(twist.cancelled);
    }
    return twist.inner->wait_change(self, deadline_us, err);
}

/* A bench with the twist between; set its knobs afterwards. */
static void twisted_new(struct bench *b, const char *profile)
{
    static struct dfu_transport_ops ops;
    struct dfu_context_options co;
    bench_new(b, profile, 0, 1);
    dfu_context_free(b->context);
    DFU_INIT(&co);
    dfu_sim_attach(b->sim, &co);
    memset(&twist, 0, sizeof twist);
    twist.inner = co.transport;
    twist.self = co.transport_self;
    ops = *co.transport;
    ops.enumerate = twisted_enumerate;
    ops.open = twisted_open;
    ops.control = twisted_control;
    ops.reset = twisted_reset;
    ops.wait_change = twisted_wait;
    co.transport = &ops;
    assert_dfu_ok(dfu_context_new(&co, &b->context, &b->err), b->err);
}

/* A second DETACH would take the first one back: the state is asked. */
static void an_answer_that_is_lost(void **state)
{
    (void)state;
    struct bench b;
    twisted_new(&b, "dfu11-runtime-reset");
    twist.lost_answer = 1;
    assert_dfu_ok(detach_board(&b, 0, NULL), b.err);
    assert_int_equal(bench_counters(&b).transfers, 2);
    bench_assert_clean(&b);
    bench_free(&b);
}

/* bitWillDetach is 1, but it waits for a reset. */
static void one_that_only_says_it_will_detach(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_list *now = NULL;
    twisted_new(&b, "dfu11-runtime-reset");
    twist.set = DFU_WILL_DETACH;
    assert_dfu_ok(detach_board(&b, 0, &now), b.err);
    assert_int_equal(describe(now).mode, DFU_MODE_DFU);
    assert_int_equal(twist.resets, 1);
    assert_int_equal(bench_counters(&b).transfers, 2);
    bench_assert_clean(&b);
    dfu_list_free(now);
    bench_free(&b);
}

/* bitWillDetach is 0, but it does not wait for the reset. */
static void one_that_does_not_say_so(void **state)
{
    static const char *const names[] = {"dfu11-runtime", "st-runtime"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        twisted_new(&b, names[i]);
        twist.clear = DFU_WILL_DETACH;
        assert_dfu_ok(detach_board(&b, 0, NULL), b.err);
        assert_int_equal(twist.resets, 1);
        assert_string_equal(b.log, "");
        bench_free(&b);
    }
}

/* The same of a loader: its manifestation must not be left waiting for the reset. */
static void a_loader_that_only_says_it_will_detach(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(0, 3000, 5);
    DFU_INIT(&result);
    twisted_new(&b, "dfu11-reset");
    twist.loader_set = DFU_WILL_DETACH;
    bench_open(&b);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
    assert_int_equal(result.left, DFU_LEFT_OTHER);
    assert_int_equal(twist.resets, 1);
    dfu_image_free(image);
    bench_free(&b);
}

static void one_that_goes_is_not_reset(void **state)
{
    (void)state;
    struct bench b;
    twisted_new(&b, "dfu11-runtime");
    assert_dfu_ok(detach_board(&b, 0, NULL), b.err);
    assert_int_equal(twist.resets, 0);
    bench_free(&b);
}

static void one_that_stays(void **state)
{
    (void)state;
    struct bench b;
    twisted_new(&b, "dfu11-runtime-reset");
    twist.deaf_to_resets = 1;
    uint64_t begin = bus_now(&b);
    assert_dfu_error(detach_board(&b, 2000, NULL), b.err, DFU_ERR_TIMEOUT, "cannot detach 1209:0002 at 1-1");
    assert_in_range(bus_now(&b) - begin, 2000000, 2100000);
    twist.deaf_to_resets = 0;
    twist.broken_resets = 1;
    int rc = detach_board(&b, 100, NULL);
    assert_int_equal(rc, DFU_ERR_TIMEOUT);
    assert_non_null(strstr(dfu_error_cause(b.err), "stayed in run-time mode, 100 ms after DETACH"));
    forget(&b);
    bench_free(&b);
}

static void another_board_in_its_place(void **state)
{
    static const struct {
        uint16_t vid;
        uint16_t pid;
        int other_serial;
        int accepted;
    } cases[] = {
        {0, 0, 0, 1},                                   /* the loader */
        {0x1209, 0x7777, 0, 1},                         /* any of the same vendor */
        {0x1209, 0x7777, 1, 0},                         /* but not with another serial number */
        {0, 0, 1, 0},           {0x1d50, 0x0001, 0, 0}, /* another vendor */
        {0x0483, 0xDF11, 1, 1},                         /* but for a chip's ROM, which has its own serial number */
        {0x0483, 0x5740, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct dfu_list *now = NULL;
        twisted_new(&b, "dfu11-runtime");
        twist.vid = cases[i].vid;
        twist.pid = cases[i].pid;
        twist.other_serial = cases[i].other_serial;
        int rc = detach_board(&b, 0, &now);
        if (cases[i].accepted) {
            assert_dfu_ok(rc, b.err);
            assert_int_equal(dfu_list_count(now), 1);
        } else {
            assert_int_equal(rc, DFU_ERR_GONE);
            assert_null(now);
            assert_non_null(strstr(dfu_error_cause(b.err), "another board"));
            assert_non_null(strstr(dfu_error_hint(b.err), "--path 1-1"));
            forget(&b);
        }
        dfu_list_free(now);
        bench_free(&b);
    }
}

/* udev sets permissions a moment after the device has appeared. */
static void permission_that_comes_late(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_list *now = NULL;
    twisted_new(&b, "dfu11-runtime");
    twist.closed_for = 5;
    assert_dfu_ok(detach_board(&b, 0, &now), b.err);
    assert_int_equal(describe(now).access, DFU_OK);
    dfu_list_free(now);
    bench_free(&b);
    /* Or never: then it is in DFU mode all the same, and opening says why not. */
    twisted_new(&b, "dfu11-runtime");
    twist.closed_for = 100000;
    assert_dfu_ok(detach_board(&b, 0, &now), b.err);
    assert_int_equal(describe(now).access, DFU_ERR_ACCESS);
    assert_true(bus_now(&b) < 3000000);
    dfu_list_free(now);
    bench_free(&b);
}

static void cancelled(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_list *list;
    struct dfu_list *now = NULL;
    twisted_new(&b, "dfu11-runtime");
    list = bench_list(&b);
    dfu_context_cancel(b.context);
    assert_dfu_error(dfu_device_detach(b.context, dfu_list_at(list, 0), NULL, &now, &b.err), b.err, DFU_ERR_CANCELLED,
                     "");
    assert_int_equal(bench_counters(&b).transfers, 0);
    dfu_context_uncancel(b.context);
    /* In the middle of the wait for a board that never returns. */
    bench_fault(&b, "disconnect@1");
    twist.cancelled = b.context;
    twist.cancel_at_us = bus_now(&b) + 3000000;
    int rc = dfu_device_detach(b.context, dfu_list_at(list, 0), NULL, &now, &b.err);
    assert_dfu_error(rc, b.err, DFU_ERR_CANCELLED, "");
    assert_null(now);
    assert_true(twist.cancelled_us != 0);
    assert_true(bus_now(&b) - twist.cancelled_us <= 50000);
    dfu_list_free(list);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_is_lost),
        cmocka_unit_test(one_that_only_says_it_will_detach),
        cmocka_unit_test(one_that_does_not_say_so),
        cmocka_unit_test(a_loader_that_only_says_it_will_detach),
        cmocka_unit_test(one_that_goes_is_not_reset),
        cmocka_unit_test(one_that_stays),
        cmocka_unit_test(another_board_in_its_place),
        cmocka_unit_test(permission_that_comes_late),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
