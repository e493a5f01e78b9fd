/* SPDX-License-Identifier: BSD-2-Clause */
/* USB/IP export, as a client sees it: bytes from Linux's Documentation/usb/usbip_protocol.rst. A client writes all it
 * has to say, the boards are served until it has been answered, then it reads. */
#include "support.h"
#include <libdfu/sim.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 2, HEADER = 48, DEVICE = 312 };

struct client {
    uint8_t said[4096];
    size_t said_length;
    uint8_t heard[8192];
    size_t heard_length;
    uint32_t seqnum;
};

struct fixture {
    struct dfu_sim *sim;
    struct client clients[CLIENTS];
    char log[2048];
};

static void on_log(int level, const char *line, void *user)
{
    struct fixture *f = user;
    size_t used = strlen(f->log);
    (void)snprintf(f->log + used, sizeof f->log - used, "%d %s\n", level, line);
}

static void start(struct fixture *f, const char *profile, uint32_t count)
{
    struct dfu_sim_options options;
    struct dfu_error *err = NULL;
    memset(f, 0, sizeof *f);
    DFU_INIT(&options);
    options.flags = DFU_SIM_REAL_TIME;
    options.scale_percent = 1;
    options.count = count;
    int rc = dfu_sim_new(profile, &options, &f->sim, &err);
    assert_dfu_ok(rc, err);
}

static void say(struct client *c, const void *bytes, size_t length)
{
    assert_true(length <= sizeof c->said - c->said_length);
    memcpy(c->said + c->said_length, bytes, length);
    c->said_length += length;
}

static void say_u32(struct client *c, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    say(c, bytes, sizeof bytes);
}

static uint32_t heard_u32(const struct client *c, size_t at)
{
    assert_true(at + 4 <= c->heard_length);
    const uint8_t *b = c->heard + at;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void say_import(struct client *c, const char *busid)
{
    char name[32] = "";
    say_u32(c, 0x01118003);
    say_u32(c, 0);
    (void)snprintf(name, sizeof name, "%s", busid);
    say(c, name, sizeof name);
}

static void say_submit(struct client *c, const uint8_t setup[8], uint32_t length, const void *data)
{
    const uint32_t in = setup[0] >> 7;
    say_u32(c, 1);
    say_u32(c, ++c->seqnum);
    say_u32(c, 0x10001);
    say_u32(c, in);
    say_u32(c, 0); /* endpoint */
    say_u32(c, 0); /* flags */
    say_u32(c, length);
    say_u32(c, 0);
    say_u32(c, UINT32_MAX); /* not isochronous */
    say_u32(c, 0);
    say(c, setup, 8);
    if (!in && length > 0)
        say(c, data, length);
}

/* A request with the data stage that its setup packet tells. */
static void say_request(struct client *c, unsigned type, unsigned request, unsigned value, unsigned length,
                        const void *data)
{
    const uint8_t setup[8] = {(uint8_t)type,   (uint8_t)request,      (uint8_t)value, (uint8_t)(value >> 8), 0, 0,
                              (uint8_t)length, (uint8_t)(length >> 8)};
    say_submit(c, setup, length, data);
}

static void say_getstate(struct client *c)
{
    say_request(c, 0xA1, 5, 0, 1, NULL);
}

static void say_erase(struct client *c)
{
    static const uint8_t erase[5] = {0x41, 0x00, 0x80, 0x00, 0x08};
    say_request(c, 0x21, 1, 0, sizeof erase, erase);
}

static void say_set_configuration(struct client *c)
{
    say_request(c, 0x00, 9, 1, 0, NULL);
}

/* Serves everybody who has said something, until they are done. */
static void serve(struct fixture *f)
{
    struct dfu_sim_serve_options options;
    struct dfu_error *err = NULL;
    int ours[CLIENTS];
    int theirs[CLIENTS];
    uint32_t count = 0;
    for (; count < CLIENTS && f->clients[count].said_length > 0; count++) {
        struct client *c = &f->clients[count];
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        ours[count] = ends[0];
        theirs[count] = ends[1];
        assert_int_equal(write(ends[0], c->said, c->said_length), (ssize_t)c->said_length);
        assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
    }
    DFU_INIT(&options);
    options.connected = theirs;
    options.connected_count = count;
    options.log = on_log;
    options.log_user = f;
    int rc = dfu_sim_serve(f->sim, &options, &err);
    assert_dfu_ok(rc, err);
    for (uint32_t i = 0; i < count; i++) {
        struct client *c = &f->clients[i];
        ssize_t n;
        c->heard_length = 0;
        while ((n = read(ours[i], c->heard + c->heard_length, sizeof c->heard - c->heard_length)) > 0)
            c->heard_length += (size_t)n;
        (void)close(ours[i]);
        c->said_length = 0;
    }
}

static void stop(struct fixture *f)
{
    dfu_sim_free(f->sim);
}

/* The answer to a transfer at *at: its status; *at moves behind its data. */
static int32_t heard_ret(const struct client *c, size_t *at, uint32_t seqnum, const uint8_t **data, uint32_t *length)
{
    assert_int_equal(heard_u32(c, *at), 3);
    assert_int_equal(heard_u32(c, *at + 4), seqnum);
    int32_t status = (int32_t)heard_u32(c, *at + 20);
    *length = heard_u32(c, *at + 24);
    *data = c->heard + *at + HEADER;
    *at += HEADER + *length;
    return status;
}

static void test_list(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "stm32f407", 2);
    struct client *c = &f.clients[0];
    say_u32(c, 0x01118005);
    say_u32(c, 0);
    serve(&f);
    assert_int_equal(c->heard_length, 12 + 2 * (DEVICE + 4));
    static const uint8_t head[12] = {0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0, 0, 0, 0, 2};
    assert_memory_equal(c->heard, head, sizeof head);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *device = c->heard + 12 + i * (DEVICE + 4);
        assert_string_equal((const char *)device + 256, i == 0 ? "1-1" : "1-2");
        /* bus 1, device, full speed, 0483:df11, 2200, class of the interface, configuration 1 of 1, 1 interface */
        const uint8_t rest[24] = {0, 0, 0, 1, 0, 0, 0, (uint8_t)(i + 1), 0, 0, 0, 2, 0x04, 0x83, 0xDF, 0x11, 0x22,
                                  0, 0, 0, 0, 1, 1, 1};
        const uint8_t interface[4] = {0xFE, 0x01, 0x02, 0};
        assert_memory_equal(device + 288, rest, sizeof rest);
        assert_memory_equal(device + DEVICE, interface, sizeof interface);
    }
    stop(&f);
}

static void test_import_and_requests(void **state)
{
    struct fixture f;
    const uint8_t *data;
    uint32_t length;
    (void)state;
    start(&f, "st-loader", 1);
    struct client *c = &f.clients[0];
    say_import(c, "1-1");
    say_request(c, 0x80, 6, 0x0100, 64, NULL);
    say_getstate(c);
    say_request(c, 0x80, 6, 0x0600, 10, NULL); /* device qualifier: none at full speed */
    serve(&f);
    assert_int_equal(heard_u32(c, 0), 0x01110003);
    assert_int_equal(heard_u32(c, 4), 0);
    assert_string_equal((const char *)c->heard + 8 + 256, "1-1");
    size_t at = 8 + DEVICE;
    assert_int_equal(heard_ret(c, &at, 1, &data, &length), 0);
    assert_int_equal(length, 18);
    static const uint8_t ids[4] = {0x83, 0x04, 0x11, 0xDF};
    assert_memory_equal(data + 8, ids, sizeof ids);
    assert_int_equal(heard_ret(c, &at, 2, &data, &length), 0);
    assert_int_equal(length, 1);
    assert_int_equal(data[0], DFU_STATE_IDLE);
    assert_int_equal(heard_ret(c, &at, 3, &data, &length), -32); /* EPIPE: a stall */
    assert_int_equal(length, 0);
    assert_int_equal(at, c->heard_length);
    stop(&f);
}

static void test_import_refused(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "st-loader", 1);
    say_import(&f.clients[0], "1-1");
    say_getstate(&f.clients[0]);
    say_import(&f.clients[1], "1-1");
    serve(&f);
    assert_int_equal(heard_u32(&f.clients[0], 4), 0);
    assert_int_equal(f.clients[1].heard_length, 8);
    assert_int_equal(heard_u32(&f.clients[1], 4), 2); /* ST_DEV_BUSY */
    say_import(&f.clients[0], "1-7");
    serve(&f);
    assert_int_equal(f.clients[0].heard_length, 8);
    assert_int_equal(heard_u32(&f.clients[0], 4), 4); /* ST_NODEV */
    stop(&f);
}

/* What nobody may send: the connection ends with a reason, and the next client finds everything in order. */
static void test_malformed(void **state)
{
    static const struct {
        const char *reason;
        uint32_t words[12]; /* after an import, when the first is no version */
    } rows[] = {
        {"version 0x0110", {0x01108005}},
        {"operation 0x8006", {0x01118006}},
        {"command 0x00000007", {7}},
        {"of 65536 bytes", {1, 1, 0, 0, 0, 0, 65536, 0, UINT32_MAX, 0, 0x21010000, 0x00000000}},
        {"and 3 packets", {1, 1, 0, 0, 0, 0, 5, 0, 3, 0, 0x21010000, 0x00000500}},
        {"setup packet asks for 6 bytes", {1, 1, 0, 1, 0, 0, 5, 0, UINT32_MAX, 0, 0xA1030000, 0x00000600}},
        {"bytes out, the transfer has 6 in", {1, 1, 0, 1, 0, 0, 6, 0, UINT32_MAX, 0, 0x21030000, 0x00000600}},
    };
    struct fixture f;
    (void)state;
    start(&f, "st-loader", 1);
    struct client *c = &f.clients[0];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].words[0] < 0x1000000)
            say_import(c, "1-1");
        for (size_t w = 0; w < 12; w++)
            say_u32(c, rows[i].words[w]);
        f.log[0] = '\0';
        serve(&f);
        if (strstr(f.log, rows[i].reason) == NULL)
            fail_msg("row %zu: \"%s\" is not in \"%s\"", i, rows[i].reason, f.log);
        assert_int_equal(f.log[0] - '0', DFU_LOG_WARNING);
        assert_true(c->heard_length == 0 || c->heard_length == 8 + DEVICE);
    }
    say_u32(c, 0x01118005);
    say_u32(c, 0);
    serve(&f);
    assert_int_equal(c->heard_length, 12 + DEVICE + 4);
    stop(&f);
}

/* A port reset is not told; the question for 64 bytes of device descriptor tells it, but not while the device is
 * enumerated for the first time: this one starts in dfuERROR. */
static void test_reset_is_inferred(void **state)
{
    struct fixture f;
    const uint8_t *data;
    uint32_t length;
    (void)state;
    start(&f, "stm32f407", 1);
    struct client *c = &f.clients[0];
    say_import(c, "1-1");
    say_request(c, 0x80, 6, 0x0100, 64, NULL);
    say_set_configuration(c);
    say_getstate(c);
    say_request(c, 0x80, 6, 0x0100, 18, NULL); /* anybody may ask that */
    say_getstate(c);
    say_request(c, 0x80, 6, 0x0100, 64, NULL);
    say_getstate(c);
    serve(&f);
    size_t at = 8 + DEVICE;
    uint8_t states[8] = {0};
    for (uint32_t i = 1; i <= 7; i++) {
        assert_int_equal(heard_ret(c, &at, i, &data, &length), 0);
        states[i] = length > 0 ? data[0] : 0;
    }
    assert_int_equal(states[3], DFU_STATE_ERROR);
    assert_int_equal(states[5], DFU_STATE_ERROR);
    assert_int_equal(states[7], DFU_STATE_IDLE);
    stop(&f);
}

/* While one board erases inside a request, another's client gets its answer and goes. */
static void test_nobody_waits_for_another(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "st-loader", 2);
    say_import(&f.clients[0], "1-1");
    say_erase(&f.clients[0]);
    say_request(&f.clients[0], 0xA1, 3, 0, 6, NULL);
    say_import(&f.clients[1], "1-2");
    say_getstate(&f.clients[1]);
    serve(&f);
    const char *first = strstr(f.log, "board 1-1");
    const char *second = strstr(f.log, "board 1-2");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(second < first);
    stop(&f);
}

/* A leave that starts nothing: the connection ends unanswered, and the board comes back. */
static void test_leave_and_return(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "st-loader", 1);
    struct client *c = &f.clients[0];
    say_import(c, "1-1");
    say_request(c, 0x21, 1, 0, 0, NULL);
    say_request(c, 0xA1, 3, 0, 6, NULL);
    say_getstate(c);
    serve(&f);
    assert_int_equal(c->heard_length, 8 + DEVICE + HEADER);
    assert_non_null(strstr(f.log, "left the bus"));
    /* 500 ms of its time later */
    uint32_t present = 0;
    for (unsigned i = 0; i < 1000000 && present == 0; i++) {
        say_u32(c, 0x01118005);
        say_u32(c, 0);
        serve(&f);
        present = heard_u32(c, 8);
    }
    assert_int_equal(present, 1);
    stop(&f);
}

static void test_arguments(void **state)
{
    struct fixture f;
    struct dfu_sim_serve_options options;
    struct dfu_error *err = NULL;
    struct dfu_sim *sim;
    (void)state;
    DFU_INIT(&options);
    options.flags = DFU_SIM_SERVE_TCP;
    assert_int_equal(dfu_sim_new("st-loader", NULL, &sim, NULL), DFU_OK);
    assert_dfu_error(dfu_sim_serve(sim, &options, &err), err, DFU_ERR_ARGUMENT, "virtual time");
    dfu_sim_free(sim);

    start(&f, "st-loader", 1);
    static const char *const bad[] = {"127.0.0.1:", "[::1", "[::1]3240", "127.0.0.1:http", "127.0.0.1:99999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        options.address = bad[i];
        assert_dfu_error(dfu_sim_serve(f.sim, &options, &err), err, DFU_ERR_ARGUMENT, "no address to listen at");
    }
    /* Any free port of this machine, told, and ended before anybody came. */
    options.address = "127.0.0.1:0";
    options.log = on_log;
    options.log_user = &f;
    dfu_sim_stop(f.sim);
    int rc = dfu_sim_serve(f.sim, &options, &err);
    assert_dfu_ok(rc, err);
    assert_non_null(strstr(f.log, "listening at 127.0.0.1:"));
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_import_and_requests),
        cmocka_unit_test(test_import_refused),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_reset_is_inferred),
        cmocka_unit_test(test_nobody_waits_for_another),
        cmocka_unit_test(test_leave_and_return),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
