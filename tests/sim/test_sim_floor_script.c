/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator's floor for whole images against tests/support/floor.py, which never saw the simulator. */
#include "usb.h"
#include <unistd.h>

enum { FLASH = 0x08000000, APP = 0x08008000 };

/* The script's answer in microseconds. */
static uint64_t ask_script(const char *image, size_t length, uint32_t address, const char *options)
{
    char name[] = "floor-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, image, length), (int)length);
    close(fd);
    char command[1024];
    (void)snprintf(command, sizeof command, "python3 '%s/support/floor.py' %s 0x%08X %s", DFU_TESTS_DIR, name,
                   (unsigned)address, options);
    FILE *out = popen(command, "r"); /* NOLINT(cert-env33-c): our own script with our own arguments */
    assert_non_null(out);
    char line[64] = "";
    int lines = fgets(line, sizeof line, out) != NULL;
    int rc = pclose(out);
    (void)unlink(name);
    assert_int_equal(rc, 0);
    assert_int_equal(lines, 1);
    /* "12.345": milliseconds with three decimals */
    char *point;
    uint64_t ms = strtoull(line, &point, 10);
    assert_int_equal(*point, '.');
    return ms * 1000 + strtoull(point + 1, NULL, 10);
}

static int blank(const char *data, size_t length, char erased)
{
    for (size_t i = 0; i < length; i++)
        if (data[i] != erased)
            return 0;
    return 1;
}

/* Erases what must be, sends what is not blank: a host without verify, retries, or anything to save. */
static void put_image(struct usb *u, uint32_t address, const char *image, size_t length, size_t size, char erased,
                      const uint32_t *sectors)
{
    for (; *sectors != 0; sectors++)
        assert_status(usb_erase(u, *sectors), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    assert_status(usb_set_address(u, address), DFU_STATE_DNLOAD_IDLE, DFU_STATUS_OK);
    for (size_t at = 0; at < length; at += size) {
        size_t part = length - at < size ? length - at : size;
        if (!blank(image + at, part, erased))
            assert_status(usb_send(u, (unsigned)(at / size + 2), image + at, part), DFU_STATE_DNLOAD_IDLE,
                          DFU_STATUS_OK);
    }
}

/* 100000 bytes with a blank stretch in the middle and an end in the middle of a block. */
enum { IMAGE = 100000, BLANK_FROM = 20 * 2048, BLANK_TO = 23 * 2048 };

static void make_image(char *image, char erased)
{
    uint64_t random = 42;
    for (size_t i = 0; i < IMAGE; i++)
        image[i] = i >= BLANK_FROM && i < BLANK_TO ? erased : (char)test_random(&random);
}

static void script_agrees(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        const char *options;
        uint32_t address;
        size_t size;
        char erased;
        uint32_t sectors[512];
    } rows[] = {
        {"st-loader",
         "--sectors 0x08000000:4*16384=250000,1*65536=550000,7*131072=1000000 --transfer-size 2048 --unit 4 "
         "--program-ns 16000 --poll-ms 50",
         APP,
         2048,
         (char)0xFF,
         {APP, APP + 0x4000, APP + 0x8000, APP + 0x18000}},
        {"st-sample",
         "--sectors 0x08000000:4*16384=250000,1*65536=550000,7*131072=1000000 --transfer-size 1024 --unit 4 "
         "--program-ns 16000 --poll-ms 50",
         APP,
         1024,
         (char)0xFF,
         {APP, APP + 0x4000, APP + 0x8000, APP + 0x18000}},
        {"stm32f746",
         "--sectors 0x08000000:4*32768=250000,1*131072=550000,3*262144=1000000 --transfer-size 2048 --unit 4 "
         "--program-ns 16000",
         FLASH,
         2048,
         (char)0xFF,
         {FLASH, FLASH + 0x8000, FLASH + 0x10000, FLASH + 0x18000}},
        {"stm32h743",
         "--sectors 0x08000000:16*131072=1000000 --transfer-size 1024 --unit 32 --program-ns 100000",
         FLASH,
         1024,
         (char)0xFF,
         {FLASH}},
    };
    char *image = malloc(IMAGE);
    assert_non_null(image);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct usb u;
        make_image(image, rows[i].erased);
        usb_new(&u, rows[i].profile, NULL);
        put_image(&u, rows[i].address, image, IMAGE, rows[i].size, rows[i].erased, rows[i].sectors);
        struct dfu_sim_counters n = usb_counters(&u);
        assert_int_equal(n.write_unerased + n.early_poll + n.bad_state, 0);
        assert_memory_equal(usb_memory(&u, rows[i].address), image, IMAGE);
        assert_int_equal(n.floor_us, ask_script(image, IMAGE, rows[i].address, rows[i].options));
        assert_int_equal(n.elapsed_us, n.floor_us);
        usb_free(&u);
    }
    free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(script_agrees)};
    if (system("python3 -c pass") != 0) { /* NOLINT(cert-env33-c): a fixed command */
        printf("skipped: python3 is missing (floor.py needs it)\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
