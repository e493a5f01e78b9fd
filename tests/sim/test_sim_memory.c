/* SPDX-License-Identifier: BSD-2-Clause */
/* What flash does to what is written into it: NOR, inverted NOR, words with ECC, EEPROM, OTP. */
#include "usb.h"

enum { FLASH = 0x08000000 };

static void load(struct usb *u, uint32_t address, const void *data, size_t length)
{
    struct dfu_error *err = NULL;
    int rc = dfu_sim_load(u->sim, 0, address, data, length, &err);
    assert_dfu_ok(rc, err);
}

static void start(struct usb *u, const char *profile)
{
    usb_new(u, profile, NULL);
    if (usb_getstate(u) == DFU_STATE_ERROR)
        (void)usb_clrstatus(u);
}

static void write_at(struct usb *u, uint32_t address, const void *data, size_t length)
{
    assert_status(usb_set_address(u, address), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(u, 2, data, length), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
}

/* F4: programming only clears bits. */
static void nor_clears_bits(void **state)
{
    (void)state;
    struct usb u;
    start(&u, "stm32f407");
    write_at(&u, FLASH, "\x0F\xF0\x55\xAA", 4);
    assert_int_equal(usb_counters(&u).write_unerased, 0);
    write_at(&u, FLASH, "\xFC\xCF\x33\x0F", 4);
    assert_memory_equal(usb_memory(&u, FLASH), "\x0C\xC0\x11\x0A", 4);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    assert_status(usb_erase(&u, FLASH + 100), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    write_at(&u, FLASH, "\xFC\xCF\x33\x0F", 4);
    assert_memory_equal(usb_memory(&u, FLASH), "\xFC\xCF\x33\x0F", 4);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    usb_free(&u);
}

/* Half a word leaves the other half alone; that is another word already. */
static void parts_of_words(void **state)
{
    (void)state;
    struct usb u;
    start(&u, "stm32f407");
    write_at(&u, FLASH, "ab", 2);
    write_at(&u, FLASH + 2, "cdef", 4);
    assert_memory_equal(usb_memory(&u, FLASH), "abcdef\xFF\xFF", 8);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    usb_free(&u);
}

/* L1: erased is 0x00 and programming sets bits. */
static void inverted_nor_sets_bits(void **state)
{
    (void)state;
    struct usb u;
    start(&u, "stm32l152");
    assert_memory_equal(usb_memory(&u, FLASH), "\0\0\0", 4);
    write_at(&u, FLASH, "\x0F\xF0\x55\xAA", 4);
    write_at(&u, FLASH, "\x11\x11\x11\x11", 4);
    assert_memory_equal(usb_memory(&u, FLASH), "\x1F\xF1\x55\xBB", 4);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    assert_status(usb_erase(&u, FLASH + 255), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, FLASH), "\0\0\0", 4);
    usb_free(&u);
}

/* L4, G0, G4: a double word that is not erased stays as it is, except that it can be cleared. */
static void double_words_are_programmed_once(void **state)
{
    (void)state;
    static const char *const profiles[] = {"stm32l476", "stm32g0b1", "stm32g474"};
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        struct usb u;
        start(&u, profiles[i]);
        write_at(&u, FLASH, "abcd", 4);
        write_at(&u, FLASH + 4, "efgh", 4);
        const uint8_t once[8] = {'a', 'b', 'c', 'd', 0xFF, 0xFF, 0xFF, 0xFF};
        assert_memory_equal(usb_memory(&u, FLASH), once, 8);
        assert_int_equal(usb_counters(&u).write_unerased, 1);
        write_at(&u, FLASH, "\0\0\0\0\0\0\0", 8);
        assert_memory_equal(usb_memory(&u, FLASH), "\0\0\0\0\0\0\0", 8);
        assert_int_equal(usb_counters(&u).write_unerased, 2);
        usb_free(&u);
    }
}

/* Words count as programmed although they hold the erased value: their ECC is written all the same. */
static void blank_words_are_programmed_too(void **state)
{
    (void)state;
    struct usb u;
    uint8_t blank[8];
    memset(blank, 0xFF, sizeof blank);
    start(&u, "stm32g474");
    write_at(&u, FLASH, blank, 8);
    write_at(&u, FLASH, "abcdefgh", 8);
    assert_memory_equal(usb_memory(&u, FLASH), blank, 8);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    usb_free(&u);
}

/* H7: 32 bytes at a time; a second time breaks the ECC. */
static void h7_words_have_32_bytes(void **state)
{
    (void)state;
    struct usb u;
    uint8_t word[32];
    start(&u, "stm32h743");
    memset(word, 0xA5, sizeof word);
    write_at(&u, FLASH, word, 16);
    assert_memory_equal(usb_memory(&u, FLASH), word, 16);
    assert_int_equal(usb_counters(&u).write_unerased, 0);
    write_at(&u, FLASH + 16, word, 16);
    assert_memory_not_equal(usb_memory(&u, FLASH), word, 32);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    write_at(&u, FLASH + 32, word, 32);
    assert_memory_equal(usb_memory(&u, FLASH + 32), word, 32);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    usb_free(&u);
}

/* A block over n flash words that are not erased counts n. */
static void violations_are_counted_by_flash_word(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[1024];
    memset(data, 0x5A, sizeof data);
    start(&u, "stm32h743");
    load(&u, FLASH, data, 1024);
    write_at(&u, FLASH, data, 1024);
    assert_int_equal(usb_counters(&u).write_unerased, 32);
    usb_free(&u);
    start(&u, "stm32f072");
    load(&u, FLASH + 2, "\x01", 1);
    write_at(&u, FLASH, data, 8);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    /* Half words on the F0; the one that was not erased is refused. */
    assert_memory_equal(usb_memory(&u, FLASH), "\x5A\x5A\x01\xFF\x5A\x5A\x5A\x5A", 8);
    usb_free(&u);
}

static void eeprom_is_simply_written(void **state)
{
    (void)state;
    struct usb u;
    start(&u, "stm32l152");
    write_at(&u, 0x08080000, "abcd", 4);
    write_at(&u, 0x08080000, "\x01\x02\x03\x04", 4);
    assert_memory_equal(usb_memory(&u, 0x08080000), "\x01\x02\x03\x04", 4);
    assert_int_equal(usb_counters(&u).write_unerased, 0);
    usb_free(&u);
}

static void otp_never_comes_back(void **state)
{
    (void)state;
    struct usb u;
    start(&u, "stm32f407");
    write_at(&u, 0x1FFF7800, "\x0F\x0F\x0F\x0F", 4);
    assert_status(usb_erase(&u, 0x1FFF7800), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    (void)usb_clrstatus(&u);
    write_at(&u, 0x1FFF7800, "\xF1\xF1\xF1\xF1", 4);
    assert_memory_equal(usb_memory(&u, 0x1FFF7800), "\x01\x01\x01\x01", 4);
    usb_free(&u);
}

/* Sectors of different sizes, by hand: 16 K at 0x0800C000 ends where 64 K begins, which ends at 0x08020000. */
static void sector_edges(void **state)
{
    (void)state;
    struct usb u;
    static const uint32_t at[] = {0x0800BFFF, 0x0800C000, 0x0800FFFF, 0x08010000, 0x0801FFFF, 0x08020000};
    start(&u, "stm32f407");
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        load(&u, at[i], "\x00", 1);
    assert_status(usb_erase(&u, 0x0801FFFF), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    static const uint8_t expected[] = {0x00, 0x00, 0x00, 0xFF, 0xFF, 0x00};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        assert_int_equal(*usb_memory(&u, at[i]), expected[i]);
    usb_free(&u);
}

/* Random contents: reproducible, different for each board and seed, and counted as programmed. */
static void random_contents(void **state)
{
    (void)state;
    struct dfu_sim_options options;
    DFU_INIT(&options);
    options.flags = DFU_SIM_INIT_RANDOM;
    options.seed = 7;
    options.count = 2;
    struct usb a;
    struct usb b;
    usb_new(&a, "stm32g474", &options);
    usb_new(&b, "stm32g474", &options);
    assert_memory_equal(usb_memory(&a, FLASH), usb_memory(&b, FLASH), 0x80000);
    const uint8_t *first = usb_memory(&a, FLASH);
    a.board = 1;
    assert_memory_not_equal(first, usb_memory(&a, FLASH), 64);
    a.board = 0;
    size_t blank = 0;
    for (size_t i = 0; i < 0x80000; i++)
        blank += first[i] == 0xFF;
    assert_in_range(blank, 1, 0x80000 / 64);
    write_at(&a, FLASH + 2048, "abcdefgh", 8);
    assert_int_equal(usb_counters(&a).write_unerased, 1);
    assert_memory_equal(usb_memory(&a, 0x1FFF7800), "\xAA\xF8", 2); /* RM0440: 0xFFEFF8AA */
    usb_free(&b);
    options.seed = 8;
    usb_new(&b, "stm32g474", &options);
    assert_memory_not_equal(first, usb_memory(&b, FLASH), 64);
    usb_free(&b);
    usb_free(&a);
}

/* load: like a debug probe; what differs from erased counts as programmed, what does not counts as erased. */
static void loading(void **state)
{
    (void)state;
    struct usb u;
    uint8_t blank[2048];
    memset(blank, 0xFF, sizeof blank);
    struct dfu_sim_memory m;
    DFU_INIT(&m);
    start(&u, "stm32g474");
    write_at(&u, FLASH, "abcdefgh", 8);
    assert_int_equal(dfu_sim_get_memory(u.sim, 0, 0, &m), DFU_OK);
    assert_int_equal(m.changed, 1);
    assert_int_equal(m.erased, 0xFF);
    assert_int_equal(m.start, FLASH);
    assert_int_equal(m.length, 0x80000);
    load(&u, FLASH, blank, sizeof blank);
    load(&u, FLASH + 16, "z", 1);
    assert_int_equal(dfu_sim_get_memory(u.sim, 0, 0, &m), DFU_OK);
    assert_int_equal(m.changed, 0);
    write_at(&u, FLASH, "ABCDEFGH", 8);
    assert_memory_equal(m.data, "ABCDEFGH", 8);
    assert_int_equal(usb_counters(&u).write_unerased, 0);
    write_at(&u, FLASH + 16, "ABCDEFGH", 8);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    struct dfu_error *err = NULL;
    int rc = dfu_sim_load(u.sim, 0, FLASH + 0x80000 - 1, "ab", 2, &err);
    assert_dfu_error(rc, err, DFU_ERR_RANGE, "0x0807FFFF");
    rc = dfu_sim_load(u.sim, 1, FLASH, "ab", 2, &err);
    assert_dfu_error(rc, err, DFU_ERR_RANGE, "board 1 of 1");
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nor_clears_bits),
        cmocka_unit_test(parts_of_words),
        cmocka_unit_test(inverted_nor_sets_bits),
        cmocka_unit_test(double_words_are_programmed_once),
        cmocka_unit_test(blank_words_are_programmed_too),
        cmocka_unit_test(h7_words_have_32_bytes),
        cmocka_unit_test(violations_are_counted_by_flash_word),
        cmocka_unit_test(eeprom_is_simply_written),
        cmocka_unit_test(otp_never_comes_back),
        cmocka_unit_test(sector_edges),
        cmocka_unit_test(random_contents),
        cmocka_unit_test(loading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
