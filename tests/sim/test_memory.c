/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation number n fails, for every n of a whole job: a clean error, nothing leaked, the device back in dfuIDLE. */
#include "bench.h"
#include "refuse.h"

#define START 0x08010000u
#define LENGTH 3000u

/* A board that goes away in mid-job is waited for. */
#define WAIT_MS 10000u

static int job(struct bench *b, const struct dfu_image *image, struct dfu_error **err)
{
    struct dfu_selector selector;
    struct dfu_list *list = NULL;
    struct dfu_session *session = NULL;
    struct dfu_plan_options options;
    struct dfu_run_options run;
    DFU_INIT(&selector);
    DFU_INIT(&options);
    DFU_INIT(&run);
    options.flags = DFU_PLAN_LEAVE;
    run.reconnect_ms = WAIT_MS;
    struct dfu_list *now = NULL;
    struct dfu_device_info info;
    DFU_INIT(&info);
    int rc = dfu_list_new(b->context, &selector, &list, err);
    if (rc == DFU_OK && dfu_device_describe(dfu_list_at(list, 0), &info) == DFU_OK && info.mode == DFU_MODE_RUNTIME) {
        rc = dfu_device_detach(b->context, dfu_list_at(list, 0), NULL, &now, err);
        dfu_list_free(list);
        list = now;
    }
    if (rc == DFU_OK)
        rc = dfu_session_open(b->context, dfu_list_at(list, 0), NULL, &session, err);
    dfu_list_free(list);
    if (rc == DFU_OK)
        rc = dfu_session_write(session, image, &options, &run, NULL, err);
    dfu_session_close(session);
    return rc;
}

static void sweep(const char *profile, int runtime, const char *fault)
{
    struct dfu_image *image = bench_image(START, LENGTH, 43);
    unsigned long n = 0;
    int rc;
    do {
        struct bench b;
        struct dfu_error *err = NULL;
        bench_new(&b, profile, 0, 1);
        if (fault != NULL)
            bench_fault(&b, fault);
        long before = refuse_alive;
        refuse_asked = 0;
        refuse_at = ++n;
        rc = job(&b, image, &err);
        refuse_at = 0;
        /* One refusal may be got over (a log line, a second look at the bus); an error is then none. */
        assert_int_equal(dfu_error_code(err), rc);
        if (rc != DFU_OK) {
            uint8_t state = 0;
            if (bench_raw(&b, 0xA1, 5, 0, &state, 1) == 1) /* not when it has left */
                assert_true(state == DFU_STATE_IDLE || state == DFU_STATE_ERROR ||
                            (runtime && state <= DFU_STATE_APP_DETACH));
        }
        dfu_error_free(err);
        assert_true(refuse_alive >= before);
        bench_free(&b);
    } while (n <= refuse_asked);
    assert_true(n > 20);
    dfu_image_free(image);
    assert_int_equal(refuse_alive, 0);
}

static void every_allocation(void **state)
{
    (void)state;
    refuse_alive = 0;
    sweep("st-loader", 0, NULL);
    sweep("stm32f407", 0, NULL);
    sweep("gd32vf103", 0, NULL);
    sweep("st-runtime", 1, NULL);
    sweep("dfu11-runtime-reset", 1, NULL);
    sweep("stm32f407", 0, "reconnect@20");
    sweep("stm32g474", 0, "power@19");
    sweep("st-loader", 0, "flip@1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
