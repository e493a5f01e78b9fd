/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans, worked out by hand from the protocol rules. */
#include "support.h"

#define F407 "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"
#define LOADER "@Internal Flash   /0x08000000/02*016Ka,02*016Kg,01*064Kg,07*128Kg"

struct fixture {
    struct dfu_memmap *map;
    struct dfu_image *image;
    struct dfu_plan *plan;
    struct dfu_target target;
    struct dfu_plan_options options;
    struct dfu_error *err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    DFU_INIT(&f->target);
    DFU_INIT(&f->options);
    f->target.transfer_size = 2048;
    f->target.attributes = DFU_CAN_DOWNLOAD | DFU_CAN_UPLOAD;
    assert_dfu_ok(dfu_memmap_new(&f->map, &f->err), f->err);
    assert_dfu_ok(dfu_image_new(&f->image, &f->err), f->err);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    dfu_plan_free(f->plan);
    dfu_image_free(f->image);
    dfu_memmap_free(f->map);
    free(f);
    return 0;
}

static void alt(struct fixture *f, uint32_t number, const char *layout)
{
    assert_dfu_ok(dfu_memmap_add(f->map, number, layout, &f->err), f->err);
}

static void data(struct fixture *f, uint64_t address, size_t length)
{
    uint8_t *bytes = malloc(length);
    memset(bytes, 0xA5, length);
    assert_dfu_ok(dfu_image_add(f->image, DFU_ALT_ANY, address, bytes, length, DFU_OVERLAP_ERROR, &f->err), f->err);
    free(bytes);
}

static int plan_write(struct fixture *f)
{
    return dfu_plan_write(f->map, &f->target, f->image, &f->options, &f->plan, &f->err);
}

/* "E 08000000+4000" and so on, one step a word, so that a whole plan is one string. */
static const char *steps(const struct fixture *f)
{
    static char text[4096];
    size_t used = 0;
    struct dfu_step s = {.size = sizeof s};
    text[0] = '\0';
    for (size_t i = 0; dfu_plan_step(f->plan, i, &s) == DFU_OK; i++) {
        static const char letters[] = "?EMPQWVRBL";
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%c%u:%08llx+%x", i > 0 ? " " : "", letters[s.kind],
                                 s.kind == DFU_STEP_WRITE || s.kind == DFU_STEP_VERIFY ? s.block : s.alt,
                                 (unsigned long long)s.address, s.length);
        assert_true(used < sizeof text);
    }
    return text;
}

static int has_note(const struct fixture *f, const char *text)
{
    for (size_t i = 0; i < dfu_plan_note_count(f->plan); i++) {
        if (strstr(dfu_plan_note(f->plan, i, NULL), text) != NULL)
            return 1;
    }
    return 0;
}

static void aligned_image(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 5000);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    /* One sector, one pointer, a probe, two full blocks, a tail of 904 bytes rounded up to 32. */
    assert_string_equal(steps(f), "E0:08000000+4000 P0:08000000+13a0 Q0:08000000+800 W2:08000000+800 W3:08000800+800 "
                                  "W4:08001000+3a0");
}

static void verify_and_leave(void **state)
{
    struct fixture *f = *state;
    struct dfu_plan_summary sum = {.size = sizeof sum};
    alt(f, 0, F407);
    data(f, 0x08004000, 100);
    f->options.flags = DFU_PLAN_LEAVE;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:08004000+4000 P0:08004000+80 Q0:08004000+80 W2:08004000+80 P0:08004000+64 "
                                  "V2:08004000+64 L0:08004000+0");
    assert_int_equal(dfu_plan_summarize(f->plan, &sum), DFU_OK);
    assert_int_equal(sum.image_bytes, 100);
    assert_int_equal(sum.write_bytes, 128);
    assert_int_equal(sum.verify_bytes, 100);
    assert_int_equal(sum.erase_sectors, 1);
    assert_int_equal(sum.verifies, 1);
    assert_int_equal(sum.leaves, 1);
    assert_int_equal(sum.leave_address, 0x08004000);
}

static void sectors_of_all_sizes(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x0800FFF0, 0x10020); /* the last byte of a 16 K sector to the first of a 128 K one */
    f->options.flags = DFU_PLAN_NO_VERIFY;
    f->target.transfer_size = 32768;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:0800c000+4000 E0:08010000+10000 E0:08020000+20000 P0:0800ffe0+10040 "
                                  "Q0:0800ffe0+8000 W2:0800ffe0+8000 W3:08017fe0+8000 W4:0801ffe0+40");
    assert_true(has_note(f, "0x0800C000..0x08010000 is covered in part"));
    assert_true(has_note(f, "its other 131056 bytes"));
}

static void small_gap_is_filled_large_gap_starts_a_run(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 64);
    data(f, 0x08000400, 64);
    data(f, 0x08002000, 64);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:08000000+4000 P0:08000000+440 Q0:08000000+440 W2:08000000+440 P0:08002000+40 "
                                  "W2:08002000+40");
}

static void a_gap_over_sectors_that_stay_is_not_filled(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@Flash/0x08000000/64*128Bg");
    data(f, 0x08000000, 32);
    data(f, 0x08000100, 32); /* the sector between is not touched */
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:08000000+80 E0:08000100+80 P0:08000000+20 Q0:08000000+20 W2:08000000+20 "
                                  "P0:08000100+20 W2:08000100+20");
}

static void odd_sectors_bound_the_rounding(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@Flash/0xF000/4*100Bg");
    data(f, 0xF000 + 100, 100); /* sector 1 exactly: 0xF064..0xF0C8 */
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:0000f064+64 P0:0000f064+64 Q0:0000f064+64 W2:0000f064+64");
}

static void other_block_size_points_each_block(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 2048);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    f->target.block_size = 1024;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:08000000+4000 P0:08000000+400 Q0:08000000+400 W2:08000000+400 P0:08000400+400 "
                                  "W2:08000400+400");
}

static void block_numbers_do_not_wrap(void **state)
{
    struct fixture *f = *state;
    struct dfu_step s = {.size = sizeof s};
    size_t points = 0;
    size_t i;
    alt(f, 0, "@External Flash/0x90000000/64*064Kg");
    data(f, 0x90000000, 70000 * 32);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    f->target.transfer_size = 32;
    assert_dfu_ok(plan_write(f), f->err);
    for (i = 0; dfu_plan_step(f->plan, i, &s) == DFU_OK; i++) {
        assert_true(s.block <= 65535);
        if (s.kind == DFU_STEP_POINT && ++points == 2)
            assert_int_equal(s.address, 0x90000000 + 65534u * 32);
    }
    assert_int_equal(points, 2);
}

static void ram_is_merged_to_words(void **state)
{
    struct fixture *f = *state;
    struct dfu_step s = {.size = sizeof s};
    alt(f, 0, "@SRAM/0x20000000/01*252Ke");
    data(f, 0x20000101, 5);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "P0:20000100+8 W2:20000100+8");
    assert_int_equal(dfu_plan_step(f->plan, 1, &s), DFU_OK);
    assert_int_equal(s.flags, DFU_STEP_MERGE);
}

static void refusals(void **state)
{
    static const struct {
        const char *layout;
        uint64_t address;
        size_t length;
        uint32_t flags;
        int code;
        const char *text;
    } cases[] = {
        {F407, 0x080FFFFF, 2, 0, DFU_ERR_RANGE, "0x08100000..0x08100001: 1 byte outside every region"},
        {F407, 0x080FFFFF, 2, 0, DFU_ERR_RANGE, "Internal Flash ends at 0x08100000"},
        {F407, 0x07FFFFFF, 2, 0, DFU_ERR_RANGE, "--exclude 0x07FFFFFF..0x08000000"},
        {LOADER, 0x08007FFF, 2, 0, DFU_ERR_RANGE, "0x08007FFF..0x08008000 (Internal Flash): it is read-only"},
        {LOADER, 0x08007FFF, 2, 0, DFU_ERR_RANGE, "--force readonly"},
        {"@Option Bytes  /0x1FFFC000/01*016 g", 0x1FFFC000, 4, DFU_PLAN_FORCE_READONLY, DFU_ERR_RANGE, "option bytes"},
        {"@OTP Memory /0x1FFF7800/01*512 e", 0x1FFF7800, 4, 0, DFU_ERR_RANGE, "one-time programmable"},
        {"@Internal Flash", 0x08000000, 4, 0, DFU_ERR_RANGE, "tells of no memory"},
        {"@Internal Flash /0x08000000/2*016", 0x08000000, 4, 0, DFU_ERR_RANGE, "unknown type"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dfu_memmap_free(f->map);
        dfu_image_free(f->image);
        assert_dfu_ok(dfu_memmap_new(&f->map, &f->err), f->err);
        assert_dfu_ok(dfu_image_new(&f->image, &f->err), f->err);
        (void)dfu_memmap_add(f->map, 0, cases[i].layout, NULL);
        data(f, cases[i].address, cases[i].length);
        f->options.flags = cases[i].flags;
        assert_dfu_error(plan_write(f), f->err, cases[i].code, cases[i].text);
        assert_null(f->plan);
    }
}

static void force_lifts_one_check(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, LOADER);
    data(f, 0x08004000, 32);
    f->options.flags = DFU_PLAN_NO_VERIFY | DFU_PLAN_FORCE_OUTSIDE | DFU_PLAN_FORCE_ERASE;
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_RANGE, "read-only");
    f->options.flags = DFU_PLAN_NO_VERIFY | DFU_PLAN_FORCE_READONLY;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:08004000+4000 P0:08004000+20 Q0:08004000+20 W2:08004000+20");
}

static void outside_can_be_forced(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x20001000, 32);
    f->options.flags = DFU_PLAN_NO_VERIFY | DFU_PLAN_FORCE_OUTSIDE;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "P0:20001000+20 W2:20001000+20");
}

static void alt_by_address(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    alt(f, 1, "@External Flash   /0x90000000/256*64Kg");
    data(f, 0x08000000, 32);
    data(f, 0x90000000, 32);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    /* Both memories are probed: each has its own erased value. */
    assert_string_equal(steps(f), "E0:08000000+4000 E1:90000000+10000 P0:08000000+20 Q0:08000000+20 W2:08000000+20 "
                                  "P1:90000000+20 Q1:90000000+20 W2:90000000+20");
}

static void alts_that_disagree(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@One/0x08000000/4*1Kg");
    alt(f, 1, "@Two/0x08000000/4*2Kg");
    data(f, 0x08000000, 32);
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_AMBIGUOUS, "--alt");
    f->options.flags = DFU_PLAN_ALT_SET | DFU_PLAN_NO_VERIFY;
    f->options.alt = 1;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E1:08000000+800 P1:08000000+20 Q1:08000000+20 W2:08000000+20");
}

static void identical_alts_are_one(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@Internal Flash  /0x08000000/128*002Kg");
    alt(f, 1, "@Internal Flash  /0x08000000/128*002Kg");
    data(f, 0x08000000, 32);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E0:08000000+800 P0:08000000+20 Q0:08000000+20 W2:08000000+20");
}

static void unverifiable(void **state)
{
    struct fixture *f = *state;
    int kind = 0;
    alt(f, 0, "@Flash/0x08000000/4*1Kf"); /* f: erase and write, no read */
    data(f, 0x08000000, 32);
    assert_dfu_ok(plan_write(f), f->err);
    struct dfu_plan_summary sum = {.size = sizeof sum};
    assert_int_equal(dfu_plan_summarize(f->plan, &sum), DFU_OK);
    assert_int_equal(sum.verifies, 0);
    size_t notes = dfu_plan_note_count(f->plan);
    assert_true(notes > 0);
    assert_non_null(strstr(dfu_plan_note(f->plan, notes - 1, &kind), "write-only"));
    assert_int_equal(kind, DFU_NOTE_NO_VERIFY);
    dfu_plan_free(f->plan);
    f->plan = NULL;
    f->options.flags = DFU_PLAN_REQUIRE_VERIFY;
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_MISMATCH, "write-only");
    f->target.attributes = DFU_CAN_DOWNLOAD;
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_MISMATCH, "bitCanUpload");
}

static void erase_plans(void **state)
{
    static const struct dfu_range two[] = {{0x08010000, 0x08010001}, {0x08003FFF, 0x08004001}};
    struct fixture *f = *state;
    alt(f, 0, LOADER);
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_error(dfu_plan_erase(f->map, &f->target, two, 2, &f->options, &f->plan, &f->err), f->err, DFU_ERR_RANGE,
                     "read-only");
    assert_dfu_ok(dfu_plan_erase(f->map, &f->target, two, 1, &f->options, &f->plan, &f->err), f->err);
    assert_string_equal(steps(f), "E0:08010000+10000");
    dfu_plan_free(f->plan);
    assert_dfu_ok(dfu_plan_erase(f->map, &f->target, NULL, 0, &f->options, &f->plan, &f->err), f->err);
    struct dfu_plan_summary sum = {.size = sizeof sum};
    assert_int_equal(dfu_plan_summarize(f->plan, &sum), DFU_OK);
    assert_int_equal(sum.erase_sectors, 10);
}

static void ranges_in_one_sector_erase_it_once(void **state)
{
    static const struct dfu_range two[] = {{0x08000100, 0x08000101}, {0x08000000, 0x08000001}};
    struct fixture *f = *state;
    alt(f, 0, F407);
    assert_dfu_ok(dfu_plan_erase(f->map, &f->target, two, 2, &f->options, &f->plan, &f->err), f->err);
    assert_string_equal(steps(f), "E0:08000000+4000 P0:08000000+800 B0:08000000+800");
}

static void read_plans(void **state)
{
    static const struct dfu_range tail = {0x080FFC00, 0x08100000};
    static const struct dfu_range past = {0x080FFC00, 0x08100001};
    struct fixture *f = *state;
    struct dfu_plan_summary sum = {.size = sizeof sum};
    alt(f, 0, F407);
    alt(f, 1, "@Option Bytes  /0x1FFFC000/01*016 e");
    alt(f, 2, "@SRAM/0x20000000/01*252Ke");
    assert_dfu_error(dfu_plan_read(f->map, &f->target, &past, 1, NULL, &f->plan, &f->err), f->err, DFU_ERR_RANGE,
                     "outside");
    assert_dfu_ok(dfu_plan_read(f->map, &f->target, &tail, 1, NULL, &f->plan, &f->err), f->err);
    assert_string_equal(steps(f), "P0:080ffc00+400 R0:080ffc00+400");
    dfu_plan_free(f->plan);
    /* Everything: flash, neither option bytes nor RAM. */
    assert_dfu_ok(dfu_plan_read(f->map, &f->target, NULL, 0, NULL, &f->plan, &f->err), f->err);
    assert_int_equal(dfu_plan_summarize(f->plan, &sum), DFU_OK);
    assert_int_equal(sum.read_bytes, 1024 * 1024);
}

static void strict_makes_warnings_errors(void **state)
{
    struct fixture *f = *state;
    int kind = 0;
    alt(f, 0, F407);
    data(f, 0x08000000, 64); /* 0xA5A5A5A5 is no stack pointer */
    assert_dfu_ok(plan_write(f), f->err);
    assert_non_null(strstr(dfu_plan_note(f->plan, 0, &kind), "stack pointer 0xA5A5A5A5"));
    assert_int_equal(kind, DFU_NOTE_WARNING);
    dfu_plan_free(f->plan);
    f->plan = NULL;
    f->options.flags = DFU_PLAN_STRICT;
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_RANGE, "stack pointer");
}

static void bad_arguments(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_RANGE, "empty");
    data(f, 0x08000000, 4);
    f->target.transfer_size = 0;
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_ARGUMENT, "transfer size of 0");
    f->target.transfer_size = 2048;
    f->target.attributes = DFU_CAN_UPLOAD;
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_UNSUPPORTED, "bitCanDnload");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(aligned_image),
        TEST(verify_and_leave),
        TEST(sectors_of_all_sizes),
        TEST(small_gap_is_filled_large_gap_starts_a_run),
        TEST(a_gap_over_sectors_that_stay_is_not_filled),
        TEST(odd_sectors_bound_the_rounding),
        TEST(other_block_size_points_each_block),
        TEST(block_numbers_do_not_wrap),
        TEST(ram_is_merged_to_words),
        TEST(refusals),
        TEST(force_lifts_one_check),
        TEST(outside_can_be_forced),
        TEST(alt_by_address),
        TEST(alts_that_disagree),
        TEST(identical_alts_are_one),
        TEST(unverifiable),
        TEST(erase_plans),
        TEST(ranges_in_one_sector_erase_it_once),
        TEST(read_plans),
        TEST(strict_makes_warnings_errors),
        TEST(bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
