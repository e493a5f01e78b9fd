/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The libusb context that nobody is using. To start one costs more than all transfers of a short job (it looks at
 * every device on the bus), so what enumeration started, the next connection takes over, and what that gives back, the
 * one after it. A context belongs to the spare or to one connection, never to two: threads that share a transport
 * need no lock.
 */
#include "usb/libusb.h"
#include "usb/libusb_private.h"
#include <stdatomic.h>
#include <stdlib.h>

struct dfui_libusb {
    _Atomic(libusb_context *) spare;
    struct dfui_libusb_watch *watch; /* NULL = nobody has waited yet */
};

struct dfui_libusb *dfui_libusb_new(void)
{
    struct dfui_libusb *self = malloc(sizeof *self);
    if (self != NULL) {
        atomic_init(&self->spare, NULL);
        self->watch = NULL;
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
    if (self != NULL)
        dfui_libusb_watch_free(self->watch);
    free(self);
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
