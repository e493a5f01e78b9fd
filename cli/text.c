/* SPDX-License-Identifier: BSD-2-Clause */
/* Small pieces of text. */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_vformat(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text != NULL)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *text_copy(const char *text)
{
    if (text == NULL)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void text_clean(char *text, int keep_lines)
{
    unsigned char before = 0;
    for (unsigned char *p = (unsigned char *)text; *p != 0; p++) {
        int control = *p < 0x20 || *p == 0x7F;
        int control_8bit = before == 0xC2 && *p < 0xA0; /* U+0080 to U+009F: terminals obey them, too */
        before = *p;
        if ((control && !(keep_lines && *p == '\n')) || control_8bit)
            *p = '?';
    }
}

const char *text_size(char buffer[TEXT_SIZE], uint64_t bytes)
{
    static const char *const names[] = {"KiB", "MiB", "GiB"};
    if (bytes == 0 || (bytes < 10240 && bytes % 1024 != 0)) {
        (void)snprintf(buffer, TEXT_SIZE, "%" PRIu64 " byte%s", bytes, plural(bytes));
        return buffer;
    }
    size_t unit = 0;
    uint64_t size = 1024;
    while (unit < 2 && bytes >= size * 1024) {
        size *= 1024;
        unit++;
    }
    if (bytes % size == 0)
        (void)snprintf(buffer, TEXT_SIZE, "%" PRIu64 " %s", bytes / size, names[unit]);
    else
        (void)snprintf(buffer, TEXT_SIZE, "%.1f %s", (double)bytes / (double)size, names[unit]);
    return buffer;
}

const char *text_time(char buffer[TEXT_SIZE], uint64_t us)
{
    if (us < 1000000)
        (void)snprintf(buffer, TEXT_SIZE, "%" PRIu64 " ms", (us + 500) / 1000);
    else if (us < 100000000)
        (void)snprintf(buffer, TEXT_SIZE, "%.1f s", (double)us / 1e6);
    else
        (void)snprintf(buffer, TEXT_SIZE, "%" PRIu64 " min %" PRIu64 " s", us / 60000000, us / 1000000 % 60);
    return buffer;
}

const char *text_rate(char buffer[TEXT_SIZE], uint64_t bytes, uint64_t us)
{
    double rate = us == 0 ? 0.0 : (double)bytes * 1e6 / (double)us;
    if (rate >= 1024.0 * 1024.0)
        (void)snprintf(buffer, TEXT_SIZE, "%.1f MiB/s", rate / (1024.0 * 1024.0));
    else
        (void)snprintf(buffer, TEXT_SIZE, "%.1f KiB/s", rate / 1024.0);
    return buffer;
}

const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int begins(const char *text, const char *part)
{
    while (*part != '\0' && lower(*text) == lower(*part)) {
        text++;
        part++;
    }
    return *part == '\0';
}

int text_contains(const char *text, const char *part)
{
    for (; *text != '\0'; text++) {
        if (begins(text, part))
            return 1;
    }
    return *part == '\0';
}

int text_same(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && begins(a, b);
}
