/* SPDX-License-Identifier: BSD-2-Clause */
/* Making simulators, their options, and what many boards cost. */
#include "usb.h"

static void profiles(void **state)
{
    (void)state;
    static const char *const names[] = {"stm32f072",   "stm32f105",     "stm32f407",          "stm32f429",  "stm32f746",
                                        "stm32h743",   "stm32l476",     "stm32g0b1",          "stm32g474",  "stm32l152",
                                        "gd32vf103",   "st-loader",     "st-sample",          "st-runtime", "dfu11",
                                        "dfu11-reset", "dfu11-runtime", "dfu11-runtime-reset"};
    struct dfu_sim_profile_info info;
    DFU_INIT(&info);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct dfu_sim *sim;
        struct dfu_error *err = NULL;
        int rc = dfu_sim_new(names[i], NULL, &sim, &err);
        assert_dfu_ok(rc, err);
        assert_int_equal(dfu_sim_count(sim), 1);
        assert_null(dfu_sim_serial(sim, 1));
        assert_null(dfu_sim_path(sim, 1));
        dfu_sim_free(sim);
    }
    size_t count = 0;
    while (dfu_sim_profile(count, &info) == DFU_OK) {
        assert_true(strlen(info.description) > 10 && strlen(info.source) > 10);
        assert_true(info.alt_count >= 1 && info.transfer_size >= 64);
        count++;
    }
    assert_in_range(count, sizeof names / sizeof *names, 100);
    assert_null(dfu_sim_profile_alt("stm32f407", 4));
    assert_null(dfu_sim_profile_alt("stm32f408", 0));
    assert_string_equal(dfu_sim_profile_alt("st-loader", 1), "@External Flash   /0x90000000/256*64Kg");
}

static void bad_arguments(void **state)
{
    (void)state;
    struct dfu_sim *sim = (struct dfu_sim *)&sim;
    struct dfu_error *err = NULL;
    struct dfu_sim_options options;
    int rc = dfu_sim_new("stm32f999", NULL, &sim, &err);
    assert_null(sim);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "st-loader");
    rc = dfu_sim_new(NULL, NULL, &sim, &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "stm32f407");
    rc = dfu_sim_new("st-loader", NULL, NULL, &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "no place");
    memset(&options, 0, sizeof options);
    rc = dfu_sim_new("st-loader", &options, &sim, &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "DFU_INIT");
    DFU_INIT(&options);
    options.count = 100000;
    rc = dfu_sim_new("st-loader", &options, &sim, &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "100000");
    DFU_INIT(&options);
    options.flags = 1u << 31;
    rc = dfu_sim_new("st-loader", &options, &sim, &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "flags");
    DFU_INIT(&options);
    char serial[100];
    memset(serial, 'x', sizeof serial);
    serial[99] = '\0';
    options.serial = serial;
    rc = dfu_sim_new("st-loader", &options, &sim, &err);
    assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, "99 characters");
    dfu_sim_free(NULL);

    struct dfu_sim_counters counters;
    struct dfu_sim_memory memory;
    DFU_INIT(&counters);
    DFU_INIT(&memory);
    assert_int_equal(dfu_sim_get_counters(NULL, 0, &counters), DFU_ERR_ARGUMENT);
    assert_int_equal(dfu_sim_get_memory(NULL, 0, 0, &memory), DFU_ERR_ARGUMENT);
    assert_int_equal(dfu_sim_new("st-loader", NULL, &sim, NULL), DFU_OK);
    assert_int_equal(dfu_sim_get_counters(sim, 1, &counters), DFU_ERR_RANGE);
    assert_int_equal(dfu_sim_get_memory(sim, 0, 2, &memory), DFU_ERR_RANGE);
    assert_int_equal(dfu_sim_get_memory(sim, 1, 0, &memory), DFU_ERR_RANGE);
    counters.size = 3;
    assert_int_equal(dfu_sim_get_counters(sim, 0, &counters), DFU_ERR_ARGUMENT);
    dfu_sim_free(sim);
}

static void serial_numbers(void **state)
{
    (void)state;
    struct dfu_sim_options options;
    struct dfu_sim *sim;
    DFU_INIT(&options);
    options.serial = "BENCH-00";
    assert_int_equal(dfu_sim_new("st-loader", &options, &sim, NULL), DFU_OK);
    assert_string_equal(dfu_sim_serial(sim, 0), "BENCH-00");
    assert_string_equal(dfu_sim_path(sim, 0), "1-1");
    dfu_sim_free(sim);
    options.count = 12;
    assert_int_equal(dfu_sim_new("st-loader", &options, &sim, NULL), DFU_OK);
    assert_string_equal(dfu_sim_serial(sim, 11), "BENCH011");
    assert_string_equal(dfu_sim_path(sim, 11), "1-12");
    dfu_sim_free(sim);
    /* What a short one says stays: its third character is the size of a GD32. */
    options.serial = NULL;
    assert_int_equal(dfu_sim_new("gd32vf103", &options, &sim, NULL), DFU_OK);
    assert_string_equal(dfu_sim_serial(sim, 3), "3CBJ003");
    dfu_sim_free(sim);
}

/* Resident memory in KiB; 0 where the system does not tell. */
static size_t resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL)
        return 0;
    char line[128] = "";
    char *second = fgets(line, sizeof line, f) != NULL ? strchr(line, ' ') : NULL;
    size_t pages = second != NULL ? strtoul(second, NULL, 10) : 0;
    fclose(f);
    return pages * 4;
}

/* 100 boards with 16 MiB of external flash each: what nobody uses is not there, and looking does not change it. */
static void many_boards_are_cheap(void **state)
{
    (void)state;
    enum { BOARDS = 100 };
    struct dfu_sim_options options;
    struct dfu_sim *sim;
    void *conns[BOARDS];
    DFU_INIT(&options);
    options.count = BOARDS;
    size_t before = resident();
    assert_int_equal(dfu_sim_new("st-loader", &options, &sim, NULL), DFU_OK);
    struct usb u;
    usb_attach(&u, sim);
    for (u.board = 0; u.board < BOARDS; u.board++) {
        uint8_t data[2048] = {0};
        assert_int_equal(usb_open(&u), DFU_OK);
        (void)usb_set_address(&u, 0x08008000);
        assert_status(usb_send(&u, 2, data, sizeof data), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
        conns[u.board] = u.conn;
        struct dfu_sim_memory m;
        DFU_INIT(&m);
        m.flags = DFU_SIM_LOOK;
        assert_int_equal(dfu_sim_get_memory(sim, u.board, 1, &m), DFU_OK);
        assert_null(m.data);
        assert_int_equal(m.length, 16 << 20);
        assert_int_equal(m.changed, 0);
        assert_int_equal(m.erased, 0xFF);
    }
    size_t after = resident();
    for (size_t i = 0; i < BOARDS; i++)
        u.ops->close(conns[i]);
    dfu_sim_free(sim);
    /* 64 KiB of flash and some bookkeeping a board; sanitizers add to it. */
    print_message("100 boards: %zu KiB\n", after - before);
    assert_true(after - before < 64 * 1024);
}

/* Loading blank contents, as from a file, does not make them resident either. */
static void blank_contents_cost_nothing(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    uint8_t *blank = malloc(1 << 20);
    assert_non_null(blank);
    memset(blank, 0xFF, 1 << 20);
    size_t before = resident();
    for (uint32_t at = 0; at < 16u << 20; at += 1u << 20)
        assert_int_equal(dfu_sim_load(u.sim, 0, UINT64_C(0x90000000) + at, blank, 1 << 20, NULL), DFU_OK);
    assert_true(resident() - before < 1024);
    assert_int_equal(usb_memory(&u, UINT64_C(0x90FFFFFF))[0], 0xFF);
    free(blank);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(serial_numbers),
        cmocka_unit_test(many_boards_are_cheap),
        cmocka_unit_test(blank_contents_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
