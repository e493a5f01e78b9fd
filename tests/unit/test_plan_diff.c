/* SPDX-License-Identifier: BSD-2-Clause */
/* Surveys, and plans that know what the device holds, worked out by hand. */
#include "support.h"

#define F407 "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"

struct fixture {
    struct dfu_memmap *map;
    struct dfu_image *image;
    struct dfu_image *contents;
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
    f->target.transfer_size = 16384;
    f->target.attributes = DFU_CAN_DOWNLOAD | DFU_CAN_UPLOAD;
    f->target.flags = DFU_TARGET_ERASED_FF;
    f->options.flags = DFU_PLAN_DIFF | DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(dfu_memmap_new(&f->map, &f->err), f->err);
    assert_dfu_ok(dfu_image_new(&f->image, &f->err), f->err);
    assert_dfu_ok(dfu_image_new(&f->contents, &f->err), f->err);
    f->options.contents = f->contents;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    dfu_plan_free(f->plan);
    dfu_image_free(f->image);
    dfu_image_free(f->contents);
    dfu_memmap_free(f->map);
    free(f);
    return 0;
}

static void alt(struct fixture *f, uint32_t number, const char *layout)
{
    assert_dfu_ok(dfu_memmap_add(f->map, number, layout, &f->err), f->err);
}

static void put(struct fixture *f, struct dfu_image *image, uint32_t alt, uint64_t address, size_t length,
                uint8_t value)
{
    uint8_t *bytes = malloc(length);
    memset(bytes, value, length);
    assert_dfu_ok(dfu_image_add(image, alt, address, bytes, length, DFU_OVERLAP_LAST, &f->err), f->err);
    free(bytes);
}

static void data(struct fixture *f, uint64_t address, size_t length)
{
    put(f, f->image, DFU_ALT_ANY, address, length, 0xA5);
}

static void holds(struct fixture *f, uint64_t address, size_t length, uint8_t value)
{
    put(f, f->contents, DFU_ALT_ANY, address, length, value);
}

static int plan_write(struct fixture *f)
{
    dfu_plan_free(f->plan);
    f->plan = NULL;
    return dfu_plan_write(f->map, &f->target, f->image, &f->options, &f->plan, &f->err);
}

static int plan_survey(struct fixture *f)
{
    dfu_plan_free(f->plan);
    f->plan = NULL;
    return dfu_plan_survey(f->map, &f->target, f->image, &f->options, &f->plan, &f->err);
}

/* One word a step: "E08000000+4000"; e and z are erases of sectors that were read as 0xFF and 0x00. */
static const char *steps(const struct fixture *f)
{
    static char text[4096];
    size_t used = 0;
    struct dfu_step s = {.size = sizeof s};
    text[0] = '\0';
    for (size_t i = 0; dfu_plan_step(f->plan, i, &s) == DFU_OK; i++) {
        static const char letters[] = "?EMPQWVRBL";
        char letter = letters[s.kind];
        if (s.kind == DFU_STEP_ERASE && (s.flags & DFU_STEP_READS_FF))
            letter = 'e';
        if (s.kind == DFU_STEP_ERASE && (s.flags & DFU_STEP_READS_00))
            letter = 'z';
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%c%08llx+%x", i > 0 ? " " : "", letter,
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

static struct dfu_plan_summary summary(const struct fixture *f)
{
    struct dfu_plan_summary s = {.size = sizeof s};
    assert_int_equal(dfu_plan_summarize(f->plan, &s), DFU_OK);
    return s;
}

/* The last 16 bytes of a 16 K sector, a 64 K sector, the first 16 bytes of a 128 K one. */
static void surveys_read_whole_sectors_in_one_run(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x0800FFF0, 0x10020);
    f->target.transfer_size = 32768;
    assert_dfu_ok(plan_survey(f), f->err);
    assert_string_equal(steps(f), "P0800c000+34000 R0800c000+8000 R08014000+8000 R0801c000+8000 R08024000+8000 "
                                  "R0802c000+8000 R08034000+8000 R0803c000+4000");
}

static void surveys_to_preserve_read_the_rest(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x0800FFF0, 0x10020);
    f->target.transfer_size = 32768;
    f->options.flags = DFU_PLAN_PRESERVE;
    assert_dfu_ok(plan_survey(f), f->err);
    assert_string_equal(steps(f), "P0800c000+3ff0 R0800c000+3ff0 P08020010+1fff0 R08020010+8000 R08028010+8000 "
                                  "R08030010+8000 R08038010+7ff0");
    f->options.flags = 0;
    assert_dfu_ok(plan_survey(f), f->err);
    assert_string_equal(steps(f), "");
}

static void surveys_read_only_the_image_where_nothing_is_erased(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    alt(f, 1, "@SRAM/0x20000000/01*252Ke");
    alt(f, 2, "@Secret/0x30000000/4*1Kf");
    data(f, 0x08000000, 16);
    data(f, 0x20000100, 256);
    data(f, 0x30000000, 16); /* f: cannot be read */
    assert_dfu_ok(plan_survey(f), f->err);
    assert_string_equal(steps(f), "P08000000+4000 R08000000+4000 P20000100+100 R20000100+100");
    f->options.flags |= DFU_PLAN_PRESERVE;
    assert_dfu_error(plan_survey(f), f->err, DFU_ERR_UNSUPPORTED, "write-only");
}

static void surveys_without_upload(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 16);
    f->target.attributes = DFU_CAN_DOWNLOAD;
    assert_dfu_ok(plan_survey(f), f->err);
    assert_string_equal(steps(f), "");
    f->options.flags = DFU_PLAN_PRESERVE;
    assert_dfu_error(plan_survey(f), f->err, DFU_ERR_UNSUPPORTED, "bitCanUpload");
    f->target.flags = DFU_TARGET_PLAIN;
    assert_dfu_error(plan_survey(f), f->err, DFU_ERR_UNSUPPORTED, "plain DFU");
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_UNSUPPORTED, "plain DFU");
    f->options.flags = DFU_PLAN_DIFF;
    assert_dfu_ok(plan_survey(f), f->err);
    assert_dfu_ok(plan_write(f), f->err);
    assert_true(has_note(f, "as a whole"));
}

static void a_survey_is_refused_as_a_write_would_be(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x080FFFFF, 2);
    assert_dfu_error(plan_survey(f), f->err, DFU_ERR_RANGE, "outside");
}

static void what_is_there_is_left_alone(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 0x8000);
    holds(f, 0x08000000, 0x8000, 0xA5);
    f->options.flags = DFU_PLAN_DIFF | DFU_PLAN_LEAVE;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "L08000000+0");
    assert_true(has_note(f, "holds the image already"));
    struct dfu_plan_summary s = summary(f);
    assert_int_equal(s.unchanged_bytes, 0x8000);
    assert_int_equal(s.unchanged_sectors, 2);
    assert_int_equal(s.image_bytes, 0x8000);
    assert_int_equal(s.verifies, 1);
}

static void one_byte_costs_its_sector(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 0xC000);
    holds(f, 0x08000000, 0xC000, 0xA5);
    holds(f, 0x08007FFF, 1, 0xA4);
    f->options.flags = DFU_PLAN_DIFF;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08004000+4000 P08004000+4000 Q08004000+4000 W08004000+4000 P08004000+4000 "
                                  "V08004000+4000");
    assert_int_equal(summary(f).unchanged_bytes, 0x8000);
    assert_int_equal(summary(f).unchanged_sectors, 2);
    assert_true(has_note(f, "1 of 3 sectors differ, 16384 instead of 49152 bytes to write"));
    /* Without the flag contents do not matter. */
    f->options.flags = DFU_PLAN_NO_VERIFY;
    assert_dfu_ok(plan_write(f), f->err);
    assert_int_equal(summary(f).erase_sectors, 3);
}

static void the_rest_of_a_sector_does_not_matter(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000100, 64);
    holds(f, 0x08000000, 0x4000, 0x11);
    holds(f, 0x08000100, 64, 0xA5);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "");
    assert_false(has_note(f, "in part"));
}

static void what_is_not_known_is_written(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 0x8000);
    holds(f, 0x08000000, 0x7FFF, 0xA5); /* one byte short */
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08004000+4000 P08004000+4000 Q08004000+4000 W08004000+4000");
    f->options.contents = NULL;
    assert_dfu_ok(plan_write(f), f->err);
    assert_int_equal(summary(f).erase_sectors, 2);
    assert_true(has_note(f, "not known: everything is written"));
}

static void a_blank_sector_is_not_erased(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08000000, 0x8000);
    holds(f, 0x08000000, 0x8000, 0xFF);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "e08000000+4000 e08004000+4000 P08000000+8000 Q08000000+4000 W08000000+4000 "
                                  "W08004000+4000");
    assert_int_equal(summary(f).erase_sectors, 0);
    assert_int_equal(summary(f).blank_sectors, 2);
    assert_true(has_note(f, "2 of 2 sectors differ, 2 of them blank already, 32768 bytes to write"));
    /* Not all of it is known, or one byte is not blank. */
    holds(f, 0x08003FFF, 1, 0xFE);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08000000+4000 e08004000+4000 P08000000+8000 Q08000000+4000 W08000000+4000 "
                                  "W08004000+4000");
    /* 0x00 is what protected memory reads as, and no blank flash here. */
    holds(f, 0x08000000, 0x4000, 0x00);
    assert_dfu_ok(plan_write(f), f->err);
    assert_int_equal(summary(f).erase_sectors, 1);
}

/* L0 and L1 erase to 0x00, and 0xFF there is data: the first erase tells. */
static void the_erased_value_is_learnt_first(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@Internal Flash  /0x08000000/1024*256 g");
    f->target.flags = 0;
    f->target.transfer_size = 256;
    data(f, 0x08000000, 0x300);
    holds(f, 0x08000000, 0x100, 0x11);
    holds(f, 0x08000100, 0x100, 0xFF);
    holds(f, 0x08000200, 0x100, 0x00);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08000000+100 P08000000+100 Q08000000+100 e08000100+100 z08000200+100 "
                                  "P08000000+300 W08000000+100 W08000100+100 W08000200+100");
    /* With nothing else to erase, one of them is. */
    holds(f, 0x08000000, 0x100, 0x00);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08000000+100 P08000000+100 Q08000000+100 e08000100+100 z08000200+100 "
                                  "P08000000+300 W08000000+100 W08000100+100 W08000200+100");
}

static void the_last_one_to_learn_from_needs_no_look(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    f->target.flags = 0;
    data(f, 0x08000000, 0x4000);
    holds(f, 0x08000000, 0x4000, 0xFF);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08000000+4000 P08000000+4000 Q08000000+4000 W08000000+4000");
}

static void sectors_between_are_not_bridged(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@Flash/0x08000000/64*128Bg");
    data(f, 0x08000000, 384);
    holds(f, 0x08000000, 384, 0x11);
    holds(f, 0x08000080, 128, 0xA5); /* the middle one is there */
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08000000+80 E08000100+80 P08000000+80 Q08000000+80 W08000000+80 P08000100+80 "
                                  "W08000100+80");
}

static void ram_is_compared_piece_by_piece(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@SRAM/0x20000000/02*001Ke");
    data(f, 0x20000000, 2048);
    holds(f, 0x20000000, 2048, 0xA5);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "");
    holds(f, 0x20000400, 1, 0xFF);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "P20000400+400 W20000400+400");
    assert_int_equal(summary(f).unchanged_bytes, 1024);
    assert_int_equal(summary(f).unchanged_sectors, 0);
}

/* Two memories at the same address, each with contents of its own; and external flash beside internal. */
static void alts_are_kept_apart(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, "@One/0x08000000/4*16Kg");
    alt(f, 1, "@Two/0x08000000/4*16Kg/0x90000000/4*64Kg");
    put(f, f->image, 0, 0x08000000, 32, 0xA5);
    put(f, f->image, 1, 0x08000000, 32, 0xA5);
    put(f, f->image, 1, 0x90000000, 32, 0xA5);
    put(f, f->contents, 0, 0x08000000, 0x4000, 0xA5);
    put(f, f->contents, 1, 0x08000000, 0x4000, 0x11);
    put(f, f->contents, 1, 0x90000000, 0x10000, 0xFF);
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08000000+4000 e90000000+10000 P08000000+20 Q08000000+20 W08000000+20 "
                                  "P90000000+20 Q90000000+20 W90000000+20");
    struct dfu_step s = {.size = sizeof s};
    assert_int_equal(dfu_plan_step(f->plan, 0, &s), DFU_OK);
    assert_int_equal(s.alt, 1);
}

static void preserve_writes_the_rest_back(void **state)
{
    struct fixture *f = *state;
    uint8_t byte = 0;
    alt(f, 0, F407);
    data(f, 0x08004100, 64);
    holds(f, 0x08004000, 0x4000, 0x11);
    f->options.flags = DFU_PLAN_PRESERVE;
    assert_dfu_ok(plan_write(f), f->err);
    assert_string_equal(steps(f), "E08004000+4000 P08004000+4000 Q08004000+4000 W08004000+4000 P08004000+4000 "
                                  "V08004000+4000");
    assert_true(has_note(f, "its other 16320 bytes are kept"));
    assert_int_equal(summary(f).kept_bytes, 16320);
    assert_int_equal(summary(f).image_bytes, 64);
    const struct dfu_image *kept = dfu_plan_kept(f->plan);
    assert_int_equal(dfu_image_count(kept), 2);
    assert_int_equal(dfu_image_read(kept, 0, 0x080040FF, &byte, 1), 1);
    assert_int_equal(byte, 0x11);
    assert_int_equal(dfu_image_read(kept, 0, 0x08004100, &byte, 1), 0);
    /* What is kept is sent, too, which is more than the image has. */
    f->options.flags |= DFU_PLAN_DIFF;
    assert_dfu_ok(plan_write(f), f->err);
    assert_true(has_note(f, "1 of 1 sector differs, 16384 bytes to write"));
    /* A sector that is blank, or that holds the image, has nothing to keep. */
    holds(f, 0x08004000, 0x4000, 0xFF);
    assert_dfu_ok(plan_write(f), f->err);
    assert_null(dfu_plan_kept(f->plan));
    assert_int_equal(summary(f).write_bytes, 64);
}

static void preserve_must_know_everything(void **state)
{
    struct fixture *f = *state;
    alt(f, 0, F407);
    data(f, 0x08004100, 64);
    f->options.flags = DFU_PLAN_PRESERVE;
    holds(f, 0x08004000, 0x3FFF, 0x11); /* one byte short */
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_UNSUPPORTED, "0x08007FFF..0x08008000 cannot be kept");
    f->options.contents = NULL;
    assert_dfu_error(plan_write(f), f->err, DFU_ERR_ARGUMENT, "dfu_plan_survey");
    /* Whole sectors need nothing. */
    data(f, 0x08004000, 0x4000);
    assert_dfu_ok(plan_write(f), f->err);
    assert_null(dfu_plan_kept(f->plan));
}

static void estimates(void **state)
{
    struct fixture *f = *state;
    struct dfu_times t = {.size = sizeof t, .write_us = 30000, .read_us = 1300, .erase_count = 1};
    struct dfu_estimate e = {.size = sizeof e};
    t.erase[0] = (struct dfu_erase_time){16384, 250000};
    alt(f, 0, F407);
    data(f, 0x08000000, 0x8000);
    holds(f, 0x08000000, 0x8000, 0xA5);
    holds(f, 0x08000000, 1, 0x11);
    f->options.flags = DFU_PLAN_DIFF;
    f->options.times = &t;
    assert_dfu_ok(plan_write(f), f->err);
    assert_int_equal(dfu_plan_estimate(f->plan, &t, &e), DFU_OK);
    assert_int_equal(e.erase_us, 250000);
    assert_int_equal(e.write_us, 16 * 30000);
    assert_int_equal(e.verify_us, 16 * 1300);
    assert_int_equal(e.full_us, 2 * 250000 + 32 * (30000 + 1300));
    assert_true(has_note(f, "1 of 2 sectors differ, 16384 instead of 32768 bytes to write: erase 0.3 s + write 0.5 s + "
                            "read back 0.0 s instead of 1.5 s"));
    /* Another size is told in proportion; without any nothing is. */
    t.erase[0] = (struct dfu_erase_time){65536, 800000};
    assert_int_equal(dfu_plan_estimate(f->plan, &t, &e), DFU_OK);
    assert_int_equal(e.erase_us, 200000);
    t.erase_count = 0;
    assert_int_equal(dfu_plan_estimate(f->plan, &t, &e), DFU_ERR_UNSUPPORTED);
    assert_int_equal(dfu_plan_estimate(f->plan, NULL, &e), DFU_ERR_UNSUPPORTED);
    assert_int_equal(dfu_plan_estimate(NULL, &t, &e), DFU_ERR_ARGUMENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(surveys_read_whole_sectors_in_one_run),
        TEST(surveys_to_preserve_read_the_rest),
        TEST(surveys_read_only_the_image_where_nothing_is_erased),
        TEST(surveys_without_upload),
        TEST(a_survey_is_refused_as_a_write_would_be),
        TEST(what_is_there_is_left_alone),
        TEST(one_byte_costs_its_sector),
        TEST(the_rest_of_a_sector_does_not_matter),
        TEST(what_is_not_known_is_written),
        TEST(a_blank_sector_is_not_erased),
        TEST(the_erased_value_is_learnt_first),
        TEST(the_last_one_to_learn_from_needs_no_look),
        TEST(sectors_between_are_not_bridged),
        TEST(ram_is_compared_piece_by_piece),
        TEST(alts_are_kept_apart),
        TEST(preserve_writes_the_rest_back),
        TEST(preserve_must_know_everything),
        TEST(estimates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
