/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/pages.h"
#include <stdlib.h>

void dfui_pages_free(struct dfui_pages *pages)
{
    free(pages->table);
    free(pages->slab);
    *pages = (struct dfui_pages){0};
}

/* --- reaching pages --- */

/* The part of a run of bytes that lies in one page. */
struct part {
    uint32_t number;
    uint32_t at; /* first byte within the page */
    uint32_t length;
};

static struct part first_part(uint64_t address, uint64_t end)
{
    uint32_t at = (uint32_t)(address % DFUI_PAGE);
    return (struct part){.number = (uint32_t)(address / DFUI_PAGE),
                         .at = at,
                         .length = (uint32_t)dfui_min(DFUI_PAGE - at, end - address)};
}

static uint32_t last_number(uint64_t address, uint64_t length)
{
    return (uint32_t)((address + length - 1) / DFUI_PAGE);
}

static uint32_t mask(struct part part)
{
    return (part.length == DFUI_PAGE ? UINT32_MAX : (UINT32_C(1) << part.length) - 1) << part.at;
}

static bool page_before(const struct dfui_page *page, uint32_t alt, uint32_t number)
{
    return page->alt != alt ? page->alt < alt : page->number < number;
}

static bool page_is(const struct dfui_page *page, uint32_t alt, uint32_t number)
{
    return page->alt == alt && page->number == number;
}

static int reserve(struct dfui_pages *pages, size_t count, struct dfu_error **err)
{
    if (count > pages->room) {
        size_t room = count + count / 4;
        struct dfui_page *table = realloc(pages->table, room * sizeof *table);
        if (table == NULL)
            return dfui_error_no_memory(err);
        pages->table = table;
        pages->room = room;
    }
    if (count > pages->slots) {
        size_t slots = count + count / 4;
        uint8_t *slab = realloc(pages->slab, slots * DFUI_PAGE);
        if (slab == NULL)
            return dfui_error_no_memory(err);
        pages->slab = slab;
        pages->slots = slots;
    }
    return DFU_OK;
}

/* --- from an image --- */

static size_t count_pages(const struct dfu_image *image)
{
    size_t n = 0;
    for (size_t i = 0; i < image->count; i++) {
        const struct dfui_segment *s = &image->segments[i];
        uint32_t first = (uint32_t)(s->address / DFUI_PAGE);
        n += last_number(s->address, s->length) - first + 1;
        if (i > 0 && s[-1].alt == s->alt && last_number(s[-1].address, s[-1].length) == first)
            n--; /* they share a page */
    }
    return n;
}

/* Spreads the bytes of a segment over the pages up to *next, which goes down. Packed bytes only move towards the
 * back, so going from the back overwrites none that is still needed. */
static void spread(struct dfui_pages *pages, const struct dfui_segment *s, size_t *next)
{
    for (uint64_t end = s->address + s->length; end > s->address;) {
        uint64_t from = dfui_max(s->address, (end - 1) / DFUI_PAGE * DFUI_PAGE);
        struct part part = first_part(from, end);
        if (*next == pages->count || !page_is(&pages->table[*next], s->alt, part.number)) {
            --*next;
            pages->table[*next] = (struct dfui_page){.number = part.number, .alt = s->alt, .slot = (uint32_t)*next};
        }
        pages->table[*next].set |= mask(part);
        memmove(pages->slab + *next * DFUI_PAGE + part.at, pages->slab + s->offset + (from - s->address), part.length);
        end = from;
    }
}

int dfui_pages_take(struct dfui_pages *pages, struct dfu_image *image, struct dfu_error **err)
{
    size_t n = count_pages(image);
    *pages = (struct dfui_pages){.slab = image->bytes, .slots = image->room / DFUI_PAGE};
    int rc = reserve(pages, n, err);
    image->bytes = pages->slab;
    image->room = dfui_max(image->room, pages->slots * DFUI_PAGE);
    if (rc != DFU_OK) {
        free(pages->table);
        *pages = (struct dfui_pages){0};
        return rc;
    }
    pages->count = n;
    pages->used = image->used;
    for (size_t i = image->count, next = n; i-- > 0;)
        spread(pages, &image->segments[i], &next);
    free(image->segments);
    image->segments = NULL;
    image->bytes = NULL;
    image->count = image->segment_room = image->used = image->room = 0;
    return DFU_OK;
}

/* --- more pieces --- */

/* How many pages pieces need that are not there yet. */
static uint64_t count_new(const struct dfui_pages *pages, const struct dfui_piece *pieces, size_t count)
{
    uint64_t n = 0;
    size_t at = 0;
    uint64_t next = 0; /* first page of this alt that was not looked at */
    for (size_t i = 0; i < count; i++) {
        const struct dfui_piece *p = &pieces[i];
        uint64_t last = last_number(p->address, p->length);
        if (i == 0 || p[-1].alt != p->alt)
            next = 0;
        for (next = dfui_max(next, p->address / DFUI_PAGE); next <= last; next++) {
            while (at < pages->count && page_before(&pages->table[at], p->alt, (uint32_t)next))
                at++;
            n += at == pages->count || !page_is(&pages->table[at], p->alt, (uint32_t)next);
        }
    }
    return n;
}

/* Makes the table hold every page that pieces need; there is room. Goes from the back, so that nothing is in the
 * way; what comes before the first new page stays where it is. */
static void add_pages(struct dfui_pages *pages, const struct dfui_piece *pieces, size_t count, size_t more)
{
    struct dfui_page *table = pages->table;
    size_t from = pages->count;
    size_t to = from + more;
    uint32_t slot = (uint32_t)pages->count;
    pages->count = to;
    for (size_t i = count; i-- > 0 && to > from;) {
        const struct dfui_piece *p = &pieces[i];
        uint32_t first = (uint32_t)(p->address / DFUI_PAGE);
        for (uint64_t k = (uint64_t)last_number(p->address, p->length) + 1; k-- > first && to > from;) {
            uint32_t number = (uint32_t)k;
            while (to > from && from > 0 && !page_before(&table[from - 1], p->alt, number))
                table[--to] = table[--from];
            if (to == from || (to < pages->count && page_is(&table[to], p->alt, number)))
                continue;
            table[--to] = (struct dfui_page){.number = number, .alt = p->alt, .slot = slot};
            slot++;
        }
    }
}

static uint32_t count_bits(uint32_t bits)
{
    uint32_t n = 0;
    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

/* Bytes of a page that are there already. False when a contradiction must not be. */
static bool put_over(const struct dfui_page *page, struct part part, const struct dfui_piece *p, const uint8_t *data,
                     uint8_t *to, struct dfui_overlap *overlap)
{
    bool differs = false;
    for (uint32_t i = 0; i < part.length; i++) {
        bool there = (page->set >> (part.at + i) & 1) != 0;
        if (there && to[i] != data[i] && !differs) {
            differs = true;
            if (overlap->count++ == 0) {
                overlap->address = (uint64_t)page->number * DFUI_PAGE + part.at + i;
                overlap->old_value = to[i];
                overlap->new_value = data[i];
                overlap->old_line = 0; /* nobody remembers */
                overlap->new_line = dfui_piece_line(p, overlap->address);
            }
        }
        if (!there || overlap->policy == DFU_OVERLAP_LAST)
            to[i] = data[i];
    }
    return !differs || overlap->policy != DFU_OVERLAP_ERROR;
}

/* Fills the pages with the bytes of pieces, from page *at on. */
static bool put_bytes(struct dfui_pages *pages, const struct dfui_piece *p, size_t *at, struct dfui_overlap *overlap)
{
    uint64_t end = p->address + p->length;
    for (uint64_t address = p->address; address < end;) {
        struct part part = first_part(address, end);
        const uint8_t *data = p->data + (address - p->address);
        while (page_before(&pages->table[*at], p->alt, part.number))
            ++*at;
        struct dfui_page *page = &pages->table[*at];
        uint8_t *to = pages->slab + (size_t)page->slot * DFUI_PAGE + part.at;
        if ((page->set & mask(part)) == 0)
            memcpy(to, data, part.length);
        else if (!put_over(page, part, p, data, to, overlap))
            return false;
        pages->used += count_bits(mask(part) & ~page->set);
        page->set |= mask(part);
        address += part.length;
    }
    return true;
}

int dfui_pages_put(struct dfui_pages *pages, const struct dfui_piece *pieces, size_t count, uint64_t most,
                   struct dfui_overlap *overlap, struct dfu_error **err)
{
    uint64_t more = count_new(pages, pieces, count);
    if (more > most || pages->count > most - more)
        return dfu_error_set(err, DFU_ERR_RANGE, "the data lies in more than %zu separate pieces", DFUI_MAX_SEGMENTS);
    int rc = reserve(pages, pages->count + (size_t)more, err);
    if (rc != DFU_OK)
        return rc;
    add_pages(pages, pieces, count, (size_t)more);
    for (size_t i = 0, at = 0; i < count; i++) {
        if (!put_bytes(pages, &pieces[i], &at, overlap))
            return DFU_ERR_RANGE;
    }
    return DFU_OK;
}

/* --- back to an image --- */

/* Brings the pages of the slab into the table's order, along the circles of the permutation. */
static void arrange(struct dfui_pages *pages)
{
    uint8_t held[DFUI_PAGE];
    for (size_t i = 0; i < pages->count; i++) {
        size_t k = i;
        if (pages->table[i].slot == i)
            continue;
        memcpy(held, pages->slab + i * DFUI_PAGE, DFUI_PAGE);
        for (size_t from; (from = pages->table[k].slot) != i; k = from) {
            memcpy(pages->slab + k * DFUI_PAGE, pages->slab + from * DFUI_PAGE, DFUI_PAGE);
            pages->table[k].slot = (uint32_t)k;
        }
        memcpy(pages->slab + k * DFUI_PAGE, held, DFUI_PAGE);
        pages->table[k].slot = (uint32_t)k;
    }
}

/* Packs the bytes in front of the slab as segments of image, or with NULL only counts those. */
static size_t pack(const struct dfui_pages *pages, struct dfu_image *image)
{
    size_t segments = 0;
    size_t used = 0;
    uint64_t end = UINT64_MAX; /* of the segment so far */
    uint32_t alt = 0;
    for (size_t i = 0; i < pages->count; i++) {
        const struct dfui_page *page = &pages->table[i];
        for (uint32_t at = 0, length; at < DFUI_PAGE; at += length) {
            uint32_t rest = page->set >> at;
            bool there = (rest & 1) != 0;
            for (length = 1; at + length < DFUI_PAGE && (rest >> length & 1) == there; length++)
                ;
            if (!there)
                continue;
            uint64_t address = (uint64_t)page->number * DFUI_PAGE + at;
            segments += address != end || page->alt != alt;
            if (image != NULL) {
                struct dfui_segment *s = &image->segments[segments - 1];
                if (address != end || page->alt != alt)
                    *s = (struct dfui_segment){.address = address, .offset = used, .alt = page->alt};
                s->length += length;
                memmove(pages->slab + used, pages->slab + i * DFUI_PAGE + at, length);
            }
            used += length;
            end = address + length;
            alt = page->alt;
        }
    }
    return segments;
}

int dfui_pages_give(struct dfui_pages *pages, struct dfu_image *image, struct dfu_error **err)
{
    size_t count = pack(pages, NULL);
    int rc = dfui_image_reserve(image, count, err);
    if (rc != DFU_OK)
        return rc;
    arrange(pages);
    (void)pack(pages, image);
    image->bytes = pages->slab;
    image->room = pages->slots * DFUI_PAGE;
    image->used = (size_t)pages->used;
    image->count = count;
    pages->slab = NULL;
    dfui_pages_free(pages);
    dfui_image_fit(image);
    return DFU_OK;
}
