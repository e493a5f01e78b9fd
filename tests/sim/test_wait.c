/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for a device: how often the bus is looked at, with a transport that tells of changes, one that does not, and
 * one that forgets to. The bus here is empty until a set time. */
#include "bench.h"
#include <libdfu/transport.h>

enum telling { TELLS, FORGETS, CANNOT };

struct bus {
    enum telling telling;
    uint64_t clock_us;
    uint64_t comes_at_us;
    uint64_t opens_at_us; /* before, nobody may open it */
    unsigned looks;
    uint64_t cancel_at_us; /* 0 = not */
    uint64_t longest_us;   /* slice that was asked for */
    struct dfu_context *context;
    struct dfu_transport_ops ops;
};

static int enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    /* One DFU interface, plain DFU 1.1. */
    static const uint8_t config[27] = {9, 2,    27, 0, 1, 1,    0, 0xC0, 50, /* */
                                       9, 4,    0,  0, 0, 0xFE, 1, 2,    0,  /* */
                                       9, 0x21, 7,  0, 1, 0,    4, 0x10, 1};
    struct bus *b = self;
    struct dfu_usb_config c = {config, sizeof config};
    struct dfu_usb_device d = {.size = sizeof d, .path = "1-1", .config_count = 1, .configs = &c};
    (void)err;
    b->looks++;
    return b->clock_us >= b->comes_at_us ? visit(&d, arg) : DFU_OK;
}

static int open_path(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct bus *b = self;
    *conn = b;
    return b->clock_us >= b->opens_at_us ? DFU_OK : dfu_error_set(err, DFU_ERR_ACCESS, "%s cannot be opened", path);
}

static int no_claim(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err)
{
    (void)conn;
    (void)interface_number;
    (void)alt;
    return dfu_error_set(err, DFU_ERR_GONE, "gone");
}

static int no_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                      struct dfu_error **err)
{
    (void)conn;
    (void)setup;
    (void)data;
    (void)timeout_ms;
    return dfu_error_set(err, DFU_ERR_GONE, "gone");
}

static int no_reset(void *conn, struct dfu_error **err)
{
    (void)conn;
    return dfu_error_set(err, DFU_ERR_GONE, "gone");
}

static void no_close(void *conn)
{
    (void)conn;
}

static uint64_t now_us(void *self, void *conn)
{
    struct bus *b = self;
    (void)conn;
    return b->clock_us;
}

static void pass(struct bus *b, uint64_t until_us)
{
    if (until_us <= b->clock_us)
        return;
    if (until_us - b->clock_us > b->longest_us)
        b->longest_us = until_us - b->clock_us;
    b->clock_us = until_us;
    if (b->cancel_at_us != 0 && b->clock_us >= b->cancel_at_us)
        dfu_context_cancel(b->context);
}

static void sleep_until_us(void *self, void *conn, uint64_t deadline_us)
{
    (void)conn;
    pass(self, deadline_us);
}

static int wait_change(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct bus *b = self;
    (void)err;
    int told = b->telling == TELLS && b->clock_us < b->comes_at_us && b->comes_at_us <= deadline_us;
    pass(b, told ? b->comes_at_us : deadline_us);
    return told ? DFU_WAIT_CHANGED : DFU_WAIT_QUIET;
}

static void begin(struct bus *b, enum telling telling, uint64_t comes_at_us)
{
    struct dfu_context_options o;
    struct dfu_error *err = NULL;
    memset(b, 0, sizeof *b);
    b->telling = telling;
    b->clock_us = 1000000;
    b->comes_at_us = b->clock_us + comes_at_us;
    b->ops = (struct dfu_transport_ops){.size = sizeof b->ops,
                                        .name = "bus",
                                        .enumerate = enumerate,
                                        .open = open_path,
                                        .claim = no_claim,
                                        .control = no_control,
                                        .reset = no_reset,
                                        .close = no_close,
                                        .now_us = now_us,
                                        .sleep_until_us = sleep_until_us,
                                        .wait_change = telling != CANNOT ? wait_change : NULL};
    DFU_INIT(&o);
    o.transport = &b->ops;
    o.transport_self = b;
    assert_dfu_ok(dfu_context_new(&o, &b->context, &err), err);
}

/* Returns the code; what came is thrown away. */
static int wait_ms(struct bus *b, uint32_t ms)
{
    struct dfu_list *list = NULL;
    struct dfu_error *err = NULL;
    int rc = dfu_list_wait(b->context, NULL, ms, &list, &err);
    assert_int_equal(rc == DFU_OK, dfu_list_count(list) == 1);
    dfu_list_free(list);
    dfu_error_free(err);
    return rc;
}

/* Milliseconds after the beginning. */
static uint64_t at_ms(const struct bus *b)
{
    return (b->clock_us - 1000000) / 1000;
}

static void one_that_tells(void **state)
{
    (void)state;
    struct bus b;
    begin(&b, TELLS, 1234000);
    assert_int_equal(wait_ms(&b, 5000), DFU_OK);
    assert_int_equal(at_ms(&b), 1234); /* at once */
    assert_int_equal(b.looks, 4);      /* at 0, 500, 1000 and 1234 ms */
    assert_int_equal(b.longest_us, 50000);
    dfu_context_free(b.context);
}

static void one_that_forgets(void **state)
{
    (void)state;
    struct bus b;
    begin(&b, FORGETS, 1234000);
    assert_int_equal(wait_ms(&b, 5000), DFU_OK);
    assert_int_equal(at_ms(&b), 1500);
    assert_int_equal(b.looks, 4);
    dfu_context_free(b.context);
}

static void one_that_cannot_tell(void **state)
{
    (void)state;
    struct bus b;
    begin(&b, CANNOT, 1234000);
    assert_int_equal(wait_ms(&b, 5000), DFU_OK);
    assert_int_equal(at_ms(&b), 1250);
    assert_int_equal(b.looks, 26); /* each 50 ms */
    dfu_context_free(b.context);
}

/* udev needs a moment to set permissions. */
static void one_that_opens_later(void **state)
{
    (void)state;
    static const struct {
        uint64_t opens_ms;
        uint64_t seen_ms;
    } cases[] = {{1900, 1900}, {3200, 3200}, {99000, 3200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bus b;
        begin(&b, TELLS, 1200000);
        b.opens_at_us = 1000000 + cases[i].opens_ms * 1000;
        assert_int_equal(wait_ms(&b, 5000), DFU_OK);
        assert_int_equal(at_ms(&b), cases[i].seen_ms);
        dfu_context_free(b.context);
    }
}

static void time_is_up(void **state)
{
    (void)state;
    static const enum telling all[] = {TELLS, FORGETS, CANNOT};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct bus b;
        begin(&b, all[i], 99000000);
        assert_int_equal(wait_ms(&b, 1120), DFU_ERR_NO_DEVICE);
        assert_int_equal(at_ms(&b), 1120);
        dfu_context_free(b.context);
    }
}

static void a_cancel_is_seen_soon(void **state)
{
    (void)state;
    static const enum telling all[] = {TELLS, FORGETS, CANNOT};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct bus b;
        begin(&b, all[i], 99000000);
        b.cancel_at_us = b.clock_us + 720000;
        assert_int_equal(wait_ms(&b, 5000), DFU_ERR_CANCELLED);
        assert_in_range(at_ms(&b), 720, 770);
        dfu_context_free(b.context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_tells),       cmocka_unit_test(one_that_forgets),
        cmocka_unit_test(one_that_cannot_tell), cmocka_unit_test(one_that_opens_later),
        cmocka_unit_test(time_is_up),           cmocka_unit_test(a_cancel_is_seen_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
