/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks larger than a control transfer may be: 8192 bytes where 4096 go, as on Linux. */
#include "bench.h"
#include <libdfu/transport.h>

enum { LIMIT = 4096 };

/* The simulator's transport, with a limit that it keeps an eye on. */
struct limited {
    struct dfu_transport_ops ops;
    struct bench b;
};

static uint32_t longest; /* data stage that was asked for */
static unsigned blocks;  /* uploaded */
static int (*simulated)(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                        struct dfu_error **err);

static int control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                   struct dfu_error **err)
{
    if (setup->length > longest)
        longest = setup->length;
    blocks += setup->type == 0xA1 && setup->request == 2 && setup->value >= 2;
    return simulated(conn, setup, data, timeout_ms, err);
}

static void begin(struct limited *l, const char *profile, const char *path, uint32_t limit)
{
    struct dfu_context_options o;
    bench_new(&l->b, profile, 0, 1);
    dfu_context_free(l->b.context);
    DFU_INIT(&o);
    dfu_sim_attach(l->b.sim, &o);
    l->ops = *o.transport;
    simulated = l->ops.control;
    l->ops.control = control;
    l->ops.max_control = limit;
    o.transport = &l->ops;
    o.log = bench_log;
    o.log_user = &l->b;
    assert_dfu_ok(dfu_context_new(&o, &l->b.context, &l->b.err), l->b.err);
    assert_dfu_ok(dfu_session_open_path(l->b.context, path, NULL, &l->b.session, &l->b.err), l->b.err);
    longest = 0;
    blocks = 0;
}

static void flash_and_check(struct limited *l, uint64_t address, uint64_t lies_at, uint64_t memory, size_t length)
{
    struct dfu_result result;
    struct dfu_image *image = bench_image(address, length, 11);
    uint8_t *want = malloc(length);
    DFU_INIT(&result);
    assert_dfu_ok(dfu_session_write(l->b.session, image, NULL, NULL, &result, &l->b.err), l->b.err);
    assert_int_equal(result.verified, 1);
    assert_int_equal(result.bytes, length);
    assert_int_equal(result.retries, 0);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, address, want, length), length);
    uint8_t *have = bench_memory(&l->b, memory, NULL);
    assert_memory_equal(have + (lies_at - memory), want, length);
    free(have);
    free(want);
    dfu_image_free(image);
    bench_assert_clean(&l->b);
}

static void dfuse_with_the_limit(void **state)
{
    (void)state;
    struct limited l;
    begin(&l, "st-8k", "1-1", LIMIT);
    assert_non_null(strstr(l.b.log, "blocks of 4096 bytes instead of 8192"));
    flash_and_check(&l, 0x08008000, 0x08008000, 0x08000000, 10 * 4096 + 700);
    assert_int_equal(longest, LIMIT);
    /* Eleven blocks are written and read back, and each has its address: block numbers count 8192 bytes here. The
     * first is also read before it is written: what erased flash looks like. */
    assert_int_equal(bench_counters(&l.b).set_address, 22);
    assert_int_equal(blocks, 1 + 11);
    bench_free(&l.b);
}

static void dfuse_without_it(void **state)
{
    (void)state;
    struct limited l;
    begin(&l, "st-8k", "1-1", 0);
    assert_string_equal(l.b.log, "");
    flash_and_check(&l, 0x08008000, 0x08008000, 0x08000000, 10 * 4096 + 700);
    assert_int_equal(longest, 8192);
    assert_int_equal(bench_counters(&l.b).set_address, 2);
    assert_int_equal(blocks, 1 + 6);
    bench_free(&l.b);
}

/* Plain DFU: a shorter block is not the end, a shorter answer is. Whole blocks, and one byte on either side. */
static void plain_with_the_limit(void **state)
{
    (void)state;
    static const size_t lengths[] = {2 * 4096, 4 * 4096 - 1, 4 * 4096 + 1, 30001};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct limited l;
        begin(&l, "st-pair", "1-1:1.1", LIMIT);
        flash_and_check(&l, 0, 0x60000000, 0x60000000, lengths[i]);
        assert_int_equal(longest, LIMIT);
        bench_free(&l.b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dfuse_with_the_limit),
        cmocka_unit_test(dfuse_without_it),
        cmocka_unit_test(plain_with_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
