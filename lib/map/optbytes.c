/* SPDX-License-Identifier: BSD-2-Clause */
/* Option bytes as an object: where they are, and what was loaded. */
#include "core/checked.h"
#include "core/core.h"
#include "map/optbytes_private.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int add_area(struct dfu_optbytes *o, const struct dfu_region *r, struct dfu_error **err)
{
    uint64_t length = r->end - r->start;
    if (o->count == DFUI_OPTBYTES_AREAS || length > DFUI_OPTBYTES_BYTES)
        return dfu_error_set(err, DFU_ERR_UNSUPPORTED,
                             "%" PRIu64 " bytes at 0x%08" PRIX64 " are more option bytes than this version handles",
                             length, r->start);
    struct dfui_optbytes_area *a = &o->areas[o->count];
    *a = (struct dfui_optbytes_area){{r->start, r->end}, r->alt, 0, NULL};
    a->data = calloc((size_t)length, 1);
    if (a->data == NULL)
        return dfui_error_no_memory(err);
    o->count++;
    return DFU_OK;
}

static int add_flash(struct dfu_optbytes *o, const struct dfu_region *r, struct dfu_error **err)
{
    struct dfu_region *flash = realloc(o->flash, (o->flash_count + 1) * sizeof *flash);
    if (flash == NULL)
        return dfui_error_no_memory(err);
    o->flash = flash;
    flash[o->flash_count] = *r;
    flash[o->flash_count++].name = NULL; /* the map's */
    return DFU_OK;
}

/* Flash that a chip's write protection is about: where all of these families have it. */
static bool is_internal_flash(const struct dfu_region *r)
{
    return r->kind == DFU_MEMORY_NORMAL && r->start >= 0x08000000 && r->start < 0x10000000 && r->sector_size > 0;
}

static int scan_map(struct dfu_optbytes *o, const struct dfu_memmap *map, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < dfu_memmap_count(map); i++) {
        const struct dfu_region *r = dfui_map_region(map, i);
        if (r->count == 0 || r->start == r->end || dfui_map_duplicate(map, r->alt, NULL))
            continue;
        if (r->kind == DFU_MEMORY_OPTION_BYTES) {
            if (o->layout == NULL && o->count == 0)
                o->layout = dfui_optbytes_layout_at(r);
            rc = add_area(o, r, err);
        } else if (is_internal_flash(r)) {
            rc = add_flash(o, r, err);
        }
    }
    if (rc != DFU_OK || o->count > 0)
        return rc;
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "the device shows no option bytes");
    dfu_error_set_cause(err, "none of its alternate settings is called so, or several have one and the same name");
    return DFU_ERR_UNSUPPORTED;
}

static int choose_family(struct dfu_optbytes *o, const char *family, struct dfu_error **err)
{
    char list[512] = "";
    size_t used = 0;
    const struct dfui_optbytes_layout *l = dfui_optbytes_layout_named(family);
    int rc = DFU_OK;
    if (l == NULL)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "no family called '%.40s' whose option bytes are known", family);
    else if (l->start != o->areas[0].range.start || o->areas[0].range.end - l->start < l->shortest)
        rc = dfu_error_set(
            err, DFU_ERR_ARGUMENT,
            "option bytes of %s are at 0x%08" PRIX32 " (%u bytes or more), this device has %" PRIu64 " at 0x%08" PRIX64,
            l->name, l->start, l->shortest, o->areas[0].range.end - o->areas[0].range.start, o->areas[0].range.start);
    o->layout = l;
    o->chosen = true;
    if (rc == DFU_OK)
        return rc;
    for (size_t i = 0; dfui_optbytes_layout(i) != NULL && used < sizeof list; i++) {
        const struct dfui_optbytes_layout *one = dfui_optbytes_layout(i);
        int n = snprintf(list + used, sizeof list - used, "%s%s%s%s", i > 0 ? " " : "", one->name,
                         one->others[0] != '\0' ? " " : "", one->others);
        used += n > 0 ? (size_t)n : 0;
    }
    dfu_error_set_hint(err, "leave the family to the device, or take one of %s", list);
    return rc;
}

int dfu_optbytes_new(const struct dfu_memmap *map, const char *family, struct dfu_optbytes **out,
                     struct dfu_error **err)
{
    if (map == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no map, or no place for the option bytes");
    *out = NULL;
    struct dfu_optbytes *o = calloc(1, sizeof *o);
    if (o == NULL)
        return dfui_error_no_memory(err);
    int rc = scan_map(o, map, err);
    if (rc == DFU_OK && family != NULL)
        rc = choose_family(o, family, err);
    if (rc != DFU_OK)
        dfu_optbytes_free(o);
    else
        *out = o;
    return rc;
}

int dfu_optbytes_copy(const struct dfu_optbytes *optbytes, struct dfu_optbytes **out, struct dfu_error **err)
{
    if (optbytes == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no option bytes to copy, or no place for the copy");
    *out = NULL;
    struct dfu_optbytes *o = calloc(1, sizeof *o);
    if (o == NULL)
        return dfui_error_no_memory(err);
    bool complete = true;
    o->layout = optbytes->layout;
    o->chosen = optbytes->chosen;
    for (size_t i = 0; complete && i < optbytes->count; i++) {
        const struct dfui_optbytes_area *from = &optbytes->areas[i];
        size_t length = (size_t)(from->range.end - from->range.start);
        o->areas[i] = *from;
        o->areas[i].data = malloc(length);
        complete = o->areas[i].data != NULL;
        if (complete)
            memcpy(o->areas[i].data, from->data, length);
        o->count++;
    }
    if (complete && optbytes->flash_count > 0) {
        o->flash = malloc(optbytes->flash_count * sizeof *o->flash);
        complete = o->flash != NULL;
        if (complete)
            memcpy(o->flash, optbytes->flash, optbytes->flash_count * sizeof *o->flash);
        o->flash_count = complete ? optbytes->flash_count : 0;
    }
    if (!complete) {
        dfu_optbytes_free(o);
        return dfui_error_no_memory(err);
    }
    *out = o;
    return DFU_OK;
}

void dfu_optbytes_free(struct dfu_optbytes *optbytes)
{
    if (optbytes == NULL)
        return;
    for (size_t i = 0; i < optbytes->count; i++)
        free(optbytes->areas[i].data);
    free(optbytes->flash);
    free(optbytes);
}

const char *dfu_optbytes_family_name(const struct dfu_optbytes *optbytes)
{
    return optbytes == NULL || optbytes->layout == NULL ? NULL : optbytes->layout->name;
}

size_t dfu_optbytes_area_count(const struct dfu_optbytes *optbytes)
{
    return optbytes == NULL ? 0 : optbytes->count;
}

int dfu_optbytes_area(const struct dfu_optbytes *optbytes, size_t index, struct dfu_optbytes_area_info *area)
{
    if (optbytes == NULL || index >= optbytes->count)
        return DFU_ERR_RANGE;
    const struct dfui_optbytes_area *a = &optbytes->areas[index];
    struct dfu_optbytes_area_info out = {.size = sizeof out,
                                         .start = a->range.start,
                                         .length = (uint32_t)(a->range.end - a->range.start),
                                         .known = a->known,
                                         .alt = a->alt,
                                         .data = a->data};
    return dfui_sized_out(area, &out, sizeof out);
}

/* Clones of the F1 have their option bytes where the F0 has them. The key 0xA5 opens an F1; an F0 that held it would be
 * read-protected, and then its loader lets nothing be read. */
static void settle_family(struct dfu_optbytes *o)
{
    const struct dfui_optbytes_area *a = &o->areas[0];
    if (o->chosen || o->layout == NULL || strcmp(o->layout->name, "stm32f0") != 0 || a->known < 2)
        return;
    if (a->data[0] == 0xA5 && a->data[1] == 0x5A)
        o->layout = dfui_optbytes_layout_named("stm32f1");
}

int dfu_optbytes_load(struct dfu_optbytes *optbytes, uint64_t address, const void *data, size_t length,
                      struct dfu_error **err)
{
    if (optbytes == NULL || (data == NULL && length > 0))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no option bytes to load, or nothing to load them into");
    for (size_t i = 0; i < optbytes->count; i++) {
        struct dfui_optbytes_area *a = &optbytes->areas[i];
        if (!dfui_range_holds(a->range, address) || length > a->range.end - address)
            continue;
        uint32_t offset = (uint32_t)(address - a->range.start);
        if (offset > a->known)
            break;
        if (length > 0)
            memcpy(a->data + offset, data, length);
        a->known = (uint32_t)dfui_max(a->known, offset + length);
        settle_family(optbytes);
        return DFU_OK;
    }
    return dfu_error_set(err, DFU_ERR_RANGE, "%zu bytes at 0x%08" PRIX64 " are not in one area of option bytes", length,
                         address);
}

static bool all_equal(const uint8_t *data, size_t length, uint8_t value)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] != value)
            return false;
    }
    return true;
}

/* A byte and its complement, or both as an erase leaves them, which stands for "never programmed". */
static bool pair_fits(const uint8_t *pair, size_t half)
{
    if (all_equal(pair, 2 * half, 0xFF) || all_equal(pair, 2 * half, 0x00))
        return true;
    for (size_t i = 0; i < half; i++) {
        if ((pair[i] ^ pair[half + i]) != 0xFF)
            return false;
    }
    return true;
}

int dfu_optbytes_check(const struct dfu_optbytes *optbytes, struct dfu_error **err)
{
    if (optbytes == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no option bytes to check");
    size_t half = optbytes->layout != NULL ? optbytes->layout->complement : 0;
    for (size_t i = 0; half > 0 && i < optbytes->count; i++) {
        const struct dfui_optbytes_area *a = &optbytes->areas[i];
        for (size_t at = 0; at + 2 * half <= a->known; at += 2 * half) {
            if (pair_fits(a->data + at, half))
                continue;
            size_t k = 0;
            while ((a->data[at + k] ^ a->data[at + half + k]) == 0xFF)
                k++;
            (void)dfu_error_set(err, DFU_ERR_MISMATCH,
                                "the option byte at 0x%08" PRIX64 " is 0x%02X, but its complement at 0x%08" PRIX64
                                " is 0x%02X instead of 0x%02X",
                                a->range.start + at + k, a->data[at + k], a->range.start + at + half + k,
                                a->data[at + half + k], (uint8_t)~a->data[at + k]);
            dfui_error_contents(err, a->range.start + at + half + k, (uint8_t)~a->data[at + k], a->data[at + half + k]);
            return DFU_ERR_MISMATCH;
        }
    }
    return DFU_OK;
}
