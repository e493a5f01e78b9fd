/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors and standard requests. */
#include "usb.h"

static int get_descriptor(struct usb *u, unsigned type, unsigned index, uint8_t *data, size_t length)
{
    return usb_request(u, 0x80, 6, type << 8 | index, data, length, 1000);
}

static void device_descriptor(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[64];
    usb_new(&u, "gd32vf103", NULL);
    assert_int_equal(get_descriptor(&u, 1, 0, d, sizeof d), 18);
    const uint8_t expected[18] = {18, 1, 0x00, 0x01, 0, 0, 0, 64, 0xE9, 0x28, 0x89, 0x01, 0x00, 0x10, 1, 2, 3, 1};
    assert_memory_equal(d, expected, 18);
    assert_int_equal(get_descriptor(&u, 1, 0, d, 8), 8);
    assert_int_equal(usb_counters(&u).standard, 2);
    assert_int_equal(usb_counters(&u).transfers, 0);
    usb_free(&u);
}

/* 12: interface descriptors of all alts, then one functional descriptor. */
static void configuration_descriptor(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[256];
    usb_new(&u, "st-loader", NULL);
    const uint8_t expected[36] = {9, 2,    36,   0,   1, 1,    0,    0xC0, 50, /* */
                                  9, 4,    0,    0,   0, 0xFE, 1,    2,    4,  /* */
                                  9, 4,    0,    1,   0, 0xFE, 1,    2,    5,  /* */
                                  9, 0x21, 0x0B, 255, 0, 0x00, 0x08, 0x1A, 0x01};
    assert_int_equal(get_descriptor(&u, 2, 0, d, sizeof d), 36);
    assert_memory_equal(d, expected, 36);
    assert_int_equal(get_descriptor(&u, 2, 1, d, sizeof d), DFU_ERR_STALL);
    assert_int_equal(usb_request(&u, 0x81, 6, 0x2100, d, sizeof d, 1000), 9);
    assert_memory_equal(d, expected + 27, 9);
    usb_free(&u);
}

/* A string as 8-bit text; what does not fit is '?'. */
static void get_string(struct usb *u, unsigned index, char *text)
{
    uint8_t d[255];
    int rc = get_descriptor(u, 3, index, d, sizeof d);
    assert_in_range(rc, 2, 255);
    assert_int_equal(d[0], rc);
    assert_int_equal(d[1], 3);
    for (int i = 2; i + 1 < rc; i += 2)
        *text++ = d[i + 1] == 0 ? (char)d[i] : '?';
    *text = '\0';
}

/* Every alt of every profile has its string, and the string is the one that sim.h tells. */
static void strings(void **state)
{
    (void)state;
    struct dfu_sim_profile_info info;
    DFU_INIT(&info);
    for (size_t i = 0; dfu_sim_profile(i, &info) == DFU_OK; i++) {
        struct usb u;
        char text[256];
        if (strcmp(info.name, "st-clone") == 0 || strcmp(info.name, "portenta") == 0) /* quirks C5 and C2 */
            continue;
        usb_new(&u, info.name, NULL);
        for (uint32_t alt = 0; info.mode == 2 && alt < info.alt_count; alt++) {
            get_string(&u, 4 + alt, text);
            const char *expected = dfu_sim_profile_alt(info.name, alt);
            assert_memory_equal(text, expected, strlen(expected));
            if (strcmp(info.name, "stm32f429") != 0)
                assert_string_equal(text, expected);
        }
        uint8_t d[255];
        assert_int_equal(get_descriptor(&u, 3, 4 + (info.mode == 2 ? info.alt_count : 1), d, sizeof d), DFU_ERR_STALL);
        assert_int_equal(get_descriptor(&u, 3, 0, d, sizeof d), 4);
        get_string(&u, 2, text);
        assert_true(strlen(text) > 3);
        usb_free(&u);
    }
}

/* C1: bLength 166, of which 112 bytes are the string. */
static void f429_garbage(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[255];
    usb_new(&u, "stm32f429", NULL);
    assert_int_equal(get_descriptor(&u, 3, 4, d, sizeof d), 166);
    assert_int_equal(d[0], 166);
    assert_int_equal(d[110], 'g');
    assert_int_equal(d[112] | d[113] << 8, 0xCC50);
    usb_free(&u);
}

/* C6: 8-bit characters. */
static void gd32_serial(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[255];
    usb_new(&u, "gd32vf103", NULL);
    assert_int_equal(get_descriptor(&u, 3, 3, d, sizeof d), 6);
    assert_memory_equal(d,
                        "\x06\x03"
                        "3CBJ",
                        6);
    usb_free(&u);
}

/* DFU 1.1 section 4.1.1: in run-time mode protocol 1, one alternate setting, and ids of the program's. */
static void a_program(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[256];
    char text[256];
    usb_new(&u, "dfu11-runtime", NULL);
    const uint8_t config[27] = {9, 2,    27,   0,    1,    1,    0,    0xC0, 50, /* */
                                9, 4,    0,    0,    0,    0xFE, 1,    1,    4,  /* */
                                9, 0x21, 0x0F, 0xE8, 0x03, 0x00, 0x04, 0x10, 0x01};
    assert_int_equal(get_descriptor(&u, 2, 0, d, sizeof d), 27);
    assert_memory_equal(d, config, 27);
    assert_int_equal(get_descriptor(&u, 1, 0, d, sizeof d), 18);
    assert_memory_equal(d + 8, "\x09\x12\x02\x00\x02\x01", 6);
    get_string(&u, 2, text);
    assert_string_equal(text, "Blinking program");
    get_string(&u, 4, text);
    assert_string_equal(text, "Run-time DFU");
    /* As a loader it is another device. */
    assert_int_equal(usb_request(&u, 0x21, 0, 1000, NULL, 0, 100), 0);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    usb_close(&u);
    usb_sleep_ms(&u, 501);
    usb_reopen(&u);
    assert_int_equal(get_descriptor(&u, 2, 0, d, sizeof d), 27);
    assert_int_equal(d[16], 2);
    assert_int_equal(get_descriptor(&u, 1, 0, d, sizeof d), 18);
    assert_memory_equal(d + 8, "\x09\x12\x01\x00\x00\x01", 6);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    usb_free(&u);
}

/* Two DFU interfaces, each with its functional descriptor behind it (DFU 1.1 section 4.2). */
static void two_interfaces(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[256];
    char text[256];
    usb_new(&u, "st-pair", NULL);
    const uint8_t expected[45] = {9, 2,    45,   0,    2,    1,    0,    0xC0, 50,   /* */
                                  9, 4,    0,    0,    0,    0xFE, 1,    2,    4,    /* */
                                  9, 0x21, 0x0B, 255,  0,    0x00, 0x04, 0x1A, 0x01, /* */
                                  9, 4,    1,    0,    0,    0xFE, 1,    2,    8,    /* */
                                  9, 0x21, 0x07, 0xE8, 0x03, 0x00, 0x20, 0x10, 0x01};
    assert_int_equal(get_descriptor(&u, 2, 0, d, sizeof d), 45);
    assert_memory_equal(d, expected, 45);
    get_string(&u, 8, text);
    assert_string_equal(text, "Radio firmware");
    struct dfu_usb_setup functional = {.type = 0x81, .request = 6, .value = 0x2100, .index = 1, .length = 9};
    assert_int_equal(u.ops->control(u.conn, &functional, d, 100, NULL), 9);
    assert_memory_equal(d, expected + 36, 9);
    usb_free(&u);
}

/* Each has a state of its own, and its own claim. */
static void two_states(void **state)
{
    (void)state;
    struct usb a;
    uint8_t byte = 0xEE;
    usb_new(&a, "st-pair", NULL);
    struct usb b = a;
    assert_int_equal(usb_open(&b), DFU_OK);
    assert_int_equal(a.ops->claim(a.conn, 0, 0, NULL), DFU_OK);
    assert_int_equal(b.ops->claim(b.conn, 1, 0, NULL), DFU_OK);
    assert_int_equal(b.ops->claim(b.conn, 0, 0, NULL), DFU_ERR_BUSY);
    assert_int_equal(usb_set_address(&a, 0x08008000).state, DFU_STATE_DNLOAD_IDLE);
    struct dfu_usb_setup ask = {.type = 0xA1, .request = 5, .index = 1, .length = 1};
    assert_int_equal(b.ops->control(b.conn, &ask, &byte, 100, NULL), 1);
    assert_int_equal(byte, DFU_STATE_IDLE);
    ask.index = 2;
    assert_int_equal(b.ops->control(b.conn, &ask, &byte, 100, NULL), DFU_ERR_STALL);
    assert_int_equal(usb_counters(&a).bad_state, 1);
    usb_close(&b);
    usb_free(&a);
}

/* Two configurations: the interface behind number 0 is another one. */
static void two_configurations(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[256];
    usb_new(&u, "st-configs", NULL);
    const uint8_t second[27] = {9, 2,    27,   0,    1,    2,    0,    0xC0, 50, /* */
                                9, 4,    0,    0,    0,    0xFE, 1,    2,    8,  /* */
                                9, 0x21, 0x07, 0xE8, 0x03, 0x00, 0x20, 0x10, 0x01};
    assert_int_equal(get_descriptor(&u, 1, 0, d, sizeof d), 18);
    assert_int_equal(d[17], 2);
    assert_int_equal(get_descriptor(&u, 2, 1, d, sizeof d), 27);
    assert_memory_equal(d, second, 27);
    assert_int_equal(get_descriptor(&u, 2, 2, d, sizeof d), DFU_ERR_STALL);
    assert_int_equal(usb_set_address(&u, 0x08008000).state, DFU_STATE_DNLOAD_IDLE);
    assert_int_equal(usb_request(&u, 0x00, 9, 3, NULL, 0, 100), DFU_ERR_STALL);
    assert_int_equal(usb_request(&u, 0x00, 9, 2, NULL, 0, 100), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_IDLE);
    assert_int_equal(usb_request(&u, 0x00, 9, 1, NULL, 0, 100), 0);
    assert_int_equal(usb_getstate(&u), DFU_STATE_DNLOAD_IDLE);
    usb_free(&u);
}

/* A program whose DFU interface comes after one of the vendor's. */
static void a_composite_program(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[256];
    char text[256];
    usb_new(&u, "dfu11-runtime-composite", NULL);
    const uint8_t expected[36] = {9, 2,    36,   0,    2,    1,    0,    0xC0, 50, /* */
                                  9, 4,    0,    0,    0,    0xFF, 0,    0,    12, /* */
                                  9, 4,    1,    0,    0,    0xFE, 1,    1,    4,  /* */
                                  9, 0x21, 0x07, 0xE8, 0x03, 0x00, 0x04, 0x10, 0x01};
    assert_int_equal(get_descriptor(&u, 2, 0, d, sizeof d), 36);
    assert_memory_equal(d, expected, 36);
    get_string(&u, 12, text);
    assert_string_equal(text, "Telemetry");
    assert_int_equal(usb_getstate(&u), DFU_ERR_STALL); /* of interface 0 */
    assert_int_equal(usb_request(&u, 0x81, 10, 0, d, 1, 100), 1);
    assert_int_equal(d[0], 0);
    usb_free(&u);
}

static int count_device(const struct dfu_usb_device *device, void *arg)
{
    size_t *count = arg;
    assert_int_equal(device->config_count, 1);
    assert_int_equal(device->configs[0].data[1], 2);
    assert_int_equal(device->configs[0].length, device->configs[0].data[2]);
    assert_string_equal(device->path, *count == 0 ? "1-1" : "1-2");
    assert_string_equal(device->serial, *count == 0 ? "205A36963000" : "205A36963001");
    ++*count;
    return 0;
}

static int stop_at_once(const struct dfu_usb_device *device, void *arg)
{
    (void)device;
    ++*(size_t *)arg;
    return 5;
}

/* Enumeration shows what is there, without a request. */
static void enumeration(void **state)
{
    (void)state;
    struct dfu_sim_options options;
    DFU_INIT(&options);
    options.count = 2;
    struct usb u;
    size_t count = 0;
    usb_new(&u, "stm32f407", &options);
    assert_int_equal(u.ops->enumerate(u.self, count_device, &count, NULL), DFU_OK);
    assert_int_equal(count, 2);
    count = 0;
    assert_int_equal(u.ops->enumerate(u.self, stop_at_once, &count, NULL), 5);
    assert_int_equal(count, 1);
    assert_int_equal(usb_counters(&u).transfers + usb_counters(&u).standard, 0);
    assert_int_equal(dfu_sim_fault(u.sim, "reconnect@1", NULL), DFU_OK);
    assert_int_equal(usb_getstate(&u), DFU_ERR_GONE);
    count = 0;
    assert_int_equal(u.ops->enumerate(u.self, stop_at_once, &count, NULL), 5);
    usb_close(&u);
    usb_sleep_ms(&u, 501);
    count = 0;
    assert_int_equal(u.ops->enumerate(u.self, count_device, &count, NULL), DFU_OK);
    assert_int_equal(count, 2);
    usb_free(&u);
}

static void other_standard_requests(void **state)
{
    (void)state;
    struct usb u;
    uint8_t d[8] = {9, 9};
    usb_new(&u, "st-loader", NULL);
    assert_int_equal(usb_request(&u, 0x80, 8, 0, d, 1, 100), 1);
    assert_int_equal(d[0], 1);
    assert_int_equal(usb_request(&u, 0x00, 9, 1, NULL, 0, 100), 0);
    assert_int_equal(usb_request(&u, 0x00, 9, 2, NULL, 0, 100), DFU_ERR_STALL);
    assert_int_equal(usb_request(&u, 0x01, 11, 1, NULL, 0, 100), 0);
    assert_int_equal(usb_request(&u, 0x81, 10, 0, d, 1, 100), 1);
    assert_int_equal(d[0], 1);
    assert_int_equal(usb_request(&u, 0x80, 0, 0, d, 2, 100), 2);
    assert_int_equal(usb_request(&u, 0x80, 6, 0x0600, d, 8, 100), DFU_ERR_STALL); /* no high speed */
    assert_int_equal(usb_request(&u, 0x80, 6, 0x03EE, d, 8, 100), DFU_ERR_STALL);
    assert_int_equal(usb_request(&u, 0xC0, 1, 0, d, 8, 100), DFU_ERR_STALL);
    usb_free(&u);
}

/* Only one connection at a time may claim the interface. */
static void claiming(void **state)
{
    (void)state;
    struct usb a;
    usb_new(&a, "st-loader", NULL);
    struct usb b = a;
    assert_int_equal(usb_open(&b), DFU_OK);
    assert_int_equal(a.ops->claim(a.conn, 0, 0, NULL), DFU_OK);
    assert_int_equal(b.ops->claim(b.conn, 0, 0, NULL), DFU_ERR_BUSY);
    assert_int_equal(a.ops->claim(a.conn, 1, 0, NULL), DFU_ERR_USB);
    usb_close(&a);
    assert_int_equal(b.ops->claim(b.conn, 0, 0, NULL), DFU_OK);
    usb_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_descriptor),
        cmocka_unit_test(configuration_descriptor),
        cmocka_unit_test(strings),
        cmocka_unit_test(f429_garbage),
        cmocka_unit_test(gd32_serial),
        cmocka_unit_test(enumeration),
        cmocka_unit_test(claiming),
        cmocka_unit_test(other_standard_requests),
        cmocka_unit_test(a_program),
        cmocka_unit_test(two_interfaces),
        cmocka_unit_test(two_states),
        cmocka_unit_test(two_configurations),
        cmocka_unit_test(a_composite_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
