/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu options: shows option bytes, and changes them when told to. */
#include "confirm.h"
#include "numbers.h"
#include "optview.h"
#include "out.h"
#include "progress.h"
#include "target.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define MOST_RAW 4096

static int wants_change(const struct args *args)
{
    return args_count(args, OPT_SET) + args_count(args, OPT_RAW) > 0;
}

/* HEX, or ADDR=HEX for an area that is not the first; blanks may stand between bytes. */
static int set_raw(struct dfu_optbytes *wanted, const char *text, struct dfu_error **err)
{
    struct dfu_optbytes_area_info area;
    uint8_t bytes[MOST_RAW];
    size_t count = 0;
    const char *equals = strchr(text, '=');
    uint64_t address = 0;
    DFU_INIT(&area);
    int rc = dfu_optbytes_area(wanted, 0, &area);
    address = area.start;
    if (rc == DFU_OK && equals != NULL && (number_scan(&text, &address) != DFU_OK || text != equals))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--raw: no number before the '='");
    text = equals != NULL ? equals + 1 : text;
    while (*text != '\0') {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (*text == ' ') {
            text++;
            continue;
        }
        if (low < 0 || count == MOST_RAW)
            return dfu_error_set(err, DFU_ERR_ARGUMENT, "--raw: '%.20s' does not begin with two hexadecimal digits",
                                 text);
        bytes[count++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    /* No byte that cannot be read is written. */
    for (size_t i = 0; dfu_optbytes_area(wanted, i, &area) == DFU_OK; i++) {
        if (address >= area.start && address - area.start <= area.known &&
            count <= area.known - (address - area.start) && count > 0)
            return dfu_optbytes_load(wanted, address, bytes, count, err);
    }
    return dfu_error_set(err, DFU_ERR_RANGE, "--raw: %zu bytes at 0x%08" PRIX64 " are not option bytes of this device",
                         count, address);
}

static int apply(const struct args *args, struct dfu_optbytes *wanted, struct dfu_error **err)
{
    int rc = DFU_OK;
    for (size_t i = 0; rc == DFU_OK && i < args->use_count; i++) {
        if (args->uses[i].opt->id == OPT_SET)
            rc = dfu_optbytes_set(wanted, args->uses[i].value, err);
        else if (args->uses[i].opt->id == OPT_RAW)
            rc = set_raw(wanted, args->uses[i].value, err);
    }
    return rc;
}

static void report(struct cli *cli, const struct dfu_optbytes *now, const struct dfu_protect_result *result)
{
    char time[TEXT_SIZE];
    if (cli->voice.json) {
        json_t *event = json_object();
        (void)json_object_set_new(event, "event", json_string("result"));
        (void)json_object_set_new(event, "verb", json_string(cli->verb->name));
        (void)json_object_set_new(event, "device", json_device(cli));
        (void)json_object_set_new(event, "ok", json_true());
        (void)json_object_set_new(event, "changed", json_boolean(result->changed));
        (void)json_object_set_new(event, "verified", json_boolean(result->verified));
        (void)json_object_set_new(event, "elapsed_ms", json_integer((json_int_t)((result->elapsed_us + 500) / 1000)));
        optview_json(event, now);
        (void)json_object_set_new(event, "version", json_text(dfu_version_string()));
        json_add_said(cli, event);
        out_json(cli, event);
    } else if (!cli->voice.quiet && !result->changed) {
        out_text(cli, "the option bytes are so already: nothing was written\n");
    } else if (!cli->voice.quiet) {
        out_text(cli, "option bytes written, %s, in %s\n",
                 result->verified ? "read back and compared" : "not compared: they cannot be read any more",
                 text_time(time, result->elapsed_us));
    }
}

static int ask(struct target *target, const struct dfu_optbytes *now, const struct dfu_optbytes *wanted,
               struct dfu_error **err)
{
    struct cli *cli = target->cli;
    char question[160];
    size_t bytes = optview_changes(cli, now, wanted);
    if (bytes == 0)
        return DFU_OK;
    int for_ever = args_count(&cli->args, OPT_RDP2) > 0 && dfu_optbytes_rdp(wanted) == DFU_RDP_2;
    (void)snprintf(question, sizeof question, "Write %zu changed option byte%s of %s%s", bytes, plural(bytes),
                   cli->device_path != NULL ? cli->device_path : "the board", for_ever ? " AND LOCK IT FOR EVER" : "");
    return confirm(cli, question, "writing option bytes", "nothing was written", err);
}

static int change(struct target *target, const struct dfu_optbytes *now, struct dfu_error **err)
{
    struct dfu_optbytes *wanted = NULL;
    struct dfu_protect_options options_protect;
    struct dfu_protect_result result;
    struct progress progress;
    DFU_INIT(&options_protect);
    DFU_INIT(&result);
    progress_start(&progress, target->cli, 0);
    options_protect.flags = args_count(&target->cli->args, OPT_RDP2) > 0 ? DFU_PROTECT_ALLOW_RDP2 : 0;
    options_protect.timeout_ms = target->open.reconnect_ms;
    options_protect.progress = progress_call;
    options_protect.user = &progress;
    int rc = dfu_optbytes_copy(now, &wanted, err);
    if (rc == DFU_OK)
        rc = apply(&target->cli->args, wanted, err);
    if (rc == DFU_OK)
        rc = ask(target, now, wanted, err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_write(target->session, wanted, &options_protect, &result, err);
    if (rc == DFU_OK) {
        progress_end(&progress);
        report(target->cli, wanted, &result);
    }
    dfu_optbytes_free(wanted);
    return rc;
}

static void show(struct cli *cli, const struct dfu_optbytes *now)
{
    if (!cli->voice.json) {
        optview_print(cli, now);
        return;
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "device", json_device(cli));
    optview_json(object, now);
    out_json(cli, object);
}

static int options_run(struct target *target, struct dfu_error **err)
{
    struct dfu_optbytes *now = NULL;
    struct dfu_error *odd = NULL;
    int rc = target_open(target, err);
    if (rc == DFU_OK)
        rc = dfu_optbytes_new(target_map(target), args_value(&target->cli->args, OPT_FAMILY), &now, err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_read(target->session, now, err);
    if (rc == DFU_OK && dfu_optbytes_check(now, &odd) != DFU_OK)
        out_warning(target->cli, "%s", dfu_error_message(odd));
    dfu_error_free(odd);
    if (rc == DFU_OK && wants_change(&target->cli->args))
        rc = change(target, now, err);
    else if (rc == DFU_OK)
        show(target->cli, now);
    dfu_optbytes_free(now);
    return rc;
}

int cmd_options(struct cli *cli, struct dfu_error **err)
{
    struct target target;
    int rc = target_start(&target, cli, err);
    if (rc == DFU_OK && cli->args.operand_count > 0) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu options' takes no arguments");
        dfu_error_set_hint(err, "change an option with --set NAME=NUMBER");
    }
    if (rc == DFU_OK)
        rc = options_run(&target, err);
    return target_close(&target, rc, err);
}
