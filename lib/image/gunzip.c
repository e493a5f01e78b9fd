/* SPDX-License-Identifier: BSD-2-Clause */
#define ZLIB_CONST /* zlib does not change its input */
#include "image/gunzip.h"
#include "core/checked.h"
#include "core/core.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define LABEL " (inflated)"
#define GZIP_WITH_LARGEST_WINDOW (16 + MAX_WBITS)

static int bad(const struct dfui_gunzip *g, const char *what, bool cut_off, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_FORMAT, "%s: compressed data: %s at offset %" PRIu64, g->in->name, what,
                        g->in->offset);
    dfu_error_set_cause(err, cut_off ? "the file may be cut off" : "the file is damaged");
    dfu_error_set_hint(err, "build or fetch the file again");
    return DFU_ERR_FORMAT;
}

bool dfui_gunzip_probe(const struct dfui_source *in)
{
    return dfui_source_left(in) >= DFUI_GUNZIP_HEAD && memcmp(in->at, "\x1F\x8B\x08", DFUI_GUNZIP_HEAD) == 0;
}

/* What comes behind a member: another one, padding with zeros, or the end. */
static int look_behind(struct dfui_gunzip *g, bool *more, struct dfu_error **err)
{
    struct dfui_source *in = g->in;
    *more = false;
    int rc = dfui_source_need(in, DFUI_GUNZIP_HEAD, err);
    if (rc != DFU_OK || dfui_source_left(in) == 0)
        return rc;
    if (dfui_gunzip_probe(in)) {
        *more = inflateReset(g->z) == Z_OK;
        g->between = false;
        return DFU_OK;
    }
    while (rc == DFU_OK && dfui_source_left(in) > 0 && *in->at == 0) {
        dfui_source_take(in, 1);
        rc = dfui_source_need(in, 1, err);
    }
    return rc == DFU_OK && dfui_source_left(in) > 0 ? bad(g, "something else after its end", false, err) : rc;
}

/* One step of inflate: from what the window of the input holds into to. */
static int step(struct dfui_gunzip *g, uint8_t *to, size_t room, size_t *got, struct dfu_error **err)
{
    struct dfui_source *in = g->in;
    int rc = dfui_source_need(in, 1, err);
    if (rc != DFU_OK)
        return rc;
    size_t have = dfui_source_left(in);
    if (have == 0)
        return bad(g, "it ends early", true, err);
    g->z->next_in = in->at;
    g->z->avail_in = (uInt)dfui_min(have, UINT32_MAX / 2);
    uInt given = g->z->avail_in;
    g->z->next_out = to;
    g->z->avail_out = (uInt)dfui_min(room, UINT32_MAX / 2);
    uInt wanted = g->z->avail_out;
    int z = inflate(g->z, Z_NO_FLUSH);
    dfui_source_take(in, given - g->z->avail_in);
    *got = wanted - g->z->avail_out;
    if (z == Z_MEM_ERROR)
        return dfui_error_no_memory(err);
    if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
        return bad(g, g->z->msg != NULL ? g->z->msg : "it makes no sense", false, err);
    g->between = z == Z_STREAM_END;
    return DFU_OK;
}

static int pull(struct dfui_source *s, uint8_t *to, size_t room, size_t *got, struct dfu_error **err)
{
    struct dfui_gunzip *g = (struct dfui_gunzip *)s;
    bool more = true;
    int rc = DFU_OK;
    *got = 0;
    while (rc == DFU_OK && *got == 0 && more) {
        if (g->between)
            rc = look_behind(g, &more, err);
        if (rc == DFU_OK && more)
            rc = step(g, to, room, got, err);
    }
    s->pulled += *got;
    if (rc == DFU_OK && s->pulled > g->limit)
        return dfu_error_set(err, DFU_ERR_RANGE, "%s: more than %" PRIu64 " bytes come out of the compressed data",
                             g->in->name, g->limit);
    return rc;
}

int dfui_gunzip_open(struct dfui_gunzip *g, struct dfui_source *in, uint64_t limit, struct dfu_error **err)
{
    size_t room = strlen(in->name) + sizeof LABEL;
    *g = (struct dfui_gunzip){.out = {.fd = -1, .pull = pull}, .in = in, .limit = limit};
    g->label = malloc(room);
    g->out.buffer = malloc(DFUI_SOURCE_WINDOW);
    g->z = calloc(1, sizeof *g->z);
    if (g->label == NULL || g->out.buffer == NULL || g->z == NULL ||
        inflateInit2(g->z, GZIP_WITH_LARGEST_WINDOW) != Z_OK) {
        free(g->label);
        free(g->out.buffer);
        free(g->z);
        return dfui_error_no_memory(err);
    }
    (void)snprintf(g->label, room, "%s" LABEL, in->name);
    g->out.name = g->label;
    g->out.at = g->out.end = g->out.buffer;
    return DFU_OK;
}

void dfui_gunzip_close(struct dfui_gunzip *g)
{
    (void)inflateEnd(g->z);
    free(g->z);
    g->z = NULL;
    dfui_source_close(&g->out);
    free(g->label);
    g->label = NULL;
}
