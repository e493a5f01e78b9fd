/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor of small jobs, worked out from what the wire and the flash take. */
#include "usb.h"

enum { FLASH = 0x08000000, APP = 0x08008000 };

/* GETSTATUS: 1 ms and one packet, 53 us. */
enum { STATUS_US = 1053, SMALL_US = 1053, BLOCK_US = 2685, POLL_US = 50000 };

static void loader_by_hand(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[2048] = {0};
    usb_new(&u, "st-loader", NULL);
    (void)usb_erase(&u, APP);
    assert_int_equal(usb_counters(&u).floor_us, SMALL_US + STATUS_US + 250000 + POLL_US + STATUS_US);
    /* Exactly what the minimal host needed. */
    assert_int_equal(usb_counters(&u).elapsed_us, usb_counters(&u).floor_us);
    (void)usb_set_address(&u, APP);
    (void)usb_send(&u, 2, data, 2048);
    (void)usb_send(&u, 3, data, 100);
    uint64_t erase = 250000 + POLL_US + SMALL_US + 2 * STATUS_US;
    uint64_t pointer = POLL_US + SMALL_US + 2 * STATUS_US;
    uint64_t block = 512 * 16 + POLL_US + BLOCK_US + 2 * STATUS_US;
    uint64_t last = 25 * 16 + POLL_US + 1106 + 2 * STATUS_US;
    assert_int_equal(usb_counters(&u).floor_us, erase + pointer + block + last);
    assert_int_equal(usb_counters(&u).elapsed_us, usb_counters(&u).floor_us);
    /* Doing it again needs longer, but the floor stays: no host needs to. */
    (void)usb_erase(&u, APP);
    (void)usb_set_address(&u, APP);
    (void)usb_send(&u, 2, data, 2048);
    assert_int_equal(usb_counters(&u).floor_us, erase + pointer + block + last);
    assert_int_equal(usb_counters(&u).erase, 2);
    usb_free(&u);
}

/* ROM: the wait is the work, in whole milliseconds, and a pointer costs no wait. */
static void rom_by_hand(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[2048] = {0};
    usb_new(&u, "stm32f746", NULL);
    (void)usb_erase(&u, FLASH);
    (void)usb_set_address(&u, FLASH);
    (void)usb_send(&u, 2, data, 2048);
    uint64_t expected =
        (250000 + SMALL_US + 2 * STATUS_US) + (SMALL_US + 2 * STATUS_US) + (9000 + BLOCK_US + 2 * STATUS_US);
    assert_int_equal(usb_counters(&u).floor_us, expected);
    assert_int_equal(usb_counters(&u).elapsed_us, expected);
    assert_int_equal(usb_counters(&u).busy_us, 250000 + 8192);
    /* A mass erase counts as one command, not as its sectors. */
    assert_status(usb_send(&u, 0, "\x41", 1), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    expected += 8000000 + SMALL_US + 2 * STATUS_US;
    assert_int_equal(usb_counters(&u).floor_us, expected);
    assert_int_equal(usb_counters(&u).elapsed_us, expected);
    usb_free(&u);
}

/* Blocks that touch make one range, in whatever order they came; one pointer for each memory. */
static void ranges_are_joined(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[1024] = {0};
    usb_new(&u, "st-sample", NULL);
    (void)usb_set_address(&u, APP);
    static const unsigned order[] = {4, 2, 7, 3, 6};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        (void)usb_send(&u, order[i], data, i == 4 ? 100 : 1024);
    (void)usb_set_address(&u, APP + 4 * 1024 + 100);
    (void)usb_send(&u, 2, data, 924); /* fills block 6 up: 2 to 4 and 6 to 7 remain */
    uint64_t pointer = POLL_US + SMALL_US + 2 * STATUS_US;
    uint64_t block = 256 * 16 + POLL_US + 1000 + 843 + 2 * STATUS_US;
    assert_int_equal(usb_counters(&u).floor_us, pointer + 5 * block);
    usb_free(&u);
}

/* A block in front of what is there, and one that closes the gap between two. */
static void ranges_grow_at_both_ends(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[512] = {0};
    usb_new(&u, "st-sample", NULL);
    static const uint32_t order[] = {APP + 512, APP, APP + 1536, APP + 1024};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        (void)usb_set_address(&u, order[i]);
        (void)usb_send(&u, 2, data, sizeof data);
        uint64_t pointer = POLL_US + SMALL_US + 2 * STATUS_US;
        uint64_t half = 128 * 16 + POLL_US + 1000 + 422 + 2 * STATUS_US;
        uint64_t block = 256 * 16 + POLL_US + 1000 + 843 + 2 * STATUS_US;
        const uint64_t expected[] = {half, block, block + half, 2 * block};
        assert_int_equal(usb_counters(&u).floor_us, pointer + expected[i]);
    }
    usb_free(&u);
}

static void read_floor(void **state)
{
    (void)state;
    struct usb u;
    uint8_t data[2048];
    usb_new(&u, "st-loader", NULL);
    (void)usb_set_address(&u, APP);
    (void)usb_abort(&u);
    assert_int_equal(usb_upload(&u, 2, data, 2048), 2048);
    assert_int_equal(usb_upload(&u, 3, data, 64), 64);
    assert_int_equal(usb_upload(&u, 2, data, 2048), 2048);
    assert_int_equal(usb_counters(&u).read_floor_us, (POLL_US + SMALL_US + 2 * STATUS_US) + 1000 + BLOCK_US + 1053);
    assert_int_equal(usb_counters(&u).floor_us, 0);
    usb_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loader_by_hand),           cmocka_unit_test(rom_by_hand), cmocka_unit_test(ranges_are_joined),
        cmocka_unit_test(ranges_grow_at_both_ends), cmocka_unit_test(read_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
