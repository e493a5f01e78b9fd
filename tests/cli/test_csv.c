/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables: RFC 4180's rules, limits, and what a patch makes of a row. */
#include "support.h"

#include "csv.h"

static void parse(struct csv *csv, const char *text)
{
    struct dfu_error *err = NULL;
    assert_dfu_ok(csv_parse(csv, text, strlen(text), "t.csv", &err), err);
}

static void refuse(const char *text, const char *why)
{
    struct csv csv;
    struct dfu_error *err = NULL;
    assert_dfu_error(csv_parse(&csv, text, strlen(text), "t.csv", &err), err, DFU_ERR_FORMAT, why);
    csv_free(&csv);
}

/* The examples of RFC 4180 section 2. */
static void rfc_4180(void **state)
{
    (void)state;
    struct csv csv;
    parse(&csv, "a,b,c\r\naaa,bbb,ccc\r\n\"aaa\",\"b\r\nbb\",\"ccc\"\r\n\"aaa\",\"b\"\"bb\",ccc");
    assert_int_equal(csv.columns, 3);
    assert_int_equal(csv.rows, 3);
    assert_string_equal(csv_name(&csv, 2), "c");
    assert_string_equal(csv_field(&csv, 0, 1), "bbb");
    assert_string_equal(csv_field(&csv, 1, 1), "b\r\nbb");
    assert_string_equal(csv_field(&csv, 2, 1), "b\"bb");
    assert_string_equal(csv_field(&csv, 2, 2), "ccc");
    assert_int_equal(csv_line(&csv, 0), 2);
    assert_int_equal(csv_line(&csv, 2), 5); /* the row before it has two lines */
    csv_free(&csv);
}

static void odd_but_good(void **state)
{
    (void)state;
    struct csv csv;
    parse(&csv, "\xEF\xBB\xBFserial\n\n\"\"\n\r\n x \r\n");
    assert_int_equal(csv.rows, 2);
    assert_string_equal(csv_name(&csv, 0), "serial");
    assert_string_equal(csv_field(&csv, 0, 0), "");
    assert_string_equal(csv_field(&csv, 1, 0), " x ");
    csv_free(&csv);
    parse(&csv, "a,b\n,\n1,");
    assert_int_equal(csv.rows, 2);
    assert_string_equal(csv_field(&csv, 0, 1), "");
    assert_string_equal(csv_field(&csv, 1, 1), "");
    csv_free(&csv);
    parse(&csv, "a");
    assert_int_equal(csv.rows, 0);
    assert_int_equal(csv_find(&csv, "ab", 1), 0);
    assert_int_equal(csv_find(&csv, "ab", 2), SIZE_MAX);
    csv_free(&csv);
}

static void refused(void **state)
{
    (void)state;
    char many[2 * 70];
    refuse("", "no row that names");
    refuse("\n\n", "no row that names");
    refuse("a,b\n1\n", "line 2: 1 fields, but 2 columns");
    refuse("a,b\n\n1,2,3\n", "line 3: 3 fields, but 2 columns");
    refuse("a\n\"x\n\n", "line 2: a quote that is not closed");
    refuse("a\n\"x\"y\n", "line 2: text after a closing quote");
    refuse("a\nx\"y\"\n", "line 2: a quote in a field");
    refuse("a,,b\n", "column 2 is called ''");
    refuse("a,b,a\n", "two columns are called 'a'");
    refuse("{a}\n", "column 1 is called '{a}'");
    for (size_t i = 0; i < 70; i++)
        memcpy(many + 2 * i, i < 69 ? "a," : "a", 2);
    refuse(many, "more than 64 fields");
    struct csv csv;
    struct dfu_error *err = NULL;
    assert_dfu_error(csv_parse(&csv, "a\n1\0", 4, "t.csv", &err), err, DFU_ERR_FORMAT, "byte 3 is zero");
    csv_free(&csv);
    char *big = malloc(5000);
    assert_non_null(big);
    memset(big, 'x', 4999);
    memcpy(big, "a\n", 2);
    big[4999] = '\0';
    refuse(big, "a field of 4997 bytes, at most 4096");
    free(big);
}

/* What sha256sum says of "a\0" "1\0" "b\0" "x,y\0": quoting and line ends do not matter, names and order do. */
static void hashes(void **state)
{
    (void)state;
    struct csv csv;
    char one[65];
    char two[65];
    parse(&csv, "a,b\n1,\"x,y\"\n");
    csv_hash_row(&csv, 0, one);
    csv_hash_names(&csv, two);
    assert_string_equal(one, "9e33b5eda0912d725a82c4d8efc0b1a93e66f6a15900a8415656fb59b4b7b44a");
    assert_string_equal(two, "8fb20ef63ced4145fc2e983ffe597d1dcff39154c3bf21f0fa9dde6a0c50fdc9");
    csv_free(&csv);
    parse(&csv, "\"a\",\"b\"\r\nno,yes\r\n\"1\",\"x,y\"\r\n");
    csv_hash_row(&csv, 1, two);
    assert_string_equal(one, two);
    csv_hash_row(&csv, 0, two);
    assert_string_not_equal(one, two);
    csv_free(&csv);
    parse(&csv, "b,a\n\"x,y\",1\n");
    csv_hash_row(&csv, 0, two);
    assert_string_not_equal(one, two);
    csv_free(&csv);
}

static void expanded(const struct csv *csv, const char *text, const char *wanted)
{
    struct dfu_error *err = NULL;
    char *out = NULL;
    assert_dfu_ok(csv_expand(csv, 1, text, &out, &err), err);
    assert_string_equal(out, wanted);
    free(out);
}

static void expansion(void **state)
{
    (void)state;
    struct csv csv;
    struct dfu_error *err = NULL;
    char *out = NULL;
    parse(&csv, "serial,the key\nS1,0011\nS{2},2233\n");
    expanded(&csv, "0x08000000=str:{serial}-{the key}!", "0x08000000=str:S{2}-2233!");
    expanded(&csv, "{{serial}}{{}}{serial}", "{serial}{}S{2}");
    expanded(&csv, "", "");
    assert_dfu_error(csv_expand(&csv, 0, "{mac}", &out, &err), err, DFU_ERR_ARGUMENT, "no column 'mac'");
    assert_dfu_error(csv_expand(&csv, 0, "{mac}", &out, &err), err, DFU_ERR_ARGUMENT, "'serial', 'the key'");
    assert_dfu_error(csv_expand(&csv, 0, "{serial", &out, &err), err, DFU_ERR_ARGUMENT, "a brace that has no other");
    assert_dfu_error(csv_expand(&csv, 0, "x}y", &out, &err), err, DFU_ERR_ARGUMENT, "a brace that has no other");
    assert_null(out);
    assert_true(csv_asks("a{b}"));
    assert_false(csv_asks("a{{b}}"));
    assert_true(csv_asks("{{{b}}}"));
    assert_false(csv_asks("}"));
    csv_free(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_4180), cmocka_unit_test(odd_but_good), cmocka_unit_test(refused),
        cmocka_unit_test(hashes),   cmocka_unit_test(expansion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
