/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control transfers that wait behind each other on endpoint 0, so that the next one is at the host controller before
 * the last one's answer has been looked at. Time limits are kept here and not by libusb, whose limits would run out for
 * the oldest transfer first: what was queued behind it must be gone from the bus before it is cancelled.
 */
#include "usb/libusb_clock.h"
#include "usb/libusb_private.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>

struct slot {
    struct libusb_transfer *transfer;
    uint8_t *buffer; /* SETUP packet and data stage */
    size_t room;
    void *data; /* the caller's */
    void *tag;
    uint32_t timeout_ms;
    int done; /* for libusb, which other threads may be in as well */
    atomic_bool over;
    bool timed_out; /* itself, or one before it */
};

struct dfui_libusb_queue {
    libusb_context *usb;
    libusb_device_handle *handle;
    struct slot slots[DFU_QUEUE_DEPTH]; /* a ring */
    unsigned first;
    unsigned count;
};

static struct slot *slot_at(struct dfui_libusb_queue *q, unsigned index)
{
    return &q->slots[(q->first + index) % DFU_QUEUE_DEPTH];
}

static void LIBUSB_CALL on_done(struct libusb_transfer *transfer)
{
    struct slot *slot = transfer->user_data;
    slot->done = 1;
    atomic_store(&slot->over, true); /* what the transfer holds is there before */
}

struct dfui_libusb_queue *dfui_libusb_queue_new(libusb_context *usb, libusb_device_handle *handle)
{
    struct dfui_libusb_queue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->usb = usb;
    q->handle = handle;
    return q;
}

/* Handles events until the transfer is over; false when the deadline came first (0 = none). */
static bool await(struct dfui_libusb_queue *q, struct slot *slot, uint64_t deadline_us)
{
    while (!atomic_load(&slot->over)) {
        uint64_t left = 1000000;
        if (deadline_us != 0) {
            uint64_t now = dfui_clock_now_us();
            if (now >= deadline_us)
                return false;
            left = deadline_us - now < left ? deadline_us - now : left;
        }
        struct timeval t = {.tv_sec = (time_t)(left / 1000000), .tv_usec = (suseconds_t)(left % 1000000)};
        (void)libusb_handle_events_timeout_completed(q->usb, &t, &slot->done);
    }
    return true;
}

/* Newest first. One that had come to its end meanwhile keeps its result. */
static void cancel_all(struct dfui_libusb_queue *q)
{
    for (unsigned i = q->count; i > 0; i--) {
        struct slot *slot = slot_at(q, i - 1);
        if (atomic_load(&slot->over))
            continue;
        slot->timed_out = true;
        (void)libusb_cancel_transfer(slot->transfer);
        (void)await(q, slot, 0);
    }
}

void dfui_libusb_queue_free(struct dfui_libusb_queue *q)
{
    if (q == NULL)
        return;
    cancel_all(q);
    for (unsigned i = 0; i < DFU_QUEUE_DEPTH; i++) {
        if (q->slots[i].transfer != NULL)
            libusb_free_transfer(q->slots[i].transfer);
        free(q->slots[i].buffer);
    }
    free(q);
}

static int make_room(struct slot *slot, size_t length)
{
    if (slot->transfer == NULL)
        slot->transfer = libusb_alloc_transfer(0);
    if (slot->room < length) {
        uint8_t *buffer = realloc(slot->buffer, length);
        if (buffer == NULL)
            return DFU_ERR_NO_MEMORY;
        slot->buffer = buffer;
        slot->room = length;
    }
    return slot->transfer == NULL ? DFU_ERR_NO_MEMORY : DFU_OK;
}

int dfui_libusb_queue_submit(struct dfui_libusb_queue *q, const struct dfu_usb_setup *setup, void *data,
                             uint32_t timeout_ms, void *tag, struct dfu_error **err)
{
    if (q->count == DFU_QUEUE_DEPTH)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%u transfers are queued already", q->count);
    struct slot *slot = slot_at(q, q->count);
    if (make_room(slot, LIBUSB_CONTROL_SETUP_SIZE + (size_t)setup->length) != DFU_OK)
        return dfui_error_no_memory(err);
    slot->data = data;
    slot->tag = tag;
    slot->timeout_ms = timeout_ms;
    slot->done = 0;
    atomic_store(&slot->over, false);
    slot->timed_out = false;
    libusb_fill_control_setup(slot->buffer, setup->type, setup->request, setup->value, setup->index, setup->length);
    if ((setup->type & LIBUSB_ENDPOINT_IN) == 0 && setup->length > 0)
        memcpy(slot->buffer + LIBUSB_CONTROL_SETUP_SIZE, data, setup->length);
    libusb_fill_control_transfer(slot->transfer, q->handle, slot->buffer, on_done, slot, 0);
    int rc = libusb_submit_transfer(slot->transfer);
    if (rc != 0)
        return dfui_libusb_error(err, rc, "queue control request");
    q->count++;
    return DFU_OK;
}

static int outcome(const struct slot *slot)
{
    switch (slot->transfer->status) {
    case LIBUSB_TRANSFER_COMPLETED:
        return slot->transfer->actual_length;
    case LIBUSB_TRANSFER_STALL:
        return LIBUSB_ERROR_PIPE;
    case LIBUSB_TRANSFER_NO_DEVICE:
        return LIBUSB_ERROR_NO_DEVICE;
    case LIBUSB_TRANSFER_OVERFLOW:
        return LIBUSB_ERROR_OVERFLOW;
    case LIBUSB_TRANSFER_CANCELLED:
    case LIBUSB_TRANSFER_TIMED_OUT:
        return LIBUSB_ERROR_TIMEOUT;
    default:
        return LIBUSB_ERROR_IO;
    }
}

int dfui_libusb_queue_reap(struct dfui_libusb_queue *q, void **tag, struct dfu_error **err)
{
    if (q == NULL || q->count == 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no transfer is queued");
    struct slot *slot = slot_at(q, 0);
    bool cancelled = slot->timed_out; /* for an older one, in an earlier call */
    *tag = slot->tag;
    uint64_t deadline = slot->timeout_ms == 0 ? 0 : dfui_clock_now_us() + (uint64_t)slot->timeout_ms * 1000;
    if (!await(q, slot, deadline))
        cancel_all(q);
    q->first = (q->first + 1) % DFU_QUEUE_DEPTH;
    q->count--;
    int rc = outcome(slot);
    const struct libusb_control_setup *setup = libusb_control_transfer_get_setup(slot->transfer);
    if (rc > 0 && (setup->bmRequestType & LIBUSB_ENDPOINT_IN) != 0)
        memcpy(slot->data, slot->buffer + LIBUSB_CONTROL_SETUP_SIZE, (size_t)rc);
    if (rc >= 0)
        return rc;
    if (rc == LIBUSB_ERROR_TIMEOUT && cancelled)
        return dfu_error_set(err, DFU_ERR_CANCELLED, "given up with the transfer before it");
    return dfui_libusb_error(err, rc, "queued control request");
}
