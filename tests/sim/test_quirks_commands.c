/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows A and B of the quirk table: loaders that are not ST's, and states, statuses and waits that mislead. */
#include "bench.h"

enum { OUT = 0x21, IN = 0xA1, DNLOAD = 1, UPLOAD = 2, GETSTATUS = 3 };

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
        assert_memory_equal(found + (s.address < memory ? s.address : s.address - memory), s.data, s.length);
    free(found);
}

/* Flashes length bytes at address and checks them in the simulated chip. */
static struct dfu_result flash(const char *profile, uint64_t memory, uint64_t address, size_t length, uint32_t flags)
{
    struct bench b;
    struct dfu_result result;
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(address, length, 21);
    int rc = write_image(&b, image, flags, &result);
    assert_dfu_ok(rc, b.err);
    assert_flash(&b, memory, image);
    bench_close(&b);
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
    return result;
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

/* Verifying has moved the pointer: without another SET_ADDRESS the chip would jump into the middle of the program and
 * come back as DFU. */
static void a2_leave_points_first(void **state)
{
    (void)state;
    struct dfu_result result = flash("stm32f407", 0x08000000, 0x08000000, 20000, DFU_PLAN_LEAVE);
    assert_int_equal(result.verified, 1);
    assert_int_equal(result.left, DFU_LEFT_GONE);
}

static void a3_a_leave_that_comes_back(void **state)
{
    (void)state;
    struct dfu_result result = flash("stm32f042", 0x08000000, 0x08000000, 5000, DFU_PLAN_LEAVE);
    assert_int_equal(result.verified, 1);
    assert_int_equal(result.left, DFU_LEFT_STILL_DFU);
}

/* It says neither CLRSTATUS outside dfuERROR nor a standalone functional descriptor; asking would take its time-out. */
static void b2_nothing_needless_is_asked(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "stm32c5", 0, 1);
    bench_open(&b);
    bench_close(&b);
    bench_assert_clean(&b);
    assert_true(bench_counters(&b).elapsed_us < 100000);
    bench_free(&b);
}

/* Told to wait 1 ms, the host asks while flash works, and meets with stalls: it asks again, and erases nothing twice.
 */
static void b3_stalls_are_no_reason_to_erase_again(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 30; at++) {
        struct bench b;
        struct dfu_result result;
        char rule[16];
        struct dfu_image *image = bench_image(0x08000000, 4096, 3);
        bench_new(&b, "stm32l476", DFU_SIM_INIT_RANDOM, 1);
        (void)snprintf(rule, sizeof rule, "poll=1@%u", at);
        bench_fault(&b, rule);
        bench_open(&b);
        int rc = write_image(&b, image, 0, &result);
        assert_dfu_ok(rc, b.err);
        assert_int_equal(result.verified, 1);
        assert_int_equal(bench_counters(&b).erase, 2);
        assert_flash(&b, 0x08000000, image);
        dfu_image_free(image);
        bench_free(&b);
    }
}

/* It says 100 ms and is then deaf for 32 s: dfu-util's limit is 35 s for the same chip. */
static void b4_a_mass_erase_that_answers_nothing(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "stm32f405", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    int rc = mass_erase(&b);
    assert_dfu_ok(rc, b.err);
    uint8_t *found = bench_memory(&b, 0x08000000, NULL);
    for (size_t i = 0; i < 1024 * 1024; i++)
        assert_int_equal(found[i], 0xFF);
    free(found);
    bench_close(&b);
    bench_assert_clean(&b);
    assert_int_equal(bench_counters(&b).erase, 12); /* each sector once */
    bench_free(&b);
}

/* Two sectors of bank 2: each erase is done, but says busy for ever. */
static void b5_an_erase_that_never_ends(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "stm32h743", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08110000, 100000, 21);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_ok(rc, b.err);
    assert_int_equal(result.verified, 1);
    assert_flash(&b, 0x08000000, image);
    assert_int_equal(bench_counters(&b).erase, 2);
    assert_null(strstr(b.log, "resetting")); /* two CLRSTATUS do; a reset may end DFU mode */
    assert_int_equal(bench_counters(&b).write_unerased, 0);
    dfu_image_free(image);
    bench_free(&b);
}

static void b6_zero_polls(void **state)
{
    (void)state;
    /* two sectors, a second each, with the processor stopped and nothing told */
    struct dfu_result result = flash("mboot", 0x08000000, 0x08030000, 100000, DFU_PLAN_LEAVE);
    assert_int_equal(result.verified, 1);
    assert_int_equal(result.retries, 0);
    assert_true(result.elapsed_us > 2000000 && result.elapsed_us < 4000000);
}

static void b7_a_bogus_poll_time(void **state)
{
    (void)state;
    struct dfu_result result = flash("openmoko", 0x08000000, 0, 20000, 0);
    assert_int_equal(result.verified, 1);
    assert_true(result.elapsed_us < 3000000); /* 20 blocks; believed, each would take the command's limit of 30 s */
}

/* 313 blocks of 64 bytes, 256 ms each and told so. */
static void b8_small_slow_blocks(void **state)
{
    (void)state;
    struct dfu_result result = flash("zephyr", 0x08000000, 0, 20000, 0);
    assert_int_equal(result.verified, 1);
    assert_true(result.elapsed_us > 313 * 256000 && result.elapsed_us < 330 * 270000);
}

/* The work is done while GETSTATUS waits: 1 s for a sector, 2 s on an H7. */
static void b9_e9_getstatus_lasts_as_long_as_an_erase(void **state)
{
    (void)state;
    assert_int_equal(flash("st-loader", 0x08000000, 0x08020000, 150000, 0).retries, 0);
    assert_int_equal(flash("libopencm3", 0x08000000, 0x08002000, 5000, 0).retries, 0);
}

/* The one-byte command erases the page whose address an earlier command left in the buffer; erasing sector by sector
 * is what a flash job does. There is no read-back to find it out, so the plan of a mass erase promises nothing. */
static void b11_erases_go_page_by_page(void **state)
{
    struct bench b;
    struct dfu_result result;
    uint8_t point[5] = {0x21, 0x00, 0x20, 0x00, 0x08};
    uint8_t status[6];
    (void)state;
    bench_new(&b, "libopencm3", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08002000, 5000, 3);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_ok(rc, b.err);
    assert_int_equal(result.erased_sectors, 5);
    assert_int_equal(bench_counters(&b).erase, 5);
    bench_close(&b);
    assert_int_equal(bench_raw(&b, OUT, DNLOAD, 0, point, sizeof point), sizeof point);
    assert_int_equal(bench_raw(&b, IN, GETSTATUS, 0, status, sizeof status), sizeof status);
    bench_open(&b);
    assert_int_equal(mass_erase(&b), DFU_OK);
    assert_int_equal(bench_counters(&b).erase, 6); /* one page */
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_plan_summary s;
    DFU_INIT(&target);
    DFU_INIT(&s);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_mass_erase(dfu_session_memmap(b.session), &target, NULL, &plan, &b.err), b.err);
    assert_int_equal(dfu_plan_summarize(plan, &s), DFU_OK);
    assert_int_equal(s.verifies, 0);
    dfu_plan_free(plan);
    dfu_image_free(image);
    bench_free(&b);
}

static void b12_a_mass_erase_that_is_never_done(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "gd32vf103-0100", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_error(mass_erase(&b), b.err, DFU_ERR_MISMATCH, "expected 0x");
    bench_free(&b);
    (void)flash("gd32vf103-0100", 0x08000000, 0x08000000, 20000, 0);
}

/* mboot sends as much as it is asked for, real or not: the plan ends the upload. */
static void b15_an_upload_without_end(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_run_options run;
    struct dfu_image_info info;
    struct dfu_range range = {0x08070000, 0x08080000};
    (void)state;
    DFU_INIT(&target);
    DFU_INIT(&run);
    DFU_INIT(&info);
    bench_new(&b, "mboot", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_image_new(&run.into, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_read(dfu_session_memmap(b.session), &target, &range, 1, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, &run, NULL, &b.err), b.err);
    assert_int_equal(bench_counters(&b).bytes_up, 0x10000);
    assert_int_equal(dfu_image_describe(run.into, &info), DFU_OK);
    assert_int_equal(info.span.end, range.end);
    assert_flash(&b, 0x08000000, run.into);
    dfu_plan_free(plan);
    dfu_image_free(run.into);
    bench_free(&b);
}

/* bitCanUpload is 0: written, and said not to be verified. */
static void b16_no_upload(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_session_info info;
    (void)state;
    result = flash("libopencm3", 0x08000000, 0x08002000, 20000, 0);
    assert_int_equal(result.verified, 0);
    DFU_INIT(&info);
    bench_new(&b, "libopencm3", 0, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_session_describe(b.session, 1, &info, &b.err), b.err); /* the list of commands is an UPLOAD */
    assert_int_equal(info.command_count, 0);
    struct dfu_image *image = bench_image(0x08002000, 2000, 4);
    int rc = write_image(&b, image, DFU_PLAN_REQUIRE_VERIFY, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_MISMATCH, "bitCanUpload");
    assert_int_equal(bench_counters(&b).erase, 0);
    dfu_image_free(image);
    bench_free(&b);
}

/* bitCanUpload is 1, and every UPLOAD stalls all the same. */
static void b16_no_upload_although_it_says_so(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    for (int required = 0; required < 2; required++) {
        bench_new(&b, "bmp", DFU_SIM_INIT_RANDOM, 1);
        bench_open(&b);
        struct dfu_image *image = bench_image(0x08002000, 20000, 4);
        int rc = write_image(&b, image, DFU_PLAN_LEAVE | (required ? DFU_PLAN_REQUIRE_VERIFY : 0), &result);
        if (required)
            assert_dfu_error(rc, b.err, DFU_ERR_MISMATCH, "bitCanUpload");
        else
            assert_dfu_ok(rc, b.err);
        assert_int_equal(result.verified, 0);
        assert_int_equal(result.left, required ? DFU_LEFT_NOT_TRIED : DFU_LEFT_GONE);
        assert_flash(&b, 0x08000000, image);
        assert_int_equal(bench_counters(&b).write_unerased, 0);
        if (!required)
            assert_non_null(strstr(b.log, "not verified"));
        dfu_image_free(image);
        bench_free(&b);
    }
}

/* Nothing is reported and nothing can be read back: the one thing left is to say so. */
static void b17_a_status_that_is_always_ok(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "libopencm3", 0, 1);
    assert_dfu_ok(dfu_sim_write_protect(b.sim, 0x08002000, 0x08003000, &b.err), b.err);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08002000, 2000, 4);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_ok(rc, b.err);
    assert_int_equal(result.verified, 0);
    assert_int_equal(bench_counters(&b).erase, 0); /* it was not written at all */
    dfu_image_free(image);
    bench_free(&b);
}

static void b18_the_reason_is_a_string(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "mboot", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08000000, 2000, 4);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_DEVICE, "Can't overwrite mboot");
    dfu_image_free(image);
    bench_free(&b);
}

/* The map says 1 MiB, the chip has half of it: the device has the last word. */
static void c17_a_map_larger_than_the_chip(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "mboot", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08080000, 2000, 4);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_DEVICE, "Address out of range");
    dfu_image_free(image);
    bench_free(&b);
}

/* And one whose map is smaller than the chip: only when it is told to, and what lies outside was erased before. */
static void c17_a_map_smaller_than_the_chip(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "bmp", 0, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08010000, 2000, 4);
    int rc = write_image(&b, image, 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_RANGE, "--force outside");
    rc = write_image(&b, image, DFU_PLAN_FORCE_OUTSIDE | DFU_PLAN_NO_VERIFY, &result);
    assert_dfu_ok(rc, b.err);
    assert_flash(&b, 0x08000000, image);
    dfu_image_free(image);
    bench_free(&b);
}

/* The state does not show what a dead host left pending, and there is no GETSTATE: ABORT comes before GETSTATUS. */
static void h2_a_pending_command_that_cannot_be_seen(void **state)
{
    struct bench b;
    uint8_t erase[5] = {0x41, 0x00, 0x80, 0x00, 0x08};
    uint8_t state_now;
    (void)state;
    bench_new(&b, "mboot", DFU_SIM_INIT_RANDOM, 1);
    assert_int_equal(bench_raw(&b, OUT, DNLOAD, 0, erase, sizeof erase), sizeof erase);
    assert_int_equal(bench_raw(&b, IN, 5, 0, &state_now, 1), DFU_ERR_STALL);
    bench_open(&b);
    bench_close(&b);
    assert_int_equal(bench_counters(&b).erase, 0);
    bench_free(&b);
}

/* The reply that told of the error was lost; the next one says status OK, but state dfuERROR. */
static void h2_an_error_that_is_told_once(void **state)
{
    struct bench b;
    struct dfu_result result;
    (void)state;
    bench_new(&b, "mboot", 0, 1);
    bench_fault(&b, "timeout@6"); /* GETSTATE, ABORT, GETSTATUS; the erase: DNLOAD, GETSTATUS, GETSTATUS */
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08000000, 2000, 4);
    int rc = write_image(&b, image, 0, &result);
    assert_int_equal(rc, DFU_ERR_DEVICE);
    dfu_error_free(b.err);
    b.err = NULL;
    dfu_image_free(image);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a2_leave_points_first),
        cmocka_unit_test(a3_a_leave_that_comes_back),
        cmocka_unit_test(b2_nothing_needless_is_asked),
        cmocka_unit_test(b3_stalls_are_no_reason_to_erase_again),
        cmocka_unit_test(b4_a_mass_erase_that_answers_nothing),
        cmocka_unit_test(b5_an_erase_that_never_ends),
        cmocka_unit_test(b6_zero_polls),
        cmocka_unit_test(b7_a_bogus_poll_time),
        cmocka_unit_test(b8_small_slow_blocks),
        cmocka_unit_test(b9_e9_getstatus_lasts_as_long_as_an_erase),
        cmocka_unit_test(b11_erases_go_page_by_page),
        cmocka_unit_test(b12_a_mass_erase_that_is_never_done),
        cmocka_unit_test(b15_an_upload_without_end),
        cmocka_unit_test(b16_no_upload),
        cmocka_unit_test(b16_no_upload_although_it_says_so),
        cmocka_unit_test(b17_a_status_that_is_always_ok),
        cmocka_unit_test(b18_the_reason_is_a_string),
        cmocka_unit_test(c17_a_map_larger_than_the_chip),
        cmocka_unit_test(c17_a_map_smaller_than_the_chip),
        cmocka_unit_test(h2_a_pending_command_that_cannot_be_seen),
        cmocka_unit_test(h2_an_error_that_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
