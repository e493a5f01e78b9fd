/* SPDX-License-Identifier: BSD-2-Clause */
#define DFUI_ERROR_C /* the functions themselves, see core.h */
#include "core/core.h"
#include <stdio.h>
#include <stdlib.h>

struct dfu_error {
    struct dfu_error_info info;
    char *message;
    char *cause;
    char *hint;
};

/* What is left to say when there is no memory to say it with; never written to, never freed. */
static const struct dfu_error no_memory = {
    .info = {.size = sizeof(struct dfu_error_info), .code = DFU_ERR_NO_MEMORY},
};

static const char no_memory_text[] = "out of memory";

int dfui_error_no_memory(struct dfu_error **err)
{
    if (err != NULL) {
        dfu_error_free(*err);
        *err = (struct dfu_error *)&no_memory; /* callers can only read it: every setter goes through writable() */
    }
    return DFU_ERR_NO_MEMORY;
}

int dfu_error_vset(struct dfu_error **err, int code, const char *format, va_list args)
{
    if (err == NULL)
        return code;
    struct dfu_error *e = calloc(1, sizeof *e);
    if (e == NULL) {
        (void)dfui_error_no_memory(err);
        return code;
    }
    e->info.size = sizeof e->info;
    e->info.code = code;
    e->message = dfui_vformat(format, args);
    dfu_error_free(*err);
    *err = e;
    return code;
}

int dfu_error_set(struct dfu_error **err, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, code, format, args);
    va_end(args);
    return code;
}

/* The error to change, or NULL when there is none of our own making. */
static struct dfu_error *writable(struct dfu_error **err)
{
    return err == NULL || *err == &no_memory ? NULL : *err;
}

/* Replaces *slot by text unless text is NULL (out of memory: the old text is better than none). */
static void replace(char **slot, char *text)
{
    if (text == NULL)
        return;
    free(*slot);
    *slot = text;
}

void dfu_error_wrap(struct dfu_error **err, const char *format, ...)
{
    struct dfu_error *e = writable(err);
    if (e == NULL)
        return;
    va_list args;
    va_start(args, format);
    char *outer = dfui_vformat(format, args);
    va_end(args);
    char *inner =
        e->cause == NULL ? dfui_strdup(dfu_error_message(e)) : dfui_format("%s: %s", dfu_error_message(e), e->cause);
    if (outer == NULL || inner == NULL) {
        free(outer);
        free(inner);
        return;
    }
    replace(&e->cause, inner);
    replace(&e->message, outer);
}

void dfu_error_prefix(struct dfu_error **err, const char *format, ...)
{
    struct dfu_error *e = writable(err);
    if (e == NULL)
        return;
    va_list args;
    va_start(args, format);
    char *prefix = dfui_vformat(format, args);
    va_end(args);
    if (prefix == NULL)
        return;
    replace(&e->message, dfui_format("%s: %s", prefix, dfu_error_message(e)));
    free(prefix);
}

void dfu_error_set_cause(struct dfu_error **err, const char *format, ...)
{
    struct dfu_error *e = writable(err);
    if (e == NULL)
        return;
    va_list args;
    va_start(args, format);
    replace(&e->cause, dfui_vformat(format, args));
    va_end(args);
}

void dfu_error_set_hint(struct dfu_error **err, const char *format, ...)
{
    struct dfu_error *e = writable(err);
    if (e == NULL || e->hint != NULL)
        return;
    va_list args;
    va_start(args, format);
    replace(&e->hint, dfui_vformat(format, args));
    va_end(args);
}

void dfu_error_set_info(struct dfu_error **err, const struct dfu_error_info *info)
{
    struct dfu_error *e = writable(err);
    if (e == NULL || info == NULL)
        return;
    if (info->flags & DFU_ERROR_HAS_ADDRESS)
        e->info.address = info->address;
    if (info->flags & DFU_ERROR_HAS_CONTENTS) {
        e->info.expected = info->expected;
        e->info.found = info->found;
    }
    if (info->flags & DFU_ERROR_HAS_STATUS) {
        e->info.dfu_status = info->dfu_status;
        e->info.dfu_state = info->dfu_state;
    }
    if (info->flags & DFU_ERROR_HAS_USB_CODE)
        e->info.usb_code = info->usb_code;
    e->info.flags |= info->flags;
}

void dfui_error_address(struct dfu_error **err, uint64_t address)
{
    struct dfu_error_info info = {.flags = DFU_ERROR_HAS_ADDRESS, .address = address};
    dfu_error_set_info(err, &info);
}

void dfui_error_contents(struct dfu_error **err, uint64_t address, uint8_t expected, uint8_t found)
{
    struct dfu_error_info info = {.flags = DFU_ERROR_HAS_ADDRESS | DFU_ERROR_HAS_CONTENTS,
                                  .address = address,
                                  .expected = expected,
                                  .found = found};
    dfu_error_set_info(err, &info);
}

void dfui_error_clear(struct dfu_error **err)
{
    if (err == NULL)
        return;
    dfu_error_free(*err);
    *err = NULL;
}

int dfu_error_code(const struct dfu_error *error)
{
    return error == NULL ? DFU_OK : error->info.code;
}

const char *dfu_error_message(const struct dfu_error *error)
{
    if (error == NULL)
        return "no error";
    return error->message == NULL ? no_memory_text : error->message;
}

const char *dfu_error_cause(const struct dfu_error *error)
{
    return error == NULL ? NULL : error->cause;
}

const char *dfu_error_hint(const struct dfu_error *error)
{
    return error == NULL ? NULL : error->hint;
}

int dfu_error_describe(const struct dfu_error *error, struct dfu_error_info *info)
{
    if (error == NULL)
        return DFU_ERR_ARGUMENT;
    return dfui_sized_out(info, &error->info, sizeof error->info);
}

void dfu_error_free(struct dfu_error *error)
{
    if (error == NULL || error == &no_memory)
        return;
    free(error->message);
    free(error->cause);
    free(error->hint);
    free(error);
}
