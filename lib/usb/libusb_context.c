/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The libusb context of a transport: started when it is needed first, since to start it may cost more than all
 * transfers of a short job, and kept. Selves that share() has made have it in common: with one for each of eight
 * boards, a gang took a quarter longer.
 */
#include "core/thread.h"
#include "usb/libusb.h"
#include "usb/libusb_private.h"
#include <stdlib.h>

struct common {
    dfui_mutex lock;
    libusb_context *usb; /* NULL = not started */
    unsigned users;
    bool alone;
};

struct dfui_libusb {
    struct common *common;
    struct dfui_libusb_watch *watch; /* NULL = nobody has waited yet */
};

static struct dfui_libusb *member_of(struct common *common)
{
    struct dfui_libusb *self = malloc(sizeof *self);
    if (self == NULL)
        return NULL;
    self->common = common;
    self->watch = NULL;
    dfui_mutex_lock(&common->lock);
    common->users++;
    dfui_mutex_unlock(&common->lock);
    return self;
}

struct dfui_libusb *dfui_libusb_new(bool alone)
{
    struct common *common = malloc(sizeof *common);
    if (common == NULL)
        return NULL;
    *common = (struct common){.alone = alone};
    if (!dfui_mutex_init(&common->lock)) {
        free(common);
        return NULL;
    }
    struct dfui_libusb *self = member_of(common);
    if (self == NULL) {
        dfui_mutex_destroy(&common->lock);
        free(common);
    }
    return self;
}

struct dfui_libusb *dfui_libusb_share(struct dfui_libusb *self)
{
    return member_of(self->common);
}

void dfui_libusb_free(struct dfui_libusb *self)
{
    if (self == NULL)
        return;
    struct common *common = self->common;
    dfui_libusb_watch_free(self->watch);
    free(self);
    dfui_mutex_lock(&common->lock);
    bool last = --common->users == 0;
    dfui_mutex_unlock(&common->lock);
    if (!last)
        return;
    if (common->usb != NULL)
        libusb_exit(common->usb);
    dfui_mutex_destroy(&common->lock);
    free(common);
}

int dfui_libusb_start(struct dfui_libusb *self, libusb_context **usb, struct dfu_error **err)
{
    struct common *common = self->common;
    dfui_mutex_lock(&common->lock);
    int rc = common->usb == NULL ? dfui_libusb_init(&common->usb, common->alone) : 0;
    if (rc != 0)
        common->usb = NULL;
    *usb = common->usb;
    dfui_mutex_unlock(&common->lock);
    return rc == 0 ? DFU_OK : dfui_libusb_error(err, rc, "start libusb");
}

struct dfui_libusb_watch **dfui_libusb_watch_of(struct dfui_libusb *self)
{
    return &self->watch;
}
