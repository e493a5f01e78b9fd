/* SPDX-License-Identifier: BSD-2-Clause */
/* The main job on every profile: erase, program, verify, read back, erase, leave. */
#include "bench.h"

static int is_dfuse(size_t index, struct dfu_sim_profile_info *p)
{
    DFU_INIT(p);
    return dfu_sim_profile(index, p) == DFU_OK && p->protocol == DFU_PROTOCOL_DFUSE && !bench_is_odd(p->name);
}

static size_t profile_count(void)
{
    struct dfu_sim_profile_info p;
    size_t n = 0;
    DFU_INIT(&p);
    while (dfu_sim_profile(n, &p) == DFU_OK)
        n++;
    return n;
}

/* Memory must hold the image where it has data, the erased value in the rest of touched sectors, and what it had
 * everywhere else. */
static void check_memory(const struct bench *b, const struct dfu_image *image, const uint8_t *before, uint64_t start,
                         size_t length, uint32_t sector, uint8_t erased)
{
    uint8_t *after = bench_memory(b, start, NULL);
    uint8_t *want = malloc(length);
    memcpy(want, before, length);
    for (size_t at = 0; at < length; at += sector) {
        uint8_t probe[131072];
        if (dfu_image_read(image, DFU_ALT_ANY, start + at, probe, sector) > 0)
            memset(want + at, erased, sector);
    }
    (void)dfu_image_read(image, DFU_ALT_ANY, start, want, length);
    assert_memory_equal(after, want, length);
    free(after);
    free(want);
}

/* Quirks E2 E4 (odd lengths) E5. */
static void flash_every_profile(void **state)
{
    size_t count = profile_count();
    size_t done = 0;
    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct dfu_sim_profile_info p;
        struct bench b;
        struct dfu_result result;
        size_t length;
        if (!is_dfuse(i, &p))
            continue;
        DFU_INIT(&result);
        bench_new(&b, p.name, DFU_SIM_INIT_RANDOM, 1);
        bench_open(&b);
        struct dfu_region r = bench_region(&b);
        size_t size = (p.transfer_size > 4096 ? 2u : 5u) * p.transfer_size + 13; /* within one region */
        struct dfu_image *image = bench_image(r.start + 224, size, 7);
        struct dfu_sim_memory m;
        DFU_INIT(&m);
        assert_int_equal(dfu_sim_get_memory(b.sim, 0, 0, &m), DFU_OK);
        uint8_t *before = bench_memory(&b, m.start, &length);
        assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
        assert_int_equal(result.verified, 1);
        assert_int_equal(result.bytes, size);
        assert_int_equal(result.retries, 0);
        assert_int_equal(result.erased_value, (int)m.erased);
        check_memory(&b, image, before, m.start, length, r.sector_size, (uint8_t)m.erased);
        bench_close(&b);
        bench_assert_clean(&b);
        free(before);
        dfu_image_free(image);
        bench_free(&b);
        done++;
    }
    assert_true(done >= 24); /* all but plain DFU and the odd ones */
}

/* Quirks B14. */
static void what_was_flashed_can_be_read(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_run_options run;
    struct dfu_image *back = NULL;
    struct dfu_segment s;
    uint8_t *want = malloc(100000);
    struct dfu_range range = {0x08020000, 0x08020000 + 100000};
    (void)state;
    DFU_INIT(&target);
    DFU_INIT(&run);
    DFU_INIT(&s);
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(range.start, 100000, 3);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err);
    assert_dfu_ok(dfu_image_new(&back, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_read(dfu_session_memmap(b.session), &target, &range, 1, NULL, &plan, &b.err), b.err);
    assert_dfu_error(dfu_session_run(b.session, plan, NULL, NULL, &b.err), b.err, DFU_ERR_ARGUMENT, "read into");
    run.into = back;
    assert_dfu_ok(dfu_session_run(b.session, plan, &run, NULL, &b.err), b.err);
    assert_int_equal(dfu_image_count(back), 1);
    assert_int_equal(dfu_image_segment(back, 0, &s), DFU_OK);
    assert_int_equal(s.length, 100000);
    (void)dfu_image_read(image, DFU_ALT_ANY, range.start, want, 100000);
    assert_memory_equal(s.data, want, 100000);
    bench_assert_clean(&b);
    dfu_plan_free(plan);
    dfu_image_free(back);
    dfu_image_free(image);
    free(want);
    bench_free(&b);
}

/* 256 KiB in 2048-byte blocks on ST's library: 128 blocks and the commands, three requests each. */
static void requests_are_counted(void **state)
{
    struct bench b;
    struct dfu_plan_options o;
    (void)state;
    DFU_INIT(&o);
    o.flags = DFU_PLAN_NO_VERIFY;
    bench_new(&b, "st-loader", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08020000, 256 * 1024, 5);
    assert_dfu_ok(dfu_session_write(b.session, image, &o, NULL, NULL, &b.err), b.err);
    bench_close(&b);
    struct dfu_sim_counters c = bench_counters(&b);
    assert_int_equal(c.set_address, 1);
    assert_int_equal(c.erase, 2);
    assert_int_equal(c.dnload, 128 + 1 + 2);
    assert_int_equal(c.getstatus, 2 * (128 + 1 + 2) + 1);
    assert_int_equal(c.upload, 1);
    assert_true(c.transfers <= 3 * (128 + 1 + 2) + 16);
    assert_true((double)c.elapsed_us <= 1.01 * (double)c.floor_us + 40000);
    dfu_image_free(image);
    bench_free(&b);
}

/* Quirks H3. */
static void blank_blocks_are_not_sent(void **state)
{
    static const char *const profiles[] = {"st-loader", "stm32l152"};
    static const uint8_t blank[] = {0xFF, 0x00};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench b;
        struct dfu_result result;
        struct dfu_image *image = NULL;
        uint8_t *bytes = malloc(65536);
        DFU_INIT(&result);
        bench_new(&b, profiles[i], DFU_SIM_INIT_RANDOM, 1);
        bench_open(&b);
        memset(bytes, blank[i], 65536);
        memset(bytes, 0x5A, 4096);
        memset(bytes + 61440, 0x5A, 4096);
        assert_dfu_ok(dfu_image_new(&image, &b.err), b.err);
        assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x08010000, bytes, 65536, DFU_OVERLAP_ERROR, &b.err), b.err);
        assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
        assert_int_equal(result.skipped_bytes, 65536 - 8192);
        assert_int_equal(result.verified, 1);
        assert_int_equal(bench_counters(&b).bytes_down, 8192);
        bench_assert_clean(&b);
        free(bytes);
        dfu_image_free(image);
        bench_free(&b);
    }
}

static void verify_finds_one_byte(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_result result;
    uint8_t wrong = 0x12;
    uint8_t right;
    (void)state;
    DFU_INIT(&target);
    DFU_INIT(&result);
    bench_new(&b, "stm32g474", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08001000, 10000, 9);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_verify(dfu_session_memmap(b.session), &target, image, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, NULL, &result, &b.err), b.err);
    assert_int_equal(result.verified, 1);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, 0x08001A2B, &right, 1), 1);
    wrong = (uint8_t)(right ^ 0x10);
    assert_dfu_ok(dfu_sim_load(b.sim, 0, 0x08001A2B, &wrong, 1, &b.err), b.err);
    int rc = dfu_session_run(b.session, plan, NULL, &result, &b.err);
    struct dfu_error_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_error_describe(b.err, &info), DFU_OK);
    assert_int_equal(info.flags, DFU_ERROR_HAS_ADDRESS | DFU_ERROR_HAS_CONTENTS);
    assert_int_equal(info.address, 0x08001A2B);
    assert_int_equal(info.expected, right);
    assert_int_equal(info.found, wrong);
    assert_int_equal(result.differing, 1);
    assert_int_equal(result.verified, 0);
    assert_dfu_error(rc, b.err, DFU_ERR_MISMATCH, "0x08001A2B");
    dfu_plan_free(plan);
    dfu_image_free(image);
    bench_free(&b);
}

static void plan_and_run_leave(struct bench *b, const struct dfu_image *image, struct dfu_result *result)
{
    struct dfu_plan_options o;
    DFU_INIT(&o);
    o.flags = DFU_PLAN_LEAVE;
    assert_dfu_ok(dfu_session_write(b->session, image, &o, NULL, result, &b->err), b->err);
}

/* Quirks A1 H6. */
static void leave_is_never_a_failure(void **state)
{
    size_t count = profile_count();
    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct dfu_sim_profile_info p;
        struct bench b;
        struct dfu_result result;
        if (!is_dfuse(i, &p) || strcmp(p.name, "stm32f042") == 0) /* quirk A3 */
            continue;
        for (int program = 0; program < 2; program++) {
            DFU_INIT(&result);
            bench_new(&b, p.name, 0, 1);
            bench_open(&b);
            struct dfu_region r = bench_region(&b);
            struct dfu_image *image = bench_image(r.start, 1000, 11);
            if (!program) /* no stack pointer: the chip resets and comes back as DFU */
                assert_dfu_ok(dfu_image_patch(image, r.start, "\xFF\xFF\xFF\xFF", 4, &b.err), b.err);
            plan_and_run_leave(&b, image, &result);
            assert_int_equal(result.verified, 1);
            uint32_t started = p.mode == DFU_MODE_RUNTIME ? DFU_LEFT_OTHER : DFU_LEFT_GONE;
            assert_int_equal(result.left, program ? started : DFU_LEFT_STILL_DFU);
            bench_close(&b);
            dfu_image_free(image);
            bench_free(&b);
        }
    }
}

static void erase_and_mass_erase(void **state)
{
    static const struct dfu_range range = {0x08020000, 0x08020001};
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_result result;
    size_t length;
    (void)state;
    DFU_INIT(&target);
    DFU_INIT(&result);
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    dfu_session_target(b.session, &target);
    uint8_t *before = bench_memory(&b, 0x08000000, &length);
    assert_dfu_ok(dfu_plan_erase(dfu_session_memmap(b.session), &target, &range, 1, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, NULL, &result, &b.err), b.err);
    assert_int_equal(result.erased_sectors, 1);
    memset(before + 0x20000, 0xFF, 0x20000);
    uint8_t *after = bench_memory(&b, 0x08000000, &length);
    assert_memory_equal(before, after, length);
    free(after);
    dfu_plan_free(plan);
    assert_dfu_ok(dfu_plan_mass_erase(dfu_session_memmap(b.session), &target, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, NULL, &result, &b.err), b.err);
    memset(before, 0xFF, length);
    after = bench_memory(&b, 0x08000000, &length);
    assert_memory_equal(before, after, length);
    free(after);
    free(before);
    dfu_plan_free(plan);
    bench_assert_clean(&b);
    bench_free(&b);
}

/* ST's library answers OK to a mass erase and does nothing (quirk B10). */
/* Quirks B10. */
static void a_mass_erase_that_does_nothing_is_found(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    (void)state;
    DFU_INIT(&target);
    bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_mass_erase(dfu_session_memmap(b.session), &target, NULL, &plan, &b.err), b.err);
    assert_dfu_error(dfu_session_run(b.session, plan, NULL, NULL, &b.err), b.err, DFU_ERR_MISMATCH, "expected 0xFF");
    dfu_plan_free(plan);
    bench_free(&b);
}

/* Quirks E1 H4. */
static void other_transfer_sizes_land_right(void **state)
{
    static const uint32_t sizes[] = {64, 1000, 1024, 2048};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bench b;
        struct dfu_open_options o;
        struct dfu_result result;
        DFU_INIT(&o);
        DFU_INIT(&result);
        o.transfer_size = sizes[i];
        bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
        assert_dfu_ok(dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), &o, &b.session, &b.err), b.err);
        struct dfu_image *image = bench_image(0x0800C000, 5000, 13);
        assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
        assert_int_equal(result.verified, 1);
        uint8_t *memory = bench_memory(&b, 0x08000000, NULL);
        uint8_t want[5000];
        (void)dfu_image_read(image, DFU_ALT_ANY, 0x0800C000, want, sizeof want);
        assert_memory_equal(memory + 0xC000, want, sizeof want);
        bench_assert_clean(&b);
        free(memory);
        dfu_image_free(image);
        bench_free(&b);
    }
}

static void both_memories_in_one_job(void **state)
{
    struct bench b;
    struct dfu_result result;
    size_t length;
    (void)state;
    DFU_INIT(&result);
    bench_new(&b, "st-loader", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08008000, 3000, 17);
    struct dfu_image *assets = bench_image(0x90001000, 70000, 19);
    assert_dfu_ok(dfu_image_merge(image, assets, DFU_OVERLAP_ERROR, &b.err), b.err);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, &result, &b.err), b.err);
    assert_int_equal(result.erased_sectors, 1 + 2);
    uint8_t *memory = bench_memory(&b, 0x90000000, &length);
    uint8_t *want = malloc(70000);
    (void)dfu_image_read(assets, DFU_ALT_ANY, 0x90001000, want, 70000);
    assert_memory_equal(memory + 0x1000, want, 70000);
    bench_assert_clean(&b);
    free(memory);
    free(want);
    dfu_image_free(assets);
    dfu_image_free(image);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flash_every_profile),
        cmocka_unit_test(what_was_flashed_can_be_read),
        cmocka_unit_test(requests_are_counted),
        cmocka_unit_test(blank_blocks_are_not_sent),
        cmocka_unit_test(verify_finds_one_byte),
        cmocka_unit_test(leave_is_never_a_failure),
        cmocka_unit_test(erase_and_mass_erase),
        cmocka_unit_test(a_mass_erase_that_does_nothing_is_found),
        cmocka_unit_test(other_transfer_sizes_land_right),
        cmocka_unit_test(both_memories_in_one_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
