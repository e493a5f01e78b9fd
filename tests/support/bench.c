/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

void bench_log(int level, const char *line, void *user)
{
    struct bench *b = user;
    size_t used = strlen(b->log);
    (void)level;
    (void)snprintf(b->log + used, sizeof b->log - used, "%s\n", line);
}

void bench_new(struct bench *b, const char *profile, uint32_t sim_flags, uint32_t count)
{
    struct dfu_sim_options so;
    struct dfu_context_options co;
    memset(b, 0, sizeof *b);
    DFU_INIT(&so);
    DFU_INIT(&co);
    so.flags = sim_flags;
    so.count = count;
    so.seed = 42;
    assert_dfu_ok(dfu_sim_new(profile, &so, &b->sim, &b->err), b->err);
    co.log = bench_log;
    co.log_user = b;
    dfu_sim_attach(b->sim, &co);
    assert_dfu_ok(dfu_context_new(&co, &b->context, &b->err), b->err);
}

struct dfu_list *bench_list(struct bench *b)
{
    struct dfu_selector s;
    struct dfu_list *list = NULL;
    DFU_INIT(&s);
    s.path = dfu_sim_path(b->sim, 0);
    assert_dfu_ok(dfu_list_new(b->context, &s, &list, &b->err), b->err);
    if (dfu_list_count(list) > 1) { /* of several DFU interfaces the first */
        char first[40];
        dfu_list_free(list);
        (void)snprintf(first, sizeof first, "%s:1.0", s.path);
        s.path = first;
        assert_dfu_ok(dfu_list_new(b->context, &s, &list, &b->err), b->err);
    }
    assert_int_equal(dfu_list_count(list), 1);
    return list;
}

void bench_open(struct bench *b)
{
    struct dfu_device_info info;
    struct dfu_list *list = bench_list(b);
    DFU_INIT(&info);
    assert_int_equal(dfu_device_describe(dfu_list_at(list, 0), &info), DFU_OK);
    if (info.mode == DFU_MODE_RUNTIME)
        assert_dfu_ok(dfu_device_detach(b->context, dfu_list_at(list, 0), NULL, NULL, &b->err), b->err);
    dfu_list_free(list);
    assert_dfu_ok(dfu_session_open_path(b->context, dfu_sim_path(b->sim, 0), NULL, &b->session, &b->err), b->err);
}

void bench_close(struct bench *b)
{
    dfu_session_close(b->session);
    b->session = NULL;
}

void bench_free(struct bench *b)
{
    bench_close(b);
    dfu_context_free(b->context);
    dfu_sim_free(b->sim);
}

void bench_fault(struct bench *b, const char *rule)
{
    assert_dfu_ok(dfu_sim_fault(b->sim, rule, &b->err), b->err);
}

struct dfu_sim_counters bench_counters(const struct bench *b)
{
    struct dfu_sim_counters c;
    DFU_INIT(&c);
    assert_int_equal(dfu_sim_get_counters(b->sim, 0, &c), DFU_OK);
    return c;
}

uint8_t *bench_memory(const struct bench *b, uint64_t start, size_t *length)
{
    struct dfu_sim_memory m;
    DFU_INIT(&m);
    for (size_t i = 0; dfu_sim_get_memory(b->sim, 0, i, &m) == DFU_OK; i++) {
        if (m.start != start)
            continue;
        uint8_t *copy = malloc((size_t)m.length);
        assert_non_null(copy);
        memcpy(copy, m.data, (size_t)m.length);
        if (length != NULL)
            *length = (size_t)m.length;
        return copy;
    }
    fail_msg("no memory at 0x%08llx", (unsigned long long)start);
    return NULL;
}

void bench_assert_clean(const struct bench *b)
{
    struct dfu_sim_counters c = bench_counters(b);
    assert_int_equal(c.early_poll, 0);
    assert_int_equal(c.bad_state, 0);
    assert_int_equal(c.write_unerased, 0);
}

int bench_raw(struct bench *b, uint8_t type, uint8_t request, uint16_t value, void *data, uint16_t length)
{
    struct dfu_context_options co;
    struct dfu_usb_setup setup = {type, request, value, 0, length};
    void *conn = NULL;
    DFU_INIT(&co);
    dfu_sim_attach(b->sim, &co);
    assert_int_equal(co.transport->open(co.transport_self, dfu_sim_path(b->sim, 0), &conn, NULL), DFU_OK);
    int rc = co.transport->control(conn, &setup, data, 60000, NULL);
    co.transport->close(conn);
    return rc;
}

struct dfu_region bench_region(const struct bench *b)
{
    struct dfu_region r;
    const struct dfu_memmap *map = dfu_session_memmap(b->session);
    DFU_INIT(&r);
    for (size_t i = 0; dfu_memmap_region(map, i, &r) == DFU_OK; i++) {
        if ((r.access & (DFU_ACCESS_ERASE | DFU_ACCESS_WRITE)) == (DFU_ACCESS_ERASE | DFU_ACCESS_WRITE))
            return r;
    }
    fail_msg("no region to write to");
    return r;
}

int bench_is_odd(const char *profile)
{
    static const char *const odd[] = {"mboot", "libopencm3", "bmp", "not-erasable", "maple"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (strcmp(profile, odd[i]) == 0)
            return 1;
    }
    return 0;
}

struct dfu_image *bench_image(uint64_t address, size_t length, uint64_t seed)
{
    struct dfu_image *image = NULL;
    struct dfu_error *err = NULL;
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)test_random(&seed);
    if (length >= 8) {
        const uint32_t words[2] = {0x20001000, (uint32_t)address + 0x9};
        for (int i = 0; i < 8; i++)
            bytes[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    }
    assert_dfu_ok(dfu_image_new(&image, &err), err);
    assert_dfu_ok(dfu_image_add(image, DFU_ALT_ANY, address, bytes, length, DFU_OVERLAP_ERROR, &err), err);
    free(bytes);
    return image;
}
