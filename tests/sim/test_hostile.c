/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices that mean harm, or are broken beyond any specification: each ends in an error that says why, in bounded time
 * and memory. The fuzz targets session and faulty go on from here. */
#include "bench.h"
#include <libdfu/transport.h>

/* A simulated device with some of its answers replaced. */
static struct {
    const struct dfu_transport_ops *inner;
    struct dfu_transport_ops ops;
    uint64_t uploads;
    int endless;         /* UPLOAD always gives a full block */
    const char *name;    /* what every string descriptor says */
    uint8_t name_length; /* what it says of its length, 0 = the truth */
} evil;

static int say(uint8_t *data, uint16_t room)
{
    uint8_t text[256] = {0, 0x03};
    size_t length = 2;
    for (const char *c = evil.name; *c != '\0' && length < 255; c++, length += 2)
        text[length] = (uint8_t)*c;
    text[0] = evil.name_length != 0 ? evil.name_length : (uint8_t)length;
    length = length < room ? length : room;
    memcpy(data, text, length);
    return (int)length;
}

static int evil_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                        struct dfu_error **err)
{
    if (setup->type == 0x80 && setup->request == 6 && setup->value >> 8 == 3 && evil.name != NULL)
        return say(data, setup->length);
    if (setup->type == 0xA1 && setup->request == 2 && evil.endless) {
        evil.uploads++;
        memset(data, 0x5A, setup->length);
        return setup->length;
    }
    return evil.inner->control(conn, setup, data, timeout_ms, err);
}

static void evil_new(struct bench *b, const char *profile)
{
    struct dfu_context_options co;
    memset(&evil, 0, sizeof evil);
    bench_new(b, profile, 0, 1);
    dfu_context_free(b->context);
    DFU_INIT(&co);
    dfu_sim_attach(b->sim, &co);
    evil.inner = co.transport;
    evil.ops = *co.transport;
    evil.ops.control = evil_control;
    co.transport = &evil.ops;
    assert_dfu_ok(dfu_context_new(&co, &b->context, &b->err), b->err);
}

static int open_with(struct bench *b, uint32_t transfer_size)
{
    struct dfu_open_options oo;
    DFU_INIT(&oo);
    oo.transfer_size = transfer_size;
    return dfu_session_open_path(b->context, dfu_sim_path(b->sim, 0), &oo, &b->session, &b->err);
}

/* Plain DFU knows no length: 256 MiB are more than any such device has. */
static void a_plain_upload_that_never_ends(void **state)
{
    struct bench b;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_run_options ro;
    (void)state;
    evil_new(&b, "dfu11");
    evil.endless = 1;
    DFU_INIT(&target);
    DFU_INIT(&ro);
    assert_dfu_ok(open_with(&b, 4096), b.err);
    assert_dfu_ok(dfu_image_new(&ro.into, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_read(dfu_session_memmap(b.session), &target, NULL, 0, NULL, &plan, &b.err), b.err);
    int rc = dfu_session_run(b.session, plan, &ro, NULL, &b.err);
    assert_dfu_error(rc, b.err, DFU_ERR_PROTOCOL, "the upload does not end");
    assert_in_range(evil.uploads, 65536, 65540);
    dfu_plan_free(plan);
    dfu_image_free(ro.into);
    bench_free(&b);
}

/* The same in DfuSe is bounded by what was asked for. */
static void a_dfuse_upload_that_never_ends(void **state)
{
    struct bench b;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_run_options ro;
    const struct dfu_range r = {0x08000000, 0x08002000};
    (void)state;
    evil_new(&b, "stm32f407");
    evil.endless = 1;
    DFU_INIT(&target);
    DFU_INIT(&ro);
    assert_dfu_ok(open_with(&b, 0), b.err);
    assert_dfu_ok(dfu_image_new(&ro.into, &b.err), b.err);
    dfu_session_target(b.session, &target);
    assert_dfu_ok(dfu_plan_read(dfu_session_memmap(b.session), &target, &r, 1, NULL, &plan, &b.err), b.err);
    assert_dfu_ok(dfu_session_run(b.session, plan, &ro, NULL, &b.err), b.err);
    assert_in_range(evil.uploads, 4, 6);
    dfu_plan_free(plan);
    dfu_image_free(ro.into);
    bench_free(&b);
}

/* Counts and sizes beyond 4 GiB, 255 bytes without an end, lengths that are none: the device is listed all the same,
 * and nothing is written to it. */
static void names_beyond_measure(void **state)
{
    static const struct {
        const char *name;
        uint8_t length;
    } rows[] = {
        {"@Internal Flash  /0x08000000/4294967295*4095Mg", 0},
        {"@Internal Flash  /0x08000000/99999999999999999999*99999999999999999999Kg", 0},
        {"@Internal Flash  /0x08000000/4294967295*0Kg", 0},
        {"@Internal Flash  /0xFFFFFFFF/9*1Kg", 0},
        {"@Internal Flash  "
         "/0x08000000/1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1Kg,1*1",
         255},
        {"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
         "@@@@@@@@@@@@@@@",
         255},
        {"@Internal Flash  /0x08000000/04*016Kg", 1},
        {"", 255},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        struct dfu_list *list = NULL;
        evil_new(&b, "stm32f407");
        evil.name = rows[i].name;
        evil.name_length = rows[i].length;
        assert_dfu_ok(dfu_list_new(b.context, NULL, &list, &b.err), b.err);
        assert_int_equal(dfu_list_count(list), 1);
        dfu_list_free(list);
        int rc = open_with(&b, 0);
        struct dfu_image *image = bench_image(0x08000000, 100000, 3);
        if (rc == DFU_OK)
            rc = dfu_session_write(b.session, image, NULL, NULL, NULL, &b.err);
        assert_int_not_equal(rc, DFU_OK);
        assert_true(dfu_error_message(b.err)[0] != '\0');
        assert_int_equal(bench_counters(&b).erase, 0);
        dfu_error_free(b.err);
        b.err = NULL;
        dfu_image_free(image);
        bench_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_upload_that_never_ends),
        cmocka_unit_test(a_dfuse_upload_that_never_ends),
        cmocka_unit_test(names_beyond_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
