/* SPDX-License-Identifier: BSD-2-Clause */
/* STM32 CRC of an image: where it goes, and every refusal. */
#include "support.h"

#define ANY DFU_ALT_ANY

static struct dfu_error *err;

/* 01 02 03 04 at 0x08000000: CRC 0x1DABE74F, as srec_cat computes it. */
static struct dfu_image *four_bytes(void)
{
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, ANY, 0x08000000, "\1\2\3\4", 4, 0, &err), err);
    return image;
}

static struct dfu_image_crc_options at(uint64_t address, uint32_t flags)
{
    struct dfu_image_crc_options o;
    DFU_INIT(&o);
    o.at = address;
    o.flags = DFU_IMAGE_CRC_AT_SET | flags;
    return o;
}

static void assert_bytes(const struct dfu_image *image, uint64_t address, const char *wanted, size_t length)
{
    uint8_t got[16];
    assert_int_equal(dfu_image_read(image, ANY, address, got, length), length);
    assert_memory_equal(got, wanted, length);
}

static void stored_at_the_end_or_elsewhere(void **state)
{
    (void)state;
    uint32_t value = 0;
    struct dfu_image *image = four_bytes();
    assert_dfu_ok(dfu_image_stm32_crc(image, NULL, &value, &err), err);
    assert_int_equal(value, 0x1DABE74F);
    assert_bytes(image, 0x08000004, "\x4F\xE7\xAB\x1D", 4);
    dfu_image_free(image);

    image = four_bytes();
    struct dfu_image_crc_options o = at(0x08000010, DFU_IMAGE_CRC_BIG_ENDIAN);
    assert_dfu_ok(dfu_image_stm32_crc(image, &o, NULL, &err), err);
    assert_bytes(image, 0x08000010, "\x1D\xAB\xE7\x4F", 4);
    assert_int_equal(dfu_image_count(image), 2);
    dfu_image_free(image);
}

static void last_slot_of_the_address_space(void **state)
{
    (void)state;
    struct dfu_image *image = four_bytes();
    struct dfu_image_crc_options o = at(0xFFFFFFFC, 0);
    assert_dfu_ok(dfu_image_stm32_crc(image, &o, NULL, &err), err);
    assert_bytes(image, 0xFFFFFFFC, "\x4F\xE7\xAB\x1D", 4);
    dfu_image_free(image);
}

static void range_leaves_the_rest_alone(void **state)
{
    (void)state;
    uint32_t value = 0;
    struct dfu_image *image = four_bytes();
    struct dfu_image_crc_options o = at(0x08000008, DFU_IMAGE_CRC_RANGE_SET);
    o.range = (struct dfu_range){0x08000000, 0x08000004};
    assert_dfu_ok(dfu_image_add(image, ANY, 0x08000004, "xyz", 3, 0, &err), err);
    assert_dfu_ok(dfu_image_stm32_crc(image, &o, &value, &err), err);
    assert_int_equal(value, 0x1DABE74F);
    assert_dfu_ok(dfu_image_stm32_crc(image, &o, &value, &err), err); /* the same again is no contradiction */
    dfu_image_free(image);
}

static void refusals(void **state)
{
    (void)state;
    struct dfu_image *image = four_bytes();
    struct dfu_image_crc_options o = at(0x08000002, 0);
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE,
                     "slot at 0x08000002 lies inside its own range 0x08000000..0x08000004");
    o = at(0x08000002, 0);
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE, "--crop 0x08000000..0x08000002");
    o = at(0xFFFFFFFD, 0);
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE, "ends past 4 GiB");
    o = at(0x08000010, DFU_IMAGE_CRC_RANGE_SET);
    o.range = (struct dfu_range){0x08000004, 0x08000000};
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE, "reversed");
    o.range = (struct dfu_range){0x08000000, 0x0800000C};
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE,
                     "--fill 0xFF@0x08000004..0x0800000C");
    o.range = (struct dfu_range){0x08000002, 0x08000006};
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE, "no multiple of 4");

    assert_dfu_ok(dfu_image_add(image, ANY, 0x08000004, "567", 3, 0, &err), err);
    assert_dfu_error(dfu_image_stm32_crc(image, NULL, NULL, &err), err, DFU_ERR_RANGE, "has 7 bytes, no multiple of 4");
    assert_dfu_error(dfu_image_stm32_crc(image, NULL, NULL, &err), err, DFU_ERR_RANGE,
                     "--fill 0xFF@0x08000007..0x08000008");
    assert_dfu_ok(dfu_image_add(image, ANY, 0x0800000C, "....", 4, 0, &err), err);
    assert_dfu_error(dfu_image_stm32_crc(image, NULL, NULL, &err), err, DFU_ERR_RANGE,
                     "nothing is set in 0x08000007..0x0800000C");
    o = at(0x0800000A, DFU_IMAGE_CRC_RANGE_SET);
    o.range = (struct dfu_range){0x08000000, 0x08000004};
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE,
                     "holds other data: 0x2E at 0x0800000C instead of 0xAB");
    assert_dfu_error(dfu_image_stm32_crc(image, &o, NULL, &err), err, DFU_ERR_RANGE,
                     "--exclude 0x0800000A..0x0800000E");
    assert_int_equal(dfu_image_count(image), 2); /* none of these changed it */
    dfu_image_free(image);

    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_error(dfu_image_stm32_crc(image, NULL, NULL, &err), err, DFU_ERR_RANGE, "holds none");
    dfu_image_free(image);
}

static void checking(void **state)
{
    (void)state;
    struct dfu_image *image = four_bytes();
    struct dfu_image_crc_options o = at(0x08000004, DFU_IMAGE_CRC_CHECK);
    struct dfu_image_crc_options last;
    uint32_t value = 0;
    DFU_INIT(&last);
    last.flags = DFU_IMAGE_CRC_CHECK;
    assert_dfu_error(dfu_image_stm32_crc(image, &o, &value, &err), err, DFU_ERR_RANGE, "holds no CRC at 0x08000004");
    assert_dfu_ok(dfu_image_add(image, ANY, 0x08000004, "\x4F\xE7\xAB\x1D", 4, 0, &err), err);
    assert_dfu_ok(dfu_image_stm32_crc(image, &o, &value, &err), err);
    assert_int_equal(value, 0x1DABE74F);
    assert_dfu_ok(dfu_image_stm32_crc(image, &last, &value, &err), err);
    assert_dfu_ok(dfu_image_patch(image, 0x08000000, "\7", 1, &err), err);
    assert_dfu_error(dfu_image_stm32_crc(image, &o, &value, &err), err, DFU_ERR_MISMATCH,
                     "stored at 0x08000004 is 0x1DABE74F");
    assert_int_not_equal(value, 0x1DABE74F);
    assert_bytes(image, 0x08000000, "\7\2\3\4\x4F\xE7\xAB\x1D", 8);
    o.at = 0x08000000; /* a slot inside, but not at the end: not guessed */
    assert_dfu_error(dfu_image_stm32_crc(image, &o, &value, &err), err, DFU_ERR_RANGE, "inside its own range");
    dfu_image_free(image);
}

static void several_alts(void **state)
{
    (void)state;
    struct dfu_image *image = four_bytes();
    struct dfu_image_crc_options o;
    uint32_t value = 0;
    DFU_INIT(&o);
    assert_dfu_ok(dfu_image_add(image, 1, 0x90000000, "\1\2\3\4", 4, 0, &err), err);
    o.flags = DFU_IMAGE_CRC_RANGE_SET;
    o.range = (struct dfu_range){0x90000000, 0x90000004};
    assert_dfu_ok(dfu_image_stm32_crc(image, &o, &value, &err), err);
    assert_int_equal(value, 0x1DABE74F);
    struct dfu_segment s;
    DFU_INIT(&s);
    assert_int_equal(dfu_image_segment(image, 0, &s), DFU_OK);
    assert_int_equal(s.alt, 1);
    assert_int_equal(s.length, 8);
    assert_dfu_error(dfu_image_stm32_crc(image, NULL, &value, &err), err, DFU_ERR_RANGE, "several alternate settings");
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_at_the_end_or_elsewhere),
        cmocka_unit_test(range_leaves_the_rest_alone),
        cmocka_unit_test(last_slot_of_the_address_space),
        cmocka_unit_test(refusals),
        cmocka_unit_test(checking),
        cmocka_unit_test(several_alts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
