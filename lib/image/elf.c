/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF32, little-endian, any machine (Tool Interface Standard, ELF 1.2): what the program headers load, at its
 * physical address. Sections matter in one case only: a linker may put the file's own headers into the first segment,
 * which then begins up to a page below the program, and flashing that would overwrite what lies there.
 */
#include "core/bytes.h"
#include "image/format.h"
#include <inttypes.h>
#include <stdlib.h>

#define HEADER_BYTES 52u
#define SEGMENT_BYTES 32u
#define SECTION_BYTES 40u
#define PADDING ((uint64_t)16 << 20) /* bytes between segments beyond those of the limit */
#define STEP ((size_t)256 * 1024)

enum { CLASS_32 = 1, LITTLE_ENDIAN_DATA = 1, TYPE_RELOCATABLE = 1 };
enum { PT_LOAD = 1, SHT_NOBITS = 8, SHF_ALLOC = 2, MANY = 0xFFFF };

struct elf {
    struct dfui_reader *reader;
    const char *name;
    uint32_t entry;
    uint32_t segments_at;
    uint32_t sections_at;
    uint16_t segment_count;
    uint16_t section_count;
    uint8_t *file; /* from its beginning to the end of the last segment */
    size_t length;
    uint8_t *sections; /* the table, once it was needed */
    bool no_physical;  /* every physical address is 0: the linker did not set them */
};

struct segment {
    unsigned number; /* from 1, as readelf counts + 1 */
    uint64_t offset;
    uint64_t address;
    uint64_t size; /* in the file */
};

static int bad(const struct elf *e, int code, struct dfu_error **err, const char *format, ...) DFU_PRINTF(4, 5);

static int bad(const struct elf *e, int code, struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, code, format, args);
    va_end(args);
    dfu_error_prefix(err, "%s", e->name);
    return code;
}

static int foreign(const struct elf *e, const char *format, unsigned value, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_FORMAT, format, value);
    dfu_error_prefix(err, "%s", e->name);
    dfu_error_set_cause(err, "it is a program for another kind of machine");
    dfu_error_set_hint(err, "give the program that was built for the board");
    return DFU_ERR_FORMAT;
}

static int parse_header(struct elf *e, const uint8_t *h, size_t length, struct dfu_error **err)
{
    if (length >= 6 && h[4] != CLASS_32)
        return foreign(e, "a 64-bit ELF file (class %u at offset 4): only ELF32 is read", h[4], err);
    if (length >= 6 && h[5] != LITTLE_ENDIAN_DATA)
        return foreign(e, "a big-endian ELF file (data %u at offset 5): only little-endian is read", h[5], err);
    if (length < HEADER_BYTES)
        return bad(e, DFU_ERR_FORMAT, err, "the ELF header has %u bytes, the file %zu", HEADER_BYTES, length);
    e->entry = dfui_le32(h + 24);
    e->segments_at = dfui_le32(h + 28);
    e->sections_at = dfui_le32(h + 32);
    e->segment_count = dfui_le16(h + 44);
    e->section_count = dfui_le16(h + 48);
    uint16_t segment_size = dfui_le16(h + 42);
    if (dfui_le16(h + 16) == TYPE_RELOCATABLE || e->segment_count == 0) {
        (void)bad(e, DFU_ERR_FORMAT, err, "type %u at offset 16, %u program headers: the ELF file is not linked",
                  dfui_le16(h + 16), e->segment_count);
        dfu_error_set_hint(err, "give the linked program, not an object file");
        return DFU_ERR_FORMAT;
    }
    if (segment_size != SEGMENT_BYTES || e->segment_count == MANY)
        return bad(e, DFU_ERR_FORMAT, err,
                   "%u program headers of %u bytes (offset 42); expected are fewer than %u of %u", e->segment_count,
                   segment_size, MANY, SEGMENT_BYTES);
    return DFU_OK;
}

/* The file up to end; memory grows with what is really there, not with what is claimed. */
static int read_to(struct elf *e, uint64_t end, struct dfu_error **err)
{
    while (e->length < end) {
        size_t n = (size_t)dfui_min(end - e->length, STEP);
        size_t got = 0;
        uint8_t *more = realloc(e->file, e->length + n);
        if (more == NULL)
            return dfui_error_no_memory(err);
        e->file = more;
        int rc = dfui_source_read(e->reader->source, e->file + e->length, n, &got, err);
        if (rc != DFU_OK)
            return rc;
        e->length += got;
        if (got < n)
            return DFU_OK; /* the caller sees that it is short */
    }
    return DFU_OK;
}

static uint64_t header_at(const struct elf *e, unsigned index)
{
    return e->segments_at + (uint64_t)index * SEGMENT_BYTES;
}

/* The index-th program header; false when it loads nothing. */
static bool get_segment(const struct elf *e, unsigned index, struct segment *s)
{
    const uint8_t *p = e->file + header_at(e, index);
    *s = (struct segment){.number = index + 1,
                          .offset = dfui_le32(p + 4),
                          .address = dfui_le32(p + (e->no_physical ? 8 : 12)),
                          .size = dfui_le32(p + 16)};
    return dfui_le32(p) == PT_LOAD && s->size > 0;
}

static int check_segments(struct elf *e, uint64_t *end, struct dfu_error **err)
{
    struct segment s;
    bool physical = false;
    *end = 0;
    for (unsigned i = 0; i < e->segment_count; i++) {
        uint32_t in_memory = dfui_le32(e->file + header_at(e, i) + 20);
        if (!get_segment(e, i, &s))
            continue;
        if (s.size > in_memory)
            return bad(e, DFU_ERR_FORMAT, err,
                       "segment %u (header at offset %" PRIu64 "): %" PRIu64 " bytes in the file, but %" PRIu32
                       " in memory",
                       s.number, header_at(e, i), s.size, in_memory);
        physical |= s.address != 0;
        *end = dfui_max(*end, s.offset + s.size);
    }
    e->no_physical = !physical;
    uint64_t most = e->reader->builder->max_bytes + PADDING;
    if (*end > most)
        return bad(e, DFU_ERR_RANGE, err, "the segments reach to offset %" PRIu64 ", at most %" PRIu64 " is accepted",
                   *end, most);
    if (*end == 0)
        return bad(e, DFU_ERR_FORMAT, err,
                   "the file contains no data: none of %u program headers at offset %" PRIu32 " loads any",
                   e->segment_count, e->segments_at);
    return DFU_OK;
}

static int load_file(struct elf *e, struct dfu_error **err)
{
    struct segment s;
    uint64_t table_end = (uint64_t)e->segments_at + (uint64_t)e->segment_count * SEGMENT_BYTES;
    uint64_t end;
    int rc = read_to(e, table_end, err);
    if (rc == DFU_OK && e->length < table_end)
        return bad(e, DFU_ERR_FORMAT, err, "the program headers end at %" PRIu64 ", the file at %zu", table_end,
                   e->length);
    if (rc == DFU_OK)
        rc = check_segments(e, &end, err);
    if (rc == DFU_OK)
        rc = read_to(e, end, err);
    for (unsigned i = 0; rc == DFU_OK && i < e->segment_count; i++) {
        if (get_segment(e, i, &s) && s.offset + s.size > e->length) {
            rc = bad(e, DFU_ERR_FORMAT, err,
                     "segment %u (header at offset %" PRIu64 ") ends at %" PRIu64 ", the file at %zu", s.number,
                     header_at(e, i), s.offset + s.size, e->length);
            dfu_error_set_cause(err, "the file may be cut off");
        }
    }
    return rc;
}

/* Steps over n bytes of the source, or to its end. */
static int skip(struct dfui_source *source, uint64_t n, struct dfu_error **err)
{
    int rc = DFU_OK;
    while (n > 0 && (rc = dfui_source_need(source, 1, err)) == DFU_OK && dfui_source_left(source) > 0) {
        size_t step = (size_t)dfui_min(n, dfui_source_left(source));
        dfui_source_take(source, step);
        n -= step;
    }
    return rc;
}

/* The section table: usually behind everything else. */
static int load_sections(struct elf *e, struct dfu_error **err)
{
    size_t size = (size_t)e->section_count * SECTION_BYTES;
    size_t have = e->sections_at < e->length ? (size_t)dfui_min(e->length - e->sections_at, size) : 0;
    size_t got = 0;
    if (size == 0)
        return DFU_OK;
    e->sections = malloc(size);
    if (e->sections == NULL)
        return dfui_error_no_memory(err);
    if (have > 0)
        memcpy(e->sections, e->file + e->sections_at, have);
    int rc = e->sections_at > e->length ? skip(e->reader->source, e->sections_at - e->length, err) : DFU_OK;
    if (rc == DFU_OK)
        rc = dfui_source_read(e->reader->source, e->sections + have, size - have, &got, err);
    if (rc == DFU_OK && have + got < size)
        return bad(e, DFU_ERR_FORMAT, err, "%u section headers at %" PRIu32 " go past the end of the file",
                   e->section_count, e->sections_at);
    return rc;
}

static int put(struct elf *e, const struct segment *s, uint64_t offset, uint64_t size, struct dfu_error **err)
{
    return dfui_builder_put(e->reader->builder, e->reader->alt, s->address + (offset - s->offset), e->file + offset,
                            (size_t)size, s->number, err);
}

/* Only what lies in sections: not the headers, not the padding behind them. */
static int put_sections(struct elf *e, const struct segment *s, struct dfu_error **err)
{
    unsigned found = 0;
    int rc = e->sections == NULL ? load_sections(e, err) : DFU_OK;
    for (unsigned i = 0; rc == DFU_OK && e->sections != NULL && i < e->section_count; i++) {
        const uint8_t *p = e->sections + (size_t)i * SECTION_BYTES;
        uint64_t offset = dfui_le32(p + 16);
        uint64_t size = dfui_le32(p + 20);
        bool loaded = dfui_le32(p + 4) != SHT_NOBITS && (dfui_le32(p + 8) & SHF_ALLOC) != 0 && size > 0;
        if (!loaded || offset < s->offset || offset + size > s->offset + s->size)
            continue;
        rc = put(e, s, offset, size, err);
        found++;
    }
    if (rc != DFU_OK || found > 0)
        return rc;
    (void)bad(e, DFU_ERR_FORMAT, err,
              "segment %u holds the file's own headers, and no section says where the "
              "program begins",
              s->number);
    dfu_error_set_hint(err, "keep the section headers, or link with -n");
    return DFU_ERR_FORMAT;
}

/* Whether the segment takes up the ELF header or the program headers. */
static bool holds_headers(const struct elf *e, const struct segment *s)
{
    uint64_t table_end = (uint64_t)e->segments_at + (uint64_t)e->segment_count * SEGMENT_BYTES;
    return s->offset < HEADER_BYTES || (s->offset < table_end && s->offset + s->size > e->segments_at);
}

static int put_segments(struct elf *e, struct dfu_error **err)
{
    int rc = DFU_OK;
    struct segment s;
    for (unsigned i = 0; rc == DFU_OK && i < e->segment_count; i++) {
        if (!get_segment(e, i, &s))
            continue;
        rc = holds_headers(e, &s) ? put_sections(e, &s, err) : put(e, &s, s.offset, s.size, err);
    }
    return rc;
}

int dfui_elf_read(struct dfui_reader *r, struct dfu_error **err)
{
    struct elf e = {.reader = r, .name = r->source->name};
    int rc = read_to(&e, HEADER_BYTES, err);
    if (rc == DFU_OK)
        rc = parse_header(&e, e.file, e.length, err);
    if (rc == DFU_OK)
        rc = load_file(&e, err);
    if (rc == DFU_OK)
        rc = put_segments(&e, err);
    if (rc == DFU_OK && e.no_physical)
        dfui_note(r->options, "%s: no segment has a physical address; the virtual ones are taken", e.name);
    if (rc == DFU_OK && e.entry != 0) {
        r->image->start = e.entry;
        r->image->has_start = true;
    }
    free(e.file);
    free(e.sections);
    return rc;
}

bool dfui_elf_probe(const uint8_t *head, size_t length)
{
    return length >= 4 && memcmp(head, "\177ELF", 4) == 0;
}
