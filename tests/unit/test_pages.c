/* SPDX-License-Identifier: BSD-2-Clause */
/* Many small pieces in no order: against a model of one array of bytes, and against a bound of memory. */
#include "refuse.h"
#include "support.h"

#include "image/pages.h"

#define ALTS 2u
#define SPACE 1024u
#define BASE (UINT64_C(0x100000000) - SPACE) /* the last bytes of the address space */
#define ROUNDS 4000u
#define MOST 40u

struct model {
    uint8_t value[ALTS][SPACE];
    bool set[ALTS][SPACE];
};

static struct dfu_error *err;
static uint64_t seed = 7;

static unsigned below(unsigned n)
{
    return (unsigned)((test_random(&seed) >> 20) % n);
}

/* Up to MOST sorted, disjoint pieces: some touch, few are long. */
static size_t some_pieces(struct dfui_piece *list, const uint8_t *data)
{
    size_t n = 0;
    for (uint32_t alt = 0; alt < ALTS; alt++) {
        unsigned length;
        for (unsigned at = below(200); at < SPACE && n < MOST; at += length + (below(3) == 0 ? 0 : below(120))) {
            length = 1 + below(below(8) == 0 ? 200 : 20);
            length = at + length > SPACE ? SPACE - at : length;
            list[n++] = (struct dfui_piece){
                .address = BASE + at, .length = length, .alt = alt, .data = data + at, .line = 1 + at, .step = 1};
        }
    }
    return n;
}

/* Puts the pieces into the model; false, with the first place, when a byte contradicts. */
static bool model_put(struct model *m, const struct dfui_piece *list, size_t n, enum dfu_overlap policy,
                      struct dfui_overlap *first)
{
    bool clash = false;
    for (size_t i = 0; i < n; i++) {
        for (uint64_t k = 0; k < list[i].length; k++) {
            size_t at = (size_t)(list[i].address - BASE + k);
            uint8_t *value = &m->value[list[i].alt][at];
            bool *set = &m->set[list[i].alt][at];
            if (*set && *value != list[i].data[k] && !clash) {
                clash = true;
                *first = (struct dfui_overlap){.address = BASE + at,
                                               .old_value = *value,
                                               .new_value = list[i].data[k],
                                               .new_line = (uint32_t)at + 1};
            }
            if (!*set || policy == DFU_OVERLAP_LAST)
                *value = list[i].data[k];
            *set = true;
        }
    }
    return !clash;
}

static void assert_is_model(const struct dfu_image *image, const struct model *m)
{
    struct model got = {0};
    uint64_t end = 0;
    uint32_t alt = 0;
    size_t offset = 0;
    for (size_t i = 0; i < image->count; i++) {
        const struct dfui_segment *s = &image->segments[i];
        assert_true(s->length > 0 && s->offset == offset && s->alt < ALTS);
        assert_true(i == 0 || s->alt > alt || s->address > end); /* sorted, and not even touching */
        memcpy(&got.value[s->alt][s->address - BASE], image->bytes + s->offset, (size_t)s->length);
        memset(&got.set[s->alt][s->address - BASE], true, (size_t)s->length);
        end = s->address + s->length;
        alt = s->alt;
        offset += (size_t)s->length;
    }
    assert_int_equal(image->used, offset);
    for (size_t a = 0; a < ALTS; a++) {
        for (size_t k = 0; k < SPACE; k++)
            assert_true(got.set[a][k] == m->set[a][k] && (!m->set[a][k] || got.value[a][k] == m->value[a][k]));
    }
}

/* An image that holds the pieces. */
static struct dfu_image *image_of(const struct dfui_piece *list, size_t n)
{
    struct dfu_image *image;
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    for (size_t i = 0; i < n; i++)
        assert_dfu_ok(
            dfui_image_append(image, list[i].alt, list[i].address, list[i].data, (size_t)list[i].length, &err), err);
    return image;
}

static void random_pieces(void **state)
{
    (void)state;
    uint8_t noise[SPACE];
    unsigned clashes = 0;
    for (size_t i = 0; i < SPACE; i++)
        noise[i] = (uint8_t)(i * 7);
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum dfu_overlap policy = (enum dfu_overlap)below(3);
        struct dfui_piece list[MOST];
        struct dfui_pages pages = {0};
        struct model m = {0};
        struct dfui_overlap wanted = {0};
        size_t n = some_pieces(list, noise);
        (void)model_put(&m, list, n, policy, &wanted);
        struct dfu_image *image = image_of(list, n);
        bool good = true;
        assert_dfu_ok(dfui_pages_take(&pages, image, &err), err);
        for (unsigned batch = below(5); good && batch > 0; batch--) {
            uint8_t other[SPACE];
            memcpy(other, noise, SPACE);
            if (below(4) == 0)
                other[below(SPACE)]++;
            n = some_pieces(list, other);
            struct dfui_overlap overlap = {.policy = policy};
            bool same = model_put(&m, list, n, policy, &wanted);
            int rc = dfui_pages_put(&pages, list, n, SIZE_MAX, &overlap, &err);
            good = same || policy != DFU_OVERLAP_ERROR;
            assert_int_equal(rc, good ? DFU_OK : DFU_ERR_RANGE);
            assert_int_equal(overlap.count > 0, !same);
            if (!same) {
                clashes++;
                assert_int_equal(overlap.address, wanted.address);
                assert_int_equal(overlap.old_value, wanted.old_value);
                assert_int_equal(overlap.new_value, wanted.new_value);
                assert_int_equal(overlap.new_line, wanted.new_line);
            }
        }
        if (good) {
            uint64_t used = pages.used;
            assert_dfu_ok(dfui_pages_give(&pages, image, &err), err);
            assert_int_equal(used, image->used);
            assert_is_model(image, &m);
        }
        dfui_pages_free(&pages);
        dfu_image_free(image);
    }
    assert_true(clashes > 100);
}

static void has_a_limit(void **state)
{
    (void)state;
    const uint8_t data[40] = {0};
    struct dfui_overlap overlap = {0};
    struct dfui_pages pages = {0};
    struct dfui_piece first[2] = {{.address = 0, .length = 33, .data = data},
                                  {.address = 64, .length = 1, .data = data}};
    struct dfui_piece second[2] = {{.address = 31, .length = 2, .data = data},
                                   {.address = 96, .length = 1, .data = data}};
    struct dfu_image *image = image_of(first, 2); /* pages 0, 1 and 2 */
    assert_dfu_ok(dfui_pages_take(&pages, image, &err), err);
    assert_int_equal(pages.count, 3);
    assert_dfu_ok(dfui_pages_put(&pages, second, 1, 3, &overlap, &err), err);
    assert_dfu_error(dfui_pages_put(&pages, second, 2, 3, &overlap, &err), err, DFU_ERR_RANGE, "separate pieces");
    assert_dfu_ok(dfui_pages_put(&pages, second, 2, 4, &overlap, &err), err);
    dfui_pages_free(&pages);
    dfu_image_free(image);
}

/* Neighbours in address that belong to different alts stay apart. */
static void alts_stay_apart(void **state)
{
    (void)state;
    const uint8_t data[64] = {0};
    struct dfui_pages pages = {0};
    struct dfui_piece list[2] = {{.address = 0, .length = 40, .data = data},
                                 {.address = 40, .length = 24, .alt = 1, .data = data}};
    struct dfu_image *image = image_of(list, 2);
    assert_dfu_ok(dfui_pages_take(&pages, image, &err), err);
    assert_int_equal(pages.count, 3);
    assert_dfu_ok(dfui_pages_give(&pages, image, &err), err);
    assert_int_equal(image->count, 2);
    assert_true(image->segments[1].alt == 1 && image->segments[1].address == 40 && image->segments[1].length == 24);
    dfu_image_free(image);
}

static char *put_byte(char *to, unsigned value, unsigned *sum)
{
    static const char digits[] = "0123456789ABCDEF";
    *to++ = digits[value >> 4 & 15];
    *to++ = digits[value & 15];
    *sum += value;
    return to;
}

static char *put_record(char *to, unsigned kind, unsigned offset, const uint8_t *data, unsigned n)
{
    unsigned sum = 0;
    *to++ = ':';
    to = put_byte(to, n, &sum);
    to = put_byte(to, offset >> 8 & 255, &sum);
    to = put_byte(to, offset & 255, &sum);
    to = put_byte(to, kind, &sum);
    for (unsigned i = 0; i < n; i++)
        to = put_byte(to, data[i], &sum);
    to = put_byte(to, (0u - sum) & 255, &sum);
    *to++ = '\n';
    return to;
}

/* What byte at address is in the files below. */
static uint8_t byte_at(uint32_t address)
{
    return (uint8_t)((address * UINT32_C(2654435761)) >> 24);
}

/* Intel HEX of count records of n bytes, step bytes apart, in random order or from the first to the last. Free it. */
static char *make_hex(uint32_t count, uint32_t n, uint32_t step, bool shuffled, size_t *length)
{
    uint32_t *order = calloc(count, sizeof *order);
    char *text = malloc((size_t)count * (16 + 13 + 2 * n) + 13);
    assert_true(order != NULL && text != NULL);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = shuffled ? below(i + 1) : i;
        order[i] = order[other];
        order[other] = i;
    }
    char *to = text;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t address = 0x08000000 + order[i] * step;
        const uint8_t high[2] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16)};
        uint8_t data[16];
        for (uint32_t k = 0; k < n; k++)
            data[k] = byte_at(address + k);
        to = put_record(to, 4, 0, high, 2);
        to = put_record(to, 0, address & 0xFFFF, data, n);
    }
    to = put_record(to, 1, 0, NULL, 0);
    free(order);
    *length = (size_t)(to - text);
    return text;
}

/* Loads such a file with at most so many bytes, and checks what came of it. */
static void loads_within(uint32_t count, uint32_t n, uint32_t step, bool shuffled, long most)
{
    size_t length;
    char *text = make_hex(count, n, step, shuffled, &length);
    struct dfu_image *image;
    long before = refuse_bytes;
    refuse_peak = before;
    assert_dfu_ok(dfu_image_parse(text, length, "f.hex", NULL, &image, &err), err);
    if (refuse_peak - before > most)
        fail_msg("%u records of %u bytes: %ld bytes, allowed are %ld", count, n, refuse_peak - before, most);
    assert_int_equal(image->used, (size_t)count * n);
    assert_int_equal(image->count, step == n ? 1 : count);
    for (size_t i = 0; i < image->count; i++) {
        const struct dfui_segment *s = &image->segments[i];
        assert_int_equal(s->address, 0x08000000 + i * step);
        for (size_t k = 0; k < s->length; k++)
            assert_true(image->bytes[s->offset + k] == byte_at((uint32_t)(s->address + k)));
    }
    dfu_image_free(image);
    free(text);
}

/* Twice the data and 4 MiB; the other half of the 8 MiB that are promised is for the program itself. */
static void stays_within_twice_the_data(void **state)
{
    (void)state;
    const long more = 4L << 20;
    loads_within(400000, 16, 16, true, 2 * 400000 * 16 + more);
    loads_within(400000, 4, 4, true, 2 * 400000 * 4 + more);
    loads_within(200000, 1, 1, true, 2 * 200000 + more);
    loads_within(400000, 16, 16, false, 2 * 400000 * 16 + more);
}

/* Runs with a gap around each: what image.h says that they cost. */
static void scattered_bytes_have_a_price(void **state)
{
    (void)state;
    loads_within(200000, 1, 40, true, 200000L * 100 + (4L << 20));
    loads_within(200000, 1, 40, false, 200000L * 45 + (4L << 20));
}

/* 65536 runs are within what image.h says that all data is, loaded in no order and edited: here without the 2 MiB
 * that the program itself takes. */
static void many_runs_are_edited_cheaply(void **state)
{
    (void)state;
    const uint32_t count = 65536;
    const long most = 2L * count + (6L << 20);
    const struct dfu_range within = {0x08000000, 0x08000000 + 1000};
    const struct dfu_range behind = {0x08000000 + 40 * count, 0x08000000 + 40 * count + 16};
    struct dfu_image *image;
    size_t length;
    char *text = make_hex(count, 1, 40, true, &length);
    long before = refuse_bytes;
    refuse_peak = before;
    assert_dfu_ok(dfu_image_parse(text, length, "f.hex", NULL, &image, &err), err);
    assert_in_range(refuse_peak - before, 40 * count, most);
    refuse_peak = before;
    assert_dfu_ok(dfu_image_patch(image, 0x08000001, "x", 1, &err), err);
    assert_dfu_ok(dfu_image_fill(image, 0xFF, within, &err), err);
    assert_dfu_ok(dfu_image_fill(image, 0xFF, behind, &err), err);
    assert_int_equal(image->count, count - 25 + 1);
    assert_in_range(refuse_peak - before, 32 * count, 45 * count);
    assert_dfu_ok(dfu_image_exclude(image, within, NULL, &err), err);
    assert_in_range(refuse_peak - before, 32 * count, most);
    dfu_image_free(image);
    free(text);
}

/* Allocation number n fails, for every n: a clean error, and nothing left behind. */
static void survives_refusals(void **state)
{
    (void)state;
    size_t length;
    char *text = make_hex(9000, 1, 40, true, &length); /* twice as many pieces as wait: into pages, and more of them */
    long before = refuse_alive;
    int rc = DFU_ERR_NO_MEMORY;
    unsigned long n;
    for (n = 1; rc != DFU_OK || n <= refuse_asked; n++) {
        struct dfu_image *image = NULL;
        refuse_asked = 0;
        refuse_at = n;
        rc = dfu_image_parse(text, length, "f.hex", NULL, &image, &err);
        refuse_at = 0;
        if (rc != DFU_OK)
            assert_dfu_error(rc, err, DFU_ERR_NO_MEMORY, "out of memory");
        dfu_image_free(image);
        assert_int_equal(refuse_alive, before);
    }
    assert_true(n > 15);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_pieces),
        cmocka_unit_test(has_a_limit),
        cmocka_unit_test(alts_stay_apart),
        cmocka_unit_test(stays_within_twice_the_data),
        cmocka_unit_test(scattered_bytes_have_a_price),
        cmocka_unit_test(many_runs_are_edited_cheaply),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
