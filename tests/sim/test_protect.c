/* SPDX-License-Identifier: BSD-2-Clause */
/* Read protection, option bytes and OTP against simulated ROMs; faults at every request never give a false success. */
#include "bench.h"

#define START 0x08000000u

static const char *const roms[] = {"stm32f072", "stm32f105", "stm32f407", "stm32f429", "stm32f746",
                                   "stm32l476", "stm32g474", "stm32l152", "stm32h743", "stm32f405",
                                   "stm32f767", "stm32g431", "stm32f042", "apm32f103"};
#define ROMS (sizeof roms / sizeof roms[0])

static void protect(struct bench *b, uint32_t level)
{
    assert_dfu_ok(dfu_sim_protect(b->sim, 0, level, &b->err), b->err);
}

static int all_are(const uint8_t *data, size_t length, uint8_t value)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] != value)
            return 0;
    }
    return 1;
}

/* Is flash all erased, and the board open? Asked of the simulator, not of the library. */
static int blank(const struct bench *b)
{
    struct dfu_sim_memory m;
    DFU_INIT(&m);
    assert_int_equal(dfu_sim_get_memory(b->sim, 0, 0, &m), DFU_OK);
    return all_are(m.data, (size_t)m.length, (uint8_t)m.erased);
}

static int unprotect(struct bench *b, struct dfu_protect_result *result)
{
    DFU_INIT(result);
    int rc = dfu_session_open_path(b->context, dfu_sim_path(b->sim, 0), NULL, &b->session, &b->err);
    return rc == DFU_OK ? dfu_session_unprotect(b->session, NULL, result, &b->err) : rc;
}

/* Quirks B19. */
static void every_rom_is_unprotected(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROMS; i++) {
        struct bench b;
        struct dfu_protect_result result;
        bench_new(&b, roms[i], DFU_SIM_INIT_RANDOM, 1);
        protect(&b, 1);
        int rc = unprotect(&b, &result);
        assert_dfu_ok(rc, b.err);
        assert_int_equal(result.changed, 1);
        assert_int_equal(result.verified, 1);
        assert_int_equal(result.rdp_after, DFU_RDP_0);
        assert_true(blank(&b));
        bench_assert_clean(&b);
        /* The session goes on: the board is ready to be flashed. */
        struct dfu_image *image = bench_image(START, 5000, 7);
        assert_dfu_ok(dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err), b.err);
        dfu_image_free(image);
        bench_free(&b);
    }
}

static void nothing_to_do_is_not_an_erase(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROMS; i++) {
        struct bench b;
        struct dfu_protect_result result;
        bench_new(&b, roms[i], DFU_SIM_INIT_RANDOM, 1);
        int rc = unprotect(&b, &result);
        assert_dfu_ok(rc, b.err);
        assert_int_equal(result.changed, 0);
        assert_int_equal(result.rdp_before, DFU_RDP_0);
        assert_false(blank(&b));
        bench_free(&b);
    }
}

/* ST's library takes any one-byte command, says OK, and does nothing: it is not even asked. */
static void loader_without_the_command(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_protect_result result;
    bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
    int rc = unprotect(&b, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_UNSUPPORTED, "no READ UNPROTECT command");
    assert_false(blank(&b));
    bench_free(&b);
}

/* Quirks E6. */
static void a_protected_board_refuses_or_pretends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROMS; i++) {
        struct bench b;
        struct dfu_image *image = bench_image(START, 3000, 5);
        bench_new(&b, roms[i], DFU_SIM_INIT_RANDOM, 1);
        protect(&b, 1);
        bench_open(&b);
        int rc = dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err);
        assert_dfu_error(rc, b.err, DFU_ERR_PROTECTED, "dfu unprotect");
        dfu_image_free(image);
        bench_free(&b);
    }
}

static int run_plan(struct bench *b, int rc, struct dfu_plan *plan, struct dfu_image *into)
{
    struct dfu_run_options ro;
    DFU_INIT(&ro);
    ro.into = into;
    assert_dfu_ok(rc, b->err);
    rc = dfu_session_run(b->session, plan, &ro, NULL, &b->err);
    dfu_plan_free(plan);
    return rc;
}

/* Quirk E6: all of its flash reads as zeros, which is neither erased, nor what an image of zeros asks for, nor
 * contents. (Flash of L0 and L1 erases to zeros; their loader refuses.) */
static void zeros_of_a_protected_board_are_not_believed(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_image *image = NULL;
    struct dfu_image *into = NULL;
    static const uint8_t zeros[3000] = {0};
    const struct dfu_range r = {START, START + 3000};
    DFU_INIT(&target);
    bench_new(&b, "stm32l476", DFU_SIM_INIT_RANDOM, 1);
    assert_dfu_ok(dfu_image_new(&image, &b.err), b.err);
    assert_dfu_ok(dfu_image_new(&into, &b.err), b.err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, START, zeros, sizeof zeros, DFU_OVERLAP_ERROR, &b.err), b.err);
    for (int level = 1; level >= 0; level--) {
        protect(&b, (uint32_t)level);
        bench_open(&b);
        dfu_session_target(b.session, &target);
        const struct dfu_memmap *map = dfu_session_memmap(b.session);
        for (int job = 0; job < 5; job++) {
            int rc = job == 0   ? dfu_plan_erase(map, &target, &r, 1, NULL, &plan, &b.err)
                     : job == 1 ? dfu_plan_mass_erase(map, &target, NULL, &plan, &b.err)
                     : job == 2 ? dfu_plan_write(map, &target, image, NULL, &plan, &b.err)
                     : job == 3 ? dfu_plan_verify(map, &target, image, NULL, &plan, &b.err)
                                : dfu_plan_read(map, &target, &r, 1, NULL, &plan, &b.err);
            rc = run_plan(&b, rc, plan, into);
            if (level == 0)
                assert_dfu_ok(rc, b.err);
            else
                assert_dfu_error(rc, b.err, DFU_ERR_PROTECTED, "read-protected");
            b.err = NULL;
        }
        bench_close(&b);
    }
    dfu_image_free(image);
    dfu_image_free(into);
    bench_free(&b);
}

/* The sector is named, also when it is not the first one, whose erase is looked at. */
static void write_protected_sectors_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        uint64_t options;
        const char *bytes; /* three of them, from offset on */
        uint64_t offset, at;
        const char *text;
    } rows[] = {{"stm32f407", 0x1FFFC000, "\xFE", 8, 0x08000000, "0x08000000..0x08004000 is write-protected"},
                {"stm32f407", 0x1FFFC000, "\xFD", 8, 0x08000000, "0x08004000..0x08008000 is write-protected"},
                {"stm32f072", 0x1FFFF800, "\xFB", 8, 0x08000000, "0x08002000..0x08003000 is write-protected"},
                {"stm32l152", 0x1FF80000, "\x04", 8, 0x08000000, "0x08002000..0x08003000 is write-protected"},
                {"stm32g474", 0x1FFF7800, "\x02", 24, 0x08000000, "0x08001000..0x08001800 is write-protected"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        struct dfu_image *image = bench_image(rows[i].at, 20000, 5);
        bench_new(&b, rows[i].profile, DFU_SIM_INIT_RANDOM, 1);
        assert_dfu_ok(dfu_sim_load(b.sim, 0, rows[i].options + rows[i].offset, rows[i].bytes, 1, &b.err), b.err);
        if (rows[i].offset == 24) /* the last page of the area as well */
            assert_dfu_ok(dfu_sim_load(b.sim, 0, rows[i].options + 26, "\x02", 1, &b.err), b.err);
        bench_open(&b);
        int rc = dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err);
        assert_dfu_error(rc, b.err, DFU_ERR_PROTECTED, rows[i].text);
        dfu_image_free(image);
        bench_free(&b);
    }
}

static struct dfu_optbytes *options_of(struct bench *b)
{
    struct dfu_optbytes *o = NULL;
    assert_dfu_ok(dfu_optbytes_new(dfu_session_memmap(b->session), NULL, &o, &b->err), b->err);
    return o;
}

static int write_options(struct bench *b, const char *assignment, uint32_t flags, struct dfu_protect_result *result)
{
    struct dfu_protect_options po;
    DFU_INIT(&po);
    DFU_INIT(result);
    po.flags = flags;
    struct dfu_optbytes *o = options_of(b);
    int rc = dfu_session_optbytes_read(b->session, o, &b->err);
    if (rc == DFU_OK)
        rc = dfu_optbytes_set(o, assignment, &b->err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_write(b->session, o, &po, result, &b->err);
    dfu_optbytes_free(o);
    return rc;
}

/* Quirks B20 H5. */
static void option_bytes_are_written_once_and_compared(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *assignment;
        uint64_t memory;
        size_t offset;
        uint8_t before, after;
    } rows[] = {{"stm32f407", "bor=2", 0x1FFFC000, 0, 0xEF, 0xEB},
                {"stm32f072", "data0=0x12", 0x1FFFF800, 5, 0x00, 0xED}, /* the complement */
                {"stm32f105", "wdg_sw=0", 0x1FFFF800, 2, 0xFF, 0xFE},
                {"stm32f746", "boot_add0=0x2004", 0x1FFF0000, 17, 0x00, 0x20},
                {"stm32l476", "nswboot0=0", 0x1FFF7800, 7, 0x00, 0x04},
                {"stm32g474", "wrp1a_end=3", 0x1FFF7800, 26, 0x00, 0x03},
                {"stm32l152", "bor=9", 0x1FF80000, 4, 0xF8, 0xF9},
                {"stm32f429", "nwrp2=0xFFE", 0x1FFEC000, 8, 0xFF, 0xFE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        struct dfu_protect_result result;
        bench_new(&b, rows[i].profile, DFU_SIM_INIT_RANDOM, 1);
        bench_open(&b);
        uint8_t *before = bench_memory(&b, rows[i].memory, NULL);
        assert_int_equal(before[rows[i].offset], rows[i].before);
        int rc = write_options(&b, rows[i].assignment, 0, &result);
        assert_dfu_ok(rc, b.err);
        assert_int_equal(result.changed, 1);
        assert_int_equal(result.verified, 1);
        uint8_t *after = bench_memory(&b, rows[i].memory, NULL);
        assert_int_equal(after[rows[i].offset], rows[i].after);
        assert_false(blank(&b));
        bench_assert_clean(&b);
        /* The same again: nothing to do, and nothing is sent. */
        uint64_t dnload = bench_counters(&b).bytes_down;
        assert_dfu_ok(write_options(&b, rows[i].assignment, 0, &result), b.err);
        assert_int_equal(result.changed, 0);
        assert_int_equal(bench_counters(&b).bytes_down, dnload);
        free(before);
        free(after);
        bench_free(&b);
    }
}

/* Quirk C19: what is there is read, and only that is written. */
static void fewer_option_bytes_than_the_map_says(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_protect_result result;
    struct dfu_optbytes_area_info area;
    DFU_INIT(&area);
    bench_new(&b, "stm32g431", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    struct dfu_optbytes *o = options_of(&b);
    assert_dfu_ok(dfu_session_optbytes_read(b.session, o, &b.err), b.err);
    assert_int_equal(dfu_optbytes_area(o, 0, &area), DFU_OK);
    assert_int_equal(area.length, 48);
    assert_int_equal(area.known, 40);
    assert_int_equal(dfu_optbytes_rdp(o), DFU_RDP_0);
    dfu_optbytes_free(o);
    assert_dfu_ok(write_options(&b, "wrp1a_end=3", 0, &result), b.err);
    assert_int_equal(result.verified, 1);
    size_t length = 0;
    uint8_t *bytes = bench_memory(&b, 0x1FFF7800, &length);
    assert_int_equal(length, 40);
    assert_int_equal(bytes[26], 0x03);
    assert_int_equal(bytes[30], 0xFC);
    free(bytes);
    bench_assert_clean(&b);
    bench_free(&b);
}

static void protection_goes_on_and_is_seen(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_protect_result result;
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(write_options(&b, "rdp=1", 0, &result), b.err);
    assert_int_equal(result.rdp_after, DFU_RDP_1);
    assert_int_equal(result.verified, 0); /* this ROM lets nothing be read any more */
    int rc = write_options(&b, "rdp=0", 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_PROTECTED, "read protection is on");
    bench_free(&b);
    bench_new(&b, "stm32l476", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    assert_dfu_ok(write_options(&b, "rdp=1", 0, &result), b.err);
    assert_int_equal(result.verified, 1);
    rc = write_options(&b, "rdp=0", 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_PROTECTED, "loaders change nothing then");
    bench_free(&b);
}

static void level_2_needs_its_own_word(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_protect_result result;
    struct dfu_list *list = NULL;
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    int rc = write_options(&b, "rdp=2", 0, &result);
    assert_dfu_error(rc, b.err, DFU_ERR_ARGUMENT, "level 2 (0xCC) is for ever");
    uint8_t *bytes = bench_memory(&b, 0x1FFFC000, NULL);
    assert_int_equal(bytes[1], 0xAA);
    free(bytes);
    assert_dfu_ok(write_options(&b, "rdp=2", DFU_PROTECT_ALLOW_RDP2, &result), b.err);
    assert_int_equal(result.verified, 0);
    bench_close(&b);
    assert_dfu_ok(dfu_list_new(b.context, NULL, &list, &b.err), b.err);
    assert_int_equal(dfu_list_count(list), 0);
    dfu_list_free(list);
    bench_free(&b);
}

static unsigned requests_of(const char *profile, int what)
{
    struct bench b;
    struct dfu_protect_result result;
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    if (what == 0)
        protect(&b, 1);
    bench_open(&b);
    if (what == 0)
        assert_dfu_ok(dfu_session_unprotect(b.session, NULL, NULL, &b.err), b.err);
    else
        assert_dfu_ok(write_options(&b, what == 1 ? "data0=0x12" : "bor=2", 0, &result), b.err);
    unsigned n = (unsigned)bench_counters(&b).transfers;
    bench_free(&b);
    return n;
}

static const char *const faults[] = {"stall@%u",      "timeout@%u",          "short@%u",
                                     "disconnect@%u", "reconnect@%u",        "flip@%u",
                                     "state=15@%u",   "status=errVENDOR@%u", "status=errTARGET@%u",
                                     "poll=30000@%u"};

static void one_unprotect(const char *profile, const char *rule)
{
    struct bench b;
    struct dfu_protect_result result;
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    protect(&b, 1);
    bench_fault(&b, rule);
    int rc = unprotect(&b, &result);
    if (rc == DFU_OK && (!blank(&b) || !result.verified))
        fail_msg("%s %s: success with flash that is not blank", profile, rule);
    if (rc != DFU_OK && dfu_error_hint(b.err) == NULL && dfu_error_cause(b.err) == NULL)
        fail_msg("%s %s: neither cause nor hint: %s", profile, rule, dfu_error_message(b.err));
    dfu_error_free(b.err);
    b.err = NULL;
    bench_free(&b);
}

/* One bad answer about the level must not cost an open board its flash: a flipped bit looks like protection, too. */
static void an_open_board_keeps_its_flash(void **state)
{
    static const char *const profiles[] = {"stm32f072", "stm32f407", "stm32g474", "stm32l152"};
    (void)state;
    for (size_t p = 0; p < sizeof profiles / sizeof profiles[0]; p++) {
        for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
            for (unsigned at = 1; at <= 40; at++) {
                struct bench b;
                struct dfu_protect_result result;
                char rule[64];
                bench_new(&b, profiles[p], DFU_SIM_INIT_RANDOM, 1);
                (void)snprintf(rule, sizeof rule, faults[k], at);
                bench_fault(&b, rule);
                (void)unprotect(&b, &result);
                if (blank(&b))
                    fail_msg("%s %s: a board without protection was erased", profiles[p], rule);
                dfu_error_free(b.err);
                b.err = NULL;
                bench_free(&b);
            }
        }
    }
}

/* Requests of the first part only: what reads 128 KiB back is the same request again and again. */
static void faults_while_unprotecting(void **state)
{
    (void)state;
    static const char *const profiles[] = {"stm32f407", "stm32l476", "stm32l152"};
    for (size_t p = 0; p < 3; p++) {
        unsigned n = requests_of(profiles[p], 0);
        for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
            char rule[64];
            for (unsigned at = 1; at <= (n < 60 ? n : 60); at++) {
                (void)snprintf(rule, sizeof rule, faults[k], at);
                one_unprotect(profiles[p], rule);
            }
            (void)snprintf(rule, sizeof rule, faults[k], n);
            one_unprotect(profiles[p], rule);
        }
    }
}

/* Erased flash of an L1 reads as closed flash of other chips does: the option bytes decide, and are asked twice. */
static void a_failure_after_the_return_is_no_protection(void **state)
{
    (void)state;
    for (unsigned at = 15; at <= 40; at++) {
        struct bench b;
        struct dfu_protect_result result;
        char rule[32];
        bench_new(&b, "stm32l152", DFU_SIM_INIT_RANDOM, 1);
        protect(&b, 1);
        (void)snprintf(rule, sizeof rule, "status=errUNKNOWN@%u", at);
        bench_fault(&b, rule);
        int rc = unprotect(&b, &result);
        if (rc == DFU_ERR_PROTECTED)
            assert_false(blank(&b));
        dfu_error_free(b.err);
        b.err = NULL;
        bench_free(&b);
    }
}

static void one_write(const char *profile, const char *assignment, uint64_t memory, size_t length, const uint8_t *want,
                      const char *rule)
{
    struct bench b;
    struct dfu_protect_result result;
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    bench_fault(&b, rule);
    DFU_INIT(&result);
    int rc = dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err);
    if (rc == DFU_OK)
        rc = write_options(&b, assignment, 0, &result);
    uint8_t *now = bench_memory(&b, memory, NULL);
    if (rc == DFU_OK && (!result.verified || memcmp(now, want, length) != 0))
        fail_msg("%s %s: success with other option bytes", profile, rule);
    free(now);
    dfu_error_free(b.err);
    b.err = NULL;
    bench_free(&b);
}

static void faults_while_writing_options(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *assignment;
        uint64_t memory;
        size_t length;
        int what;
    } rows[] = {{"stm32f072", "data0=0x12", 0x1FFFF800, 16, 1}, {"stm32f407", "bor=2", 0x1FFFC000, 16, 2}};
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        struct dfu_protect_result result;
        bench_new(&b, rows[i].profile, DFU_SIM_INIT_RANDOM, 1);
        bench_open(&b);
        assert_dfu_ok(write_options(&b, rows[i].assignment, 0, &result), b.err);
        uint8_t *want = bench_memory(&b, rows[i].memory, NULL);
        bench_free(&b);
        unsigned n = requests_of(rows[i].profile, rows[i].what);
        for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
            for (unsigned at = 1; at <= n; at++) {
                char rule[64];
                (void)snprintf(rule, sizeof rule, faults[k], at);
                one_write(rows[i].profile, rows[i].assignment, rows[i].memory, rows[i].length, want, rule);
            }
        }
        free(want);
    }
}

static int write_otp(struct bench *b, uint64_t address, const void *data, size_t length, uint32_t flags)
{
    struct dfu_image *image = NULL;
    struct dfu_plan_options po;
    struct dfu_result result;
    DFU_INIT(&po);
    DFU_INIT(&result);
    po.flags = flags;
    assert_dfu_ok(dfu_image_new(&image, &b->err), b->err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, address, data, length, DFU_OVERLAP_ERROR, &b->err), b->err);
    int rc = dfu_session_write(b->session, image, &po, NULL, &result, &b->err);
    if (rc == DFU_OK)
        assert_int_equal(result.verified, 1);
    dfu_image_free(image);
    return rc;
}

static void otp_only_when_forced_and_only_once(void **state)
{
    (void)state;
    struct bench b;
    bench_new(&b, "stm32f407", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    int rc = write_otp(&b, 0x1FFF7803, "\x12\x34", 2, 0);
    assert_dfu_error(rc, b.err, DFU_ERR_RANGE, "one-time programmable");
    assert_dfu_ok(write_otp(&b, 0x1FFF7803, "\x12\x34", 2, DFU_PLAN_FORCE_OTP), b.err);
    uint8_t *otp = bench_memory(&b, 0x1FFF7800, NULL);
    assert_memory_equal(otp, "\xFF\xFF\xFF\x12\x34\xFF", 6);
    free(otp);
    /* The same again is nothing to do; fewer bits is possible; more is refused before anything is sent. */
    uint64_t down = bench_counters(&b).bytes_down;
    assert_dfu_ok(write_otp(&b, 0x1FFF7803, "\x12\x34", 2, DFU_PLAN_FORCE_OTP), b.err);
    assert_int_equal(bench_counters(&b).bytes_down, down);
    rc = write_otp(&b, 0x1FFF7802, "\x00\x13", 2, DFU_PLAN_FORCE_OTP);
    assert_dfu_error(rc, b.err, DFU_ERR_RANGE, "cannot program 0x13 at 0x1FFF7803: it holds 0x12");
    assert_int_equal(bench_counters(&b).bytes_down, down);
    rc = write_otp(&b, 0x1FFFC000, "\x00", 1, DFU_PLAN_FORCE_OTP);
    assert_dfu_error(rc, b.err, DFU_ERR_RANGE, "option bytes");
    bench_free(&b);
}

static void option_bytes_called_erasable_are_not_erased(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_plan *plan = NULL;
    struct dfu_target target;
    const struct dfu_range r = {0x1FFFF800, 0x1FFFF810};
    struct dfu_plan_options po;
    DFU_INIT(&target);
    DFU_INIT(&po);
    po.flags = DFU_PLAN_FORCE_ERASE;
    bench_new(&b, "stm32f105", DFU_SIM_INIT_RANDOM, 1);
    bench_open(&b);
    dfu_session_target(b.session, &target);
    int rc = dfu_plan_erase(dfu_session_memmap(b.session), &target, &r, 1, &po, &plan, &b.err);
    assert_dfu_error(rc, b.err, DFU_ERR_RANGE, "option bytes, which may lock the chip");
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rom_is_unprotected),
        cmocka_unit_test(nothing_to_do_is_not_an_erase),
        cmocka_unit_test(loader_without_the_command),
        cmocka_unit_test(a_protected_board_refuses_or_pretends),
        cmocka_unit_test(zeros_of_a_protected_board_are_not_believed),
        cmocka_unit_test(write_protected_sectors_are_named),
        cmocka_unit_test(option_bytes_are_written_once_and_compared),
        cmocka_unit_test(fewer_option_bytes_than_the_map_says),
        cmocka_unit_test(protection_goes_on_and_is_seen),
        cmocka_unit_test(level_2_needs_its_own_word),
        cmocka_unit_test(an_open_board_keeps_its_flash),
        cmocka_unit_test(faults_while_unprotecting),
        cmocka_unit_test(faults_while_writing_options),
        cmocka_unit_test(a_failure_after_the_return_is_no_protection),
        cmocka_unit_test(otp_only_when_forced_and_only_once),
        cmocka_unit_test(option_bytes_called_erasable_are_not_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
