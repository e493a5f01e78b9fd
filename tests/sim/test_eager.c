/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking before bwPollTimeout is over: what it saves, and that it spoils nothing. */
#include "bench.h"

enum { FLASH = 0x08000000, APP = 0x08008000, LENGTH = 20000 };

static int write_image(struct bench *b, const struct dfu_image *image, uint32_t flags, struct dfu_result *result)
{
    struct dfu_run_options ro;
    DFU_INIT(&ro);
    DFU_INIT(result);
    ro.flags = flags;
    return dfu_session_write(b->session, image, NULL, &ro, result, &b->err);
}

static void holds(const struct bench *b, uint64_t memory, const struct dfu_image *image, uint64_t address)
{
    size_t length;
    uint8_t *found = bench_memory(b, memory, &length);
    uint8_t expected[LENGTH];
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, address, expected, LENGTH), LENGTH);
    assert_memory_equal(found + (address - memory), expected, LENGTH);
    free(found);
}

/* ST's library has done its work when GETSTATUS #1 answers, and then asks for 50 ms: 2 sectors, 10 blocks and 2
 * SET_ADDRESS (probe and blocks share one after the erases, the read-back has another). One question less 1053 us on
 * the wire is what remains of each wait. */
static void saves_what_the_library_wastes(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_result eager;
    struct dfu_result spec;
    uint64_t elapsed[2];
    struct dfu_image *image = bench_image(APP, LENGTH, 3);
    bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(write_image(&b, image, 0, &spec), b.err);
    assert_int_equal(spec.saved_us, 0);
    elapsed[0] = spec.elapsed_us;
    bench_assert_clean(&b);
    struct dfu_sim_counters before = bench_counters(&b);
    assert_dfu_ok(write_image(&b, image, DFU_RUN_POLL_EAGER, &eager), b.err);
    elapsed[1] = eager.elapsed_us;
    struct dfu_sim_counters after = bench_counters(&b);
    uint64_t commands = after.erase - before.erase + after.set_address - before.set_address + 10;
    assert_int_equal(after.erase - before.erase, 2);
    assert_int_equal(after.early_poll - before.early_poll, commands);
    assert_int_equal(eager.saved_us, commands * (50000 - 1053));
    assert_int_equal(elapsed[0] - elapsed[1], commands * 50000);
    assert_int_equal(eager.verified, 1);
    assert_int_equal(eager.retries, 0);
    assert_int_equal(after.bad_state, 0);
    holds(&b, FLASH, image, APP);
    dfu_image_free(image);
    bench_free(&b);
}

/* GETSTATUS stalls while flash works: one stall for each kind of command that has a wait, erase and write. */
static void falls_back_at_the_first_stall(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(FLASH, LENGTH, 3);
    bench_new(&b, "stm32l476", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(write_image(&b, image, DFU_RUN_POLL_EAGER, &result), b.err);
    assert_int_equal(bench_counters(&b).early_poll, 2);
    assert_int_equal(result.saved_us, 0);
    assert_int_equal(result.retries, 0);
    assert_int_equal(result.verified, 1);
    holds(&b, FLASH, image, FLASH);
    dfu_image_free(image);
    bench_free(&b);
}

/* A ROM that tells the truth: four questions for each of three commands of a kind, then no more. What it tells in
 * whole milliseconds at the last of the four ends a little after what it told first, so that a fifth counts as early.
 */
static void gives_up_where_nothing_is_gained(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(FLASH, LENGTH, 3);
    bench_new(&b, "stm32f072", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(write_image(&b, image, DFU_RUN_POLL_EAGER, &result), b.err);
    assert_int_equal(bench_counters(&b).early_poll, 2 * 3 * 5);
    assert_int_equal(result.saved_us, 0);
    assert_int_equal(result.verified, 1);
    holds(&b, FLASH, image, FLASH);
    dfu_image_free(image);
    bench_free(&b);
}

/* Which requests of a flash are early questions: the N-th is when the counter of them grows with it. */
static struct {
    const struct dfu_transport_ops *inner;
    struct dfu_transport_ops ops;
    struct bench *bench;
    unsigned early[400];
    size_t count;
} watch;

static int watched_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                           struct dfu_error **err)
{
    uint64_t before = bench_counters(watch.bench).early_poll;
    int rc = watch.inner->control(conn, setup, data, timeout_ms, err);
    struct dfu_sim_counters now = bench_counters(watch.bench);
    if (now.early_poll > before && watch.count < sizeof watch.early / sizeof *watch.early)
        watch.early[watch.count++] = (unsigned)now.transfers;
    return rc;
}

static void find_early_questions(const char *profile, const struct dfu_image *image)
{
    struct bench b;
    struct dfu_context_options co;
    struct dfu_result result;
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    dfu_context_free(b.context);
    DFU_INIT(&co);
    dfu_sim_attach(b.sim, &co);
    watch.inner = co.transport;
    watch.ops = *co.transport;
    watch.ops.control = watched_control;
    watch.bench = &b;
    watch.count = 0;
    co.transport = &watch.ops;
    assert_dfu_ok(dfu_context_new(&co, &b.context, &b.err), b.err);
    bench_open(&b);
    assert_dfu_ok(write_image(&b, image, DFU_RUN_POLL_EAGER, &result), b.err);
    bench_free(&b);
}

static void flash_with_fault(const char *profile, const char *kind, unsigned at, const struct dfu_image *image,
                             uint64_t address)
{
    struct bench b;
    struct dfu_result result;
    char rule[48];
    (void)snprintf(rule, sizeof rule, "%s@%u", kind, at);
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    bench_fault(&b, rule);
    bench_open(&b);
    if (write_image(&b, image, DFU_RUN_POLL_EAGER, &result) != DFU_OK)
        fail_msg("%s, %s: %s", profile, rule, dfu_error_message(b.err));
    assert_int_equal(result.verified, 1);
    holds(&b, FLASH, image, address);
    bench_free(&b);
}

static uint64_t first_address(const char *profile)
{
    struct bench b;
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    uint64_t address = bench_region(&b).start;
    bench_free(&b);
    return address;
}

/* Whatever a device makes of an early question, the flash is good in the end; and so it is where other requests
 * meet with faults that pass. */
static void never_spoils_a_flash(void **state)
{
    (void)state;
    struct dfu_sim_profile_info info;
    static const char *const amiss[] = {"state=10", "status=errSTALLEDPKT", "status=errVENDOR", "state=2", "poll=60"};
    static const char *const passing[] = {"stall", "timeout", "short"};
    size_t questions = 0;
    DFU_INIT(&info);
    for (size_t p = 0; dfu_sim_profile(p, &info) == DFU_OK; p++) {
        if (info.protocol != 0x011A || info.mode == DFU_MODE_RUNTIME || bench_is_odd(info.name))
            continue;
        uint64_t address = first_address(info.name);
        if (address != FLASH && address != APP) /* memory that is not where holds() looks */
            continue;
        struct dfu_image *image = bench_image(address, LENGTH, 3);
        find_early_questions(info.name, image);
        questions += watch.count;
        for (size_t i = 0; i < watch.count; i++)
            for (size_t k = 0; k < sizeof amiss / sizeof *amiss; k++)
                flash_with_fault(info.name, amiss[k], watch.early[i], image, address);
        for (unsigned at = 5; at <= 75; at++)
            for (size_t k = 0; k < sizeof passing / sizeof *passing; k++)
                flash_with_fault(info.name, passing[k], at, image, address);
        dfu_image_free(image);
    }
    assert_true(questions > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saves_what_the_library_wastes),
        cmocka_unit_test(falls_back_at_the_first_stall),
        cmocka_unit_test(gives_up_where_nothing_is_gained),
        cmocka_unit_test(never_spoils_a_flash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
