/* SPDX-License-Identifier: BSD-2-Clause */
/* Random files and edits through srec_cat itself and through libdfu. Skipped where srec_cat is not installed. */
#include "srec.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 400u
#define FOLDER "test_image_srec_cat.d"

static uint64_t seed;

static unsigned below(unsigned n)
{
    return (unsigned)((test_random(&seed) >> 20) % n);
}

static void put_record(FILE *f, unsigned type, unsigned offset, const uint8_t *data, unsigned n)
{
    unsigned sum = n + (offset >> 8) + (offset & 255) + type;
    const char *digits = below(8) == 0 ? "%02x" : "%02X";
    assert_true(fprintf(f, ":%02X%04X%02X", n, offset, type) > 0);
    for (unsigned i = 0; i < n; i++) {
        assert_true(fprintf(f, digits, data[i]) > 0);
        sum += data[i];
    }
    assert_true(fprintf(f, "%02X%s", (256 - sum % 256) % 256, below(20) == 0 ? "\r\n" : "\n") > 0);
}

/* Runs of data with gaps, in one or two 64 KiB pages, in records of any length; returns the lowest address. */
static uint32_t make_file(const char *name)
{
    uint32_t base = (0x0800u + below(3)) << 16;
    uint32_t address = base + below(0x10000) / (1 + below(40));
    uint32_t first = address;
    uint32_t upper = 0;
    char path[128];
    (void)snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (unsigned records = 1 + below(150); records > 0; records--) {
        uint8_t data[255];
        unsigned n = 1 + below(below(4) == 0 ? 255 : 32);
        if (n > 0x10000 - (address & 0xFFFF)) /* not across the 64 KiB line: not all tools read that alike */
            n = 0x10000 - (address & 0xFFFF);
        for (unsigned i = 0; i < n; i++)
            data[i] = (uint8_t)below(256);
        if (address >> 16 != upper) {
            upper = address >> 16;
            uint8_t half[2] = {(uint8_t)(upper >> 8), (uint8_t)upper};
            put_record(f, 4, 0, half, 2);
        }
        put_record(f, 0, address & 0xFFFF, data, n);
        address += n + (below(10) == 0 ? 1 + below(3000) : 0);
    }
    if (below(2) == 0) {
        uint8_t start[4] = {8, (uint8_t)below(4), (uint8_t)below(256), 1};
        put_record(f, 5, 0, start, 4);
    }
    put_record(f, 1, 0, NULL, 0);
    assert_int_equal(fclose(f), 0);
    return first;
}

/* A line for both; edits are such that most of them succeed. */
static void make_command(char *text, size_t size)
{
    uint32_t low = make_file("a.hex");
    uint32_t from = low - below(64);
    uint32_t to = low + 64 + below(0x4000);
    size_t used = (size_t)snprintf(text, size, "srec_cat a.hex -Intel");
    if (below(4) == 0)
        used += (size_t)snprintf(text + used, size - used, " -offset %d", (int)below(0x20000) - 0x10000);
    if (below(3) == 0)
        used += (size_t)snprintf(text + used, size - used, " -exclude 0x%X 0x%X", low + below(200),
                                 low + 200 + below(2000));
    if (below(2) == 0) {
        unsigned whole = below(3);
        from = whole != 0 ? from / 4 * 4 : from;
        to = whole != 0 ? to / 4 * 4 : to;
        used += (size_t)snprintf(text + used, size - used, " -fill 0x%02X 0x%X 0x%X", below(256), from, to);
        if (below(4) != 0)
            used += (size_t)snprintf(text + used, size - used, " -crop 0x%X 0x%X", from, to);
        if (whole != 0 && below(4) != 0)
            used += (size_t)snprintf(text + used, size - used, " -STM32%s 0x%X", below(3) == 0 ? "_BE" : "",
                                     to + 4 * below(3));
    } else if (below(2) == 0) {
        used += (size_t)snprintf(text + used, size - used, " -crop 0x%X 0x%X", from, to);
    }
    used += (size_t)snprintf(text + used, size - used, " -o out.hex -Intel");
    if (below(3) == 0)
        (void)snprintf(text + used, size - used, " -obs=%u", 1 + below(250));
}

/* Exit status; output in out.hex of the folder, messages in err.txt. */
static int run_srec_cat(const char *command)
{
    char line[1024];
    (void)snprintf(line, sizeof line, "cd " FOLDER " && rm -f out.hex && %s 2>err.txt", command);
    int status = system(line); /* NOLINT: the line is ours */
    assert_true(status != -1 && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int warned(const char *words)
{
    char *text = (char *)test_slurp(FOLDER "/err.txt", NULL);
    char *to = text;
    for (const char *p = text; *p != '\0'; p++) { /* messages are wrapped at 80 columns and indented */
        char c = *p == '\n' ? ' ' : *p;
        if (c != ' ' || to == text || to[-1] != ' ')
            *to++ = c;
    }
    *to = '\0';
    int yes = strstr(text, words) != NULL;
    free(text);
    return yes;
}

/* Where we refuse what srec_cat does: only with what it warns of, or with an output of nothing. */
static int refusal_is_known(const struct dfu_error *err)
{
    const char *m = dfu_error_message(err);
    if (strstr(m, "leaves no data") != NULL || strstr(m, "holds no data") != NULL) {
        struct stat st;
        return stat(FOLDER "/out.hex", &st) == 0 && st.st_size <= 12 + 20; /* end and perhaps a start record */
    }
    if (strstr(m, "nothing is set in") != NULL || strstr(m, "inside its own range") != NULL)
        return warned("at least one hole");
    if (strstr(m, "no multiple of 4") != NULL)
        return warned("4-byte alignment") || warned("hole");
    return strstr(m, "leaves the 4 GiB") != NULL;
}

static void same_as_srec_cat(void **state)
{
    (void)state;
    unsigned same = 0;
    unsigned refused_by_both = 0;
    unsigned stricter = 0;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        char command[512];
        seed = round * UINT64_C(0x9E3779B97F4A7C15);
        make_command(command, sizeof command);
        struct srec_job job = {.folder = FOLDER, .command = command, .output = FOLDER "/ours.hex"};
        int theirs = run_srec_cat(command);
        int ours = srec_run(&job);
        if (ours == SREC_UNKNOWN)
            fail_msg("round %u: %s: unknown %s", (unsigned)round, command, job.unknown);
        if (theirs != 0 && ours == DFU_OK)
            fail_msg("round %u: %s: only srec_cat refuses", (unsigned)round, command);
        if (theirs == 0 && ours != DFU_OK && !refusal_is_known(job.err))
            fail_msg("round %u: %s: only we refuse: %s", (unsigned)round, command, dfu_error_message(job.err));
        refused_by_both += theirs != 0 && ours != DFU_OK;
        stricter += theirs == 0 && ours != DFU_OK;
        if (theirs == 0 && ours == DFU_OK) {
            char *a = (char *)test_slurp(FOLDER "/out.hex", NULL);
            char *b = (char *)test_slurp(FOLDER "/ours.hex", NULL);
            if (strcmp(a, b) != 0)
                fail_msg("round %u: %s: the outputs differ", (unsigned)round, command);
            free(a);
            free(b);
            same++;
        }
        dfu_error_free(job.err);
    }
    printf("%u identical, %u refused by both, %u refused by us alone as documented\n", same, refused_by_both, stricter);
    assert_true(same >= ROUNDS / 2);
}

int main(void)
{
    if (system("srec_cat --version >/dev/null 2>&1") != 0) { /* NOLINT */
        printf("skipped: srec_cat (package srecord) is not installed\n");
        return 77;
    }
    if (mkdir(FOLDER, 0755) != 0 && access(FOLDER, W_OK) != 0) {
        perror(FOLDER);
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_srec_cat)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
