/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Passing faults must be got over without the user's help. Jobs of every kind run on boards of every dialect with one
 * transient fault at each class request in turn; the table of (request kind × fault kind) is printed. At least nine in
 * ten of every cell must end in success with the right flash, none in success with a wrong one, and no flash word may
 * be programmed twice.
 *
 * Not here: bits that change after they were read back (no host can know), and faults in the leave, which is over
 * when flash is known to be right.
 */
#include "bench.h"

#define START 0x08010000u
#define LENGTH 9001u
#define RECONNECT_MS 10000
/* No job here may take longer by the board's clock than this. */
#define HANG_US UINT64_C(200000000)

enum request { COMMAND, BLOCK, UPLOAD, GETSTATUS, GETSTATE, ABORT, CLRSTATUS, REQUESTS };
static const char *const request_names[REQUESTS] = {"DNLOAD command", "DNLOAD block", "UPLOAD",   "GETSTATUS",
                                                    "GETSTATE",       "ABORT",        "CLRSTATUS"};

static const char *const faults[] = {"stall", "timeout", "short", "reconnect", "power"};
enum { FAULTS = sizeof faults / sizeof faults[0], SHORT = 2 };

struct cell {
    unsigned runs;
    unsigned recovered;
    unsigned failed; /* honestly: flash may be anything, and the exit status says so */
    unsigned wrong;
};
static struct cell cells[REQUESTS][FAULTS];

/* A transport around the simulator's that notes what every class request is. */
enum { MOST_REQUESTS = 2000 };
struct tap {
    struct dfu_transport_ops ops;
    const struct dfu_transport_ops *inner;
    unsigned count;
    enum request kinds[MOST_REQUESTS];
    int can_be_short[MOST_REQUESTS];
};
static struct tap tap;

static enum request kind_of(const struct dfu_usb_setup *s, int dfuse)
{
    static const enum request kinds[] = {REQUESTS, BLOCK, UPLOAD, GETSTATUS, CLRSTATUS, GETSTATE, ABORT};
    if (s->request == 1 && (s->length == 0 || (dfuse && s->value < 2)))
        return COMMAND;
    return kinds[s->request];
}

static int tap_dfuse;

static int tapped_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                          struct dfu_error **err)
{
    if ((setup->type & 0x60) != 0) {
        assert_true(tap.count < MOST_REQUESTS);
        tap.kinds[tap.count] = kind_of(setup, tap_dfuse);
        tap.can_be_short[tap.count] = setup->length > ((setup->type & 0x80) != 0 ? 0 : 1);
        tap.count++;
    }
    return tap.inner->control(conn, setup, data, timeout_ms, err);
}

/* Puts the tap between the context and the simulator. */
static void put_tap(struct bench *b)
{
    struct dfu_context_options co;
    DFU_INIT(&co);
    dfu_context_free(b->context);
    dfu_sim_attach(b->sim, &co);
    tap.inner = co.transport;
    tap.ops = *co.transport;
    tap.ops.control = tapped_control;
    tap.count = 0;
    co.transport = &tap.ops;
    assert_dfu_ok(dfu_context_new(&co, &b->context, &b->err), b->err);
}

/* A job: what it does, and whether what came of it is right. */
struct job {
    const char *name;
    int (*run)(struct bench *b, const struct dfu_image *image, struct dfu_error **err);
    int (*right)(struct bench *b, const struct dfu_image *image);
    int loaded; /* the image is in flash before */
};

static struct dfu_image *read_into;

static int run(struct bench *b, struct dfu_plan *plan, struct dfu_error **err)
{
    struct dfu_run_options o;
    DFU_INIT(&o);
    o.reconnect_ms = RECONNECT_MS;
    o.into = read_into;
    int rc = dfu_session_run(b->session, plan, &o, NULL, err);
    dfu_plan_free(plan);
    return rc;
}

static void facts(const struct bench *b, struct dfu_target *target)
{
    DFU_INIT(target);
    dfu_session_target(b->session, target);
}

static int flash(struct bench *b, const struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_target t;
    struct dfu_plan *plan = NULL;
    facts(b, &t);
    int rc = dfu_plan_write(dfu_session_memmap(b->session), &t, image, NULL, &plan, err);
    return rc == DFU_OK ? run(b, plan, err) : rc;
}

static int verify(struct bench *b, const struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_target t;
    struct dfu_plan *plan = NULL;
    facts(b, &t);
    int rc = dfu_plan_verify(dfu_session_memmap(b->session), &t, image, NULL, &plan, err);
    return rc == DFU_OK ? run(b, plan, err) : rc;
}

static int read_back(struct bench *b, const struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_target t;
    struct dfu_plan *plan = NULL;
    struct dfu_range range = {START, START + LENGTH};
    (void)image;
    facts(b, &t);
    assert_int_equal(dfu_image_new(&read_into, NULL), DFU_OK);
    int plain = (t.flags & DFU_TARGET_PLAIN) != 0;
    int rc = dfu_plan_read(dfu_session_memmap(b->session), &t, &range, plain ? 0 : 1, NULL, &plan, err);
    return rc == DFU_OK ? run(b, plan, err) : rc;
}

static int erase(struct bench *b, const struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_target t;
    struct dfu_plan *plan = NULL;
    struct dfu_range range = {START, START + LENGTH};
    (void)image;
    facts(b, &t);
    int rc = dfu_plan_erase(dfu_session_memmap(b->session), &t, &range, 1, NULL, &plan, err);
    return rc == DFU_OK ? run(b, plan, err) : rc;
}

static uint64_t image_start;

static int holds_image(struct bench *b, const struct dfu_image *image)
{
    uint8_t want[LENGTH];
    uint8_t *memory = bench_memory(b, 0x08000000, NULL);
    (void)dfu_image_read(image, DFU_ALT_ANY, image_start, want, LENGTH);
    int right = memcmp(memory + (image_start != 0 ? image_start - 0x08000000 : 0), want, LENGTH) == 0;
    free(memory);
    return right;
}

static int read_it(struct bench *b, const struct dfu_image *image)
{
    uint8_t want[LENGTH];
    uint8_t got[LENGTH];
    (void)b;
    (void)dfu_image_read(image, DFU_ALT_ANY, image_start, want, LENGTH);
    return dfu_image_read(read_into, DFU_ALT_ANY, image_start, got, LENGTH) == LENGTH && memcmp(got, want, LENGTH) == 0;
}

static int is_erased(struct bench *b, const struct dfu_image *image)
{
    size_t length;
    uint8_t *memory = bench_memory(b, 0x08000000, &length);
    uint8_t value = memory[START - 0x08000000];
    int blank = value == 0x00 || value == 0xFF;
    (void)image;
    for (size_t i = 0; i < LENGTH; i++)
        blank = blank && memory[START - 0x08000000 + i] == value;
    free(memory);
    return blank;
}

static const struct job jobs[] = {
    {"flash", flash, holds_image, 0},
    {"verify", verify, holds_image, 1},
    {"read", read_back, read_it, 1},
    {"erase", erase, is_erased, 0},
};

static void load(struct bench *b, const struct dfu_image *image)
{
    uint8_t bytes[LENGTH];
    (void)dfu_image_read(image, DFU_ALT_ANY, image_start, bytes, LENGTH);
    assert_dfu_ok(dfu_sim_load(b->sim, 0, image_start != 0 ? image_start : 0x08000000, bytes, LENGTH, &b->err), b->err);
}

/* Opens the board and runs the job. */
static int attempt(struct bench *b, const struct job *job, const struct dfu_image *image)
{
    struct dfu_open_options o;
    DFU_INIT(&o);
    o.reconnect_ms = RECONNECT_MS;
    dfu_image_free(read_into);
    read_into = NULL;
    int rc = dfu_session_open_path(b->context, dfu_sim_path(b->sim, 0), &o, &b->session, &b->err);
    if (rc == DFU_OK)
        rc = job->run(b, image, &b->err);
    bench_close(b);
    return rc;
}

static void begin(struct bench *b, const char *profile, const struct job *job, const struct dfu_image *image)
{
    bench_new(b, profile, DFU_SIM_INIT_RANDOM, 1);
    put_tap(b);
    if (job->loaded)
        load(b, image);
}

static void one_point(const char *profile, const struct job *job, const struct dfu_image *image, unsigned fault,
                      unsigned n, struct cell *cell)
{
    struct bench b;
    char rule[32];
    begin(&b, profile, job, image);
    (void)snprintf(rule, sizeof rule, "%s@%u", faults[fault], n);
    bench_fault(&b, rule);
    int rc = attempt(&b, job, image);
    struct dfu_sim_counters c = bench_counters(&b);
    int right = rc != DFU_OK || job->right(&b, image);
    cell->runs++;
    cell->recovered += rc == DFU_OK && right;
    cell->failed += rc != DFU_OK;
    cell->wrong += !right;
    if (!right || c.write_unerased != 0)
        fail_msg("%s %s %s: success is %d, flash words programmed twice %u", profile, job->name, rule, rc == DFU_OK,
                 (unsigned)c.write_unerased);
    if (c.elapsed_us > HANG_US)
        fail_msg("%s %s %s: took %u ms", profile, job->name, rule, (unsigned)(c.elapsed_us / 1000));
    if (rc != DFU_OK) {
        print_message("%s %s %s: %s (%s)\n", profile, job->name, rule, dfu_error_message(b.err),
                      dfu_error_cause(b.err) != NULL ? dfu_error_cause(b.err) : "-");
        assert_non_null(dfu_error_hint(b.err));
        dfu_error_free(b.err);
        b.err = NULL;
        rc = attempt(&b, job, image);
        if (rc != DFU_OK || !job->right(&b, image))
            fail_msg("%s %s %s: the second run: %s", profile, job->name, rule, dfu_error_message(b.err));
    }
    bench_free(&b);
}

static void sweep(const char *profile, const struct job *job)
{
    struct bench b;
    struct dfu_sim_profile_info p;
    static enum request kinds[MOST_REQUESTS];
    static int can_be_short[MOST_REQUESTS];
    DFU_INIT(&p);
    for (size_t i = 0; dfu_sim_profile(i, &p) == DFU_OK && strcmp(p.name, profile) != 0; i++)
        continue;
    tap_dfuse = p.protocol == DFU_PROTOCOL_DFUSE;
    if (!tap_dfuse && job->run == erase)
        return;
    image_start = tap_dfuse ? START : 0;
    struct dfu_image *image = bench_image(image_start, LENGTH, 23);
    begin(&b, profile, job, image);
    assert_dfu_ok(attempt(&b, job, image), b.err);
    assert_true(job->right(&b, image));
    bench_free(&b);
    unsigned count = tap.count;
    memcpy(kinds, tap.kinds, sizeof kinds);
    memcpy(can_be_short, tap.can_be_short, sizeof can_be_short);
    for (unsigned n = 1; n <= count; n++) {
        /* A board that is to read 256 KiB asks the same thing all the time. */
        if (count > 200 && n > 60 && n % 16 != 0)
            continue;
        for (unsigned f = 0; f < FAULTS; f++) {
            if (f == SHORT && !can_be_short[n - 1])
                continue;
            one_point(profile, job, image, f, n, &cells[kinds[n - 1]][f]);
        }
    }
    dfu_image_free(image);
    dfu_image_free(read_into);
    read_into = NULL;
}

static void print_table(void)
{
    print_message("%-15s", "");
    for (unsigned f = 0; f < FAULTS; f++)
        print_message(" | %-24s", faults[f]);
    print_message("\n%-15s", "request");
    for (unsigned f = 0; f < FAULTS; f++)
        print_message(" | %-24s", " runs   good failed wrong");
    print_message("\n");
    for (unsigned r = 0; r < REQUESTS; r++) {
        print_message("%-15s", request_names[r]);
        for (unsigned f = 0; f < FAULTS; f++) {
            const struct cell *c = &cells[r][f];
            if (c->runs == 0)
                print_message(" | %-24s", "    - (carries no data)");
            else
                print_message(" | %5u %5.1f%% %6u %5u", c->runs, 100.0 * c->recovered / c->runs, c->failed, c->wrong);
        }
        print_message("\n");
    }
}

static void every_cell(void **state)
{
    static const char *const profiles[] = {"st-loader", "stm32f407", "stm32l476", "stm32h743",
                                           "stm32l152", "gd32vf103", "dfu11"};
    (void)state;
    for (size_t p = 0; p < sizeof profiles / sizeof profiles[0]; p++)
        for (size_t j = 0; j < sizeof jobs / sizeof jobs[0]; j++)
            sweep(profiles[p], &jobs[j]);
    print_table();
    for (unsigned r = 0; r < REQUESTS; r++) {
        for (unsigned f = 0; f < FAULTS; f++) {
            const struct cell *c = &cells[r][f];
            int empty = f == SHORT && (r == ABORT || r == CLRSTATUS);
            assert_true(empty ? c->runs == 0 : c->runs > 0);
            assert_true(c->recovered * 10 >= c->runs * 9);
            assert_int_equal(c->wrong, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
