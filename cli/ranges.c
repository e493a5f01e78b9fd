/* SPDX-License-Identifier: BSD-2-Clause */
/* RANGE|REGION operands. */
#include "ranges.h"

#include "mapview.h"
#include "numbers.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* What begins with a digit is meant as a range; no memory is called so. */
static int is_range(const char *text)
{
    return text[0] >= '0' && text[0] <= '9';
}

int ranges_check(const struct args *args, struct dfu_error **err)
{
    struct dfu_range range;
    for (size_t i = 0; i < args->operand_count; i++) {
        int rc = is_range(args->operands[i]) ? range_parse(args->operands[i], &range, err) : DFU_OK;
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

static int add(struct ranges *ranges, struct dfu_range range, struct dfu_error **err)
{
    struct dfu_range *grown = realloc(ranges->list, (ranges->count + 1) * sizeof *grown);
    if (grown == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    grown[ranges->count++] = range;
    ranges->list = grown;
    return DFU_OK;
}

/* Adds the memories whose name fits: whole names first; only when there is none, parts of names. */
static int add_named(struct ranges *ranges, const char *name, const struct dfu_memmap *map, uint32_t alt,
                     struct dfu_error **err)
{
    size_t before = ranges->count;
    for (int whole = 1; whole >= 0 && ranges->count == before; whole--) {
        struct memory memory;
        size_t index = 0;
        while (memory_next(map, &index, &memory)) {
            int fits = whole ? text_same(memory.name, name) : text_contains(memory.name, name);
            int rc = fits && (alt == DFU_ALT_ANY || alt == memory.alt) ? add(ranges, memory.range, err) : DFU_OK;
            if (rc != DFU_OK)
                return rc;
        }
    }
    if (ranges->count > before)
        return DFU_OK;
    char *list = mapview_sentence(map);
    int rc = dfu_error_set(err, DFU_ERR_RANGE, "the device has no memory called '%s'", name);
    if (list != NULL)
        dfu_error_set_cause(err, "it has %s", list);
    dfu_error_set_hint(err, "name one of them, or write a range such as 0x08000000+64K");
    free(list);
    return rc;
}

int ranges_parse(struct ranges *ranges, const struct args *args, const struct dfu_memmap *map, uint32_t alt,
                 struct dfu_error **err)
{
    memset(ranges, 0, sizeof *ranges);
    for (size_t i = 0; i < args->operand_count; i++) {
        const char *text = args->operands[i];
        struct dfu_range range;
        int rc;
        if (is_range(text)) {
            rc = range_parse(text, &range, err);
            if (rc == DFU_OK)
                rc = add(ranges, range, err);
        } else {
            rc = add_named(ranges, text, map, alt, err);
        }
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

void ranges_free(struct ranges *ranges)
{
    free(ranges->list);
    memset(ranges, 0, sizeof *ranges);
}
