/* SPDX-License-Identifier: BSD-2-Clause */
/* From run-time to DFU mode: every kind of program, faults at every request, boards that lie or do not come back. */
#include "bench.h"

static const char *const names[] = {"dfu11-runtime", "dfu11-runtime-reset", "st-runtime"};
enum { NAMES = sizeof names / sizeof names[0] };

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

static int detach(struct bench *b, uint32_t timeout_ms, struct dfu_list **out)
{
    struct dfu_detach_options o;
    struct dfu_list *list = bench_list(b);
    DFU_INIT(&o);
    o.timeout_ms = timeout_ms;
    int rc = dfu_device_detach(b->context, dfu_list_at(list, 0), &o, out, &b->err);
    dfu_list_free(list);
    return rc;
}

static struct dfu_device_info describe(const struct dfu_list *list)
{
    struct dfu_device_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_list_count(list), 1);
    assert_int_equal(dfu_device_describe(dfu_list_at(list, 0), &info), DFU_OK);
    return info;
}

static void forget(struct bench *b)
{
    dfu_error_free(b->err);
    b->err = NULL;
}

static uint64_t bus_now(struct bench *b)
{
    struct dfu_context_options co;
    DFU_INIT(&co);
    dfu_sim_attach(b->sim, &co);
    return co.transport->now_us(co.transport_self, NULL);
}

static void every_kind_of_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        struct bench b;
        struct dfu_list *now = NULL;
        bench_new(&b, names[i], 0, 1);
        struct dfu_list *old = bench_list(&b);
        struct dfu_device_info before = describe(old);
        assert_int_equal(before.mode, DFU_MODE_RUNTIME);
        assert_int_equal(before.alt_count, 1);
        assert_dfu_ok(dfu_device_detach(b.context, dfu_list_at(old, 0), NULL, &now, &b.err), b.err);
        struct dfu_device_info after = describe(now);
        assert_int_equal(after.mode, DFU_MODE_DFU);
        assert_string_equal(after.path, before.path);
        assert_string_equal(after.serial, before.serial);
        assert_int_equal(after.vid, before.vid);
        assert_int_not_equal(after.pid, before.pid);
        assert_int_not_equal(after.address, before.address);
        assert_int_equal(bench_counters(&b).transfers, 1); /* DETACH, and nothing else */
        assert_dfu_ok(dfu_session_open(b.context, dfu_list_at(now, 0), NULL, &b.session, &b.err), b.err);
        bench_assert_clean(&b);
        dfu_list_free(now);
        dfu_list_free(old);
        bench_free(&b);
    }
}

/* Nothing is waited for beyond what the board takes: 500 ms away, or the reset's 60 ms. */
static void no_fixed_waits(void **state)
{
    static const uint64_t most_us[NAMES] = {510000, 70000, 510000};
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        struct bench b;
        bench_new(&b, names[i], 0, 1);
        assert_dfu_ok(detach(&b, 0, NULL), b.err);
        assert_true(bus_now(&b) <= most_us[i] + 20000); /* strings are read as well */
        bench_free(&b);
    }
}

static void there_and_back_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        struct bench b;
        struct dfu_plan_options o;
        struct dfu_image *image = bench_image(i == 2 ? 0x08008000 : 0, 3000, 3);
        DFU_INIT(&o);
        o.flags = DFU_PLAN_LEAVE;
        bench_new(&b, names[i], 0, 1);
        for (int round = 0; round < 3; round++) {
            struct dfu_result result;
            DFU_INIT(&result);
            bench_open(&b);
            assert_dfu_ok(dfu_session_write(b.session, image, &o, NULL, &result, &b.err), b.err);
            assert_int_equal(result.verified, 1);
            assert_int_equal(result.left, DFU_LEFT_OTHER);
            bench_close(&b);
            struct dfu_list *list = bench_list(&b);
            assert_int_equal(describe(list).mode, DFU_MODE_RUNTIME);
            dfu_list_free(list);
        }
        dfu_image_free(image);
        bench_free(&b);
    }
}

static void only_one_of_many(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_list *list = NULL;
    struct dfu_list *now = NULL;
    struct dfu_selector s;
    bench_new(&b, "dfu11-runtime", 0, 3);
    DFU_INIT(&s);
    s.path = dfu_sim_path(b.sim, 1);
    assert_dfu_ok(dfu_list_new(b.context, &s, &list, &b.err), b.err);
    assert_dfu_ok(dfu_device_detach(b.context, dfu_list_at(list, 0), NULL, &now, &b.err), b.err);
    assert_string_equal(describe(now).path, "1-2");
    assert_int_equal(bench_counters(&b).transfers + bench_counters(&b).standard, 0); /* of board 0 */
    dfu_list_free(list);
    dfu_list_free(now);
    DFU_INIT(&s);
    s.flags = DFU_SELECT_RUNTIME_ONLY;
    assert_dfu_ok(dfu_list_new(b.context, &s, &list, &b.err), b.err);
    assert_int_equal(dfu_list_count(list), 2);
    dfu_list_free(list);
    s.flags = DFU_SELECT_DFU_ONLY;
    assert_dfu_ok(dfu_list_new(b.context, &s, &list, &b.err), b.err);
    assert_int_equal(dfu_list_count(list), 1);
    dfu_list_free(list);
    bench_free(&b);
}

static void wrong_arguments(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_detach_options o;
    struct dfu_list *out = (struct dfu_list *)&b;
    bench_new(&b, "dfu11", 0, 1);
    assert_dfu_error(dfu_device_detach(b.context, NULL, NULL, &out, &b.err), b.err, DFU_ERR_ARGUMENT, "no device");
    assert_null(out);
    assert_dfu_error(detach(&b, 0, NULL), b.err, DFU_ERR_UNSUPPORTED, "DFU mode already");
    struct dfu_list *list = bench_list(&b);
    DFU_INIT(&o);
    o.flags = 1;
    assert_dfu_error(dfu_device_detach(b.context, dfu_list_at(list, 0), &o, NULL, &b.err), b.err, DFU_ERR_ARGUMENT,
                     "flags 0x1");
    dfu_list_free(list);
    bench_free(&b);
}

static void a_program_is_no_loader(void **state)
{
    (void)state;
    struct bench b;
    bench_new(&b, "dfu11-runtime", 0, 1);
    int rc = dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err);
    assert_int_equal(rc, DFU_ERR_UNSUPPORTED);
    assert_non_null(strstr(dfu_error_hint(b.err), "dfu detach"));
    assert_int_equal(bench_counters(&b).transfers, 0);
    forget(&b);
    bench_free(&b);
}

enum ending { WORKS, DOES_NOT_RETURN, RETURNS_AS_PROGRAM };

/* The first request is the DETACH; only where its outcome was in doubt are there more. */
static void a_fault_at_every_request(void **state)
{
    static const struct {
        const char *rule;
        enum ending at_first;
    } kinds[] = {{"stall@%u", WORKS},
                 {"timeout@%u", WORKS},
                 {"short@%u", WORKS},
                 {"status=errUNKNOWN@%u", WORKS},
                 {"state=1@%u", WORKS},
                 {"disconnect@%u", DOES_NOT_RETURN},
                 {"reconnect@%u", RETURNS_AS_PROGRAM}};
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            for (unsigned n = 1; n <= 3; n++) {
                struct bench b;
                char rule[64];
                enum ending ending = n == 1 ? kinds[k].at_first : WORKS;
                bench_new(&b, names[i], 0, 1);
                (void)snprintf(rule, sizeof rule, kinds[k].rule, n);
                bench_fault(&b, rule);
                int rc = detach(&b, 0, NULL);
                if (ending == WORKS && rc != DFU_OK)
                    fail_msg("%s, %s: %s: %s", names[i], rule, dfu_error_message(b.err), dfu_error_cause(b.err));
                if (ending == DOES_NOT_RETURN)
                    assert_int_equal(rc, DFU_ERR_GONE);
                if (ending == RETURNS_AS_PROGRAM)
                    assert_int_equal(rc, DFU_ERR_TIMEOUT);
                if (rc != DFU_OK) {
                    assert_non_null(strstr(dfu_error_cause(b.err), ending == DOES_NOT_RETURN
                                                                       ? "went away and did not come back within 10000"
                                                                       : "came back in run-time mode"));
                    assert_non_null(dfu_error_hint(b.err));
                }
                forget(&b);
                bench_free(&b);
            }
        }
    }
}

/* DETACH, GETSTATE, three times over; each pair of faults of these requests. */
static void two_faults(void **state)
{
    static const char *const kinds[] = {"stall@%u", "timeout@%u"};
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        for (unsigned first = 1; first <= 4; first++) {
            for (unsigned second = first + 1; second <= 5; second++) {
                for (unsigned mask = 0; mask < 4; mask++) {
                    struct bench b;
                    char rule[64];
                    bench_new(&b, names[i], 0, 1);
                    (void)snprintf(rule, sizeof rule, kinds[mask & 1], first);
                    bench_fault(&b, rule);
                    (void)snprintf(rule, sizeof rule, kinds[mask >> 1], second);
                    bench_fault(&b, rule);
                    assert_dfu_ok(detach(&b, 0, NULL), b.err);
                    bench_free(&b);
                }
            }
        }
    }
}

static void a_program_that_refuses(void **state)
{
    (void)state;
    struct bench b;
    bench_new(&b, "dfu11-runtime", 0, 1);
    bench_fault(&b, "stall@1");
    bench_fault(&b, "stall@3");
    bench_fault(&b, "stall@5");
    int rc = detach(&b, 0, NULL);
    assert_int_equal(rc, DFU_ERR_STALL);
    assert_non_null(dfu_error_hint(b.err));
    assert_non_null(strstr(dfu_error_cause(b.err), "DETACH"));
    forget(&b);
    struct dfu_list *list = bench_list(&b);
    assert_int_equal(describe(list).mode, DFU_MODE_RUNTIME);
    dfu_list_free(list);
    bench_free(&b);
}

/* A second DETACH would take the first one back: the state is asked. */
static void an_answer_that_is_lost(void **state)
{
    (void)state;
    struct bench b;
    twisted_new(&b, "dfu11-runtime-reset");
    twist.lost_answer = 1;
    assert_dfu_ok(detach(&b, 0, NULL), b.err);
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
    assert_dfu_ok(detach(&b, 0, &now), b.err);
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
    (void)state;
    for (size_t i = 0; i < NAMES; i += 2) {
        struct bench b;
        twisted_new(&b, names[i]);
        twist.clear = DFU_WILL_DETACH;
        assert_dfu_ok(detach(&b, 0, NULL), b.err);
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
    assert_dfu_ok(detach(&b, 0, NULL), b.err);
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
    assert_dfu_error(detach(&b, 2000, NULL), b.err, DFU_ERR_TIMEOUT, "cannot detach 1209:0002 at 1-1");
    assert_in_range(bus_now(&b) - begin, 2000000, 2100000);
    twist.deaf_to_resets = 0;
    twist.broken_resets = 1;
    int rc = detach(&b, 100, NULL);
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
        int rc = detach(&b, 0, &now);
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
    assert_dfu_ok(detach(&b, 0, &now), b.err);
    assert_int_equal(describe(now).access, DFU_OK);
    dfu_list_free(now);
    bench_free(&b);
    /* Or never: then it is in DFU mode all the same, and opening says why not. */
    twisted_new(&b, "dfu11-runtime");
    twist.closed_for = 100000;
    assert_dfu_ok(detach(&b, 0, &now), b.err);
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

static void in_use_or_gone(void **state)
{
    (void)state;
    struct bench b;
    void *conn = NULL;
    bench_new(&b, "dfu11-runtime", 0, 1);
    struct dfu_context_options co;
    DFU_INIT(&co);
    dfu_sim_attach(b.sim, &co);
    assert_int_equal(co.transport->open(co.transport_self, "1-1", &conn, NULL), DFU_OK);
    assert_int_equal(co.transport->claim(conn, 0, 0, NULL), DFU_OK);
    assert_dfu_error(detach(&b, 0, NULL), b.err, DFU_ERR_BUSY, "cannot detach");
    assert_int_equal(bench_counters(&b).transfers, 0);
    co.transport->close(conn);
    struct dfu_list *list = bench_list(&b);
    bench_fault(&b, "disconnect@1");
    uint8_t state_byte;
    assert_int_equal(bench_raw(&b, 0xA1, 5, 0, &state_byte, 1), DFU_ERR_GONE);
    assert_dfu_error(dfu_device_detach(b.context, dfu_list_at(list, 0), NULL, NULL, &b.err), b.err, DFU_ERR_NO_DEVICE,
                     "cannot detach");
    dfu_list_free(list);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_program),
        cmocka_unit_test(no_fixed_waits),
        cmocka_unit_test(there_and_back_again),
        cmocka_unit_test(only_one_of_many),
        cmocka_unit_test(wrong_arguments),
        cmocka_unit_test(a_program_is_no_loader),
        cmocka_unit_test(a_fault_at_every_request),
        cmocka_unit_test(two_faults),
        cmocka_unit_test(a_program_that_refuses),
        cmocka_unit_test(an_answer_that_is_lost),
        cmocka_unit_test(one_that_only_says_it_will_detach),
        cmocka_unit_test(one_that_does_not_say_so),
        cmocka_unit_test(a_loader_that_only_says_it_will_detach),
        cmocka_unit_test(one_that_goes_is_not_reset),
        cmocka_unit_test(one_that_stays),
        cmocka_unit_test(another_board_in_its_place),
        cmocka_unit_test(permission_that_comes_late),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(in_use_or_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
