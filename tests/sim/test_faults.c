/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault at every request of a flash job: success only with the right flash, no flash word programmed twice, and a
 * second run always succeeds. Passing faults must be got over without the user's help.
 */
#include "bench.h"

#define START 0x08020000u
#define LENGTH 9001u
/* No job here may take longer by the board's clock than this. */
#define HANG_US UINT64_C(200000000)

struct kind {
    const char *rule; /* %u = request number */
    int passing;      /* must end in success */
    int harmless;     /* cannot make flash wrong */
};

static const struct kind kinds[] = {
    {"stall@%u", 1, 1},
    {"timeout@%u", 1, 1},
    {"short@%u", 1, 1},
    {"flip@%u", 1, 1},
    {"rot@%u", 1, 1},
    {"disconnect@%u", 0, 1},
    {"reconnect@%u", 0, 1}, /* nobody waits for it here: see test_cells.c */
    {"power@%u", 0, 1},
    {"poll=5000@%u", 1, 1},
    {"poll=16777215@%u", 1, 1},
    {"status=errTARGET@%u", 0, 1},
    {"status=errWRITE@%u", 1, 1},
    {"status=errERASE@%u", 1, 1},
    {"status=errPROG@%u", 1, 1},
    {"status=errVERIFY@%u", 1, 1},
    {"status=errADDRESS@%u", 0, 1},
    {"status=errVENDOR@%u", 1, 1},
    {"status=errFIRMWARE@%u", 1, 1},
    {"status=errUNKNOWN@%u", 1, 1},
    {"status=errSTALLEDPKT@%u", 1, 1},
    {"state=0@%u", 1, 1},
    {"state=1@%u", 1, 1},
    /* What a device claims to have done without doing it is found by reading, and mended or told. */
    {"state=2@%u", 0, 1},
    {"state=3@%u", 1, 1},
    {"state=4@%u", 0, 0},
    {"state=5@%u", 0, 0},
    {"state=6@%u", 1, 1},
    {"state=7@%u", 1, 1},
    {"state=8@%u", 1, 1},
    {"state=9@%u", 1, 1},
    {"state=10@%u", 1, 1},
    {"state=15@%u", 1, 1},
};

struct tally {
    unsigned points;
    unsigned succeeded;
    unsigned failed;
};

/* With --diff: the board holds the image but for one byte, and the rest of its flash is noise. */
static uint32_t plan_flags;

static void prepare(struct bench *b, const struct dfu_image *image)
{
    uint8_t old[LENGTH];
    if (plan_flags == 0)
        return;
    (void)dfu_image_read(image, DFU_ALT_ANY, START, old, LENGTH);
    old[5000] ^= 0x40;
    assert_dfu_ok(dfu_sim_load(b->sim, 0, START, old, LENGTH, &b->err), b->err);
}

static int flash_is_right(const struct bench *b, const struct dfu_image *image)
{
    uint8_t want[LENGTH];
    uint8_t *memory = bench_memory(b, 0x08000000, NULL);
    (void)dfu_image_read(image, DFU_ALT_ANY, START, want, LENGTH);
    int right = memcmp(memory + (START - 0x08000000), want, LENGTH) == 0;
    free(memory);
    return right;
}

/* Opens and flashes; *requests says how many class requests it took. */
static int job(struct bench *b, const struct dfu_image *image)
{
    struct dfu_plan_options options;
    DFU_INIT(&options);
    options.flags = plan_flags;
    int rc = dfu_session_open_path(b->context, dfu_sim_path(b->sim, 0), NULL, &b->session, &b->err);
    if (rc == DFU_OK)
        rc = dfu_session_write(b->session, image, &options, NULL, NULL, &b->err);
    bench_close(b);
    return rc;
}

static void clear(struct bench *b)
{
    dfu_error_free(b->err);
    b->err = NULL;
}

static void one_point(const char *profile, const struct kind *kind, unsigned n, const struct dfu_image *image,
                      struct tally *tally)
{
    struct bench b;
    char rule[64];
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    prepare(&b, image);
    (void)snprintf(rule, sizeof rule, kind->rule, n);
    bench_fault(&b, rule);
    int rc = job(&b, image);
    struct dfu_sim_counters c = bench_counters(&b);
    tally->points++;
    if (rc == DFU_OK) {
        tally->succeeded++;
        assert_null(b.err);
        if (!flash_is_right(&b, image))
            fail_msg("%s %s: success with wrong flash", profile, rule);
    } else {
        tally->failed++;
        if (kind->passing)
            fail_msg("%s %s: %s (%s)", profile, rule, dfu_error_message(b.err),
                     dfu_error_cause(b.err) != NULL ? dfu_error_cause(b.err) : "-");
        assert_int_equal(dfu_error_code(b.err), rc);
        if (dfu_error_hint(b.err) == NULL && rc != DFU_ERR_MISMATCH)
            fail_msg("%s %s: no hint: %s", profile, rule, dfu_error_message(b.err));
    }
    if (c.write_unerased != 0 && kind->harmless)
        fail_msg("%s %s: %llu flash words programmed twice", profile, rule, (unsigned long long)c.write_unerased);
    if (c.elapsed_us > HANG_US)
        fail_msg("%s %s: took %llu us", profile, rule, (unsigned long long)c.elapsed_us);
    clear(&b);
    /* Whatever happened, the next run works, unless the board is gone for good. */
    if (strncmp(rule, "disconnect", 10) != 0) {
        struct dfu_list *list = NULL;
        assert_dfu_ok(dfu_list_wait(b.context, NULL, 10000, &list, &b.err), b.err);
        dfu_list_free(list);
        /* A rule that found nothing to do in the first run (a flip after the last block) strikes in the second. */
        if (job(&b, image) != DFU_OK) {
            clear(&b);
            rc = job(&b, image);
            if (rc != DFU_OK)
                fail_msg("%s %s: later run: %s (%s)", profile, rule, dfu_error_message(b.err),
                         dfu_error_cause(b.err) != NULL ? dfu_error_cause(b.err) : "-");
        }
        assert_true(flash_is_right(&b, image));
    }
    bench_free(&b);
}

static void sweep(const char *profile)
{
    struct bench b;
    struct dfu_image *image = bench_image(START, LENGTH, 23);
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    prepare(&b, image);
    assert_int_equal(job(&b, image), DFU_OK);
    unsigned requests = (unsigned)bench_counters(&b).transfers;
    bench_free(&b);
    assert_true(requests > 20);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct tally tally = {0, 0, 0};
        /* Each third request; tests/sweep/run tries every one. */
        for (unsigned n = 1 + (unsigned)k % 3; n <= requests; n += 3)
            one_point(profile, &kinds[k], n, image, &tally);
        print_message("%-10s %-22s %3u points, %3u succeeded, %3u failed\n", profile, kinds[k].rule, tally.points,
                      tally.succeeded, tally.failed);
    }
    dfu_image_free(image);
}

static void st_library(void **state)
{
    (void)state;
    sweep("st-loader");
}

static void rom(void **state)
{
    (void)state;
    sweep("stm32f407");
}

static void ecc_flash(void **state)
{
    (void)state;
    sweep("stm32g474");
}

/* Its GETSTATUS stalls while flash works. */
static void stalls_while_erasing(void **state)
{
    (void)state;
    sweep("stm32l476");
}

static void only_what_differs(void **state)
{
    (void)state;
    plan_flags = DFU_PLAN_DIFF;
    sweep("st-loader");
    sweep("stm32l476");
    plan_flags = DFU_PLAN_DIFF | DFU_PLAN_PRESERVE;
    sweep("stm32f407");
    plan_flags = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(st_library),        cmocka_unit_test(rom),
        cmocka_unit_test(ecc_flash),         cmocka_unit_test(stalls_while_erasing),
        cmocka_unit_test(only_what_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
