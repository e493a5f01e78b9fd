/* SPDX-License-Identifier: BSD-2-Clause */
/* How long erasing, writing and reading took in this session. */
#include "op/run_private.h"

/* Average, for a unit of bytes (or of sectors). */
static uint32_t per_unit(const struct dfui_measured *m, uint64_t unit)
{
    return m->amount == 0 ? 0 : (uint32_t)dfui_min(dfui_max(m->us * unit / m->amount, 1), UINT32_MAX);
}

static void add_erase(struct dfui_tempo *tempo, uint32_t sector_size, uint64_t us)
{
    uint32_t i = 0;
    while (i < tempo->sizes && tempo->sector_size[i] != sector_size)
        i++;
    if (i == DFU_ERASE_TIMES)
        return;
    tempo->sector_size[i] = sector_size;
    tempo->erase[i].us += us;
    tempo->erase[i].amount++;
    tempo->sizes = (uint32_t)dfui_max(tempo->sizes, i + 1);
}

void dfui_run_measure(struct dfui_run *run, const struct dfu_step *step, uint64_t us)
{
    struct dfui_tempo *tempo = &run->session->tempo;
    struct dfui_measured *m = NULL;
    if (step->kind == DFU_STEP_ERASE)
        add_erase(tempo, step->length, us);
    else if (step->kind == DFU_STEP_WRITE)
        m = &tempo->write;
    else if (step->kind == DFU_STEP_READ || step->kind == DFU_STEP_VERIFY)
        m = &tempo->read;
    if (m != NULL) {
        m->us += us;
        m->amount += step->length;
    }
}

int dfu_session_times(const struct dfu_session *session, struct dfu_times *times)
{
    struct dfu_times t = {.size = sizeof t};
    if (session == NULL || times == NULL)
        return DFU_ERR_ARGUMENT;
    t.write_us = per_unit(&session->tempo.write, 1024);
    t.read_us = per_unit(&session->tempo.read, 1024);
    t.erase_count = session->tempo.sizes;
    for (uint32_t i = 0; i < t.erase_count; i++)
        t.erase[i] = (struct dfu_erase_time){session->tempo.sector_size[i], per_unit(&session->tempo.erase[i], 1)};
    return dfui_sized_out(times, &t, sizeof t);
}
