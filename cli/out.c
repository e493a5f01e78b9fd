/* SPDX-License-Identifier: BSD-2-Clause */
/* All printing. */
#include "out.h"

#include "exitcode.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* auto, always or never; 1 and 0 for the last two, otherwise what automatic says. */
static int parse_when(struct cli *cli, enum opt_id id, int automatic, int *on, struct dfu_error **err)
{
    const char *when = args_value(&cli->args, id);
    *on = automatic;
    if (when == NULL || strcmp(when, "auto") == 0)
        return DFU_OK;
    if (strcmp(when, "always") == 0)
        *on = 1;
    else if (strcmp(when, "never") == 0)
        *on = 0;
    else
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--%s: '%s' is not auto, always or never",
                             id == OPT_COLOR ? "color" : "progress", when);
    return DFU_OK;
}

static int colorful(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fd) && (no_color == NULL || no_color[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

int out_setup(struct cli *cli, struct dfu_error **err)
{
    struct voice *voice = &cli->voice;
    int bar = 0;
    voice->quiet = args_count(&cli->args, OPT_QUIET) > 0;
    voice->verbose = (int)args_count(&cli->args, OPT_VERBOSE);
    int rc = parse_when(cli, OPT_COLOR, colorful(STDOUT_FILENO), &voice->color_results, err);
    if (rc == DFU_OK)
        rc = parse_when(cli, OPT_COLOR, colorful(STDERR_FILENO), &voice->color_messages, err);
    if (rc == DFU_OK)
        rc = parse_when(cli, OPT_PROGRESS, isatty(STDERR_FILENO), &bar, err);
    if (rc != DFU_OK)
        return rc;
    const char *when = args_value(&cli->args, OPT_PROGRESS);
    if (voice->quiet || (when != NULL && strcmp(when, "never") == 0))
        voice->progress = PROGRESS_NONE;
    else if (voice->json)
        voice->progress = PROGRESS_JSON;
    else
        voice->progress = bar ? PROGRESS_BAR : PROGRESS_LINES;
    return DFU_OK;
}

static const char *escape_of(enum paint paint)
{
    switch (paint) {
    case PAINT_BOLD:
        return "\033[1m";
    case PAINT_RED:
        return "\033[1;31m";
    case PAINT_GREEN:
        return "\033[32m";
    case PAINT_YELLOW:
        return "\033[33m";
    case PAINT_DIM:
        return "\033[2m";
    case PAINT_NONE:
    default:
        return "\033[0m";
    }
}

void out_paint(struct cli *cli, enum paint paint)
{
    if (cli->voice.color_results)
        (void)fputs(escape_of(paint), stdout);
}

void out_text(struct cli *cli, const char *format, ...)
{
    va_list args;
    (void)cli;
    va_start(args, format);
    char *text = text_vformat(format, args);
    va_end(args);
    if (text == NULL)
        return;
    text_clean(text, 1);
    (void)fputs(text, stdout);
    free(text);
}

void out_json(struct cli *cli, json_t *object)
{
    (void)cli;
    if (object == NULL)
        return;
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    json_decref(object);
}

void out_message(struct cli *cli, const char *text)
{
    if (cli->voice.bar_width > 0)
        (void)fprintf(stderr, "\r%*s\r", cli->voice.bar_width, "");
    cli->voice.bar_width = 0;
    (void)fprintf(stderr, "%s\n", text);
}

/* "word: text" on standard error, the word in colour. */
static void say(struct cli *cli, enum paint paint, const char *word, char *text)
{
    text_clean(text, 0);
    if (cli->voice.bar_width > 0)
        (void)fprintf(stderr, "\r%*s\r", cli->voice.bar_width, "");
    cli->voice.bar_width = 0;
    if (cli->voice.color_messages)
        (void)fprintf(stderr, "%s%s%s %s\n", escape_of(paint), word, escape_of(PAINT_NONE), text);
    else
        (void)fprintf(stderr, "%s %s\n", word, text);
}

static void collect(json_t **list, const char *text)
{
    if (*list == NULL)
        *list = json_array();
    (void)json_array_append_new(*list, json_text(text));
}

void out_note(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = text_vformat(format, args);
    va_end(args);
    if (text == NULL)
        return;
    if (cli->voice.json)
        collect(&cli->notes, text);
    if (cli->voice.json ? cli->voice.verbose > 0 : !cli->voice.quiet)
        say(cli, PAINT_BOLD, "note:", text);
    free(text);
}

void out_warning(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = text_vformat(format, args);
    va_end(args);
    if (text == NULL)
        return;
    if (cli->voice.json)
        collect(&cli->warnings, text);
    if (!cli->voice.json || cli->voice.verbose > 0)
        say(cli, PAINT_YELLOW, "warning:", text);
    free(text);
}

void out_error_line(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *line = text_vformat(format, args);
    va_end(args);
    if (line == NULL)
        return;
    text_clean(line, 0);
    size_t old = cli->extra_text != NULL ? strlen(cli->extra_text) : 0;
    size_t more = strlen(line);
    char *grown = realloc(cli->extra_text, old + more + 2);
    if (grown != NULL) {
        (void)snprintf(grown + old, more + 2, "%s\n", line);
        cli->extra_text = grown;
    }
    free(line);
}

void out_error_member(struct cli *cli, const char *key, json_t *value)
{
    if (cli->extra_json == NULL)
        cli->extra_json = json_object();
    (void)json_object_set_new(cli->extra_json, key, value);
}

void out_error_forget(struct cli *cli)
{
    free(cli->extra_text);
    cli->extra_text = NULL;
    json_decref(cli->extra_json);
    cli->extra_json = NULL;
}

static void say_part(struct cli *cli, enum paint paint, const char *word, const char *part)
{
    char *text = text_copy(part);
    if (text != NULL)
        say(cli, paint, word, text);
    free(text);
}

static void say_error(struct cli *cli, int rc, const struct dfu_error *err)
{
    if (cli->voice.bar_width > 0)
        (void)fputc('\n', stderr); /* leave the bar on the screen, visibly unfinished */
    cli->voice.bar_width = 0;
    say_part(cli, PAINT_RED, "error:", err != NULL ? dfu_error_message(err) : dfu_code_name(rc));
    if (dfu_error_cause(err) != NULL)
        say_part(cli, PAINT_BOLD, "  cause:", dfu_error_cause(err));
    if (dfu_error_hint(err) != NULL)
        say_part(cli, PAINT_BOLD, "  hint: ", dfu_error_hint(err));
    if (cli->extra_text != NULL)
        (void)fputs(cli->extra_text, stderr);
}

/* A spec name, or the bare number where the spec has none. */
static json_t *name_or_number(const char *name, int value)
{
    return strncmp(name, "unknown", 7) == 0 ? json_integer(value) : json_string(name);
}

static void add_detail(json_t *object, const struct dfu_error *err)
{
    struct dfu_error_info info;
    DFU_INIT(&info);
    if (dfu_error_describe(err, &info) != DFU_OK)
        return;
    if ((info.flags & DFU_ERROR_HAS_ADDRESS) != 0)
        (void)json_object_set_new(object, "address", json_integer((json_int_t)info.address));
    if ((info.flags & DFU_ERROR_HAS_CONTENTS) != 0) {
        (void)json_object_set_new(object, "expected", json_integer(info.expected));
        (void)json_object_set_new(object, "found", json_integer(info.found));
    }
    if ((info.flags & DFU_ERROR_HAS_STATUS) != 0) {
        (void)json_object_set_new(object, "dfu_status",
                                  name_or_number(dfu_status_name(info.dfu_status), info.dfu_status));
        (void)json_object_set_new(object, "dfu_state", name_or_number(dfu_state_name(info.dfu_state), info.dfu_state));
    }
}

static void print_json_error(struct cli *cli, int rc, int status, const struct dfu_error *err)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "event", json_string("error"));
    if (cli->verb != NULL)
        (void)json_object_set_new(object, "verb", json_string(cli->verb->name));
    if (cli->device_path != NULL)
        (void)json_object_set_new(object, "device", json_device(cli));
    (void)json_object_set_new(object, "code", json_string(dfu_code_name(rc)));
    (void)json_object_set_new(object, "exit", json_integer(status));
    (void)json_object_set_new(object, "message", json_text(err != NULL ? dfu_error_message(err) : dfu_code_name(rc)));
    (void)json_object_set_new(object, "cause", json_text(dfu_error_cause(err)));
    (void)json_object_set_new(object, "hint", json_text(dfu_error_hint(err)));
    if (err != NULL)
        add_detail(object, err);
    if (cli->has_run) {
        (void)json_object_set_new(object, "bytes", json_integer((json_int_t)cli->partial.bytes));
        (void)json_object_set_new(object, "erased_sectors", json_integer(cli->partial.erased_sectors));
    }
    if (cli->extra_json != NULL)
        (void)json_object_update(object, cli->extra_json);
    out_json(cli, object);
}

int out_error(struct cli *cli, int rc, const struct dfu_error *err)
{
    int status = exit_status_of(rc);
    if (cli->voice.json)
        print_json_error(cli, rc, status, err);
    else
        (void)fflush(stdout); /* what was found out so far comes before the error */
    /* JSON that nobody can read is no report. */
    if (!cli->voice.json || cli->voice.verbose > 0 || ferror(stdout))
        say_error(cli, rc, err);
    return status;
}

int out_flush(struct dfu_error **err)
{
    /* An earlier failure leaves only the error flag; errno is then of no use. */
    int had_failed = ferror(stdout);
    errno = 0;
    if (fflush(stdout) == 0 && !had_failed && !ferror(stdout))
        return DFU_OK;
    int rc = dfu_error_set(err, DFU_ERR_FILE, "cannot write to standard output%s%s", errno != 0 ? ": " : "",
                           errno != 0 ? strerror(errno) : "");
    return rc;
}

json_t *json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    char *copy = text_copy(text); /* not UTF-8: keep what is ASCII */
    if (copy == NULL)
        return json_null();
    for (char *p = copy; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    }
    string = json_string(copy);
    free(copy);
    return string != NULL ? string : json_null();
}

json_t *json_device(const struct cli *cli)
{
    if (cli->device_path == NULL)
        return json_null();
    json_t *device = json_object();
    (void)json_object_set_new(device, "path", json_text(cli->device_path));
    (void)json_object_set_new(device, "serial", json_text(cli->device_serial));
    return device;
}

void json_add_range(json_t *object, uint64_t start, uint64_t end)
{
    (void)json_object_set_new(object, "start", json_integer((json_int_t)start));
    (void)json_object_set_new(object, "end", json_integer((json_int_t)end));
}

void json_add_said(struct cli *cli, json_t *object)
{
    (void)json_object_set_new(object, "warnings", cli->warnings != NULL ? json_incref(cli->warnings) : json_array());
    (void)json_object_set_new(object, "notes", cli->notes != NULL ? json_incref(cli->notes) : json_array());
}
