/* SPDX-License-Identifier: BSD-2-Clause */
/* A transport that writes down what goes through another. */
#include "core/core.h"
#include "usb/libusb.h"
#include <inttypes.h>
#include <libdfu/context.h>
#include <libdfu/transport.h>
#include <stdio.h>
#include <stdlib.h>

struct dfu_recorder {
    struct dfu_transport_ops ops; /* ours */
    struct dfu_transport_ops inner;
    void *self;
    struct dfui_libusb *own; /* self where it is the built-in transport's; NULL = it is the user's */
    dfu_line_fn *write;
    void *user;
    unsigned connections; /* numbered as they are opened */
};

struct connection {
    struct dfu_recorder *recorder;
    void *conn;
    unsigned number;
};

static void line(struct dfu_recorder *r, const char *format, ...) DFU_PRINTF(2, 3);

static void line(struct dfu_recorder *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = dfui_vformat(format, args);
    va_end(args);
    r->write(text != NULL ? text : "# out of memory", r->user);
    free(text);
}

/* Bytes as hexadecimal digits, "-" for none; NULL when out of memory. */
static char *hex(const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    char *text = malloc(2 * length + 2);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    if (length == 0)
        text[length++] = '-';
    else
        length *= 2;
    text[length] = '\0';
    return text;
}

static const char *or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

/* A count, or the name of a code. */
static const char *outcome(int rc, char buffer[16])
{
    if (rc < 0)
        return dfu_code_name(rc);
    (void)snprintf(buffer, 16, "%d", rc);
    return buffer;
}

static uint64_t now(struct connection *c)
{
    return c->recorder->inner.now_us(c->recorder->self, c->conn);
}

struct visit {
    struct dfu_recorder *recorder;
    dfu_usb_visit_fn *visit;
    void *arg;
};

static int on_device(const struct dfu_usb_device *d, void *arg)
{
    struct visit *v = arg;
    char *serial = d->serial != NULL ? hex(d->serial, strlen(d->serial)) : NULL;
    line(v->recorder, "device %s %04x %04x %04x %u %u %u %u %s", d->path, d->vid, d->pid, d->bcd_device,
         d->serial_index, d->product_index, d->address, d->active_config, or_dash(serial));
    free(serial);
    for (uint32_t i = 0; i < d->config_count; i++) {
        char *text = hex(d->configs[i].data, d->configs[i].length);
        line(v->recorder, "config %s", or_dash(text));
        free(text);
    }
    for (uint32_t i = 0; i < d->holder_count; i++) {
        char *text = hex(d->holders[i].driver, strlen(d->holders[i].driver));
        line(v->recorder, "holder %u %u %s", d->holders[i].config, d->holders[i].interface_number, or_dash(text));
        free(text);
    }
    return v->visit(d, v->arg);
}

static int enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct dfu_recorder *r = self;
    struct visit v = {r, visit, arg};
    char buffer[16];
    line(r, "enumerate");
    int rc = r->inner.enumerate(r->self, on_device, &v, err);
    line(r, "end %s %" PRIu64, outcome(rc, buffer), r->inner.now_us(r->self, NULL));
    return rc;
}

static int open_device(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct dfu_recorder *r = self;
    char buffer[16];
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return dfui_error_no_memory(err);
    c->recorder = r;
    c->number = ++r->connections;
    int rc = r->inner.open(r->self, path, &c->conn, err);
    line(r, "open %u %s %s", c->number, path, outcome(rc, buffer));
    if (rc != DFU_OK) {
        free(c);
        return rc;
    }
    *conn = c;
    return DFU_OK;
}

static int claim(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err)
{
    struct connection *c = conn;
    char buffer[16];
    int rc = c->recorder->inner.claim(c->conn, interface_number, alt, err);
    line(c->recorder, "claim %u %u %u %s", c->number, interface_number, alt, outcome(rc, buffer));
    return rc;
}

static int control(void *conn, const struct dfu_usb_setup *s, void *data, uint32_t timeout_ms, struct dfu_error **err)
{
    struct connection *c = conn;
    char buffer[16];
    bool in = s->type & 0x80;
    int rc = c->recorder->inner.control(c->conn, s, data, timeout_ms, err);
    char *sent = hex(data, in ? 0 : s->length);
    char *got = hex(data, in && rc > 0 ? (size_t)rc : 0);
    line(c->recorder, "control %u %02x %02x %04x %04x %u %s %s %s %" PRIu64, c->number, s->type, s->request, s->value,
         s->index, s->length, or_dash(sent), outcome(rc, buffer), or_dash(got), now(c));
    free(sent);
    free(got);
    return rc;
}

static int reset(void *conn, struct dfu_error **err)
{
    struct connection *c = conn;
    char buffer[16];
    int rc = c->recorder->inner.reset(c->conn, err);
    line(c->recorder, "reset %u %s %" PRIu64, c->number, outcome(rc, buffer), now(c));
    return rc;
}

static void close_device(void *conn)
{
    struct connection *c = conn;
    c->recorder->inner.close(c->conn);
    line(c->recorder, "close %u", c->number);
    free(c);
}

static uint64_t now_us(void *self, void *conn)
{
    struct dfu_recorder *r = self;
    struct connection *c = conn;
    return r->inner.now_us(r->self, c != NULL ? c->conn : NULL);
}

static void sleep_until_us(void *self, void *conn, uint64_t deadline_us)
{
    struct dfu_recorder *r = self;
    struct connection *c = conn;
    r->inner.sleep_until_us(r->self, c != NULL ? c->conn : NULL, deadline_us);
}

static int wait_change(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct dfu_recorder *r = self;
    return r->inner.wait_change(r->self, deadline_us, err);
}

int dfu_recorder_new(const struct dfu_context_options *inner, dfu_line_fn *write, void *user, struct dfu_recorder **out,
                     struct dfu_error **err)
{
    struct dfu_context_options o;
    if (out == NULL || write == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no place for the recorder, or for its lines");
    *out = NULL;
    int rc = dfui_sized_in(&o, sizeof o, inner, "context options", err);
    if (rc != DFU_OK)
        return rc;
    struct dfu_recorder *r = calloc(1, sizeof *r);
    if (r == NULL)
        return dfui_error_no_memory(err);
    r->self = o.transport_self;
    r->write = write;
    r->user = user;
    rc = dfui_sized_in(&r->inner, sizeof r->inner, o.transport != NULL ? o.transport : &dfui_libusb_ops, "transport",
                       err);
    if (rc == DFU_OK && o.transport == NULL) {
        r->own = dfui_libusb_new((o.flags & DFU_CONTEXT_LIBUSB_ALONE) != 0);
        r->self = r->own;
        rc = r->own != NULL ? DFU_OK : dfui_error_no_memory(err);
    }
    if (rc != DFU_OK) {
        free(r);
        return rc;
    }
    /* Queued transfers are not recorded, so they are not offered. */
    r->ops = (struct dfu_transport_ops){.size = sizeof r->ops,
                                        .name = "record",
                                        .max_control = r->inner.max_control,
                                        .enumerate = enumerate,
                                        .open = open_device,
                                        .claim = claim,
                                        .control = control,
                                        .reset = reset,
                                        .close = close_device,
                                        .now_us = now_us,
                                        .sleep_until_us = sleep_until_us,
                                        .wait_change = r->inner.wait_change != NULL ? wait_change : NULL};
    line(r, "libdfu-wire-log 1 %" PRIu32 " %" PRIu64, r->inner.max_control, r->inner.now_us(r->self, NULL));
    *out = r;
    return DFU_OK;
}

void dfu_recorder_attach(struct dfu_recorder *recorder, struct dfu_context_options *options)
{
    if (recorder == NULL || options == NULL)
        return;
    options->transport = &recorder->ops;
    options->transport_self = recorder;
}

void dfu_recorder_free(struct dfu_recorder *recorder)
{
    if (recorder != NULL)
        dfui_libusb_free(recorder->own);
    free(recorder);
}
