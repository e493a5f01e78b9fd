/* SPDX-License-Identifier: BSD-2-Clause */
/* Data that is moved from one alternate setting to another. */
#include "support.h"

#define ANY DFU_ALT_ANY

static struct dfu_error *err;

struct expected {
    uint32_t alt;
    uint64_t address;
    const char *text;
};

static struct dfu_image *image_of(const struct expected *list)
{
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    for (; list->text != NULL; list++)
        assert_dfu_ok(dfu_image_add(image, list->alt, list->address, list->text, strlen(list->text), 0, &err), err);
    return image;
}

static void assert_image(const struct dfu_image *image, const struct expected *list)
{
    struct dfu_segment s;
    size_t n = 0;
    DFU_INIT(&s);
    for (; list[n].text != NULL; n++) {
        assert_int_equal(dfu_image_segment(image, n, &s), DFU_OK);
        assert_int_equal(s.alt, list[n].alt);
        assert_int_equal(s.address, list[n].address);
        assert_int_equal(s.length, strlen(list[n].text));
        assert_memory_equal(s.data, list[n].text, s.length);
    }
    assert_int_equal(dfu_image_count(image), n);
}

static int set(struct dfu_image *image, uint32_t alt, uint64_t start, uint64_t end)
{
    struct dfu_range range = {start, end};
    return dfu_image_set_alt(image, alt, range, &err);
}

static void all_of_it(void **state)
{
    (void)state;
    struct dfu_image *image = image_of((struct expected[]){{ANY, 0x10, "abcd"}, {ANY, 0x20, "ef"}, {0}});
    assert_dfu_ok(set(image, 2, 0, UINT64_C(0x100000000)), err);
    assert_image(image, (struct expected[]){{2, 0x10, "abcd"}, {2, 0x20, "ef"}, {0}});
    assert_dfu_ok(set(image, ANY, 0x10, 0x22), err); /* just all of it */
    assert_image(image, (struct expected[]){{ANY, 0x10, "abcd"}, {ANY, 0x20, "ef"}, {0}});
    dfu_image_free(image);
}

/* From the middle of a segment to the middle of the next: what stays is split, and stays in its order. */
static void part_of_it(void **state)
{
    (void)state;
    struct dfu_image *image = image_of((struct expected[]){{ANY, 0x10, "abcd"}, {ANY, 0x20, "efgh"}, {0}});
    assert_dfu_ok(set(image, 1, 0x12, 0x22), err);
    assert_image(image,
                 (struct expected[]){{1, 0x12, "cd"}, {1, 0x20, "ef"}, {ANY, 0x10, "ab"}, {ANY, 0x22, "gh"}, {0}});
    assert_dfu_ok(set(image, 1, 0x13, 0x14), err); /* is there already */
    assert_dfu_ok(set(image, 0, 0x11, 0x12), err);
    assert_image(image,
                 (struct expected[]){
                     {0, 0x11, "b"}, {1, 0x12, "cd"}, {1, 0x20, "ef"}, {ANY, 0x10, "a"}, {ANY, 0x22, "gh"}, {0}});
    assert_dfu_ok(set(image, 7, 0x11, 0x22), err); /* out of two, and joined */
    assert_image(image,
                 (struct expected[]){{7, 0x11, "bcd"}, {7, 0x20, "ef"}, {ANY, 0x10, "a"}, {ANY, 0x22, "gh"}, {0}});
    dfu_image_free(image);
}

static void what_cannot_be(void **state)
{
    (void)state;
    const struct expected before[] = {{0, 0x10, "abcd"}, {1, 0x12, "cX"}, {0}};
    struct dfu_image *image = image_of(before);
    assert_dfu_error(set(image, 1, 0x10, 0x14), err, DFU_ERR_RANGE,
                     "0x00000013 would be both 0x64 and 0x58 for alternate setting 1");
    assert_dfu_error(set(image, 5, 0, UINT64_C(0x100000000)), err, DFU_ERR_RANGE, "0x00000013 would be both");
    assert_dfu_error(set(image, 1, 0x20, 0x30), err, DFU_ERR_RANGE, "no data in 0x00000020..0x00000030");
    assert_dfu_error(set(image, 1, 0x20, 0x20), err, DFU_ERR_RANGE, "is empty");
    assert_dfu_error(set(image, 1, 0x20, UINT64_C(0x100000001)), err, DFU_ERR_RANGE, "4 GiB");
    assert_image(image, before);
    assert_dfu_ok(set(image, 1, 0x10, 0x13), err); /* equal bytes may meet */
    assert_image(image, (struct expected[]){{0, 0x13, "d"}, {1, 0x10, "abcX"}, {0}});
    dfu_image_free(image);
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_error(set(image, 1, 0x20, 0x30), err, DFU_ERR_RANGE, "no data");
    dfu_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it),
        cmocka_unit_test(part_of_it),
        cmocka_unit_test(what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
