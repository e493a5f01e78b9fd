/* SPDX-License-Identifier: BSD-2-Clause */
/* Wire logs: recorded from any transport, replayed without a device, and kept as regression tests. */
#include "bench.h"

struct text {
    char *data;
    size_t length;
    unsigned class_requests;
};

static void keep(const char *line, void *user)
{
    struct text *t = user;
    size_t n = strlen(line);
    t->data = realloc(t->data, t->length + n + 2);
    assert_non_null(t->data);
    memcpy(t->data + t->length, line, n);
    t->length += n;
    t->data[t->length++] = '\n';
    t->data[t->length] = '\0';
    t->class_requests +=
        strncmp(line, "control", 7) == 0 && (strstr(line, " 21 ") != NULL || strstr(line, " a1 ") != NULL);
}

static int flash(struct dfu_context *context, const char *path, const struct dfu_image *image,
                 struct dfu_result *result, struct dfu_error **err)
{
    struct dfu_session *session = NULL;
    struct dfu_plan_options o;
    DFU_INIT(&o);
    o.flags = DFU_PLAN_LEAVE;
    int rc = dfu_session_open_path(context, path, NULL, &session, err);
    if (rc == DFU_OK)
        rc = dfu_session_write(session, image, &o, NULL, result, err);
    dfu_session_close(session);
    return rc;
}

/* Records a job on a profile with a fault, or without one (NULL). */
static void record(const char *profile, const char *fault, const struct dfu_image *image, struct text *log,
                   struct dfu_result *result, int *rc)
{
    struct bench b;
    struct dfu_context_options inner;
    struct dfu_context_options co;
    struct dfu_recorder *recorder = NULL;
    struct dfu_context *context = NULL;
    bench_new(&b, profile, DFU_SIM_INIT_RANDOM, 1);
    if (fault != NULL)
        bench_fault(&b, fault);
    DFU_INIT(&inner);
    DFU_INIT(&co);
    dfu_sim_attach(b.sim, &inner);
    assert_dfu_ok(dfu_recorder_new(&inner, keep, log, &recorder, &b.err), b.err);
    dfu_recorder_attach(recorder, &co);
    assert_dfu_ok(dfu_context_new(&co, &context, &b.err), b.err);
    *rc = flash(context, dfu_sim_path(b.sim, 0), image, result, &b.err);
    dfu_context_free(context);
    dfu_recorder_free(recorder);
    /* Requests to a device that is gone are in the log, but nobody was there to count them. */
    if (fault == NULL || strncmp(fault, "disconnect", 10) != 0)
        assert_int_equal(log->class_requests, bench_counters(&b).transfers);
    dfu_error_free(b.err);
    bench_free(&b);
}

static int replay(const struct text *log, const struct dfu_image *image, struct dfu_result *result,
                  struct dfu_error **err)
{
    struct dfu_context_options co;
    struct dfu_replayer *replayer = NULL;
    struct dfu_context *context = NULL;
    DFU_INIT(&co);
    assert_dfu_ok(dfu_replayer_new(log->data, log->length, "the log", &replayer, err), *err);
    dfu_replayer_attach(replayer, &co);
    assert_dfu_ok(dfu_context_new(&co, &context, err), *err);
    int rc = flash(context, "1-1", image, result, err);
    dfu_context_free(context);
    if (rc == DFU_OK)
        rc = dfu_replayer_finish(replayer, err);
    dfu_replayer_free(replayer);
    return rc;
}

static void what_was_recorded_replays(void **state)
{
    static const struct {
        const char *profile;
        const char *fault;
    } jobs[] = {{"st-loader", NULL},         {"st-loader", "stall@20"},      {"stm32f407", NULL},
                {"stm32g474", "timeout@15"}, {"stm32h743", "disconnect@18"}, {"gd32vf103", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        struct text log = {NULL, 0, 0};
        struct dfu_result first;
        struct dfu_result second;
        struct dfu_error *err = NULL;
        int rc;
        struct dfu_image *image = bench_image(0x08010000, 5000, 41);
        DFU_INIT(&first);
        DFU_INIT(&second);
        record(jobs[i].profile, jobs[i].fault, image, &log, &first, &rc);
        assert_int_equal(replay(&log, image, &second, &err), rc);
        assert_int_equal(dfu_error_code(err), rc);
        assert_memory_equal(&first, &second, sizeof first); /* to the microsecond */
        dfu_error_free(err);
        dfu_image_free(image);
        free(log.data);
    }
}

static void another_job_is_noticed(void **state)
{
    struct text log = {NULL, 0, 0};
    struct dfu_result result;
    struct dfu_error *err = NULL;
    int rc;
    struct dfu_image *image = bench_image(0x08010000, 5000, 41);
    (void)state;
    DFU_INIT(&result);
    record("st-loader", NULL, image, &log, &result, &rc);
    assert_int_equal(rc, DFU_OK);
    assert_int_equal(dfu_image_patch(image, 0x08010100, "x", 1, NULL), DFU_OK);
    assert_dfu_error(replay(&log, image, &result, &err), err, DFU_ERR_PROTOCOL, "other data is sent");
    dfu_image_free(image);
    free(log.data);
}

static void broken_logs(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *message;
    } cases[] = {
        {"", DFU_ERR_FORMAT, "does not begin"},
        {"libdfu-wire-log 2 4096 0\n", DFU_ERR_FORMAT, "does not begin"},
        {"libdfu-wire-log 1 4096 0\nopen 1 1-1 0\n", DFU_ERR_PROTOCOL, "line 2: asked for 'enumerate'"},
        {"libdfu-wire-log 1 4096 0\n# a remark\n\nenumerate\ndevice 1-1 xyz\n", DFU_ERR_FORMAT, "line 6"},
        {"libdfu-wire-log 1 4096 0\nenumerate\nend 0 5\n", DFU_ERR_NO_DEVICE, "no DFU device at 1-1"},
        {"libdfu-wire-log 1 4096 0\nenumerate\nend DFU_ERR_USB 5\n", DFU_ERR_USB, "as recorded"},
        {"libdfu-wire-log 1 4096 0\nenumerate\nend 70000 5\n", DFU_ERR_FORMAT, "line 4"},
        {"libdfu-wire-log 1 4096 0\nenumerate\ndevice 1-1 0483 df11 2200 3 2 5 1 -\nholder 1 0 xy\nend 0 5\n",
         DFU_ERR_FORMAT, "line 5"},
        {"libdfu-wire-log 1 4096 0\nenumerate\ndevice 1-1 0483 df11 2200 3 2 5 1 -\nholder 1 256 61\nend 0 5\n",
         DFU_ERR_FORMAT, "line 5"},
    };
    struct dfu_image *image = bench_image(0x08010000, 50, 41);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dfu_replayer *replayer = NULL;
        struct dfu_error *err = NULL;
        struct text log = {(char *)(uintptr_t)cases[i].text, strlen(cases[i].text), 0};
        int rc = dfu_replayer_new(log.data, log.length, "the log", &replayer, &err);
        dfu_replayer_free(replayer);
        if (rc == DFU_OK)
            rc = replay(&log, image, NULL, &err);
        assert_dfu_error(rc, err, cases[i].code, cases[i].message);
    }
    dfu_image_free(image);
}

static void a_log_with_lines_left_over(void **state)
{
    static const char text[] = "libdfu-wire-log 1 4096 0\nenumerate\n";
    struct dfu_replayer *replayer = NULL;
    struct dfu_error *err = NULL;
    (void)state;
    assert_dfu_ok(dfu_replayer_new(text, strlen(text), "the log", &replayer, &err), err);
    assert_dfu_error(dfu_replayer_finish(replayer, &err), err, DFU_ERR_PROTOCOL, "line 2");
    dfu_replayer_free(replayer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_recorded_replays),
        cmocka_unit_test(another_job_is_noticed),
        cmocka_unit_test(broken_logs),
        cmocka_unit_test(a_log_with_lines_left_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
