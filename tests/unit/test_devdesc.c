/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include "usb/devdesc.h"

/* USB 2.0 tables 9-8 and 9-10. What an STM32F4's ROM sends: USB 1.0, 64 bytes, 0483:DF11, 22.00, strings 1, 2, 3. */
#define DEVICE(configs) 18, 1, 0x00, 0x01, 0, 0, 0, 64, 0x83, 0x04, 0x11, 0xDF, 0x00, 0x22, 1, 2, 3, configs
#define CONFIG(value, total) 9, 2, total, 0, 1, value, 0, 0xC0, 50
#define INTERFACE(alt) 9, 4, 0, alt, 0, 0xFE, 1, 2, 4
#define FUNCTIONAL 9, 0x21, 0x0B, 255, 0, 0, 8, 0x1A, 0x01

struct split {
    struct dfu_usb_device device;
    struct dfu_usb_config configs[4];
    bool good;
};

static uint8_t *bytes; /* those of the last one */

/* On an exact copy, so that a sanitizer sees one byte too many. */
static void split(struct split *s, const uint8_t *data, size_t length, uint32_t max)
{
    memset(s, 0, sizeof *s);
    free(bytes);
    bytes = malloc(length > 0 ? length : 1);
    assert_non_null(bytes);
    memcpy(bytes, data, length);
    s->good = dfui_devdesc_split(bytes, length, &s->device, s->configs, max);
}

#define SPLIT(s, max, ...)                                                                                             \
    do {                                                                                                               \
        static const uint8_t blob[] = {__VA_ARGS__};                                                                   \
        split(&(s), blob, sizeof blob, max);                                                                           \
    } while (0)

static void assert_config(const struct split *s, unsigned index, size_t at, size_t length)
{
    assert_ptr_equal(s->configs[index].data, bytes + at);
    assert_int_equal(s->configs[index].length, length);
}

static void numbers_and_one_configuration(void **state)
{
    (void)state;
    struct split s;
    SPLIT(s, 4, DEVICE(1), CONFIG(1, 36), INTERFACE(0), INTERFACE(1), FUNCTIONAL);
    assert_true(s.good);
    assert_int_equal(s.device.vid, 0x0483);
    assert_int_equal(s.device.pid, 0xDF11);
    assert_int_equal(s.device.bcd_device, 0x2200);
    assert_int_equal(s.device.product_index, 2);
    assert_int_equal(s.device.serial_index, 3);
    assert_int_equal(s.device.config_count, 1);
    assert_ptr_equal(s.device.configs, s.configs);
    assert_config(&s, 0, 18, 36);
}

/* Lengths that they claim, too short and too long, do not matter. */
static void each_configuration_ends_where_the_next_begins(void **state)
{
    (void)state;
    struct split s;
    SPLIT(s, 4, DEVICE(3), CONFIG(1, 9), INTERFACE(0), CONFIG(2, 255), INTERFACE(0), FUNCTIONAL, CONFIG(3, 200));
    assert_true(s.good);
    assert_int_equal(s.device.config_count, 3);
    assert_config(&s, 0, 18, 18);
    assert_config(&s, 1, 36, 27);
    assert_config(&s, 2, 63, 9);
}

static void no_more_than_there_is_room_for(void **state)
{
    (void)state;
    struct split s;
    SPLIT(s, 1, DEVICE(2), CONFIG(1, 18), INTERFACE(0), CONFIG(2, 9));
    assert_true(s.good);
    assert_int_equal(s.device.config_count, 1);
    assert_config(&s, 0, 18, 18);
}

static void what_follows_an_impossible_length_stays(void **state)
{
    (void)state;
    struct split s;
    SPLIT(s, 4, DEVICE(2), CONFIG(1, 18), 0, 4, 0, 0, CONFIG(2, 9));
    assert_int_equal(s.device.config_count, 1);
    assert_config(&s, 0, 18, 22);
    SPLIT(s, 4, DEVICE(2), CONFIG(1, 18), 1, CONFIG(2, 9));
    assert_int_equal(s.device.config_count, 1);
    assert_config(&s, 0, 18, 19);
    SPLIT(s, 4, DEVICE(2), CONFIG(1, 18), 9, 4, 0);
    assert_int_equal(s.device.config_count, 1);
    assert_config(&s, 0, 18, 12);
    SPLIT(s, 4, DEVICE(2), CONFIG(1, 18), 9);
    assert_int_equal(s.device.config_count, 1);
    assert_config(&s, 0, 18, 10);
}

/* A descriptor of type 2 in a configuration is none where there should be no more of them. */
static void the_last_takes_the_rest(void **state)
{
    (void)state;
    struct split s;
    SPLIT(s, 4, DEVICE(1), CONFIG(1, 40), 4, 2, 0, 0, INTERFACE(0), FUNCTIONAL);
    assert_int_equal(s.device.config_count, 1);
    assert_config(&s, 0, 18, 31);
    SPLIT(s, 4, DEVICE(2), CONFIG(1, 18), INTERFACE(0), CONFIG(2, 22), 4, 2, 0, 0, INTERFACE(0));
    assert_int_equal(s.device.config_count, 2);
    assert_config(&s, 1, 36, 22);
    SPLIT(s, 4, DEVICE(0), CONFIG(1, 9));
    assert_true(s.good);
    assert_int_equal(s.device.config_count, 0);
}

static void a_device_without_configurations(void **state)
{
    (void)state;
    struct split s;
    SPLIT(s, 4, DEVICE(0));
    assert_true(s.good);
    assert_int_equal(s.device.config_count, 0);
}

static void what_is_no_device_descriptor(void **state)
{
    (void)state;
    static const uint8_t whole[] = {DEVICE(1)};
    struct split s;
    for (size_t length = 0; length < sizeof whole; length++) {
        split(&s, whole, length, 4);
        assert_false(s.good);
        assert_int_equal(s.device.vid, 0);
    }
    SPLIT(s, 4, CONFIG(1, 18), INTERFACE(0), FUNCTIONAL);
    assert_false(s.good);
    SPLIT(s, 4, 17, 1, 0, 2, 0, 0, 0, 64, 0x83, 0x04, 0x11, 0xDF, 0x00, 0x22, 1, 2, 3, 1);
    assert_false(s.good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_one_configuration),
        cmocka_unit_test(each_configuration_ends_where_the_next_begins),
        cmocka_unit_test(no_more_than_there_is_room_for),
        cmocka_unit_test(what_follows_an_impossible_length_stays),
        cmocka_unit_test(the_last_takes_the_rest),
        cmocka_unit_test(a_device_without_configurations),
        cmocka_unit_test(what_is_no_device_descriptor),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(bytes);
    return failed;
}
