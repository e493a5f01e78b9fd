/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The libusb context that nobody is using. To start one costs more than all transfers of a short job (it looks at
 * every device on the bus), so what enumeration started, the next connection takes over, and what that gives back, the
 * one after it. Such a context belongs to the spare or to one connection, never to two.
 *
 * For several boards at once the spare becomes a common one: each board's thread makes its connections through it,
 * which is what libusb's own locks are for, and who leaves it last ends it. Who finds its board missing there, because
 * it went away and came back, leaves it for a context of its own.
 */
#include "usb/libusb.h"
#include "usb/libusb_private.h"
#include <stdatomic.h>
#include <stdlib.h>

struct dfui_libusb_common {
    libusb_context *usb;
    atomic_uint users;
};

struct dfui_libusb {
    _Atomic(libusb_context *) spare;
    struct dfui_libusb_watch *watch;   /* NULL = nobody has waited yet */
    struct dfui_libusb_common *common; /* to lend, and for the next connection; NULL = none */
};

struct dfui_libusb *dfui_libusb_new(void)
{
    struct dfui_libusb *self = malloc(sizeof *self);
    if (self != NULL) {
        atomic_init(&self->spare, NULL);
        self->watch = NULL;
        self->common = NULL;
    }
    return self;
}

struct dfui_libusb_watch **dfui_libusb_watch_of(struct dfui_libusb *self)
{
    return &self->watch;
}

void dfui_libusb_free(struct dfui_libusb *self)
{
    libusb_context *usb = dfui_libusb_take(self);
    if (usb != NULL)
        libusb_exit(usb);
    if (self != NULL) {
        dfui_libusb_watch_free(self->watch);
        dfui_libusb_leave(self->common);
    }
    free(self);
}

/* Of a newer enumeration than the common one that there may be already. */
static void renew_common(struct dfui_libusb *self)
{
    libusb_context *usb = dfui_libusb_take(self);
    struct dfui_libusb_common *common = usb != NULL ? malloc(sizeof *common) : NULL;
    if (common == NULL) {
        if (usb != NULL)
            dfui_libusb_give(self, usb, false);
        return;
    }
    common->usb = usb;
    atomic_init(&common->users, 1);
    dfui_libusb_leave(self->common);
    self->common = common;
}

struct dfui_libusb *dfui_libusb_share(struct dfui_libusb *self)
{
    struct dfui_libusb *other = dfui_libusb_new();
    if (other == NULL || self == NULL)
        return other;
    renew_common(self);
    other->common = self->common;
    if (other->common != NULL)
        (void)atomic_fetch_add(&other->common->users, 1);
    return other;
}

struct dfui_libusb_common *dfui_libusb_join(struct dfui_libusb *self, libusb_context **usb)
{
    struct dfui_libusb_common *common = self != NULL ? self->common : NULL;
    if (common == NULL)
        return NULL;
    self->common = NULL;
    *usb = common->usb;
    return common;
}

void dfui_libusb_rejoin(struct dfui_libusb *self, struct dfui_libusb_common *common)
{
    if (self == NULL || self->common != NULL)
        dfui_libusb_leave(common);
    else
        self->common = common;
}

void dfui_libusb_leave(struct dfui_libusb_common *common)
{
    if (common == NULL || atomic_fetch_sub(&common->users, 1) != 1)
        return;
    libusb_exit(common->usb);
    free(common);
}

libusb_context *dfui_libusb_take(struct dfui_libusb *self)
{
    return self == NULL ? NULL : atomic_exchange(&self->spare, NULL);
}

void dfui_libusb_give(struct dfui_libusb *self, libusb_context *usb, bool newest)
{
    if (self != NULL && newest)
        usb = atomic_exchange(&self->spare, usb);
    libusb_context *none = NULL;
    if (usb != NULL && (newest || self == NULL || !atomic_compare_exchange_strong(&self->spare, &none, usb)))
        libusb_exit(usb);
}
