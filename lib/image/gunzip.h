/* SPDX-License-Identifier: BSD-2-Clause */
/* A gzip file (RFC 1952) as a source: it is inflated window by window while it is read. */
#ifndef DFUI_GUNZIP_H
#define DFUI_GUNZIP_H

#include "core/source.h"

/* Bytes by which dfui_gunzip_probe() knows. */
#define DFUI_GUNZIP_HEAD 3u

struct z_stream_s;

struct dfui_gunzip {
    struct dfui_source out; /* must come first; read from this one */
    struct dfui_source *in; /* compressed; the caller's */
    char *label;            /* the name of out: lines and offsets in messages are those of what comes out */
    struct z_stream_s *z;
    uint64_t limit;
    bool between; /* a member has ended */
};

bool dfui_gunzip_probe(const struct dfui_source *in);

/* At most limit bytes come out before DFU_ERR_RANGE. On failure there is nothing to close. */
int dfui_gunzip_open(struct dfui_gunzip *g, struct dfui_source *in, uint64_t limit, struct dfu_error **err);

void dfui_gunzip_close(struct dfui_gunzip *g);

#endif
