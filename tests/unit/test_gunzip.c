/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed input; tests/data/gzip says how the files were made. */
#include "support.h"
#include <sys/resource.h>

static struct dfu_error *err;

/* tests/data/gzip/NAME.gz. Free it. */
static uint8_t *compressed(const char *name, size_t *size)
{
    char path[64];
    (void)snprintf(path, sizeof path, "gzip/%s.gz", name);
    return test_slurp(test_own_data(path), size);
}

/* The same member many times over. */
static uint8_t *repeated(const char *name, size_t times, size_t *size)
{
    size_t one;
    uint8_t *member = compressed(name, &one);
    uint8_t *all = malloc(one * times);
    assert_non_null(all);
    for (size_t i = 0; i < times; i++)
        memcpy(all + i * one, member, one);
    free(member);
    *size = one * times;
    return all;
}

static void assert_four(const void *data, size_t size)
{
    struct dfu_image *image;
    uint8_t got[4];
    assert_dfu_ok(dfu_image_parse(data, size, "f.gz", NULL, &image, &err), err);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, 0, got, 4), 4);
    assert_memory_equal(got, "\1\2\3\4", 4);
    dfu_image_free(image);
}

static void inside_by_content_and_name(void **state)
{
    (void)state;
    size_t size;
    struct dfu_image *image;
    struct dfu_image_options o;
    uint8_t *data = compressed("hex", &size);
    assert_four(data, size);
    free(data);
    DFU_INIT(&o);
    o.flags = DFU_IMAGE_BASE_SET;
    data = compressed("raw", &size);
    assert_dfu_ok(dfu_image_parse(data, size, "a.bin.gz", &o, &image, &err), err);
    assert_int_equal(dfu_image_count(image), 1);
    dfu_image_free(image);
    assert_dfu_error(dfu_image_parse(data, size, "a.hex.gz", NULL, &image, &err), err, DFU_ERR_FORMAT, "line 1: 'r'");
    free(data);
}

/* Members behind one another are one file; zeros behind them are padding; anything else is not. */
static void members(void **state)
{
    (void)state;
    size_t a_size;
    size_t b_size;
    struct dfu_image *image;
    uint8_t *a = compressed("first", &a_size);
    uint8_t *b = compressed("second", &b_size);
    uint8_t *both = calloc(1, a_size + b_size + 8);
    assert_non_null(both);
    memcpy(both, a, a_size);
    memcpy(both + a_size, b, b_size);
    assert_four(both, a_size + b_size);
    assert_four(both, a_size + b_size + 8);
    both[a_size + b_size + 4] = 'x';
    assert_dfu_error(dfu_image_parse(both, a_size + b_size + 8, "f.gz", NULL, &image, &err), err, DFU_ERR_FORMAT,
                     "f.gz: compressed data: something else after its end at offset");
    free(a);
    free(b);
    free(both);
}

/* Every way to cut the file, and a flip of every bit, is found. */
static void damage(void **state)
{
    (void)state;
    size_t size;
    struct dfu_image *image = NULL;
    struct dfu_image_options o;
    uint8_t *data = compressed("hex", &size);
    DFU_INIT(&o);
    o.format = "hex"; /* what is damaged may look raw */
    for (size_t n = 3; n < size; n++) {
        assert_dfu_error(dfu_image_parse(data, n, "f.gz", &o, &image, &err), err, DFU_ERR_FORMAT,
                         "f.gz: compressed data: it ends early at offset");
        assert_null(image);
    }
    for (size_t i = 10 * 8; i < size * 8; i++) { /* the header in front holds a time and the like */
        data[i / 8] ^= (uint8_t)(1u << i % 8);
        int rc = dfu_image_parse(data, size, "f.gz", &o, &image, &err);
        if (rc == DFU_OK) /* a bit that means nothing: padding behind the last code */
            assert_four(data, size);
        else if (rc != DFU_ERR_FORMAT)
            fail_msg("bit %zu: %s", i, dfu_error_message(err));
        dfu_image_free(image);
        dfu_error_free(err);
        err = NULL;
        data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    data[size - 8] ^= 1;
    assert_dfu_error(dfu_image_parse(data, size, "f.gz", NULL, &image, &err), err, DFU_ERR_FORMAT,
                     "incorrect data check at offset");
    free(data);
}

/* Damage behind the place where the reader has seen enough. */
static void behind_the_last_record(void **state)
{
    (void)state;
    size_t a_size;
    size_t b_size;
    struct dfu_image *image = NULL;
    uint8_t *a = compressed("hex", &a_size);
    uint8_t *b = compressed("zeros", &b_size);
    uint8_t *both = malloc(a_size + b_size);
    assert_non_null(both);
    memcpy(both, a, a_size);
    memcpy(both + a_size, b, b_size);
    assert_four(both, a_size + b_size);
    both[a_size + b_size - 8] ^= 1;
    assert_dfu_error(dfu_image_parse(both, a_size + b_size, "f.gz", NULL, &image, &err), err, DFU_ERR_FORMAT,
                     "incorrect data check at offset");
    assert_null(image);
    free(a);
    free(b);
    free(both);
}

static long peak_kib(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* 256 MiB of zeros in 260 KiB: refused at the limit, with memory near the limit. */
static void bomb(void **state)
{
    (void)state;
    size_t size;
    struct dfu_image *image = NULL;
    struct dfu_image_options o;
    uint8_t *data = repeated("zeros", 256, &size);
    DFU_INIT(&o);
    o.format = "bin";
    o.flags = DFU_IMAGE_BASE_SET;
    o.max_bytes = (uint64_t)4 << 20;
    long before = peak_kib();
    assert_dfu_error(dfu_image_parse(data, size, "f.gz", &o, &image, &err), err, DFU_ERR_RANGE,
                     "more than 4194304 bytes");
    assert_true(peak_kib() - before < 32 * 1024);
    o.format = "hex"; /* never takes anything of it; stops at the first byte */
    o.flags = 0;
    assert_dfu_error(dfu_image_parse(data, size, "f.gz", &o, &image, &err), err, DFU_ERR_FORMAT, "byte 0x00");
    free(data);
    data = repeated("lines", 256, &size); /* never any data, so the limit on what comes out must act */
    o.max_bytes = 1;
    assert_dfu_error(dfu_image_parse(data, size, "f.gz", &o, &image, &err), err, DFU_ERR_RANGE,
                     "more than 16777232 bytes come out of the compressed data");
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inside_by_content_and_name), cmocka_unit_test(members), cmocka_unit_test(damage),
        cmocka_unit_test(behind_the_last_record),     cmocka_unit_test(bomb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
