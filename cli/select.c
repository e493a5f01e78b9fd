/* SPDX-License-Identifier: BSD-2-Clause */
/* Choosing among devices and alternate settings. */
#include "select.h"

#include "numbers.h"
#include "out.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One to four hexadecimal digits, 0x allowed, up to end. */
static int scan_id(const char **text, uint16_t *id)
{
    const char *p = *text;
    unsigned value = 0;
    int digits = 0;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        p += 2;
    for (; hex_digit(*p) >= 0 && digits < 5; p++, digits++)
        value = value * 16 + (unsigned)hex_digit(*p);
    if (digits == 0 || digits > 4)
        return 0;
    *id = (uint16_t)value;
    *text = p;
    return 1;
}

static int parse_ids(const char *text, struct dfu_selector *selector, struct dfu_error **err)
{
    const char *p = text;
    if (scan_id(&p, &selector->vid)) {
        selector->flags |= DFU_SELECT_VID;
        if (*p == ':') {
            p++;
            if (scan_id(&p, &selector->pid))
                selector->flags |= DFU_SELECT_PID;
            else
                p = "?";
        }
        if (*p == '\0')
            return DFU_OK;
    }
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'%s' is not VID:PID", text);
    dfu_error_set_hint(err, "write hexadecimal ids, e.g. 0483:df11");
    return rc;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

int select_parse(const struct args *args, struct dfu_selector *selector, struct dfu_error **err)
{
    const char *ids = args_value(args, OPT_DEVICE);
    DFU_INIT(selector);
    selector->serial = args_value(args, OPT_SERIAL);
    selector->path = args_value(args, OPT_PATH);
    int chosen = ids != NULL || selector->serial != NULL || selector->path != NULL;
    int simulated = args_count(args, OPT_SIM) > 0; /* the defaults are about the boards on the desk */
    if (!chosen && !simulated) {
        ids = environment("DFU_DEVICE");
        selector->serial = environment("DFU_SERIAL");
    }
    return ids != NULL ? parse_ids(ids, selector, err) : DFU_OK;
}

static const char *describe_wish(const struct cli *cli, char *buffer, size_t size)
{
    static const struct {
        enum opt_id id;
        const char *name;
    } table[] = {{OPT_DEVICE, "--device"}, {OPT_SERIAL, "--serial"}, {OPT_PATH, "--path"}};
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *value = args_value(&cli->args, table[i].id);
        if (value == NULL || used >= size)
            continue;
        int n = snprintf(buffer + used, size - used, " %s %s", table[i].name, value);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used == 0)
        (void)snprintf(buffer, size, " DFU_DEVICE or DFU_SERIAL");
    return buffer;
}

static size_t count_dfu_mode(const struct dfu_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < dfu_list_count(list); i++) {
        struct dfu_device_info info;
        DFU_INIT(&info);
        if (dfu_device_describe(dfu_list_at(list, i), &info) == DFU_OK)
            count += info.mode == DFU_MODE_DFU;
    }
    return count;
}

/* What matches is there, but runs its program. */
static int refuse_run_time(size_t count, struct dfu_error **err)
{
    int rc = dfu_error_set(err, DFU_ERR_NO_DEVICE,
                           count == 1 ? "the device is not in DFU mode" : "no device is in DFU mode");
    dfu_error_set_cause(err, "%zu device%s here run%s a program that offers DFU only after a detach", count,
                        plural(count), count == 1 ? "s" : "");
    dfu_error_set_hint(err,
                       "try 'dfu detach' with the same selection, or start the bootloader (STM32: BOOT0 high, then "
                       "reset)");
    return rc;
}

int select_refuse_none(const struct cli *cli, const struct dfu_list *matching, const struct dfu_list *everything,
                       struct dfu_error **err)
{
    char wish[256];
    size_t count = everything != NULL ? dfu_list_count(everything) : 0;
    size_t in_dfu_mode = everything != NULL ? count_dfu_mode(everything) : 0;
    int rc;
    if (count == 0) {
        rc = dfu_error_set(err, DFU_ERR_NO_DEVICE, "no DFU device found");
        dfu_error_set_cause(err, "no USB device here has a DFU interface");
        dfu_error_set_hint(err, "plug the board in and start its bootloader (STM32: BOOT0 high, then reset), then try "
                                "'dfu list'; or try --sim stm32f407");
        return rc;
    }
    if (dfu_list_count(matching) > 0)
        return refuse_run_time(dfu_list_count(matching), err);
    rc = dfu_error_set(err, DFU_ERR_NO_DEVICE, "no device matches%s", describe_wish(cli, wish, sizeof wish));
    if (in_dfu_mode > 0)
        dfu_error_set_cause(err, "%zu other device%s in DFU mode", in_dfu_mode, in_dfu_mode == 1 ? " is" : "s are");
    else
        dfu_error_set_cause(err, "%zu other device%s a program with DFU", count, count == 1 ? " runs" : "s run");
    dfu_error_set_hint(err, "see 'dfu list' for their serials and paths");
    return rc;
}

static int serial_is_unique(const struct dfu_list *list, size_t index, const char *serial)
{
    for (size_t i = 0; serial != NULL && i < dfu_list_count(list); i++) {
        struct dfu_device_info other;
        DFU_INIT(&other);
        if (i != index && dfu_device_describe(dfu_list_at(list, i), &other) == DFU_OK && other.serial != NULL &&
            strcmp(other.serial, serial) == 0)
            return 0;
    }
    return serial != NULL;
}

const char *select_place(const struct dfu_list *list, size_t index, char buffer[SELECT_PLACE_SIZE])
{
    struct dfu_device_info info;
    struct dfu_device_info other;
    int shared = 0;
    DFU_INIT(&info);
    buffer[0] = '\0';
    if (dfu_device_describe(dfu_list_at(list, index), &info) != DFU_OK)
        return buffer;
    for (size_t i = 0; i < dfu_list_count(list); i++) {
        DFU_INIT(&other);
        shared += i != index && dfu_device_describe(dfu_list_at(list, i), &other) == DFU_OK &&
                  strcmp(info.path, other.path) == 0;
    }
    int n = snprintf(buffer, SELECT_PLACE_SIZE, "%s", info.path);
    if (shared > 0 && n > 0 && n < SELECT_PLACE_SIZE)
        (void)snprintf(buffer + n, (size_t)(SELECT_PLACE_SIZE - n), ":%u.%u", info.config, info.interface_number);
    return buffer;
}

int select_refuse_several(struct cli *cli, const struct dfu_list *list, struct dfu_error **err)
{
    json_t *devices = json_array();
    char first[SELECT_PLACE_SIZE];
    int interfaces = strchr(select_place(list, 0, first), ':') != NULL;
    int rc = dfu_error_set(err, DFU_ERR_AMBIGUOUS, "%zu %s match", dfu_list_count(list),
                           interfaces ? "DFU interfaces" : "devices");
    dfu_error_set_hint(err, "add one of these options");
    for (size_t i = 0; i < dfu_list_count(list); i++) {
        struct dfu_device_info info;
        DFU_INIT(&info);
        if (dfu_device_describe(dfu_list_at(list, i), &info) != DFU_OK)
            continue;
        char place[SELECT_PLACE_SIZE];
        int unique = serial_is_unique(list, i, info.serial);
        out_error_line(cli, "    %04x:%04x  --path %-10s  %s%s%s%s", info.vid, info.pid, select_place(list, i, place),
                       unique ? "or --serial " : (info.serial != NULL ? "serial (not unique) " : "no serial"),
                       info.serial != NULL ? info.serial : "", info.product != NULL ? "  " : "",
                       info.product != NULL ? info.product : "");
        json_t *object = json_object();
        (void)json_object_set_new(object, "path", json_text(place));
        (void)json_object_set_new(object, "serial", json_text(info.serial));
        (void)json_array_append_new(devices, object);
    }
    out_error_member(cli, "devices", devices);
    return rc;
}

/* How well name fits text: 3 whole, 2 whole but for case, 1 in part, 0 not. */
static int fit(const char *name, const char *text)
{
    if (name == NULL)
        return 0;
    if (strcmp(name, text) == 0)
        return 3;
    if (text_same(name, text))
        return 2;
    return text_contains(name, text) ? 1 : 0;
}

static void append_alt(char *list, size_t size, uint32_t alt, const char *name)
{
    size_t used = strlen(list);
    (void)snprintf(list + used, size - used, "%s%" PRIu32 " %.48s", used > 0 ? "; " : "", alt,
                   name != NULL ? name : "(no name)");
}

int select_alt(const struct dfu_device *device, const char *text, uint32_t *alt, struct dfu_error **err)
{
    char known[512] = "";
    const char *rest = text;
    const char *name;
    uint64_t number = UINT64_MAX;
    uint32_t each;
    int best = 0;
    size_t hits = 0;
    if (number_scan(&rest, &number) != DFU_OK || *rest != '\0')
        number = UINT64_MAX;
    for (size_t i = 0; dfu_device_alt(device, i, &each, &name) == DFU_OK; i++) {
        int good = each == number ? 4 : fit(name, text);
        append_alt(known, sizeof known, each, name);
        if (good > best) {
            best = good;
            hits = 0;
        }
        if (good > 0 && good == best && ++hits == 1)
            *alt = each;
    }
    if (hits == 1)
        return DFU_OK;
    int rc;
    if (hits == 0)
        rc = dfu_error_set(err, DFU_ERR_RANGE, "the device has no alternate setting '%s'", text);
    else
        rc = dfu_error_set(err, DFU_ERR_AMBIGUOUS, "'%s' fits %zu alternate settings", text, hits);
    dfu_error_set_cause(err, "it has %s", known[0] != '\0' ? known : "none");
    dfu_error_set_hint(err, "give --alt the number of one of them");
    return rc;
}
