/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the layout parser share; nobody else includes it. */
#ifndef DFUI_MAP_PARSE_H
#define DFUI_MAP_PARSE_H

#include "core/scan.h"
#include "map/map.h"
#include <libdfu/error.h>

struct dfui_parser {
    struct dfui_layout *l;
    struct dfui_scan s;
    const char *name; /* of the regions that follow; in l->labels */
    uint64_t address; /* where the next sector starts */
};

/* Text from a device, made fit for a message. */
struct dfui_quote {
    char text[52];
};

/* --- parse_report.c --- */

struct dfui_quote dfui_parser_quote(const char *from, const char *end);

/* The "count*size type" group that begins at from: up to the next separator or unprintable character. */
struct dfui_quote dfui_parser_quote_group(const struct dfui_parser *p, const char *from);

/* Sets "alt 0: character 24: …" and returns DFU_ERR_FORMAT. */
int dfui_parser_fault(const struct dfui_parser *p, const char *at, struct dfu_error **err, const char *format, ...)
    DFU_PRINTF(4, 5);

/* Adds the remark "alt 0: character 24: what "text"". Out of memory, or at the limit, it is lost. */
void dfui_parser_note(struct dfui_parser *p, const char *at, const char *what, const char *text);

bool dfui_printable(int c);

/* --- parse_sector.c --- */

/* Reads one "count*size type" group at p->address and appends its region. */
int dfui_parser_sector(struct dfui_parser *p, struct dfu_error **err);

#endif
