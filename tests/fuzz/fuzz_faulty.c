/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A simulated device, some of whose answers are the fuzzer's: with most of them right, a job gets as far as its last
 * steps before one is wrong. The first bytes choose profile, job and options; then a byte for each control transfer.
 * It must end, within the limits of virtual time, without reading or writing where it should not.
 */
#include "jobs.h"
#include <libdfu/sim.h>
#include <stdlib.h>

static struct {
    const struct dfu_transport_ops *inner;
    const uint8_t *data;
    size_t left;
} wire;

static uint8_t next(void)
{
    if (wire.left == 0)
        return 0;
    wire.left--;
    return *wire.data++;
}

/* Below 0xC0 the device is left alone. */
static int control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                   struct dfu_error **err)
{
    static const int failures[] = {DFU_ERR_STALL, DFU_ERR_TIMEOUT, DFU_ERR_GONE, DFU_ERR_USB};
    uint8_t what = next();
    if (what >= 0xF0)
        return dfu_error_set(err, failures[what % 4], "faulty: no");
    int rc = wire.inner->control(conn, setup, data, timeout_ms, err);
    if (rc < 0 || what < 0xC0)
        return rc;
    if (what >= 0xE0) /* it happened, and the host does not learn of it */
        return dfu_error_set(err, failures[what % 4], "faulty: lost");
    if ((setup->type & 0x80) == 0)
        return rc;
    if (what >= 0xD8)
        return rc > 0 ? next() % rc : rc;
    for (int i = 0; i < rc && i < 8; i++)
        ((uint8_t *)data)[i] = next();
    return rc;
}

/* Small ones, or each run takes long. */
static const char *const profiles[] = {"stm32f072", "stm32l476", "stm32l152", "st-sample", "mboot",     "libopencm3",
                                       "dfu11",     "stm32c5",   "particle",  "stm32g431", "stm32f105", "stm32f042",
                                       "gd32vf103", "apm32f103", "um0424",    "openmoko"};

static void one(struct dfu_context *context, void *self, const char *path, uint8_t job, uint8_t flags)
{
    struct dfu_session *session = NULL;
    uint64_t begun = wire.inner->now_us(self, NULL);
    if (dfu_session_open_path(context, path, NULL, &session, NULL) == DFU_OK)
        do_job(context, &session, job % JOBS, flags);
    dfu_session_close(session);
    /* A day of virtual time for a job of a few blocks would be a hang. */
    if (wire.inner->now_us(self, NULL) - begun > UINT64_C(86400000000))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dfu_context_options co;
    struct dfu_context *context = NULL;
    struct dfu_sim *sim = NULL;
    wire.data = data;
    wire.left = size;
    uint8_t profile = next();
    uint8_t job = next();
    uint8_t flags = next();
    if (dfu_sim_new(profiles[profile % 16], NULL, &sim, NULL) != DFU_OK)
        return 0;
    if (flags & 0x80)
        (void)dfu_sim_protect(sim, 0, 1, NULL);
    DFU_INIT(&co);
    dfu_sim_attach(sim, &co);
    wire.inner = co.transport;
    struct dfu_transport_ops ops = *wire.inner;
    ops.control = control;
    ops.share = NULL; /* one board after the other, in this thread */
    ops.unshare = NULL;
    co.transport = &ops;
    if (dfu_context_new(&co, &context, NULL) == DFU_OK)
        one(context, co.transport_self, dfu_sim_path(sim, 0), job, flags);
    dfu_context_free(context);
    dfu_sim_free(sim);
    return 0;
}
