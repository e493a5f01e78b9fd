/* SPDX-License-Identifier: BSD-2-Clause */
/* A transport that answers from a wire log. The log is text from outside: every field is read with limits. */
#include "core/core.h"
#include "core/checked.h"
#include "core/scan.h"
#include <inttypes.h>
#include <libdfu/context.h>
#include <libdfu/transport.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_CONFIGS 8
#define MAX_HOLDERS 8
#define MAX_DRIVER 64
#define MAX_TEXT 512
#define ANY UINT64_C(0xFFFFFFFFFFFFFF)

struct dfu_replayer {
    struct dfu_transport_ops ops;
    char *name;
    char *text;
    const char *at; /* the next line */
    const char *end;
    unsigned number; /* of that line, from 1 */
    unsigned connections;
    uint64_t clock;
};

struct connection {
    struct dfu_replayer *replayer;
    unsigned number;
};

/* The next line without its end, not taken yet. Lines that begin with # are remarks. */
static struct dfui_scan peek(struct dfu_replayer *r)
{
    for (;;) {
        const char *end = memchr(r->at, '\n', (size_t)(r->end - r->at));
        if (end == NULL)
            end = r->end;
        if (r->at < r->end && (*r->at == '#' || end == r->at)) {
            r->at = end < r->end ? end + 1 : end;
            r->number++;
            continue;
        }
        return dfui_scan_of(r->at, (size_t)(end - r->at));
    }
}

static void take(struct dfu_replayer *r)
{
    struct dfui_scan line = peek(r);
    r->at = line.end < r->end ? line.end + 1 : line.end;
    r->number++;
}

/* The next word of a line, at most size - 1 characters of it. */
static bool word(struct dfui_scan *line, char *out, size_t size)
{
    size_t n = 0;
    dfui_scan_blanks(line);
    while (line->at < line->end && *line->at != ' ' && n + 1 < size)
        out[n++] = *line->at++;
    out[n] = '\0';
    return n > 0 && (line->at == line->end || *line->at == ' ');
}

static bool decimal(struct dfui_scan *line, uint64_t limit, uint64_t *value)
{
    dfui_scan_blanks(line);
    return dfui_scan_decimal(line, limit, value) && *value <= limit;
}

static bool hexadecimal(struct dfui_scan *line, uint64_t limit, uint64_t *value)
{
    dfui_scan_blanks(line);
    return dfui_scan_hex(line, limit, value) && *value <= limit;
}

/* Bytes as digits, or "-"; as many as there are, the first max of them into out. */
static bool bytes(struct dfui_scan *line, uint8_t *out, size_t max, size_t *length)
{
    *length = 0;
    dfui_scan_blanks(line);
    if (dfui_scan_take(line, '-'))
        return true;
    while (line->end - line->at >= 2 && *line->at != ' ') {
        int high = dfui_hex_digit((unsigned char)line->at[0]);
        int low = dfui_hex_digit((unsigned char)line->at[1]);
        if (high < 0 || low < 0)
            return false;
        if (*length < max)
            out[*length] = (uint8_t)(high << 4 | low);
        ++*length;
        line->at += 2;
    }
    return *length > 0;
}

/* A count or the name of a code. */
static bool result(struct dfui_scan *line, int *rc)
{
    char name[32];
    uint64_t count;
    struct dfui_scan t = *line;
    if (decimal(&t, 65535, &count)) {
        *line = t;
        *rc = (int)count;
        return true;
    }
    if (!word(line, name, sizeof name))
        return false;
    for (int code = DFU_ERR_ARGUMENT; code >= DFU_ERR_CANCELLED; code--) {
        if (strcmp(dfu_code_name(code), name) == 0) {
            *rc = code;
            return true;
        }
    }
    return false;
}

static void set_clock(struct dfu_replayer *r, struct dfui_scan *line)
{
    uint64_t now;
    if (decimal(line, ANY, &now))
        r->clock = dfui_max(r->clock, now);
}

/* The line is not what is asked for now. */
static int differs(struct dfu_replayer *r, const char *asked, struct dfu_error **err)
{
    struct dfui_scan line = peek(r);
    size_t length = dfui_min(dfui_scan_left(&line), 100);
    (void)dfu_error_set(err, DFU_ERR_PROTOCOL, "%s: line %u: asked for '%s', but the log has '%.*s'", r->name,
                        r->number, asked, (int)length, line.at);
    dfu_error_set_hint(err, "replay with the command that the log was recorded with");
    return DFU_ERR_PROTOCOL;
}

static int broken(struct dfu_replayer *r, struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_FORMAT, "%s: line %u is no line of a wire log", r->name, r->number);
}

/* The outcome that the log has for an operation: a count, or a failure as it was. */
static int answer(struct dfu_replayer *r, int rc, struct dfu_error **err)
{
    return rc < 0 ? dfu_error_set(err, rc, "%s: line %u: %s as recorded", r->name, r->number - 1, dfu_code_name(rc))
                  : rc;
}

/* Takes the next line if it begins with `words`, and leaves *rest behind them. */
static bool begins(struct dfu_replayer *r, const char *words, struct dfui_scan *rest)
{
    struct dfui_scan line = peek(r);
    size_t length = strlen(words);
    if (dfui_scan_left(&line) < length || memcmp(line.at, words, length) != 0)
        return false;
    if (dfui_scan_left(&line) > length && line.at[length] != ' ')
        return false;
    line.at += length;
    take(r);
    *rest = line;
    return true;
}

static uint8_t *config_line(struct dfui_scan *rest, size_t *length)
{
    size_t room = dfui_scan_left(rest) / 2 + 1;
    uint8_t *data = malloc(room);
    if (data != NULL && !bytes(rest, data, room, length)) {
        free(data);
        return NULL;
    }
    return data;
}

struct holders {
    struct dfu_usb_holder at[MAX_HOLDERS];
    char drivers[MAX_HOLDERS][MAX_DRIVER + 1];
    uint32_t count;
};

/* The "holder" lines behind those of the configurations. */
static int read_holders(struct dfu_replayer *r, struct holders *h, struct dfu_error **err)
{
    struct dfui_scan rest;
    while (h->count < MAX_HOLDERS && begins(r, "holder", &rest)) {
        uint64_t config = 0;
        uint64_t number = 0;
        size_t length = 0;
        char *driver = h->drivers[h->count];
        if (!decimal(&rest, UINT8_MAX, &config) || !decimal(&rest, UINT8_MAX, &number) ||
            !bytes(&rest, (uint8_t *)driver, MAX_DRIVER, &length) || length > MAX_DRIVER)
            return broken(r, err);
        driver[length] = '\0';
        h->at[h->count++] =
            (struct dfu_usb_holder){.driver = driver, .config = (uint8_t)config, .interface_number = (uint8_t)number};
    }
    return DFU_OK;
}

/* A "device" line and the "config" and "holder" lines after it. */
static int one_device(struct dfu_replayer *r, struct dfui_scan *line, dfu_usb_visit_fn *visit, void *arg,
                      struct dfu_error **err)
{
    char path[64];
    char serial[MAX_TEXT + 1];
    size_t serial_length = 0;
    uint64_t ids[3];
    uint64_t small[4];
    struct dfu_usb_config configs[MAX_CONFIGS];
    struct dfu_usb_device d = {.size = sizeof d, .path = path, .configs = configs};
    bool good = word(line, path, sizeof path);
    for (int i = 0; i < 3; i++)
        good = good && hexadecimal(line, UINT16_MAX, &ids[i]);
    for (int i = 0; i < 4; i++)
        good = good && decimal(line, UINT8_MAX, &small[i]);
    good = good && bytes(line, (uint8_t *)serial, MAX_TEXT, &serial_length) && serial_length <= MAX_TEXT;
    if (!good)
        return broken(r, err);
    serial[serial_length] = '\0';
    d.vid = (uint16_t)ids[0];
    d.pid = (uint16_t)ids[1];
    d.bcd_device = (uint16_t)ids[2];
    d.serial_index = (uint8_t)small[0];
    d.product_index = (uint8_t)small[1];
    d.address = (uint8_t)small[2];
    d.active_config = (uint8_t)small[3];
    d.serial = serial_length > 0 ? serial : NULL;
    int rc = DFU_OK;
    struct dfui_scan rest;
    while (rc == DFU_OK && d.config_count < MAX_CONFIGS && begins(r, "config", &rest)) {
        size_t length = 0;
        uint8_t *data = config_line(&rest, &length);
        if (data == NULL)
            rc = broken(r, err);
        else
            configs[d.config_count++] = (struct dfu_usb_config){data, length};
    }
    struct holders holders = {.count = 0};
    if (rc == DFU_OK)
        rc = read_holders(r, &holders, err);
    d.holders = holders.at;
    d.holder_count = holders.count;
    if (rc == DFU_OK)
        rc = visit(&d, arg);
    for (uint32_t i = 0; i < d.config_count; i++)
        free((uint8_t *)(uintptr_t)configs[i].data);
    return rc;
}

static int enumerate(void *self, dfu_usb_visit_fn *visit, void *arg, struct dfu_error **err)
{
    struct dfu_replayer *r = self;
    struct dfui_scan line;
    int rc = DFU_OK;
    if (!begins(r, "enumerate", &line))
        return differs(r, "enumerate", err);
    while (rc == DFU_OK && begins(r, "device", &line))
        rc = one_device(r, &line, visit, arg, err);
    if (rc != DFU_OK)
        return rc;
    if (!begins(r, "end", &line) || !result(&line, &rc))
        return broken(r, err);
    set_clock(r, &line);
    return answer(r, rc, err);
}

static int open_device(void *self, const char *path, void **conn, struct dfu_error **err)
{
    struct dfu_replayer *r = self;
    struct dfui_scan line;
    char asked[128];
    int rc;
    (void)snprintf(asked, sizeof asked, "open %u %s", r->connections + 1, path);
    if (!begins(r, asked, &line))
        return differs(r, asked, err);
    if (!result(&line, &rc))
        return broken(r, err);
    r->connections++;
    if (rc != DFU_OK)
        return answer(r, rc, err);
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return dfui_error_no_memory(err);
    c->replayer = r;
    c->number = r->connections;
    *conn = c;
    return DFU_OK;
}

static int claim(void *conn, uint8_t interface_number, uint8_t alt, struct dfu_error **err)
{
    struct connection *c = conn;
    struct dfui_scan line;
    char asked[64];
    int rc;
    (void)snprintf(asked, sizeof asked, "claim %u %u %u", c->number, interface_number, alt);
    if (!begins(c->replayer, asked, &line))
        return differs(c->replayer, asked, err);
    return result(&line, &rc) ? answer(c->replayer, rc, err) : broken(c->replayer, err);
}

/* Is what was sent then what is sent now? */
static bool same_data(struct dfui_scan *line, const void *data, size_t length)
{
    size_t logged = 0;
    uint8_t *then = malloc(length > 0 ? length : 1);
    bool same = then != NULL && bytes(line, then, length, &logged) && logged == length &&
                (length == 0 || memcmp(then, data, length) == 0);
    free(then);
    return same;
}

static int control(void *conn, const struct dfu_usb_setup *s, void *data, uint32_t timeout_ms, struct dfu_error **err)
{
    struct connection *c = conn;
    struct dfu_replayer *r = c->replayer;
    struct dfui_scan line;
    char asked[64];
    size_t got = 0;
    bool in = s->type & 0x80;
    int rc;
    (void)timeout_ms;
    (void)snprintf(asked, sizeof asked, "control %u %02x %02x %04x %04x %u", c->number, s->type, s->request, s->value,
                   s->index, s->length);
    if (!begins(r, asked, &line))
        return differs(r, asked, err);
    if (!same_data(&line, data, in ? 0 : s->length))
        return dfu_error_set(err, DFU_ERR_PROTOCOL, "%s: line %u: other data is sent than was recorded", r->name,
                             r->number - 1);
    if (!result(&line, &rc) || !bytes(&line, data, in ? s->length : 0, &got) ||
        (in && rc > 0 && (got != (size_t)rc || got > s->length)) || (!in && got > 0) || rc > s->length)
        return broken(r, err);
    set_clock(r, &line);
    return answer(r, rc, err);
}

static int reset(void *conn, struct dfu_error **err)
{
    struct connection *c = conn;
    struct dfui_scan line;
    char asked[64];
    int rc;
    (void)snprintf(asked, sizeof asked, "reset %u", c->number);
    if (!begins(c->replayer, asked, &line))
        return differs(c->replayer, asked, err);
    if (!result(&line, &rc))
        return broken(c->replayer, err);
    set_clock(c->replayer, &line);
    return answer(c->replayer, rc, err);
}

static void close_device(void *conn)
{
    struct connection *c = conn;
    struct dfui_scan line;
    char asked[64];
    (void)snprintf(asked, sizeof asked, "close %u", c->number);
    (void)begins(c->replayer, asked, &line); /* cannot fail; a difference shows at the next line */
    free(c);
}

static uint64_t now_us(void *self, void *conn)
{
    (void)conn;
    return ((struct dfu_replayer *)self)->clock;
}

static void sleep_until_us(void *self, void *conn, uint64_t deadline_us)
{
    struct dfu_replayer *r = self;
    (void)conn;
    r->clock = dfui_max(r->clock, deadline_us);
}

int dfu_replayer_new(const char *log, size_t length, const char *name, struct dfu_replayer **out,
                     struct dfu_error **err)
{
    static const char magic[] = "libdfu-wire-log 1";
    struct dfui_scan line;
    uint64_t most = 0;
    if (log == NULL || name == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no log, or no place for the replayer");
    *out = NULL;
    struct dfu_replayer *r = calloc(1, sizeof *r);
    if (r == NULL)
        return dfui_error_no_memory(err);
    r->name = dfui_strdup(name);
    r->text = malloc(length > 0 ? length : 1);
    if (r->name == NULL || r->text == NULL) {
        dfu_replayer_free(r);
        return dfui_error_no_memory(err);
    }
    memcpy(r->text, log, length);
    r->at = r->text;
    r->end = r->text + length;
    r->number = 1;
    if (!begins(r, magic, &line) || !decimal(&line, UINT16_MAX, &most)) {
        dfu_replayer_free(r);
        return dfu_error_set(err, DFU_ERR_FORMAT, "%s: does not begin with '%s'", name, magic);
    }
    set_clock(r, &line);
    r->ops = (struct dfu_transport_ops){.size = sizeof r->ops,
                                        .name = "replay",
                                        .max_control = (uint32_t)most,
                                        .enumerate = enumerate,
                                        .open = open_device,
                                        .claim = claim,
                                        .control = control,
                                        .reset = reset,
                                        .close = close_device,
                                        .now_us = now_us,
                                        .sleep_until_us = sleep_until_us};
    *out = r;
    return DFU_OK;
}

void dfu_replayer_attach(struct dfu_replayer *replayer, struct dfu_context_options *options)
{
    if (replayer == NULL || options == NULL)
        return;
    options->transport = &replayer->ops;
    options->transport_self = replayer;
}

int dfu_replayer_finish(const struct dfu_replayer *replayer, struct dfu_error **err)
{
    if (replayer == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no replayer");
    struct dfu_replayer rest = *replayer;
    struct dfui_scan line = peek(&rest);
    if (dfui_scan_left(&line) == 0)
        return DFU_OK;
    return dfu_error_set(err, DFU_ERR_PROTOCOL, "%s: line %u and those after it were not asked for", rest.name,
                         rest.number);
}

void dfu_replayer_free(struct dfu_replayer *replayer)
{
    if (replayer == NULL)
        return;
    free(replayer->name);
    free(replayer->text);
    free(replayer);
}
