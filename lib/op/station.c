/* SPDX-License-Identifier: BSD-2-Clause */
/* A station: a gang whose members arrive while it runs. One thread, the caller's, looks at the bus. */
#include "core/checked.h"
#include "op/gang_private.h"
#include <stdlib.h>

/* Times that a board whose serial number decides is looked at in vain; 50 ms or more lie between. */
#define MOST_LOOKS 40
/* Between two looks at the boards in hand. */
#define LOOK_US 50000

/* A path with a board at it that is being done, was done, or is not wanted. */
struct seat {
    char *path;
    uint8_t address; /* USB address: another one means that it was plugged in anew */
    uint8_t looks;
    bool busy;
    bool seen;
};

struct station {
    struct dfu_gang *gang;
    struct dfu_watch_options options;
    struct dfu_watch_result result;
    struct seat *seats;
    size_t seat_count;
    uint64_t begun;
    int code;     /* of the boards that failed, or DFU_ERR_SOME_FAILED where they failed differently */
    char *reason; /* of the first one */
    char *hint;
};

static void on_log(int level, const char *line, void *user)
{
    struct dfu_gang *gang = user;
    dfui_mutex_lock(&gang->mutex);
    dfui_log(&gang->context->log, level, "%s", line);
    dfui_mutex_unlock(&gang->mutex);
}

static struct seat *seat_at(struct station *st, const char *path)
{
    for (size_t i = 0; i < st->seat_count; i++) {
        if (strcmp(st->seats[i].path, path) == 0)
            return &st->seats[i];
    }
    return NULL;
}

static struct seat *new_seat(struct station *st, const char *path)
{
    struct seat *seats = realloc(st->seats, (st->seat_count + 1) * sizeof *seats);
    if (seats == NULL)
        return NULL;
    st->seats = seats;
    seats[st->seat_count] = (struct seat){.path = dfui_strdup(path)};
    return seats[st->seat_count].path != NULL ? &seats[st->seat_count++] : NULL;
}

static void drop_seat(struct station *st, struct seat *seat)
{
    free(seat->path);
    *seat = st->seats[--st->seat_count];
}

/* The paths at which nothing is any more. */
static void drop_empty_seats(struct station *st)
{
    for (size_t i = st->seat_count; i-- > 0;) {
        if (!st->seats[i].seen && !st->seats[i].busy)
            drop_seat(st, &st->seats[i]);
    }
}

/* Counts a board that is done, and remembers what stays at its path. */
static void take_result(struct station *st, const struct dfui_gang_board *board)
{
    struct seat *seat = seat_at(st, board->device->path);
    int code = board->info.code;
    st->result.good += code == DFU_OK;
    st->result.failed += code != DFU_OK;
    st->result.interrupted += code == DFU_ERR_CANCELLED;
    if (code != DFU_OK && st->code == DFU_OK) {
        st->code = code;
        st->reason = dfui_format("%s: %s", board->device->path, dfu_error_message(board->error));
        st->hint = dfu_error_hint(board->error) != NULL ? dfui_strdup(dfu_error_hint(board->error)) : NULL;
    } else if (code != DFU_OK && st->code != code) {
        st->code = DFU_ERR_SOME_FAILED;
    }
    if (seat == NULL)
        return;
    seat->busy = false;
    seat->address = board->after.address;
    /* It went in the middle and is back: that is an arrival. */
    bool returned = code == DFU_ERR_GONE && board->after.address != board->device->info.address;
    if (board->after.presence != DFUI_DFU || returned)
        drop_seat(st, seat);
}

/* How many boards are in hand. */
static size_t gather(struct station *st, bool wait)
{
    struct dfu_gang *gang = st->gang;
    size_t running = dfui_gang_gather(gang, wait);
    size_t kept = 0;
    for (size_t i = 0; i < gang->count; i++) {
        struct dfui_gang_board *board = gang->boards[i];
        if (board->has_thread) {
            gang->boards[kept++] = board;
            continue;
        }
        take_result(st, board);
        dfui_gang_free_board(board);
    }
    gang->count = kept;
    return running;
}

static bool fits(const struct dfu_selector *s, const struct dfu_device *device)
{
    return !((s->flags & DFU_SELECT_VID) && s->vid != device->info.vid) &&
           !((s->flags & DFU_SELECT_PID) && s->pid != device->info.pid) &&
           !(s->path != NULL && strcmp(s->path, device->path) != 0) &&
           !(s->serial != NULL && (device->serial == NULL || strcmp(s->serial, device->serial) != 0));
}

/* Is it wanted? Where its serial number decides and the system does not know it, *device is opened to ask. */
static int judge(struct station *st, struct dfu_device *device, bool *wanted, struct dfu_error **err)
{
    const char *at = (const char *)st->options.selectors;
    bool looked = device->serial != NULL;
    *wanted = st->options.selector_count == 0;
    for (uint32_t i = 0; i < st->options.selector_count && !*wanted; i++) {
        struct dfu_selector s;
        int rc = dfui_sized_in(&s, sizeof s, at, "selector", err);
        if (rc == DFU_OK && s.serial != NULL && !looked) {
            rc = dfui_device_look_inside(st->gang->scout, device, err);
            looked = true;
        }
        if (rc != DFU_OK)
            return rc;
        *wanted = fits(&s, device);
        at += st->options.selectors->size; /* the caller's idea of how large one is */
    }
    return DFU_OK;
}

static int begin(struct station *st, const struct dfu_device *device, struct dfu_error **err)
{
    int rc = dfui_gang_add_board(st->gang, device, err);
    if (rc != DFU_OK)
        return rc;
    st->begun++;
    dfui_gang_start(st->gang, st->gang->boards[st->gang->count - 1]);
    return DFU_OK;
}

static bool may_begin(const struct station *st)
{
    return (st->options.limit == 0 || st->begun < st->options.limit) && st->gang->count < dfui_gang_most(st->gang) &&
           !atomic_load_explicit(&st->gang->stop, memory_order_relaxed);
}

static int arrive(struct station *st, const struct dfu_device *found, struct seat *seat, struct dfu_error **err)
{
    struct dfu_device *device = NULL;
    bool wanted = false;
    if (seat == NULL)
        seat = new_seat(st, found->path);
    if (seat == NULL)
        return dfui_error_no_memory(err);
    int rc = dfui_device_copy(found, &device, err);
    if (rc == DFU_OK)
        rc = judge(st, device, &wanted, err);
    if (rc == DFU_OK) {
        seat->seen = true;
        seat->busy = wanted;
        seat->looks++;
        /* One that could not be opened may be wanted all the same: look again. */
        if (wanted || device->info.access == DFU_OK || seat->looks >= MOST_LOOKS) {
            seat->address = found->info.address;
            seat->looks = 0;
        }
    }
    if (rc == DFU_OK && wanted)
        rc = begin(st, device, err);
    dfui_device_free(device);
    return rc;
}

static int scan(struct station *st, struct dfu_error **err)
{
    struct dfu_selector all = {.size = sizeof all, .flags = DFU_SELECT_DFU_ONLY};
    struct dfu_list *list = NULL;
    int rc = dfui_list_scan(st->gang->scout, &all, &list, err);
    if (rc != DFU_OK)
        return rc;
    for (size_t i = 0; i < st->seat_count; i++)
        st->seats[i].seen = false;
    for (size_t i = 0; i < dfu_list_count(list) && rc == DFU_OK; i++) {
        const struct dfu_device *device = dfu_list_at(list, i);
        struct seat *seat = seat_at(st, device->path);
        bool known = seat != NULL && (seat->busy || seat->address == device->info.address);
        if (seat != NULL)
            seat->seen = true;
        if (!known && may_begin(st))
            rc = arrive(st, device, seat, err);
    }
    dfu_list_free(list);
    drop_empty_seats(st);
    return rc;
}

/* Until something is plugged in or unplugged. A board that is done is no such change, but frees its path. */
static int wait_a_little(struct station *st, struct dfu_error **err)
{
    const struct dfu_context *scout = st->gang->scout;
    uint64_t until = st->gang->count > 0 ? scout->ops.now_us(scout->self, NULL) + LOOK_US : UINT64_MAX;
    return dfui_pause_for_change(st->gang->scout, until, err);
}

static int watch(struct station *st, struct dfu_error **err)
{
    struct dfu_gang *gang = st->gang;
    int rc = DFU_OK;
    while (rc == DFU_OK && !atomic_load_explicit(&gang->stop, memory_order_relaxed) &&
           (st->options.limit == 0 || st->begun < st->options.limit)) {
        if (gather(st, false) >= dfui_gang_most(gang)) {
            (void)gather(st, true);
            continue;
        }
        rc = scan(st, err);
        if (rc == DFU_OK && may_begin(st))
            rc = wait_a_little(st, err);
    }
    while (gather(st, true) > 0) {
        /* until the last is in */
    }
    return rc;
}

static int sum_up(const struct station *st, struct dfu_error **err)
{
    uint64_t done = st->result.good + st->result.failed;
    int code = st->result.good > 0 && st->code != DFU_OK ? DFU_ERR_SOME_FAILED : st->code;
    if (atomic_load_explicit(st->gang->context->cancel, memory_order_relaxed) &&
        (st->result.interrupted > 0 || done == 0 || done < st->options.limit))
        code = DFU_ERR_CANCELLED;
    if (code == DFU_OK)
        return DFU_OK;
    (void)dfu_error_set(err, code, "%llu of %llu board%s failed", (unsigned long long)st->result.failed,
                        (unsigned long long)done, done == 1 ? "" : "s");
    if (st->reason != NULL)
        dfu_error_set_cause(err, "%s", st->reason);
    if (st->hint != NULL)
        dfu_error_set_hint(err, "%s", st->hint);
    return code;
}

static int check(const struct dfu_gang *gang, const struct dfu_image *image, struct dfu_error **err)
{
    if (gang == NULL || (image == NULL && gang->options.job != DFU_GANG_ERASE))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no gang to run, or no image for it");
    if (gang->count > 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "a station begins without boards, this gang has %zu", gang->count);
    return DFU_OK;
}

int dfu_gang_watch(struct dfu_gang *gang, const struct dfu_image *image, const struct dfu_watch_options *options,
                   struct dfu_watch_result *result, struct dfu_error **err)
{
    struct station st = {.gang = gang, .result = {.size = sizeof st.result}};
    struct dfu_error *failure = NULL;
    int rc = check(gang, image, err);
    if (rc == DFU_OK)
        rc = dfui_sized_in(&st.options, sizeof st.options, options, "watch options", err);
    if (rc == DFU_OK && st.options.selector_count > 0 && st.options.selectors == NULL)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "%u selectors, but none is given", st.options.selector_count);
    if (rc == DFU_OK)
        rc = dfui_context_share(gang->context, on_log, gang, &gang->scout, err);
    if (rc != DFU_OK)
        return rc;
    gang->image = image;
    gang->numbered = 0;
    rc = watch(&st, &failure);
    if (rc == DFU_OK || rc == DFU_ERR_CANCELLED) {
        dfui_error_clear(&failure);
        rc = sum_up(&st, err);
    } else if (err != NULL && *err == NULL) {
        *err = failure;
    } else {
        dfui_error_clear(&failure);
    }
    gang->image = NULL;
    dfu_context_free(gang->scout);
    gang->scout = NULL;
    atomic_store_explicit(&gang->stop, false, memory_order_relaxed);
    while (st.seat_count > 0)
        drop_seat(&st, &st.seats[0]);
    free(st.seats);
    free(st.reason);
    free(st.hint);
    if (result != NULL && dfui_sized_out(result, &st.result, sizeof st.result) != DFU_OK && rc == DFU_OK)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "the result's size is not set (use DFU_INIT)");
    return rc;
}

void dfu_gang_stop(struct dfu_gang *gang)
{
    if (gang != NULL)
        atomic_store_explicit(&gang->stop, true, memory_order_relaxed);
}
