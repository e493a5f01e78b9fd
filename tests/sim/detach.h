/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of detaching have in common. */
#ifndef DFU_TEST_DETACH_H
#define DFU_TEST_DETACH_H

#include "bench.h"

static inline int detach_board(struct bench *b, uint32_t timeout_ms, struct dfu_list **out)
{
    struct dfu_detach_options o;
    struct dfu_list *list = bench_list(b);
    DFU_INIT(&o);
    o.timeout_ms = timeout_ms;
    int rc = dfu_device_detach(b->context, dfu_list_at(list, 0), &o, out, &b->err);
    dfu_list_free(list);
    return rc;
}

static inline struct dfu_device_info describe(const struct dfu_list *list)
{
    struct dfu_device_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_list_count(list), 1);
    assert_int_equal(dfu_device_describe(dfu_list_at(list, 0), &info), DFU_OK);
    return info;
}

static inline void forget(struct bench *b)
{
    dfu_error_free(b->err);
    b->err = NULL;
}

static inline uint64_t bus_now(struct bench *b)
{
    struct dfu_context_options co;
    DFU_INIT(&co);
    dfu_sim_attach(b->sim, &co);
    return co.transport->now_us(co.transport_self, NULL);
}

#endif
