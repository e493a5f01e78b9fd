/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of a station have in common: a bus that boards are plugged into while it is looked at. */
#ifndef DFU_TEST_STATION_H
#define DFU_TEST_STATION_H

#include "bench.h"
#include <libdfu/libdfu.h>
#include <pthread.h>
#include <stdatomic.h>

#define FLASH UINT64_C(0x08000000)
#define BASE UINT64_C(0x08008000) /* what is below is the loader of st-loader */
#define OFFSET (BASE - FLASH)
#define MOST 64

/* What a test does at a look of the station at the bus; looks are counted from 1. */
struct station_bench;
typedef void look_fn(struct station_bench *t, unsigned look);
typedef void end_fn(struct station_bench *t, const struct dfu_gang_board *board);

struct station_bench {
    struct bench b;
    struct dfu_transport_ops ops; /* the simulator's, but for the pause between two looks */
    struct dfu_gang *gang;
    struct dfu_image *image;
    struct dfu_gang_options options;
    struct dfu_run_options run;
    struct dfu_watch_options watch;
    struct dfu_watch_result result;
    look_fn *look;
    end_fn *end;
    pthread_t thread; /* that calls dfu_gang_watch() */
    unsigned looks;
    atomic_uint begun; /* boards' threads count, the station's looks */
    atomic_uint ended;
    unsigned inside;
    uint8_t numbers[MOST]; /* no two boards have the same */
    unsigned expected;     /* boards, after which nothing more is to come */
    unsigned quiet_looks;  /* since then */
    char order[MOST][8];   /* paths, as boards were done */
    int codes[MOST];
    uint32_t touched[MOST];
};

static struct station_bench *current; /* wait_change() is given the simulator's self */
static const struct dfu_transport_ops *inner;

static inline int is_station(const struct station_bench *t)
{
    return pthread_equal(pthread_self(), t->thread);
}

/* A board that waits for its return pauses, too, on its own thread. */
static inline int pause_between_looks(void *self, uint64_t deadline_us, struct dfu_error **err)
{
    struct station_bench *t = current;
    if (is_station(t)) {
        t->looks++;
        if (t->look != NULL)
            t->look(t, t->looks);
    }
    return inner->wait_change(self, deadline_us, err);
}

static inline int on_event(const struct dfu_gang_event *event, void *user)
{
    struct station_bench *t = user;
    assert_int_equal(t->inside++, 0);
    if (event->kind == DFU_GANG_BEGIN && event->board->attempts == 1) {
        assert_false(event->board->index < MOST && t->numbers[event->board->index]++);
        t->begun++;
    }
    if (event->kind == DFU_GANG_END && t->ended < MOST) {
        (void)snprintf(t->order[t->ended], sizeof t->order[0], "%s", event->board->path);
        t->touched[t->ended] = event->board->touched;
        t->codes[t->ended++] = event->board->code;
        if (t->end != NULL)
            t->end(t, event->board);
    }
    t->inside--;
    return 0;
}

/* A context on the simulator with the operations of t->ops. */
static inline void attach(struct station_bench *t)
{
    struct dfu_context_options co;
    dfu_context_free(t->b.context);
    DFU_INIT(&co);
    co.log = bench_log;
    co.log_user = &t->b;
    dfu_sim_attach(t->b.sim, &co);
    inner = co.transport;
    co.transport = &t->ops;
    assert_dfu_ok(dfu_context_new(&co, &t->b.context, &t->b.err), t->b.err);
}

static inline void start(struct station_bench *t, const char *profile, uint32_t count)
{
    struct dfu_context_options co;
    memset(t, 0, sizeof *t);
    bench_new(&t->b, profile, 0, count);
    DFU_INIT(&co);
    dfu_sim_attach(t->b.sim, &co);
    t->ops = *co.transport;
    t->ops.wait_change = pause_between_looks;
    attach(t);
    t->image = bench_image(BASE, 20000, 7);
    t->expected = count;
    DFU_INIT(&t->options);
    DFU_INIT(&t->run);
    DFU_INIT(&t->watch);
    DFU_INIT(&t->result);
    t->options.run = &t->run;
    t->options.event = on_event;
    t->options.event_user = t;
    t->thread = pthread_self();
    current = t;
}

static inline int watch(struct station_bench *t)
{
    assert_dfu_ok(dfu_gang_new(t->b.context, &t->options, &t->gang, &t->b.err), t->b.err);
    int rc = dfu_gang_watch(t->gang, t->image, &t->watch, &t->result, &t->b.err);
    assert_int_equal(dfu_gang_count(t->gang), 0);
    return rc;
}

static inline void end(struct station_bench *t)
{
    dfu_gang_free(t->gang);
    dfu_image_free(t->image);
    dfu_error_free(t->b.err);
    t->b.err = NULL;
    dfu_context_free(t->b.context);
    t->b.context = NULL;
    bench_free(&t->b);
}

static inline unsigned times(const struct station_bench *t, size_t board)
{
    unsigned count = 0;
    for (unsigned i = 0; i < t->ended; i++)
        count += strcmp(t->order[i], dfu_sim_path(t->b.sim, board)) == 0;
    return count;
}

static inline int holds_image(const struct station_bench *t, size_t board)
{
    struct dfu_sim_memory m;
    struct dfu_segment s;
    DFU_INIT(&m);
    DFU_INIT(&s);
    assert_int_equal(dfu_sim_get_memory(t->b.sim, board, 0, &m), DFU_OK);
    assert_int_equal(dfu_image_segment(t->image, 0, &s), DFU_OK);
    return memcmp(m.data + OFFSET, s.data, (size_t)s.length) == 0;
}

static inline size_t index_of(const struct station_bench *t, const char *path)
{
    size_t i = 0;
    while (strcmp(dfu_sim_path(t->b.sim, i), path) != 0)
        i++;
    return i;
}

static inline void unplug_all_but(struct station_bench *t, size_t present)
{
    for (size_t i = present; i < dfu_sim_count(t->b.sim); i++)
        assert_dfu_ok(dfu_sim_unplug(t->b.sim, i, &t->b.err), t->b.err);
}

static inline void stop_when_left_alone(struct station_bench *t, unsigned look)
{
    (void)look;
    if (t->ended >= t->expected && ++t->quiet_looks == 200)
        dfu_gang_stop(t->gang);
}

#endif
