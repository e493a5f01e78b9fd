/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A survey for DFU_PLAN_DIFF asks one thing of a sector: is it left alone, spared the erase, or done anew? Once a block
 * differs from the image, and one shows that the sector is not blank, it is done anew whatever else it holds, and the
 * rest of it is not read. So reading first costs little where nearly all is new.
 */
#include "image/image.h"
#include "op/run_private.h"

/* The sector that holds all of the step, where that question is the only one. */
static const struct dfui_sector *sector_of(const struct dfui_run *run, const struct dfu_step *step)
{
    const struct dfu_plan *plan = run->plan;
    if (!plan->survey || !(plan->options.flags & DFU_PLAN_DIFF) || (plan->options.flags & DFU_PLAN_PRESERVE))
        return NULL;
    const struct dfui_sector *s = dfui_sectors_at(&plan->sectors, step->alt, step->address);
    return s != NULL && step->address + step->length <= s->range.end ? s : NULL;
}

static bool equals_image(const struct dfui_run *run, const struct dfu_step *step)
{
    uint64_t end = step->address + step->length;
    for (uint64_t at = step->address; at < end;) {
        const uint8_t *want;
        uint64_t length;
        dfui_image_at(run->plan->image, step->alt, at, end, &want, &length);
        if (want != NULL && memcmp(want, run->block + (at - step->address), (size_t)length) != 0)
            return false;
        at += length;
    }
    return true;
}

static bool looks_blank(const uint8_t *data, size_t length)
{
    return (data[0] == 0x00 || data[0] == 0xFF) && memcmp(data, data + 1, length - 1) == 0;
}

void dfui_glance_at(struct dfui_run *run, const struct dfu_step *step)
{
    const struct dfui_sector *s = sector_of(run, step);
    if (s == NULL)
        return;
    if (run->glance.sector != s)
        run->glance = (struct dfui_glance){.sector = s};
    run->glance.differs = run->glance.differs || !equals_image(run, step);
    run->glance.used = run->glance.used || !looks_blank(run->block, step->length);
}

/* One on the wire and one behind it hide the host's turn-around; more would be in vain where a sector is settled. */
unsigned dfui_glance_depth(const struct dfui_run *run, const struct dfu_step *step)
{
    return sector_of(run, step) != NULL ? 2 : DFU_QUEUE_DEPTH;
}

bool dfui_glance_settled(const struct dfui_run *run, const struct dfu_step *step)
{
    return run->glance.differs && run->glance.used && sector_of(run, step) == run->glance.sector;
}
