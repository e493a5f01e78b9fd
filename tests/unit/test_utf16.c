/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include "usb/utf16.h"

#define LAYOUT "@Internal Flash  /0x08000000/04*016Kg"

struct raw {
    uint8_t bytes[1024];
    size_t length;
};

static void put_unit(struct raw *raw, unsigned unit)
{
    raw->bytes[raw->length++] = (uint8_t)unit;
    raw->bytes[raw->length++] = (uint8_t)(unit >> 8);
}

static void put_text(struct raw *raw, const char *text)
{
    for (; *text != '\0'; text++)
        put_unit(raw, (unsigned char)*text);
}

/* A descriptor of ASCII text with a right bLength. */
static struct raw raw_of(const char *text)
{
    struct raw raw = {{0, 3}, 2};
    put_text(&raw, text);
    raw.bytes[0] = (uint8_t)raw.length;
    return raw;
}

static void assert_decodes(const struct raw *raw, unsigned flags, const char *text)
{
    char out[DFUI_STRING_SIZE];
    /* An exact copy, so that a sanitizer sees one byte too many. */
    uint8_t *exact = malloc(raw->length);
    assert_non_null(exact);
    memcpy(exact, raw->bytes, raw->length);
    int n = dfui_string_decode(exact, raw->length, flags, out, sizeof out);
    free(exact);
    assert_string_equal(out, text);
    assert_int_equal(n, strlen(text));
}

static void plain_text(void **state)
{
    (void)state;
    struct raw raw = raw_of("STM32  BOOTLOADER");
    assert_decodes(&raw, 0, "STM32  BOOTLOADER");
    raw = raw_of("");
    assert_decodes(&raw, 0, "");
}

static void characters_of_every_length(void **state)
{
    (void)state;
    struct raw raw = raw_of("a");
    put_unit(&raw, 0x00E9);
    put_unit(&raw, 0x07FF);
    put_unit(&raw, 0x0800);
    put_unit(&raw, 0x20AC);
    put_unit(&raw, 0xFFFF);
    put_unit(&raw, 0xD83D); /* U+1F600 */
    put_unit(&raw, 0xDE00);
    put_unit(&raw, 0xDBFF); /* U+10FFFF */
    put_unit(&raw, 0xDFFF);
    raw.bytes[0] = (uint8_t)raw.length;
    assert_decodes(&raw, 0, "a\xC3\xA9\xDF\xBF\xE0\xA0\x80\xE2\x82\xAC\xEF\xBF\xBF\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF");
}

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

static void what_cannot_be_shown_is_replaced(void **state)
{
    (void)state;
    static const unsigned units[] = {0xD800, 'a', 0xDC00, 'b', 0xD800, 0xD800, 0xDC00, 0x1B, 0x7F, 0x9F, 0xA0, 0xDBFF};
    struct raw raw = raw_of("");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        put_unit(&raw, units[i]);
    raw.bytes[0] = (uint8_t)raw.length;
    /* D800 DC00 is U+10000; the last is a high surrogate at the very end. */
    assert_decodes(&raw, 0, BAD "a" BAD "b" BAD "\xF0\x90\x80\x80" BAD BAD BAD "\xC2\xA0" BAD);
}

static void nul_ends_the_text(void **state)
{
    (void)state;
    struct raw raw = raw_of("ab");
    put_unit(&raw, 0);
    put_text(&raw, "cd");
    raw.bytes[0] = (uint8_t)raw.length;
    assert_decodes(&raw, 0, "ab");
}

static void length_is_the_smaller_of_claimed_and_received(void **state)
{
    (void)state;
    struct raw raw = raw_of("abcd");
    raw.bytes[0] = 166; /* claims more than it sent */
    assert_decodes(&raw, 0, "abcd");
    raw.bytes[0] = 6; /* sent more than it claims */
    assert_decodes(&raw, 0, "ab");
    raw.length = 5; /* half a unit at the end */
    assert_decodes(&raw, 0, "a");
}

/* Firmware that keeps the length in eight bits: 127 characters give 256 -> 0, 128 give 2. */
static void an_impossible_length_is_not_believed(void **state)
{
    (void)state;
    static const uint8_t lengths[] = {0, 1, 2, 3, 5, 9};
    for (size_t i = 0; i < sizeof lengths; i++) {
        struct raw raw = raw_of("abcd");
        raw.bytes[0] = lengths[i];
        assert_decodes(&raw, 0, "abcd");
    }
    struct raw raw = raw_of("");
    for (unsigned i = 0; i < 126; i++)
        put_unit(&raw, 'x');
    raw.bytes[raw.length++] = 'x'; /* 255 bytes were asked for: half of the 127th */
    raw.bytes[0] = 0;
    char want[127] = {0};
    memset(want, 'x', 126);
    assert_decodes(&raw, 0, want);
}

static void no_string_descriptor(void **state)
{
    (void)state;
    char out[DFUI_STRING_SIZE] = "old";
    static const uint8_t device[] = {4, 1, 'a', 0};
    assert_int_equal(dfui_string_decode(device, sizeof device, 0, out, sizeof out), DFU_ERR_PROTOCOL);
    assert_string_equal(out, "");
    assert_int_equal(dfui_string_decode(device, 1, 0, out, sizeof out), DFU_ERR_PROTOCOL);
    assert_int_equal(dfui_string_decode(NULL, 0, 0, out, sizeof out), DFU_ERR_PROTOCOL);
}

/* STM32F42x: what lay on the ROM's stack follows the layout. */
static void rubbish_after_a_sector_list_is_cut(void **state)
{
    (void)state;
    struct raw raw = raw_of(LAYOUT);
    put_unit(&raw, 0xCC50);
    put_text(&raw, "abc");
    raw.bytes[0] = 166;
    assert_decodes(&raw, DFUI_STRING_LAYOUT, LAYOUT);
    assert_decodes(&raw, 0,
                   LAYOUT "\xEC\xB1\x90"
                          "abc");

    raw = raw_of(LAYOUT);
    put_unit(&raw, 0xD800); /* half a pair is rubbish, too, not U+FFFD */
    put_text(&raw, "abc");
    raw.bytes[0] = 166;
    assert_decodes(&raw, DFUI_STRING_LAYOUT, LAYOUT);

    raw = raw_of(LAYOUT);
    put_unit(&raw, 0x7F);
    raw.bytes[0] = 166;
    assert_decodes(&raw, DFUI_STRING_LAYOUT, LAYOUT);

    /* rubbish in ASCII is for the map's parser to pass over */
    raw = raw_of(LAYOUT "~~");
    assert_decodes(&raw, DFUI_STRING_LAYOUT, LAYOUT "~~");
}

static void put_name_with_e_acute(struct raw *raw, const char *before, const char *after)
{
    *raw = raw_of(before);
    put_unit(raw, 0xE9);
    put_text(raw, after);
    raw->bytes[0] = (uint8_t)raw->length;
}

static void a_name_may_hold_any_character(void **state)
{
    (void)state;
    struct raw raw;
    put_name_with_e_acute(&raw, "@Flash ", " /0x08000000/04*016Kg");
    assert_decodes(&raw, DFUI_STRING_LAYOUT, "@Flash \xC3\xA9 /0x08000000/04*016Kg");
    put_name_with_e_acute(&raw, "@RAM/ROM /0q /0x08000000 ", "");
    assert_decodes(&raw, DFUI_STRING_LAYOUT, "@RAM/ROM /0q /0x08000000 \xC3\xA9");
    /* no '@' in front: not a layout, so nothing is cut */
    put_name_with_e_acute(&raw, "Flash /0x08000000/", "x");
    assert_decodes(&raw, DFUI_STRING_LAYOUT, "Flash /0x08000000/\xC3\xA9x");
    /* the list begins with the second slash, also with blanks and 0X */
    put_name_with_e_acute(&raw, "@F/ 0X1 /", "x");
    assert_decodes(&raw, DFUI_STRING_LAYOUT, "@F/ 0X1 /");
    put_name_with_e_acute(&raw, "@F//0xab/", "x");
    assert_decodes(&raw, DFUI_STRING_LAYOUT, "@F//0xab/");
    put_name_with_e_acute(&raw, "@F/0/", "x");
    assert_decodes(&raw, DFUI_STRING_LAYOUT, "@F/0/\xC3\xA9x");
}

/* GD32VF103: its serial is sent as bytes; as UTF-16 it would be two Chinese characters. */
static void eight_bit_strings(void **state)
{
    (void)state;
    struct raw raw = {{6, 3, '3', 'C', 'B', 'J'}, 6};
    assert_decodes(&raw, DFUI_STRING_BYTES, "3CBJ");
    assert_decodes(&raw, 0, "\xE4\x8C\xB3\xE4\xA9\x82");
    raw = (struct raw){{5, 3, 'a', 0xE9, 'b'}, 5};
    assert_decodes(&raw, DFUI_STRING_BYTES, "a" BAD "b");
    raw = (struct raw){{5, 3, 'a', 'b', 'c', 'd'}, 6}; /* odd lengths are possible here */
    assert_decodes(&raw, DFUI_STRING_BYTES, "abc");
}

static void a_small_buffer_gets_whole_characters(void **state)
{
    (void)state;
    struct raw raw = raw_of("a");
    put_unit(&raw, 0x20AC);
    put_text(&raw, "b");
    raw.bytes[0] = (uint8_t)raw.length;
    static const char *const want[] = {"",
                                       "a",
                                       "a",
                                       "a",
                                       "a\xE2\x82\xAC",
                                       "a\xE2\x82\xAC"
                                       "b",
                                       "a\xE2\x82\xAC"
                                       "b"};
    for (size_t size = 1; size <= 7; size++) {
        char out[8];
        memset(out, '#', sizeof out);
        assert_int_equal(dfui_string_decode(raw.bytes, raw.length, 0, out, size), strlen(want[size - 1]));
        assert_string_equal(out, want[size - 1]);
        assert_int_equal(out[size], '#');
    }
}

static void the_buffer_size_always_suffices(void **state)
{
    (void)state;
    char out[DFUI_STRING_SIZE];
    uint8_t raw[255];
    memset(raw, 0xEE, sizeof raw);
    raw[0] = 255;
    raw[1] = 3;
    assert_int_equal(dfui_string_decode(raw, sizeof raw, DFUI_STRING_BYTES, out, sizeof out), 3 * 253);
    assert_int_equal(dfui_string_decode(raw, sizeof raw, 0, out, sizeof out), 3 * 126);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text),
        cmocka_unit_test(characters_of_every_length),
        cmocka_unit_test(what_cannot_be_shown_is_replaced),
        cmocka_unit_test(nul_ends_the_text),
        cmocka_unit_test(length_is_the_smaller_of_claimed_and_received),
        cmocka_unit_test(an_impossible_length_is_not_believed),
        cmocka_unit_test(no_string_descriptor),
        cmocka_unit_test(rubbish_after_a_sector_list_is_cut),
        cmocka_unit_test(a_name_may_hold_any_character),
        cmocka_unit_test(eight_bit_strings),
        cmocka_unit_test(a_small_buffer_gets_whole_characters),
        cmocka_unit_test(the_buffer_size_always_suffices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
