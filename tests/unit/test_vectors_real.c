/* SPDX-License-Identifier: BSD-2-Clause */
/* A real application behind a 32 KiB bootloader: primehub.bin is linked for 0x08008000. */
#include "support.h"

static char path[4096];

static struct dfu_vectors placed(uint64_t base)
{
    struct dfu_error *err = NULL;
    struct dfu_image *image;
    struct dfu_image_options o;
    struct dfu_vectors v;
    DFU_INIT(&o);
    DFU_INIT(&v);
    o.base = base;
    o.flags = DFU_IMAGE_BASE_SET;
    assert_dfu_ok(dfu_image_load(path, &o, &image, &err), err);
    assert_int_equal(dfu_image_vectors(image, base, &v), DFU_OK);
    dfu_image_free(image);
    return v;
}

static void right_base_is_silent(void **state)
{
    (void)state;
    struct dfu_vectors v = placed(0x08008000);
    assert_int_equal(v.flags,
                     DFU_VECTORS_PRESENT | DFU_VECTORS_SP_OK | DFU_VECTORS_RESET_ODD | DFU_VECTORS_RESET_INSIDE);
    assert_int_equal(v.initial_sp, 0x20050000);
    assert_int_equal(v.reset, 0x08043615);
}

static void wrong_bases_are_told(void **state)
{
    (void)state;
    static const uint64_t bases[] = {0x08000000, 0x08004000, 0x08007E00, 0x08010000};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        struct dfu_vectors v = placed(bases[i]);
        assert_true(v.flags & DFU_VECTORS_LINKED_SET);
        assert_true(v.flags & DFU_VECTORS_RESET_INSIDE); /* so that this flag alone would not tell */
        assert_int_equal(v.linked_at, 0x08008000);
    }
}

int main(void)
{
    (void)snprintf(path, sizeof path, "%s", test_data("firmware/primehub.bin"));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_base_is_silent),
        cmocka_unit_test(wrong_bases_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
