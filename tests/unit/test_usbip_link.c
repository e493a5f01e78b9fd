/* SPDX-License-Identifier: BSD-2-Clause */
/* What a USB/IP client may do while its board is at work, in virtual time. */
#include "support.h"
#include "sim/usbip_link.h"

struct fixture {
    struct dfu_sim *sim;
    struct usbip_link link;
};

static void start(struct fixture *f)
{
    assert_int_equal(dfu_sim_new("st-loader", NULL, &f->sim, NULL), DFU_OK);
    assert_int_equal(dfui_usbip_link_init(&f->link, f->sim), DFU_OK);
    assert_true(dfui_usbip_plug(&f->link, &f->sim->boards[0]));
}

static void stop(struct fixture *f)
{
    dfui_usbip_link_free(&f->link);
    dfu_sim_free(f->sim);
}

static uint32_t get_u32(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void submit(struct fixture *f, uint32_t seqnum, unsigned type, unsigned request, uint8_t length,
                   const uint8_t *data)
{
    uint8_t cmd[USBIP_HEADER_SIZE + 255] = {0};
    size_t size = USBIP_HEADER_SIZE;
    dfui_usbip_put_u32(cmd, USBIP_CMD_SUBMIT);
    dfui_usbip_put_u32(cmd + 4, seqnum);
    dfui_usbip_put_u32(cmd + 12, type >> 7);
    dfui_usbip_put_u32(cmd + 24, length);
    cmd[40] = (uint8_t)type;
    cmd[41] = (uint8_t)request;
    cmd[46] = length;
    if (data != NULL) {
        memcpy(cmd + size, data, length);
        size += length;
    }
    dfui_usbip_feed(&f->link, cmd, size);
}

static void unlink_submit(struct fixture *f, uint32_t seqnum, uint32_t victim)
{
    uint8_t cmd[USBIP_HEADER_SIZE] = {0};
    dfui_usbip_put_u32(cmd, USBIP_CMD_UNLINK);
    dfui_usbip_put_u32(cmd + 4, seqnum);
    dfui_usbip_put_u32(cmd + 20, victim);
    dfui_usbip_feed(&f->link, cmd, sizeof cmd);
}

/* The board's next answer, after as much time as it takes: command, seqnum and status, and data's first byte. */
static void expect(struct fixture *f, uint32_t command, uint32_t seqnum, int32_t status, uint8_t *first)
{
    dfui_usbip_work(&f->link);
    while (f->link.out_length == 0) {
        uint64_t due = dfui_usbip_due(&f->link);
        assert_true(due != UINT64_MAX);
        dfui_sim_wait(f->link.board, due);
        dfui_usbip_work(&f->link);
    }
    assert_true(f->link.out_length >= USBIP_HEADER_SIZE);
    assert_int_equal(get_u32(f->link.out), command);
    assert_int_equal(get_u32(f->link.out + 4), seqnum);
    assert_int_equal((int32_t)get_u32(f->link.out + 20), status);
    size_t length = USBIP_HEADER_SIZE;
    if (first != NULL) {
        *first = f->link.out[USBIP_HEADER_SIZE];
        length += get_u32(f->link.out + 24);
    }
    dfui_usbip_sent(&f->link, length);
}

static const uint8_t erase[5] = {0x41, 0x00, 0x80, 0x00, 0x08};

/* The host gives up on the GETSTATUS that erases: the erase goes on, and what comes next waits for it. */
static void test_unlink_of_running_work(void **state)
{
    struct fixture f;
    uint8_t value = 0;
    (void)state;
    start(&f);
    submit(&f, 1, 0x21, 1, sizeof erase, erase);
    expect(&f, USBIP_RET_SUBMIT, 1, 0, NULL);
    submit(&f, 2, 0xA1, 3, 6, NULL);
    dfui_usbip_work(&f.link);
    uint64_t begun = dfui_sim_now(f.link.board);
    assert_int_equal(dfui_usbip_due(&f.link) - begun, 1053 + 250000); /* one packet of the wire, and 16 KiB */
    unlink_submit(&f, 3, 2);
    expect(&f, USBIP_RET_UNLINK, 3, -104, NULL);
    unlink_submit(&f, 4, 1); /* long over */
    expect(&f, USBIP_RET_UNLINK, 4, 0, NULL);
    submit(&f, 5, 0xA1, 5, 1, NULL);
    expect(&f, USBIP_RET_SUBMIT, 5, 0, &value);
    assert_int_equal(value, DFU_STATE_DNLOAD_SYNC);
    assert_int_equal(dfui_sim_now(f.link.board) - begun, 1053 + 250000 + 1053);
    stop(&f);
}

/* What has not begun never reaches the board. */
static void test_unlink_of_waiting_work(void **state)
{
    struct fixture f;
    uint8_t value = 0;
    (void)state;
    start(&f);
    submit(&f, 1, 0xA1, 5, 1, NULL);
    submit(&f, 2, 0x21, 1, sizeof erase, erase);
    unlink_submit(&f, 3, 2);
    expect(&f, USBIP_RET_UNLINK, 3, -104, NULL);
    expect(&f, USBIP_RET_SUBMIT, 1, 0, &value);
    submit(&f, 4, 0xA1, 5, 1, NULL);
    expect(&f, USBIP_RET_SUBMIT, 4, 0, &value);
    assert_int_equal(value, DFU_STATE_IDLE);
    stop(&f);
}

/* A leave that starts nothing: no answer, the end of the connection, and half a second off the bus. */
static void test_leave(void **state)
{
    struct fixture f;
    struct usbip_link other;
    (void)state;
    start(&f);
    submit(&f, 1, 0x21, 1, 0, NULL);
    expect(&f, USBIP_RET_SUBMIT, 1, 0, NULL);
    submit(&f, 2, 0xA1, 3, 6, NULL);
    struct sim_board *board = f.link.board;
    dfui_usbip_work(&f.link);
    dfui_sim_wait(board, dfui_usbip_due(&f.link));
    dfui_usbip_work(&f.link);
    assert_int_equal(f.link.out_length, 0);
    assert_true(f.link.ended);
    assert_false(f.link.faulty);
    uint64_t left = dfui_sim_now(board);
    dfui_usbip_link_free(&f.link);
    assert_int_equal(dfui_usbip_link_init(&other, f.sim), DFU_OK);
    dfui_sim_bus_wait(&f.sim->root, left + 499999);
    assert_false(dfui_usbip_plug(&other, board));
    dfui_sim_bus_wait(&f.sim->root, left + 500000);
    assert_true(dfui_usbip_plug(&other, board));
    dfui_usbip_link_free(&other);
    dfu_sim_free(f.sim);
}

/* A client that sends without end is stopped, not stored. */
static void setup_request(struct fixture *f, uint32_t seqnum, unsigned type, unsigned request, uint16_t value,
                          uint8_t length)
{
    uint8_t cmd[USBIP_HEADER_SIZE] = {0};
    dfui_usbip_put_u32(cmd, USBIP_CMD_SUBMIT);
    dfui_usbip_put_u32(cmd + 4, seqnum);
    dfui_usbip_put_u32(cmd + 12, type >> 7);
    dfui_usbip_put_u32(cmd + 24, length);
    cmd[40] = (uint8_t)type;
    cmd[41] = (uint8_t)request;
    cmd[42] = (uint8_t)value;
    cmd[43] = (uint8_t)(value >> 8);
    cmd[46] = length;
    dfui_usbip_feed(&f->link, cmd, sizeof cmd);
}

/* DETACH, and a reset as Linux shows it: the question for 64 bytes of the device descriptor is answered by the loader.
 */
static void test_detach_with_reset(void **state)
{
    struct fixture f;
    uint8_t first = 0;
    (void)state;
    assert_int_equal(dfu_sim_new("dfu11-runtime-reset", NULL, &f.sim, NULL), DFU_OK);
    assert_int_equal(dfui_usbip_link_init(&f.link, f.sim), DFU_OK);
    assert_true(dfui_usbip_plug(&f.link, &f.sim->boards[0]));
    setup_request(&f, 1, 0x00, 9, 1, 0); /* SET_CONFIGURATION ends the enumeration */
    expect(&f, USBIP_RET_SUBMIT, 1, 0, NULL);
    setup_request(&f, 2, 0x21, 0, 1000, 0);
    expect(&f, USBIP_RET_SUBMIT, 2, 0, NULL);
    for (uint32_t seqnum = 3; seqnum < 6; seqnum++) { /* asked more than once, it is still one reset */
        setup_request(&f, seqnum, 0x80, 6, 0x0100, 64);
        dfui_usbip_work(&f.link);
        dfui_sim_wait(f.link.board, dfui_usbip_due(&f.link));
        dfui_usbip_work(&f.link);
        assert_int_equal(f.link.out_length, USBIP_HEADER_SIZE + 18);
        assert_memory_equal(f.link.out + USBIP_HEADER_SIZE + 8, "\x09\x12\x01\x00", 4); /* 1209:0001 */
        dfui_usbip_sent(&f.link, f.link.out_length);
    }
    setup_request(&f, 6, 0xA1, 5, 0, 1);
    expect(&f, USBIP_RET_SUBMIT, 6, 0, &first);
    assert_int_equal(first, DFU_STATE_IDLE);
    assert_false(f.link.ended);
    stop(&f);
}

static void test_queue_is_bounded(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    for (uint32_t i = 1; i <= 64; i++)
        submit(&f, i, 0xA1, 5, 1, NULL);
    assert_false(f.link.ended);
    submit(&f, 65, 0xA1, 5, 1, NULL);
    assert_true(f.link.ended);
    assert_true(f.link.faulty);
    assert_non_null(strstr(f.link.why, "more than 64"));
    assert_int_equal(dfui_usbip_room(&f.link), 0);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unlink_of_running_work),
        cmocka_unit_test(test_unlink_of_waiting_work),
        cmocka_unit_test(test_leave),
        cmocka_unit_test(test_detach_with_reset),
        cmocka_unit_test(test_queue_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
