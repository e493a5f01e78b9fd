/* SPDX-License-Identifier: BSD-2-Clause */
/* Row E of the quirk table, and C18: addresses, blocks and flash. */
#include "bench.h"

static int write_image(struct bench *b, const struct dfu_image *image, uint32_t flags, struct dfu_result *result)
{
    struct dfu_plan_options o;
    DFU_INIT(&o);
    DFU_INIT(result);
    o.flags = flags;
    return dfu_session_write(b->session, image, &o, NULL, result, &b->err);
}

static void assert_flash(const struct bench *b, uint64_t memory, const struct dfu_image *image)
{
    struct dfu_segment s;
    DFU_INIT(&s);
    uint8_t *found = bench_memory(b, memory, NULL);
    for (size_t i = 0; dfu_image_segment(image, i, &s) == DFU_OK; i++)
        assert_memory_equal(found + (s.address - memory), s.data, s.length);
    free(found);
}

/* 4.5 MiB in blocks of 64 bytes are 73,728: wBlockNum would begin again at 0, which are commands. */
static void e3_more_blocks_than_there_are_numbers(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "small-blocks", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x90000000, 0x480000, 5);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_ok(rc, b.err);
    assert_int_equal(result.verified, 1);
    assert_flash(&b, 0x90000000, image);
    bench_close(&b);
    bench_assert_clean(&b);
    /* to write: one run, and one after 65534 blocks; the same to verify; one to look at the first erased sector */
    assert_in_range(bench_counters(&b).set_address, 4, 6);
    dfu_image_free(image);
    bench_free(&b);
}

/* Flash words of 2, 4, 8, 16 and 32 bytes: odd pieces are filled up, and no word is programmed twice. */
static void e4_odd_pieces(void **state)
{
    static const char *const profiles[] = {"stm32f072", "stm32f407", "stm32l476", "stm32c5", "stm32h743"};
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        struct bench b;
        struct dfu_result result;
        struct dfu_image *image = bench_image(0x08000000, 1001, 5);
        bench_new(&b, profiles[i], DFU_SIM_INIT_RANDOM, 1);
        bench_open(&b);
        assert_dfu_ok(dfu_image_patch(image, 0x08000000 + 1005, "abc", 3, &b.err),
                      b.err); /* in one word with the end */
        assert_dfu_ok(dfu_image_patch(image, 0x08000000 + 1500, "defgh", 5, &b.err), b.err);
        int rc = write_image(&b, image, 0, &result);
        assert_dfu_ok(rc, b.err);
        assert_flash(&b, 0x08000000, image);
        bench_close(&b);
        bench_assert_clean(&b);
        dfu_image_free(image);
        bench_free(&b);
    }
}

/* Erasing and programming say OK and change nothing. */
static void e7_a_protected_sector_that_is_full(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    assert_dfu_ok(dfu_sim_write_protect(b.sim, 0x08004000, 0x08008000, &b.err), b.err);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08004000, 5000, 5);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_PROTECTED, "write protection");
    dfu_image_free(image);
    bench_free(&b);
}

static void e7_a_protected_sector_that_is_blank(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "stm32f407", 0, 1);
    assert_dfu_ok(dfu_sim_write_protect(b.sim, 0x08004000, 0x08008000, &b.err), b.err);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08004000, 5000, 5);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_MISMATCH, "0x08004000");
    assert_non_null(strstr(b.log, "write protection?"));
    dfu_image_free(image);
    bench_free(&b);
}

static int mass_erase(struct bench *b)
{
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    DFU_INIT(&target);
    dfu_session_target(b->session, &target);
    assert_dfu_ok(dfu_plan_mass_erase(dfu_session_memmap(b->session), &target, NULL, &plan, &b->err), b->err);
    int rc = dfu_session_run(b->session, plan, NULL, NULL, &b->err);
    dfu_plan_free(plan);
    return rc;
}

/* With ndbank = 0 the first of its sectors are 16 KiB, the map says 32: half of each keeps what it had. The user is
 * told, and what the hint says helps. */
static void c18_two_banks_that_the_map_does_not_tell_of(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_error_info info;
    (void)state;
    DFU_INIT(&info);
    bench_new(&b, "stm32f767", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08000000, 200000, 5);
    assert_dfu_ok(write_image(&b, image, 0, &result), b.err); /* as delivered it is in one bank */
    assert_flash(&b, 0x08000000, image);
    bench_close(&b);
    assert_dfu_ok(dfu_sim_load(b.sim, 0, 0x1FFF0009, "\xDF", 1, &b.err), b.err);
    dfu_image_free(image);
    image = bench_image(0x08000000, 200000, 6);
    bench_open(&b);
    int rc = write_image(&b, image, 0, &result);
    assert_int_equal(dfu_error_describe(b.err, &info), DFU_OK);
    assert_int_equal(info.address, 0x08004000);
    assert_non_null(strstr(dfu_error_hint(b.err), "--mass-erase"));
    assert_dfu_error(rc, b.err, DFU_ERR_MISMATCH, "two-bank mode (ndbank = 0)");
    b.err = NULL;
    assert_dfu_ok(mass_erase(&b), b.err);
    assert_dfu_ok(write_image(&b, image, DFU_PLAN_DIFF, &result), b.err);
    assert_int_equal(result.verified, 1);
    assert_flash(&b, 0x08000000, image);
    dfu_image_free(image);
    bench_free(&b);
}

/* What else is in the sectors is named before it goes. */
static void e8_half_covered_sectors(void **state)
{
    struct bench b;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    (void)state;
    DFU_INIT(&target);
    bench_new(&b, "stm32f746", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08040000, 1000, 5);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_write(dfu_session_memmap(b.session), &target, image, NULL, &plan, &b.err), b.err);
    assert_int_equal(dfu_plan_note_count(plan), 1);
    assert_non_null(strstr(dfu_plan_note(plan, 0, NULL), "0x08040000..0x08080000 is covered in part"));
    dfu_plan_free(plan);
    dfu_image_free(image);
    bench_free(&b);
}

/* A loader that puts every block where the pointer is, whatever its number. */
static void e10_a_pointer_for_each_block(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "particle", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x30000, 20000, 5);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_ok(rc, b.err);
    assert_int_equal(result.verified, 1);
    assert_flash(&b, 0, image);
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

/* And one that counts gets one for all of them. */
static void e10_one_pointer_for_a_run(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "st-loader", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08020000, 200000, 5);
    int rc = write_image(&b, image, DFU_PLAN_NO_VERIFY, &result);
    assert_dfu_ok(rc, b.err);
    assert_int_equal(bench_counters(&b).set_address, 1);
    dfu_image_free(image);
    bench_free(&b);
}

static void e11_the_loader_is_not_overwritten(void **state)
{
    static const struct {
        const char *profile;
        uint64_t address;
    } rows[] = {{"st-loader", 0x08000000}, {"portenta", 0x08000000}, {"bmp", 0x08001000}, {"two-names", 0x08010000}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct dfu_result result;
        bench_new(&b, rows[i].profile, 0, 1);
        bench_open(&b);
        struct dfu_image *image = bench_image(rows[i].address, 1000, 5);
        int rc = write_image(&b, image, 0, &result);
        assert_dfu_error(rc, b.err, DFU_ERR_RANGE, "--force readonly");
        assert_int_equal(bench_counters(&b).dnload, 0);
        dfu_image_free(image);
        bench_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c18_two_banks_that_the_map_does_not_tell_of),
        cmocka_unit_test(e3_more_blocks_than_there_are_numbers),
        cmocka_unit_test(e4_odd_pieces),
        cmocka_unit_test(e7_a_protected_sector_that_is_full),
        cmocka_unit_test(e7_a_protected_sector_that_is_blank),
        cmocka_unit_test(e8_half_covered_sectors),
        cmocka_unit_test(e10_a_pointer_for_each_block),
        cmocka_unit_test(e10_one_pointer_for_a_run),
        cmocka_unit_test(e11_the_loader_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
