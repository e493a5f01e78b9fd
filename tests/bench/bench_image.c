/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the image benchmark that need C; tests/bench/image runs them. Public API only. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libdfu/crc.h>
#include <libdfu/error.h>
#include <libdfu/image.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BASE UINT64_C(0x08000000)
#define SIZE ((size_t)16 * 1024 * 1024)

static int fail(const char *what, struct dfu_error *err)
{
    (void)fprintf(stderr, "bench_image: %s: %s\n", what, err != NULL ? dfu_error_message(err) : strerror(errno));
    dfu_error_free(err);
    return 1;
}

/* Noise that no format can make shorter, the same each time. */
static uint8_t *noise(void)
{
    uint64_t x = UINT64_C(0x9E3779B97F4A7C15);
    uint8_t *data = malloc(SIZE);
    for (size_t i = 0; data != NULL && i < SIZE; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        data[i] = (uint8_t)(x >> 32);
    }
    return data;
}

/* make PATH: 16 MiB without a gap, as srec_cat would write them. */
static int make(const char *path)
{
    struct dfu_error *err = NULL;
    struct dfu_image *image = NULL;
    uint8_t *data = noise();
    if (data == NULL)
        return fail("make", NULL);
    int rc = dfu_image_new(&image, &err);
    if (rc == DFU_OK)
        rc = dfu_image_add(image, DFU_ALT_ANY, BASE, data, SIZE, DFU_OVERLAP_ERROR, &err);
    if (rc == DFU_OK)
        rc = dfu_image_save(image, path, NULL, &err);
    dfu_image_free(image);
    free(data);
    return rc == DFU_OK ? 0 : fail("make", err);
}

/* copy FROM TO: reads and writes, and does nothing else. */
static int copy(const char *from, const char *to)
{
    static char buffer[256 * 1024];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ssize_t n = in < 0 || out < 0 ? -1 : 0;
    while (n >= 0 && (n = read(in, buffer, sizeof buffer)) > 0) {
        if (write(out, buffer, (size_t)n) != n)
            n = -1;
    }
    if (in >= 0)
        (void)close(in);
    if (out >= 0 && close(out) != 0)
        n = -1;
    return n == 0 ? 0 : fail("copy", NULL);
}

/* Of this process: what others do on a busy machine is not measured. */
static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The whole file in memory of its own. */
static uint8_t *slurp(const char *path, size_t *length)
{
    FILE *f = fopen(path, "rb");
    uint8_t *text = NULL;
    if (f != NULL && fseek(f, 0, SEEK_END) == 0) {
        long end = ftell(f);
        rewind(f);
        text = end > 0 ? malloc((size_t)end) : NULL;
        *length = text != NULL ? fread(text, 1, (size_t)end, f) : 0;
    }
    if (f != NULL)
        (void)fclose(f);
    return text;
}

/* parse PATH TIMES: text in memory to an image; prints bytes of text and seconds for each time. */
static int parse(const char *path, long times)
{
    size_t length = 0;
    uint8_t *text = slurp(path, &length);
    if (text == NULL)
        return fail(path, NULL);
    for (long i = 0; i < times; i++) {
        struct dfu_error *err = NULL;
        struct dfu_image *image = NULL;
        double start = now();
        if (dfu_image_parse(text, length, path, NULL, &image, &err) != DFU_OK) {
            free(text);
            return fail("parse", err);
        }
        printf("%zu %.9f\n", length, now() - start);
        dfu_image_free(image);
    }
    free(text);
    return 0;
}

/* crc TIMES: bytes, seconds and value of the STM32 CRC of the noise. */
static int crc(long times)
{
    uint8_t *data = noise();
    if (data == NULL)
        return fail("crc", NULL);
    for (long i = 0; i < times; i++) {
        double start = now();
        uint32_t value = dfu_crc_stm32(DFU_CRC_STM32_INIT, data, SIZE);
        printf("%zu %.9f 0x%08" PRIX32 "\n", SIZE, now() - start, value);
    }
    free(data);
    return 0;
}

/* peak COMMAND...: runs it, and prints its peak resident memory in KiB. */
static int peak(char **command)
{
    struct rusage usage;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)execvp(command[0], command);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || getrusage(RUSAGE_CHILDREN, &usage) != 0)
        return fail("peak", NULL);
    if (status != 0)
        return fail(command[0], NULL);
    printf("%ld\n", usage.ru_maxrss);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        return make(argv[2]);
    if (argc == 4 && strcmp(argv[1], "copy") == 0)
        return copy(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "parse") == 0)
        return parse(argv[2], strtol(argv[3], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "crc") == 0)
        return crc(strtol(argv[2], NULL, 10));
    if (argc >= 3 && strcmp(argv[1], "peak") == 0)
        return peak(argv + 2);
    (void)fprintf(stderr,
                  "usage: bench_image make PATH | copy FROM TO | parse PATH TIMES | crc TIMES | peak COMMAND...\n");
    return 2;
}
