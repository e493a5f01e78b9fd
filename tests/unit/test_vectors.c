/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector table, and the guess at the address a program was linked for. */
#include "support.h"

#define SIZE 0x4000u

static struct dfu_error *err;

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* A program for linked_at: a table, functions that begin with push {r4, lr} in places of no pattern, and
 * pointers to them. */
static void make_program(uint8_t *bytes, uint32_t linked_at, unsigned functions)
{
    uint64_t seed = 7;
    memset(bytes, 0xBF, SIZE);
    put32(bytes, 0x20005000);
    put32(bytes + 4, linked_at + 0x801);
    for (unsigned i = 0; i < functions; i++) {
        uint32_t offset = 0x800 + i * 64 + (uint32_t)(test_random(&seed) % 30) * 2;
        bytes[offset] = 0x10;
        bytes[offset + 1] = 0xB5;
        put32(bytes + 0x3000 + 4 * i, linked_at + offset + 1);
    }
}

static struct dfu_vectors look(const uint8_t *bytes, size_t length, uint64_t address, uint64_t base)
{
    struct dfu_image *image;
    struct dfu_vectors v;
    DFU_INIT(&v);
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, address, bytes, length, 0, &err), err);
    assert_int_equal(dfu_image_vectors(image, base, &v), DFU_OK);
    dfu_image_free(image);
    return v;
}

#define WELL (DFU_VECTORS_PRESENT | DFU_VECTORS_SP_OK | DFU_VECTORS_RESET_ODD | DFU_VECTORS_RESET_INSIDE)

static void table_is_read(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0};
    put32(bytes, 0x20005000);
    put32(bytes + 4, 0x08000009);
    struct dfu_vectors v = look(bytes, sizeof bytes, 0x08000000, 0x08000000);
    assert_int_equal(v.flags, WELL);
    assert_int_equal(v.base, 0x08000000);
    assert_int_equal(v.initial_sp, 0x20005000);
    assert_int_equal(v.reset, 0x08000009);
    assert_int_equal(look(bytes, sizeof bytes, 0x08000000, 0x08000004).flags, DFU_VECTORS_PRESENT);
    assert_int_equal(look(bytes, 7, 0x08000000, 0x08000000).flags, 0);
    assert_int_equal(look(bytes, sizeof bytes, 0x08000000, 0x09000000).flags, 0);
    assert_int_equal(look(bytes, sizeof bytes, 0x08000000, UINT64_MAX).flags, 0);
    put32(bytes + 4, 0x08000010);
    assert_int_equal(look(bytes, sizeof bytes, 0x08000000, 0x08000000).flags, DFU_VECTORS_PRESENT | DFU_VECTORS_SP_OK);
    put32(bytes + 4, 0xFFFFFFFF);
    assert_int_equal(look(bytes, sizeof bytes, 0xFFFFFFF0, 0xFFFFFFF0).flags, WELL);
}

static void stack_ranges(void **state)
{
    (void)state;
    static const struct {
        uint32_t sp;
        int good;
    } cases[] = {
        {0x10000000, 1}, {0x1000FFFF, 1}, {0x10010000, 0}, {0x0FFFFFFF, 0}, {0x20000000, 1},
        {0x3FFFFFFF, 1}, {0x40000000, 0}, {0x1FFFFFFF, 0}, {0, 0},          {0xFFFFFFFF, 0},
    };
    uint8_t bytes[8] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put32(bytes, cases[i].sp);
        struct dfu_vectors v = look(bytes, sizeof bytes, 0, 0);
        assert_int_equal((v.flags & DFU_VECTORS_SP_OK) != 0, cases[i].good);
    }
}

static void wrong_base_is_told(void **state)
{
    (void)state;
    static uint8_t bytes[SIZE];
    make_program(bytes, 0x08008000, 40);
    struct dfu_vectors v = look(bytes, SIZE, 0x08006000, 0x08006000); /* reset lies inside all the same */
    assert_int_equal(v.flags, WELL | DFU_VECTORS_LINKED_SET);
    assert_int_equal(v.linked_at, 0x08008000);
    v = look(bytes, SIZE, 0x08000000, 0x08000000);
    assert_int_equal(v.linked_at, 0x08008000);
    v = look(bytes, SIZE, 0x08008000, 0x08008000);
    assert_int_equal(v.flags, WELL);
    assert_int_equal(v.linked_at, 0);
}

static void small_programs_give_no_guess(void **state)
{
    (void)state;
    static uint8_t bytes[SIZE];
    make_program(bytes, 0x08008000, 8);
    assert_int_equal(look(bytes, SIZE, 0x08000000, 0x08000000).flags & DFU_VECTORS_LINKED_SET, 0);
}

/* Flash shows up at address 0, too, where some programs are linked. */
static void alias_of_flash_is_no_mistake(void **state)
{
    (void)state;
    static uint8_t bytes[SIZE];
    make_program(bytes, 0, 40);
    assert_int_equal(look(bytes, SIZE, 0x08000000, 0x08000000).flags & DFU_VECTORS_LINKED_SET, 0);
    make_program(bytes, 0x00200000, 40);
    assert_int_equal(look(bytes, SIZE, 0x08000000, 0x08000000).flags & DFU_VECTORS_LINKED_SET, 0);
    make_program(bytes, 0x4000, 40);
    assert_int_equal(look(bytes, SIZE, 0x08000000, 0x08000000).linked_at, 0x4000);
}

static void random_data_gives_no_guess(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 18];
    uint64_t seed = 99;
    for (unsigned round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(test_random(&seed) >> 32);
        put32(bytes, 0x20005000);
        put32(bytes + 4, 0x08000001 + (uint32_t)(test_random(&seed) % sizeof bytes) / 2 * 2);
        assert_int_equal(look(bytes, sizeof bytes, 0x08000000, 0x08000000).flags & DFU_VECTORS_LINKED_SET, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_read),
        cmocka_unit_test(stack_ranges),
        cmocka_unit_test(wrong_base_is_told),
        cmocka_unit_test(small_programs_give_no_guess),
        cmocka_unit_test(alias_of_flash_is_no_mistake),
        cmocka_unit_test(random_data_gives_no_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
