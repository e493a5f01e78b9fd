/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for devices to come and go, by libusb's events: through a context of its own, so that no other thread takes
 * them. */
#include "usb/libusb_clock.h"
#include "usb/libusb_private.h"
#include <stdlib.h>

struct dfui_libusb_watch {
    libusb_context *usb; /* NULL = not begun */
    int changed;         /* set by an event */
};

static int LIBUSB_CALL on_event(libusb_context *usb, libusb_device *device, libusb_hotplug_event event, void *user)
{
    struct dfui_libusb_watch *watch = user;
    (void)usb;
    (void)device;
    (void)event;
    watch->changed = 1;
    return 0; /* more of them */
}

static bool begin(struct dfui_libusb_watch *watch)
{
    const int events = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT;
    const int any = LIBUSB_HOTPLUG_MATCH_ANY;
    if (libusb_init(&watch->usb) != 0) {
        watch->usb = NULL;
        return false;
    }
    if (libusb_hotplug_register_callback(watch->usb, events, 0, any, any, any, on_event, watch, NULL) == 0)
        return true;
    libusb_exit(watch->usb);
    watch->usb = NULL;
    return false;
}

void dfui_libusb_watch_free(struct dfui_libusb_watch *watch)
{
    if (watch != NULL && watch->usb != NULL)
        libusb_exit(watch->usb);
    free(watch);
}

/* DFU_WAIT_CHANGED also when a signal came, or when libusb has trouble: to look never hurts. */
static int wait_for_event(struct dfui_libusb_watch *watch, uint64_t deadline_us)
{
    uint64_t now = dfui_clock_now_us();
    while (!watch->changed && now < deadline_us) {
        struct timeval limit = {.tv_sec = (time_t)((deadline_us - now) / 1000000),
                                .tv_usec = (suseconds_t)((deadline_us - now) % 1000000)};
        if (libusb_handle_events_timeout_completed(watch->usb, &limit, &watch->changed) != 0) {
            dfui_clock_sleep_until_us(deadline_us);
            return DFU_WAIT_CHANGED;
        }
        now = dfui_clock_now_us();
    }
    int changed = watch->changed;
    watch->changed = 0;
    return changed ? DFU_WAIT_CHANGED : DFU_WAIT_QUIET;
}

int dfui_libusb_wait_change(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct dfui_libusb_watch **watch = dfui_libusb_watch_of(self);
    (void)err;
    if (*watch == NULL && libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
        *watch = calloc(1, sizeof **watch);
    if (*watch != NULL && (*watch)->usb != NULL)
        return wait_for_event(*watch, deadline_us);
    if (*watch != NULL && begin(*watch))
        return DFU_WAIT_CHANGED; /* what came before the watch began was not told */
    dfui_clock_sleep_until_us(deadline_us);
    return DFU_WAIT_CHANGED;
}
