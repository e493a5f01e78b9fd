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
    atomic_bool cancel;
};

#endif
