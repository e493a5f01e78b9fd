/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading ahead over a transport that queues: the simulator's, with submit and reap put before it. */
#include "bench.h"
#include <libdfu/transport.h>

/* What is queued is done when it is reaped. The wrapper watches that nothing else is sent meanwhile. */
struct queued {
    struct dfu_usb_setup setup;
    void *data;
    void *tag;
    uint32_t timeout_ms;
    int cancelled;
};

static struct wrapper {
    const struct dfu_transport_ops *inner;
    void *inner_self;
    struct dfu_transport_ops ops;
    struct queued queue[DFU_QUEUE_DEPTH];
    size_t count;
    size_t deepest;
    size_t submitted;
    size_t reaped;
    size_t refuse_submit; /* the N-th submit fails, 0 = none */
    size_t intruders;     /* other requests while something was queued */
    size_t other_than_upload;
} w;

static int wrap_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                        struct dfu_error **err)
{
    w.intruders += w.count > 0;
    return w.inner->control(conn, setup, data, timeout_ms, err);
}

static int wrap_submit(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms, void *tag,
                       struct dfu_error **err)
{
    (void)conn;
    assert_true(w.count < DFU_QUEUE_DEPTH);
    w.other_than_upload += setup->type != 0xA1 || setup->request != 2;
    if (++w.submitted == w.refuse_submit)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "no room");
    w.queue[w.count++] = (struct queued){*setup, data, tag, timeout_ms, 0};
    if (w.deepest < w.count)
        w.deepest = w.count;
    return DFU_OK;
}

static int wrap_reap(void *conn, void **tag, struct dfu_error **err)
{
    assert_true(w.count > 0);
    struct queued oldest = w.queue[0];
    w.count--;
    w.reaped++;
    memmove(w.queue, w.queue + 1, w.count * sizeof w.queue[0]);
    *tag = oldest.tag;
    if (oldest.cancelled)
        return dfu_error_set(err, DFU_ERR_CANCELLED, "given up with the one before");
    int rc = w.inner->control(conn, &oldest.setup, oldest.data, oldest.timeout_ms, err);
    for (size_t i = 0; rc == DFU_ERR_TIMEOUT && i < w.count; i++)
        w.queue[i].cancelled = 1;
    return rc;
}

static void wrapped_new(struct bench *b, const char *profile, int queues)
{
    struct dfu_sim_options so;
    struct dfu_context_options co;
    memset(b, 0, sizeof *b);
    memset(&w, 0, sizeof w);
    DFU_INIT(&so);
    DFU_INIT(&co);
    so.flags = DFU_SIM_INIT_RANDOM;
    so.seed = 42;
    assert_dfu_ok(dfu_sim_new(profile, &so, &b->sim, &b->err), b->err);
    dfu_sim_attach(b->sim, &co);
    w.inner = co.transport;
    w.ops = *co.transport;
    if (queues) {
        w.ops.control = wrap_control;
        w.ops.submit = wrap_submit;
        w.ops.reap = wrap_reap;
    }
    co.transport = &w.ops;
    assert_dfu_ok(dfu_context_new(&co, &b->context, &b->err), b->err);
}

static int read_all(struct bench *b, struct dfu_image *into, const struct dfu_run_options *more, uint64_t start,
                    size_t length)
{
    struct dfu_run_options ro = *more;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_range range = {start, start + length};
    DFU_INIT(&target);
    dfu_session_target(b->session, &target);
    ro.into = into;
    assert_dfu_ok(dfu_plan_read(dfu_session_memmap(b->session), &target, &range, 1, NULL, &plan, &b->err), b->err);
    int rc = dfu_session_run(b->session, plan, &ro, NULL, &b->err);
    dfu_plan_free(plan);
    return rc;
}

/* Reads, and compares with what the simulated memory holds. Returns the run's code. */
static int read_checked(struct bench *b, uint64_t memory, size_t offset, size_t length)
{
    struct dfu_run_options ro;
    struct dfu_image *image = NULL;
    DFU_INIT(&ro);
    assert_dfu_ok(dfu_image_new(&image, &b->err), b->err);
    int rc = read_all(b, image, &ro, memory + offset, length);
    if (rc == DFU_OK) {
        uint8_t *expected = bench_memory(b, memory, NULL);
        uint8_t *found = malloc(length);
        assert_non_null(found);
        assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, memory + offset, found, length), length);
        assert_memory_equal(found, expected + offset, length);
        free(found);
        free(expected);
    }
    dfu_image_free(image);
    return rc;
}

static void nothing_left_behind(void)
{
    assert_int_equal(w.count, 0);
    assert_int_equal(w.intruders, 0);
    assert_int_equal(w.other_than_upload, 0);
}

/* 25000 bytes in blocks of 2048: 13 UPLOADs, the first alone and twelve queued. */
static void reads_ahead(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_sim_counters n[2];
    for (int queues = 0; queues < 2; queues++) {
        wrapped_new(&b, "st-loader", queues);
        bench_open(&b);
        assert_int_equal(read_checked(&b, 0x08000000, 0x8000, 25000), DFU_OK);
        bench_close(&b);
        n[queues] = bench_counters(&b);
        bench_assert_clean(&b);
        bench_free(&b);
    }
    assert_int_equal(w.submitted, 12);
    assert_int_equal(w.reaped, 12);
    assert_int_equal(w.deepest, DFU_QUEUE_DEPTH);
    nothing_left_behind();
    assert_int_equal(n[1].upload, 13);
    assert_int_equal(n[1].transfers, n[0].transfers);
}

static void verify_reads_ahead(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_result result;
    DFU_INIT(&result);
    wrapped_new(&b, "stm32f746", 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08000000, 20000, 7);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
    assert_int_equal(result.verified, 1);
    assert_int_equal(w.submitted, 9);
    nothing_left_behind();
    bench_close(&b);
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

/* A bit that went bad is found in a queued block as well. */
static void finds_rot_in_a_queued_block(void **state)
{
    (void)state;
    struct bench b;
    wrapped_new(&b, "stm32f746", 1);
    bench_fault(&b, "rot@0x08003000");
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08000000, 20000, 7);
    struct dfu_plan_options options;
    struct dfu_target target = {.size = sizeof target};
    struct dfu_plan *plan = NULL;
    DFU_INIT(&options);
    options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(dfu_session_write(b.session, image, &options, NULL, NULL, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_verify(dfu_session_memmap(b.session), &target, image, NULL, &plan, &b.err), b.err);
    int rc = dfu_session_run(b.session, plan, NULL, NULL, &b.err);
    assert_dfu_error(rc, b.err, DFU_ERR_MISMATCH, "0x08003000");
    dfu_plan_free(plan);
    nothing_left_behind();
    dfu_image_free(image);
    bench_free(&b);
}

/* Each fault at each request: the right bytes, and never a failure where reading one by one makes none. */
static void faults_everywhere(void **state)
{
    (void)state;
    static const char *const profiles[] = {"st-loader", "stm32f746", "stm32l476"};
    static const char *const kinds[] = {"stall", "timeout", "short", "disconnect", "reconnect", "state=10"};
    for (size_t p = 0; p < sizeof profiles / sizeof *profiles; p++) {
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            for (unsigned at = 1; at <= 24; at++) {
                char rule[40];
                int rc[2];
                (void)snprintf(rule, sizeof rule, "%s@%u", kinds[k], at);
                for (int queues = 0; queues < 2; queues++) {
                    struct bench b;
                    struct dfu_list *list = NULL;
                    wrapped_new(&b, profiles[p], queues);
                    bench_fault(&b, rule);
                    rc[queues] = dfu_list_new(b.context, NULL, &list, NULL);
                    if (rc[queues] == DFU_OK)
                        rc[queues] = dfu_session_open(b.context, dfu_list_at(list, 0), NULL, &b.session, NULL);
                    if (rc[queues] == DFU_OK)
                        rc[queues] = read_checked(&b, 0x08000000, 0x8000, 25000);
                    dfu_error_free(b.err);
                    b.err = NULL;
                    dfu_list_free(list);
                    nothing_left_behind();
                    bench_free(&b);
                    nothing_left_behind();
                }
                if (rc[0] != rc[1])
                    fail_msg("%s, %s: %s alone, %s ahead", profiles[p], rule, dfu_code_name(rc[0]),
                             dfu_code_name(rc[1]));
            }
        }
    }
}

static int stop_at(const struct dfu_progress *progress, void *user)
{
    return progress->done >= *(const uint64_t *)user;
}

/* Stopped with blocks on their way: they are waited for, and the device is left in dfuIDLE. */
static void stops_cleanly(void **state)
{
    (void)state;
    for (uint64_t done = 2048; done <= 24 * 1024; done += 2048) {
        struct bench b;
        struct dfu_run_options ro;
        struct dfu_image *image = NULL;
        DFU_INIT(&ro);
        ro.progress = stop_at;
        ro.user = &done;
        wrapped_new(&b, "st-loader", 1);
        bench_open(&b);
        assert_dfu_ok(dfu_image_new(&image, &b.err), b.err);
        int rc = read_all(&b, image, &ro, 0x08008000, 25000);
        assert_dfu_error(rc, b.err, DFU_ERR_CANCELLED, "cancelled");
        nothing_left_behind();
        assert_true(w.submitted > 0);
        uint8_t device_state = 0xFF;
        assert_int_equal(bench_raw(&b, 0xA1, 5, 0, &device_state, 1), 1);
        assert_int_equal(device_state, DFU_STATE_IDLE);
        bench_assert_clean(&b);
        dfu_image_free(image);
        bench_free(&b);
    }
}

/* A transport that will not queue after all is used one by one. */
static void goes_on_when_queueing_fails(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 12; n++) {
        struct bench b;
        wrapped_new(&b, "stm32f746", 1);
        w.refuse_submit = n;
        bench_open(&b);
        assert_int_equal(read_checked(&b, 0x08000000, 0, 25000), DFU_OK);
        assert_int_equal(w.submitted, n);
        nothing_left_behind();
        bench_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ahead),       cmocka_unit_test(verify_reads_ahead),
        cmocka_unit_test(stops_cleanly),     cmocka_unit_test(finds_rot_in_a_queued_block),
        cmocka_unit_test(faults_everywhere), cmocka_unit_test(goes_on_when_queueing_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
