/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has an interface, and which configuration is in force: what a list makes of it. The bus says so; the simulator
 * does not, so that a transport around it does here. */
#include "bench.h"
#include <libdfu/transport.h>

struct around {
    struct dfu_transport_ops ops;
    const struct dfu_transport_ops *inner;
    void *self;
    const char *driver; /* of interface 0 of configuration 1 */
    dfu_usb_visit_fn *visit;
    void *arg;
    char log[4096];
};

static int add_holder(const struct dfu_usb_device *device, void *arg)
{
    struct around *a = arg;
    struct dfu_usb_device d = *device;
    struct dfu_usb_holder holders[3] = {{.driver = "elsewhere", .config = 1, .interface_number = 7},
                                        {.driver = "elsewhere", .config = 2, .interface_number = 0},
                                        {.driver = a->driver, .config = 1, .interface_number = 0}};
    d.holders = holders;
    d.holder_count = a->driver != NULL ? 3 : 2;
    return a->visit(&d, a->arg);
}

static int enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct around *a = self;
    a->visit = visit;
    a->arg = arg;
    return a->inner->enumerate(a->self, add_holder, a, err);
}

static int open_path(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct around *a = self;
    return a->inner->open(a->self, path, conn, err);
}

static uint64_t now_us(void *self, void *conn)
{
    struct around *a = self;
    return a->inner->now_us(a->self, conn);
}

static void sleep_until_us(void *self, void *conn, uint64_t deadline_us)
{
    struct around *a = self;
    a->inner->sleep_until_us(a->self, conn, deadline_us);
}

static void keep_line(const char *line, void *user)
{
    struct around *a = user;
    size_t used = strlen(a->log);
    (void)snprintf(a->log + used, sizeof a->log - used, "%s\n", line);
}

static struct dfu_device_info first_of(const struct dfu_context_options *options, struct dfu_list **list)
{
    struct dfu_context *context = NULL;
    struct dfu_error *err = NULL;
    struct dfu_device_info info;
    DFU_INIT(&info);
    assert_dfu_ok(dfu_context_new(options, &context, &err), err);
    assert_dfu_ok(dfu_list_new(context, NULL, list, &err), err);
    assert_int_equal(dfu_device_describe(dfu_list_at(*list, 0), &info), DFU_OK);
    dfu_context_free(context);
    return info;
}

static void begin(struct around *a, struct bench *b, const char *profile, const char *driver)
{
    struct dfu_context_options o;
    memset(a, 0, sizeof *a);
    bench_new(b, profile, 0, 1);
    DFU_INIT(&o);
    dfu_sim_attach(b->sim, &o);
    a->inner = o.transport;
    a->self = o.transport_self;
    a->driver = driver;
    a->ops = *o.transport;
    a->ops.enumerate = enumerate;
    a->ops.open = open_path;
    a->ops.now_us = now_us;
    a->ops.sleep_until_us = sleep_until_us;
    a->ops.wait_change = NULL;
    a->ops.share = NULL;
    a->ops.unshare = NULL;
}

static struct dfu_device_info listed(struct around *a, struct dfu_list **list)
{
    struct dfu_context_options o;
    DFU_INIT(&o);
    o.transport = &a->ops;
    o.transport_self = a;
    return first_of(&o, list);
}

static void a_program_is_in_the_way(void **state)
{
    (void)state;
    struct around a;
    struct bench b;
    struct dfu_list *list = NULL;
    begin(&a, &b, "st-pair", "usbfs");
    struct dfu_device_info info = listed(&a, &list);
    assert_int_equal(info.access, DFU_ERR_BUSY);
    assert_string_equal(info.access_error, "another program has claimed interface 0");
    assert_string_equal(info.driver, "usbfs");
    assert_string_equal(info.product, "DFU in FS Mode"); /* its names are read all the same */
    DFU_INIT(&info);
    assert_int_equal(dfu_device_describe(dfu_list_at(list, 1), &info), DFU_OK);
    assert_int_equal(info.access, DFU_OK); /* the other interface is free */
    assert_null(info.driver);
    dfu_list_free(list);
    bench_free(&b);
}

static void a_kernel_driver_is_not(void **state)
{
    (void)state;
    struct around a;
    struct bench b;
    struct dfu_list *list = NULL;
    begin(&a, &b, "st-loader", "usbtest");
    struct dfu_device_info info = listed(&a, &list);
    assert_int_equal(info.access, DFU_OK);
    assert_null(info.access_error);
    assert_string_equal(info.driver, "usbtest");
    dfu_list_free(list);
    list = NULL;
    a.driver = NULL;
    info = listed(&a, &list);
    assert_null(info.driver);
    dfu_list_free(list);
    bench_free(&b);
}

/* What a wire log tells of it comes out of its replay. */
static void a_wire_log_has_it(void **state)
{
    (void)state;
    struct around a;
    struct bench b;
    struct dfu_list *list = NULL;
    struct dfu_recorder *recorder = NULL;
    struct dfu_replayer *replayer = NULL;
    struct dfu_error *err = NULL;
    struct dfu_context_options o;
    begin(&a, &b, "st-loader", "usbfs");
    DFU_INIT(&o);
    o.transport = &a.ops;
    o.transport_self = &a;
    assert_dfu_ok(dfu_recorder_new(&o, keep_line, &a, &recorder, &err), err);
    dfu_recorder_attach(recorder, &o);
    (void)first_of(&o, &list);
    dfu_list_free(list);
    list = NULL;
    dfu_recorder_free(recorder);
    assert_non_null(strstr(a.log, "\nholder 1 0 7573626673\n"));
    assert_dfu_ok(dfu_replayer_new(a.log, strlen(a.log), "log", &replayer, &err), err);
    dfu_replayer_attach(replayer, &o);
    struct dfu_device_info info = first_of(&o, &list);
    assert_int_equal(info.access, DFU_ERR_BUSY);
    assert_string_equal(info.driver, "usbfs");
    dfu_list_free(list);
    dfu_replayer_free(replayer);
    bench_free(&b);
}

static size_t count_with(struct bench *b, const char *path, uint32_t flags)
{
    struct dfu_list *list = NULL;
    struct dfu_selector s;
    DFU_INIT(&s);
    s.path = path;
    s.flags = flags;
    assert_dfu_ok(dfu_list_new(b->context, &s, &list, &b->err), b->err);
    size_t count = dfu_list_count(list);
    dfu_list_free(list);
    return count;
}

/* "PATH:C.I" is one interface, and nothing that only looks like it. */
static void paths_of_interfaces(void **state)
{
    (void)state;
    struct bench b;
    bench_new(&b, "st-pair", 0, 12);
    assert_int_equal(count_with(&b, NULL, 0), 24);
    assert_int_equal(count_with(&b, "1-1", 0), 2);
    assert_int_equal(count_with(&b, "1-1:1.0", 0), 1);
    assert_int_equal(count_with(&b, "1-12:1.1", 0), 1);
    static const char *const none[] = {"1-1:", "1-1:1", "1-1:1.2", "1-1:2.0", "1-1:1.0 ", "1-1:01.0", "1-:1.0", ":1.0"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(count_with(&b, none[i], 0), 0);
    bench_free(&b);
}

static void the_configuration_in_force(void **state)
{
    (void)state;
    struct bench b;
    struct dfu_list *list = NULL;
    struct dfu_device_info info;
    bench_new(&b, "st-configs", 0, 1);
    assert_int_equal(count_with(&b, NULL, DFU_SELECT_IN_FORCE), 1);
    assert_dfu_ok(dfu_list_new(b.context, NULL, &list, &b.err), b.err);
    assert_int_equal(dfu_list_count(list), 2);
    DFU_INIT(&info);
    assert_int_equal(dfu_device_describe(dfu_list_at(list, 1), &info), DFU_OK);
    assert_int_equal(info.config, 2);
    assert_int_equal(info.active_config, 1);
    assert_int_equal(info.access, DFU_ERR_BUSY);
    assert_dfu_error(dfu_session_open(b.context, dfu_list_at(list, 1), NULL, &b.session, &b.err), b.err, DFU_ERR_BUSY,
                     "belongs to configuration 2, but 1 is in force");
    dfu_list_free(list);
    bench_open(&b); /* by path: the one that can be used */
    assert_int_equal(bench_counters(&b).bad_state, 0);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_in_the_way),    cmocka_unit_test(a_kernel_driver_is_not),
        cmocka_unit_test(a_wire_log_has_it),          cmocka_unit_test(paths_of_interfaces),
        cmocka_unit_test(the_configuration_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
