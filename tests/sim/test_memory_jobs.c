/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation number n fails, for every n of the jobs that read first, protect, or have many boards. */
#include "bench.h"
#include "refuse.h"

#define FLASH 0x08000000u
/* Over the border of two sectors of an F407, of which neither is covered. */
#define START 0x0800F000u
#define FIRST 4096u
#define LENGTH 7000u

struct trial;
typedef int job_fn(struct trial *t, struct dfu_error **err);

struct option {
    uint32_t address;
    uint8_t value; /* that it has afterwards */
};

/* One kind of job, and how to see from outside that it did what it says. */
struct kind {
    const char *profile;
    job_fn *job;
    void (*before)(struct trial *t);
    void (*check)(struct trial *t); /* after a success */
    const char *text;               /* an assignment, or the interface in the path */
    uint32_t number;                /* plan flags, boards at a time, or the level of protection */
    uint32_t boards;
    int careful;          /* when memory is short, flash stays as it was */
    struct option option; /* the byte that an assignment changes */
};

struct trial {
    const struct kind *kind;
    struct bench b;
    struct dfu_image *old, *image;
    uint8_t *flash; /* as it was before */
    size_t size;
    char seen[2048]; /* what an opened device has: alternate settings, names, regions */
};

static struct dfu_image *two_sectors(uint64_t seed)
{
    static uint8_t rest[LENGTH - FIRST];
    struct dfu_error *err = NULL;
    struct dfu_image *image = bench_image(START, FIRST, seed);
    for (size_t i = 0; i < sizeof rest; i++)
        rest[i] = (uint8_t)(i * 7 + 1);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, START + FIRST, rest, sizeof rest, DFU_OVERLAP_ERROR, &err), err);
    return image;
}

static struct dfu_sim_memory memory_of(const struct trial *t, size_t board)
{
    struct dfu_sim_memory m;
    DFU_INIT(&m);
    assert_int_equal(dfu_sim_get_memory(t->b.sim, board, 0, &m), DFU_OK);
    return m;
}

static int holds(const struct dfu_sim_memory *m, const struct dfu_image *image)
{
    struct dfu_segment s;
    DFU_INIT(&s);
    for (size_t i = 0; dfu_image_segment(image, i, &s) == DFU_OK; i++) {
        if (memcmp(m->data + (s.address - m->start), s.data, (size_t)s.length) != 0)
            return 0;
    }
    return 1;
}

static int open_path(struct trial *t, const char *suffix, struct dfu_error **err)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s%s", dfu_sim_path(t->b.sim, 0), suffix);
    return dfu_session_open_path(t->b.context, path, NULL, &t->b.session, err);
}

/* Writing with a survey. */

static void write_old(struct trial *t)
{
    struct dfu_plan_options options;
    DFU_INIT(&options);
    bench_open(&t->b);
    assert_dfu_ok(dfu_session_write(t->b.session, t->old, &options, NULL, NULL, &t->b.err), t->b.err);
    bench_close(&t->b);
}

static int write_new(struct trial *t, struct dfu_error **err)
{
    struct dfu_plan_options options;
    struct dfu_result result;
    DFU_INIT(&options);
    DFU_INIT(&result);
    options.flags = t->kind->number;
    int rc = open_path(t, "", err);
    if (rc == DFU_OK)
        rc = dfu_session_write(t->b.session, t->image, &options, NULL, &result, err);
    if (rc == DFU_OK)
        assert_int_equal(result.verified, 1);
    return rc;
}

static void check_written(struct trial *t)
{
    struct dfu_sim_memory m = memory_of(t, 0);
    assert_true(holds(&m, t->image));
    if (!(t->kind->number & DFU_PLAN_PRESERVE))
        return;
    assert_memory_equal(m.data, t->flash, START - FLASH);
    assert_memory_equal(m.data + (START + LENGTH - FLASH), t->flash + (START + LENGTH - FLASH),
                        t->size - (START + LENGTH - FLASH));
}

static int survey(struct trial *t, struct dfu_error **err)
{
    struct dfu_plan_options options;
    struct dfu_image *contents = NULL;
    DFU_INIT(&options);
    options.flags = t->kind->number;
    int rc = open_path(t, "", err);
    if (rc == DFU_OK)
        rc = dfu_session_survey(t->b.session, t->image, &options, NULL, &contents, NULL, err);
    if (rc == DFU_OK) {
        struct dfu_sim_memory m = memory_of(t, 0);
        struct dfu_segment some;
        DFU_INIT(&some);
        assert_int_equal(dfu_image_segment(contents, 0, &some), DFU_OK);
        assert_true(holds(&m, contents));
    } else {
        assert_null(contents);
    }
    dfu_image_free(contents);
    return rc;
}

/* Whatever came of it. */
static void check_untouched(struct trial *t)
{
    struct dfu_sim_memory m = memory_of(t, 0);
    assert_memory_equal(m.data, t->flash, t->size);
}

/* Protection and option bytes. */

static int options(struct trial *t, struct dfu_error **err)
{
    struct dfu_optbytes *o = NULL;
    struct dfu_protect_result result;
    DFU_INIT(&result);
    int rc = open_path(t, "", err);
    if (rc == DFU_OK)
        rc = dfu_optbytes_new(dfu_session_memmap(t->b.session), NULL, &o, err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_read(t->b.session, o, err);
    if (rc == DFU_OK)
        rc = dfu_optbytes_set(o, t->kind->text, err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_write(t->b.session, o, NULL, &result, err);
    if (rc == DFU_OK)
        assert_int_equal(result.verified, 1);
    dfu_optbytes_free(o);
    return rc;
}

static void check_options(struct trial *t)
{
    struct dfu_sim_memory m;
    const struct option *o = &t->kind->option;
    DFU_INIT(&m);
    for (size_t i = 0; dfu_sim_get_memory(t->b.sim, 0, i, &m) == DFU_OK; i++) {
        if (o->address >= m.start && o->address - m.start < m.length) {
            assert_int_equal(m.data[o->address - m.start], o->value);
            check_untouched(t);
            return;
        }
    }
    fail_msg("no memory at 0x%08X", o->address);
}

static void protect(struct trial *t)
{
    assert_dfu_ok(dfu_sim_protect(t->b.sim, 0, t->kind->number, &t->b.err), t->b.err);
}

static int unprotect(struct trial *t, struct dfu_error **err)
{
    struct dfu_protect_result result;
    DFU_INIT(&result);
    int rc = open_path(t, "", err);
    if (rc == DFU_OK)
        rc = dfu_session_unprotect(t->b.session, NULL, &result, err);
    if (rc == DFU_OK)
        assert_int_equal(result.verified, 1);
    if (t->kind->number == 0) /* there was nothing to remove: it is not to be erased for that */
        check_untouched(t);
    return rc;
}

static void check_unprotected(struct trial *t)
{
    struct dfu_sim_memory m = memory_of(t, 0);
    for (size_t i = 0; t->kind->number != 0 && i < m.length; i++) {
        if (m.data[i] != m.erased)
            fail_msg("success with flash that is not blank");
    }
}

/* Many boards. */

/* Each board by itself; returns rc. */
static int look_at_boards(const struct trial *t, const struct dfu_gang *gang, int rc)
{
    struct dfu_gang_board board;
    DFU_INIT(&board);
    for (size_t i = 0; dfu_gang_describe(gang, i, &board) == DFU_OK; i++) {
        assert_int_equal(board.state, DFU_GANG_DONE);
        assert_int_equal(dfu_error_code(board.error), board.code);
        assert_true(board.code == DFU_OK || board.code == DFU_ERR_NO_MEMORY);
        assert_string_equal(board.path, dfu_sim_path(t->b.sim, i));
        struct dfu_sim_memory m = memory_of(t, i);
        assert_true(board.code != DFU_OK || holds(&m, t->image));
    }
    return rc;
}

static int gang_job(struct trial *t, struct dfu_error **err)
{
    struct dfu_gang_options o;
    struct dfu_gang *gang = NULL;
    size_t added = 0;
    DFU_INIT(&o);
    o.parallel = t->kind->number;
    int rc = dfu_gang_new(t->b.context, &o, &gang, err);
    if (rc == DFU_OK)
        rc = dfu_gang_add(gang, NULL, &added, err);
    if (rc == DFU_OK) {
        assert_int_equal(added, t->kind->boards);
        rc = look_at_boards(t, gang, dfu_gang_run(gang, t->image, err));
    }
    dfu_gang_free(gang);
    return rc;
}

static int on_end(const struct dfu_gang_event *event, void *user)
{
    int *codes = user;
    if (event->kind == DFU_GANG_END)
        codes[event->board->index] = event->board->code;
    return 0;
}

static int station_job(struct trial *t, struct dfu_error **err)
{
    struct dfu_gang_options o;
    struct dfu_watch_options watch;
    struct dfu_watch_result result;
    struct dfu_gang *gang = NULL;
    int codes[2] = {DFU_OK, DFU_OK};
    DFU_INIT(&o);
    DFU_INIT(&watch);
    DFU_INIT(&result);
    o.parallel = t->kind->number;
    o.event = on_end;
    o.event_user = codes;
    watch.limit = t->kind->boards;
    int rc = dfu_gang_new(t->b.context, &o, &gang, err);
    if (rc == DFU_OK)
        rc = dfu_gang_watch(gang, t->image, &watch, &result, err);
    assert_true(codes[0] == DFU_OK || codes[0] == DFU_ERR_NO_MEMORY);
    assert_true(codes[1] == DFU_OK || codes[1] == DFU_ERR_NO_MEMORY);
    assert_int_equal(result.failed, (codes[0] != DFU_OK) + (codes[1] != DFU_OK));
    size_t good = 0;
    for (size_t i = 0; i < t->kind->boards; i++) {
        struct dfu_sim_memory m = memory_of(t, i);
        good += (size_t)holds(&m, t->image);
    }
    assert_true(good >= result.good);
    dfu_gang_free(gang);
    return rc;
}

static void check_boards(struct trial *t)
{
    for (size_t i = 0; i < t->kind->boards; i++) {
        struct dfu_sim_memory m = memory_of(t, i);
        assert_true(holds(&m, t->image));
    }
}

/* Opening: alternate settings, their names, and the map. */

static int open_and_look(struct trial *t, struct dfu_error **err)
{
    struct dfu_region r;
    const char *name = NULL;
    uint32_t alt = 0;
    int rc = open_path(t, t->kind->text, err);
    if (rc != DFU_OK)
        return rc;
    const struct dfu_device *device = dfu_session_device(t->b.session);
    t->seen[0] = '\0';
    for (size_t i = 0; dfu_device_alt(device, i, &alt, &name) == DFU_OK; i++) {
        size_t used = strlen(t->seen);
        (void)snprintf(t->seen + used, sizeof t->seen - used, "%u=%s;", alt, name != NULL ? name : "?");
    }
    DFU_INIT(&r);
    for (size_t i = 0; dfu_memmap_region(dfu_session_memmap(t->b.session), i, &r) == DFU_OK; i++) {
        size_t used = strlen(t->seen);
        (void)snprintf(t->seen + used, sizeof t->seen - used, "%u:%llx-%llx;", r.alt, (unsigned long long)r.start,
                       (unsigned long long)r.end);
    }
    return rc;
}

/* The device without any refusal, to compare with. */
static void check_opened(struct trial *t)
{
    char seen[sizeof t->seen];
    struct trial other = {.kind = t->kind};
    memcpy(seen, t->seen, sizeof seen);
    bench_new(&other.b, t->kind->profile, 0, t->kind->boards);
    assert_dfu_ok(open_and_look(&other, &other.b.err), other.b.err);
    assert_true(strlen(seen) > 0);
    assert_string_equal(seen, other.seen);
    bench_free(&other.b);
}

/* The sweep. */

static void begin(struct trial *t, const struct kind *kind)
{
    memset(t, 0, sizeof *t);
    t->kind = kind;
    bench_new(&t->b, kind->profile, kind->job == open_and_look ? 0 : DFU_SIM_INIT_RANDOM, kind->boards);
    t->old = two_sectors(11);
    t->image = two_sectors(12);
    if (kind->before != NULL)
        kind->before(t);
    struct dfu_sim_memory m = memory_of(t, 0);
    t->size = (size_t)m.length;
    t->flash = bench_memory(&t->b, m.start, NULL);
}

static void end(struct trial *t)
{
    free(t->flash);
    dfu_image_free(t->old);
    dfu_image_free(t->image);
    bench_free(&t->b);
    assert_int_equal(refuse_alive, 0);
}

static void one(const struct kind *kind, unsigned long n)
{
    struct trial t;
    struct dfu_error *err = NULL;
    begin(&t, kind);
    refuse_asked = 0;
    refuse_at = n;
    int rc = kind->job(&t, &err);
    refuse_at = 0;
    unsigned long asked = refuse_asked;
    if (rc != DFU_OK && rc != DFU_ERR_NO_MEMORY && !(rc == DFU_ERR_SOME_FAILED && kind->boards > 1))
        fail_msg("%s, allocation %lu: %s: %s", kind->profile, n, dfu_code_name(rc), dfu_error_message(err));
    assert_int_equal(dfu_error_code(err), rc);
    dfu_error_free(err);
    err = NULL;
    if (rc == DFU_OK && kind->check != NULL)
        kind->check(&t);
    if (rc == DFU_ERR_NO_MEMORY && kind->careful)
        check_untouched(&t);
    bench_close(&t.b);
    /* Once more, with all the memory in the world. */
    rc = kind->job(&t, &err);
    if (rc != DFU_OK)
        fail_msg("%s, after allocation %lu: %s: %s", kind->profile, n, dfu_code_name(rc), dfu_error_message(err));
    if (kind->check != NULL)
        kind->check(&t);
    end(&t);
    refuse_asked = asked;
}

static void sweep(const struct kind *kinds, size_t count)
{
    refuse_alive = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned long n = 0;
        do {
            one(&kinds[i], ++n);
        } while (n <= refuse_asked);
        assert_true(n > 20);
    }
}

#define SWEEP(kinds) sweep((kinds), sizeof(kinds) / sizeof(kinds)[0])

static void writing_what_differs(void **state)
{
    static const struct kind kinds[] = {
        {"stm32f407", write_new, write_old, check_written, "", DFU_PLAN_DIFF, 1, 1, {0, 0}},
        {"stm32f407", write_new, write_old, check_written, "", DFU_PLAN_PRESERVE, 1, 1, {0, 0}},
        {"stm32f407", write_new, write_old, check_written, "", DFU_PLAN_DIFF | DFU_PLAN_PRESERVE, 1, 1, {0, 0}},
        {"stm32f407", survey, write_old, check_untouched, "", DFU_PLAN_DIFF, 1, 1, {0, 0}},
        {"stm32f407", survey, write_old, check_untouched, "", DFU_PLAN_PRESERVE, 1, 1, {0, 0}},
    };
    (void)state;
    SWEEP(kinds);
}

static void option_bytes(void **state)
{
    static const struct kind kinds[] = {
        {"stm32f407", options, NULL, check_options, "bor=2", 0, 1, 1, {0x1FFFC000, 0xEB}},
        {"stm32f072", options, NULL, check_options, "data0=0x12", 0, 1, 1, {0x1FFFF805, 0xED}},
        {"stm32f429", options, NULL, check_options, "nwrp2=0xFFE", 0, 1, 1, {0x1FFEC008, 0xFE}}, /* the second area */
        {"stm32g431", options, NULL, check_options, "wrp1a_end=3", 0, 1, 1, {0x1FFF781A, 0x03}},
    };
    (void)state;
    SWEEP(kinds);
}

static void protection(void **state)
{
    static const struct kind kinds[] = {
        {"stm32f072", unprotect, NULL, NULL, "", 0, 1, 0, {0, 0}},
        {"stm32f072", unprotect, protect, check_unprotected, "", 1, 1, 0, {0, 0}},
        {"stm32l152", unprotect, protect, check_unprotected, "", 1, 1, 0, {0, 0}},
    };
    (void)state;
    SWEEP(kinds);
}

static void many_boards(void **state)
{
    static const struct kind kinds[] = {
        {"stm32f072", gang_job, NULL, check_boards, "", 1, 2, 0, {0, 0}},
        {"stm32f072", gang_job, NULL, check_boards, "", 0, 2, 0, {0, 0}},
        {"stm32f072", station_job, NULL, check_boards, "", 1, 2, 0, {0, 0}},
        {"stm32f072", station_job, NULL, check_boards, "", 0, 2, 0, {0, 0}},
    };
    (void)state;
    SWEEP(kinds);
}

static void quirks_of_opening(void **state)
{
    static const struct kind kinds[] = {
        {"portenta", open_and_look, NULL, check_opened, "", 0, 1, 0, {0, 0}},
        {"st-pair", open_and_look, NULL, check_opened, ":1.0", 0, 1, 0, {0, 0}},
        {"st-pair", open_and_look, NULL, check_opened, ":1.1", 0, 1, 0, {0, 0}},
        {"gd32vf103", open_and_look, NULL, check_opened, "", 0, 1, 0, {0, 0}},
    };
    (void)state;
    SWEEP(kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_what_differs), cmocka_unit_test(option_bytes),      cmocka_unit_test(protection),
        cmocka_unit_test(many_boards),          cmocka_unit_test(quirks_of_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
