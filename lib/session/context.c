/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/context_private.h"
#include "usb/libusb.h"
#include <stdlib.h>

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "dfu_context_cancel() must be safe in a signal handler");

static bool complete(const struct dfu_transport_ops *ops)
{
    return ops->enumerate && ops->open && ops->claim && ops->control && ops->reset && ops->close && ops->now_us &&
           ops->sleep_until_us;
}

static int take_transport(struct dfu_context *c, const struct dfu_context_options *o, struct dfu_error **err)
{
    const struct dfu_transport_ops *ops = o->transport;
    c->self = o->transport_self;
    if (ops == NULL) {
        ops = &dfui_libusb_ops;
        c->own = dfui_libusb_new((o->flags & DFU_CONTEXT_LIBUSB_ALONE) != 0);
        c->self = c->own;
        if (c->own == NULL)
            return dfui_error_no_memory(err);
    }
    int rc = dfui_sized_in(&c->ops, sizeof c->ops, ops, "transport", err);
    if (rc == DFU_OK && !complete(&c->ops))
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "transport %s lacks a required operation",
                           c->ops.name != NULL ? c->ops.name : "without a name");
    return rc;
}

int dfu_context_new(const struct dfu_context_options *options, struct dfu_context **out, struct dfu_error **err)
{
    struct dfu_context_options o;
    if (out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no place for the context");
    *out = NULL;
    int rc = dfui_sized_in(&o, sizeof o, options, "context options", err);
    if (rc != DFU_OK)
        return rc;
    struct dfu_context *c = calloc(1, sizeof *c);
    if (c == NULL)
        return dfui_error_no_memory(err);
    atomic_init(&c->own_cancel, false);
    c->cancel = &c->own_cancel;
    c->log = (struct dfui_log){o.log_level != 0 ? o.log_level : DFU_LOG_WARNING, o.log, o.log_user};
    rc = take_transport(c, &o, err);
    if (rc != DFU_OK) {
        dfu_context_free(c);
        return rc;
    }
    *out = c;
    return DFU_OK;
}

bool dfui_context_can_share(const struct dfu_context *context)
{
    return context->ops.share != NULL && context->ops.unshare != NULL;
}

int dfui_context_share(struct dfu_context *parent, void (*log)(int level, const char *line, void *user), void *user,
                       struct dfu_context **out, struct dfu_error **err)
{
    *out = NULL;
    struct dfu_context *c = calloc(1, sizeof *c);
    if (c == NULL)
        return dfui_error_no_memory(err);
    c->ops = parent->ops;
    c->self = parent->self;
    c->cancel = parent->cancel;
    atomic_init(&c->own_cancel, false);
    c->log = (struct dfui_log){parent->log.level, parent->log.fn != NULL ? log : NULL, user};
    int rc = dfui_context_can_share(parent) ? parent->ops.share(parent->self, &c->self, err) : DFU_OK;
    if (rc != DFU_OK) {
        free(c);
        return rc;
    }
    c->shared = dfui_context_can_share(parent);
    *out = c;
    return DFU_OK;
}

void dfu_context_free(struct dfu_context *context)
{
    if (context != NULL && context->shared)
        context->ops.unshare(context->self);
    if (context != NULL)
        dfui_libusb_free(context->own);
    free(context);
}

void dfu_context_cancel(struct dfu_context *context)
{
    if (context != NULL)
        atomic_store_explicit(context->cancel, true, memory_order_relaxed);
}

void dfu_context_uncancel(struct dfu_context *context)
{
    if (context != NULL)
        atomic_store_explicit(context->cancel, false, memory_order_relaxed);
}
