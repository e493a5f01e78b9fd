/* SPDX-License-Identifier: BSD-2-Clause */
#include "suffix.h"

#include "numbers.h"
#include "out.h"

#include <inttypes.h>
#include <string.h>

/* Up to four hexadecimal digits, 0x in front or not, as lsusb and dfu-suffix have them. */
static int parse_id(const struct args *args, enum opt_id id, const char *name, struct suffix_ids *ids, uint16_t *out,
                    struct dfu_error **err)
{
    const char *text = args_value(args, id);
    *out = 0xFFFF;
    if (text == NULL)
        return DFU_OK;
    const char *digits = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
    size_t length = strlen(digits);
    unsigned value = 0;
    for (size_t i = 0; i < length && i < 4; i++)
        value = hex_digit(digits[i]) < 0 ? 0x10000 : value << 4 | (unsigned)hex_digit(digits[i]);
    if (length == 0 || length > 4 || value > 0xFFFF)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--%s: '%s' is not up to four hexadecimal digits", name, text);
    ids->given = 1;
    *out = (uint16_t)value;
    return DFU_OK;
}

int suffix_parse_ids(const struct args *args, struct suffix_ids *ids, struct dfu_error **err)
{
    ids->given = 0;
    int rc = parse_id(args, OPT_VID, "vid", ids, &ids->vid, err);
    if (rc == DFU_OK)
        rc = parse_id(args, OPT_PID, "pid", ids, &ids->pid, err);
    if (rc == DFU_OK)
        rc = parse_id(args, OPT_BCD_DEVICE, "bcd-device", ids, &ids->bcd_device, err);
    return rc;
}

static int check(struct cli *cli, const char *file, struct dfu_error **err)
{
    struct dfu_suffix s;
    DFU_INIT(&s);
    int rc = dfu_suffix_check(file, &s, err);
    if (rc != DFU_OK)
        return rc;
    if (!cli->voice.json) {
        out_text(cli, "%s  for device %04x:%04x, version %04x, DFU %x.%02x, CRC 0x%08" PRIX32 " is right\n", file,
                 s.vid, s.pid, s.bcd_device, s.bcd_dfu >> 8, s.bcd_dfu & 0xFFu, s.crc);
        return DFU_OK;
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "vid", json_integer(s.vid));
    (void)json_object_set_new(object, "pid", json_integer(s.pid));
    (void)json_object_set_new(object, "bcd_device", json_integer(s.bcd_device));
    (void)json_object_set_new(object, "bcd_dfu", json_integer(s.bcd_dfu));
    (void)json_object_set_new(object, "crc", json_integer(s.crc));
    out_json(cli, object);
    return DFU_OK;
}

static int add(const char *file, const struct suffix_ids *ids, struct dfu_error **err)
{
    struct dfu_suffix s;
    DFU_INIT(&s);
    s.vid = ids->vid;
    s.pid = ids->pid;
    s.bcd_device = ids->bcd_device;
    return dfu_suffix_add(file, &s, err);
}

int suffix_run(struct cli *cli, const char *const *files, size_t count, struct dfu_error **err)
{
    struct suffix_ids ids;
    int adds = args_count(&cli->args, OPT_ADD) > 0;
    int removes = args_count(&cli->args, OPT_REMOVE) > 0;
    int checks = args_count(&cli->args, OPT_CHECK) > 0;
    int rc = suffix_parse_ids(&cli->args, &ids, err);
    if (rc != DFU_OK)
        return rc;
    if (count != 1) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu image suffix' takes one file, not %zu", count);
        dfu_error_set_hint(err, "write e.g. dfu image suffix --check app.dfu");
        return rc;
    }
    if (adds + removes + checks > 1)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "only one of --add, --remove and --check can be done at a time");
    if (ids.given && !adds)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--vid, --pid and --bcd-device need --add");
    if (!adds && !removes)
        return check(cli, files[0], err);
    rc = removes ? dfu_suffix_remove(files[0], err) : add(files[0], &ids, err);
    if (rc == DFU_OK && cli->voice.json) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "output", json_text(files[0]));
        (void)json_object_set_new(object, "suffix", json_string(removes ? "removed" : "added"));
        out_json(cli, object);
    }
    return rc;
}
