/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device whose every answer comes from the fuzzer: listing, opening it and every job must end,
 * within the limits of virtual time, without reading or writing where they should not.
 */
#include "jobs.h"
#include <stdlib.h>

struct hostile {
    const uint8_t *data;
    size_t left;
    uint64_t clock;
    uint8_t config[256];
    size_t config_length;
};

static uint8_t next(struct hostile *h)
{
    if (h->left == 0)
        return 0;
    h->left--;
    return *h->data++;
}

static int enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct hostile *h = self;
    (void)err;
    struct dfu_usb_config c = {h->config, h->config_length};
    struct dfu_usb_device d = {.size = sizeof d,
                               .path = "1-1",
                               .vid = 0x28e9,
                               .pid = 0x0189,
                               .bcd_device = 0x1000,
                               .serial_index = 1,
                               .product_index = 2,
                               .config_count = 1,
                               .configs = &c};
    return h->left % 7 == 1 ? DFU_OK : visit(&d, arg); /* sometimes it is gone */
}

static int open_device(void *self, const char *path, void **conn, struct dfu_error **err)
{
    (void)path;
    *conn = self;
    return next(self) % 16 == 15 ? dfu_error_set(err, DFU_ERR_ACCESS, "hostile: no") : DFU_OK;
}

static int claim(void *conn, uint8_t number, uint8_t alt, struct dfu_error **err)
{
    (void)number;
    (void)alt;
    return next(conn) % 16 == 15 ? dfu_error_set(err, DFU_ERR_BUSY, "hostile: no") : DFU_OK;
}

static int control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                   struct dfu_error **err)
{
    static const int failures[] = {DFU_ERR_STALL, DFU_ERR_TIMEOUT, DFU_ERR_GONE, DFU_ERR_USB};
    struct hostile *h = conn;
    uint8_t what = next(h);
    h->clock += 1000;
    if (what >= 0xF0) {
        if (what % 4 == 1)
            h->clock += (uint64_t)timeout_ms * 1000;
        return dfu_error_set(err, failures[what % 4], "hostile: no");
    }
    if (!(setup->type & 0x80))
        return setup->length;
    size_t length = what >= 0xE0 ? next(h) : setup->length;
    if (length > setup->length)
        length = setup->length;
    for (size_t i = 0; i < length; i++)
        ((uint8_t *)data)[i] = h->left > 0 ? next(h) : (uint8_t)(i == 4 ? 5 : 0);
    return (int)length;
}

static int reset(void *conn, struct dfu_error **err)
{
    uint8_t what = next(conn);
    return what > 0xF0 ? dfu_error_set(err, DFU_ERR_USB, "hostile: no") : what % 2;
}

static void close_device(void *conn)
{
    (void)conn;
}

static uint64_t now_us(void *self, void *conn)
{
    (void)conn;
    return ((struct hostile *)self)->clock;
}

static void sleep_until_us(void *self, void *conn, uint64_t deadline)
{
    struct hostile *h = self;
    (void)conn;
    if (deadline > h->clock)
        h->clock = deadline;
}

static const struct dfu_transport_ops ops = {.size = sizeof ops,
                                             .name = "hostile",
                                             .enumerate = enumerate,
                                             .open = open_device,
                                             .claim = claim,
                                             .control = control,
                                             .reset = reset,
                                             .close = close_device,
                                             .now_us = now_us,
                                             .sleep_until_us = sleep_until_us};

static void use(struct dfu_context *context, struct dfu_session **session, uint8_t flags)
{
    struct dfu_session_info info;
    DFU_INIT(&info);
    (void)dfu_session_describe(*session, 1, &info, NULL);
    if (flags & 4)
        do_job(context, session, JOB_READ, flags);
    do_job(context, session, (flags >> 4) % JOBS, flags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hostile h = {.data = data, .left = size};
    struct dfu_context_options co;
    struct dfu_open_options oo;
    struct dfu_context *context = NULL;
    struct dfu_session *session = NULL;
    DFU_INIT(&co);
    DFU_INIT(&oo);
    uint8_t flags = next(&h);
    h.config_length = next(&h);
    for (size_t i = 0; i < h.config_length; i++)
        h.config[i] = next(&h);
    oo.flags = flags & 8 ? DFU_OPEN_FORCE_DFUSE : 0;
    co.transport = &ops;
    co.transport_self = &h;
    if (dfu_context_new(&co, &context, NULL) != DFU_OK)
        return 0;
    if (dfu_session_open_path(context, "1-1", &oo, &session, NULL) == DFU_OK)
        use(context, &session, flags);
    dfu_session_close(session);
    dfu_context_free(context);
    /* A day of virtual time for a job of a few blocks would be a hang. */
    if (h.clock > UINT64_C(86400000000))
        abort();
    return 0;
}
