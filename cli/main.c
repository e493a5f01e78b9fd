/* SPDX-License-Identifier: BSD-2-Clause */
/* The dfu command: parse, dispatch, report. */
#include "cli.h"
#include "exitcode.h"
#include "help.h"
#include "out.h"
#include "signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Known before parsing, so that even a wrong command line is reported in JSON when that was asked for. */
static int wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return 1;
    }
    return 0;
}

static void print_version(struct cli *cli)
{
    if (!cli->voice.json) {
        out_text(cli, "dfu %s\n", dfu_version_string());
        return;
    }
    json_t *formats = json_array();
    json_t *names = json_array();
    for (size_t i = 0; i < dfu_format_count(); i++)
        (void)json_array_append_new(formats, json_text(dfu_format_name(i, NULL)));
    for (size_t i = 0; i < verb_count(); i++)
        (void)json_array_append_new(names, json_text(verbs[i].name));
    json_t *object = json_object();
    (void)json_object_set_new(object, "version", json_text(dfu_version_string()));
    (void)json_object_set_new(object, "verbs", names);
    (void)json_object_set_new(object, "formats", formats);
    out_json(cli, object);
}

/* Takes the first operand away. */
static const char *shift_operand(struct args *args)
{
    if (args->operand_count == 0)
        return NULL;
    const char *first = args->operands[0];
    args->operand_count--;
    memmove(args->operands, args->operands + 1, args->operand_count * sizeof args->operands[0]);
    return first;
}

static int check_options(const struct cli *cli, struct dfu_error **err)
{
    for (size_t i = 0; i < cli->args.use_count; i++) {
        const struct opt *opt = cli->args.uses[i].opt;
        if (verb_takes(cli->verb, opt))
            continue;
        int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu %s' takes no option '--%s'", cli->verb->name, opt->name);
        dfu_error_set_hint(err, "see 'dfu help %s'", cli->verb->name);
        return rc;
    }
    return DFU_OK;
}

static int open_log(struct cli *cli, struct dfu_error **err)
{
    const char *path = args_value(&cli->args, OPT_LOG);
    if (path == NULL)
        return DFU_OK;
    cli->log = fopen(path, "w");
    if (cli->log == NULL)
        return dfu_error_set(err, DFU_ERR_FILE, "cannot write the log %s: %s", path, strerror(errno));
    (void)setvbuf(cli->log, NULL, _IOLBF, BUFSIZ); /* complete to the last line, whatever happens */
    return DFU_OK;
}

static int close_log(struct cli *cli, struct dfu_error **err)
{
    if (cli->log == NULL)
        return DFU_OK;
    int failed = ferror(cli->log);
    failed |= fclose(cli->log) != 0;
    cli->log = NULL;
    if (failed)
        return dfu_error_set(err, DFU_ERR_FILE, "cannot write the log %s", args_value(&cli->args, OPT_LOG));
    return DFU_OK;
}

static int show_help(const char *name, struct dfu_error **err)
{
    const struct verb *verb = NULL;
    int rc = name != NULL ? verb_lookup(name, &verb, err) : DFU_OK;
    if (rc != DFU_OK)
        return rc;
    if (verb != NULL)
        help_verb(stdout, verb);
    else
        help_overview(stdout);
    return DFU_OK;
}

static int dispatch(struct cli *cli, struct dfu_error **err)
{
    int rc = out_setup(cli, err);
    if (rc != DFU_OK)
        return rc;
    if (args_count(&cli->args, OPT_VERSION) > 0) {
        print_version(cli);
        return DFU_OK;
    }
    const char *name = shift_operand(&cli->args);
    if (name != NULL && strcmp(name, "help") == 0)
        return show_help(shift_operand(&cli->args), err);
    if (args_count(&cli->args, OPT_HELP) > 0)
        return show_help(name, err);
    if (name == NULL) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "no verb given");
        dfu_error_set_hint(err, "try 'dfu list', or 'dfu help' for all verbs");
        return rc;
    }
    rc = verb_lookup(name, &cli->verb, err);
    if (rc == DFU_OK)
        rc = check_options(cli, err);
    if (rc == DFU_OK)
        rc = open_log(cli, err);
    if (rc == DFU_OK)
        rc = cli->verb->run(cli, err);
    if (rc == DFU_OK)
        return close_log(cli, err);
    (void)close_log(cli, NULL);
    return rc;
}

static void cli_free(struct cli *cli)
{
    args_free(&cli->args);
    free(cli->device_path);
    free(cli->device_serial);
    free(cli->extra_text);
    json_decref(cli->extra_json);
    json_decref(cli->notes);
    json_decref(cli->warnings);
}

/* A result that nobody got is a failure, but it does not hide an earlier one. */
static int check_output(int rc, struct dfu_error **err)
{
    struct dfu_error *late = NULL;
    int late_rc = out_flush(&late);
    if (late_rc != DFU_OK && *err == NULL) {
        *err = late;
        return late_rc;
    }
    dfu_error_free(late);
    return rc;
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct dfu_error *err = NULL;
    int status = EXIT_GOOD;
    memset(&cli, 0, sizeof cli);
    cli.voice.json = wants_json(argc, argv);
    signals_setup();
    int rc = args_parse(&cli.args, options, argc, argv, &err);
    if (rc == DFU_OK)
        rc = dispatch(&cli, &err);
    rc = check_output(rc, &err);
    if (rc != DFU_OK && err == NULL)
        status = exit_status_of(rc); /* the verb has said what there is to say, as image diff does */
    else if (rc != DFU_OK)
        status = out_error(&cli, rc, err);
    dfu_error_free(err);
    cli_free(&cli);
    return status;
}
