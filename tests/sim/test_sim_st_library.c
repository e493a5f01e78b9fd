/* SPDX-License-Identifier: BSD-2-Clause */
/* The st-* dialect, request by request. What is expected was measured on ST's USB device library. */
#include "usb.h"

#define EXTERNAL 0x90000000u

enum { APP = 0x08008000, END = 0x08100000, SIZE = 2048, SHORT_MS = 100 };

static void fill(uint8_t *data, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++)
        data[i] = (uint8_t)(seed + i * 7 + i / 256);
}

static void load(struct usb *u, uint32_t address, const void *data, size_t length)
{
    struct dfu_error *err = NULL;
    int rc = dfu_sim_load(u->sim, 0, address, data, length, &err);
    assert_dfu_ok(rc, err);
}

/* Program and pointer at APP that look like a vector table. */
static void load_vectors(struct usb *u, uint32_t address)
{
    const uint8_t vectors[8] = {0x00, 0x00, 0x02, 0x20, 0x41, 0x80, 0x00, 0x08};
    load(u, address, vectors, sizeof vectors);
}

/* 1: GETSTATUS #1 runs the work inside itself, #2 tells how it went. */
static void work_runs_inside_first_getstatus(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    load(&u, APP, "\0\0\0", 4);
    uint8_t c[5] = {0};
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP)), 5);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_SYNC);
    assert_int_equal(*usb_memory(&u, APP), 0x00);
    uint64_t before = usb_now(&u);
    struct usb_status s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 50);
    assert_int_equal(usb_now(&u) - before, 250000 + 1000 + 53);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    usb_sleep_ms(&u, 50);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    struct dfu_sim_counters n = usb_counters(&u);
    assert_int_equal(n.erase, 1);
    assert_int_equal(n.early_poll, 0);
    assert_int_equal(n.bad_state, 0);
    assert_int_equal(n.busy_us, 250000);
    usb_free(&u);
}

/* 1: a DNLOAD before #2 stalls and keeps the state; errors show only in #2. */
static void dnload_needs_the_second_getstatus(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), SIZE);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(usb_dnload(&u, 3, data, SIZE), DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_SYNC);
    assert_int_equal(usb_counters(&u).bad_state, 1);
    usb_sleep_ms(&u, 50);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    usb_free(&u);
}

/* 1: ABORT before GETSTATUS drops the block; 2: the pointer survives it, and an erase. */
static void abort_drops_and_keeps_the_pointer(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE];
    fill(data, SIZE, 1);
    usb_new(&u, "st-loader", NULL);
    assert_status(usb_set_address(&u, APP), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), SIZE);
    assert_int_equal(usb_abort(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    assert_status(usb_erase(&u, 0x08010000), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 2, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP), data, SIZE);
    usb_free(&u);
}

/* 2: SET_ADDRESS waits as long as programming does; asking before that is counted. */
static void set_address_polls_like_programming(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    usb_new(&u, "st-sample", NULL);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x21, APP)), 5);
    struct usb_status s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 50);
    usb_sleep_ms(&u, 49);
    /* The device tolerates it. */
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_counters(&u).early_poll, 1);
    assert_int_equal(usb_counters(&u).set_address, 1);
    usb_free(&u);
}

/* 3: the stride is the device's wTransferSize, in any order, also after short blocks. */
static void block_numbers_count_transfer_sizes(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[1024];
    fill(data, sizeof data, 9);
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    assert_status(usb_send(&u, 5, data, sizeof data), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 3, data, sizeof data), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP + 3 * SIZE), data, sizeof data);
    assert_memory_equal(usb_memory(&u, APP + SIZE), data, sizeof data);
    assert_int_equal(*usb_memory(&u, APP + SIZE + 1024), 0xFF);
    usb_free(&u);
}

/* 3: DNLOAD of block 1 is accepted and ignored. */
static void dnload_of_block_1_does_nothing(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    assert_status(usb_send(&u, 1, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_counters(&u).write_unerased, 0);
    assert_int_equal(usb_counters(&u).busy_us, 0);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    usb_free(&u);
}

/* 3, 6: UPLOAD of block 1 leads to state 15, which ABORT does not leave but two CLRSTATUS do. */
static void upload_of_block_1_breaks_the_state(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[64];
    usb_new(&u, "st-loader", NULL);
    assert_int_equal(usb_upload(&u, 1, data, sizeof data), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), 15, DFU_STATUS_OK);
    assert_int_equal(usb_abort(&u), 0);
    assert_int_equal(usb_getstate(&u), 15);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_UNKNOWN);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    usb_free(&u);
}

/* 4: UPLOAD stalls in dfuDNLOAD-IDLE, DNLOAD in dfuUPLOAD-IDLE. */
static void upload_and_download_do_not_mix(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE];
    uint8_t back[SIZE];
    fill(data, SIZE, 3);
    usb_new(&u, "st-loader", NULL);
    load(&u, APP + SIZE, data, SIZE);
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_upload(&u, 3, back, SIZE), DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_IDLE);
    assert_int_equal(usb_abort(&u), 0);
    assert_int_equal(usb_upload(&u, 3, back, SIZE), SIZE);
    assert_memory_equal(back, data, SIZE);
    assert_int_equal(usb_getstate(&u), DFU_STATE_UPLOAD_IDLE);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_UPLOAD_IDLE);
    assert_int_equal(usb_counters(&u).bad_state, 2);
    assert_int_equal(usb_counters(&u).bytes_up, SIZE);
    usb_free(&u);
}

/* 4: the command list, by the length that is asked for. */
static void command_list(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[64] = {0};
    const uint8_t commands[3] = {0x00, 0x21, 0x41};
    usb_new(&u, "st-loader", NULL);
    assert_int_equal(usb_upload(&u, 0, data, 64), 3);
    assert_memory_equal(data, commands, 3);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_upload(&u, 0, data, 3), 3);
    assert_int_equal(usb_getstate(&u), DFU_STATE_UPLOAD_IDLE);
    assert_int_equal(usb_upload(&u, 0, data, 2), DFU_ERR_USB);
    usb_free(&u);
}

/* 5: mass erase and unprotect answer OK and do nothing; a 3-byte command makes GETSTATUS stall. */
static void one_byte_and_three_byte_commands(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    load(&u, APP, "abcd", 4);
    assert_status(usb_send(&u, 0, "\x41", 1), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 0, "\x92", 1), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP), "abcd", 4);
    assert_int_equal(usb_counters(&u).erase, 0);
    assert_int_equal(usb_dnload(&u, 0, "\x41\0\0", 3), 3);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_STALL);
    usb_free(&u);
}

/* 5: an unknown 5-byte command: busy for ever, only a USB reset helps. */
static void unknown_command_sticks(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    usb_new(&u, "st-loader", NULL);
    assert_status(usb_send(&u, 0, c, usb_command(c, 0x77, APP)), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(usb_abort(&u), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNBUSY);
    usb_sleep_ms(&u, 60000);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(u.ops->reset(u.conn, NULL), DFU_RESET_SURVIVED);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    usb_free(&u);
}

/* 6: CLRSTATUS outside dfuERROR makes an error; ABORT does not end one. */
static void clrstatus_makes_errors(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_UNKNOWN);
    assert_int_equal(usb_abort(&u), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_ERROR);
    assert_int_equal(usb_counters(&u).bad_state, 2);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    usb_free(&u);
}

/* 7: the zero-length DNLOAD arms a leave that ABORT cancels; the GETSTATUS that runs it fails. */
static void leave_to_a_program(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    load_vectors(&u, APP);
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 9, NULL, 0), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_MANIFEST_SYNC);
    assert_int_equal(usb_abort(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_dnload(&u, 2, NULL, 0), 0);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_GONE);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 60000);
    assert_int_equal(usb_open(&u), DFU_ERR_NO_DEVICE);
    usb_free(&u);
}

/* 7: without a program the chip resets and comes back. */
static void leave_without_a_program(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, NULL, 0), 0);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_GONE);
    void *old = u.conn;
    u.conn = NULL;
    usb_sleep_ms(&u, 499);
    assert_int_equal(usb_open(&u), DFU_ERR_NO_DEVICE);
    usb_sleep_ms(&u, 2);
    assert_int_equal(usb_open(&u), DFU_OK);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    /* A connection to what was there before stays dead. */
    void *new = u.conn;
    u.conn = old;
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    u.ops->close(old);
    u.conn = new;
    usb_free(&u);
}

/* 8: what a dead host left pending runs at the next host's first GETSTATUS, unless that host aborts first. */
static void state_outlives_the_host(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    usb_new(&u, "st-loader", NULL);
    load(&u, APP, "abcd", 4);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP)), 5);
    usb_reopen(&u);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_SYNC);
    assert_int_equal(usb_abort(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP), "abcd", 4);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, APP)), 5);
    usb_reopen(&u);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    usb_free(&u);
}

/* 8: SET_INTERFACE neither resets the state nor limits addresses. */
static void any_alt_reaches_any_address(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE];
    fill(data, SIZE, 4);
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, EXTERNAL);
    assert_int_equal(u.ops->claim(u.conn, 0, 1, NULL), DFU_OK);
    assert_int_equal(u.ops->claim(u.conn, 0, 0, NULL), DFU_OK);
    assert_int_equal(u.ops->claim(u.conn, 0, 2, NULL), DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_IDLE);
    assert_status(usb_send(&u, 2, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, EXTERNAL), data, SIZE);
    usb_free(&u);
}

/* 8: a reset returns to dfuIDLE and drops what was pending; DETACH re-enumerates. */
static void reset_and_detach(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), SIZE);
    assert_int_equal(u.ops->reset(u.conn, NULL), DFU_RESET_SURVIVED);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    assert_int_equal(usb_request(&u, 0x21, 0, 1000, NULL, 0, 1000), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 501);
    assert_int_equal(usb_open(&u), DFU_OK);
    usb_free(&u);
}

/* 9: a DNLOAD that is too long hangs and leaves a truncated block pending; an UPLOAD is cut. */
static void lengths_above_the_transfer_size(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE + 100];
    fill(data, sizeof data, 5);
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    uint64_t before = usb_now(&u);
    assert_int_equal(usb_request(&u, 0x21, 1, 2, data, sizeof data, SHORT_MS), DFU_ERR_TIMEOUT);
    assert_int_equal(usb_now(&u) - before, SHORT_MS * 1000);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_SYNC);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP), data, SIZE);
    assert_int_equal(*usb_memory(&u, APP + SIZE), 0xFF);
    usb_sleep_ms(&u, 50);
    (void)usb_getstatus(&u);
    (void)usb_abort(&u);
    assert_int_equal(usb_upload(&u, 2, data, sizeof data), SIZE);
    usb_free(&u);
}

/* 10: the words that hold the end of an odd block take what the buffer held before. */
static void odd_lengths_program_stale_bytes(void **state)
{
    (void)state;
    struct usb u;
    uint8_t zero[16] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    assert_status(usb_send(&u, 1, zero, sizeof zero), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 2, "vwxyz", 5), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    const uint8_t expected[9] = {'v', 'w', 'x', 'y', 'z', 0, 0, 0, 0xFF};
    assert_memory_equal(usb_memory(&u, APP), expected, sizeof expected);
    usb_free(&u);
}

/* 10: an unaligned address cannot be programmed. */
static void unaligned_address_is_refused(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[8] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP + 2);
    assert_status(usb_send(&u, 2, data, sizeof data), DFU_STATE_ERROR, DFU_STATUS_ERR_VENDOR);
    assert_int_equal(usb_memory(&u, APP)[2], 0xFF);
    usb_free(&u);
}

/* 11: an erase outside flash takes the last sector. */
static void erase_outside_takes_the_last_sector(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    load(&u, END - 4, "abcd", 4);
    uint64_t before = usb_now(&u);
    assert_status(usb_erase(&u, 0x20000000), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, END - 4), 0xFF);
    assert_true(usb_now(&u) - before > 1000000);
    usb_free(&u);
}

static void assert_dead(struct usb *u)
{
    assert_int_equal(usb_request(u, 0xA1, 5, 0, &(uint8_t){0}, 1, SHORT_MS), DFU_ERR_TIMEOUT);
    assert_int_equal(u->ops->reset(u->conn, NULL), DFU_RESET_LOST);
    assert_int_equal(usb_getstate(u), DFU_ERR_GONE);
    usb_close(u);
    assert_int_equal(usb_open(u), DFU_ERR_NO_DEVICE);
}

/* 11: reading or writing outside is a bus fault: nothing answers any more. */
static void access_outside_kills(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, END - 1024);
    (void)usb_abort(&u);
    assert_int_equal(usb_upload(&u, 2, data, SIZE), DFU_ERR_TIMEOUT);
    assert_dead(&u);
    usb_free(&u);

    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, 0x10);
    assert_int_equal(usb_dnload(&u, 2, data, SIZE), SIZE);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_TIMEOUT);
    assert_dead(&u);
    usb_free(&u);
}

/* 11: cells that are not erased: bits are ANDed, the first word is corrupted, then errVENDOR. */
static void unerased_cells_fail(void **state)
{
    (void)state;
    struct usb u;
    const uint8_t old[8] = {0x0F, 0xFF, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF};
    const uint8_t new[8] = {0xF5, 0x12, 0x34, 0x56, 0xF5, 0x12, 0x34, 0x56};
    const uint8_t mixed[8] = {0x05, 0x12, 0x34, 0x56, 0x0F, 0xFF, 0xFF, 0xFF};
    usb_new(&u, "st-loader", NULL);
    load(&u, APP, old, sizeof old);
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, new, sizeof new), 8);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    usb_sleep_ms(&u, 50);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_VENDOR);
    assert_memory_equal(usb_memory(&u, APP), mixed, sizeof mixed);
    assert_int_equal(usb_counters(&u).write_unerased, 1);
    usb_free(&u);
}

/* The loader's own sectors are only said to be read-only: on the wire they can be erased and written. */
static void loader_sectors_are_not_guarded(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "st-loader", NULL);
    load(&u, 0x08000000, "abcd", 4);
    assert_status(usb_erase(&u, 0x08000000), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    (void)usb_set_address(&u, 0x08000000);
    assert_status(usb_send(&u, 2, "wxyz", 4), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, 0x08000000), "wxyz", 4);
    usb_free(&u);
}

/* A host that gives up in the middle of an erase finds the device deaf until it is done. */
static void timeout_inside_an_erase(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    uint8_t d[6];
    usb_new(&u, "st-loader", NULL);
    load(&u, 0x08020000, "abcd", 4);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, 0x08020000)), 5);
    uint64_t before = usb_now(&u);
    assert_int_equal(usb_request(&u, 0xA1, 3, 0, d, 6, 300), DFU_ERR_TIMEOUT);
    assert_int_equal(usb_now(&u) - before, 300000);
    assert_int_equal(usb_request(&u, 0xA1, 3, 0, d, 6, 300), DFU_ERR_TIMEOUT);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_SYNC);
    assert_int_equal(usb_now(&u) - before, 1000000 + 1053 + 1053);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, 0x08020000), 0xFF);
    assert_int_equal(usb_counters(&u).early_poll, 0);
    usb_free(&u);
}

/* A host that aborts, and one that comes new, owe no wait to what was told before. */
static void waits_end_with_abort_and_open(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    usb_new(&u, "st-loader", NULL);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x21, APP)), 5);
    assert_int_equal(usb_getstatus(&u).poll_ms, 50);
    assert_int_equal(usb_abort(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_counters(&u).early_poll, 0);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x21, APP)), 5);
    assert_int_equal(usb_getstatus(&u).poll_ms, 50);
    usb_reopen(&u);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_counters(&u).early_poll, 0);
    usb_free(&u);
}

/* An UPLOAD at the wrong time drops what is pending, and one of the command list leaves it in the buffer. */
static void upload_touches_the_buffer(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[64] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    assert_int_equal(usb_dnload(&u, 2, data, sizeof data), 64);
    assert_int_equal(usb_upload(&u, 2, data, sizeof data), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, APP), 0xFF);
    assert_int_equal(usb_abort(&u), 0);
    assert_int_equal(usb_upload(&u, 0, data, sizeof data), 3);
    assert_status(usb_send(&u, 2, "v", 1), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, APP), "v\x21\x41\0", 4);
    usb_free(&u);
}

/* What is no DFU request stalls. */
static void foreign_requests_stall(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[8];
    usb_new(&u, "st-loader", NULL);
    struct dfu_usb_setup other = {.type = 0xA1, .request = 5, .index = 1, .length = 1};
    assert_int_equal(u.ops->control(u.conn, &other, d, 100, NULL), DFU_ERR_STALL);
    assert_int_equal(usb_request(&u, 0x21, 5, 0, d, 1, 100), DFU_ERR_STALL);
    assert_int_equal(usb_request(&u, 0xA1, 7, 0, d, 1, 100), DFU_ERR_STALL);
    assert_int_equal(usb_counters(&u).transfers, 3);
    assert_int_equal(usb_counters(&u).bad_state, 3);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_runs_inside_first_getstatus),
        cmocka_unit_test(dnload_needs_the_second_getstatus),
        cmocka_unit_test(abort_drops_and_keeps_the_pointer),
        cmocka_unit_test(set_address_polls_like_programming),
        cmocka_unit_test(block_numbers_count_transfer_sizes),
        cmocka_unit_test(dnload_of_block_1_does_nothing),
        cmocka_unit_test(upload_of_block_1_breaks_the_state),
        cmocka_unit_test(upload_and_download_do_not_mix),
        cmocka_unit_test(command_list),
        cmocka_unit_test(one_byte_and_three_byte_commands),
        cmocka_unit_test(unknown_command_sticks),
        cmocka_unit_test(clrstatus_makes_errors),
        cmocka_unit_test(leave_to_a_program),
        cmocka_unit_test(leave_without_a_program),
        cmocka_unit_test(state_outlives_the_host),
        cmocka_unit_test(any_alt_reaches_any_address),
        cmocka_unit_test(reset_and_detach),
        cmocka_unit_test(lengths_above_the_transfer_size),
        cmocka_unit_test(odd_lengths_program_stale_bytes),
        cmocka_unit_test(unaligned_address_is_refused),
        cmocka_unit_test(erase_outside_takes_the_last_sector),
        cmocka_unit_test(access_outside_kills),
        cmocka_unit_test(unerased_cells_fail),
        cmocka_unit_test(loader_sectors_are_not_guarded),
        cmocka_unit_test(timeout_inside_an_erase),
        cmocka_unit_test(waits_end_with_abort_and_open),
        cmocka_unit_test(upload_touches_the_buffer),
        cmocka_unit_test(foreign_requests_stall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
