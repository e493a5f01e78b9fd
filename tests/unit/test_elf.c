/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF: the fixtures against what objcopy makes of them, and headers made by hand for what is refused. */
#include "support.h"

#define HEADER 52u
#define PROGRAM 32u

static struct dfu_error *err;
static char last_note[512];

static void note(const char *text, void *user)
{
    assert_null(user);
    (void)snprintf(last_note, sizeof last_note, "%s", text);
}

static int parse(const void *data, size_t length, struct dfu_image **image)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.note = note;
    last_note[0] = '\0';
    return dfu_image_parse(data, length, "f.elf", &o, image, &err);
}

static void assert_holds(const struct dfu_image *image, uint64_t address, const void *wanted, size_t length)
{
    uint8_t got[64];
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, address, got, length), length);
    assert_memory_equal(got, wanted, length);
}

/* arm-none-eabi-objcopy -O ihex: 16 bytes at 0x08000200, start 0x08000208. */
static void assert_tiny(const char *name)
{
    static const uint8_t objcopy[16] = {0x00, 0x10, 0x00, 0x20, 0x09, 0x02, 0x00, 0x08,
                                        0xFE, 0xE7, 0xC0, 0x46, 'd',  'a',  't',  'a'};
    struct dfu_image *image;
    struct dfu_image_info info;
    assert_dfu_ok(dfu_image_load(test_own_data(name), NULL, &image, &err), err);
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_string_equal(info.format, "elf");
    assert_int_equal(info.segments, 1);
    assert_int_equal(info.bytes, 16);
    assert_int_equal(info.flags, DFU_IMAGE_HAS_START);
    assert_int_equal(info.start, 0x08000208);
    assert_holds(image, 0x08000200, objcopy, 16);
    dfu_image_free(image);
}

static void fixtures(void **state)
{
    (void)state;
    assert_tiny("elf/tiny.elf");
    assert_tiny("elf/paged.elf"); /* the segment at 0x08000000 holds headers and padding that no section covers */
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v & 0xFFFF);
    put16(p + 2, v >> 16);
}

/* An ELF header with room for count program headers behind it. */
static void make_header(uint8_t *file, unsigned count)
{
    memset(file, 0, HEADER + PROGRAM * count);
    memcpy(file, "\177ELF\1\1\1", 7);
    put16(file + 16, 2);
    put16(file + 18, 40);
    put32(file + 28, HEADER);
    put16(file + 42, PROGRAM);
    put16(file + 44, count);
}

static void make_program(uint8_t *file, unsigned index, uint32_t offset, uint32_t virtual, uint32_t physical,
                         uint32_t size)
{
    uint8_t *p = file + HEADER + PROGRAM * index;
    put32(p, 1);
    put32(p + 4, offset);
    put32(p + 8, virtual);
    put32(p + 12, physical);
    put32(p + 16, size);
    put32(p + 20, size + 100);
}

#define TWO (HEADER + 2 * PROGRAM)

static void refuses(const uint8_t *file, size_t length, int code, const char *words)
{
    struct dfu_image *image = NULL;
    assert_dfu_error(parse(file, length, &image), err, code, words);
    assert_null(image);
}

static void physical_addresses(void **state)
{
    (void)state;
    uint8_t file[TWO + 8];
    struct dfu_image *image;
    make_header(file, 2);
    memcpy(file + TWO, "abcdefgh", 8);
    make_program(file, 0, TWO + 4, 0x20000000, 0x08000004, 4);
    make_program(file, 1, TWO, 0x08000000, 0x08000000, 4);
    assert_dfu_ok(parse(file, sizeof file, &image), err);
    assert_holds(image, 0x08000000, "abcdefgh", 8);
    assert_int_equal(dfu_image_count(image), 1);
    dfu_image_free(image);
    make_program(file, 0, TWO + 4, 0x20000000, 0, 4);
    make_program(file, 1, TWO, 0x08000000, 0, 4);
    assert_dfu_ok(parse(file, sizeof file, &image), err);
    assert_holds(image, 0x20000000, "efgh", 4);
    assert_holds(image, 0x08000000, "abcd", 4);
    assert_non_null(strstr(last_note, "f.elf: no segment has a physical address"));
    dfu_image_free(image);
}

static void overlaps(void **state)
{
    (void)state;
    uint8_t file[TWO + 8];
    struct dfu_image *image = NULL;
    struct dfu_image_options o;
    DFU_INIT(&o);
    make_header(file, 2);
    memcpy(file + TWO, "abcdabxd", 8);
    make_program(file, 0, TWO, 0, 0x100, 4);
    make_program(file, 1, TWO + 4, 0, 0x100, 4);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "f.elf: segment 2: 0x78 at 0x00000102 contradicts 0x63 from segment 1");
    o.overlap = DFU_OVERLAP_LAST;
    assert_dfu_ok(dfu_image_parse(file, sizeof file, "f.elf", &o, &image, &err), err);
    assert_holds(image, 0x100, "abxd", 4);
    dfu_image_free(image);
}

static void damage_is_named(void **state)
{
    (void)state;
    uint8_t file[TWO + 8];
    make_header(file, 2);
    make_program(file, 0, TWO, 0, 0x100, 9);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "f.elf: segment 1 (header at offset 52) ends at 125, the file at 124");
    make_program(file, 0, TWO, 0, 0xFFFFFFFC, 8);
    refuses(file, sizeof file, DFU_ERR_RANGE, "f.elf: segment 1: 8 bytes at 0xFFFFFFFC end past 4 GiB");
    put32(file + HEADER + 20, 7);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "segment 1 (header at offset 52): 8 bytes in the file, but 7 in memory");
    make_program(file, 0, TWO, 0, 0x100, 0);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "none of 2 program headers at offset 52 loads any");
    make_program(file, 0, 0, 0, 0x100, 124);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "segment 1 holds the file's own headers");
    put32(file + 32, 120);
    put16(file + 48, 3);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "3 section headers at 120 go past the end of the file");
    put16(file + 44, 3);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "the program headers end at 148, the file at 124");
    put16(file + 44, 0);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "0 program headers: the ELF file is not linked");
    put16(file + 44, 2);
    put16(file + 42, 56);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "2 program headers of 56 bytes");
    refuses(file, 51, DFU_ERR_FORMAT, "the ELF header has 52 bytes, the file 51");
    file[5] = 2;
    refuses(file, sizeof file, DFU_ERR_FORMAT, "a big-endian ELF file");
    file[4] = 2;
    refuses(file, sizeof file, DFU_ERR_FORMAT, "a 64-bit ELF file");
}

/* What is claimed costs nothing: the file ends before. */
static void claims_four_gib(void **state)
{
    (void)state;
    uint8_t file[1024] = {0};
    make_header(file, 2);
    make_program(file, 0, TWO, 0, 0, 0xFFFFFF00);
    put32(file + HEADER + 20, 0xFFFFFFFF);
    refuses(file, sizeof file, DFU_ERR_RANGE, "f.elf: the segments reach to offset 4294967156");
    make_program(file, 0, TWO, 0, 0, 0x10000000);
    refuses(file, sizeof file, DFU_ERR_FORMAT,
            "f.elf: segment 1 (header at offset 52) ends at 268435572, the file at 1024");
    put32(file + 28, 0xFFFFFFF0);
    refuses(file, sizeof file, DFU_ERR_FORMAT, "the program headers end at 4294967344, the file at 1024");
}

static void is_not_written(void **state)
{
    (void)state;
    struct dfu_image *image;
    struct dfu_image_options o;
    DFU_INIT(&o);
    o.format = "elf";
    assert_dfu_ok(dfu_image_load(test_own_data("elf/tiny.elf"), NULL, &image, &err), err);
    assert_dfu_error(dfu_image_save(image, "x.elf", NULL, &err), err, DFU_ERR_ARGUMENT,
                     "x.elf: format elf is only read");
    assert_dfu_error(dfu_image_save(image, "x", &o, &err), err, DFU_ERR_ARGUMENT, "x: format elf is only read");
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures),        cmocka_unit_test(physical_addresses), cmocka_unit_test(overlaps),
        cmocka_unit_test(damage_is_named), cmocka_unit_test(claims_four_gib),    cmocka_unit_test(is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
