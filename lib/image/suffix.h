/* SPDX-License-Identifier: BSD-2-Clause */
/* The suffix of DFU files (DFU 1.1 appendix B): who the file is for, and a CRC over all that comes before it. */
#ifndef DFUI_SUFFIX_H
#define DFUI_SUFFIX_H

#include "core/source.h"
#include "image/image.h"

#define DFUI_SUFFIX_BYTES 16u /* as everybody writes it; the spec allows up to … */
#define DFUI_SUFFIX_MOST 255u

enum dfui_suffix_state { DFUI_SUFFIX_NONE, DFUI_SUFFIX_DAMAGED, DFUI_SUFFIX_GOOD };

/* What the end of a file says. */
struct dfui_suffix {
    enum dfui_suffix_state state;
    size_t length;
    struct dfui_ids ids;
    uint32_t stored; /* CRC */
    uint32_t computed;
};

/* Reads a file and holds back as many bytes as a suffix may have. */
struct dfui_tail {
    uint8_t bytes[DFUI_SUFFIX_MOST];
    size_t used;
    uint32_t crc;    /* of everything handed out, … */
    uint64_t passed; /* … and how much that was */
};

void dfui_tail_begin(struct dfui_tail *t);

/* Fills to with up to n bytes; *got 0 = only what is held back is left. n > DFUI_SUFFIX_MOST. */
int dfui_tail_read(struct dfui_tail *t, struct dfui_source *source, uint8_t *to, size_t n, size_t *got,
                   struct dfu_error **err);

/* Continues the CRC, which has no final inversion: begin with UINT32_MAX. */
uint32_t dfui_suffix_crc(uint32_t crc, const void *data, size_t length);

/* Looks for a suffix at the end of tail; crc covers what came before tail. */
struct dfui_suffix dfui_suffix_parse(const uint8_t *tail, size_t length, uint32_t crc);

/* DFU_ERR_FORMAT with both values. at: where in the file the suffix begins. */
int dfui_suffix_refuse(const char *name, const struct dfui_suffix *suffix, uint64_t at, struct dfu_error **err);

/* Makes one; crc covers the file without it. */
void dfui_suffix_make(uint8_t to[DFUI_SUFFIX_BYTES], const struct dfui_ids *ids, uint32_t crc);

#endif
