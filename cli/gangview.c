/* SPDX-License-Identifier: BSD-2-Clause */
#include "gangview.h"

#include "progress.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DRAW_EVERY_MS 100
#define MOST_LINES 20 /* of a terminal of 24 */
#define BAR_COLUMNS 20

static uint64_t real_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void gangview_start(struct gangview *view, struct cli *cli, size_t count)
{
    memset(view, 0, sizeof *view);
    view->cli = cli;
    if (cli->voice.progress == PROGRESS_BAR && count <= MOST_LINES)
        view->lines = calloc(count, sizeof *view->lines);
    view->count = view->lines != NULL ? count : 0;
}

void gangview_clear(struct gangview *view)
{
    if (view->drawn > 0)
        (void)fprintf(stderr, "\r\033[%zuA\033[J", view->drawn); /* up, and clear to the end of the screen */
    view->drawn = 0;
}

static void draw(struct gangview *view)
{
    gangview_clear(view);
    for (size_t i = 0; i < view->count; i++) {
        if (view->lines[i].path[0] == '\0')
            continue;
        (void)fprintf(stderr, "%-10s %s\n", view->lines[i].path, view->lines[i].text);
        view->drawn++;
    }
    (void)fflush(stderr);
}

void gangview_progress(struct gangview *view, size_t slot, const char *path, const struct dfu_progress *now)
{
    char bar[BAR_COLUMNS + 1];
    char size[TEXT_SIZE];
    if (slot >= view->count)
        return;
    struct gangview_line *line = &view->lines[slot];
    unsigned full = now->total == 0 ? 0 : (unsigned)(now->done * BAR_COLUMNS / now->total);
    unsigned percent = now->total == 0 ? 0 : (unsigned)(now->done * 100 / now->total);
    memset(bar, '-', BAR_COLUMNS);
    memset(bar, '#', full > BAR_COLUMNS ? BAR_COLUMNS : full);
    bar[BAR_COLUMNS] = '\0';
    (void)snprintf(line->path, sizeof line->path, "%s", path);
    (void)snprintf(line->text, sizeof line->text, "%-9s [%s] %3u%% %10s", progress_doing(now->phase), bar, percent,
                   text_size(size, now->done));
    uint64_t ms = real_ms();
    if (ms - view->last_draw_ms < DRAW_EVERY_MS)
        return;
    view->last_draw_ms = ms;
    draw(view);
}

void gangview_done(struct gangview *view, size_t slot)
{
    gangview_clear(view);
    if (slot < view->count)
        view->lines[slot].path[0] = '\0';
}

void gangview_end(struct gangview *view)
{
    gangview_clear(view);
    free(view->lines);
    view->lines = NULL;
    view->count = 0;
}
