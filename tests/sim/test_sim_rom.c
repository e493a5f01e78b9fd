/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot loader of the chip (AN3156), with the habits of single parts. */
#include "usb.h"

enum { FLASH = 0x08000000 };

static void load(struct usb *u, uint32_t address, const void *data, size_t length)
{
    struct dfu_error *err = NULL;
    int rc = dfu_sim_load(u->sim, 0, address, data, length, &err);
    assert_dfu_ok(rc, err);
}

static void fill(uint8_t *data, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++)
        data[i] = (uint8_t)(seed + i * 7 + i / 256);
}

/* GETSTATUS answers at once and tells the time of the work, rounded up; asking before it is over is counted. */
static void work_goes_on_while_the_host_waits(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    uint8_t data[2048];
    fill(data, sizeof data, 1);
    usb_new(&u, "stm32f746", NULL);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, FLASH + 0x20000)), 5);
    uint64_t before = usb_now(&u);
    struct usb_status s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 550);
    assert_int_equal(usb_now(&u) - before, 1053);
    usb_sleep_ms(&u, 500);
    s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 50);
    assert_int_equal(usb_counters(&u).early_poll, 1);
    usb_sleep_ms(&u, 50);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);

    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x21, FLASH)), 5);
    s = usb_getstatus(&u);
    assert_status(s, DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(s.poll_ms, 0);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);

    assert_int_equal(usb_dnload(&u, 2, data, sizeof data), 2048);
    assert_int_equal(usb_getstatus(&u).poll_ms, 9); /* 512 words of 16 us */
    assert_int_equal(usb_counters(&u).early_poll, 1);
    usb_sleep_ms(&u, 9);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, FLASH), data, sizeof data);
    usb_free(&u);
}

static void addresses_outside_are_errtarget(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[2048] = {0};
    usb_new(&u, "stm32f429", NULL);
    assert_status(usb_set_address(&u, 0x30000000), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_erase(&u, 0x30000000), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_set_address(&u, 0x08100000 - 1024), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_send(&u, 2, data, 2048), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    assert_int_equal(*usb_memory(&u, 0x08100000 - 1024), 0xFF);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_int_equal(usb_upload(&u, 2, data, 2048), 1024); /* as much as there is */
    assert_int_equal(usb_upload(&u, 3, data, 2048), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    usb_free(&u);
}

static void command_list(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[64] = {0};
    const uint8_t commands[4] = {0x00, 0x21, 0x41, 0x92};
    usb_new(&u, "stm32f746", NULL);
    assert_int_equal(usb_upload(&u, 0, data, sizeof data), 4);
    assert_memory_equal(data, commands, 4);
    usb_free(&u);
}

/* What a state does not allow stalls and leads to dfuERROR (DFU 1.1 appendix A). */
static void wrong_requests_stall(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[64] = {0};
    usb_new(&u, "stm32f746", NULL);
    (void)usb_set_address(&u, FLASH);
    assert_int_equal(usb_upload(&u, 2, data, sizeof data), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_STALLEDPKT);
    assert_int_equal(usb_abort(&u), DFU_ERR_STALL);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_int_equal(usb_clrstatus(&u), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_STALLEDPKT);
    assert_int_equal(usb_counters(&u).bad_state, 3);
    usb_free(&u);
}

static void mass_erase(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "stm32l152", NULL);
    load(&u, FLASH, "abcd", 4);
    load(&u, FLASH + 0x3FFFC, "abcd", 4);
    load(&u, 0x08080000, "keep", 4);
    assert_status(usb_send(&u, 0, "\x41", 1), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_memory_equal(usb_memory(&u, FLASH), "\0\0\0", 4);
    assert_memory_equal(usb_memory(&u, FLASH + 0x3FFFC), "\0\0\0", 4);
    assert_memory_equal(usb_memory(&u, 0x08080000), "keep", 4);
    assert_int_equal(usb_counters(&u).erase, 1024);
    usb_free(&u);
}

/* Read protection: everything but 0x92 is refused; that erases all and re-enumerates. */
static void unprotect(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[64];
    usb_new(&u, "stm32g474", NULL);
    load(&u, FLASH, "abcd", 4);
    load(&u, 0x1FFF7800, "\xBB", 1);
    assert_int_equal(usb_upload(&u, 2, data, sizeof data), DFU_ERR_STALL);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_VENDOR);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_erase(&u, FLASH), DFU_STATE_ERROR, DFU_STATUS_ERR_VENDOR);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_int_equal(usb_dnload(&u, 0, "\x92", 1), 1);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 600);
    assert_int_equal(usb_open(&u), DFU_OK);
    assert_int_equal(*usb_memory(&u, FLASH), 0xFF);
    assert_int_equal(usb_upload(&u, 2, data, sizeof data), 64);
    usb_free(&u);
}

/* Option bytes: all of them from their start, and the chip resets at once. */
static void option_bytes(void **state)
{
    (void)state;
    struct usb u;
    uint8_t bytes[16];
    memset(bytes, 0x55, sizeof bytes);
    bytes[1] = 0xAA;
    usb_new(&u, "stm32f407", NULL);
    assert_int_equal(usb_clrstatus(&u), 0);
    (void)usb_set_address(&u, 0x1FFFC000);
    assert_status(usb_send(&u, 2, bytes, 8), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_int_equal(usb_dnload(&u, 2, bytes, sizeof bytes), 16);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_GONE);
    assert_memory_equal(usb_memory(&u, 0x1FFFC000), bytes, sizeof bytes);
    usb_close(&u);
    usb_sleep_ms(&u, 501);
    assert_int_equal(usb_open(&u), DFU_OK);
    usb_free(&u);
}

static void option_bytes_cannot_be_erased(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "stm32f105", NULL);
    assert_status(usb_erase(&u, 0x1FFFF800), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    assert_int_equal(*usb_memory(&u, 0x1FFFF800), 0xA5);
    usb_free(&u);
}

/* Leave answers dfuMANIFEST, then the device is gone: for good with a vector table at the pointer. */
static void leave(void **state)
{
    (void)state;
    struct usb u;
    const uint8_t vectors[8] = {0xFF, 0xFF, 0x00, 0x10, 0x01, 0x00, 0x00, 0x08};
    usb_new(&u, "stm32f746", NULL);
    load(&u, FLASH, vectors, sizeof vectors);
    (void)usb_set_address(&u, FLASH + 0x100);
    assert_int_equal(usb_dnload(&u, 2, NULL, 0), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_MANIFEST, DFU_STATUS_OK);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 501);
    assert_int_equal(usb_open(&u), DFU_OK);
    (void)usb_set_address(&u, FLASH);
    assert_int_equal(usb_dnload(&u, 2, NULL, 0), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_MANIFEST, DFU_STATUS_OK);
    usb_close(&u);
    usb_sleep_ms(&u, 60000);
    assert_int_equal(usb_open(&u), DFU_ERR_NO_DEVICE);
    usb_free(&u);
}

/* The edges of what counts as a vector table. */
static void vector_tables(void **state)
{
    (void)state;
    static const struct {
        uint32_t sp;
        uint32_t pc;
        int starts;
    } rows[] = {
        {0x20020000, 0x08000041, 1}, {0x10000000, 0x08000041, 1}, {0x1000FFFF, 0x080FFFFF, 1},
        {0x3FFFFFFF, 0x08000001, 1}, {0x0FFFFFFF, 0x08000041, 0}, {0x10010000, 0x08000041, 0},
        {0x1FFFFFFF, 0x08000041, 0}, {0x40000000, 0x08000041, 0}, {0x20020000, 0x08000040, 0},
        {0x20020000, 0x08100001, 0}, {0x20020000, 0x07FFFFFF, 0}, {0xFFFFFFFF, 0xFFFFFFFF, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct usb u;
        uint8_t v[8];
        for (unsigned b = 0; b < 4; b++) {
            v[b] = (uint8_t)(rows[i].sp >> (8 * b));
            v[4 + b] = (uint8_t)(rows[i].pc >> (8 * b));
        }
        usb_new(&u, "stm32f746", NULL);
        load(&u, FLASH + 0x800, v, sizeof v);
        (void)usb_set_address(&u, FLASH + 0x800);
        (void)usb_dnload(&u, 2, NULL, 0);
        (void)usb_getstatus(&u);
        usb_close(&u);
        usb_sleep_ms(&u, 501);
        assert_int_equal(usb_open(&u), rows[i].starts ? DFU_ERR_NO_DEVICE : DFU_OK);
        usb_free(&u);
    }
}

/* A6: an F407 that was just plugged in is in dfuERROR, errFIRMWARE. */
static void f407_starts_in_error(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "stm32f407", NULL);
    assert_status(usb_getstatus(&u), DFU_STATE_ERROR, DFU_STATUS_ERR_FIRMWARE);
    assert_int_equal(usb_clrstatus(&u), 0);
    assert_status(usb_getstatus(&u), DFU_STATE_IDLE, DFU_STATUS_OK);
    usb_free(&u);
}

/* B3: GETSTATUS stalls while an L4 works. */
static void l476_stalls_while_busy(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    usb_new(&u, "stm32l476", NULL);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, FLASH)), 5);
    assert_int_equal(usb_getstatus(&u).poll_ms, 23); /* 22.02 ms */
    usb_sleep_ms(&u, 10);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_STALL);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNBUSY);
    assert_int_equal(usb_counters(&u).early_poll, 1);
    usb_sleep_ms(&u, 13);
    assert_status(usb_getstatus(&u), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    usb_free(&u);
}

/* A1, C6: the GD32 drops off without an answer, and its real pages are half of what its map says. */
static void gd32_lies_and_leaves(void **state)
{
    (void)state;
    struct usb u;
    usb_new(&u, "gd32vf103", NULL);
    load(&u, FLASH, "\x01\x02\x03\x04", 4);
    load(&u, FLASH + 1024, "abcd", 4);
    assert_status(usb_erase(&u, FLASH + 1024), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, FLASH), 0x01);
    assert_int_equal(*usb_memory(&u, FLASH + 1024), 0xFF);
    assert_status(usb_erase(&u, FLASH + 0x20000), DFU_STATE_ERROR, DFU_STATUS_ERR_TARGET);
    assert_int_equal(usb_clrstatus(&u), 0);
    (void)usb_set_address(&u, FLASH);
    assert_int_equal(usb_dnload(&u, 2, NULL, 0), 0);
    assert_int_equal(usb_getstatus(&u).rc, DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 501);
    assert_int_equal(usb_open(&u), DFU_ERR_NO_DEVICE);
    usb_free(&u);
}

/* A command that a dead host left pending runs here as well. */
static void pending_command_runs(void **state)
{
    (void)state;
    struct usb u;
    uint8_t c[5] = {0};
    usb_new(&u, "stm32h743", NULL);
    load(&u, FLASH, "abcd", 4);
    assert_int_equal(usb_dnload(&u, 0, c, usb_command(c, 0x41, FLASH)), 5);
    usb_reopen(&u);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_SYNC);
    assert_status(usb_getstatus(&u), DFU_STATE_DNBUSY, DFU_STATUS_OK);
    assert_int_equal(*usb_memory(&u, FLASH), 0xFF);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_goes_on_while_the_host_waits),
        cmocka_unit_test(addresses_outside_are_errtarget),
        cmocka_unit_test(command_list),
        cmocka_unit_test(wrong_requests_stall),
        cmocka_unit_test(mass_erase),
        cmocka_unit_test(unprotect),
        cmocka_unit_test(option_bytes),
        cmocka_unit_test(option_bytes_cannot_be_erased),
        cmocka_unit_test(leave),
        cmocka_unit_test(vector_tables),
        cmocka_unit_test(f407_starts_in_error),
        cmocka_unit_test(l476_stalls_while_busy),
        cmocka_unit_test(gd32_lies_and_leaves),
        cmocka_unit_test(pending_command_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
