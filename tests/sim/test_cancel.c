/* SPDX-License-Identifier: BSD-2-Clause */
/* Stopping a job at every point: the device ends in dfuIDLE and the error says how far flash is new. */
#include "bench.h"

struct stop {
    struct bench *bench;
    unsigned calls;
    unsigned at;    /* stop at this call of the progress callback */
    int by_context; /* dfu_context_cancel() instead of the return value */
};

static int progress(const struct dfu_progress *p, void *user)
{
    struct stop *s = user;
    assert_true(p->done <= p->total);
    if (s->calls++ != s->at)
        return 0;
    if (!s->by_context)
        return 1;
    dfu_context_cancel(s->bench->context);
    return 0;
}

static uint8_t state_of(struct bench *b)
{
    uint8_t state = 0xEE;
    assert_int_equal(bench_raw(b, 0xA1, 5, 0, &state, 1), 1);
    return state;
}

static unsigned stop_everywhere(const char *profile, int by_context)
{
    unsigned at;
    for (at = 0;; at++) {
        struct bench b;
        struct dfu_run_options run;
        struct dfu_result result;
        struct stop stop = {&b, 0, at, by_context};
        DFU_INIT(&run);
        DFU_INIT(&result);
        run.progress = progress;
        run.user = &stop;
        bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
        bench_open(&b);
        struct dfu_image *image = bench_image(0x08008000, 40000, 29);
        int rc = dfu_session_write(b.session, image, NULL, &run, &result, &b.err);
        dfu_context_uncancel(b.context);
        dfu_image_free(image);
        if (rc == DFU_OK) {
            bench_free(&b);
            return at;
        }
        if (result.bytes > 0 && result.bytes < 40000)
            assert_dfu_error(rc, b.err, DFU_ERR_CANCELLED, "flash is new up to 0x080");
        else
            assert_dfu_error(rc, b.err, DFU_ERR_CANCELLED, "cancelled while");
        assert_int_equal(result.verified, 0);
        assert_int_equal(state_of(&b), DFU_STATE_IDLE);
        bench_assert_clean(&b);
        bench_free(&b);
    }
}

static void by_the_callback(void **state)
{
    (void)state;
    /* 20 blocks written and verified, 2 sectors erased, and the beginnings of phases. */
    assert_true(stop_everywhere("st-loader", 0) >= 42);
    assert_true(stop_everywhere("stm32f407", 0) >= 42);
}

static void by_the_context(void **state)
{
    (void)state;
    assert_true(stop_everywhere("st-loader", 1) >= 42);
    assert_true(stop_everywhere("stm32f407", 1) >= 42);
}

/* A transport that cancels in the middle of a wait: the sector erase must not be waited out by the caller's job. */
static const struct dfu_transport_ops *inner;
static struct dfu_context *context_to_cancel;
static uint64_t cancel_at_us;
static uint64_t cancelled_us;
static uint64_t longest_slice_us;
static struct dfu_sim *cancel_when_gone;

static int see_one(const struct dfu_usb_device *device, void *arg)
{
    (void)device;
    *(int *)arg = 1;
    return 0;
}

static int is_gone(struct dfu_sim *sim)
{
    struct dfu_context_options co;
    int there = 0;
    DFU_INIT(&co);
    dfu_sim_attach(sim, &co);
    assert_int_equal(co.transport->enumerate(co.transport_self, see_one, &there, NULL), DFU_OK);
    return !there;
}

static void sleep_and_cancel(void *self, void *conn, uint64_t deadline_us)
{
    uint64_t now = inner->now_us(self, conn);
    if (deadline_us - now > longest_slice_us)
        longest_slice_us = deadline_us - now;
    if (cancelled_us == 0 && (now >= cancel_at_us || (cancel_when_gone != NULL && is_gone(cancel_when_gone)))) {
        cancelled_us = now;
        dfu_context_cancel(context_to_cancel);
    }
    inner->sleep_until_us(self, conn, deadline_us);
}

static void in_the_middle_of_a_wait(void **state)
{
    struct bench b;
    struct dfu_context_options co;
    struct dfu_transport_ops ops;
    struct dfu_context *context = NULL;
    struct dfu_session *session = NULL;
    (void)state;
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    DFU_INIT(&co);
    dfu_sim_attach(b.sim, &co);
    inner = co.transport;
    ops = *inner;
    ops.sleep_until_us = sleep_and_cancel;
    co.transport = &ops;
    assert_dfu_ok(dfu_context_new(&co, &context, &b.err), b.err);
    context_to_cancel = context;
    assert_dfu_ok(dfu_session_open_path(context, dfu_sim_path(b.sim, 0), NULL, &session, &b.err), b.err);
    struct dfu_image *image = bench_image(0x08020000, 1000, 31);
    cancel_at_us = inner->now_us(co.transport_self, NULL) + 300000; /* the sector needs one second */
    int rc = dfu_session_write(session, image, NULL, NULL, NULL, &b.err);
    assert_dfu_error(rc, b.err, DFU_ERR_CANCELLED, "cancelled while erasing at 0x08020000");
    assert_true(cancelled_us != 0);
    assert_true(longest_slice_us <= 50000);
    assert_int_equal(state_of(&b), DFU_STATE_IDLE);
    bench_assert_clean(&b);
    dfu_image_free(image);
    dfu_session_close(session);
    dfu_context_free(context);
    bench_free(&b);
}

/* The cancel comes in the watch after a leave: the device was told already, but nobody knows what it does. */
static void in_the_watch_after_a_leave(void **state)
{
    static const char *const profiles[] = {"st-loader", "stm32f407"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        struct dfu_context_options co;
        struct dfu_transport_ops ops;
        struct dfu_context *context = NULL;
        struct dfu_session *session = NULL;
        struct dfu_plan_options po;
        struct dfu_result result;
        DFU_INIT(&po);
        DFU_INIT(&result);
        bench_new(&b, profiles[i], 0, 1);
        DFU_INIT(&co);
        dfu_sim_attach(b.sim, &co);
        inner = co.transport;
        ops = *inner; /* cppcheck-suppress uninitvar ; dfu_sim_attach() has set co.transport */
        ops.sleep_until_us = sleep_and_cancel;
        co.transport = &ops;
        assert_dfu_ok(dfu_context_new(&co, &context, &b.err), b.err);
        context_to_cancel = context;
        assert_dfu_ok(dfu_session_open_path(context, dfu_sim_path(b.sim, 0), NULL, &session, &b.err), b.err);
        struct dfu_image *image = bench_image(0x08008000, 1000, 37);
        po.flags = DFU_PLAN_LEAVE;
        /* The first sleep in which the board is off the bus. */
        cancelled_us = 0;
        cancel_at_us = UINT64_MAX;
        cancel_when_gone = b.sim;
        int rc = dfu_session_write(session, image, &po, NULL, &result, &b.err);
        cancel_when_gone = NULL;
        assert_non_null(b.err);
        assert_non_null(strstr(dfu_error_hint(b.err), "flash is complete"));
        assert_dfu_error(rc, b.err, DFU_ERR_CANCELLED, "what the device does after the leave");
        assert_int_equal(result.bytes, 1000);
        dfu_image_free(image);
        dfu_session_close(session);
        dfu_context_free(context);
        bench_free(&b);
    }
}

static void while_waiting_for_a_device(void **state)
{
    struct bench b;
    struct dfu_list *list = NULL;
    struct dfu_selector s;
    (void)state;
    DFU_INIT(&s);
    s.serial = "nobody";
    bench_new(&b, "st-loader", 0, 1);
    dfu_context_cancel(b.context);
    assert_dfu_error(dfu_list_wait(b.context, &s, UINT32_MAX, &list, &b.err), b.err, DFU_ERR_CANCELLED, "cancelled");
    assert_null(list);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_callback),
        cmocka_unit_test(by_the_context),
        cmocka_unit_test(in_the_middle_of_a_wait),
        cmocka_unit_test(in_the_watch_after_a_leave),
        cmocka_unit_test(while_waiting_for_a_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
