/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/lines.h"
#include "core/core.h"
#include <inttypes.h>

int dfui_lines_begin(struct dfui_lines *l, struct dfui_source *source, size_t longest, struct dfu_error **err)
{
    *l = (struct dfui_lines){.source = source, .line = 1, .longest = longest};
    int rc = dfui_source_need(source, 3, err);
    if (rc == DFU_OK && dfui_source_left(source) >= 3 && memcmp(source->at, "\xEF\xBB\xBF", 3) == 0)
        dfui_source_take(source, 3);
    return rc;
}

int dfui_lines_skip(struct dfui_lines *l, bool *more, struct dfu_error **err)
{
    struct dfui_source *s = l->source;
    *more = false;
    for (;;) {
        int rc = dfui_source_need(s, l->longest, err);
        if (rc != DFU_OK || dfui_source_left(s) == 0)
            return rc;
        uint8_t c = *s->at;
        if (!dfui_is_blank(c) && !dfui_is_line_end(c)) {
            *more = true;
            return DFU_OK;
        }
        bool pair = c == '\r' && dfui_source_left(s) > 1 && s->at[1] == '\n';
        l->line += dfui_is_line_end(c);
        dfui_source_take(s, pair ? 2 : 1);
    }
}

int dfui_lines_bad(const struct dfui_lines *l, struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, DFU_ERR_FORMAT, format, args);
    va_end(args);
    dfu_error_prefix(err, "%s: line %" PRIu64, l->source->name, l->line);
    return DFU_ERR_FORMAT;
}

int dfui_lines_bad_digit(const struct dfui_lines *l, uint8_t c, size_t column, struct dfu_error **err)
{
    if (c > ' ' && c < 0x7F)
        return dfui_lines_bad(l, err, "column %zu: '%c' where a hex digit should be", column, c);
    return dfui_lines_bad(l, err, "column %zu: byte 0x%02X where a hex digit should be", column, c);
}

int dfui_lines_cut_off(struct dfu_error **err)
{
    dfu_error_set_cause(err, "the file may be cut off");
    dfu_error_set_hint(err, "build or fetch the file again");
    return DFU_ERR_FORMAT;
}
