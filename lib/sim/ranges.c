/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/memory.h"
#include <stdlib.h>

static int make_room(struct sim_ranges *ranges)
{
    if (ranges->count < ranges->room)
        return 1;
    size_t room = ranges->room == 0 ? 8 : ranges->room * 2;
    struct sim_range *at = realloc(ranges->at, room * sizeof *at);
    if (at == NULL)
        return 0;
    ranges->at = at;
    ranges->room = room;
    return 1;
}

void dfui_sim_ranges_add(struct sim_ranges *ranges, uint32_t start, uint32_t end)
{
    if (start >= end)
        return;
    /* Blocks mostly come in order, so the search from the end is short. */
    size_t last = ranges->count;
    while (last > 0 && ranges->at[last - 1].start > end)
        last--;
    size_t first = last;
    while (first > 0 && ranges->at[first - 1].end >= start)
        first--;
    if (first == last) {
        if (!make_room(ranges))
            return;
        memmove(ranges->at + first + 1, ranges->at + first, (ranges->count - first) * sizeof *ranges->at);
        ranges->at[first] = (struct sim_range){start, end};
        ranges->count++;
        return;
    }
    /* Ranges first to last - 1 touch the new one: they become one. */
    struct sim_range joined = ranges->at[first];
    joined.start = joined.start < start ? joined.start : start;
    joined.end = ranges->at[last - 1].end > end ? ranges->at[last - 1].end : end;
    memmove(ranges->at + first + 1, ranges->at + last, (ranges->count - last) * sizeof *ranges->at);
    ranges->at[first] = joined;
    ranges->count -= last - first - 1;
}
