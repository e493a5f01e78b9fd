/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/board.h"
#include <errno.h>
#include <time.h>

/* Full speed: 1 ms for a control transfer, and 19 packets of 64 bytes in each further millisecond. */
uint64_t dfui_sim_wire_us(uint32_t length)
{
    uint64_t packets = ((uint64_t)length + 63) / 64;
    return 1000 + (packets * 1000 + 18) / 19;
}

uint64_t dfui_sim_wall_us(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int real_time(const struct dfu_sim *sim)
{
    return (sim->options.flags & DFU_SIM_REAL_TIME) != 0;
}

static uint64_t scale(const struct dfu_sim *sim)
{
    return sim->options.scale_percent == 0 ? 100 : sim->options.scale_percent;
}

/* Simulated time that the wall clock has reached. */
static uint64_t reached(const struct dfu_sim *sim)
{
    return (dfui_sim_wall_us() - sim->wall_base_us) * 100 / scale(sim);
}

static void sleep_to(uint64_t wall_us)
{
#if defined(__linux__)
    struct timespec t = {.tv_sec = (time_t)(wall_us / 1000000), .tv_nsec = (long)(wall_us % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
        /* a signal woke us too early */
    }
#else
    for (uint64_t now = dfui_sim_wall_us(); now < wall_us; now = dfui_sim_wall_us()) {
        uint64_t left = wall_us - now;
        struct timespec t = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000) * 1000};
        (void)nanosleep(&t, NULL);
    }
#endif
}

/* Rounded up: when it is over, reached() has passed until_us. */
uint64_t dfui_sim_wall_at(const struct dfu_sim *sim, uint64_t us)
{
    return sim->wall_base_us + (us * scale(sim) + 99) / 100;
}

static void wall_wait(const struct dfu_sim *sim, uint64_t until_us)
{
    sleep_to(dfui_sim_wall_at(sim, until_us));
}

uint64_t dfui_sim_bus_now(struct sim_view *view)
{
    if (real_time(view->sim)) {
        uint64_t wall = reached(view->sim);
        if (view->clock_us < wall)
            view->clock_us = wall;
    }
    uint64_t children = atomic_load(&view->children_us);
    if (view->clock_us < children)
        view->clock_us = children;
    return view->clock_us;
}

void dfui_sim_bus_wait(struct sim_view *view, uint64_t until_us)
{
    if (until_us <= dfui_sim_bus_now(view))
        return;
    if (real_time(view->sim))
        wall_wait(view->sim, until_us);
    view->clock_us = until_us;
}

void dfui_sim_bus_follow(struct sim_view *view, struct sim_board *board)
{
    uint64_t now = dfui_sim_now(board);
    if (view->clock_us < now)
        view->clock_us = now;
}

uint64_t dfui_sim_now(struct sim_board *board)
{
    if (real_time(board->sim)) {
        uint64_t wall = reached(board->sim);
        if (board->clock_us < wall)
            board->clock_us = wall;
    }
    return board->clock_us;
}

void dfui_sim_wait(struct sim_board *board, uint64_t until_us)
{
    if (until_us <= dfui_sim_now(board))
        return;
    if (real_time(board->sim))
        wall_wait(board->sim, until_us);
    board->clock_us = until_us;
}
