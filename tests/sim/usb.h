/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw control transfers to a simulated board, for tests of the simulator itself. */
#ifndef DFU_TEST_USB_H
#define DFU_TEST_USB_H

#include "support.h"
#include <libdfu/sim.h>
#include <libdfu/transport.h>

struct usb {
    struct dfu_sim *sim;
    const struct dfu_transport_ops *ops;
    void *self;
    void *conn;
    size_t board;
};

/* What a GETSTATUS told. */
struct usb_status {
    int rc; /* bytes or a code */
    unsigned status;
    unsigned poll_ms;
    unsigned state;
};

static inline void usb_attach(struct usb *usb, struct dfu_sim *sim)
{
    struct dfu_context_options options;
    DFU_INIT(&options);
    dfu_sim_attach(sim, &options);
    memset(usb, 0, sizeof *usb);
    usb->sim = sim;
    usb->ops = options.transport;
    usb->self = options.transport_self;
}

static inline int usb_open(struct usb *usb)
{
    return usb->ops->open(usb->self, dfu_sim_path(usb->sim, usb->board), &usb->conn, NULL);
}

static inline void usb_new(struct usb *usb, const char *profile, const struct dfu_sim_options *options)
{
    struct dfu_error *err = NULL;
    struct dfu_sim *sim;
    int rc = dfu_sim_new(profile, options, &sim, &err);
    assert_dfu_ok(rc, err);
    usb_attach(usb, sim);
    assert_int_equal(usb_open(usb), DFU_OK);
}

static inline void usb_close(struct usb *usb)
{
    if (usb->conn != NULL)
        usb->ops->close(usb->conn);
    usb->conn = NULL;
}

static inline void usb_free(struct usb *usb)
{
    usb_close(usb);
    dfu_sim_free(usb->sim);
}

static inline void usb_reopen(struct usb *usb)
{
    usb_close(usb);
    assert_int_equal(usb_open(usb), DFU_OK);
}

static inline int usb_request(struct usb *usb, unsigned type, unsigned request, unsigned value, void *data,
                              size_t length, uint32_t timeout_ms)
{
    struct dfu_usb_setup setup = {
        .type = (uint8_t)type, .request = (uint8_t)request, .value = (uint16_t)value, .length = (uint16_t)length};
    return usb->ops->control(usb->conn, &setup, data, timeout_ms, NULL);
}

static inline int usb_dnload(struct usb *usb, unsigned block, const void *data, size_t length)
{
    static uint8_t copy[65536];
    if (length > 0)
        memcpy(copy, data, length);
    return usb_request(usb, 0x21, 1, block, copy, length, 5000);
}

static inline int usb_upload(struct usb *usb, unsigned block, void *data, size_t length)
{
    return usb_request(usb, 0xA1, 2, block, data, length, 5000);
}

static inline struct usb_status usb_getstatus(struct usb *usb)
{
    uint8_t d[6] = {0};
    struct usb_status s = {0};
    s.rc = usb_request(usb, 0xA1, 3, 0, d, sizeof d, 5000);
    s.status = d[0];
    s.poll_ms = (unsigned)d[1] | (unsigned)d[2] << 8 | (unsigned)d[3] << 16;
    s.state = d[4];
    return s;
}

static inline int usb_clrstatus(struct usb *usb)
{
    return usb_request(usb, 0x21, 4, 0, NULL, 0, 5000);
}

/* The state, or a code. */
static inline int usb_getstate(struct usb *usb)
{
    uint8_t state = 0;
    int rc = usb_request(usb, 0xA1, 5, 0, &state, 1, 5000);
    return rc == 1 ? state : rc;
}

static inline int usb_abort(struct usb *usb)
{
    return usb_request(usb, 0x21, 6, 0, NULL, 0, 5000);
}

static inline uint64_t usb_now(struct usb *usb)
{
    return usb->ops->now_us(usb->self, usb->conn);
}

static inline void usb_sleep_ms(struct usb *usb, uint64_t ms)
{
    usb->ops->sleep_until_us(usb->self, usb->conn, usb_now(usb) + ms * 1000);
}

/* DNLOAD, GETSTATUS, the wait that it asks for, GETSTATUS: the second answer. */
static inline struct usb_status usb_send(struct usb *usb, unsigned block, const void *data, size_t length)
{
    struct usb_status s = {.rc = usb_dnload(usb, block, data, length)};
    if (s.rc < 0)
        return s;
    s = usb_getstatus(usb);
    if (s.rc != 6)
        return s;
    usb_sleep_ms(usb, s.poll_ms);
    return usb_getstatus(usb);
}

static inline size_t usb_command(uint8_t out[5], unsigned code, uint32_t address)
{
    out[0] = (uint8_t)code;
    for (unsigned i = 0; i < 4; i++)
        out[1 + i] = (uint8_t)(address >> (8 * i));
    return 5;
}

static inline struct usb_status usb_set_address(struct usb *usb, uint32_t address)
{
    uint8_t c[5] = {0};
    return usb_send(usb, 0, c, usb_command(c, 0x21, address));
}

static inline struct usb_status usb_erase(struct usb *usb, uint32_t address)
{
    uint8_t c[5] = {0};
    return usb_send(usb, 0, c, usb_command(c, 0x41, address));
}

/* The live memory that holds address, and in *offset where. */
static inline const uint8_t *usb_memory(struct usb *usb, uint64_t address)
{
    for (size_t i = 0;; i++) {
        struct dfu_sim_memory m;
        DFU_INIT(&m);
        m.flags = DFU_SIM_LOOK;
        assert_int_equal(dfu_sim_get_memory(usb->sim, usb->board, i, &m), DFU_OK);
        if (address < m.start || address - m.start >= m.length)
            continue;
        m.flags = 0;
        assert_int_equal(dfu_sim_get_memory(usb->sim, usb->board, i, &m), DFU_OK);
        return m.data + (address - m.start);
    }
}

static inline struct dfu_sim_counters usb_counters(struct usb *usb)
{
    struct dfu_sim_counters c;
    DFU_INIT(&c);
    assert_int_equal(dfu_sim_get_counters(usb->sim, usb->board, &c), DFU_OK);
    return c;
}

#define assert_status(s, want_state, want_status)                                                                      \
    do {                                                                                                               \
        struct usb_status status_ = (s);                                                                               \
        assert_int_equal(status_.rc, 6);                                                                               \
        assert_int_equal(status_.state, (want_state));                                                                 \
        assert_int_equal(status_.status, (want_status));                                                               \
    } while (0)

#endif
