/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"

#include "commands.h"
#include "exitcode.h"

static int parse(struct args *args, struct dfu_error **err, const char *a, const char *b, const char *c, const char *d)
{
    static char words[5][64];
    char *argv[5];
    const char *given[4] = {a, b, c, d};
    int argc = 1;
    argv[0] = words[0];
    for (int i = 0; i < 4 && given[i] != NULL; i++, argc++) {
        (void)snprintf(words[argc], sizeof words[argc], "%s", given[i]);
        argv[argc] = words[argc];
    }
    return args_parse(args, options, argc, argv, err);
}

static void options_stand_anywhere(void **state)
{
    struct args args;
    struct dfu_error *err = NULL;
    (void)state;
    assert_dfu_ok(parse(&args, &err, "--json", "flash", "-v", "a.hex"), err);
    assert_int_equal(args.use_count, 2);
    assert_int_equal(args.operand_count, 2);
    assert_string_equal(args.operands[1], "a.hex");
    args_free(&args);
}

static void values(void **state)
{
    struct args args;
    struct dfu_error *err = NULL;
    (void)state;
    assert_dfu_ok(parse(&args, &err, "--serial=A=B", "-S", "second", "-Sthird"), err);
    assert_int_equal(args_count(&args, OPT_SERIAL), 3);
    assert_string_equal(args.uses[0].value, "A=B");
    assert_string_equal(args.uses[1].value, "second");
    assert_string_equal(args_value(&args, OPT_SERIAL), "third");
    args_free(&args);
    /* A value may begin with a minus sign. */
    assert_dfu_ok(parse(&args, &err, "--move", "-0x8000", NULL, NULL), err);
    assert_string_equal(args_value(&args, OPT_MOVE), "-0x8000");
    args_free(&args);
}

static void optional_values_need_an_equals_sign(void **state)
{
    struct args args;
    struct dfu_error *err = NULL;
    (void)state;
    assert_dfu_ok(parse(&args, &err, "--leave", "app.hex", "--wait=5", "-w=7"), err);
    assert_int_equal(args_count(&args, OPT_LEAVE), 1);
    assert_null(args_value(&args, OPT_LEAVE));
    assert_int_equal(args.operand_count, 1);
    assert_string_equal(args_value(&args, OPT_WAIT), "7");
    args_free(&args);
}

static void letters_can_be_joined(void **state)
{
    struct args args;
    struct dfu_error *err = NULL;
    (void)state;
    assert_dfu_ok(parse(&args, &err, "-qvvS", "X", "-", "--"), err);
    assert_int_equal(args_count(&args, OPT_VERBOSE), 2);
    assert_string_equal(args_value(&args, OPT_SERIAL), "X");
    assert_int_equal(args.operand_count, 1);
    assert_string_equal(args.operands[0], "-");
    args_free(&args);
}

static void two_minus_signs_end_options(void **state)
{
    struct args args;
    struct dfu_error *err = NULL;
    (void)state;
    assert_dfu_ok(parse(&args, &err, "--", "--json", "-x", NULL), err);
    assert_int_equal(args.use_count, 0);
    assert_int_equal(args.operand_count, 2);
    args_free(&args);
}

static void mistakes(void **state)
{
    static const struct {
        const char *word;
        const char *text;
    } bad[] = {{"--jsn", "did you mean '--json'"},
               {"--wai", "did you mean '--wait'"},
               {"--json=1", "takes no value"},
               {"--serial", "needs SERIAL"},
               {"-S", "needs SERIAL"},
               {"-x", "unknown option '-x'"},
               {"--zzzzzz", "see 'dfu help'"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct args args;
        struct dfu_error *err = NULL;
        int rc = parse(&args, &err, bad[i].word, NULL, NULL, NULL);
        assert_dfu_error(rc, err, DFU_ERR_ARGUMENT, bad[i].text);
        args_free(&args);
    }
}

/* Every letter and name is there once; every verb says what help needs. */
static void tables_are_sound(void **state)
{
    (void)state;
    for (const struct opt *a = options; a->id != OPT_NONE; a++) {
        for (const struct opt *b = options; b < a; b++) {
            assert_int_not_equal(a->id, b->id);
            assert_string_not_equal(a->name, b->name);
            assert_true(a->letter == 0 || a->letter != b->letter);
        }
        assert_true((a->value == VALUE_NONE) == (a->metavar == NULL));
    }
    for (size_t i = 0; i < verb_count(); i++) {
        assert_non_null(verbs[i].usage[0]);
        assert_non_null(verbs[i].examples[0]);
        assert_non_null(verbs[i].about);
        assert_ptr_equal(verb_find(verbs[i].name), &verbs[i]);
    }
}

/* The frozen table, from the design of the command line. */
static void exit_statuses(void **state)
{
    static const struct {
        int code;
        int status;
    } wanted[] = {{DFU_OK, 0},
                  {DFU_ERR_INTERNAL, 1},
                  {DFU_ERR_NO_MEMORY, 1},
                  {DFU_ERR_ARGUMENT, 2},
                  {DFU_ERR_NO_DEVICE, 3},
                  {DFU_ERR_AMBIGUOUS, 4},
                  {DFU_ERR_ACCESS, 5},
                  {DFU_ERR_BUSY, 5},
                  {DFU_ERR_FILE, 6},
                  {DFU_ERR_FORMAT, 6},
                  {DFU_ERR_WRONG_TARGET, 6},
                  {DFU_ERR_RANGE, 6},
                  {DFU_ERR_MISMATCH, 7},
                  {DFU_ERR_DEVICE, 8},
                  {DFU_ERR_PROTECTED, 8},
                  {DFU_ERR_UNSUPPORTED, 8},
                  {DFU_ERR_GONE, 9},
                  {DFU_ERR_USB, 9},
                  {DFU_ERR_TIMEOUT, 9},
                  {DFU_ERR_PROTOCOL, 9},
                  {DFU_ERR_STALL, 9},
                  {DFU_ERR_NOT_LEFT, 10},
                  {DFU_ERR_SOME_FAILED, 11},
                  {DFU_ERR_CANCELLED, 130},
                  {-12345, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_int_equal(exit_status_of(wanted[i].code), wanted[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(options_stand_anywhere),
                                       cmocka_unit_test(values),
                                       cmocka_unit_test(optional_values_need_an_equals_sign),
                                       cmocka_unit_test(letters_can_be_joined),
                                       cmocka_unit_test(two_minus_signs_end_options),
                                       cmocka_unit_test(mistakes),
                                       cmocka_unit_test(tables_are_sound),
                                       cmocka_unit_test(exit_statuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
