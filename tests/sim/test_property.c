/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random images on random maps: afterwards flash holds what was sent, what was not to be touched is as it was, each
 * touched sector was erased once and no cell was programmed twice. With DFU_PLAN_DIFF over all kinds of old contents
 * no sector is erased that need not be, and with DFU_PLAN_PRESERVE no byte changes that is not the image's.
 */
#include "support.h"
#include "toy.h"

#define ROUNDS 3000

static uint32_t pick(uint64_t *seed, uint32_t below)
{
    return (uint32_t)(test_random(seed) % below);
}

static void random_map(struct toy *t, uint64_t *seed)
{
    static const uint16_t sectors[] = {16, 64, 100, 128, 256, 1000, 1024, 2048, 3072, 4096};
    static const uint16_t sizes[] = {32, 64, 100, 128, 1024, 2048, 4096};
    static const char types[] = {'g', 'g', 'g', 'g', 'e', 'a'};
    uint32_t at = pick(seed, 4) == 0 ? 0 : 0x08000000;
    memset(t, 0, sizeof *t);
    t->erased = pick(seed, 3) == 0 ? 0x00 : 0xFF;
    t->transfer_size = sizes[pick(seed, sizeof sizes / sizeof sizes[0])];
    t->region_count = 1 + pick(seed, TOY_REGIONS);
    for (unsigned i = 0; i < t->region_count; i++) {
        struct toy_region *r = &t->regions[i];
        r->start = at;
        r->sector = sectors[pick(seed, sizeof sectors / sizeof sectors[0])];
        r->count = 1 + pick(seed, 12);
        r->type = types[pick(seed, sizeof types)];
        at += r->count * r->sector;
        if (pick(seed, 3) == 0)
            at += 4 * pick(seed, 2000); /* a gap; memories begin on words */
        for (uint32_t k = 0; k < r->count * r->sector; k++)
            r->cells[k] = (uint8_t)test_random(seed);
    }
    toy_finish(t);
}

/* Pieces of random or blank data in writable regions. */
static void random_image(struct toy *t, struct dfu_image *image, uint64_t *seed)
{
    unsigned pieces = 1 + pick(seed, 6);
    for (unsigned i = 0; i < pieces; i++) {
        const struct toy_region *r = &t->regions[pick(seed, t->region_count)];
        uint32_t size = r->count * r->sector;
        uint32_t from = pick(seed, size);
        uint32_t length = 1 + pick(seed, size - from);
        uint8_t *bytes = malloc(length);
        struct dfu_error *err = NULL;
        if (r->type != 'a') {
            unsigned style = pick(seed, 4);
            for (uint32_t k = 0; k < length; k++)
                bytes[k] = style == 0 ? 0xFF : style == 1 ? 0x00 : (uint8_t)test_random(seed);
            assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, r->start + from, bytes, length, DFU_OVERLAP_LAST, &err),
                          err);
        }
        free(bytes);
    }
}

static int image_holds(const struct dfu_image *image, uint64_t address, uint8_t *value)
{
    return dfu_image_read(image, DFU_ALT_ANY, address, value, 1) == 1;
}

/* Old contents: noise stays, or a sector becomes erased, or all 0xFF (which may not be the same), or gets the image. */
static void random_history(struct toy *t, const struct dfu_image *image, uint64_t *seed)
{
    for (unsigned i = 0; i < t->region_count; i++) {
        struct toy_region *r = &t->regions[i];
        for (uint32_t n = 0; n < r->count; n++) {
            uint32_t at = n * r->sector;
            unsigned style = pick(seed, 4);
            if (style == 1 || style == 2)
                memset(r->cells + at, style == 1 ? t->erased : 0xFF, r->sector);
            if (style == 1 || (style == 2 && t->erased == 0xFF))
                memset(r->fresh + at, 1, r->sector);
            if (style == 3)
                (void)dfu_image_read(image, DFU_ALT_ANY, r->start + (uint64_t)at, r->cells + at, r->sector);
        }
    }
}

struct sector_facts {
    uint32_t touched; /* bytes of the image */
    int same;         /* it held them already */
    int blank;        /* it was erased */
};

static struct sector_facts look(const struct toy *before, const struct toy_region *r, uint32_t n,
                                const struct dfu_image *image)
{
    struct sector_facts f = {0, 1, 1};
    for (uint32_t k = n * r->sector; k < (n + 1) * r->sector; k++) {
        uint8_t want;
        int own = image_holds(image, r->start + (uint64_t)k, &want);
        f.touched += (uint32_t)own;
        f.same &= !own || r->cells[k] == want;
        f.blank &= r->cells[k] == before->erased;
    }
    return f;
}

/* Memory that is not erased is compared piece by piece. */
static uint32_t equal_runs(const struct toy_region *r, uint32_t n, const struct dfu_image *image)
{
    uint32_t total = 0;
    uint32_t run = 0;
    int same = 1;
    for (uint32_t k = n * r->sector; k <= (n + 1) * r->sector; k++) {
        uint8_t want;
        if (k < (n + 1) * r->sector && image_holds(image, r->start + (uint64_t)k, &want)) {
            run++;
            same &= r->cells[k] == want;
            continue;
        }
        total += same ? run : 0;
        run = 0;
        same = 1;
    }
    return total;
}

static void check_region(const struct toy *t, const struct toy *before, unsigned index, const struct dfu_image *image,
                         uint32_t flags, unsigned *needless, uint64_t *unchanged)
{
    const struct toy_region *r = &t->regions[index];
    const struct toy_region *old = &before->regions[index];
    for (uint32_t n = 0; n < r->count; n++) {
        struct sector_facts f = look(before, old, n, image);
        int flash = r->type == 'g' && f.touched > 0;
        uint32_t full = flash ? 1 : 0;
        if (!(flags & DFU_PLAN_DIFF) || (flash && !f.same && !f.blank))
            assert_int_equal(r->erases[n], full);
        assert_true(r->erases[n] <= full);
        if ((flags & DFU_PLAN_DIFF) && f.same)
            assert_int_equal(r->erases[n], 0);
        *unchanged += r->type != 'g' ? equal_runs(old, n, image) : f.same ? f.touched : 0;
        *needless += f.blank ? r->erases[n] : 0;
        for (uint32_t k = n * r->sector; k < (n + 1) * r->sector; k++) {
            uint8_t want = r->erases[n] > 0 && !(flags & DFU_PLAN_PRESERVE) ? t->erased : old->cells[k];
            (void)image_holds(image, r->start + (uint64_t)k, &want);
            assert_int_equal(r->cells[k], want);
        }
    }
}

static struct dfu_session *open_toy(struct toy *t, struct dfu_context **context)
{
    struct dfu_context_options options;
    struct dfu_session *session = NULL;
    struct dfu_error *err = NULL;
    DFU_INIT(&options);
    toy_attach(t, &options);
    assert_dfu_ok(dfu_context_new(&options, context, &err), err);
    assert_dfu_ok(dfu_session_open_path(*context, "1-1", NULL, &session, &err), err);
    return session;
}

static void one_round(uint64_t seed, uint32_t flags)
{
    static struct toy toy;
    static struct toy before;
    struct dfu_context *context = NULL;
    struct dfu_image *image = NULL;
    struct dfu_error *err = NULL;
    struct dfu_plan_options options;
    struct dfu_result result;
    struct dfu_image_info info;
    unsigned needless = 0;
    uint64_t unchanged = 0;
    DFU_INIT(&options);
    DFU_INIT(&result);
    DFU_INIT(&info);
    options.flags = flags;
    random_map(&toy, &seed);
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    random_image(&toy, image, &seed);
    if (flags != 0)
        random_history(&toy, image, &seed);
    before = toy;
    if (dfu_image_count(image) > 0) {
        struct dfu_session *session = open_toy(&toy, &context);
        assert_dfu_ok(dfu_session_write(session, image, &options, NULL, &result, &err), err);
        dfu_session_close(session);
        dfu_context_free(context);
        assert_int_equal(result.verified, 1);
        for (unsigned i = 0; i < toy.region_count; i++)
            check_region(&toy, &before, i, image, flags, &needless, &unchanged);
        assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
        assert_int_equal(result.bytes, info.bytes);
        if (flags & DFU_PLAN_DIFF) {
            assert_true(needless <= toy.region_count); /* one a memory, to learn what erased means there */
            assert_int_equal(result.unchanged_bytes, unchanged);
        }
        assert_int_equal(toy.bad_state, 0);
        assert_int_equal(toy.outside, 0);
        assert_int_equal(toy.programmed_twice, 0);
        assert_int_equal(toy.state, 2);
    }
    dfu_image_free(image);
}

/* A block that arrives in half, its fate unknown: its sectors are erased and written again, and no other. */
static void torn_blocks_are_done_again(void **state)
{
    static const struct {
        uint32_t sector;
        uint16_t transfer_size;
        uint32_t offset;
    } shapes[] = {{128, 1024, 0}, {128, 1024, 64}, {4096, 512, 0}, {4096, 512, 96}, {100, 64, 0}, {2048, 2048, 1056}};
    static struct toy toy;
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (unsigned tear = 1;; tear++) {
            struct dfu_context *context = NULL;
            struct dfu_image *image = NULL;
            struct dfu_error *err = NULL;
            struct dfu_result result;
            uint8_t bytes[6000];
            uint64_t seed = 77;
            DFU_INIT(&result);
            memset(&toy, 0, sizeof toy);
            toy.erased = 0xFF;
            toy.transfer_size = shapes[i].transfer_size;
            toy.region_count = 1;
            toy.regions[0].start = 0x08000000;
            toy.regions[0].sector = shapes[i].sector;
            toy.regions[0].count = 8192 / shapes[i].sector;
            toy.regions[0].type = 'g';
            toy.tear_at = tear;
            toy_finish(&toy);
            for (size_t k = 0; k < sizeof bytes; k++)
                bytes[k] = (uint8_t)test_random(&seed);
            assert_dfu_ok(dfu_image_new(&image, &err), err);
            assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x08000000u + shapes[i].offset, bytes, sizeof bytes,
                                        DFU_OVERLAP_ERROR, &err),
                          err);
            struct dfu_session *session = open_toy(&toy, &context);
            assert_dfu_ok(dfu_session_write(session, image, NULL, NULL, &result, &err), err);
            dfu_session_close(session);
            dfu_context_free(context);
            dfu_image_free(image);
            assert_memory_equal(toy.regions[0].cells + shapes[i].offset, bytes, sizeof bytes);
            assert_int_equal(result.bytes, sizeof bytes);
            assert_int_equal(result.verified, 1);
            assert_int_equal(toy.programmed_twice, 0);
            assert_int_equal(toy.outside, 0);
            if (toy.blocks < tear)
                break; /* there was no such block: all have had their turn */
            assert_true(result.retries > 0);
        }
    }
}

/* A device that refuses to be read, whatever its descriptor says: DFU_PLAN_DIFF writes everything,
 * DFU_PLAN_PRESERVE touches nothing. */
static void refused_reads(void **state)
{
    static struct toy toy;
    (void)state;
    for (int preserve = 0; preserve < 2; preserve++) {
        struct dfu_context *context = NULL;
        struct dfu_image *image = NULL;
        struct dfu_error *err = NULL;
        struct dfu_plan_options options;
        struct dfu_result result;
        uint8_t bytes[300];
        memset(bytes, 0x5A, sizeof bytes);
        memset(&toy, 0, sizeof toy);
        DFU_INIT(&options);
        DFU_INIT(&result);
        options.flags = DFU_PLAN_DIFF | DFU_PLAN_NO_VERIFY | (preserve ? DFU_PLAN_PRESERVE : 0);
        toy.erased = 0xFF;
        toy.transfer_size = 128;
        toy.region_count = 1;
        toy.regions[0].start = 0x08000000;
        toy.regions[0].sector = 1024;
        toy.regions[0].count = 4;
        toy.regions[0].type = 'g';
        toy.unreadable = 1;
        toy_finish(&toy);
        assert_dfu_ok(dfu_image_new(&image, &err), err);
        assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, 0x08000000, bytes, sizeof bytes, DFU_OVERLAP_ERROR, &err), err);
        struct dfu_session *session = open_toy(&toy, &context);
        int rc = dfu_session_write(session, image, &options, NULL, &result, &err);
        if (preserve) {
            assert_dfu_error(rc, err, DFU_ERR_STALL, "nothing was erased");
            assert_int_equal(toy.regions[0].erases[0], 0);
        } else {
            assert_dfu_ok(rc, err);
            assert_true(toy.regions[0].erases[0] > 0); /* the toy is so fast that it is asked twice */
            assert_memory_equal(toy.regions[0].cells, bytes, sizeof bytes);
            assert_int_equal(result.unchanged_bytes, 0);
        }
        dfu_session_close(session);
        dfu_context_free(context);
        dfu_image_free(image);
    }
}

static uint64_t round_now;

static void random_images_on_random_maps(void **state)
{
    (void)state;
    for (round_now = 1; round_now <= ROUNDS; round_now++)
        one_round(round_now * 0x9E3779B97F4A7C15u, 0);
}

static void random_histories(void **state)
{
    static const uint32_t modes[] = {DFU_PLAN_DIFF, DFU_PLAN_PRESERVE, DFU_PLAN_DIFF | DFU_PLAN_PRESERVE};
    (void)state;
    for (round_now = 1; round_now <= ROUNDS; round_now++)
        one_round(round_now * 0xD1B54A32D192ED03u, modes[round_now % 3]);
}

static int name_round(void **state)
{
    (void)state;
    if (round_now <= ROUNDS)
        print_error("failed in round %llu\n", (unsigned long long)round_now);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torn_blocks_are_done_again),
        cmocka_unit_test(refused_reads),
        cmocka_unit_test_teardown(random_images_on_random_maps, name_round),
        cmocka_unit_test_teardown(random_histories, name_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
