/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain DFU 1.1: download, manifestation, upload, and what happens when blocks are lost. */
#include "bench.h"

#define LENGTH 20001u

static struct dfu_image *noise(void)
{
    return bench_image(0, LENGTH, 37);
}

static int flash_is_right(const struct bench *b, const struct dfu_image *image)
{
    uint8_t want[LENGTH];
    uint8_t *memory = bench_memory(b, 0x08000000, NULL);
    (void)dfu_image_read(image, DFU_ALT_ANY, 0, want, LENGTH);
    int right = memcmp(memory, want, LENGTH) == 0;
    free(memory);
    return right;
}

static void download_and_upload(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_run_options run;
    struct dfu_image *image = noise();
    struct dfu_image *back = NULL;
    struct dfu_segment s;
    (void)state;
    DFU_INIT(&result);
    DFU_INIT(&target);
    DFU_INIT(&run);
    DFU_INIT(&s);
    bench_new(&b, "dfu11", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
    assert_int_equal(result.bytes, LENGTH);
    assert_int_equal(result.verified, 1);
    assert_true(flash_is_right(&b, image));
    assert_dfu_ok(dfu_image_new(&back, &b.err), b.err);
    run.into = back;
    dfu_session_target(b.session, &target);
    assert_int_equal(target.flags, DFU_TARGET_PLAIN);
    assert_dfu_ok(dfu_plan_read(dfu_session_memmap(b.session), &target, NULL, 0, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, &run, &result, &b.err), b.err);
    assert_int_equal(result.bytes, LENGTH); /* the device's short frame ends it */
    assert_int_equal(dfu_image_segment(back, 0, &s), DFU_OK);
    assert_int_equal(s.length, LENGTH);
    bench_assert_clean(&b);
    dfu_plan_free(plan);
    dfu_image_free(back);
    dfu_image_free(image);
    bench_free(&b);
}

static void a_shorter_device_differs(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_image *image = noise();
    struct dfu_image *longer = bench_image(0, LENGTH + 1, 37);
    (void)state;
    DFU_INIT(&target);
    bench_new(&b, "dfu11", 0, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_verify(dfu_session_memmap(b.session), &target, longer, NULL, &plan, &b.err), b.err);
    assert_dfu_error(dfu_session_run(b.session, plan, NULL, NULL, &b.err), b.err, DFU_ERR_MISMATCH,
                     "ended after 20001 bytes");
    dfu_plan_free(plan);
    dfu_image_free(longer);
    dfu_image_free(image);
    bench_free(&b);
}

static void what_plain_dfu_cannot(void **state)
{
    static const struct dfu_range range = {0, 16};
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_image *image = noise();
    (void)state;
    DFU_INIT(&target);
    bench_new(&b, "dfu11", 0, 1);
    bench_open(&b);
    dfu_session_target(b.session, &target);
    const struct dfu_memmap *map = dfu_session_memmap(b.session);
    assert_dfu_error(dfu_plan_erase(map, &target, NULL, 0, NULL, &plan, &b.err), b.err, DFU_ERR_UNSUPPORTED, "erase");
    assert_dfu_error(dfu_plan_mass_erase(map, &target, NULL, &plan, &b.err), b.err, DFU_ERR_UNSUPPORTED, "erase");
    assert_dfu_error(dfu_plan_read(map, &target, &range, 1, NULL, &plan, &b.err), b.err, DFU_ERR_RANGE, "no addresses");
    assert_dfu_ok(dfu_image_patch(image, 30000, "x", 1, &b.err), b.err);
    assert_dfu_error(dfu_plan_write(map, &target, image, NULL, &plan, &b.err), b.err, DFU_ERR_RANGE, "2 pieces");
    target.alt_count = 2;
    assert_dfu_error(dfu_plan_write(map, &target, image, NULL, &plan, &b.err), b.err, DFU_ERR_AMBIGUOUS, "--alt");
    dfu_image_free(image);
    bench_free(&b);
}

/* The device needs a reset to take the image in; then its program runs and there is nothing to read back. */
/* Quirks A4 H8. */
static void not_tolerant(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = noise();
    (void)state;
    DFU_INIT(&result);
    bench_new(&b, "dfu11-reset", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
    assert_int_equal(result.bytes, LENGTH);
    assert_int_equal(result.verified, 0);
    assert_int_equal(result.left, DFU_LEFT_OTHER);
    assert_true(flash_is_right(&b, image));
    bench_assert_clean(&b); /* the time of the manifestation was left to it */
    bench_close(&b);
    struct dfu_list *list = bench_list(&b);
    struct dfu_device_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_device_describe(dfu_list_at(list, 0), &info), DFU_OK);
    assert_int_equal(info.mode, DFU_MODE_RUNTIME);
    dfu_list_free(list);
    /* And so often as one likes. */
    bench_open(&b);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

static void not_tolerant_but_must_be_verified(void **state)
{
    struct bench b;
    struct dfu_plan_options o;
    struct dfu_image *image = noise();
    (void)state;
    DFU_INIT(&o);
    o.flags = DFU_PLAN_REQUIRE_VERIFY;
    bench_new(&b, "dfu11-reset", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    uint64_t before = bench_counters(&b).transfers;
    assert_dfu_error(dfu_session_write(b.session, image, &o, NULL, NULL, &b.err), b.err, DFU_ERR_MISMATCH,
                     "bitManifestationTolerant is 0");
    assert_int_equal(bench_counters(&b).transfers, before);
    dfu_image_free(image);
    bench_free(&b);
}

/* A leave is a DETACH, which this device refuses, and a reset, which it obeys. */
static void leave(void **state)
{
    static const char *const names[] = {"dfu11-reset", "dfu11-runtime", "dfu11"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        struct dfu_plan *plan = NULL;
        struct dfu_target target;
        struct dfu_result result;
        DFU_INIT(&target);
        DFU_INIT(&result);
        bench_new(&b, names[i], 0, 1);
        bench_open(&b);
        dfu_session_target(b.session, &target);
        assert_dfu_ok(dfu_plan_leave(dfu_session_memmap(b.session), &target, NULL, &plan, &b.err), b.err);
        assert_dfu_ok(dfu_session_run(b.session, plan, NULL, &result, &b.err), b.err);
        assert_int_equal(result.left, i < 2 ? DFU_LEFT_OTHER : DFU_LEFT_STILL_DFU);
        dfu_plan_free(plan);
        bench_free(&b);
    }
}

/* What a device without tolerance needs: every block and the zero-length one; the device may be gone after that. */
static void a_fault_at_every_request_not_tolerant(void **state)
{
    static const struct {
        const char *rule;
        int passing;
    } kinds[] = {{"stall@%u", 1}, {"timeout@%u", 1}, {"short@%u", 1}, {"disconnect@%u", 0}};
    struct bench b;
    struct dfu_image *image = noise();
    (void)state;
    bench_new(&b, "dfu11-reset", 0, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err);
    unsigned requests = (unsigned)bench_counters(&b).transfers;
    bench_free(&b);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (unsigned n = 1; n <= requests; n++) {
            char rule[64];
            struct dfu_result result;
            DFU_INIT(&result);
            bench_new(&b, "dfu11-reset", DFU_SIM_INIT_RANDOM, 1);
            (void)snprintf(rule, sizeof rule, kinds[k].rule, n);
            bench_fault(&b, rule);
            int rc = dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err);
            if (rc == DFU_OK)
                rc = dfu_session_write(b.session, image, NULL, NULL, &result, &b.err);
            if (rc == DFU_OK && !flash_is_right(&b, image))
                fail_msg("%s: success with wrong flash", rule);
            if (rc == DFU_OK && kinds[k].passing && result.left != DFU_LEFT_OTHER)
                fail_msg("%s: the program does not run", rule);
            if (rc != DFU_OK && kinds[k].passing)
                fail_msg("%s: %s (%s)", rule, dfu_error_message(b.err),
                         dfu_error_cause(b.err) != NULL ? dfu_error_cause(b.err) : "-");
            if (rc != DFU_OK && dfu_error_hint(b.err) == NULL)
                fail_msg("%s: no hint: %s", rule, dfu_error_message(b.err));
            dfu_error_free(b.err);
            b.err = NULL;
            bench_free(&b);
        }
    }
    dfu_image_free(image);
}

static void a_fault_at_every_request(void **state)
{
    static const struct {
        const char *rule;
        int passing;
    } kinds[] = {{"stall@%u", 1}, {"timeout@%u", 1}, {"short@%u", 1}, {"disconnect@%u", 0}, {"status=errPROG@%u", 0}};
    struct bench b;
    struct dfu_image *image = noise();
    (void)state;
    bench_new(&b, "dfu11", 0, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err);
    unsigned requests = (unsigned)bench_counters(&b).transfers;
    bench_free(&b);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (unsigned n = 1; n <= requests; n++) {
            char rule[64];
            bench_new(&b, "dfu11", DFU_SIM_INIT_RANDOM, 1);
            (void)snprintf(rule, sizeof rule, kinds[k].rule, n);
            bench_fault(&b, rule);
            int rc = dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err);
            if (rc == DFU_OK)
                rc = dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err);
            if (rc == DFU_OK && !flash_is_right(&b, image))
                fail_msg("%s: success with wrong flash", rule);
            if (rc != DFU_OK && kinds[k].passing)
                fail_msg("%s: %s (%s)", rule, dfu_error_message(b.err),
                         dfu_error_cause(b.err) != NULL ? dfu_error_cause(b.err) : "-");
            if (rc != DFU_OK && dfu_error_hint(b.err) == NULL)
                fail_msg("%s: no hint: %s", rule, dfu_error_message(b.err));
            dfu_error_free(b.err);
            b.err = NULL;
            bench_free(&b);
        }
    }
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(download_and_upload),
        cmocka_unit_test(a_shorter_device_differs),
        cmocka_unit_test(what_plain_dfu_cannot),
        cmocka_unit_test(a_fault_at_every_request),
        cmocka_unit_test(not_tolerant),
        cmocka_unit_test(not_tolerant_but_must_be_verified),
        cmocka_unit_test(leave),
        cmocka_unit_test(a_fault_at_every_request_not_tolerant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
