/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/desc.h"
#include "core/bytes.h"
#include "core/core.h"
#include <libdfu/device.h>
#include <stdlib.h>

/* USB 2.0 table 9-5, and DFU 1.1 section 4.1.3. 0x21 is also HID's descriptor: only its place tells. */
enum { TYPE_CONFIG = 2, TYPE_INTERFACE = 4, TYPE_FUNCTIONAL = 0x21 };
enum { CONFIG_LENGTH = 9, INTERFACE_LENGTH = 9, FUNCTIONAL_LENGTH_10 = 7, FUNCTIONAL_LENGTH_11 = 9 };
enum { CLASS_APPLICATION = 0xFE, SUBCLASS_DFU = 0x01 };

/* NONE is where a configuration begins, before its first interface. */
enum { NONE = -1, FOREIGN = -2 };

struct walk {
    struct dfui_interfaces *out;
    size_t first;              /* the first interface of this configuration in out->items */
    int current;               /* index of the interface whose descriptors follow, or NONE, or FOREIGN */
    uint8_t config;            /* its bConfigurationValue */
    const uint8_t *functional; /* one that stands before every interface: for those that have none */
};

static void apply_functional(struct dfui_interface *i, const uint8_t *d)
{
    if (!(i->flags & DFUI_INTERFACE_NO_FUNCTIONAL))
        return; /* repeated after each alt: the first counts */
    i->flags = 0;
    i->attributes = d[2];
    i->detach_timeout = dfui_le16(d + 3);
    i->transfer_size = dfui_le16(d + 5);
    i->bcd_dfu = DFU_PROTOCOL_10;
    if (d[0] >= FUNCTIONAL_LENGTH_11)
        i->bcd_dfu = dfui_le16(d + 7);
    else
        i->flags |= DFUI_INTERFACE_SHORT_FUNCTIONAL;
    if (i->transfer_size == 0)
        i->flags |= DFUI_INTERFACE_NO_TRANSFER_SIZE;
}

/* The entry for an interface number of this configuration, made if need be; *index is FOREIGN at the limit. */
static int entry(struct walk *w, uint8_t number, uint8_t protocol, int *index, struct dfu_error **err)
{
    struct dfui_interfaces *out = w->out;
    for (size_t i = w->first; i < out->count; i++) {
        if (out->items[i].number == number) {
            *index = (int)i;
            return DFU_OK;
        }
    }
    *index = FOREIGN;
    if (out->count >= DFUI_MAX_INTERFACES) {
        out->malformed = true;
        return DFU_OK;
    }
    struct dfui_interface *items = realloc(out->items, (out->count + 1) * sizeof *items);
    if (items == NULL)
        return dfui_error_no_memory(err);
    out->items = items;
    *index = (int)out->count;
    /* Without a functional descriptor, trying is the only way to learn what the device can do. */
    out->items[out->count++] =
        (struct dfui_interface){.config = w->config,
                                .number = number,
                                .protocol = protocol,
                                .attributes = DFU_CAN_DOWNLOAD | DFU_CAN_UPLOAD,
                                .bcd_dfu = DFU_PROTOCOL_10,
                                .flags = DFUI_INTERFACE_NO_FUNCTIONAL | DFUI_INTERFACE_NO_TRANSFER_SIZE};
    return DFU_OK;
}

static void add_alt(struct walk *w, struct dfui_interface *i, uint8_t number, uint8_t name_index)
{
    for (unsigned n = 0; n < i->alt_count; n++) {
        if (i->alts[n].number == number)
            return; /* said twice: the first counts */
    }
    if (i->alt_count >= DFUI_MAX_ALTS) {
        w->out->malformed = true;
        return;
    }
    i->alts[i->alt_count++] = (struct dfui_alt){number, name_index};
}

static int visit_interface(struct walk *w, const uint8_t *d, struct dfu_error **err)
{
    w->current = FOREIGN;
    if (d[5] != CLASS_APPLICATION || d[6] != SUBCLASS_DFU)
        return DFU_OK;
    int rc = entry(w, d[2], d[7], &w->current, err);
    if (rc == DFU_OK && w->current >= 0)
        add_alt(w, &w->out->items[w->current], d[3], d[8]);
    return rc;
}

static void visit_functional(struct walk *w, const uint8_t *d)
{
    if (d[0] < FUNCTIONAL_LENGTH_10)
        return;
    if (w->current >= 0)
        apply_functional(&w->out->items[w->current], d);
    else if (w->current == NONE && w->functional == NULL)
        w->functional = d;
}

/* One configuration; stops at the first descriptor that cannot be right. */
static int walk_config(struct walk *w, const uint8_t *data, size_t length, struct dfu_error **err)
{
    if (data == NULL || length < CONFIG_LENGTH || data[0] < CONFIG_LENGTH || data[1] != TYPE_CONFIG) {
        w->out->malformed = true;
        return DFU_OK;
    }
    w->config = data[5];
    for (size_t at = 0; at < length; at += data[at]) {
        const uint8_t *d = data + at;
        size_t left = length - at;
        if (left < 2 || d[0] < 2 || d[0] > left || (d[1] == TYPE_INTERFACE && d[0] < INTERFACE_LENGTH)) {
            w->out->malformed = true;
            break;
        }
        int rc = d[1] == TYPE_INTERFACE ? visit_interface(w, d, err) : DFU_OK;
        if (rc != DFU_OK)
            return rc;
        if (d[1] == TYPE_FUNCTIONAL)
            visit_functional(w, d);
    }
    for (size_t i = w->first; w->functional != NULL && i < w->out->count; i++)
        apply_functional(&w->out->items[i], w->functional);
    return DFU_OK;
}

int dfui_interfaces_find(const struct dfu_usb_config *configs, size_t count, struct dfui_interfaces *out,
                         struct dfu_error **err)
{
    *out = (struct dfui_interfaces){0};
    for (size_t i = 0; i < count; i++) {
        struct walk w = {.out = out, .first = out->count, .current = NONE};
        int rc = walk_config(&w, configs[i].data, configs[i].length, err);
        if (rc != DFU_OK) {
            free(out->items);
            *out = (struct dfui_interfaces){0};
            return rc;
        }
    }
    return DFU_OK;
}
