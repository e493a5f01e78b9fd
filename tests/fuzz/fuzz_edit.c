/* SPDX-License-Identifier: BSD-2-Clause */
/* Any sequence of edits on any image: segments stay sorted and apart, and an edit that fails changes nothing. */
#include <libdfu/libdfu.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at;
    size_t left;
};

static uint8_t byte(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

/* Mostly within 64 KiB, where things meet; sometimes at the end of the address space. */
static uint64_t address(struct input *in)
{
    uint64_t low = (uint64_t)(byte(in) | byte(in) << 8);
    return byte(in) > 0xF0 ? UINT64_C(0xFFFF0000) + low : UINT64_C(0x08000000) + low;
}

static struct dfu_range range(struct input *in)
{
    struct dfu_range r = {address(in), 0};
    r.end = r.start + (uint64_t)(byte(in) | byte(in) << 4);
    return r;
}

static int edit(struct dfu_image *image, struct input *in)
{
    static const uint8_t bytes[256] = {1, 2, 3};
    struct dfu_image_crc_options crc;
    uint8_t what = byte(in);
    DFU_INIT(&crc);
    switch (what % 11) {
    case 0:
        return dfu_image_add(image, what & 16 ? 1 : DFU_ALT_ANY, address(in), bytes, byte(in),
                             (enum dfu_overlap)(byte(in) % 3), NULL);
    case 1:
        return dfu_image_fill(image, byte(in), range(in), NULL);
    case 2:
        return dfu_image_crop(image, range(in), NULL, NULL);
    case 3:
        return dfu_image_exclude(image, range(in), NULL, NULL);
    case 4:
        return dfu_image_move(image, (int64_t)(int8_t)byte(in) * (what & 16 ? 1 : 4097), NULL);
    case 5:
        return dfu_image_patch(image, address(in), bytes, byte(in), NULL);
    case 6:
        return dfu_image_limit(image, range(in), NULL);
    case 7:
        return dfu_image_set_start(image, address(in), NULL);
    case 8:
        dfu_image_clear_start(image);
        return DFU_OK;
    case 9:
        return dfu_image_set_alt(image, what & 16 ? 1 : DFU_ALT_ANY, range(in), NULL);
    default:
        crc.flags = what >> 4;
        crc.range = range(in);
        crc.at = address(in);
        return dfu_image_stm32_crc(image, &crc, NULL, NULL);
    }
}

static void check_order(const struct dfu_image *image)
{
    struct dfu_segment s;
    struct dfu_segment last = {0};
    DFU_INIT(&s);
    for (size_t i = 0; dfu_image_segment(image, i, &s) == DFU_OK; i++) {
        int apart = i == 0 || s.alt > last.alt || (s.alt == last.alt && s.address > last.address + last.length);
        if (s.length == 0 || s.address + s.length > UINT64_C(0x100000000) || !apart)
            abort();
        last = s;
    }
}

static void check_same(const struct dfu_image *a, const struct dfu_image *b)
{
    struct dfu_segment x;
    struct dfu_segment y;
    DFU_INIT(&x);
    DFU_INIT(&y);
    if (dfu_image_count(a) != dfu_image_count(b))
        abort();
    for (size_t i = 0; dfu_image_segment(a, i, &x) == DFU_OK; i++) {
        if (dfu_image_segment(b, i, &y) != DFU_OK || x.address != y.address || x.length != y.length || x.alt != y.alt ||
            memcmp(x.data, y.data, (size_t)x.length) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct dfu_image *image = NULL;
    if (dfu_image_new(&image, NULL) != DFU_OK)
        return 0;
    for (int n = 0; n < 200 && in.left > 0; n++) {
        struct dfu_image *before = NULL;
        if (dfu_image_copy(image, &before, NULL) != DFU_OK)
            break;
        if (edit(image, &in) != DFU_OK)
            check_same(image, before);
        check_order(image);
        dfu_image_free(before);
    }
    dfu_image_free(image);
    return 0;
}
