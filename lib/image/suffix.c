/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/suffix.h"
#include "core/bytes.h"
#include "core/sink.h"
#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#define CHUNK ((size_t)64 * 1024)

uint32_t dfui_suffix_crc(uint32_t crc, const void *data, size_t length)
{
    return ~(uint32_t)crc32_z(~crc, data, length);
}

void dfui_tail_begin(struct dfui_tail *t)
{
    t->used = 0;
    t->crc = UINT32_MAX;
    t->passed = 0;
}

int dfui_tail_read(struct dfui_tail *t, struct dfui_source *source, uint8_t *to, size_t n, size_t *got,
                   struct dfu_error **err)
{
    size_t more = 0;
    size_t held = t->used;
    memcpy(to, t->bytes, held);
    int rc = dfui_source_read(source, to + held, n - held, &more, err);
    size_t all = held + more;
    size_t keep = (size_t)dfui_min(all, sizeof t->bytes);
    if (rc != DFU_OK)
        return rc;
    memcpy(t->bytes, to + (all - keep), keep);
    t->used = keep;
    *got = all - keep;
    t->crc = dfui_suffix_crc(t->crc, to, *got);
    t->passed += *got;
    return DFU_OK;
}

struct dfui_suffix dfui_suffix_parse(const uint8_t *tail, size_t length, uint32_t crc)
{
    struct dfui_suffix s = {.state = DFUI_SUFFIX_NONE};
    const uint8_t *p = tail + length - DFUI_SUFFIX_BYTES;
    if (length < DFUI_SUFFIX_BYTES || memcmp(p + 8, "UFD", 3) != 0 || p[11] < DFUI_SUFFIX_BYTES || p[11] > length)
        return s;
    s.length = p[11];
    s.ids = (struct dfui_ids){
        .bcd_device = dfui_le16(p), .pid = dfui_le16(p + 2), .vid = dfui_le16(p + 4), .bcd_dfu = dfui_le16(p + 6)};
    s.stored = dfui_le32(p + 12);
    s.computed = dfui_suffix_crc(crc, tail, length - 4);
    s.state = s.stored == s.computed ? DFUI_SUFFIX_GOOD : DFUI_SUFFIX_DAMAGED;
    return s;
}

int dfui_suffix_refuse(const char *name, const struct dfui_suffix *suffix, uint64_t at, struct dfu_error **err)
{
    dfu_error_set(err, DFU_ERR_FORMAT,
                  "%s: the DFU suffix at offset %" PRIu64 " holds CRC 0x%08" PRIX32 ", the file has 0x%08" PRIX32, name,
                  at, suffix->stored, suffix->computed);
    dfu_error_set_cause(err, "the file was changed after the suffix was added, or is damaged");
    dfu_error_set_hint(err, "build or fetch the file again");
    return DFU_ERR_FORMAT;
}

void dfui_suffix_make(uint8_t to[DFUI_SUFFIX_BYTES], const struct dfui_ids *ids, uint32_t crc)
{
    dfui_put_le16(to, ids->bcd_device);
    dfui_put_le16(to + 2, ids->pid);
    dfui_put_le16(to + 4, ids->vid);
    dfui_put_le16(to + 6, ids->bcd_dfu);
    memcpy(to + 8, "UFD", 3);
    to[11] = DFUI_SUFFIX_BYTES;
    dfui_put_le32(to + 12, dfui_suffix_crc(crc, to, 12));
}

/* Copies path without its last bytes, a possible suffix, to sink (NULL = nowhere). */
static int copy(const char *path, struct dfui_sink *sink, struct dfui_tail *tail, bool *dfuse, struct dfu_error **err)
{
    struct dfui_source source;
    uint8_t *chunk = malloc(CHUNK);
    size_t got = 1;
    if (chunk == NULL)
        return dfui_error_no_memory(err);
    dfui_tail_begin(tail);
    int rc = dfui_source_open(&source, path, err);
    if (rc == DFU_OK) {
        rc = dfui_source_need(&source, 5, err);
        *dfuse = rc == DFU_OK && dfui_source_left(&source) >= 5 && memcmp(source.at, "DfuSe", 5) == 0;
        while (rc == DFU_OK && got > 0) {
            rc = dfui_tail_read(tail, &source, chunk, CHUNK, &got, err);
            if (rc == DFU_OK && sink != NULL)
                rc = dfui_sink_write(sink, chunk, got, err);
        }
        dfui_source_close(&source);
    }
    free(chunk);
    return rc;
}

static int no_suffix(const char *path, struct dfu_error **err)
{
    return dfu_error_set(err, DFU_ERR_FORMAT, "%s: the file has no DFU suffix", path);
}

int dfu_suffix_check(const char *path, struct dfu_suffix *suffix, struct dfu_error **err)
{
    struct dfui_tail tail;
    bool dfuse;
    int rc = copy(path, NULL, &tail, &dfuse, err);
    if (rc != DFU_OK)
        return rc;
    struct dfui_suffix s = dfui_suffix_parse(tail.bytes, tail.used, tail.crc);
    if (s.state == DFUI_SUFFIX_NONE)
        return no_suffix(path, err);
    if (s.state == DFUI_SUFFIX_DAMAGED)
        return dfui_suffix_refuse(path, &s, tail.passed + tail.used - s.length, err);
    struct dfu_suffix ours = {.size = sizeof ours,
                              .vid = s.ids.vid,
                              .pid = s.ids.pid,
                              .bcd_device = s.ids.bcd_device,
                              .bcd_dfu = s.ids.bcd_dfu,
                              .length = (uint32_t)s.length,
                              .crc = s.stored};
    return dfui_sized_out(suffix, &ours, sizeof ours);
}

/* What is held back, and the new suffix or not the old one. */
static int finish(const char *path, struct dfui_sink *sink, const struct dfui_tail *tail, struct dfui_ids *ids,
                  bool dfuse, struct dfu_error **err)
{
    uint8_t made[DFUI_SUFFIX_BYTES];
    struct dfui_suffix s = dfui_suffix_parse(tail->bytes, tail->used, tail->crc);
    if (ids == NULL)
        return s.state == DFUI_SUFFIX_NONE ? no_suffix(path, err)
                                           : dfui_sink_write(sink, tail->bytes, tail->used - s.length, err);
    if (s.state != DFUI_SUFFIX_NONE) {
        dfu_error_set(err, DFU_ERR_FORMAT, "%s: the file has a DFU suffix already", path);
        dfu_error_set_hint(err, "remove it first");
        return DFU_ERR_FORMAT;
    }
    if (ids->bcd_dfu == 0)
        ids->bcd_dfu = dfuse ? 0x011A : 0x0100;
    dfui_suffix_make(made, ids, dfui_suffix_crc(tail->crc, tail->bytes, tail->used));
    int rc = dfui_sink_write(sink, tail->bytes, tail->used, err);
    return rc == DFU_OK ? dfui_sink_write(sink, made, sizeof made, err) : rc;
}

static int rewrite(const char *path, struct dfui_ids *ids, struct dfu_error **err)
{
    struct dfui_sink sink;
    struct dfui_tail tail;
    bool dfuse;
    int rc = dfui_sink_open(&sink, path, err);
    if (rc != DFU_OK)
        return rc;
    rc = copy(path, &sink, &tail, &dfuse, err);
    if (rc == DFU_OK)
        rc = finish(path, &sink, &tail, ids, dfuse, err);
    if (rc == DFU_OK)
        return dfui_sink_commit(&sink, err);
    dfui_sink_abort(&sink);
    return rc;
}

int dfu_suffix_add(const char *path, const struct dfu_suffix *suffix, struct dfu_error **err)
{
    struct dfu_suffix s;
    int rc = dfui_sized_in(&s, sizeof s, suffix, "dfu_suffix", err);
    struct dfui_ids ids = {.vid = s.vid, .pid = s.pid, .bcd_device = s.bcd_device, .bcd_dfu = s.bcd_dfu};
    return rc == DFU_OK ? rewrite(path, &ids, err) : rc;
}

int dfu_suffix_remove(const char *path, struct dfu_error **err)
{
    return rewrite(path, NULL, err);
}

static int refuse(const char *what, uint16_t wanted, uint16_t found, struct dfu_error **err)
{
    dfu_error_set(err, DFU_ERR_WRONG_TARGET, "the file is for %s id %04x, the device has %04x", what, wanted, found);
    dfu_error_set_cause(err, "its DFU suffix names another device");
    dfu_error_set_hint(err, "convert it with 'dfu image FILE -o NEW.hex' if it is meant for this device");
    return DFU_ERR_WRONG_TARGET;
}

int dfu_image_match(const struct dfu_image *image, uint16_t vid, uint16_t pid, struct dfu_error **err)
{
    const struct dfui_ids *ids = &image->ids;
    if (!image->has_ids)
        return DFU_OK;
    if (ids->vid != 0xFFFF && ids->vid != vid)
        return refuse("vendor", ids->vid, vid, err);
    if (ids->pid != 0xFFFF && ids->pid != pid)
        return refuse("product", ids->pid, pid, err);
    return DFU_OK;
}
