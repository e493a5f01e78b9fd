/* SPDX-License-Identifier: BSD-2-Clause */
/* Help texts, made from the tables of commands.h. */
#include "help.h"

#include <string.h>

#define HELP_COLUMN 30
#define HELP_WIDTH 79

/* Prints text wrapped at blanks, further lines indented to column. */
static void print_wrapped(FILE *f, const char *text, int column)
{
    size_t room = HELP_WIDTH - (size_t)column;
    while (strlen(text) > room) {
        size_t cut = room;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut == 0)
            break;
        (void)fprintf(f, "%.*s\n%*s", (int)cut, text, column, "");
        text += cut + 1;
    }
    (void)fprintf(f, "%s\n", text);
}

static void print_option(FILE *f, const struct opt *opt)
{
    char left[80];
    char letter[8] = "    ";
    if (opt->letter != 0)
        (void)snprintf(letter, sizeof letter, "-%c, ", opt->letter);
    if (opt->value == VALUE_OPTIONAL)
        (void)snprintf(left, sizeof left, "  %s--%s[=%s]", letter, opt->name, opt->metavar);
    else
        (void)snprintf(left, sizeof left, "  %s--%s%s%s", letter, opt->name, opt->metavar != NULL ? " " : "",
                       opt->metavar != NULL ? opt->metavar : "");
    if (strlen(left) > HELP_COLUMN - 2)
        (void)fprintf(f, "%s\n%*s", left, HELP_COLUMN, "");
    else
        (void)fprintf(f, "%-*s", HELP_COLUMN, left);
    print_wrapped(f, opt->help, HELP_COLUMN);
}

static void print_group(FILE *f, const char *title, unsigned group)
{
    (void)fprintf(f, "\n%s:\n", title);
    for (const struct opt *opt = options; opt->id != OPT_NONE; opt++) {
        if (opt->group == group)
            print_option(f, opt);
    }
}

static void print_own(FILE *f, const struct verb *verb)
{
    if (verb->own[0] == OPT_NONE)
        return;
    (void)fprintf(f, "\nOptions:\n");
    for (const struct opt *opt = options; opt->id != OPT_NONE; opt++) {
        for (size_t i = 0; verb->own[i] != OPT_NONE; i++) {
            if (verb->own[i] == opt->id)
                print_option(f, opt);
        }
    }
}

void help_overview(FILE *f)
{
    (void)fprintf(f, "Usage: dfu [options] VERB [options] [arguments]\n\n"
                     "Programs STM32-like devices over USB DFU and DfuSe.\n\nVerbs:\n");
    for (size_t i = 0; i < verb_count(); i++)
        (void)fprintf(f, "  %-9s  %s\n", verbs[i].name, verbs[i].summary);
    (void)fprintf(f, "  %-9s  %s\n", "help", "show help for a verb: dfu help VERB");
    print_group(f, "Options everywhere", GROUP_GLOBAL);
    print_group(f, "Choosing a device", GROUP_SELECT);
    (void)fprintf(f, "\n");
    print_wrapped(f,
                  "RANGE is START..END (END is the first address after it) or START+LENGTH. Numbers are 0x-hexadecimal "
                  "or decimal, with K or M for 1024 and 1024*1024. DFU_DEVICE and DFU_SERIAL are defaults of --device "
                  "and --serial.",
                  0);
    (void)fprintf(f, "\n");
    print_wrapped(
        f,
        "Exit status: 0 every check passed, 1 internal error, 2 usage, 3 no device, 4 several match, 5 no access "
        "or busy, 6 bad file, address or range (nothing was touched), 7 contents differ or a check found "
        "something, 8 the device refused, 9 USB, timeout or disconnected, 10 did not leave, 11 some boards "
        "failed, 130 cancelled.",
        0);
    (void)fprintf(f, "\nTry it without a board: dfu --sim stm32f407 info\n");
}

void help_verb(FILE *f, const struct verb *verb)
{
    for (size_t i = 0; i < sizeof verb->usage / sizeof verb->usage[0] && verb->usage[i] != NULL; i++)
        (void)fprintf(f, "%s dfu %s %s\n", i == 0 ? "Usage:" : "      ", verb->name, verb->usage[i]);
    (void)fprintf(f, "\n");
    print_wrapped(f, verb->about, 0);
    print_own(f, verb);
    if ((verb->groups & GROUP_EDIT) != 0)
        print_group(f, "Image edits, applied in the order written", GROUP_EDIT);
    if ((verb->groups & GROUP_SELECT) != 0)
        print_group(f, "Choosing a device", GROUP_SELECT);
    print_group(f, "Options everywhere", GROUP_GLOBAL);
    (void)fprintf(f, "\nExamples:\n");
    for (size_t i = 0; i < sizeof verb->examples / sizeof verb->examples[0] && verb->examples[i] != NULL; i++)
        (void)fprintf(f, "  %s\n", verb->examples[i]);
}
