/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzz targets of all image formats do: the first byte holds option bits, the rest is the file. What was
 * read must be well formed; written again with the format's own writer and read again it must be the same.
 */
#ifndef IMAGE_FUZZ_H
#define IMAGE_FUZZ_H

#include "image/format.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BYTES 65536u

static void require(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static inline void note(const char *text, void *user)
{
    require(strlen(text) > 0 && user == NULL, "empty remark");
}

static void check_shape(const struct dfu_image *image)
{
    uint64_t bytes = 0;
    struct dfu_segment last = {0};
    for (size_t i = 0; i < dfu_image_count(image); i++) {
        struct dfu_segment s;
        DFU_INIT(&s);
        require(dfu_image_segment(image, i, &s) == DFU_OK, "segment");
        require(s.length > 0 && s.address + s.length <= UINT64_C(1) << 32, "segment outside 4 GiB");
        int later = i == 0 || s.alt > last.alt || (s.alt == last.alt && s.address > last.address + last.length);
        require(later, "segments touch or are out of order");
        bytes += s.length;
        last = s;
    }
    require(bytes > 0 && bytes <= MAX_BYTES, "sum of bytes");
}

static inline void require_same(const struct dfu_image *a, const struct dfu_image *b)
{
    require(a->count == b->count && a->used == b->used, "size after writing and reading");
    require(memcmp(a->bytes, b->bytes, a->used) == 0, "bytes after writing and reading");
    require(a->has_start == b->has_start && a->start == b->start, "start after writing and reading");
    for (size_t i = 0; i < a->count; i++) {
        const struct dfui_segment *x = &a->segments[i];
        const struct dfui_segment *y = &b->segments[i];
        require(x->address == y->address && x->length == y->length && x->alt == y->alt, "segment table");
    }
}

/* Writes with the format's own writer; the text is the caller's. No fsync, which a fuzzer cannot afford. */
static inline char *written(const struct dfui_format *format, const struct dfu_image *image,
                            const struct dfu_image_options *options, size_t *length)
{
    struct dfui_sink sink = {.name = "scratch"};
    struct dfu_error *err = NULL;
    FILE *scratch = tmpfile();
    require(scratch != NULL, "no scratch file");
    sink.fd = dup(fileno(scratch));
    sink.buffer = malloc(DFUI_SINK_BUFFER);
    require(sink.fd >= 0 && sink.buffer != NULL, "no sink");
    require(format->write(image, options, &sink, &err) == DFU_OK, dfu_error_message(err));
    require(dfui_sink_commit(&sink, &err) == DFU_OK, dfu_error_message(err));
    require(fseek(scratch, 0, SEEK_END) == 0, "seek");
    *length = (size_t)ftell(scratch);
    rewind(scratch);
    char *text = malloc(*length);
    require(text != NULL && fread(text, 1, *length, scratch) == *length, "read back");
    (void)fclose(scratch);
    return text;
}

static inline void round_trip(const struct dfui_format *format, const struct dfu_image *image,
                              const struct dfu_image_options *options)
{
    struct dfu_image *again = NULL;
    struct dfu_error *err = NULL;
    struct dfu_image_options o;
    size_t length;
    char *text = written(format, image, options, &length);
    DFU_INIT(&o);
    o.format = format->name;
    require(dfu_image_parse(text, length, "again", &o, &again, &err) == DFU_OK, dfu_error_message(err));
    require_same(image, again);
    dfu_image_free(again);
    free(text);
}

/* NULL, with the error checked, when the file is refused. */
static inline struct dfu_image *fuzz_parse(const char *format, const uint8_t *data, size_t size,
                                           struct dfu_image_options *o)
{
    struct dfu_image *image = NULL;
    struct dfu_error *err = NULL;
    DFU_INIT(o);
    o->format = format;
    o->overlap = data[0] % 3u;
    o->max_bytes = MAX_BYTES;
    o->note = note;
    int rc = dfu_image_parse(data + 1, size - 1, "fuzz", o, &image, &err);
    if (rc == DFU_OK) {
        check_shape(image);
    } else {
        require(image == NULL && dfu_error_code(err) == rc, "error without its code");
        require(rc == DFU_ERR_FORMAT || rc == DFU_ERR_RANGE, dfu_error_message(err));
        const char *text = dfu_error_message(err);
        require(strncmp(text, "fuzz: ", 6) == 0 || strncmp(text, "fuzz (inflated): ", 17) == 0, text);
    }
    dfu_error_free(err);
    return image;
}

#endif
