/* SPDX-License-Identifier: BSD-2-Clause */
/* From run-time to DFU mode: every kind of program, one of many boards, faults at every request. */
#include "detach.h"

static const char *const names[] = {"dfu11-runtime", "dfu11-runtime-reset", "st-runtime"};
enum { NAMES = sizeof names / sizeof names[0] };

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
        assert_dfu_ok(detach_board(&b, 0, NULL), b.err);
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
    assert_dfu_error(detach_board(&b, 0, NULL), b.err, DFU_ERR_UNSUPPORTED, "DFU mode already");
    struct dfu_list *list = bench_list(&b);
    DFU_INIT(&o);
    o.flags = 1;
    assert_dfu_error(dfu_device_detach(b.context, dfu_list_at(list, 0), &o, NULL, &b.err), b.err, DFU_ERR_ARGUMENT,
                     "flags 0x1");
    dfu_list_free(list);
    bench_free(&b);
}

/* Quirks D2. */
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

enum ending { WORKS, DOES_NOT_RETURN };

/* The first request is the DETACH; only where its outcome was in doubt are there more. */
static void a_fault_at_every_request(void **state)
{
    static const struct {
        const char *rule;
        enum ending at_first;
    } kinds[] = {{"stall@%u", WORKS},    {"timeout@%u", WORKS},
                 {"short@%u", WORKS},    {"status=errUNKNOWN@%u", WORKS},
                 {"state=1@%u", WORKS},  {"disconnect@%u", DOES_NOT_RETURN},
                 {"reconnect@%u", WORKS}};
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
                int rc = detach_board(&b, 0, NULL);
                if (ending == WORKS && rc != DFU_OK)
                    fail_msg("%s, %s: %s: %s", names[i], rule, dfu_error_message(b.err), dfu_error_cause(b.err));
                if (ending == DOES_NOT_RETURN)
                    assert_int_equal(rc, DFU_ERR_GONE);
                if (rc != DFU_OK) {
                    assert_non_null(strstr(dfu_error_cause(b.err), "went away and did not come back within 10000"));
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
                    assert_dfu_ok(detach_board(&b, 0, NULL), b.err);
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
    int rc = detach_board(&b, 0, NULL);
    assert_int_equal(rc, DFU_ERR_STALL);
    assert_non_null(dfu_error_hint(b.err));
    assert_non_null(strstr(dfu_error_cause(b.err), "DETACH"));
    forget(&b);
    struct dfu_list *list = bench_list(&b);
    assert_int_equal(describe(list).mode, DFU_MODE_RUNTIME);
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
    assert_dfu_error(detach_board(&b, 0, NULL), b.err, DFU_ERR_BUSY, "cannot detach");
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
        cmocka_unit_test(every_kind_of_program),    cmocka_unit_test(no_fixed_waits),
        cmocka_unit_test(there_and_back_again),     cmocka_unit_test(only_one_of_many),
        cmocka_unit_test(wrong_arguments),          cmocka_unit_test(a_program_is_no_loader),
        cmocka_unit_test(a_fault_at_every_request), cmocka_unit_test(two_faults),
        cmocka_unit_test(a_program_that_refuses),   cmocka_unit_test(in_use_or_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
