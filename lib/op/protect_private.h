/* SPDX-License-Identifier: BSD-2-Clause */
/* What the operations on protection share. */
#ifndef DFUI_PROTECT_PRIVATE_H
#define DFUI_PROTECT_PRIVATE_H

#include "op/plan_private.h"
#include "session/session_private.h"
#include <libdfu/optbytes.h>

struct dfui_protect {
    struct dfu_session *session;
    struct dfu_protect_options options;
    struct dfu_protect_result result;
    uint64_t started_us;
    bool erases; /* the chip erases its flash before it comes back */
};

/* --- optbytes.c --- */

/* Checks session and options and makes ready. */
int dfui_protect_begin(struct dfui_protect *p, struct dfu_session *session, const struct dfu_protect_options *options,
                       struct dfu_error **err);
/* Hands out the result; returns rc. */
int dfui_protect_end(struct dfui_protect *p, struct dfu_protect_result *result, int rc, struct dfu_error **err);
/* Waits for the chip's reset and for the same board; *went as in dfui_session_again(). */
int dfui_protect_again(struct dfui_protect *p, uint32_t leave_ms, bool *went, struct dfu_error **err);
/* The level by the option bytes, DFU_RDP_UNKNOWN where they cannot be read. *code, if not NULL, is why. */
enum dfu_rdp dfui_protect_level(struct dfu_session *session, int *code);

/* --- blank_plan.c --- */

/* A plan that reads every erasable and readable region, which must be blank. */
int dfui_plan_blank(const struct dfu_memmap *map, const struct dfu_target *target, struct dfu_plan **out,
                    struct dfu_error **err);

#endif
