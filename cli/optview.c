/* SPDX-License-Identifier: BSD-2-Clause */
#include "optview.h"

#include "out.h"

#include <inttypes.h>

#define BYTES_A_LINE 16

static void print_area(struct cli *cli, const struct dfu_optbytes_area_info *a)
{
    for (uint32_t at = 0; at < a->known; at += BYTES_A_LINE) {
        out_text(cli, "  %08" PRIx64 " ", a->start + at);
        for (uint32_t i = at; i < a->known && i < at + BYTES_A_LINE; i++)
            out_text(cli, " %02x", a->data[i]);
        out_text(cli, "\n");
    }
    if (a->known < a->length)
        out_text(cli, "  %08" PRIx64 "  %" PRIu32 " of %" PRIu32 " bytes cannot be read\n", a->start + a->known,
                 a->length - a->known, a->length);
}

static void print_protected(struct cli *cli, const struct dfu_optbytes *optbytes)
{
    struct dfu_range r;
    size_t i = 0;
    int rc = dfu_optbytes_protected(optbytes, 0, &r);
    if (rc == DFU_ERR_UNSUPPORTED)
        return;
    out_text(cli, "  write-protected  ");
    for (; dfu_optbytes_protected(optbytes, i, &r) == DFU_OK; i++)
        out_text(cli, "%s0x%08" PRIX64 "..0x%08" PRIX64, i > 0 ? ", " : "", r.start, r.end);
    out_text(cli, "%s\n", i == 0 ? "nothing" : "");
}

void optview_print(struct cli *cli, const struct dfu_optbytes *optbytes)
{
    struct dfu_optbytes_area_info area;
    struct dfu_optbytes_field_info field;
    const char *family = dfu_optbytes_family_name(optbytes);
    DFU_INIT(&area);
    DFU_INIT(&field);
    out_paint(cli, PAINT_BOLD);
    out_text(cli, "option bytes, %s\n", family != NULL ? family : "of a chip whose layout is not known");
    out_paint(cli, PAINT_NONE);
    for (size_t i = 0; dfu_optbytes_area(optbytes, i, &area) == DFU_OK; i++)
        print_area(cli, &area);
    for (size_t i = 0; dfu_optbytes_field(optbytes, i, &field) == DFU_OK; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, field.bits > 3 && i > 0 ? "0x%02" PRIX32 : "%" PRIu32, field.value);
        out_text(cli, "  %-15s  %-6s  %s\n", field.name, value, field.meaning);
    }
    print_protected(cli, optbytes);
}

static json_t *areas_json(const struct dfu_optbytes *optbytes)
{
    struct dfu_optbytes_area_info a;
    json_t *areas = json_array();
    DFU_INIT(&a);
    for (size_t i = 0; dfu_optbytes_area(optbytes, i, &a) == DFU_OK; i++) {
        json_t *object = json_object();
        json_t *data = json_array();
        (void)json_object_set_new(object, "alt", json_integer(a.alt));
        json_add_range(object, a.start, a.start + a.length);
        for (uint32_t k = 0; k < a.known; k++)
            (void)json_array_append_new(data, json_integer(a.data[k]));
        (void)json_object_set_new(object, "bytes", data);
        (void)json_array_append_new(areas, object);
    }
    return areas;
}

static json_t *protected_json(const struct dfu_optbytes *optbytes)
{
    struct dfu_range r;
    if (dfu_optbytes_protected(optbytes, 0, &r) == DFU_ERR_UNSUPPORTED)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; dfu_optbytes_protected(optbytes, i, &r) == DFU_OK; i++) {
        json_t *object = json_object();
        json_add_range(object, r.start, r.end);
        (void)json_array_append_new(list, object);
    }
    return list;
}

void optview_json(json_t *object, const struct dfu_optbytes *optbytes)
{
    struct dfu_optbytes_field_info f;
    json_t *fields = json_array();
    enum dfu_rdp rdp = dfu_optbytes_rdp(optbytes);
    DFU_INIT(&f);
    for (size_t i = 0; dfu_optbytes_field(optbytes, i, &f) == DFU_OK; i++) {
        json_t *field = json_object();
        (void)json_object_set_new(field, "name", json_string(f.name));
        (void)json_object_set_new(field, "value", json_integer(f.value));
        (void)json_object_set_new(field, "bits", json_integer(f.bits));
        (void)json_object_set_new(field, "address", json_integer((json_int_t)f.address));
        (void)json_object_set_new(field, "meaning", json_text(f.meaning));
        (void)json_array_append_new(fields, field);
    }
    (void)json_object_set_new(object, "family", json_text(dfu_optbytes_family_name(optbytes)));
    (void)json_object_set_new(object, "rdp", rdp == DFU_RDP_UNKNOWN ? json_null() : json_integer(rdp));
    (void)json_object_set_new(object, "areas", areas_json(optbytes));
    (void)json_object_set_new(object, "fields", fields);
    (void)json_object_set_new(object, "write_protected", protected_json(optbytes));
}

size_t optview_changes(struct cli *cli, const struct dfu_optbytes *before, const struct dfu_optbytes *after)
{
    struct dfu_optbytes_area_info a;
    struct dfu_optbytes_area_info b;
    struct dfu_optbytes_field_info x;
    struct dfu_optbytes_field_info y;
    size_t bytes = 0;
    DFU_INIT(&a);
    DFU_INIT(&b);
    DFU_INIT(&x);
    DFU_INIT(&y);
    for (size_t i = 0; dfu_optbytes_field(before, i, &x) == DFU_OK && dfu_optbytes_field(after, i, &y) == DFU_OK; i++) {
        if (x.value != y.value)
            out_note(cli, "%s: %" PRIu32 " -> %" PRIu32 " (%s)", x.name, x.value, y.value, y.meaning);
    }
    for (size_t i = 0; dfu_optbytes_area(before, i, &a) == DFU_OK && dfu_optbytes_area(after, i, &b) == DFU_OK; i++) {
        for (uint32_t k = 0; k < a.known && k < b.known; k++) {
            if (a.data[k] == b.data[k])
                continue;
            out_note(cli, "0x%08" PRIX64 ": 0x%02X -> 0x%02X", a.start + k, a.data[k], b.data[k]);
            bytes++;
        }
    }
    return bytes;
}
