/* SPDX-License-Identifier: BSD-2-Clause */
#include "sweep.h"

#include <libdfu/transport.h>
#include <string.h>

#define GETSTATUS 3

const struct trouble troubles[] = {
    {"stall@%u", TROUBLE_RULE, 0, true},
    {"timeout@%u", TROUBLE_RULE, 0, true},
    {"short@%u", TROUBLE_RULE, 0, true},
    {"reconnect@%u", TROUBLE_RULE, 0, true},
    {"power@%u", TROUBLE_RULE, 0, true},
    {"flip@%u", TROUBLE_RULE, 0, false},
    {"rot@%u", TROUBLE_RULE, 0, false},
    {"disconnect@%u", TROUBLE_RULE, 0, false},
    {"poll=0@%u", TROUBLE_RULE, 0, true},
    {"poll=5000@%u", TROUBLE_RULE, 0, true},
    {"poll=16777215@%u", TROUBLE_RULE, 0, false},
    {"state=0@%u", TROUBLE_RULE, 0, false},
    {"state=1@%u", TROUBLE_RULE, 0, false},
    {"state=2@%u", TROUBLE_RULE, 0, false},
    {"state=3@%u", TROUBLE_RULE, 0, false},
    {"state=4@%u", TROUBLE_RULE, 0, false},
    {"state=5@%u", TROUBLE_RULE, 0, false},
    {"state=6@%u", TROUBLE_RULE, 0, false},
    {"state=7@%u", TROUBLE_RULE, 0, false},
    {"state=8@%u", TROUBLE_RULE, 0, false},
    {"state=9@%u", TROUBLE_RULE, 0, false},
    {"state=10@%u", TROUBLE_RULE, 0, false},
    {"state=15@%u", TROUBLE_RULE, 0, false},
    {"state=255@%u", TROUBLE_RULE, 0, false},
    {"status=errTARGET@%u", TROUBLE_RULE, 0, false},
    {"status=errFILE@%u", TROUBLE_RULE, 0, false},
    {"status=errWRITE@%u", TROUBLE_RULE, 0, false},
    {"status=errERASE@%u", TROUBLE_RULE, 0, false},
    {"status=errCHECK_ERASED@%u", TROUBLE_RULE, 0, false},
    {"status=errPROG@%u", TROUBLE_RULE, 0, false},
    {"status=errVERIFY@%u", TROUBLE_RULE, 0, false},
    {"status=errADDRESS@%u", TROUBLE_RULE, 0, false},
    {"status=errNOTDONE@%u", TROUBLE_RULE, 0, false},
    {"status=errFIRMWARE@%u", TROUBLE_RULE, 0, false},
    {"status=errVENDOR@%u", TROUBLE_RULE, 0, false},
    {"status=errUSBR@%u", TROUBLE_RULE, 0, false},
    {"status=errPOR@%u", TROUBLE_RULE, 0, false},
    {"status=errUNKNOWN@%u", TROUBLE_RULE, 0, false},
    {"status=errSTALLEDPKT@%u", TROUBLE_RULE, 0, false},
    {"GETSTATUS of 0 bytes", TROUBLE_STATUS_SIZE, 0, true},
    {"GETSTATUS of 1 byte", TROUBLE_STATUS_SIZE, 1, true},
    {"GETSTATUS of 5 bytes", TROUBLE_STATUS_SIZE, 5, true},
    {"standard stall", TROUBLE_STD_STALL, 0, true},
    {"standard timeout", TROUBLE_STD_TIMEOUT, 0, true},
    {"cancel", TROUBLE_CANCEL, 0, false},
    {"kill", TROUBLE_KILL, 0, false},
};

const size_t trouble_count = sizeof troubles / sizeof troubles[0];

/* A connection of the simulator and the tap that it runs through. */
struct tapped {
    struct tap *tap;
    void *conn;
};

/* As many as a job opens, one after the other or while it waits for a board to return. */
#define MAX_OPEN 8
static struct tapped connections[MAX_OPEN];

static int dead(struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_GONE, "the host is dead");
}

static int tap_enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct tap *tap = self;
    return tap->dead ? dead(err) : tap->inner->enumerate(tap->inner_self, visit, arg, err);
}

static int tap_open(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct tap *tap = self;
    struct tapped *slot = connections;
    if (tap->dead)
        return dead(err);
    while (slot < connections + MAX_OPEN && slot->tap != NULL)
        slot++;
    if (slot == connections + MAX_OPEN)
        return dfu_error_set(err, DFU_ERR_INTERNAL, "more than %d connections are open", MAX_OPEN);
    int rc = tap->inner->open(tap->inner_self, path, &slot->conn, err);
    if (rc == DFU_OK) {
        slot->tap = tap;
        *conn = slot;
    }
    return rc;
}

static int tap_claim(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err)
{
    struct tapped *t = conn;
    return t->tap->dead ? dead(err) : t->tap->inner->claim(t->conn, interface_number, alt, err);
}

/* A trouble of standard requests. */
static int standard(struct tap *tap, bool *done, struct dfu_error **err)
{
    tap->standard_requests++;
    *done = tap->standard_requests == tap->at &&
            (tap->trouble->kind == TROUBLE_STD_STALL || tap->trouble->kind == TROUBLE_STD_TIMEOUT);
    if (!*done)
        return DFU_OK;
    tap->fired = true;
    return tap->trouble->kind == TROUBLE_STD_STALL ? dfu_error_set(err, DFU_ERR_STALL, "stalled")
                                                   : dfu_error_set(err, DFU_ERR_TIMEOUT, "timed out");
}

static enum request kind_of(const struct dfu_usb_setup *s, bool plain)
{
    static const uint8_t kinds[] = {REQUEST_DETACH,    REQUEST_BLOCK,    REQUEST_UPLOAD, REQUEST_GETSTATUS,
                                    REQUEST_CLRSTATUS, REQUEST_GETSTATE, REQUEST_ABORT};
    if (s->request == 1 && (s->length == 0 || (!plain && s->value < 2)))
        return REQUEST_COMMAND;
    return s->request < sizeof kinds ? kinds[s->request] : REQUEST_DETACH;
}

static int tap_control(void *conn, const struct dfu_usb_setup *setup, void *data, uint32_t timeout_ms,
                       struct dfu_error **err)
{
    struct tapped *t = conn;
    struct tap *tap = t->tap;
    bool is_class = (setup->type & 0x60) == 0x20;
    bool done = false;
    if (!tap->dead && !is_class) {
        int rc = standard(tap, &done, err);
        if (done)
            return rc;
    }
    if (is_class && tap->kinds != NULL && tap->class_requests < TAP_KINDS)
        tap->kinds[tap->class_requests] = (uint8_t)kind_of(setup, tap->plain);
    tap->class_requests += is_class;
    bool reached = is_class && tap->class_requests >= tap->at && !tap->fired;
    if (reached && tap->trouble->kind == TROUBLE_CANCEL)
        dfu_context_cancel(tap->context);
    if (reached && tap->trouble->kind == TROUBLE_KILL)
        tap->dead = true;
    tap->fired = tap->fired || (reached && tap->trouble->kind != TROUBLE_STATUS_SIZE);
    if (tap->dead)
        return dead(err);
    int rc = tap->inner->control(t->conn, setup, data, timeout_ms, err);
    if (reached && tap->trouble->kind == TROUBLE_STATUS_SIZE && setup->request == GETSTATUS) {
        tap->fired = true;
        rc = rc > tap->trouble->value ? tap->trouble->value : rc;
    }
    return rc;
}

static int tap_reset(void *conn, struct dfu_error **err)
{
    struct tapped *t = conn;
    return t->tap->dead ? dead(err) : t->tap->inner->reset(t->conn, err);
}

static void tap_close(void *conn)
{
    struct tapped *t = conn;
    t->tap->inner->close(t->conn);
    memset(t, 0, sizeof *t);
}

static uint64_t tap_now(void *self, void *conn)
{
    struct tap *tap = self;
    return tap->inner->now_us(tap->inner_self, conn != NULL ? ((struct tapped *)conn)->conn : NULL);
}

static void tap_sleep(void *self, void *conn, uint64_t deadline_us)
{
    struct tap *tap = self;
    tap->inner->sleep_until_us(tap->inner_self, conn != NULL ? ((struct tapped *)conn)->conn : NULL, deadline_us);
}

static int tap_wait_change(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct tap *tap = self;
    return tap->inner->wait_change(tap->inner_self, deadline_us, err);
}

void tap_attach(struct tap *tap, struct dfu_context_options *options)
{
    tap->inner = options->transport;
    tap->inner_self = options->transport_self;
    DFU_INIT(&tap->ops);
    tap->ops.name = tap->inner->name;
    tap->ops.max_control = tap->inner->max_control;
    tap->ops.enumerate = tap_enumerate;
    tap->ops.open = tap_open;
    tap->ops.claim = tap_claim;
    tap->ops.control = tap_control;
    tap->ops.reset = tap_reset;
    tap->ops.close = tap_close;
    tap->ops.now_us = tap_now;
    tap->ops.sleep_until_us = tap_sleep;
    tap->ops.wait_change = tap->inner->wait_change != NULL ? tap_wait_change : NULL;
    options->transport = &tap->ops;
    options->transport_self = tap;
}
