/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain DFU 1.1: one image, no addresses. */
#include "usb.h"

enum { SIZE = 1024 };

static void fill(uint8_t *data, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++)
        data[i] = (uint8_t)(seed + i * 7 + i / 256);
}

static void manifest(struct usb *u, unsigned block)
{
    assert_int_equal(usb_dnload(u, block, NULL, 0), 0);
    struct usb_status s = usb_getstatus(u);
    assert_status(s, DFU_STATE_MANIFEST, DFU_STATUS_OK);
    usb_sleep_ms(u, s.poll_ms);
    assert_status(usb_getstatus(u), DFU_STATE_IDLE, DFU_STATUS_OK);
}

static void download_and_upload(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[2500];
    uint8_t back[SIZE];
    fill(data, sizeof data, 1);
    usb_new(&u, "dfu11", NULL);
    assert_int_equal(dfu_sim_load(u.sim, 0, 0x08000800, "\0\0\0", 4, NULL), DFU_OK); /* the second page */
    assert_int_equal(usb_dnload(&u, 0, data, SIZE), SIZE);
    struct usb_status s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 30 + 28); /* a page of 30 ms and 512 half words of 53.5 us */
    usb_sleep_ms(&u, s.poll_ms);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 1, data + SIZE, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 2, data + 2 * SIZE, 452), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    manifest(&u, 3);
    assert_memory_equal(usb_memory(&u, 0x08000000), data, sizeof data);
    struct dfu_sim_counters n = usb_counters(&u);
    assert_int_equal(n.erase, 2);
    assert_int_equal(n.bytes_down, 2500);
    assert_int_equal(n.early_poll + n.bad_state + n.write_unerased, 0);
    assert_int_equal(usb_upload(&u, 0, back, SIZE), SIZE);
    assert_memory_equal(back, data, SIZE);
    assert_int_equal(usb_upload(&u, 1, back, SIZE), SIZE);
    assert_int_equal(usb_upload(&u, 2, back, SIZE), 452); /* the short one is the end */
    assert_memory_equal(back, data + 2 * SIZE, 452);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    usb_free(&u);
}

/* A second download starts at the front again and erases again. */
static void downloads_start_over(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE];
    usb_new(&u, "dfu11", NULL);
    for (unsigned round = 0; round < 2; round++) {
        fill(data, sizeof data, 50 + round);
        assert_status(usb_send(&u, 0, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
        manifest(&u, 1);
        assert_memory_equal(usb_memory(&u, 0x08000000), data, SIZE);
    }
    assert_int_equal(usb_counters(&u).write_unerased, 0);
    usb_free(&u);
}

static void whole_memory_before_any_download(void **state)
{
    (void)state;
    struct usb u;
    uint8_t back[SIZE];
    usb_new(&u, "dfu11", NULL);
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal(usb_upload(&u, i, back, SIZE), SIZE);
    assert_int_equal(usb_upload(&u, 256, back, SIZE), 0);
    usb_free(&u);
}

static void errors(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[SIZE] = {0};
    usb_new(&u, "dfu11", NULL);
    /* Nothing was downloaded that could end. */
    assert_int_equal(usb_dnload(&u, 0, NULL, 0), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_STALLEDPKT);
    assert_int_equal(usb_clrstatus(&u), 0);
    /* A block number that does not follow. */
    assert_status(usb_send(&u, 0, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 2, data, SIZE), DFU_STATE_ERROR, DFU_STATUS_ERR_UNKNOWN);
    assert_int_equal(usb_clrstatus(&u), 0);
    /* More than fits. */
    for (unsigned i = 0; i < 256; i++)
        assert_status(usb_send(&u, i, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 256, data, SIZE), DFU_STATE_ERROR, DFU_STATUS_ERR_ADDRESS);
    assert_int_equal(usb_clrstatus(&u), 0);
    /* UPLOAD in the middle of a download. */
    assert_status(usb_send(&u, 0, data, SIZE), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(usb_upload(&u, 0, data, SIZE), DFU_ERR_STALL);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(download_and_upload),
        cmocka_unit_test(downloads_start_over),
        cmocka_unit_test(whole_memory_before_any_download),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
