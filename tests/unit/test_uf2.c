/* SPDX-License-Identifier: BSD-2-Clause */
/* UF2 files, put together here by the format's description. */
#include "support.h"

#define F4 0x57755A57u
#define H7 0x6DB66082u
#define HAS_FAMILY 0x2000u
#define NOT_MAIN 1u
#define NAME "test_uf2.tmp.uf2"

static struct dfu_error *err;
static char last_note[512];
static uint8_t file[17 * 512];
static size_t used;

static void note(const char *text, void *user)
{
    assert_null(user);
    (void)snprintf(last_note, sizeof last_note, "%s", text);
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static void block(uint32_t flags, uint32_t family, uint32_t address, const char *data, uint32_t number, uint32_t of)
{
    uint8_t *b = file + used;
    memset(b, 0, 512);
    put32(b, 0x0A324655);
    put32(b + 4, 0x9E5D5157);
    put32(b + 8, flags);
    put32(b + 12, address);
    put32(b + 16, (uint32_t)strlen(data));
    put32(b + 20, number);
    put32(b + 24, of);
    put32(b + 28, family);
    memcpy(b + 32, data, strlen(data));
    put32(b + 508, 0x0AB16F30);
    used += 512;
}

static int parse(const char *family, struct dfu_image **image)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.family = family;
    o.note = note;
    last_note[0] = '\0';
    return dfu_image_parse(file, used, "f.uf2", &o, image, &err);
}

static void refuses(const char *family, int code, const char *words)
{
    struct dfu_image *image = NULL;
    assert_dfu_error(parse(family, &image), err, code, words);
    assert_null(image);
}

static struct dfu_image *reads(const char *family, uint64_t address, const char *wanted)
{
    struct dfu_image *image;
    struct dfu_image_info info;
    char got[64];
    size_t n = strlen(wanted);
    assert_dfu_ok(parse(family, &image), err);
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_string_equal(info.format, "uf2");
    assert_int_equal(info.bytes, n);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, address, got, n), n);
    assert_memory_equal(got, wanted, n);
    return image;
}

static void one_family(void **state)
{
    (void)state;
    struct dfu_image_info info;
    DFU_INIT(&info);
    used = 0;
    block(HAS_FAMILY, F4, 0x08000004, "efgh", 1, 2); /* in any order */
    block(HAS_FAMILY, F4, 0x08000000, "abcd", 0, 2);
    struct dfu_image *image = reads(NULL, 0x08000000, "abcdefgh");
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.flags, DFU_IMAGE_HAS_FAMILY);
    assert_int_equal(info.family, F4);
    assert_string_equal(info.family_name, "STM32F4");
    dfu_image_free(image);
    dfu_image_free(reads("stm32f4", 0x08000000, "abcdefgh"));
    dfu_image_free(reads("0x57755a57", 0x08000000, "abcdefgh"));
    refuses("STM32H7", DFU_ERR_FORMAT, "f.uf2: no data for family 0x6DB66082");
    refuses("STM32H7", DFU_ERR_FORMAT, "the file has 0x57755A57 (STM32F4)");
    refuses("STM32X9", DFU_ERR_ARGUMENT, "unknown UF2 family \"STM32X9\"");
    refuses("0x157755a57", DFU_ERR_ARGUMENT, "unknown UF2 family");
}

static void several_families(void **state)
{
    (void)state;
    used = 0;
    block(HAS_FAMILY, F4, 0x08000000, "four", 0, 1);
    block(HAS_FAMILY, H7, 0x08000000, "seven", 0, 1);
    block(HAS_FAMILY, 0x12345678, 0, "x", 0, 1);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: data for 3 families: 0x57755A57 (STM32F4), 0x6DB66082 (STM32H7), 0x12345678");
    refuses(NULL, DFU_ERR_FORMAT, "choose one with --family");
    dfu_image_free(reads("STM32H7", 0x08000000, "seven"));
    assert_non_null(strstr(last_note, "the file holds data for 0x57755A57 (STM32F4), 0x6DB66082"));
    dfu_image_free(reads("0x12345678", 0, "x"));
}

static void no_family(void **state)
{
    (void)state;
    used = 0;
    block(0, 4, 0x100, "old", 0, 1); /* the field is a file size then */
    dfu_image_free(reads(NULL, 0x100, "old"));
    refuses("STM32F4", DFU_ERR_FORMAT, "the file has none");
}

static void not_main_flash(void **state)
{
    (void)state;
    used = 0;
    block(HAS_FAMILY, F4, 0x08000000, "code", 0, 2);
    block(HAS_FAMILY | NOT_MAIN, F4, 0x08000000, "text", 1, 2);
    dfu_image_free(reads(NULL, 0x08000000, "code"));
    assert_string_equal(last_note, "f.uf2: 1 block that is not for the main flash left out");
    /* Numbered apart, before or behind: they count for nothing. */
    used = 0;
    block(HAS_FAMILY | NOT_MAIN, F4, 0, "note", 0, 2);
    block(HAS_FAMILY, F4, 0x08000000, "co", 0, 3);
    block(HAS_FAMILY, F4, 0x08000002, "d", 1, 3);
    block(HAS_FAMILY | NOT_MAIN, F4, 0, "more", 0, 1);
    block(HAS_FAMILY, F4, 0x08000003, "e", 2, 3);
    dfu_image_free(reads(NULL, 0x08000000, "code"));
    assert_string_equal(last_note, "f.uf2: 2 blocks that are not for the main flash left out");
    used -= 512;
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block number 2 is missing");
}

static void damage_is_named(void **state)
{
    (void)state;
    used = 0;
    block(HAS_FAMILY, F4, 0, "a", 0, 3);
    block(HAS_FAMILY, F4, 1, "b", 1, 3);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block number 2 is missing: 2 blocks, but they say that there are 3");
    block(HAS_FAMILY, F4, 2, "c", 1, 3);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block 3 (offset 1024): its number is 1, as is that of block 2");
    put32(file + 1024 + 20, 3);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block 3 (offset 1024): its number is 3, of 3 blocks");
    put32(file + 1024 + 24, 4);
    refuses(NULL, DFU_ERR_FORMAT, "block 3 (offset 1024): one of 4 blocks, but earlier ones say 3");
    put32(file + 1024 + 16, 477);
    put32(file + 1024 + 20, 2);
    put32(file + 1024 + 24, 3);
    refuses(NULL, DFU_ERR_FORMAT, "477 bytes of data, at most 476 fit");
    put32(file + 1024 + 508, 0x0AB16F31);
    refuses(NULL, DFU_ERR_FORMAT, "ends with 0x0AB16F31");
    put32(file + 1024, 0);
    refuses(NULL, DFU_ERR_FORMAT, "begins with 0x00000000 0x9E5D5157");
    used -= 1;
    refuses(NULL, DFU_ERR_FORMAT, "block 3 (offset 1024): 511 bytes, a block has 512");
    used = 0;
    block(HAS_FAMILY, F4, 0, "ab", 0, 2);
    block(HAS_FAMILY, F4, 1, "x", 1, 2);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block 2: 0x78 at 0x00000001 contradicts 0x62 from block 1");
    used = 0;
    block(HAS_FAMILY, F4, 0xFFFFFFFF, "ab", 0, 1);
    refuses(NULL, DFU_ERR_RANGE, "f.uf2: block 1: 2 bytes at 0xFFFFFFFF end past 4 GiB");
    used = 0;
    for (uint32_t i = 0; i < 17; i++) /* more families than anybody means */
        block(HAS_FAMILY, i, 0, "a", 0, 0xFFFFFFFF);
    refuses(NULL, DFU_ERR_FORMAT, "block 17 (offset 8192): more than 16 families in one file");
}

/* Numbers with the right count and the right sum, but wrong: 0 + 3 + 3 + 0 = 0 + 1 + 2 + 3. */
static void numbers_are_complete(void **state)
{
    (void)state;
    used = 0;
    block(HAS_FAMILY, F4, 0, "a", 3, 4);
    block(HAS_FAMILY, F4, 1, "b", 0, 4);
    block(HAS_FAMILY, F4, 2, "c", 3, 4);
    block(HAS_FAMILY, F4, 3, "d", 0, 4);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block 4 (offset 1536): its number is 0, as is that of block 2");
    put32(file + 3 * 512 + 20, 1);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block number 2 is missing: 4 blocks, but they say that there are 4");
    put32(file + 2 * 512 + 20, 2);
    dfu_image_free(reads(NULL, 0, "abcd"));
    block(HAS_FAMILY, F4, 3, "d", 2, 4); /* one more than there should be */
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block 5 (offset 2048): its number is 2, as is that of block 3");
    used = 512; /* the claim of a small file costs nothing */
    put32(file + 20, 0);
    put32(file + 24, 0xFFFFFFFF);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block number 1 is missing: 1 blocks, but they say that there are 4294967295");
}

/* The format's README: the last 24 of the 476 bytes hold an MD5 sum, and tags may stand behind the data. */
static void sums_and_tags_are_no_data(void **state)
{
    (void)state;
    static const uint8_t tags[] = "\x09\xbc\xc7\x9f"
                                  "0.1.2\0\0\0"
                                  "\x14\x9d\x0d\x65"
                                  "ACME Toaster mk3\xff\xff\xff\xff";
    used = 0;
    block(HAS_FAMILY | 0x8000, F4, 0x100, "data", 0, 1);
    memcpy(file + 36, tags, sizeof tags - 1);
    dfu_image_free(reads(NULL, 0x100, "data"));
    used = 0;
    block(HAS_FAMILY | 0x4000, F4, 0x100, "data", 0, 1);
    memset(file + 32 + 452, 0xAA, 24);
    dfu_image_free(reads(NULL, 0x100, "data"));
    put32(file + 16, 452);
    struct dfu_image *image;
    assert_dfu_ok(parse(NULL, &image), err);
    dfu_image_free(image);
    put32(file + 16, 456);
    refuses(NULL, DFU_ERR_FORMAT, "f.uf2: block 1 (offset 0): 456 bytes of data, at most 452 fit");
}

static void writes_pages(void **state)
{
    (void)state;
    struct dfu_image *image;
    struct dfu_image_options o;
    size_t size;
    DFU_INIT(&o);
    o.family = "STM32F4";
    o.note = note;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x080000FE, "abcd", 4, 0, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x080001FF, "e", 1, 0, &err), err);
    assert_dfu_ok(dfu_image_save(image, NAME, &o, &err), err);
    assert_string_equal(last_note, NAME ": 507 bytes of 0x00 fill the pages of 256 bytes that a UF2 file is made of");
    used = 0;
    block(HAS_FAMILY, F4, 0x08000000, "", 0, 2);
    block(HAS_FAMILY, F4, 0x08000100, "", 1, 2);
    put32(file + 16, 256);
    put32(file + 512 + 16, 256);
    memcpy(file + 32 + 0xFE, "ab", 2);
    memcpy(file + 512 + 32, "cd", 2);
    file[512 + 32 + 0xFF] = 'e';
    uint8_t *got = test_slurp(NAME, &size);
    assert_int_equal(size, 1024);
    assert_memory_equal(got, file, 1024);
    free(got);
    o.family = NULL;
    assert_dfu_ok(dfu_image_save(image, NAME, &o, &err), err);
    assert_non_null(strstr(last_note, "no family given"));
    o.family = "F4";
    assert_dfu_error(dfu_image_save(image, NAME, &o, &err), err, DFU_ERR_ARGUMENT, "unknown UF2 family \"F4\"");
    dfu_image_free(image);
    /* what was read keeps its family */
    assert_dfu_ok(parse(NULL, &image), err);
    assert_dfu_ok(dfu_image_save(image, NAME, NULL, &err), err);
    got = test_slurp(NAME, &size);
    assert_int_equal(size, 1024);
    assert_memory_equal(got, file, 1024);
    free(got);
    dfu_image_free(image);
    (void)remove(NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_complete),
        cmocka_unit_test(sums_and_tags_are_no_data),
        cmocka_unit_test(one_family),
        cmocka_unit_test(several_families),
        cmocka_unit_test(no_family),
        cmocka_unit_test(not_main_flash),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(writes_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
