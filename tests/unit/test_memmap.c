/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include "map/map.h"

#define F4 "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"
#define F4_OPTIONS "@Option Bytes  /0x1FFFC000/01*016 e"
#define F4_OTP "@OTP Memory /0x1FFF7800/01*512 e,01*016 e"

static struct dfu_memmap *new_map(void)
{
    struct dfu_memmap *map = NULL;
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfu_memmap_new(&map, &err), err);
    return map;
}

static void add(struct dfu_memmap *map, uint32_t alt, const char *text)
{
    struct dfu_error *err = NULL;
    assert_dfu_ok(dfu_memmap_add(map, alt, text, &err), err);
}

static struct dfu_memmap *map_of(const char *text)
{
    struct dfu_memmap *map = new_map();
    add(map, 0, text);
    return map;
}

static void assert_found(const struct dfu_memmap *map, uint32_t alt, uint64_t address, size_t index)
{
    struct dfu_error *err = NULL;
    size_t found = 99;
    assert_dfu_ok(dfu_memmap_find(map, alt, address, &found, &err), err);
    assert_int_equal(found, index);
}

static void assert_not_found(const struct dfu_memmap *map, uint32_t alt, uint64_t address, int code, const char *text)
{
    struct dfu_error *err = NULL;
    size_t found = 99;
    assert_dfu_error(dfu_memmap_find(map, alt, address, &found, &err), err, code, text);
    assert_int_equal(found, 99);
}

static void a_refusal_names_text_and_position(const char *text, const char *message)
{
    struct dfu_memmap *map = new_map();
    struct dfu_error *err = NULL;
    assert_int_equal(dfu_memmap_add(map, 3, text, &err), DFU_ERR_FORMAT);
    assert_string_equal(dfu_error_message(err), message);
    dfu_error_free(err);
    assert_int_equal(dfu_memmap_alt_kind(map, 3), DFU_ALT_BROKEN);
    dfu_memmap_free(map);
}

static void refusals(void **state)
{
    (void)state;
    a_refusal_names_text_and_position("@F/0x100/1*1Kg,2*16",
                                      "alt 3: character 16: missing or unknown type letter in \"2*16\"");
    a_refusal_names_text_and_position("@F/0x100/1*1Kg,,", "alt 3: character 16: bad sector group \"\"");
    a_refusal_names_text_and_position("@F/0x100/", "alt 3: character 4: no sector list after 0x00000100");
    a_refusal_names_text_and_position("@F/0x100", "alt 3: character 4: no sector list after 0x00000100");
    a_refusal_names_text_and_position("@F/0x/1*1Kg", "alt 3: character 4: bad address \"0x\"");
    a_refusal_names_text_and_position("@A/B/ 8000/1*1Kg", "alt 3: character 6: bad address \" 8000\"");
    a_refusal_names_text_and_position("@F/0x100/1*1Kg/200/1*1Kg", "alt 3: character 16: bad address \"200\"");
    a_refusal_names_text_and_position("@F/0x100 200/1*1Kg", "alt 3: character 4: bad address \"0x100 200\"");
    /* the euro sign is three bytes, but one character */
    a_refusal_names_text_and_position("@\xE2\x82\xAC/0x100/x", "alt 3: character 10: bad sector group \"x\"");
    a_refusal_names_text_and_position("@F/0xFFFFFFFF/2*1g",
                                      "alt 3: character 15: sector group \"2*1g\" at 0xFFFFFFFF runs past 4 GiB");
    a_refusal_names_text_and_position("@F/0x0/1*4096Mg",
                                      "alt 3: character 8: sector group \"1*4096Mg\" has sectors of 4 GiB or more");
    /* a device's rubbish must not break the line nor fill the screen */
    a_refusal_names_text_and_position("@F/0x100/q\n", "alt 3: character 10: bad sector group \"q\"");
    a_refusal_names_text_and_position(
        "@F/0x100/qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
        "alt 3: character 10: bad sector group \"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq...\"");
}

static void ends_at_4_gib(void **state)
{
    (void)state;
    struct dfu_region r;
    struct dfu_memmap *map = map_of("@F/0x00000000/2*2048Mg");
    DFU_INIT(&r);
    assert_int_equal(dfu_memmap_region(map, 0, &r), DFU_OK);
    assert_int_equal(r.end, UINT64_C(0x100000000));
    assert_found(map, DFU_ALT_ANY, 0xFFFFFFFF, 0);
    assert_not_found(map, DFU_ALT_ANY, UINT64_C(0x100000000), DFU_ERR_RANGE, "0x100000000");
    assert_int_equal(dfui_sector_of(&r, 0xFFFFFFFF).start, 0x80000000);
    assert_int_equal(dfui_sector_of(&r, 0xFFFFFFFF).end, UINT64_C(0x100000000));
    dfu_memmap_free(map);
}

static void names_and_kinds_of_alts(void **state)
{
    (void)state;
    struct dfu_region r;
    struct dfu_memmap *map = new_map();
    add(map, 0, "@A\tb\x1B[31m  /0x0/1*1g");
    add(map, 1, "@");
    add(map, 2, "");
    add(map, 4, "@A/B/C");
    DFU_INIT(&r);
    assert_int_equal(dfu_memmap_region(map, 0, &r), DFU_OK);
    assert_string_equal(r.name, "A?b?[31m");
    assert_string_equal(dfu_memmap_alt_name(map, 0), "@A\tb\x1B[31m  /0x0/1*1g");
    assert_int_equal(dfu_memmap_alt_kind(map, 0), DFU_ALT_LAYOUT);
    assert_int_equal(dfu_memmap_alt_kind(map, 1), DFU_ALT_NAME_ONLY);
    assert_int_equal(dfu_memmap_alt_kind(map, 2), DFU_ALT_PLAIN);
    assert_int_equal(dfu_memmap_alt_kind(map, 3), DFU_ALT_ABSENT);
    assert_int_equal(dfu_memmap_alt_kind(map, 4), DFU_ALT_NAME_ONLY);
    assert_int_equal(dfu_memmap_alt_kind(map, 256), DFU_ALT_ABSENT);
    assert_null(dfu_memmap_alt_name(map, 3));
    assert_int_equal(dfu_memmap_region(map, 1, &r), DFU_ERR_RANGE);
    dfu_memmap_free(map);
}

static void wrong_arguments(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_memmap *map = map_of(F4);
    assert_dfu_error(dfu_memmap_add(map, 0, "@x", &err), err, DFU_ERR_ARGUMENT, "alt 0 was added before");
    assert_dfu_error(dfu_memmap_add(map, 256, "@x", &err), err, DFU_ERR_ARGUMENT, "alt 256 is above 255");
    assert_dfu_error(dfu_memmap_add(map, 1, NULL, &err), err, DFU_ERR_ARGUMENT, "alt 1");
    assert_int_equal(dfu_memmap_count(map), 3);
    add(map, 255, "@x");
    dfu_memmap_free(map);
    dfu_memmap_free(NULL);
    assert_int_equal(dfu_memmap_count(NULL), 0);
}

static void find_is_half_open(void **state)
{
    (void)state;
    struct dfu_memmap *map = new_map();
    add(map, 0, F4);
    add(map, 1, F4_OPTIONS);
    add(map, 2, F4_OTP);
    assert_found(map, DFU_ALT_ANY, 0x08000000, 0);
    assert_found(map, DFU_ALT_ANY, 0x0800FFFF, 0);
    assert_found(map, DFU_ALT_ANY, 0x08010000, 1);
    assert_found(map, DFU_ALT_ANY, 0x0801FFFF, 1);
    assert_found(map, DFU_ALT_ANY, 0x08020000, 2);
    assert_found(map, DFU_ALT_ANY, 0x080FFFFF, 2);
    assert_found(map, 1, 0x1FFFC00F, 3);
    assert_found(map, DFU_ALT_ANY, 0x1FFF7A00, 5);
    assert_not_found(map, DFU_ALT_ANY, 0x07FFFFFF, DFU_ERR_RANGE,
                     "address 0x07FFFFFF is in no region of the memory map; nearest: after it "
                     "0x08000000..0x08010000 (alt 0, Internal Flash)");
    assert_not_found(map, DFU_ALT_ANY, 0x08100000, DFU_ERR_RANGE,
                     "nearest: before it 0x08020000..0x08100000 (alt 0, Internal Flash), after it "
                     "0x1FFF7800..0x1FFF7A00 (alt 2, OTP Memory)");
    assert_not_found(map, DFU_ALT_ANY, 0x1FFFC010, DFU_ERR_RANGE,
                     "before it 0x1FFFC000..0x1FFFC010 (alt 1, Option Bytes)");
    assert_not_found(map, 1, 0x08000000, DFU_ERR_RANGE, "is in no region of alt 1; nearest: after it 0x1FFFC000");
    assert_not_found(map, 9, 0x08000000, DFU_ERR_RANGE, "alt 9 has no regions");
    dfu_memmap_free(map);
}

static void the_error_carries_the_address(void **state)
{
    (void)state;
    struct dfu_memmap *map = map_of(F4);
    struct dfu_error *err = NULL;
    struct dfu_error_info info;
    size_t index;
    assert_int_equal(dfu_memmap_find(map, DFU_ALT_ANY, 0x20000000, &index, &err), DFU_ERR_RANGE);
    DFU_INIT(&info);
    assert_int_equal(dfu_error_describe(err, &info), DFU_OK);
    assert_int_equal(info.flags, DFU_ERROR_HAS_ADDRESS);
    assert_int_equal(info.address, 0x20000000);
    dfu_error_free(err);
    dfu_memmap_free(map);
}

/* STM32G0B1: every alt says the same. */
static void identical_strings_count_once(void **state)
{
    (void)state;
    uint32_t lowest = 77;
    struct dfu_memmap *map = new_map();
    add(map, 2, "@Internal Flash   /0x08000000/256*02Kg");
    add(map, 5, "@Internal Flash   /0x08000000/256*02Kg");
    assert_false(dfui_map_duplicate(map, 2, &lowest));
    assert_true(dfui_map_duplicate(map, 5, &lowest));
    assert_int_equal(lowest, 2);
    add(map, 1, "@Internal Flash   /0x08000000/256*02Kg"); /* lower ones may come later */
    assert_true(dfui_map_duplicate(map, 2, &lowest));
    assert_int_equal(lowest, 1);
    assert_true(dfui_map_duplicate(map, 5, &lowest));
    assert_int_equal(lowest, 1);
    assert_false(dfui_map_duplicate(map, 1, &lowest));
    assert_false(dfui_map_duplicate(map, 200, &lowest));
    assert_false(dfui_map_duplicate(map, 4000, &lowest));
    assert_found(map, DFU_ALT_ANY, 0x08000000, 0);
    assert_found(map, 5, 0x08000000, 2);
    dfu_memmap_free(map);
}

static void different_strings_are_ambiguous(void **state)
{
    (void)state;
    struct dfu_memmap *map = new_map();
    add(map, 0, "@Main /0x08000000/4*16Kg");
    add(map, 1, "@Config /0x0800C000/2*16Kg");
    assert_found(map, DFU_ALT_ANY, 0x0800BFFF, 0);
    assert_not_found(map, DFU_ALT_ANY, 0x0800C000, DFU_ERR_AMBIGUOUS,
                     "address 0x0800C000 is in alt 0 (Main) and in alt 1 (Config)");
    assert_not_found(map, DFU_ALT_ANY, 0x0800FFFF, DFU_ERR_AMBIGUOUS, "choose one with --alt 0 or --alt 1");
    assert_found(map, DFU_ALT_ANY, 0x08010000, 1);
    assert_found(map, 1, 0x0800C000, 1);
    assert_found(map, 0, 0x0800C000, 0);
    dfu_memmap_free(map);
}

/* The example of UM0424: 0xF000 lies in the first and in the second group. */
static void regions_of_one_alt_may_overlap(void **state)
{
    (void)state;
    struct dfu_memmap *map = map_of("@Flash2 /0xF000/4*100Ba/0xE000/3*8Kg/0x80000/2*24Kg");
    assert_found(map, DFU_ALT_ANY, 0xF000, 0);
    assert_found(map, DFU_ALT_ANY, 0xF18F, 0);
    assert_found(map, DFU_ALT_ANY, 0xF190, 1);
    assert_found(map, DFU_ALT_ANY, 0x8BFFF, 2);
    dfu_memmap_free(map);
}

static void empty_regions_hold_nothing(void **state)
{
    (void)state;
    struct dfu_memmap *map = map_of("@DSO /0x08004000/00*002Ka,120*002Kg/0x100/3*0g");
    size_t before;
    size_t after;
    assert_int_equal(dfu_memmap_count(map), 3);
    assert_found(map, DFU_ALT_ANY, 0x08004000, 1);
    assert_not_found(map, DFU_ALT_ANY, 0x100, DFU_ERR_RANGE, "nearest: after it 0x08004000");
    dfui_map_neighbours(map, DFU_ALT_ANY, 0x07000000, &before, &after);
    assert_true(before == DFUI_NO_REGION);
    assert_int_equal(after, 1);
    assert_int_equal(dfui_sector_of(dfui_map_region(map, 2), 0x100).start, 0x100);
    assert_int_equal(dfui_sector_of(dfui_map_region(map, 2), 0x100).end, 0x100);
    assert_string_equal(dfu_memmap_note(map, 0), "alt 0: character 43: sectors of zero bytes \"3*0g\"");
    dfu_memmap_free(map);
}

static void regions_are_in_the_order_of_alts(void **state)
{
    (void)state;
    struct dfu_memmap *map = new_map();
    add(map, 9, F4_OTP);
    add(map, 0, F4);
    add(map, 4, F4_OPTIONS);
    static const uint32_t alts[] = {0, 0, 0, 4, 9, 9};
    static const uint64_t starts[] = {0x08000000, 0x08010000, 0x08020000, 0x1FFFC000, 0x1FFF7800, 0x1FFF7A00};
    assert_int_equal(dfu_memmap_count(map), 6);
    for (size_t i = 0; i < 6; i++) {
        struct dfu_region r;
        DFU_INIT(&r);
        assert_int_equal(dfu_memmap_region(map, i, &r), DFU_OK);
        assert_int_equal(r.alt, alts[i]);
        assert_int_equal(r.start, starts[i]);
    }
    dfu_memmap_free(map);
}

/* Sectors begin at start + n * size: 3 KiB sectors on an odd base, and one of 297 bytes. */
static void sectors_are_counted_not_masked(void **state)
{
    (void)state;
    struct dfu_memmap *map = map_of("@Odd /0x0800ABCD/4*3Kg/0x5200201C/01*297 e");
    const struct dfu_region *r = dfui_map_region(map, 0);
    assert_int_equal(r->end, 0x0800DBCD);
    assert_int_equal(dfui_sector_of(r, 0x0800ABCD).start, 0x0800ABCD);
    assert_int_equal(dfui_sector_of(r, 0x0800B7CC).start, 0x0800ABCD);
    assert_int_equal(dfui_sector_of(r, 0x0800B7CC).end, 0x0800B7CD);
    assert_int_equal(dfui_sector_of(r, 0x0800B7CD).start, 0x0800B7CD);
    assert_int_equal(dfui_sector_index(r, 0x0800B7CD), 1);
    assert_int_equal(dfui_sector_index(r, 0x0800DBCC), 3);
    assert_int_equal(dfui_sector_at(r, 3).end, 0x0800DBCD);
    assert_int_equal(dfui_sector_at(r, 4).start, dfui_sector_at(r, 4).end);
    assert_int_equal(dfui_sector_of(r, 0x0800DBCD).end, dfui_sector_of(r, 0x0800DBCD).start);
    assert_int_equal(dfui_sector_of(r, 0x0800ABCC).end, dfui_sector_of(r, 0x0800ABCC).start);
    r = dfui_map_region(map, 1);
    assert_int_equal(dfui_sector_of(r, 0x52002144).start, 0x5200201C);
    assert_int_equal(dfui_sector_of(r, 0x52002144).end, 0x52002145);
    dfu_memmap_free(map);
}

static void memory_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t start;
        enum dfu_memory_kind kind;
    } cases[] = {
        {"Internal Flash", 0x08000000, DFU_MEMORY_NORMAL},
        {"Option Bytes", 0x1FFFC000, DFU_MEMORY_OPTION_BYTES},
        {"Option byte", 0x08000000, DFU_MEMORY_OPTION_BYTES},
        {"OPTION BITS", 0x52002000, DFU_MEMORY_OPTION_BYTES},
        {"OptionBytes", 0, DFU_MEMORY_OPTION_BYTES},
        {" User options", 0, DFU_MEMORY_OPTION_BYTES},
        {"Flash (optional)", 0, DFU_MEMORY_NORMAL},
        {"Adoption", 0, DFU_MEMORY_NORMAL},
        {"OTP Memory", 0x08FFF000, DFU_MEMORY_OTP}, /* H7A3 */
        {"otp", 0xF2, DFU_MEMORY_OTP},
        {"My OTP", 0, DFU_MEMORY_OTP},
        {"OTPower", 0, DFU_MEMORY_NORMAL},
        {"Device Feature", 0xFFFF0000, DFU_MEMORY_DEVICE_FEATURE},
        {"device feature x", 0, DFU_MEMORY_DEVICE_FEATURE},
        {"Device", 0, DFU_MEMORY_NORMAL},
        {"System", 0x1FF00000, DFU_MEMORY_OPTION_BYTES},
        {"System", 0x1FFFFFFF, DFU_MEMORY_OPTION_BYTES},
        {"", 0x1FEFFFFF, DFU_MEMORY_NORMAL},
        {"SRAM", 0x20000000, DFU_MEMORY_NORMAL},
        {"X", 0x40022040, DFU_MEMORY_OPTION_BYTES}, /* U5 */
        {"X", 0x40030000, DFU_MEMORY_NORMAL},
        {"X", 0x5200201C, DFU_MEMORY_OPTION_BYTES}, /* H7 */
        {"X", 0x52010000, DFU_MEMORY_NORMAL},
        {"QSPI Flash", 0x90000000, DFU_MEMORY_NORMAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (dfui_memory_kind(cases[i].name, cases[i].start) != cases[i].kind)
            fail_msg("\"%s\" at 0x%llX", cases[i].name, (unsigned long long)cases[i].start);
    }
    struct dfu_memmap *map = map_of(F4_OTP);
    assert_int_equal(dfui_map_region(map, 0)->kind, DFU_MEMORY_OTP);
    dfu_memmap_free(map);
}

static void odd_spellings_are_noted(void **state)
{
    (void)state;
    struct dfu_memmap *map = map_of("@F/0x100/4*1kg,4*1KG,1*2bg,1*3b\xE2\x82\xAC@");
    static const char *const notes[] = {
        "alt 0: character 13: multiplier in lower case \"k\"",
        "alt 0: character 20: type letter in upper case \"G\"",
        "alt 0: character 25: multiplier in lower case \"b\"",
        "alt 0: character 32: ignored what follows the sector list: \"\?\?\?@\"",
    };
    assert_int_equal(dfu_memmap_note_count(map), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(dfu_memmap_note(map, i), notes[i]);
    assert_null(dfu_memmap_note(map, 4));
    /* "1*3b" has no multiplier: b is its type, erase only. */
    assert_int_equal(dfui_map_region(map, 3)->access, DFU_ACCESS_ERASE);
    assert_int_equal(dfui_map_region(map, 2)->access, 7);
    dfu_memmap_free(map);

    map = map_of(F4);
    assert_int_equal(dfu_memmap_note_count(map), 0);
    add(map, 1, "@A/0x0/1*1g@B");
    assert_string_equal(dfu_memmap_note(map, 0), "alt 1: character 12: name without a layout \"@B\"");
    dfu_memmap_free(map);
}

/* head, then tail as often as fits in size bytes. */
static char *repeat(const char *head, const char *tail, size_t size)
{
    char *text = malloc(size + 1);
    size_t used = strlen(head);
    assert_non_null(text);
    memcpy(text, head, used);
    for (; used + strlen(tail) <= size; used += strlen(tail))
        memcpy(text + used, tail, strlen(tail));
    text[used] = '\0';
    return text;
}

static void limits(void **state)
{
    (void)state;
    struct dfu_error *err = NULL;
    struct dfu_memmap *map = new_map();
    char *text = repeat("@F/0x0/0*1g", ",0*1g", 65535); /* 13105 regions */
    assert_dfu_error(dfu_memmap_add(map, 0, text, &err), err, DFU_ERR_NO_MEMORY, "more than 4096 regions");
    free(text);
    assert_int_equal(dfu_memmap_count(map), 0);
    assert_int_equal(dfu_memmap_alt_kind(map, 0), DFU_ALT_ABSENT);

    text = repeat("@F/0x0/0*1g", ",0*1g", 11 + 4095 * 5);
    add(map, 0, text);
    free(text);
    assert_int_equal(dfu_memmap_count(map), 4096);
    assert_dfu_error(dfu_memmap_add(map, 1, "@F/0x0/1*1g", &err), err, DFU_ERR_NO_MEMORY, "more than 4096 regions");
    dfu_memmap_free(map);

    map = new_map();
    text = repeat("@", "x", 65536);
    assert_dfu_error(dfu_memmap_add(map, 0, text, &err), err, DFU_ERR_NO_MEMORY, "65536 bytes");
    text[65535] = '\0';
    add(map, 0, text);
    free(text);
    text = repeat("@F/0x0/0*1kg", ",0*1kg", 12 + 400 * 6);
    add(map, 1, text);
    free(text);
    assert_int_equal(dfu_memmap_count(map), 401);
    assert_int_equal(dfu_memmap_note_count(map), 256);
    dfu_memmap_free(map);
}

static void an_older_caller_gets_a_shorter_region(void **state)
{
    (void)state;
    struct dfu_memmap *map = map_of(F4);
    struct dfu_region r;
    memset(&r, 0x55, sizeof r);
    r.size = offsetof(struct dfu_region, alt);
    assert_int_equal(dfu_memmap_region(map, 0, &r), DFU_OK);
    assert_int_equal(r.end, 0x08010000);
    assert_int_equal(r.alt, 0x55555555);
    dfu_memmap_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),
        cmocka_unit_test(ends_at_4_gib),
        cmocka_unit_test(names_and_kinds_of_alts),
        cmocka_unit_test(wrong_arguments),
        cmocka_unit_test(find_is_half_open),
        cmocka_unit_test(the_error_carries_the_address),
        cmocka_unit_test(identical_strings_count_once),
        cmocka_unit_test(different_strings_are_ambiguous),
        cmocka_unit_test(regions_of_one_alt_may_overlap),
        cmocka_unit_test(empty_regions_hold_nothing),
        cmocka_unit_test(regions_are_in_the_order_of_alts),
        cmocka_unit_test(sectors_are_counted_not_masked),
        cmocka_unit_test(memory_kinds),
        cmocka_unit_test(odd_spellings_are_noted),
        cmocka_unit_test(limits),
        cmocka_unit_test(an_older_caller_gets_a_shorter_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
