/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srec_cat's own outputs, row by row of srec/manifest.tsv: byte-identical, or listed below with what we do
 * instead and why. A row that is neither fails the test.
 */
#include "srec.h"

#define OUTPUT "test_srec_vectors.out"

enum kind { REFUSED, OTHER, OUT };

#define LINEAR_START ":020000040800F2\n:10FFFA00000102030405060708090A0B0C0D0E0F7F\n:040000050001235083\n:00000001FF\n"

static const struct rule {
    const char *id;
    enum kind kind;
    int code;          /* REFUSED */
    const char *words; /* REFUSED: of our error; OTHER: our output, or "=name" of a file in exp; OUT: the reason */
} rules[] = {
    /* stricter than srec_cat */
    {"b03", REFUSED, DFU_ERR_RANGE, "has 7 bytes, no multiple of 4"},
    {"b04", REFUSED, DFU_ERR_RANGE, "starts at 0x08000001, which is no multiple of 4"},
    {"b08", REFUSED, DFU_ERR_RANGE, "slot at 0x08000010 lies inside its own range"},
    {"b12", REFUSED, DFU_ERR_FORMAT, "line 3: 0x64 at 0x08000008 contradicts 0x08 from line 2"},
    {"c_comment", REFUSED, DFU_ERR_FORMAT, "line 1: '#'"},
    {"c_noeof", REFUSED, DFU_ERR_FORMAT, "no end record"},
    {"c_wrap4g", REFUSED, DFU_ERR_RANGE, "line 2: 16 bytes at 0xFFFFFFF8 end past 4 GiB"},
    {"d09", REFUSED, DFU_ERR_RANGE, "a raw file cannot hold the gap"},
    {"e16", REFUSED, DFU_ERR_RANGE, "leaves no data"},
    /* refused by both, here with our words */
    {"b07", REFUSED, DFU_ERR_RANGE, "slot at 0x08000010 lies inside its own range"},
    {"c_oddnib", REFUSED, DFU_ERR_FORMAT, "line 2: 41 hex digits"},
    {"c_short", REFUSED, DFU_ERR_FORMAT, "line 2: 36 hex digits"},
    {"c_nothex", REFUSED, DFU_ERR_FORMAT, "line 2: column 20: 'G'"},
    {"c_unk06", REFUSED, DFU_ERR_FORMAT, "line 2: unknown record type 0x06"},
    {"c_len04", REFUSED, DFU_ERR_FORMAT, "line 1: a record of type 0x04 holds 2 bytes"},
    {"c_eoflen", REFUSED, DFU_ERR_FORMAT, "line 4: a record of type 0x01 holds 0 bytes"},
    {"c_onlyeof", REFUSED, DFU_ERR_FORMAT, "contains no data"},
    {"c_empty", REFUSED, DFU_ERR_FORMAT, "contains no data"},
    {"c_missing", REFUSED, DFU_ERR_FILE, "nosuch.hex: cannot open: No such file"},
    {"d_sbadck", REFUSED, DFU_ERR_FORMAT, "line 4: checksum 0x00, should be 0xFC"},
    {"d_s4", REFUSED, DFU_ERR_FORMAT, "line 2: unknown record type S4"},
    {"e08", REFUSED, DFU_ERR_RANGE, "0x080001F0 is 0xB7 and 0x9C"},
    {"e14", REFUSED, DFU_ERR_RANGE, "fill range 0x08000400..0x08000000 is reversed"},
    /* read where srec_cat refuses or loses the address */
    {"c_leadspace", OTHER, 0, "=c_blank.hex"},
    {"c_trailspace", OTHER, 0, "=c_blank.hex"},
    {"c_cr", OTHER, 0, "=c_blank.hex"},
    {"c_start03lin", OTHER, 0, LINEAR_START},
    /* not this library's job, or not yet */
    {"b16", OUT, 0, "SHA-256 filter"},
    {"b17", OUT, 0, "checksum filter"},
    {"b19", OUT, 0, "missing argument: a matter of the command line"},
    {"c_noformat", OUT, 0, "formats are found by content here, so none can be forgotten"},
    {"e12", OUT, 0, "unfill"},
    {"e13", OUT, 0, "unfill"},
    {"e15", OUT, 0, "a fill value is a byte in the API: a matter of the command line"},
    {"f_obp", OUT, 0, "block packing option"},
    {"f_unaloba", OUT, 0, "block alignment option"},
    {"f_al2", OUT, 0, "address length option"},
    {"f_al2big", OUT, 0, "address length option"},
    {"f_al3start", OUT, 0, "address length option"},
    {"f_nofoot", OUT, 0, "option to leave out the end record, which readers need"},
    {"f_opt", OUT, 0, "option to leave out the first address record"},
    {"g02", OUT, 0, "srec_cmp"},
    {"g03", OUT, 0, "srec_cmp"},
};

#define RULES (sizeof rules / sizeof *rules)

struct row {
    char *id;
    int rc;
    char *command;
    char *output;
};

static char folder[4096];
static unsigned identical;
static unsigned out_of_scope;
static unsigned failures;
static unsigned char used[RULES];

static void complain(const char *id, const char *what, const char *more)
{
    print_error("%s: %s%s\n", id, what, more == NULL ? "" : more);
    failures++;
}

static void compare(const char *id, const uint8_t *wanted, size_t length)
{
    size_t got_length;
    uint8_t *got = test_slurp(OUTPUT, &got_length);
    if (got_length != length || memcmp(got, wanted, length) != 0)
        complain(id, "output differs", NULL);
    free(got);
}

static void compare_file(const char *id, const char *name)
{
    char path[4200];
    size_t length;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    uint8_t *wanted = test_slurp(path, &length);
    compare(id, wanted, length);
    free(wanted);
}

static const struct rule *rule_for(const char *id)
{
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].id, id) == 0) {
            used[i]++;
            return &rules[i];
        }
    }
    return NULL;
}

static int says(const struct dfu_error *err, const char *words)
{
    return strstr(dfu_error_message(err), words) != NULL;
}

static void by_rule(const struct row *row, const struct rule *rule, struct srec_job *job, int rc)
{
    if (rule->kind == REFUSED && (rc != rule->code || !says(job->err, rule->words)))
        complain(row->id, "not refused as wanted: ", dfu_error_message(job->err));
    else if (rule->kind == OTHER && rc != DFU_OK)
        complain(row->id, "refused: ", dfu_error_message(job->err));
    else if (rule->kind == OTHER && rule->words[0] == '=') {
        char name[64];
        (void)snprintf(name, sizeof name, "exp/%s", rule->words + 1);
        compare_file(row->id, name);
    } else if (rule->kind == OTHER)
        compare(row->id, (const uint8_t *)rule->words, strlen(rule->words));
}

static void run_row(const struct row *row)
{
    const struct rule *rule = rule_for(row->id);
    if (rule != NULL && rule->kind == OUT) {
        printf("%s: out of scope: %s\n", row->id, rule->words);
        out_of_scope++;
        return;
    }
    struct srec_job job = {.folder = folder, .command = row->command, .output = OUTPUT};
    int rc = srec_run(&job);
    if (rc == SREC_UNKNOWN)
        complain(row->id, "neither run nor listed with a reason; unknown: ", job.unknown);
    else if (rule != NULL)
        by_rule(row, rule, &job, rc);
    else if (row->rc != 0)
        complain(row->id, "srec_cat refuses this, and no rule says what we do", NULL);
    else if (rc != DFU_OK)
        complain(row->id, "refused: ", dfu_error_message(job.err));
    else {
        compare_file(row->id, row->output);
        identical++;
    }
    dfu_error_free(job.err);
    (void)remove(OUTPUT);
}

/* Splits at tabs in place; returns how many fields there are. */
static unsigned fields(char *line, char **out, unsigned most)
{
    unsigned n = 0;
    while (line != NULL && n < most) {
        out[n++] = line;
        line = strchr(line, '\t');
        if (line != NULL)
            *line++ = '\0';
    }
    return n;
}

static void for_each_line(const char *name, void (*visit)(char **field, unsigned n))
{
    char path[4200];
    char *rest = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = (char *)test_slurp(path, NULL);
    char *line = strtok_r(text, "\n", &rest); /* the heading */
    while (line != NULL && (line = strtok_r(NULL, "\n", &rest)) != NULL) {
        char *field[8];
        visit(field, fields(line, field, 8));
    }
    free(text);
}

static void visit_manifest(char **field, unsigned n)
{
    assert_true(n >= 4);
    struct row row = {.id = field[0], .rc = atoi(field[1]), .command = field[2], .output = field[3]};
    run_row(&row);
}

static void every_row(void **state)
{
    (void)state;
    for_each_line("manifest.tsv", visit_manifest);
    for (size_t i = 0; i < RULES; i++) {
        if (used[i] != 1)
            complain(rules[i].id, "this rule fits no row, or several", NULL);
    }
    printf("%u rows byte-identical, %u by a rule of ours, %u out of scope\n", identical, (unsigned)RULES - out_of_scope,
           out_of_scope);
    assert_int_equal(failures, 0);
    assert_true(identical >= 40);
}

static const char *wanted_id;
static char found_command[2048];

static void find_command(char **field, unsigned n)
{
    if (n >= 3 && strcmp(field[0], wanted_id) == 0)
        (void)snprintf(found_command, sizeof found_command, "%s", field[2]);
}

static unsigned crcs;

static void visit_crc(char **field, unsigned n)
{
    if (n < 5) {
        fail_msg("a row of crc.tsv has %u fields", n);
        return; /* as fail_msg() does, which the analyzer does not know */
    }
    const struct rule *rule = rule_for(field[0]);
    wanted_id = field[0];
    found_command[0] = '\0';
    for_each_line("manifest.tsv", find_command);
    if ((strncmp(field[1], "STM32", 5) != 0 && strncmp(field[1], "CRC32", 5) != 0) || found_command[0] == '\0' ||
        rule != NULL)
        return; /* another algorithm, or its command is not handed over, or see the rules */
    struct srec_job job = {.folder = folder, .command = found_command, .output = OUTPUT};
    struct dfu_image *image = NULL;
    uint8_t stored[4];
    char text[9];
    assert_int_equal(srec_run(&job), DFU_OK);
    if (job.crc != strtoul(field[3], NULL, 16))
        complain(field[0], "CRC differs", NULL);
    uint64_t at = strtoull(field[2], NULL, 16);
    assert_dfu_ok(dfu_image_load(OUTPUT, NULL, &image, &job.err), job.err);
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, at, stored, 4), 4);
    for (unsigned i = 0; i < 4; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", stored[i]);
    if (strcmp(text, field[4]) != 0)
        complain(field[0], "stored bytes differ: ", text);
    dfu_image_free(image);
    (void)remove(OUTPUT);
    crcs++;
}

static void every_crc(void **state)
{
    (void)state;
    failures = 0;
    for_each_line("crc.tsv", visit_crc);
    printf("%u CRC values and their stored bytes agree\n", crcs);
    assert_int_equal(failures, 0);
    assert_true(crcs >= 10);
}

int main(void)
{
    (void)snprintf(folder, sizeof folder, "%s", test_data("srec"));
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row), cmocka_unit_test(every_crc)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
