/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a device in whatever state a previous host left it (protocol rule 2). */
#include "bench.h"

enum { OUT = 0x21, IN = 0xA1, DNLOAD = 1, UPLOAD = 2, GETSTATUS = 3, CLRSTATUS = 4, GETSTATE = 5, ABORT = 6 };

static void command(struct bench *b, uint8_t code, uint32_t address)
{
    uint8_t data[5] = {code, (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16),
                       (uint8_t)(address >> 24)};
    assert_int_equal(bench_raw(b, OUT, DNLOAD, 0, data, sizeof data), sizeof data);
}

static void finish(struct bench *b)
{
    uint8_t status[6];
    assert_int_equal(bench_raw(b, IN, GETSTATUS, 0, status, sizeof status), 6);
    assert_int_equal(bench_raw(b, IN, GETSTATUS, 0, status, sizeof status), 6);
}

static uint8_t state_of(struct bench *b)
{
    uint8_t state = 0xEE;
    assert_int_equal(bench_raw(b, IN, GETSTATE, 0, &state, 1), 1);
    return state;
}

enum pending { ERASE, BLOCK, LEAVE };

/* Leaves a command waiting for its GETSTATUS, as a killed host does. */
static void leave_pending(struct bench *b, enum pending what)
{
    uint8_t block[64] = {0};
    if (what == ERASE) {
        command(b, 0x41, 0x08008000);
    } else if (what == BLOCK) {
        command(b, 0x21, 0x08008000);
        finish(b);
        assert_int_equal(bench_raw(b, OUT, DNLOAD, 2, block, sizeof block), sizeof block);
    } else {
        assert_int_equal(bench_raw(b, OUT, DNLOAD, 2, NULL, 0), 0);
    }
}

/* Quirks H1. */
static void pending_commands_are_not_run(void **state)
{
    (void)state;
    for (enum pending what = ERASE; what <= LEAVE; what++) {
        struct bench b;
        size_t length;
        struct dfu_session_info info;
        DFU_INIT(&info);
        bench_new(&b, "st-loader", DFU_SIM_INIT_RANDOM, 1);
        leave_pending(&b, what);
        uint8_t *before = bench_memory(&b, 0x08000000, &length);
        uint64_t erases = bench_counters(&b).erase;
        bench_open(&b);
        assert_dfu_ok(dfu_session_describe(b.session, 1, &info, &b.err), b.err);
        assert_int_equal(info.found_state, what == LEAVE ? DFU_STATE_MANIFEST_SYNC : DFU_STATE_DNLOAD_SYNC);
        assert_int_equal(info.command_count, 3);
        assert_memory_equal(info.commands, "\x00\x21\x41", 3);
        bench_close(&b);
        uint8_t *after = bench_memory(&b, 0x08000000, &length);
        assert_memory_equal(before, after, length);
        assert_int_equal(bench_counters(&b).erase, erases);
        assert_int_equal(state_of(&b), DFU_STATE_IDLE); /* and it is still there: the leave did not happen */
        free(before);
        free(after);
        bench_free(&b);
    }
}

/* Quirks B13. */
static void state_15_is_cleared(void **state)
{
    struct bench b;
    uint8_t data[64];
    (void)state;
    bench_new(&b, "st-loader", 0, 1);
    assert_int_equal(bench_raw(&b, IN, UPLOAD, 1, data, sizeof data), DFU_ERR_STALL);
    assert_int_equal(state_of(&b), 15);
    bench_open(&b);
    assert_int_equal(state_of(&b), DFU_STATE_IDLE);
    assert_null(strstr(b.log, "resetting")); /* CLRSTATUS does; a reset may end DFU mode */
    bench_free(&b);
}

static void busy_for_ever_is_reset(void **state)
{
    struct bench b;
    uint8_t unknown[5] = {0x77};
    uint8_t status[6];
    (void)state;
    bench_new(&b, "st-loader", 0, 1);
    assert_int_equal(bench_raw(&b, OUT, DNLOAD, 0, unknown, sizeof unknown), sizeof unknown);
    assert_int_equal(bench_raw(&b, IN, GETSTATUS, 0, status, sizeof status), 6);
    assert_int_equal(state_of(&b), DFU_STATE_DNBUSY);
    bench_open(&b);
    assert_int_equal(state_of(&b), DFU_STATE_IDLE);
    assert_non_null(strstr(b.log, "resetting"));
    bench_free(&b);
}

/* Left in dfuMANIFEST-WAIT-RESET: the reset starts the program, and that is what the error must say. */
static void a_reset_that_ends_dfu_mode(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "dfu11-reset", 0, 1);
    assert_dfu_ok(dfu_sim_fault(b.sim, "state=8@1", &b.err), b.err);
    int rc = dfu_session_open_path(b.context, dfu_sim_path(b.sim, 0), NULL, &b.session, &b.err);
    assert_dfu_error(rc, b.err, DFU_ERR_GONE, "came back, but not in DFU mode");
    assert_null(b.session);
    bench_free(&b);
}

/* Quirks B21. */
static void error_is_cleared(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "st-loader", 0, 1);
    assert_int_equal(bench_raw(&b, OUT, CLRSTATUS, 0, NULL, 0), 0);
    assert_int_equal(state_of(&b), DFU_STATE_ERROR);
    bench_open(&b);
    assert_int_equal(state_of(&b), DFU_STATE_IDLE);
    assert_null(strstr(b.log, "resetting"));
    bench_free(&b);
}

/* Quirks B1. */
static void a_clean_open_takes_three_requests(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "st-loader", 0, 1);
    bench_open(&b);
    assert_int_equal(bench_counters(&b).transfers, 3);
    bench_close(&b);
    assert_int_equal(bench_counters(&b).transfers, 3);
    bench_assert_clean(&b);
    bench_free(&b);
}

/* DFU interfaces, which are in one configuration or in two. */
static int has_two(const char *profile)
{
    return strcmp(profile, "st-pair") == 0 || strcmp(profile, "st-configs") == 0;
}

/* Quirks A6. */
static void every_profile_is_listed_and_opens(void **state)
{
    struct dfu_sim_profile_info p;
    size_t i;
    (void)state;
    DFU_INIT(&p);
    for (i = 0; dfu_sim_profile(i, &p) == DFU_OK; i++) {
        struct bench b;
        struct dfu_list *list = NULL;
        struct dfu_device_info info;
        DFU_INIT(&info);
        bench_new(&b, p.name, 0, 1);
        assert_dfu_ok(dfu_list_new(b.context, NULL, &list, &b.err), b.err);
        assert_int_equal(dfu_list_count(list), has_two(p.name) ? 2 : 1);
        assert_int_equal(bench_counters(&b).transfers, 0); /* listing sends no class request */
        assert_int_equal(dfu_device_describe(dfu_list_at(list, 0), &info), DFU_OK);
        if (p.mode == DFU_MODE_DFU) /* ids are the loader's */
            assert_int_equal(info.vid, p.vid);
        assert_int_equal(info.mode, p.mode);
        assert_int_equal(info.transfer_size, p.transfer_size);
        if (strcmp(p.name, "maple") != 0) /* quirk C24 */
            assert_int_equal(info.protocol, p.protocol);
        assert_int_equal(info.alt_count, p.mode == DFU_MODE_DFU ? p.alt_count : 1);
        assert_string_equal(info.serial, dfu_sim_serial(b.sim, 0));
        if (p.mode == DFU_MODE_DFU && info.protocol == DFU_PROTOCOL_DFUSE)
            assert_true(dfu_memmap_count(dfu_device_memmap(dfu_list_at(list, 0))) > 0);
        dfu_list_free(list);
        if (strcmp(p.name, "atmel") != 0) /* quirk D7 */
            bench_open(&b);
        assert_null(strstr(b.log, "resetting"));
        bench_free(&b);
    }
    assert_true(i >= 45);
}

static void a_path_that_is_not_there(void **state)
{
    struct bench b;
    (void)state;
    bench_new(&b, "st-loader", 0, 1);
    assert_dfu_error(dfu_session_open_path(b.context, "9-9", NULL, &b.session, &b.err), b.err, DFU_ERR_NO_DEVICE,
                     "9-9");
    bench_free(&b);
}

static void a_hundred_boards(void **state)
{
    struct bench b;
    struct dfu_session *sessions[100];
    struct dfu_list *list = NULL;
    (void)state;
    bench_new(&b, "st-loader", 0, 100);
    assert_dfu_ok(dfu_list_new(b.context, NULL, &list, &b.err), b.err);
    assert_int_equal(dfu_list_count(list), 100);
    for (size_t i = 0; i < 100; i++)
        assert_dfu_ok(dfu_session_open(b.context, dfu_list_at(list, i), NULL, &sessions[i], &b.err), b.err);
    dfu_list_free(list);
    for (size_t i = 0; i < 100; i++)
        dfu_session_close(sessions[i]);
    bench_free(&b);
}

static void one_board_is_opened_without_touching_others(void **state)
{
    struct bench b;
    struct dfu_sim_counters c;
    (void)state;
    bench_new(&b, "st-loader", 0, 2);
    assert_dfu_ok(dfu_session_open_path(b.context, dfu_sim_path(b.sim, 1), NULL, &b.session, &b.err), b.err);
    DFU_INIT(&c);
    assert_int_equal(dfu_sim_get_counters(b.sim, 0, &c), DFU_OK);
    assert_int_equal(c.transfers + c.standard, 0);
    bench_free(&b);
}

static void waiting_ends(void **state)
{
    struct bench b;
    struct dfu_list *list = NULL;
    struct dfu_selector s;
    (void)state;
    DFU_INIT(&s);
    s.serial = "nobody";
    bench_new(&b, "st-loader", 0, 1);
    assert_dfu_error(dfu_list_wait(b.context, &s, 2000, &list, &b.err), b.err, DFU_ERR_NO_DEVICE, "2000 ms");
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pending_commands_are_not_run),
        cmocka_unit_test(state_15_is_cleared),
        cmocka_unit_test(busy_for_ever_is_reset),
        cmocka_unit_test(a_reset_that_ends_dfu_mode),
        cmocka_unit_test(error_is_cleared),
        cmocka_unit_test(a_clean_open_takes_three_requests),
        cmocka_unit_test(every_profile_is_listed_and_opens),
        cmocka_unit_test(a_path_that_is_not_there),
        cmocka_unit_test(a_hundred_boards),
        cmocka_unit_test(one_board_is_opened_without_touching_others),
        cmocka_unit_test(waiting_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
