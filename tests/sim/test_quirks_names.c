/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows C and D of the quirk table: names, maps, descriptors and identities that mislead, as devices show them. The
 * strings themselves are tests/unit's matter (test_layouts.c, test_memmap.c, test_utf16.c). */
#include "bench.h"

static struct dfu_list *list_of(struct bench *b, const char *profile)
{
    bench_new(b, profile, 0, 1);
    return bench_list(b);
}

static struct dfu_device_info info_of(const struct dfu_list *list)
{
    struct dfu_device_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_device_describe(dfu_list_at(list, 0), &info), DFU_OK);
    return info;
}

static void assert_region(const struct dfu_memmap *map, size_t index, uint64_t start, uint64_t end, uint32_t sector,
                          const char *name)
{
    struct dfu_region r;
    DFU_INIT(&r);
    assert_int_equal(dfu_memmap_region(map, index, &r), DFU_OK);
    assert_int_equal(r.start, start);
    assert_int_equal(r.end, end);
    assert_int_equal(r.sector_size, sector);
    assert_string_equal(r.name, name);
}

static int plan_write(struct bench *b, uint64_t address, size_t length, uint32_t flags, struct dfu_plan **plan)
{
    struct dfu_target target;
    struct dfu_plan_options o;
    struct dfu_image *image = bench_image(address, length, 8);
    DFU_INIT(&target);
    DFU_INIT(&o);
    o.flags = flags;
    dfu_session_target(b->session, &target);
    int rc = dfu_plan_write(dfu_session_memmap(b->session), &target, image, &o, plan, &b->err);
    dfu_plan_free(*plan);
    *plan = NULL;
    dfu_image_free(image);
    return rc;
}

static void write_and_check(struct bench *b, uint64_t memory, uint64_t address, size_t length, uint32_t flags)
{
    struct dfu_plan_options o;
    struct dfu_segment s;
    struct dfu_result result;
    DFU_INIT(&o);
    DFU_INIT(&s);
    DFU_INIT(&result);
    o.flags = flags;
    struct dfu_image *image = bench_image(address, length, 8);
    assert_dfu_ok(dfu_session_write(b->session, image, &o, NULL, &result, &b->err), b->err);
    assert_int_equal(result.verified, 1);
    uint8_t *found = bench_memory(b, memory, NULL);
    assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
    assert_memory_equal(found + (address < memory ? address : address - memory), s.data, length);
    free(found);
    dfu_image_free(image);
}

/* No string can be read in the first 700 ms, that of the last alt never: it must not stand in the way of the others. */
static void c2_names_that_cannot_be_read(void **state)
{
    struct bench b;
    const char *name;
    uint32_t alt;
    (void)state;
    struct dfu_list *list = list_of(&b, "portenta");
    struct dfu_device_info info = info_of(list);
    assert_string_equal(info.serial, "206437A55653");
    assert_string_equal(info.product, "Portenta H7 DFU");
    assert_int_equal(dfu_device_alt(dfu_list_at(list, 0), 0, &alt, &name), DFU_OK);
    assert_string_equal(name, "@Internal Flash  2MB   /0x08000000/01*128Ka,15*128Kg");
    assert_int_equal(dfu_device_alt(dfu_list_at(list, 0), 3, &alt, &name), DFU_OK);
    assert_null(name);
    assert_non_null(strstr(b.log, "alt 3: its name cannot be read"));
    dfu_list_free(list);
    bench_open(&b);
    write_and_check(&b, 0x08000000, 0x08040000, 10000, 0);
    bench_free(&b);
}

static void c3_one_name_for_three_alts(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    (void)state;
    bench_new(&b, "stm32g0b1", 0, 1);
    bench_open(&b);
    write_and_check(&b, 0x08000000, 0x08004000, 10000, 0);
    bench_assert_clean(&b);
    assert_dfu_error(plan_write(&b, 0x1FFF7800, 16, 0, &plan), b.err, DFU_ERR_RANGE, "outside every region");
    bench_free(&b);
}

/* 128 characters: bLength is 2, the transfer holds 126 of them; and the same for both alts. */
static void c4_c5_one_long_name(void **state)
{
    struct bench b;
    (void)state;
    struct dfu_list *list = list_of(&b, "st-clone");
    const struct dfu_memmap *map = dfu_device_memmap(dfu_list_at(list, 0));
    assert_int_equal(dfu_memmap_count(map), 8);
    dfu_list_free(list);
    bench_open(&b);
    write_and_check(&b, 0x08000000, 0x08008000, 10000, 0);
    bench_assert_clean(&b);
    bench_free(&b);
}

static void c7_c8_c12_c13_spellings(void **state)
{
    static const struct {
        const char *profile;
        size_t index;
        uint64_t start;
        uint64_t end;
        uint32_t sector;
        const char *name;
    } rows[] = {
        {"stm32f746", 4, 0x1FF07800, 0x1FF07A10, 528, "OTP Memory"},           /* C7: no multiplier, no blank */
        {"at32f415", 0, 0x08000000, 0x08020000, 1024, "Internal Flash"},       /* C8: a blank after the slash */
        {"stm32l152", 0, 0x08000000, 0x08040000, 256, "Internal Flash"},       /* C9: 1024 sectors */
        {"portenta", 3, 0x90000000, 0x91000000, 4096, "Ext RAW  Flash 16MB"},  /* C9, C10: after an empty region */
        {"stm32f429", 4, 0x1FFEC000, 0x1FFEC010, 16, "Option Bytes"},          /* C11: a lower address in one string */
        {"two-names", 2, 0x90000000, 0x90800000, 65536, "External FLASH"},     /* C12: a second name in one string */
        {"apm32f103", 0, 0x08000000, 0x08020000, 1024, "Internal Flash"},      /* C13: seven digits */
        {"um0424", 1, 0xF000, 0xF190, 100, "Flash2"},                          /* C11, C13, C20 */
        {"stm32f072", 0, 0x08000000, 0x08020000, 2048, "Internal Flash"},      /* C14: 064 is not octal */
        {"gd32vf103", 0, 0x08000000, 0x08020000, 1024, "Internal Flash"},      /* C6: it says 512 pages of 2 KiB */
        {"gd32vf103-0100", 0, 0x08000000, 0x08020000, 1024, "Internal Flash"}, /* C6: it says so itself */
        {"stm32f429", 2, 0x08020000, 0x08100000, 131072, "Internal Flash"},    /* C1: rubbish follows */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct dfu_list *list = list_of(&b, rows[i].profile);
        assert_region(dfu_device_memmap(dfu_list_at(list, 0)), rows[i].index, rows[i].start, rows[i].end,
                      rows[i].sector, rows[i].name);
        dfu_list_free(list);
        bench_free(&b);
    }
}

/* Empty regions hold nothing and hinder nobody. */
static void c10_a_region_without_sectors(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    (void)state;
    bench_new(&b, "portenta", 0, 1);
    bench_open(&b);
    assert_dfu_error(plan_write(&b, 0, 16, 0, &plan), b.err, DFU_ERR_RANGE, "outside every region");
    write_and_check(&b, 0x90000000, 0x90010000, 10000, 0);
    bench_free(&b);
}

static void c11_gaps_are_named(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    (void)state;
    bench_new(&b, "um0424", 0, 1);
    bench_open(&b);
    assert_dfu_error(plan_write(&b, 0x13FF0, 0x20, 0, &plan), b.err, DFU_ERR_RANGE, "0x00013FF0..0x00014000");
    bench_free(&b);
}

/* Its one memory says that it cannot be erased. */
static void c15_flash_that_says_it_cannot_be_erased(void **state)
{
    struct bench b;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    int kind = -1;
    (void)state;
    DFU_INIT(&target);
    bench_new(&b, "not-erasable", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08040000, 10000, 8);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_write(dfu_session_memmap(b.session), &target, image, NULL, &plan, &b.err), b.err);
    assert_int_equal(dfu_plan_note_count(plan), 1);
    assert_non_null(strstr(dfu_plan_note(plan, 0, &kind), "--force erase"));
    assert_int_equal(kind, DFU_NOTE_WARNING);
    dfu_plan_free(plan);
    dfu_image_free(image);
    write_and_check(&b, 0x08020000, 0x08040000, 10000, DFU_PLAN_FORCE_ERASE);
    bench_free(&b);
}

static void c16_option_bytes_that_say_they_can_be_erased(void **state)
{
    static const struct {
        const char *profile;
        uint64_t address;
    } rows[] = {{"stm32f105", 0x1FFFF800}, {"at32f415", 0x1FFFF800}, {"gd32vf103", 0x1FFFF800}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct dfu_plan *plan = NULL;
        struct dfu_target target;
        struct dfu_range range = {rows[i].address, rows[i].address + 16};
        DFU_INIT(&target);
        bench_new(&b, rows[i].profile, 0, 1);
        bench_open(&b);
        dfu_session_target(b.session, &target);
        assert_dfu_error(dfu_plan_erase(dfu_session_memmap(b.session), &target, &range, 1, NULL, &plan, &b.err), b.err,
                         DFU_ERR_RANGE, "option bytes");
        assert_dfu_error(plan_write(&b, rows[i].address, 16, DFU_PLAN_FORCE_READONLY | DFU_PLAN_FORCE_ERASE, &plan),
                         b.err, DFU_ERR_RANGE, "option bytes");
        bench_free(&b);
    }
}

static void c20_sectors_of_any_size(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "um0424", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    write_and_check(&b, 0x80000, 0x85FF0, 100, 0); /* across the border of two sectors of 24 KiB */
    assert_int_equal(bench_counters(&b).erase, 2);
    bench_assert_clean(&b);
    bench_free(&b);
}

/* What the descriptor says decides: not the '@', not the ids. */
static void c22_c23_plain_dfu_in_disguise(void **state)
{
    static const char *const profiles[] = {"uno-r4", "sboot"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        struct dfu_target target;
        DFU_INIT(&target);
        struct dfu_list *list = list_of(&b, profiles[i]);
        assert_int_equal(dfu_memmap_count(dfu_device_memmap(dfu_list_at(list, 0))), 0);
        dfu_list_free(list);
        bench_open(&b);
        dfu_session_target(b.session, &target);
        assert_int_equal(target.flags, DFU_TARGET_PLAIN);
        write_and_check(&b, 0x08000000, 0, 5000, 0);
        bench_assert_clean(&b);
        bench_free(&b);
    }
}

static void c24_descriptors_that_mislead(void **state)
{
    static const struct {
        const char *profile;
        uint32_t protocol;
        uint32_t transfer_size;
    } rows[] = {
        {"maple", DFU_PROTOCOL_11, 1024}, {"openmoko", DFU_PROTOCOL_10, 1024}, {"no-descriptor", DFU_PROTOCOL_10, 64}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct dfu_list *list = list_of(&b, rows[i].profile);
        struct dfu_device_info info = info_of(list);
        assert_int_equal(info.protocol, rows[i].protocol);
        assert_int_equal(info.transfer_size, rows[i].transfer_size);
        dfu_list_free(list);
        bench_open(&b);
        if (info.attributes & DFU_MANIFESTATION_TOLERANT) /* without a descriptor nobody knows */
            write_and_check(&b, 0x08000000, 0, 5000, 0);
        bench_free(&b);
    }
}

static void c25_dfu_mode_that_says_run_time(void **state)
{
    struct bench b;
    struct dfu_list *list = list_of(&b, "lpc");
    (void)state;
    assert_int_equal(info_of(list).mode, DFU_MODE_DFU);
    dfu_list_free(list);
    assert_dfu_ok(dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err), b.err);
    write_and_check(&b, 0x08000000, 0, 5000, 0);
    bench_free(&b);
}

static size_t count_of(struct bench *b, const struct dfu_selector *s)
{
    struct dfu_list *list = NULL;
    assert_dfu_ok(dfu_list_new(b->context, s, &list, &b->err), b->err);
    size_t count = dfu_list_count(list);
    dfu_list_free(list);
    return count;
}

/* Two boards with the same serial number: the path tells them apart. */
static void d1_a_serial_number_of_many(void **state)
{
    struct bench b;
    struct dfu_selector s;
    (void)state;
    DFU_INIT(&s);
    bench_new(&b, "at32f415", 0, 2);
    assert_int_equal(count_of(&b, NULL), 2);
    s.path = dfu_sim_path(b.sim, 1);
    assert_int_equal(count_of(&b, &s), 1);
    bench_free(&b);
}

/* The program had ids of another vendor: the ROM is known by its own. */
static void d1_the_rom_behind_a_program(void **state)
{
    struct bench b;
    struct dfu_list *list = list_of(&b, "rom-runtime");
    struct dfu_list *found = NULL;
    (void)state;
    assert_int_equal(info_of(list).vid, 0x1209);
    assert_dfu_ok(dfu_device_detach(b.context, dfu_list_at(list, 0), NULL, &found, &b.err), b.err);
    assert_int_equal(info_of(found).vid, 0x0483);
    dfu_list_free(found);
    dfu_list_free(list);
    bench_free(&b);
}

/* A loader is a loader by its interface, whoever made it. */
static void d3_other_vendors(void **state)
{
    static const char *const profiles[] = {"gd32vf103", "at32f415", "apm32f103", "portenta", "bmp", "particle"};
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        struct bench b;
        struct dfu_list *list = list_of(&b, profiles[i]);
        assert_int_equal(info_of(list).mode, DFU_MODE_DFU);
        assert_int_equal(info_of(list).protocol, DFU_PROTOCOL_DFUSE);
        assert_true(info_of(list).vid != 0x0483);
        assert_true(dfu_memmap_count(dfu_device_memmap(dfu_list_at(list, 0))) > 0);
        dfu_list_free(list);
        bench_free(&b);
    }
}

/* Nothing in the library sends READ UNPROTECT by itself: a protected chip refuses and keeps what it has. */
static void d5_nothing_is_unprotected_unasked(void **state)
{
    struct bench b;
    uint8_t level = 0x55;
    (void)state;
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    assert_dfu_ok(dfu_sim_load(b.sim, 0, 0x1FFFC001, &level, 1, &b.err), b.err);
    uint8_t *before = bench_memory(&b, 0x08000000, NULL);
    bench_open(&b);
    struct dfu_image *image = bench_image(0x08000000, 1000, 8);
    assert_dfu_error(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err, DFU_ERR_PROTECTED,
                     "errVENDOR");
    uint8_t *after = bench_memory(&b, 0x08000000, NULL);
    uint8_t *options = bench_memory(&b, 0x1FFFC000, NULL);
    assert_memory_equal(before, after, 1 << 20);
    assert_int_equal(options[1], level);
    free(options);
    free(after);
    free(before);
    dfu_image_free(image);
    bench_free(&b);
}

/* After the first host only a USB reset brings it back. */
static void d6_a_second_session(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "maple", 0, 1);
    for (int i = 0; i < 2; i++) {
        bench_open(&b);
        write_and_check(&b, 0x08000000, 0, 5000, 0);
        bench_close(&b);
    }
    assert_non_null(strstr(b.log, "resetting"));
    bench_free(&b);
}

static void d7_a_protocol_that_is_not_ours(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "atmel", 0, 1);
    assert_dfu_error(dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err), b.err,
                     DFU_ERR_UNSUPPORTED, "dfu-programmer");
    assert_int_equal(bench_counters(&b).transfers, 0);
    bench_free(&b);
}

/* Address 0 is an address: without SET_ADDRESS the loader would read from where its pointer happens to be. */
static void d9_address_zero(void **state)
{
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    struct dfu_run_options run;
    struct dfu_segment s;
    struct dfu_range range = {0, 256};
    (void)state;
    DFU_INIT(&target);
    DFU_INIT(&run);
    DFU_INIT(&s);
    bench_new(&b, "particle", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(dfu_image_new(&run.into, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_read(dfu_session_memmap(b.session), &target, &range, 1, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, &run, NULL, &b.err), b.err);
    uint8_t *memory = bench_memory(&b, 0, NULL);
    assert_int_equal(dfu_image_segment(run.into, 0, &s), DFU_OK);
    assert_memory_equal(memory, s.data, 256);
    free(memory);
    dfu_plan_free(plan);
    dfu_image_free(run.into);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c2_names_that_cannot_be_read),
        cmocka_unit_test(c3_one_name_for_three_alts),
        cmocka_unit_test(c4_c5_one_long_name),
        cmocka_unit_test(c7_c8_c12_c13_spellings),
        cmocka_unit_test(c10_a_region_without_sectors),
        cmocka_unit_test(c11_gaps_are_named),
        cmocka_unit_test(c15_flash_that_says_it_cannot_be_erased),
        cmocka_unit_test(c16_option_bytes_that_say_they_can_be_erased),
        cmocka_unit_test(c20_sectors_of_any_size),
        cmocka_unit_test(c22_c23_plain_dfu_in_disguise),
        cmocka_unit_test(c24_descriptors_that_mislead),
        cmocka_unit_test(c25_dfu_mode_that_says_run_time),
        cmocka_unit_test(d1_a_serial_number_of_many),
        cmocka_unit_test(d1_the_rom_behind_a_program),
        cmocka_unit_test(d3_other_vendors),
        cmocka_unit_test(d5_nothing_is_unprotected_unasked),
        cmocka_unit_test(d6_a_second_session),
        cmocka_unit_test(d7_a_protocol_that_is_not_ours),
        cmocka_unit_test(d9_address_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
