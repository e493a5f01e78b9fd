/* SPDX-License-Identifier: BSD-2-Clause */
/* Less work: only what differs is written, blank flash is not erased, and the rest of sectors is kept. */
#include "bench.h"

/* dfu-util 0.11 on ST's library with 50 ms polls, 1 MiB: measured, without reading back. */
#define DFU_UTIL_1_MIB_US 71800000.0

static void write_with(struct bench *b, const struct dfu_image *image, uint32_t flags, struct dfu_result *result)
{
    struct dfu_plan_options o;
    DFU_INIT(&o);
    DFU_INIT(result);
    o.flags = flags;
    bench_open(b);
    assert_dfu_ok(dfu_session_write(b->session, image, &o, NULL, result, &b->err), b->err);
    bench_close(b);
    assert_int_equal(result->verified, 1);
}

/* Puts the image there as a debug probe would. */
static void load(struct bench *b, const struct dfu_image *image)
{
    struct dfu_segment s;
    DFU_INIT(&s);
    assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
    assert_dfu_ok(dfu_sim_load(b->sim, 0, s.address, s.data, (size_t)s.length, &b->err), b->err);
}

static void assert_holds(const struct bench *b, uint64_t start, const struct dfu_image *image)
{
    struct dfu_segment s;
    DFU_INIT(&s);
    assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
    uint8_t *memory = bench_memory(b, start, NULL);
    assert_memory_equal(memory + (s.address - start), s.data, (size_t)s.length);
    free(memory);
}

/* One byte of 1 MiB is new. Sector erase, program and wire times are the pinned ones of st-loader. */
static void one_changed_sector(uint64_t start, uint64_t memory, size_t length, uint32_t sector, double most)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(start, length, 29);
    bench_new(&b, "st-loader", 0, 1);
    load(&b, image);
    assert_dfu_ok(dfu_image_patch(image, start + length - sector / 2, "\x12\x34", 2, &b.err), b.err);
    write_with(&b, image, DFU_PLAN_DIFF, &result);
    struct dfu_sim_counters c = bench_counters(&b);
    print_message("%u KiB sector: %.2f s, %.3f of dfu-util's %.1f s\n", sector / 1024, (double)c.elapsed_us / 1e6,
                  (double)c.elapsed_us / DFU_UTIL_1_MIB_US, DFU_UTIL_1_MIB_US / 1e6);
    assert_true((double)c.elapsed_us <= most * DFU_UTIL_1_MIB_US);
    assert_int_equal(c.erase, 1);
    assert_int_equal(c.bytes_down, sector);
    /* The survey, to the block that differs and one that was queued behind it; one look at the erased sector; the
     * verify. */
    uint64_t least_up = length - sector / 2 + 2048 + 2048 + sector;
    assert_true(c.bytes_up >= least_up && c.bytes_up <= least_up + 2048);
    /* Blocks of 2 KiB: survey, three to point, and an abort before and after; erase; point, look, abort twice;
     * each block three; read back as the survey. At most 16 more, for opening and closing. */
    uint64_t least = (3 + 2 + length / 2048) + 3 + (3 + 1 + 2) + 3 * (sector / 2048) + (3 + 2 + sector / 2048);
    assert_true(c.transfers <= least + 16);
    assert_int_equal(result.bytes, length);
    assert_int_equal(result.unchanged_bytes, length - sector);
    assert_holds(&b, memory, image);
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

static void a_changed_sector_of_64_kib(void **state)
{
    (void)state;
    one_changed_sector(0x90000000, 0x90000000, 1024 * 1024, 65536, 0.07);
}

static void a_changed_sector_of_128_kib(void **state)
{
    (void)state;
    one_changed_sector(0x08008000, 0x08000000, 992 * 1024, 131072, 0.11);
}

/* A sector that is neither the image's nor blank is read no further than to see that. */
static void all_is_new(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(0x90000000, 256 * 1024, 37);
    (void)state;
    for (uint32_t keep = 0; keep < 2; keep++) {
        bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
        write_with(&b, image, DFU_PLAN_DIFF | (keep ? DFU_PLAN_PRESERVE : 0), &result);
        struct dfu_sim_counters c = bench_counters(&b);
        /* a block of each of four sectors, one erased, and all of them read back; to keep a rest, everything first */
        assert_int_equal(c.bytes_up, (keep ? 256 * 1024 : 4 * 2048) + 2048 + 256 * 1024);
        assert_int_equal(c.erase, 4);
        assert_int_equal(result.unchanged_bytes, 0);
        assert_holds(&b, 0x90000000, image);
        bench_assert_clean(&b);
        bench_free(&b);
    }
    dfu_image_free(image);
}

/* Flash that is blank at first, and holds something behind: that it differs does not settle whether it must be erased.
 */
static void blank_at_first(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(0x90000000, 128 * 1024, 41);
    (void)state;
    bench_new(&b, "st-loader", 0, 1);
    assert_dfu_ok(dfu_sim_load(b.sim, 0, 0x90000000 + 65536 - 4, "\x12\x34\x56\x78", 4, &b.err), b.err);
    write_with(&b, image, DFU_PLAN_DIFF, &result);
    struct dfu_sim_counters c = bench_counters(&b);
    assert_int_equal(c.erase, 1);
    assert_int_equal(c.bytes_up, 128 * 1024 + 2048 + 128 * 1024);
    assert_holds(&b, 0x90000000, image);
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

/* The survey is one run, and costs what reading costs at least. */
static void nothing_changed(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(0x08008000, 256 * 1024, 31);
    (void)state;
    bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
    load(&b, image);
    write_with(&b, image, DFU_PLAN_DIFF | DFU_PLAN_PRESERVE, &result);
    struct dfu_sim_counters c = bench_counters(&b);
    assert_int_equal(c.erase, 0);
    assert_int_equal(c.bytes_down, 0);
    assert_int_equal(c.set_address, 1);
    assert_true((double)c.elapsed_us <= 1.01 * (double)c.read_floor_us + 40000);
    assert_int_equal(result.unchanged_bytes, 256 * 1024);
    assert_int_equal(result.bytes, 256 * 1024);
    assert_int_equal(result.kept_bytes, 0);
    assert_true(result.elapsed_us > 300000); /* the survey is part of it */
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

/* Every profile, fresh from the factory. L1 erases to 0x00, and GD32 is not known not to: one page to learn it. */
static void blank_flash_is_not_erased(void **state)
{
    static const struct {
        const char *profile;
        uint64_t start;
        uint32_t erases;
    } cases[] = {{"stm32f407", 0x08000000, 0}, {"stm32g474", 0x08000000, 0}, {"st-loader", 0x08008000, 0},
                 {"stm32h743", 0x08000000, 0}, {"stm32l152", 0x08000000, 1}, {"gd32vf103", 0x08000000, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct dfu_result result;
        struct dfu_image *image = bench_image(cases[i].start, 40000, 37);
        bench_new(&b, cases[i].profile, 0, 1);
        write_with(&b, image, DFU_PLAN_DIFF, &result);
        assert_int_equal(bench_counters(&b).erase, cases[i].erases);
        assert_int_equal(result.erased_sectors, cases[i].erases);
        assert_holds(&b, 0x08000000, image);
        bench_assert_clean(&b);
        dfu_image_free(image);
        bench_free(&b);
    }
}

/* 0xFF is data on an L1, and 0x00 is on all others. */
static void what_looks_blank_elsewhere_is_erased(void **state)
{
    static const char *const profiles[] = {"stm32l152", "stm32f407"};
    static const uint8_t values[] = {0xFF, 0x00};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench b;
        struct dfu_result result;
        uint8_t *old = malloc(131072);
        struct dfu_image *image = bench_image(0x08000000, 60000, 41);
        bench_new(&b, profiles[i], 0, 1);
        memset(old, values[i], 131072);
        assert_dfu_ok(dfu_sim_load(b.sim, 0, 0x08000000, old, 131072, &b.err), b.err);
        write_with(&b, image, DFU_PLAN_DIFF, &result);
        assert_int_equal(result.erased_sectors, i == 0 ? 235 : 4); /* pages of 256 bytes, sectors of 16 KiB */
        assert_holds(&b, 0x08000000, image);
        bench_assert_clean(&b);
        free(old);
        dfu_image_free(image);
        bench_free(&b);
    }
}

static void the_rest_of_sectors_is_kept(void **state)
{
    static const char *const profiles[] = {"stm32f407", "stm32l152", "stm32h743", "gd32vf103"};
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        for (uint32_t diff = 0; diff <= DFU_PLAN_DIFF; diff += DFU_PLAN_DIFF) {
            struct bench b;
            struct dfu_result result;
            size_t length;
            struct dfu_image *image = bench_image(0x08000130, 30001, 43);
            bench_new(&b, profiles[i], DFU_SIM_INIT_RANDOM, 1);
            uint8_t *want = bench_memory(&b, 0x08000000, &length);
            write_with(&b, image, DFU_PLAN_PRESERVE | diff, &result);
            (void)dfu_image_read(image, DFU_ALT_ANY, 0x08000000, want, length);
            uint8_t *after = bench_memory(&b, 0x08000000, NULL);
            assert_memory_equal(after, want, length);
            assert_true(result.kept_bytes > 0);
            assert_int_equal(result.bytes, 30001);
            bench_assert_clean(&b);
            free(after);
            free(want);
            dfu_image_free(image);
            bench_free(&b);
        }
    }
}

/* What the session measured is what the profile pins: a 128 KiB sector 1 s, 16 us a word, 50 ms a poll. */
static void times_are_measured(void **state)
{
    struct bench b;
    struct dfu_times t;
    struct dfu_image *image = bench_image(0x08020000, 131072, 53);
    (void)state;
    DFU_INIT(&t);
    bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_int_equal(dfu_session_times(b.session, &t), DFU_OK);
    assert_int_equal(t.write_us, 0);
    assert_int_equal(t.erase_count, 0);
    assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err);
    assert_int_equal(dfu_session_times(b.session, &t), DFU_OK);
    assert_int_equal(t.erase_count, 1);
    assert_int_equal(t.erase[0].sector_size, 131072);
    assert_int_equal(t.erase[0].us, 1000000 + 50000 + 3 * 1053);
    assert_in_range(t.write_us, (8192 + 50000 + 2685 + 2 * 1053) / 2, (8192 + 50000 + 2685 + 2 * 1053) / 2 + 100);
    assert_in_range(t.read_us, 2685 / 2, 2685 / 2 + 500);
    assert_int_equal(dfu_session_times(NULL, &t), DFU_ERR_ARGUMENT);
    dfu_image_free(image);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_sector_of_64_kib),
        cmocka_unit_test(a_changed_sector_of_128_kib),
        cmocka_unit_test(all_is_new),
        cmocka_unit_test(blank_at_first),
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(blank_flash_is_not_erased),
        cmocka_unit_test(what_looks_blank_elsewhere_is_erased),
        cmocka_unit_test(the_rest_of_sectors_is_kept),
        cmocka_unit_test(times_are_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
