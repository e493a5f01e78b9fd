/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DFUI_CONTEXT_PRIVATE_H
#define DFUI_CONTEXT_PRIVATE_H

#include "core/core.h"
#include <libdfu/context.h>
#include <libdfu/transport.h>
#include <stdatomic.h>

struct dfu_context {
    struct dfui_log log;
    struct dfu_transport_ops ops; /* our copy, as long as this version knows it */
    void *self;
    struct dfui_libusb *own; /* self where it is the built-in transport's; NULL = it is the user's */
    atomic_bool *cancel;     /* own_cancel, or that of the context it was made of */
    atomic_bool own_cancel;
    bool shared; /* self came from ops.share() */
};

/* Another context on the same transport for a second thread, with a log of its own; a cancel of parent reaches it.
 * Where the transport is for one thread only it has parent's self, and one of the two may be used at a time. */
int dfui_context_share(struct dfu_context *parent, void (*log)(int level, const char *line, void *user), void *user,
                       struct dfu_context **out, struct dfu_error **err);
/* Can several threads use the transport at once? */
bool dfui_context_can_share(const struct dfu_context *context);

#endif
