/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"
#include "usb/desc.h"

/* Descriptors in short; the numbers are those of USB 2.0 tables 9-10 and 9-12 and of DFU 1.1 section 4.1.3. */
#define CONFIG(value) 9, 2, 0, 0, 1, value, 0, 0xC0, 50
#define INTERFACE(number, alt, protocol, name) 9, 4, number, alt, 0, 0xFE, 1, protocol, name
#define OTHER_INTERFACE(number, class) 9, 4, number, 0, 0, class, 0, 0, 0
#define FUNCTIONAL_10(attributes, detach, transfer)                                                                    \
    7, 0x21, attributes, (detach)&255, (detach) >> 8, (transfer)&255, (transfer) >> 8
#define FUNCTIONAL(attributes, detach, transfer, bcd)                                                                  \
    9, 0x21, attributes, (detach)&255, (detach) >> 8, (transfer)&255, (transfer) >> 8, (bcd)&255, (bcd) >> 8

#define FIND(found, ...)                                                                                               \
    do {                                                                                                               \
        static const uint8_t blob[] = {__VA_ARGS__};                                                                   \
        find(&(found), blob, sizeof blob);                                                                             \
    } while (0)

/* On an exact copy, so that a sanitizer sees one byte too many. */
static void find(struct dfui_interfaces *found, const uint8_t *blob, size_t length)
{
    struct dfu_error *err = NULL;
    uint8_t *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, blob, length);
    struct dfu_usb_config config = {exact, length};
    assert_dfu_ok(dfui_interfaces_find(&config, 1, found, &err), err);
    free(exact);
}

/* The ROM of the STM32F4: one interface, four alts, the functional descriptor after the last only. */
static void rom_of_the_f4(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(1), INTERFACE(0, 0, 2, 4), INTERFACE(0, 1, 2, 5), INTERFACE(0, 2, 2, 6), INTERFACE(0, 3, 2, 7),
         FUNCTIONAL(0x0B, 255, 2048, 0x011A));
    assert_int_equal(f.count, 1);
    assert_false(f.malformed);
    const struct dfui_interface *i = f.items;
    assert_int_equal(i->config, 1);
    assert_int_equal(i->number, 0);
    assert_int_equal(i->protocol, 2);
    assert_int_equal(i->attributes, 0x0B);
    assert_int_equal(i->detach_timeout, 255);
    assert_int_equal(i->transfer_size, 2048);
    assert_int_equal(i->bcd_dfu, 0x011A);
    assert_int_equal(i->flags, 0);
    assert_int_equal(i->alt_count, 4);
    for (unsigned n = 0; n < 4; n++) {
        assert_int_equal(i->alts[n].number, n);
        assert_int_equal(i->alts[n].name_index, 4 + n);
    }
    free(f.items);
}

/* A run-time interface beside others. HID's own descriptor is of type 0x21, too. */
static void composite_run_time_device(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(3), OTHER_INTERFACE(0, 3), 9, 0x21, 0x11, 0x01, 0, 1, 0x22, 63, 0, 7, 5, 0x81, 3, 8, 0, 10,
         INTERFACE(2, 0, 1, 9), FUNCTIONAL(0x0D, 1000, 64, 0x0110), OTHER_INTERFACE(3, 3), 9, 0x21, 0x11, 0x01, 0, 1,
         0x22, 63, 0);
    assert_int_equal(f.count, 1);
    assert_false(f.malformed);
    assert_int_equal(f.items[0].config, 3);
    assert_int_equal(f.items[0].number, 2);
    assert_int_equal(f.items[0].protocol, 1);
    assert_int_equal(f.items[0].attributes, 0x0D);
    assert_int_equal(f.items[0].detach_timeout, 1000);
    assert_int_equal(f.items[0].transfer_size, 64);
    assert_int_equal(f.items[0].bcd_dfu, 0x0110);
    free(f.items);
}

/* A 0x21 that follows an interface of another class is not ours, even where our own is missing. */
static void a_hid_descriptor_is_not_taken_for_ours(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(1), OTHER_INTERFACE(0, 3), 9, 0x21, 0x11, 0x01, 0, 1, 0x22, 63, 0, INTERFACE(1, 0, 1, 9),
         OTHER_INTERFACE(2, 3), 9, 0x21, 0x11, 0x01, 0, 1, 0x22, 63, 0);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.items[0].flags, DFUI_INTERFACE_NO_FUNCTIONAL | DFUI_INTERFACE_NO_TRANSFER_SIZE);
    free(f.items);
}

static void class_fe_alone_is_not_dfu(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    /* USBTMC is FE/03 */
    FIND(f, CONFIG(1), 9, 4, 0, 0, 0, 0xFE, 3, 1, 0, 9, 4, 1, 0, 0, 0xFF, 1, 2, 0);
    assert_int_equal(f.count, 0);
    assert_null(f.items);
    assert_false(f.malformed);
}

static void functional_descriptor_of_dfu_10(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(1), INTERFACE(0, 0, 2, 0), FUNCTIONAL_10(3, 250, 1024), INTERFACE(0, 1, 2, 0));
    assert_int_equal(f.count, 1);
    assert_int_equal(f.items[0].attributes, 3);
    assert_int_equal(f.items[0].detach_timeout, 250);
    assert_int_equal(f.items[0].transfer_size, 1024);
    assert_int_equal(f.items[0].bcd_dfu, 0x0100);
    assert_int_equal(f.items[0].flags, DFUI_INTERFACE_SHORT_FUNCTIONAL);
    assert_int_equal(f.items[0].alt_count, 2);
    free(f.items);
}

static void no_functional_descriptor(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(1), INTERFACE(0, 0, 2, 0), 5, 0x21, 1, 2, 3);
    assert_int_equal(f.count, 1);
    assert_false(f.malformed);
    assert_int_equal(f.items[0].flags, DFUI_INTERFACE_NO_FUNCTIONAL | DFUI_INTERFACE_NO_TRANSFER_SIZE);
    assert_int_equal(f.items[0].attributes, 3);
    assert_int_equal(f.items[0].transfer_size, 0);
    assert_int_equal(f.items[0].bcd_dfu, 0x0100);
    free(f.items);
}

static void transfer_size_zero_is_kept_and_flagged(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(1), INTERFACE(0, 0, 2, 0), FUNCTIONAL(1, 0, 0, 0x0110));
    assert_int_equal(f.items[0].transfer_size, 0);
    assert_int_equal(f.items[0].attributes, 1);
    assert_int_equal(f.items[0].flags, DFUI_INTERFACE_NO_TRANSFER_SIZE);
    free(f.items);
}

/* One before every interface is for those without their own; an interface's own counts first. */
static void functional_descriptor_before_the_interfaces(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(1), FUNCTIONAL(1, 2, 512, 0x0110), INTERFACE(0, 0, 2, 0), INTERFACE(1, 0, 1, 0),
         FUNCTIONAL(9, 2, 64, 0x011A), FUNCTIONAL(15, 3, 65, 0x0100));
    assert_int_equal(f.count, 2);
    assert_int_equal(f.items[0].transfer_size, 512);
    assert_int_equal(f.items[0].bcd_dfu, 0x0110);
    assert_int_equal(f.items[1].transfer_size, 64);
    assert_int_equal(f.items[1].bcd_dfu, 0x011A);
    assert_int_equal(f.items[1].attributes, 9);
    free(f.items);
}

static void alts_in_any_order_and_twice(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    FIND(f, CONFIG(1), INTERFACE(0, 5, 2, 1), INTERFACE(1, 0, 2, 2), INTERFACE(0, 2, 2, 3), INTERFACE(0, 5, 2, 4));
    assert_int_equal(f.count, 2);
    assert_int_equal(f.items[0].alt_count, 2);
    assert_int_equal(f.items[0].alts[0].number, 5);
    assert_int_equal(f.items[0].alts[0].name_index, 1);
    assert_int_equal(f.items[0].alts[1].number, 2);
    assert_int_equal(f.items[1].alt_count, 1);
    free(f.items);
}

static void each_configuration_has_its_own(void **state)
{
    (void)state;
    static const uint8_t one[] = {CONFIG(1), INTERFACE(0, 0, 1, 0), FUNCTIONAL(8, 0, 64, 0x0110)};
    static const uint8_t bad[] = {0};
    static const uint8_t two[] = {CONFIG(2), INTERFACE(0, 0, 2, 0), FUNCTIONAL(1, 0, 128, 0x011A)};
    const struct dfu_usb_config configs[] = {{one, sizeof one}, {bad, sizeof bad}, {NULL, 0}, {two, sizeof two}};
    struct dfui_interfaces f;
    assert_int_equal(dfui_interfaces_find(configs, 4, &f, NULL), DFU_OK);
    assert_true(f.malformed);
    assert_int_equal(f.count, 2);
    assert_int_equal(f.items[0].config, 1);
    assert_int_equal(f.items[0].transfer_size, 64);
    assert_int_equal(f.items[1].config, 2);
    assert_int_equal(f.items[1].transfer_size, 128);
    free(f.items);
}

/* What stands before the fault stays, whatever the fault. */
static void malformed_descriptors_end_the_configuration(void **state)
{
    (void)state;
    struct dfui_interfaces f;
#define GOOD CONFIG(1), INTERFACE(0, 0, 2, 4), FUNCTIONAL(1, 0, 64, 0x0110)
#define ASSERT_KEPT(...)                                                                                               \
    do {                                                                                                               \
        FIND(f, GOOD, __VA_ARGS__);                                                                                    \
        assert_true(f.malformed);                                                                                      \
        assert_int_equal(f.count, 1);                                                                                  \
        assert_int_equal(f.items[0].alt_count, 1);                                                                     \
        free(f.items);                                                                                                 \
    } while (0)
    ASSERT_KEPT(0, 4, INTERFACE(1, 0, 2, 0));                      /* bLength 0 would loop for ever */
    ASSERT_KEPT(1, INTERFACE(1, 0, 2, 0));                         /* bLength 1 has no type */
    ASSERT_KEPT(9);                                                /* cut after bLength */
    ASSERT_KEPT(9, 4, 0, 1, 0, 0xFE, 1, 2);                        /* cut in an interface */
    ASSERT_KEPT(8, 4, 0, 1, 0, 0xFE, 1, 2, INTERFACE(1, 0, 2, 0)); /* too short an interface */
    ASSERT_KEPT(255, 5, 1);                                        /* claims more than there is */
    FIND(f, 9, 2, 0, 0, 1, 1, 0, 0xC0);                            /* a configuration cut short */
    assert_true(f.malformed);
    assert_int_equal(f.count, 0);
    FIND(f, INTERFACE(0, 0, 2, 0)); /* no configuration at all */
    assert_true(f.malformed);
    assert_int_equal(f.count, 0);
}

/* Every truncation of a good one: never more than the whole has, and flagged unless it ends on a boundary. */
static void every_truncation(void **state)
{
    (void)state;
    static const uint8_t blob[] = {GOOD, INTERFACE(1, 0, 1, 5), FUNCTIONAL_10(1, 0, 64)};
    static const size_t boundaries[] = {9, 18, 27, 36, 43};
    size_t next = 0;
    for (size_t length = 0; length <= sizeof blob; length++) {
        struct dfui_interfaces f;
        find(&f, blob, length);
        bool boundary = length == boundaries[next];
        next += boundary;
        assert_int_equal(f.malformed, !boundary);
        assert_int_equal(f.count, length < 18 ? 0 : length < 36 ? 1 : 2);
        free(f.items);
    }
}

static void limits(void **state)
{
    (void)state;
    struct dfui_interfaces f;
    static uint8_t blob[9 + 256 * 9] = {CONFIG(1)};
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t d[] = {INTERFACE((uint8_t)i, 0, 2, 0)};
        memcpy(blob + 9 + i * 9, d, 9);
    }
    find(&f, blob, sizeof blob);
    assert_int_equal(f.count, 32);
    assert_true(f.malformed);
    assert_int_equal(f.items[31].number, 31);
    free(f.items);

    for (unsigned i = 0; i < 256; i++) {
        const uint8_t d[] = {INTERFACE(0, (uint8_t)i, 2, 0)};
        memcpy(blob + 9 + i * 9, d, 9);
    }
    find(&f, blob, sizeof blob);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.items[0].alt_count, 255);
    assert_true(f.malformed);
    free(f.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rom_of_the_f4),
        cmocka_unit_test(composite_run_time_device),
        cmocka_unit_test(a_hid_descriptor_is_not_taken_for_ours),
        cmocka_unit_test(class_fe_alone_is_not_dfu),
        cmocka_unit_test(functional_descriptor_of_dfu_10),
        cmocka_unit_test(no_functional_descriptor),
        cmocka_unit_test(transfer_size_zero_is_kept_and_flagged),
        cmocka_unit_test(functional_descriptor_before_the_interfaces),
        cmocka_unit_test(alts_in_any_order_and_twice),
        cmocka_unit_test(each_configuration_has_its_own),
        cmocka_unit_test(malformed_descriptors_end_the_configuration),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
