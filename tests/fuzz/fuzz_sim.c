/* SPDX-License-Identifier: BSD-2-Clause */
/* A hostile host: the input is a profile, fault rules and any requests in any order. Nothing may crash, hang or
 * answer with more than was asked for. */
#include <libdfu/sim.h>
#include <libdfu/transport.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at;
    size_t left;
};

static uint32_t take(struct input *in, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | (in->left > 0 ? *in->at : 0u);
        if (in->left > 0) {
            in->at++;
            in->left--;
        }
    }
    return value;
}

static void add_rule(struct dfu_sim *sim, struct input *in)
{
    char rule[32];
    size_t length = take(in, 1) % sizeof rule;
    for (size_t i = 0; i < length; i++)
        rule[i] = (char)take(in, 1);
    rule[length] = '\0';
    (void)dfu_sim_fault(sim, rule, NULL);
}

static void control(const struct dfu_transport_ops *ops, void *conn, struct input *in)
{
    static const uint8_t types[] = {0x21, 0xA1, 0x21, 0xA1, 0x80, 0x00, 0x81, 0x01};
    uint8_t type = (uint8_t)take(in, 1);
    struct dfu_usb_setup setup = {.type = type < 0xF0 ? types[type % 8] : type};
    setup.request = (uint8_t)take(in, 1);
    if (setup.request < 0xF0)
        setup.request %= 8;
    setup.value = (uint16_t)take(in, 2);
    setup.index = (uint16_t)(take(in, 1) < 0xF0 ? 0 : take(in, 2));
    setup.length = (uint16_t)take(in, 2);
    if (setup.length > 4200)
        setup.length %= 8;
    /* Exactly as big as announced, so that a sanitizer sees any byte too many. */
    uint8_t *data = malloc(setup.length == 0 ? 1u : setup.length);
    if (data == NULL)
        return;
    memset(data, 0, setup.length);
    for (unsigned i = 0; i < setup.length && i < 8; i++)
        data[i] = (uint8_t)take(in, 1);
    int rc = ops->control(conn, &setup, setup.length == 0 ? NULL : data, take(in, 1) * 8, NULL);
    if (rc > (int)setup.length)
        abort();
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct dfu_sim_profile_info info;
    struct dfu_sim *sim = NULL;
    struct dfu_sim_options options;
    struct dfu_context_options context;
    DFU_INIT(&info);
    DFU_INIT(&options);
    DFU_INIT(&context);
    options.flags = take(&in, 1) & 1 ? DFU_SIM_INIT_RANDOM : 0;
    if (dfu_sim_profile(take(&in, 1) % 32, &info) != DFU_OK || dfu_sim_new(info.name, &options, &sim, NULL) != DFU_OK)
        return 0;
    dfu_sim_attach(sim, &context);
    const struct dfu_transport_ops *ops = context.transport;
    void *conn = NULL;
    while (in.left > 0) {
        if (conn == NULL && ops->open(context.transport_self, dfu_sim_path(sim, 0), &conn, NULL) != DFU_OK)
            ops->sleep_until_us(context.transport_self, NULL, ops->now_us(context.transport_self, NULL) + 100000);
        uint32_t what = take(&in, 1);
        if (what < 8) {
            add_rule(sim, &in);
        } else if (conn == NULL) {
            continue;
        } else if (what < 16) {
            (void)ops->reset(conn, NULL);
        } else if (what < 24) {
            ops->close(conn);
            conn = NULL;
        } else if (what < 32) {
            (void)ops->claim(conn, (uint8_t)take(&in, 1), (uint8_t)take(&in, 1), NULL);
        } else if (what < 48) {
            ops->sleep_until_us(context.transport_self, conn, ops->now_us(context.transport_self, conn) + take(&in, 3));
        } else {
            control(ops, conn, &in);
        }
    }
    if (conn != NULL)
        ops->close(conn);
    struct dfu_sim_counters counters;
    DFU_INIT(&counters);
    (void)dfu_sim_get_counters(sim, 0, &counters);
    dfu_sim_free(sim);
    return 0;
}
