/* SPDX-License-Identifier: BSD-2-Clause */
/* How a job goes on after its board went away, and what is done about contents and answers that are wrong. */
#include "bench.h"

#define START 0x08000000u
#define LENGTH 40000u /* three sectors of 16 KiB on an F4 */
#define WAIT_MS 10000u

enum { DNLOAD = 1, UPLOAD = 2, GETSTATUS = 3 };

/* A transport around the simulator's that does something of its own now and then. */
struct tap {
    struct dfu_transport_ops ops;
    const struct dfu_transport_ops *inner;
    struct bench *bench;
    unsigned requests; /* class requests so far */
    /* When the device is waited for: */
    int cancel;
    int scribble; /* change its flash */
    /* What enumeration says after the first request: */
    int other_serial; /* it ends in another letter */
    int other_size;   /* another wTransferSize */
    uint8_t serial_index;
    /* A byte of an UPLOAD whose data begins with this much of the image, so often: */
    const uint8_t *mark;
    unsigned bad_reads;
    /* A fault at each erase, so often: */
    const char *at_erase;
    unsigned at_erase_times;
};
static struct tap tap;

static int tap_control(void *conn, const struct dfu_usb_setup *s, void *data, uint32_t timeout_ms,
                       struct dfu_error **err)
{
    if ((s->type & 0x60) != 0)
        tap.requests++;
    if (s->request == DNLOAD && s->value == 0 && s->length == 5 && ((uint8_t *)data)[0] == 0x41 &&
        tap.at_erase_times > 0) {
        char rule[64];
        tap.at_erase_times--;
        (void)snprintf(rule, sizeof rule, "%s@%u", tap.at_erase, tap.requests);
        bench_fault(tap.bench, rule);
    }
    int rc = tap.inner->control(conn, s, data, timeout_ms, err);
    if (s->type == 0x80 && s->request == 6 && s->value == (0x0300 | tap.serial_index) && rc > 4 && tap.requests > 0 &&
        tap.other_serial)
        ((uint8_t *)data)[rc - 2] ^= 1; /* UTF-16, low byte first */
    if (s->type == 0xA1 && s->request == UPLOAD && rc > 64 && tap.mark != NULL && tap.bad_reads > 0 &&
        memcmp(data, tap.mark, 64) == 0) {
        tap.bad_reads--;
        ((uint8_t *)data)[64] ^= 0x04;
    }
    return rc;
}

struct visit {
    dfu_usb_visit_fn *visit;
    void *arg;
};

static int tap_visit(const struct dfu_usb_device *device, void *arg)
{
    struct visit *v = arg;
    struct dfu_usb_device d = *device;
    uint8_t bytes[256];
    struct dfu_usb_config config = d.configs[0];
    tap.serial_index = d.serial_index;
    if (tap.requests > 0 && tap.other_size) {
        /* bLength, bDescriptorType 0x21, bmAttributes, wDetachTimeOut, wTransferSize, bcdDFUVersion: the last one */
        assert_true(config.length <= sizeof bytes);
        memcpy(bytes, config.data, config.length);
        assert_int_equal(bytes[config.length - 8], 0x21);
        bytes[config.length - 3] ^= 0x0C;
        config.data = bytes;
        d.configs = &config;
    }
    return v->visit(&d, v->arg);
}

static int tap_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct visit v = {visit, arg};
    return tap.inner->enumerate(self, tap_visit, &v, err);
}

static int tap_wait_change(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    if (tap.cancel)
        dfu_context_cancel(tap.bench->context);
    if (tap.scribble) {
        uint8_t junk[64] = {1, 2, 3};
        tap.scribble = 0;
        assert_int_equal(dfu_sim_load(tap.bench->sim, 0, START + 100, junk, sizeof junk, NULL), DFU_OK);
    }
    return tap.inner->wait_change(self, deadline_us, err);
}

static void setup(struct bench *b, const char *profile)
{
    struct dfu_context_options co;
    bench_new(b, profile, DFU_SIM_INIT_RANDOM, 1);
    memset(&tap, 0, sizeof tap);
    DFU_INIT(&co);
    dfu_sim_attach(b->sim, &co);
    tap.bench = b;
    tap.inner = co.transport;
    tap.ops = *co.transport;
    tap.ops.control = tap_control;
    tap.ops.enumerate = tap_enumerate;
    tap.ops.wait_change = tap_wait_change;
    co.transport = &tap.ops;
    co.log = bench_log;
    co.log_user = b;
    dfu_context_free(b->context);
    assert_dfu_ok(dfu_context_new(&co, &b->context, &b->err), b->err);
    /* Not by bench_open(): the first request is to come after the device was listed. */
    assert_dfu_ok(dfu_session_open_path(b->context, dfu_sim_path(b->sim, 0), NULL, &b->session, &b->err), b->err);
}

static int holds(const struct bench *b, const struct dfu_image *image, uint64_t start, uint32_t length)
{
    uint8_t *want = malloc(length);
    uint8_t *memory = bench_memory(b, 0x08000000, NULL);
    assert_non_null(want);
    (void)dfu_image_read(image, DFU_ALT_ANY, start, want, length);
    int right = memcmp(memory + (start - 0x08000000), want, length) == 0;
    free(memory);
    free(want);
    return right;
}

static int flash(struct bench *b, const struct dfu_image *image, uint32_t wait_ms, struct dfu_result *result)
{
    struct dfu_run_options o;
    DFU_INIT(&o);
    DFU_INIT(result);
    o.reconnect_ms = wait_ms;
    return dfu_session_write(b->session, image, NULL, &o, result, &b->err);
}

/* Opening an F407 takes 6 requests. Then 3 for each of three erases, 3 for SET_ADDRESS, 2 for the probe and its
 * ABORT, again SET_ADDRESS, and 3 for each of 20 blocks: request 70 is in the last of the three sectors. */
#define IN_THIRD_SECTOR "reconnect@80"

static void finished_sectors_are_left_alone(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    (void)state;
    setup(&b, "stm32f407");
    bench_fault(&b, IN_THIRD_SECTOR);
    assert_dfu_ok(flash(&b, image, WAIT_MS, &result), b.err);
    assert_true(holds(&b, image, START, LENGTH));
    assert_int_equal(result.reconnects, 1);
    assert_int_equal(result.verified, 1);
    assert_int_equal(result.bytes, LENGTH);
    assert_int_equal(bench_counters(&b).erase, 3 + 1);
    assert_true(bench_counters(&b).bytes_down < LENGTH + 16384);
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

static void changed_contents_are_written_again(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    (void)state;
    setup(&b, "stm32f407");
    bench_fault(&b, IN_THIRD_SECTOR);
    tap.scribble = 1;
    assert_dfu_ok(flash(&b, image, WAIT_MS, &result), b.err);
    assert_non_null(strstr(b.log, "beginning again"));
    assert_true(holds(&b, image, START, LENGTH));
    assert_int_equal(result.bytes, LENGTH);
    assert_int_equal(result.erased_sectors, 3);
    assert_int_equal(bench_counters(&b).write_unerased, 0);
    dfu_image_free(image);
    bench_free(&b);
}

/* What was verified before a disconnection is verified again after it. */
static void changed_contents_are_found_late(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    char rule[32];
    (void)state;
    setup(&b, "stm32f407");
    assert_dfu_ok(flash(&b, image, 0, &result), b.err);
    (void)snprintf(rule, sizeof rule, "reconnect@%u", tap.requests - 2);
    bench_free(&b);
    setup(&b, "stm32f407");
    bench_fault(&b, rule);
    tap.scribble = 1;
    assert_dfu_ok(flash(&b, image, WAIT_MS, &result), b.err);
    assert_int_equal(result.reconnects, 1);
    assert_true(holds(&b, image, START, LENGTH));
    assert_int_equal(bench_counters(&b).erase, 3 + 1);
    dfu_image_free(image);
    bench_free(&b);
}

static void another_board_is_refused(void **state)
{
    (void)state;
    for (int other_size = 0; other_size < 2; other_size++) {
        struct bench b;
        struct dfu_result result;
        struct dfu_image *image = bench_image(START, LENGTH, 3);
        setup(&b, "stm32f407");
        bench_fault(&b, IN_THIRD_SECTOR);
        tap.other_size = other_size;
        tap.other_serial = !other_size;
        uint64_t before = bench_counters(&b).dnload;
        assert_int_equal(flash(&b, image, WAIT_MS, &result), DFU_ERR_GONE);
        assert_string_equal(dfu_error_hint(b.err), "plug the same board in again, then repeat the command");
        assert_dfu_error(DFU_ERR_GONE, b.err, DFU_ERR_GONE,
                         other_size ? "its memory map or its transfer size differs" : "another board is at 1-1 now");
        assert_true(result.elapsed_us < WAIT_MS * 1000u); /* at once */
        assert_true(bench_counters(&b).dnload > before);
        uint64_t after = bench_counters(&b).transfers;
        assert_int_equal(dfu_session_run(b.session, NULL, NULL, NULL, NULL), DFU_ERR_ARGUMENT);
        bench_close(&b);
        assert_int_equal(bench_counters(&b).transfers, after); /* the stranger is asked nothing */
        assert_int_equal(after, 80);
        dfu_image_free(image);
        bench_free(&b);
    }
}

static void a_wait_can_be_cancelled(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    (void)state;
    setup(&b, "stm32f407");
    bench_fault(&b, "disconnect@80");
    tap.cancel = 1;
    assert_dfu_error(flash(&b, image, UINT32_MAX, &result), b.err, DFU_ERR_CANCELLED, "cancelled");
    assert_int_equal(result.reconnects, 0);
    dfu_image_free(image);
    bench_free(&b);
}

static void a_wait_ends(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    (void)state;
    setup(&b, "stm32f407");
    bench_fault(&b, "disconnect@80");
    assert_dfu_error(flash(&b, image, WAIT_MS, &result), b.err, DFU_ERR_GONE, "waited 10000 ms");
    assert_true(result.elapsed_us >= WAIT_MS * 1000u && result.elapsed_us < 2 * WAIT_MS * 1000u);
    dfu_image_free(image);
    bench_free(&b);
}

/* A supply that gives in at every erase is not tried for ever. */
static void the_same_fault_again_and_again_ends(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    (void)state;
    setup(&b, "stm32f407");
    tap.at_erase = "reconnect";
    tap.at_erase_times = 100;
    assert_dfu_error(flash(&b, image, WAIT_MS, &result), b.err, DFU_ERR_GONE, "check the supply and the cable");
    assert_int_equal(result.reconnects, 3);
    dfu_image_free(image);
    bench_free(&b);
}

static void a_cell_that_is_stuck_is_told(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_error_info info = {.size = sizeof info};
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    uint8_t mark[64];
    (void)state;
    setup(&b, "stm32f407");
    (void)dfu_image_read(image, DFU_ALT_ANY, START + 2048, mark, sizeof mark);
    tap.mark = mark;
    tap.bad_reads = 1000;
    assert_int_equal(flash(&b, image, 0, &result), DFU_ERR_MISMATCH);
    assert_int_equal(dfu_error_describe(b.err, &info), DFU_OK);
    assert_int_equal(info.address, START + 2048 + 64);
    assert_int_equal(info.expected ^ info.found, 0x04);
    assert_int_equal(result.differing, 1);
    assert_int_equal(result.verified, 0);
    assert_int_equal(bench_counters(&b).erase, 3 + 2);
    assert_dfu_error(DFU_ERR_MISMATCH, b.err, DFU_ERR_MISMATCH, "write protection");
    bench_assert_clean(&b);
    dfu_image_free(image);
    bench_free(&b);
}

static void a_block_that_was_read_wrong_is_read_again(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    uint8_t mark[64];
    (void)state;
    setup(&b, "stm32f407");
    (void)dfu_image_read(image, DFU_ALT_ANY, START + 2048, mark, sizeof mark);
    tap.mark = mark;
    tap.bad_reads = 1;
    assert_dfu_ok(flash(&b, image, 0, &result), b.err);
    assert_int_equal(bench_counters(&b).erase, 3);
    assert_true(result.retries > 0);
    dfu_image_free(image);
    bench_free(&b);
}

static void verifying_alone_never_writes(void **state)
{
    struct bench b;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_image *image = bench_image(START, LENGTH, 3);
    (void)state;
    setup(&b, "stm32f407"); /* holds noise */
    DFU_INIT(&target);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_verify(dfu_session_memmap(b.session), &target, image, NULL, &plan, &b.err), b.err);
    assert_dfu_error(dfu_session_run(b.session, plan, NULL, NULL, &b.err), b.err, DFU_ERR_MISMATCH, "differ");
    assert_int_equal(bench_counters(&b).erase, 0);
    assert_int_equal(bench_counters(&b).bytes_down, 0);
    dfu_plan_free(plan);
    dfu_image_free(image);
    bench_free(&b);
}

/* How often a status must come for the same erase before it is believed. */
static void statuses_are_believed(void **state)
{
    static const struct {
        const char *rule;
        unsigned times;
        int code;
    } cases[] = {
        {"status=errERASE", 1, DFU_OK},          {"status=errERASE", 2, DFU_ERR_DEVICE},
        {"status=errVENDOR", 1, DFU_OK},         {"status=errVENDOR", 2, DFU_ERR_PROTECTED},
        {"status=errTARGET", 1, DFU_ERR_DEVICE}, {"status=errADDRESS", 1, DFU_ERR_DEVICE},
        {"status=errUNKNOWN", 3, DFU_OK},        {"status=errUNKNOWN", 4, DFU_ERR_DEVICE},
        {"status=errSTALLEDPKT", 1, DFU_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct dfu_result result;
        struct dfu_image *image = bench_image(START, LENGTH, 3);
        setup(&b, "stm32f407");
        tap.at_erase = cases[i].rule;
        tap.at_erase_times = cases[i].times;
        int rc = flash(&b, image, 0, &result);
        if (rc != cases[i].code)
            fail_msg("%s, %u times: %s (%s)", cases[i].rule, cases[i].times, dfu_code_name(rc),
                     dfu_error_message(b.err));
        if (rc == DFU_OK) {
            assert_true(holds(&b, image, START, LENGTH));
        } else {
            assert_non_null(dfu_error_hint(b.err));
            assert_int_equal(bench_counters(&b).erase, 0);
        }
        dfu_error_free(b.err);
        b.err = NULL;
        dfu_image_free(image);
        bench_free(&b);
    }
}

/* Quirk B5: 8 sectors that never end. The first costs its whole limit, the others what a sector may take. */
static void the_second_bank_of_an_h743_is_erased(void **state)
{
    struct bench b;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_result result;
    struct dfu_range bank = {0x08100000, 0x08200000};
    (void)state;
    setup(&b, "stm32h743");
    DFU_INIT(&target);
    DFU_INIT(&result);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_erase(dfu_session_memmap(b.session), &target, &bank, 1, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, NULL, &result, &b.err), b.err);
    assert_int_equal(result.erased_sectors, 8);
    assert_int_equal(bench_counters(&b).erase, 8);
    assert_true(result.elapsed_us < 80000000);
    size_t length;
    uint8_t *memory = bench_memory(&b, 0x08000000, &length);
    for (size_t i = 0x100000; i < length; i++)
        assert_int_equal(memory[i], 0xFF);
    assert_non_null(strstr(b.log, "did not end, but the sector reads as blank"));
    assert_null(strstr(b.log, "resetting"));
    free(memory);
    dfu_plan_free(plan);
    bench_free(&b);
}

static void the_second_bank_of_an_h743_is_flashed(void **state)
{
    struct bench b;
    struct dfu_result result;
    struct dfu_image *image = bench_image(0x08100000, LENGTH, 3);
    (void)state;
    setup(&b, "stm32h743");
    assert_dfu_ok(flash(&b, image, 0, &result), b.err);
    assert_true(holds(&b, image, 0x08100000, LENGTH));
    assert_int_equal(bench_counters(&b).write_unerased, 0);
    dfu_image_free(image);
    bench_free(&b);
}

/* Raw requests of a host that is then killed: a mass erase of 8 s begins. */
static void an_erase_that_still_runs_is_waited_for(void **state)
{
    struct bench b;
    uint8_t code = 0x41;
    uint8_t status[6];
    (void)state;
    bench_new(&b, "stm32f429", DFU_SIM_INIT_RANDOM, 1);
    assert_int_equal(bench_raw(&b, 0x21, DNLOAD, 0, &code, 1), 1);
    assert_int_equal(bench_raw(&b, 0xA1, GETSTATUS, 0, status, 6), 6);
    assert_int_equal(status[4], DFU_STATE_DNBUSY);
    bench_open(&b);
    struct dfu_sim_counters c = bench_counters(&b);
    assert_true(c.elapsed_us >= 8000000 && c.elapsed_us < 8500000);
    assert_non_null(strstr(b.log, "is busy (dfuDNBUSY), perhaps with an erase that was begun before: waiting up to "
                                  "14 s")); /* half as long again as it says, and 2 s */
    assert_null(strstr(b.log, "resetting"));
    bench_free(&b);
}

/* A small part that stays busy for no reason is given up on sooner than the 40 s that a big one may need. */
static void a_busy_part_is_waited_for_by_its_size(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "dfu11", 0, 1);
    bench_free(&b);
    bench_new(&b, "st-sample", 0, 1); /* 1 MiB less 32 KiB */
    bench_fault(&b, "state=4@1");
    bench_open(&b);
    assert_true(bench_counters(&b).elapsed_us < 21000000);
    assert_non_null(strstr(b.log, "waiting up to 20 s"));
    bench_free(&b);
}

/* Whatever GETSTATE and GETSTATUS say at first, the board is brought to dfuIDLE, or the user is told what to do. */
static void every_state_of_every_board(void **state)
{
    static const unsigned states[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15};
    struct dfu_sim_profile_info p;
    unsigned opened = 0;
    unsigned told = 0;
    (void)state;
    DFU_INIT(&p);
    for (size_t i = 0; dfu_sim_profile(i, &p) == DFU_OK; i++) {
        for (size_t s = 0; p.mode == DFU_MODE_DFU && s < sizeof states / sizeof states[0]; s++) {
            struct bench b;
            char rule[32];
            uint8_t status[6]; /* not GETSTATE, which mboot does not know */
            bench_new(&b, p.name, DFU_SIM_INIT_RANDOM, 1);
            (void)snprintf(rule, sizeof rule, "state=%u@1", states[s]);
            bench_fault(&b, rule);
            int rc = dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err);
            if (rc == DFU_OK) {
                opened++;
                bench_close(&b);
                if (strstr(p.quirks, "D6") != NULL) { /* deaf to every session but its first, until it is reset */
                    bench_open(&b);
                } else {
                    assert_int_equal(bench_raw(&b, 0xA1, 3, 0, status, sizeof status), sizeof status);
                    assert_int_equal(status[4], DFU_STATE_IDLE);
                }
            } else {
                told++;
                if (dfu_error_hint(b.err) == NULL || p.protocol == DFU_PROTOCOL_DFUSE)
                    fail_msg("%s %s: %s", p.name, rule, dfu_error_message(b.err));
                dfu_error_free(b.err);
                b.err = NULL;
            }
            assert_true(bench_counters(&b).elapsed_us < 60000000);
            bench_free(&b);
        }
    }
    print_message("%u opened, %u told what to do\n", opened, told);
    assert_true(opened > 150);
}

/* Two runs of an image on the pages at 0 and at 64 KiB; nothing but these pages may change. */
static void flash_two_runs(const char *profile, const char *rule, unsigned *requests)
{
    struct bench b;
    size_t length;
    struct dfu_error *err = NULL;
    struct dfu_image *image = bench_image(START, 1500, 61);
    uint8_t more[700];
    memset(more, 0x3C, sizeof more);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, START + 0x10000, more, sizeof more, DFU_OVERLAP_ERROR, &err), err);
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    uint8_t *before = bench_memory(&b, START, &length);
    if (rule != NULL)
        bench_fault(&b, rule);
    bench_open(&b);
    int rc = dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err);
    uint8_t *after = bench_memory(&b, START, NULL);
    assert_dfu_ok(rc, b.err);
    assert_memory_equal(after + 0x10000, more, sizeof more);
    assert_memory_equal(after + 2048, before + 2048, 0x10000 - 2048);
    assert_memory_equal(after + 0x10000 + 2048, before + 0x10000 + 2048, length - 0x10000 - 2048);
    assert_int_equal(bench_counters(&b).write_unerased, 0);
    *requests = (unsigned)bench_counters(&b).transfers;
    free(before);
    free(after);
    dfu_image_free(image);
    bench_free(&b);
}

/* A device that forgets a SET_ADDRESS, and says that it is done, would be written to elsewhere: it has no waits that
 * could tell. */
static void a_forgotten_address_is_not_written_to(void **state)
{
    static const char *const profiles[] = {"stm32l152", "gd32vf103"};
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        unsigned requests = 0;
        unsigned unused;
        flash_two_runs(profiles[p], NULL, &requests);
        for (unsigned n = 1; n <= requests; n++) {
            for (unsigned fault = 4; fault <= 5; fault++) { /* dfuDNBUSY and dfuDNLOAD-IDLE */
                char rule[32];
                (void)snprintf(rule, sizeof rule, "state=%u@%u", fault, n);
                flash_two_runs(profiles[p], rule, &unused);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finished_sectors_are_left_alone),
        cmocka_unit_test(changed_contents_are_written_again),
        cmocka_unit_test(changed_contents_are_found_late),
        cmocka_unit_test(another_board_is_refused),
        cmocka_unit_test(a_wait_can_be_cancelled),
        cmocka_unit_test(a_wait_ends),
        cmocka_unit_test(the_same_fault_again_and_again_ends),
        cmocka_unit_test(a_cell_that_is_stuck_is_told),
        cmocka_unit_test(a_block_that_was_read_wrong_is_read_again),
        cmocka_unit_test(verifying_alone_never_writes),
        cmocka_unit_test(statuses_are_believed),
        cmocka_unit_test(the_second_bank_of_an_h743_is_erased),
        cmocka_unit_test(the_second_bank_of_an_h743_is_flashed),
        cmocka_unit_test(an_erase_that_still_runs_is_waited_for),
        cmocka_unit_test(a_busy_part_is_waited_for_by_its_size),
        cmocka_unit_test(every_state_of_every_board),
        cmocka_unit_test(a_forgotten_address_is_not_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
