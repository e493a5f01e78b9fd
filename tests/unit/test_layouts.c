/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every row of a table of layout strings against its "expected" column, which is read here with code of its
 * own. Columns: string, device, vid:pid, source, expected, kind, notes. Items of "expected", parted by "; ":
 *   0xFIRST-0xLAST:COUNTxSIZE:ACCESS   0xSTART:EMPTY(COUNTxSIZE):ACCESS   [new name "…"]
 *   ERROR: …   NAME-ONLY …   NOT-DFUSE …
 */
#include "support.h"
#include <stdbool.h>

struct row {
    const char *text;
    char *expected;
    struct dfu_memmap *map;
    struct dfu_error *err;
    size_t region; /* the next one to compare */
    char name[256];
    unsigned line;
};

static unsigned failures;

static void complain(const struct row *r, const char *what)
{
    failures++;
    print_error("line %u: %s\n  string: %s\n  expected: %s\n  error: %s\n", r->line, what, r->text, r->expected,
                dfu_error_message(r->err));
}

static unsigned access_bits(const char *letters)
{
    if (strncmp(letters, "???", 3) == 0)
        return 8;
    return (letters[0] == 'r' ? 1u : 0u) | (letters[1] == 'e' ? 2u : 0u) | (letters[2] == 'w' ? 4u : 0u);
}

static unsigned long factor(const char *unit)
{
    if (strncmp(unit, "KiB", 3) == 0)
        return 1024;
    return strncmp(unit, "MiB", 3) == 0 ? 1048576 : 1;
}

/* "4x16KiB" at text; the rest after the unit and `skip` more characters is the access. */
static void compare_region(struct row *r, const char *item)
{
    struct dfu_region found;
    char *at;
    bool empty = strstr(item, ":EMPTY(") != NULL;
    unsigned long long first = strtoull(item, &at, 16);
    unsigned long long end = empty ? first : strtoull(at + 1, &at, 16) + 1;
    at += empty ? strlen(":EMPTY(") : 1;
    unsigned long count = strtoul(at, &at, 10);
    unsigned long size = strtoul(at + 1, &at, 10);
    size *= factor(at);
    const char *letters = strchr(at, ':');
    DFU_INIT(&found);
    if (letters == NULL || dfu_memmap_region(r->map, r->region++, &found) != DFU_OK) {
        complain(r, "a region is missing");
        return;
    }
    if (found.start != first || found.end != end || found.count != count || found.sector_size != size ||
        found.access != access_bits(letters + 1) || strcmp(found.name, r->name) != 0) {
        print_error("  region %zu: 0x%llX..0x%llX %u*%u access %u \"%s\"\n", r->region - 1,
                    (unsigned long long)found.start, (unsigned long long)found.end, (unsigned)found.count,
                    (unsigned)found.sector_size, (unsigned)found.access, found.name);
        complain(r, "a region differs");
    }
}

/* What is quoted in the expectation must be quoted in the message; addresses must be named. */
static void compare_error(struct row *r, const char *item)
{
    const char *message = dfu_error_message(r->err);
    const char *quoted = strchr(item, '"');
    const char *address = strstr(item, "0x");
    if (dfu_error_code(r->err) != DFU_ERR_FORMAT) {
        complain(r, "should be refused");
        return;
    }
    if (quoted != NULL) {
        size_t length = (size_t)(strchr(quoted + 1, '"') - quoted) + 1;
        char *part = strndup(quoted, length);
        if (strstr(message, part) == NULL)
            complain(r, "the message does not quote the text");
        free(part);
    } else if (address != NULL && strstr(message, address) == NULL) {
        complain(r, "the message does not name the address");
    }
    if (strstr(message, "character ") == NULL)
        complain(r, "the message does not name the position");
}

static void compare_item(struct row *r, const char *item, enum dfu_alt_kind *kind)
{
    if (strncmp(item, "0x", 2) == 0) {
        compare_region(r, item);
    } else if (strncmp(item, "[new name \"", 11) == 0) {
        (void)snprintf(r->name, sizeof r->name, "%.*s", (int)strcspn(item + 11, "\""), item + 11);
    } else if (strncmp(item, "ERROR: ", 7) == 0) {
        *kind = DFU_ALT_BROKEN;
        compare_error(r, item);
    } else if (strncmp(item, "NAME-ONLY", 9) == 0) {
        *kind = DFU_ALT_NAME_ONLY;
    } else if (strncmp(item, "NOT-DFUSE", 9) == 0) {
        *kind = DFU_ALT_PLAIN;
    } else {
        complain(r, "the test does not understand the expectation");
    }
}

/* In this table a name ends at the first "/0". */
static void first_name(struct row *r)
{
    const char *end = strstr(r->text, "/0");
    size_t length = end == NULL || r->text[0] != '@' ? 0 : (size_t)(end - r->text) - 1;
    while (length > 0 && r->text[length] == ' ')
        length--;
    (void)snprintf(r->name, sizeof r->name, "%.*s", (int)length, r->text + 1);
}

static void check_row(struct row *r)
{
    enum dfu_alt_kind kind = DFU_ALT_LAYOUT;
    assert_int_equal(dfu_memmap_new(&r->map, NULL), DFU_OK);
    int rc = dfu_memmap_add(r->map, 7, r->text, &r->err);
    if (rc != dfu_error_code(r->err))
        complain(r, "return value and error differ");
    if (r->text[0] != '\0')
        first_name(r);

    char *copy = strdup(r->expected);
    char *rest = copy;
    while (rest != NULL) {
        char *item = rest;
        rest = strstr(item, "; ");
        if (rest != NULL) {
            *rest = '\0';
            rest += 2;
        }
        /* "NOT-DFUSE (plain name; no layout)" holds the separator. */
        if (strncmp(item, "NOT-DFUSE", 9) == 0)
            rest = NULL;
        compare_item(r, item, &kind);
    }
    free(copy);
    if (rc != (kind == DFU_ALT_BROKEN ? DFU_ERR_FORMAT : DFU_OK))
        complain(r, "wrong return value");
    if (dfu_memmap_alt_kind(r->map, 7) != kind)
        complain(r, "wrong kind of alt");
    if (dfu_memmap_count(r->map) != r->region)
        complain(r, "more regions than expected");
    if (strcmp(dfu_memmap_alt_name(r->map, 7), r->text) != 0)
        complain(r, "the name is not as it was added");
    dfu_memmap_free(r->map);
    dfu_error_free(r->err);
}

static void check_table(const char *path, unsigned at_least)
{
    char *data = (char *)test_slurp(path, NULL);
    char *rest = strchr(data, '\n'); /* the heading */
    unsigned line = 1;
    failures = 0;
    while (rest != NULL && rest[1] != '\0') {
        char *columns[7] = {NULL};
        char *at = rest + 1;
        rest = strchr(at, '\n');
        if (rest != NULL)
            *rest = '\0';
        for (size_t i = 0; i < 7 && at != NULL; i++) {
            columns[i] = at;
            at = strchr(at, '\t');
            if (at != NULL)
                *at++ = '\0';
        }
        line++;
        assert_non_null(columns[4]);
        struct row r = {.text = columns[0], .expected = columns[4], .line = line};
        check_row(&r);
    }
    free(data);
    print_message("%s: %u rows\n", path, line - 1);
    assert_true(line - 1 >= at_least);
    assert_int_equal(failures, 0);
}

static void own_rows(void **state)
{
    (void)state;
    check_table(test_own_data("layouts.tsv"), 22);
}

static void device_rows(void **state)
{
    (void)state;
    check_table(test_data("layouts.tsv"), 182);
}

int main(void)
{
    const struct CMUnitTest own[] = {cmocka_unit_test(own_rows)};
    const struct CMUnitTest devices[] = {cmocka_unit_test(device_rows)};
    int failed = cmocka_run_group_tests(own, NULL, NULL);
    /* Last and alone, because without its data it ends the program as skipped. */
    return failed != 0 ? failed : cmocka_run_group_tests(devices, NULL, NULL);
}
