/* SPDX-License-Identifier: BSD-2-Clause */
/* Progress of a run. Times are the device's clock: with a simulator they are what a board would take. */
#include "progress.h"

#include "out.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define DRAW_EVERY_MS 100
#define BAR_COLUMNS 24
#define LINE_COLUMNS 79 /* a terminal of 80 columns must not wrap */

static const struct {
    const char *json;
    const char *doing;
    const char *did;
} phases[PROGRESS_PHASES] = {
    {"", "", ""},
    {"erase", "Erasing", "erased"},
    {"write", "Writing", "wrote"},
    {"verify", "Verifying", "compared"},
    {"read", "Reading", "read"},
    {"leave", "Leaving", "left"},
    {"return", "Waiting", "waited"},
};

static uint64_t real_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_start(struct progress *progress, struct cli *cli, uint32_t erase_sectors)
{
    memset(progress, 0, sizeof *progress);
    progress->cli = cli;
    progress->erase_sectors = erase_sectors;
}

static void print_event(struct progress *progress, const struct dfu_progress *now)
{
    json_t *event = json_object();
    (void)json_object_set_new(event, "event", json_string("progress"));
    (void)json_object_set_new(event, "device", json_device(progress->cli));
    (void)json_object_set_new(event, "phase", json_string(phases[now->phase].json));
    (void)json_object_set_new(event, "address", json_integer((json_int_t)now->address));
    (void)json_object_set_new(event, "done", json_integer((json_int_t)now->done));
    (void)json_object_set_new(event, "total", json_integer((json_int_t)now->total));
    (void)json_object_set_new(event, "elapsed_ms", json_integer((json_int_t)(now->elapsed_us / 1000)));
    if (progress->cli->extra_json != NULL) /* which of several boards */
        (void)json_object_update(event, progress->cli->extra_json);
    out_json(progress->cli, event);
}

static void draw_bar(struct progress *progress, const struct dfu_progress *now)
{
    char bar[BAR_COLUMNS + 1];
    char size[TEXT_SIZE];
    char rate[TEXT_SIZE];
    char left[TEXT_SIZE] = "";
    char line[160];
    uint64_t us = progress->phase_us[now->phase];
    unsigned full = now->total == 0 ? 0 : (unsigned)(now->done * BAR_COLUMNS / now->total);
    unsigned percent = now->total == 0 ? 0 : (unsigned)(now->done * 100 / now->total);
    memset(bar, '-', BAR_COLUMNS);
    memset(bar, '#', full > BAR_COLUMNS ? BAR_COLUMNS : full);
    bar[BAR_COLUMNS] = '\0';
    if (now->done > 0 && now->done < now->total)
        (void)text_time(left, us * (now->total - now->done) / now->done);
    int width =
        snprintf(line, sizeof line, "%-9s [%s] %3u%% %10s  %11s%s%s", phases[now->phase].doing, bar, percent,
                 text_size(size, now->done), text_rate(rate, now->done, us), left[0] != '\0' ? "  ETA " : "", left);
    if (width > LINE_COLUMNS) {
        line[LINE_COLUMNS] = '\0';
        width = LINE_COLUMNS;
    }
    int old = progress->cli->voice.bar_width;
    (void)fprintf(stderr, "\r%s%*s", line, old > width ? old - width : 0, "");
    (void)fflush(stderr);
    progress->cli->voice.bar_width = old > width ? old : width;
}

/* "erased 5 sectors, 320 KiB in 3.2 s" */
static void print_phase(struct progress *progress, const struct dfu_progress *now)
{
    char size[TEXT_SIZE];
    char time[TEXT_SIZE];
    char text[128];
    char line[192];
    const char *board = progress->board;
    uint64_t us = progress->phase_us[now->phase];
    if (now->phase == DFU_PHASE_LEAVE)
        return; /* how a leave went is part of the result */
    (void)text_size(size, now->total);
    (void)text_time(time, us);
    if (now->phase == DFU_PHASE_ERASE && progress->erase_sectors > 0) {
        (void)snprintf(text, sizeof text, "erased %" PRIu32 " sector%s, %s in %s", progress->erase_sectors,
                       plural(progress->erase_sectors), size, time);
    } else {
        char rate[TEXT_SIZE];
        (void)snprintf(text, sizeof text, "%s %s in %s, %s", phases[now->phase].did, size, time,
                       text_rate(rate, now->total, us));
    }
    (void)snprintf(line, sizeof line, "%s%s%s", board != NULL ? board : "", board != NULL ? ": " : "", text);
    out_message(progress->cli, line);
}

static void show(struct progress *progress, const struct dfu_progress *now, int changed, int finished)
{
    enum progress_mode mode = progress->cli->voice.progress;
    uint64_t ms = real_ms();
    if (mode == PROGRESS_JSON || mode == PROGRESS_BAR) {
        if (!changed && !finished && ms - progress->last_draw_ms < DRAW_EVERY_MS)
            return;
        progress->last_draw_ms = ms;
    }
    if (mode == PROGRESS_JSON)
        print_event(progress, now);
    else if (mode == PROGRESS_BAR && !finished)
        draw_bar(progress, now);
    else if (mode != PROGRESS_NONE && finished)
        print_phase(progress, now);
}

/* The chip works by itself and tells nothing: only the time passes. */
static void show_return(struct progress *progress, const struct dfu_progress *now)
{
    enum progress_mode mode = progress->cli->voice.progress;
    if (mode == PROGRESS_JSON)
        print_event(progress, now);
    if (mode == PROGRESS_LINES && now->done == 0)
        out_message(progress->cli, "waiting for the board to come back");
    if (mode == PROGRESS_BAR)
        progress->cli->voice.bar_width = fprintf(stderr, "\rWaiting for the board: %3u s, up to %u s",
                                                 (unsigned)(now->done / 1000), (unsigned)(now->total / 1000));
}

int progress_call(const struct dfu_progress *now, void *user)
{
    struct progress *progress = user;
    if (now->phase == DFU_PHASE_RETURN) {
        show_return(progress, now);
        return 0;
    }
    if (now->phase == 0 || now->phase >= PROGRESS_PHASES || now->total == 0)
        return 0;
    int changed = now->phase != progress->phase;
    /* The total becomes smaller where it turns out that something need not be read. */
    int finished = now->done >= now->total && (progress->done[now->phase] < now->total ||
                                               progress->done[now->phase] < progress->total[now->phase]);
    progress->total[now->phase] = now->total;
    uint64_t spent = now->elapsed_us - progress->elapsed_us;
    /* The first call of a phase comes before its work: the time until then belongs to the phase before. */
    if (changed && now->done == 0 && progress->phase != 0)
        progress->phase_us[progress->phase] += spent;
    else
        progress->phase_us[now->phase] += spent;
    progress->phase = now->phase;
    progress->elapsed_us = now->elapsed_us;
    progress->done[now->phase] = now->done;
    show(progress, now, changed, finished);
    return 0;
}

const char *progress_doing(uint32_t phase)
{
    return phases[phase < PROGRESS_PHASES ? phase : 0].doing;
}

void progress_end(struct progress *progress)
{
    struct voice *voice = &progress->cli->voice;
    if (voice->bar_width > 0)
        (void)fprintf(stderr, "\r%*s\r", voice->bar_width, "");
    voice->bar_width = 0;
}
