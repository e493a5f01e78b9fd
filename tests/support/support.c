/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"

void test_assert_ok(int rc, struct dfu_error **err, const char *file, int line)
{
    if (rc != DFU_OK || *err != NULL) {
        print_error("rc %s: %s\n  cause: %s\n", dfu_code_name(rc), dfu_error_message(*err),
                    dfu_error_cause(*err) != NULL ? dfu_error_cause(*err) : "-");
        dfu_error_free(*err);
        *err = NULL;
        _fail(file, line);
    }
}

static int contains(const char *text, const char *part)
{
    return text != NULL && strstr(text, part) != NULL;
}

void test_assert_error(int rc, struct dfu_error **err, int code, const char *text, const char *file, int line)
{
    int good = rc == code && dfu_error_code(*err) == code &&
               (contains(dfu_error_message(*err), text) || contains(dfu_error_cause(*err), text) ||
                contains(dfu_error_hint(*err), text));
    if (!good) {
        print_error("wanted %s with \"%s\", got %s: %s\n  cause: %s\n  hint: %s\n", dfu_code_name(code), text,
                    dfu_code_name(rc), dfu_error_message(*err),
                    dfu_error_cause(*err) != NULL ? dfu_error_cause(*err) : "-",
                    dfu_error_hint(*err) != NULL ? dfu_error_hint(*err) : "-");
    }
    dfu_error_free(*err);
    *err = NULL;
    if (!good)
        _fail(file, line);
}

const char *test_data(const char *name)
{
    static char path[4096];
    const char *folder = getenv("DFU_TEST_DATA");
    if (folder == NULL || folder[0] == '\0') {
        printf("skipped: DFU_TEST_DATA is not set (it names the folder with %s)\n", name);
        exit(77);
    }
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

const char *test_own_data(const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof path, "%s/data/%s", DFU_TESTS_DIR, name);
    return path;
}

uint8_t *test_slurp(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("cannot open %s", path);
    size_t cap = 65536;
    size_t length = 0;
    uint8_t *data = malloc(cap + 1);
    assert_non_null(data);
    for (;;) {
        size_t n = fread(data + length, 1, cap - length, f);
        length += n;
        if (n == 0)
            break;
        if (length == cap) {
            cap *= 2;
            uint8_t *larger = realloc(data, cap + 1);
            assert_non_null(larger);
            data = larger;
        }
    }
    fclose(f);
    data[length] = 0;
    if (size != NULL)
        *size = length;
    return data;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}
