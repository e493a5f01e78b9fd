/* SPDX-License-Identifier: BSD-2-Clause */
/* A small parser: long and short options anywhere, "--" ends them, no abbreviations (they break scripts when an
 * option is added). */
#include "opts.h"

#include <stdlib.h>
#include <string.h>

struct parser {
    struct args *args;
    const struct opt *table;
    char **argv;
    int argc;
    int at; /* index of the word in hand */
    struct dfu_error **err;
};

#define LONGEST_NAME 31

/* Levenshtein's distance with one row of memory; long words are simply far away. */
static size_t distance(const char *a, const char *b)
{
    size_t la = strlen(a);
    size_t lb = strlen(b);
    size_t row[LONGEST_NAME + 1];
    if (la > LONGEST_NAME || lb > LONGEST_NAME)
        return LONGEST_NAME;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t remove = row[j] + 1;
            size_t insert = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < remove ? change : remove;
            row[j] = row[j] < insert ? row[j] : insert;
        }
    }
    return row[lb];
}

const char *nearest_name(const char *text, size_t count, const char *(*name_at)(size_t index, const void *arg),
                         const void *arg)
{
    const char *best = NULL;
    size_t limit = strlen(text) < 4 ? 1 : 2;
    for (size_t i = 0; i < count; i++) {
        const char *name = name_at(i, arg);
        size_t far = distance(text, name);
        if (far <= limit && far < strlen(name)) {
            best = name;
            limit = far == 0 ? 0 : far - 1;
        }
    }
    return best;
}

static const char *option_name(size_t index, const void *arg)
{
    const struct opt *table = arg;
    return table[index].name;
}

static int refuse_unknown(struct parser *p, const char *name, size_t length)
{
    char text[LONGEST_NAME + 1];
    size_t count = 0;
    size_t n = length < sizeof text - 1 ? length : sizeof text - 1;
    memcpy(text, name, n);
    text[n] = '\0';
    while (p->table[count].id != OPT_NONE)
        count++;
    int rc = dfu_error_set(p->err, DFU_ERR_ARGUMENT, "unknown option '--%s'", text);
    const char *near = nearest_name(text, count, option_name, p->table);
    if (near != NULL)
        dfu_error_set_hint(p->err, "did you mean '--%s'?", near);
    else
        dfu_error_set_hint(p->err, "see 'dfu help' or 'dfu help VERB' for the options there are");
    return rc;
}

static void add_use(struct parser *p, const struct opt *opt, const char *value)
{
    struct opt_use *use = &p->args->uses[p->args->use_count++];
    use->opt = opt;
    use->value = value;
}

/* Takes the next word as the value of a required one. */
static int add_with_next(struct parser *p, const struct opt *opt)
{
    if (p->at + 1 >= p->argc)
        return dfu_error_set(p->err, DFU_ERR_ARGUMENT, "option '--%s' needs %s after it", opt->name, opt->metavar);
    add_use(p, opt, p->argv[++p->at]);
    return DFU_OK;
}

static int parse_long(struct parser *p, const char *name)
{
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    for (const struct opt *opt = p->table; opt->id != OPT_NONE; opt++) {
        if (strlen(opt->name) != length || memcmp(opt->name, name, length) != 0)
            continue;
        if (value != NULL && opt->value == VALUE_NONE)
            return dfu_error_set(p->err, DFU_ERR_ARGUMENT, "option '--%s' takes no value", opt->name);
        if (value == NULL && opt->value == VALUE_REQUIRED)
            return add_with_next(p, opt);
        add_use(p, opt, value);
        return DFU_OK;
    }
    return refuse_unknown(p, name, length);
}

/* "-qv" is "-q -v"; the first letter that takes a value takes the rest of the word. */
static int parse_short(struct parser *p, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        const struct opt *opt = p->table;
        while (opt->id != OPT_NONE && opt->letter != *letters)
            opt++;
        if (opt->id == OPT_NONE) {
            int rc = dfu_error_set(p->err, DFU_ERR_ARGUMENT, "unknown option '-%c'", *letters);
            dfu_error_set_hint(p->err, "see 'dfu help' or 'dfu help VERB' for the options there are");
            return rc;
        }
        const char *rest = letters + 1;
        if (opt->value == VALUE_REQUIRED) {
            if (*rest == '\0')
                return add_with_next(p, opt);
            add_use(p, opt, *rest == '=' ? rest + 1 : rest);
            return DFU_OK;
        }
        if (opt->value == VALUE_OPTIONAL && *rest == '=') {
            add_use(p, opt, rest + 1);
            return DFU_OK;
        }
        add_use(p, opt, NULL);
    }
    return DFU_OK;
}

static int parse_word(struct parser *p, int *only_operands)
{
    const char *word = p->argv[p->at];
    if (!*only_operands && strcmp(word, "--") == 0) {
        *only_operands = 1;
        return DFU_OK;
    }
    if (*only_operands || word[0] != '-' || word[1] == '\0') {
        p->args->operands[p->args->operand_count++] = word;
        return DFU_OK;
    }
    return word[1] == '-' ? parse_long(p, word + 2) : parse_short(p, word + 1);
}

/* Every letter of every word may become a use. */
static size_t most_uses(int argc, char **argv)
{
    size_t sum = 1;
    for (int i = 1; i < argc; i++)
        sum += argv[i][0] == '-' && argv[i][1] != '-' ? strlen(argv[i]) : 1;
    return sum;
}

int args_parse(struct args *args, const struct opt *table, int argc, char **argv, struct dfu_error **err)
{
    struct parser p = {args, table, argv, argc, 1, err};
    int only_operands = 0;
    memset(args, 0, sizeof *args);
    args->uses = calloc(most_uses(argc, argv), sizeof *args->uses);
    args->operands = calloc((size_t)argc + 1, sizeof *args->operands);
    if (args->uses == NULL || args->operands == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    for (; p.at < argc; p.at++) {
        int rc = parse_word(&p, &only_operands);
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

void args_free(struct args *args)
{
    free(args->uses);
    free(args->operands);
    memset(args, 0, sizeof *args);
}

size_t args_count(const struct args *args, enum opt_id id)
{
    size_t count = 0;
    for (size_t i = 0; i < args->use_count; i++)
        count += args->uses[i].opt->id == id;
    return count;
}

const char *args_value(const struct args *args, enum opt_id id)
{
    const char *value = NULL;
    for (size_t i = 0; i < args->use_count; i++) {
        if (args->uses[i].opt->id == id)
            value = args->uses[i].value;
    }
    return value;
}
