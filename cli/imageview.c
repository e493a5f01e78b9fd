/* SPDX-License-Identifier: BSD-2-Clause */
/* Images as pictures and JSON. */
#include "imageview.h"

#include "inputs.h"
#include "out.h"
#include "sha256.h"
#include "strip.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_GAP (UINT64_C(4) << 20) /* segments farther apart than this are drawn as two pictures */

static int get_segment(const struct dfu_image *image, size_t index, struct dfu_segment *segment)
{
    DFU_INIT(segment);
    return dfu_image_segment(image, index, segment) == DFU_OK;
}

/* What identifies the bytes of a segment. */
struct digests {
    uint32_t crc32;
    uint32_t stm32;
    int has_stm32; /* whole words only */
    char sha256[65];
};

static void digest(const struct dfu_segment *segment, struct digests *d)
{
    struct dfu_crc_model crc32;
    struct sha256 sha;
    size_t length = (size_t)segment->length;
    DFU_INIT(&crc32);
    d->crc32 = 0;
    if (dfu_crc_preset("crc32", &crc32, NULL) == DFU_OK)
        (void)dfu_crc_compute(&crc32, segment->data, length, &d->crc32, NULL);
    d->has_stm32 = segment->address % 4 == 0 && length % 4 == 0;
    d->stm32 = d->has_stm32 ? dfu_crc_stm32(DFU_CRC_STM32_INIT, segment->data, length) : 0;
    sha256_start(&sha);
    sha256_add(&sha, segment->data, length);
    sha256_hex(&sha, d->sha256);
}

static void print_digests(struct cli *cli, const struct dfu_segment *segment)
{
    struct digests d;
    char stm32[32] = "none: no whole words";
    digest(segment, &d);
    if (d.has_stm32)
        (void)snprintf(stm32, sizeof stm32, "0x%08" PRIX32, d.stm32);
    out_text(cli, "     crc32 0x%08" PRIX32 "  STM32 CRC %s\n     sha256 %s\n", d.crc32, stm32, d.sha256);
}

static void print_gap(struct cli *cli, uint64_t start, uint64_t end)
{
    char size[TEXT_SIZE];
    out_text(cli, "   0x%08" PRIX64 "..0x%08" PRIX64 "  %10s  gap\n", start, end, text_size(size, end - start));
}

/* Draws the segments from *index on that lie near each other, and lists them. */
static void draw_cluster(struct cli *cli, const struct dfu_image *image, size_t *index)
{
    struct dfu_segment segment;
    struct strip strip;
    struct dfu_range span = {0, 0};
    char size[TEXT_SIZE];
    size_t past = *index;
    for (; get_segment(image, past, &segment); past++) {
        if (past > *index && (segment.address < span.start || segment.address > span.end + NEAR_GAP))
            break;
        if (past == *index)
            span.start = segment.address;
        span.end = segment.address + segment.length;
    }
    strip_start(&strip, span);
    memset(strip.text, '.', STRIP_WIDTH);
    for (size_t i = *index; i < past && get_segment(image, i, &segment); i++) {
        struct dfu_range range = {segment.address, segment.address + segment.length};
        strip_touch(&strip, range, '#', '+');
    }
    out_text(cli, "  [%s]\n", strip.text);
    uint64_t end = span.start;
    for (size_t i = *index; i < past && get_segment(image, i, &segment); i++) {
        if (segment.address > end)
            print_gap(cli, end, segment.address);
        end = segment.address + segment.length;
        out_text(cli, "   0x%08" PRIX64 "..0x%08" PRIX64 "  %10s", segment.address, segment.address + segment.length,
                 text_size(size, segment.length));
        if (segment.alt != DFU_ALT_ANY)
            out_text(cli, "  alt %" PRIu32, segment.alt);
        out_text(cli, "\n");
        print_digests(cli, &segment);
    }
    *index = past;
}

/* A vector table that is worth talking about: both of its words look right. */
static int find_vectors(const struct dfu_image *image, struct dfu_vectors *vectors)
{
    struct dfu_image_info info;
    uint32_t good = DFU_VECTORS_PRESENT | DFU_VECTORS_SP_OK | DFU_VECTORS_RESET_ODD;
    DFU_INIT(&info);
    DFU_INIT(vectors);
    return dfu_image_describe(image, &info) == DFU_OK && info.bytes > 0 &&
           dfu_image_vectors(image, info.span.start, vectors) == DFU_OK && (vectors->flags & good) == good;
}

static void print_vectors(struct cli *cli, const struct dfu_image *image)
{
    struct dfu_vectors v;
    if (!find_vectors(image, &v))
        return;
    out_text(cli, "  vector table   0x%08" PRIX64 ": stack 0x%08" PRIX32 ", reset 0x%08" PRIX32 "%s\n", v.base,
             v.initial_sp, v.reset, (v.flags & DFU_VECTORS_RESET_INSIDE) != 0 ? "" : " (outside the image)");
    if ((v.flags & DFU_VECTORS_LINKED_SET) != 0)
        out_text(cli, "  seems linked   for 0x%08" PRIX64 "\n", v.linked_at);
}

/* What the file calls itself, or the data for an alternate setting. */
static void print_label(struct cli *cli, const struct dfu_image *image, uint32_t alt, const char *what)
{
    char *label = text_copy(dfu_image_label(image, alt));
    if (label != NULL && label[0] != '\0') {
        text_clean(label, 0);
        out_text(cli, "  %s   %s\n", what, label);
    }
    free(label);
}

static void print_targets(struct cli *cli, const struct dfu_image *image)
{
    struct dfu_segment segment;
    uint32_t last = DFU_ALT_ANY;
    char what[32];
    for (size_t i = 0; get_segment(image, i, &segment); i++) {
        if (segment.alt == last || segment.alt == DFU_ALT_ANY)
            continue;
        last = segment.alt;
        (void)snprintf(what, sizeof what, "name of alt %-2" PRIu32, last);
        print_label(cli, image, last, what);
    }
}

/* The ids of the DFU suffix; ffff stands for any. */
static void print_ids(struct cli *cli, const struct dfu_image_info *info)
{
    if ((info->flags & DFU_IMAGE_HAS_IDS) != 0)
        out_text(cli, "  for device     %04x:%04x, version %04x (DFU suffix %x.%02x)\n", info->vid, info->pid,
                 info->bcd_device, info->bcd_dfu >> 8, info->bcd_dfu & 0xFFu);
}

static json_t *ids_json(const struct dfu_image_info *info)
{
    if ((info->flags & DFU_IMAGE_HAS_IDS) == 0)
        return json_null();
    json_t *object = json_object();
    (void)json_object_set_new(object, "vid", json_integer(info->vid));
    (void)json_object_set_new(object, "pid", json_integer(info->pid));
    (void)json_object_set_new(object, "bcd_device", json_integer(info->bcd_device));
    (void)json_object_set_new(object, "bcd_dfu", json_integer(info->bcd_dfu));
    return object;
}

void imageview_print(struct cli *cli, const char *name, const struct dfu_image *image)
{
    struct dfu_image_info info;
    char sha[65];
    size_t index = 0;
    DFU_INIT(&info);
    (void)dfu_image_describe(image, &info);
    image_sha256(image, sha);
    out_paint(cli, PAINT_BOLD);
    out_text(cli, "%s", name);
    out_paint(cli, PAINT_NONE);
    out_text(cli, "  %s%s%" PRIu64 " bytes", info.format != NULL ? info.format : "", info.format != NULL ? ", " : "",
             info.bytes);
    if (info.bytes >= 10240) {
        char size[TEXT_SIZE];
        out_text(cli, " (%s)", text_size(size, info.bytes));
    }
    out_text(cli, " in %" PRIu64 " segment%s\n", info.segments, plural(info.segments));
    print_label(cli, image, DFU_ALT_ANY, "label       ");
    print_targets(cli, image);
    print_ids(cli, &info);
    if ((info.flags & DFU_IMAGE_HAS_FAMILY) != 0)
        out_text(cli, "  family         0x%08" PRIX32 "%s%s\n", info.family, info.family_name != NULL ? ", " : "",
                 info.family_name != NULL ? info.family_name : "");
    while (index < dfu_image_count(image))
        draw_cluster(cli, image, &index);
    if ((info.flags & DFU_IMAGE_HAS_START) != 0)
        out_text(cli, "  start address  0x%08" PRIX64 "\n", info.start);
    print_vectors(cli, image);
    out_text(cli, "  sha256         %s\n", sha);
}

static json_t *vectors_json(const struct dfu_image *image)
{
    struct dfu_vectors v;
    if (!find_vectors(image, &v))
        return json_null();
    json_t *object = json_object();
    (void)json_object_set_new(object, "address", json_integer((json_int_t)v.base));
    (void)json_object_set_new(object, "initial_sp", json_integer(v.initial_sp));
    (void)json_object_set_new(object, "reset", json_integer(v.reset));
    (void)json_object_set_new(object, "reset_inside", json_boolean(v.flags & DFU_VECTORS_RESET_INSIDE));
    (void)json_object_set_new(object, "linked_at",
                              (v.flags & DFU_VECTORS_LINKED_SET) != 0 ? json_integer((json_int_t)v.linked_at)
                                                                      : json_null());
    return object;
}

static json_t *segment_json(const struct dfu_segment *segment)
{
    struct digests d;
    json_t *item = json_object();
    digest(segment, &d);
    json_add_range(item, segment->address, segment->address + segment->length);
    (void)json_object_set_new(item, "alt", segment->alt == DFU_ALT_ANY ? json_null() : json_integer(segment->alt));
    (void)json_object_set_new(item, "crc32", json_integer(d.crc32));
    (void)json_object_set_new(item, "stm32_crc", d.has_stm32 ? json_integer(d.stm32) : json_null());
    (void)json_object_set_new(item, "sha256", json_string(d.sha256));
    return item;
}

/* What lies between the segments of one alt. */
static json_t *gaps_json(const struct dfu_image *image)
{
    struct dfu_segment segment;
    json_t *gaps = json_array();
    uint64_t end = 0;
    uint32_t alt = 0;
    for (size_t i = 0; get_segment(image, i, &segment); i++) {
        if (i > 0 && segment.alt == alt) {
            json_t *gap = json_object();
            json_add_range(gap, end, segment.address);
            (void)json_array_append_new(gaps, gap);
        }
        end = segment.address + segment.length;
        alt = segment.alt;
    }
    return gaps;
}

json_t *imageview_json(const struct dfu_image *image)
{
    struct dfu_image_info info;
    struct dfu_segment segment;
    char sha[65];
    json_t *object = json_object();
    json_t *segments = json_array();
    DFU_INIT(&info);
    (void)dfu_image_describe(image, &info);
    image_sha256(image, sha);
    for (size_t i = 0; get_segment(image, i, &segment); i++) {
        json_t *item = segment_json(&segment);
        if (segment.alt != DFU_ALT_ANY)
            (void)json_object_set_new(item, "name", json_text(dfu_image_label(image, segment.alt)));
        (void)json_array_append_new(segments, item);
    }
    (void)json_object_set_new(object, "format", json_text(info.format));
    (void)json_object_set_new(object, "label", json_text(dfu_image_label(image, DFU_ALT_ANY)));
    (void)json_object_set_new(object, "suffix", ids_json(&info));
    (void)json_object_set_new(object, "family",
                              (info.flags & DFU_IMAGE_HAS_FAMILY) != 0 ? json_integer(info.family) : json_null());
    (void)json_object_set_new(object, "bytes", json_integer((json_int_t)info.bytes));
    (void)json_object_set_new(object, "segments", segments);
    (void)json_object_set_new(object, "gaps", gaps_json(image));
    (void)json_object_set_new(
        object, "start", (info.flags & DFU_IMAGE_HAS_START) != 0 ? json_integer((json_int_t)info.start) : json_null());
    (void)json_object_set_new(object, "vectors", vectors_json(image));
    (void)json_object_set_new(object, "sha256", json_string(sha));
    return object;
}
