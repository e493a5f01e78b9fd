/* SPDX-License-Identifier: BSD-2-Clause */
/* One board of a gang: attempts, and what each of them consists of. */
#include "core/checked.h"
#include "op/gang_private.h"
#include <libdfu/memmap.h>
#include <libdfu/plan.h>
#include <stdlib.h>

/* A board that went away in an attempt is back within this time, or the next attempt fails too. */
#define RETURN_LIMIT_US UINT64_C(5000000)

static void lock(struct dfui_gang_board *board)
{
    dfui_mutex_lock(&board->gang->mutex);
}

static void unlock(struct dfui_gang_board *board)
{
    dfui_mutex_unlock(&board->gang->mutex);
}

int dfui_gang_tell(struct dfui_gang_board *board, struct dfu_gang_event *event)
{
    const struct dfu_gang_options *o = &board->gang->options;
    int stop = 0;
    event->size = sizeof *event;
    event->board = &board->info;
    board->info.error = board->error;
    lock(board);
    if (o->event != NULL)
        stop = o->event(event, o->event_user);
    unlock(board);
    return stop;
}

static int tell(struct dfui_gang_board *board, uint32_t kind)
{
    struct dfu_gang_event event = {.kind = kind};
    return dfui_gang_tell(board, &event);
}

static void on_log(int level, const char *line, void *user)
{
    struct dfui_gang_board *board = user;
    lock(board);
    dfui_log(&board->gang->context->log, level, "%s: %s", board->device->path, line);
    unlock(board);
}

static int on_progress(const struct dfu_progress *progress, void *user)
{
    struct dfui_gang_board *board = user;
    const struct dfu_run_options *run = &board->gang->run;
    int stop = 0;
    if (progress->phase == DFU_PHASE_WRITE)
        board->info.touched = 1;
    if (run->progress == NULL)
        return 0;
    lock(board);
    stop = run->progress(progress, run->user);
    unlock(board);
    return stop;
}

/* What is on the bus tells more than what is known of it so far: names, map, whether it can be opened. */
static void take_device(struct dfui_gang_board *board, struct dfu_device *device)
{
    lock(board);
    dfui_device_free(board->device);
    board->device = device;
    board->info.path = device->path;
    board->info.serial = device->serial;
    unlock(board);
}

static int look_inside(struct dfui_gang_board *board, struct dfu_error **err)
{
    struct dfu_device *device = NULL;
    int rc = dfui_device_copy(board->device, &device, err);
    if (rc != DFU_OK)
        return rc;
    rc = dfui_device_look_inside(board->context, device, err);
    if (rc != DFU_OK) {
        dfui_device_free(device);
        return rc;
    }
    take_device(board, device);
    return DFU_OK;
}

static bool same_board(const struct dfu_device *was, const struct dfu_device *is)
{
    return was->info.vid == is->info.vid && was->info.pid == is->info.pid &&
           was->info.interface_number == is->info.interface_number &&
           (was->serial == NULL || (is->serial != NULL && strcmp(was->serial, is->serial) == 0));
}

/* For another attempt: the board may have gone and come back since. */
static int find_again(struct dfui_gang_board *board, struct dfu_error **err)
{
    struct dfui_sighting seen;
    struct dfu_list *list = NULL;
    struct dfu_device *found = NULL;
    const char *path = board->device->path;
    int rc = dfui_await_dfu(board->context, path, RETURN_LIMIT_US, &seen, &list, err);
    if (rc != DFU_OK)
        return rc;
    for (size_t i = 0; i < dfu_list_count(list) && found == NULL && rc == DFU_OK; i++) {
        if (same_board(board->device, dfu_list_at(list, i)))
            rc = dfui_device_copy(dfu_list_at(list, i), &found, err);
    }
    bool other = dfu_list_count(list) > 0;
    dfu_list_free(list);
    if (found != NULL)
        take_device(board, found);
    else if (rc == DFU_OK && other)
        rc = dfu_error_set(err, DFU_ERR_GONE, "the device at %s is not the same board any more", path);
    else if (rc == DFU_OK)
        rc = dfu_error_set(err, DFU_ERR_GONE, "the device at %s did not come back in DFU mode", path);
    return rc;
}

/* With DFU_PLAN_DIFF or DFU_PLAN_PRESERVE each board is read first: they need not hold the same. */
static int plan_write(struct dfui_gang_board *board, struct dfu_session *session, const struct dfu_target *target,
                      const struct dfu_image *image, struct dfu_plan **plan, struct dfu_error **err)
{
    struct dfu_plan_options options = board->gang->plan;
    struct dfu_image *contents = NULL;
    struct dfu_run_options run = {.size = sizeof run,
                                  .flags = board->gang->run.flags,
                                  .board = board->info.index,
                                  .progress = on_progress,
                                  .user = board};
    int rc = DFU_OK;
    if (options.flags & (DFU_PLAN_DIFF | DFU_PLAN_PRESERVE))
        rc = dfu_session_survey(session, image, &options, &run, &contents, &board->survey, err);
    options.contents = contents;
    if (rc == DFU_OK)
        rc = dfu_plan_write(dfu_session_memmap(session), target, image, &options, plan, err);
    dfu_image_free(contents);
    return rc;
}

/* What the survey took and saved is part of the job. */
static void add_survey(struct dfui_gang_board *board)
{
    board->result.elapsed_us += board->survey.elapsed_us;
    board->result.saved_us += board->survey.saved_us;
    board->result.retries += board->survey.retries;
    board->result.reconnects += board->survey.reconnects;
}

static int make_plan(struct dfui_gang_board *board, struct dfu_session *session, const struct dfu_image *image,
                     struct dfu_plan **plan, struct dfu_error **err)
{
    const struct dfu_gang *gang = board->gang;
    const struct dfu_memmap *map = dfu_session_memmap(session);
    struct dfu_target target = {.size = sizeof target};
    dfu_session_target(session, &target);
    if (gang->options.job == DFU_GANG_ERASE)
        return dfu_plan_erase(map, &target, gang->options.ranges, gang->options.range_count, &gang->plan, plan, err);
    if (gang->options.job == DFU_GANG_VERIFY)
        return dfu_plan_verify(map, &target, image, &gang->plan, plan, err);
    return plan_write(board, session, &target, image, plan, err);
}

static int run_plan(struct dfui_gang_board *board, struct dfu_session *session, const struct dfu_plan *plan,
                    struct dfu_error **err)
{
    struct dfu_run_options run = {.size = sizeof run,
                                  .flags = board->gang->run.flags,
                                  .board = board->info.index,
                                  .leave_watch_ms = board->gang->run.leave_watch_ms,
                                  .progress = on_progress,
                                  .user = board};
    int rc = dfu_session_run(session, plan, &run, &board->result, err);
    add_survey(board);
    bool wanted = (board->gang->options.flags & DFU_GANG_REQUIRE_LEAVE) != 0;
    if (rc == DFU_OK && wanted && board->result.left == DFU_LEFT_STILL_DFU) {
        rc = dfu_error_set(err, DFU_ERR_NOT_LEFT, "everything is done, but the device is still in DFU mode");
        dfu_error_set_hint(err, "check BOOT0 and the option bytes, or reset the board");
    }
    return rc;
}

static int plan_and_run(struct dfui_gang_board *board, struct dfu_session *session, struct dfu_error **err)
{
    struct dfu_plan *plan = NULL;
    const struct dfu_image *image = board->own != NULL ? board->own : board->gang->image;
    board->survey = (struct dfu_result){.size = sizeof board->survey};
    int rc = make_plan(board, session, image, &plan, err);
    if (rc == DFU_OK) {
        struct dfu_gang_event event = {
            .kind = DFU_GANG_PLANNED, .plan = plan, .map = dfu_session_memmap(session), .image = image};
        if (dfui_gang_tell(board, &event) != 0)
            rc = dfu_error_set(err, DFU_ERR_CANCELLED, "stopped before anything was changed");
    }
    if (rc == DFU_OK)
        rc = run_plan(board, session, plan, err);
    dfu_plan_free(plan);
    return rc;
}

static int attempt(struct dfui_gang_board *board, struct dfu_error **err)
{
    struct dfu_session *session = NULL;
    const struct dfu_image *image = board->own != NULL ? board->own : board->gang->image;
    /* What has just been plugged in can often be opened only a moment later. */
    bool found = board->info.attempts == 1 && board->gang->scout == NULL;
    int rc = found ? look_inside(board, err) : find_again(board, err);
    if (rc == DFU_OK && image != NULL) /* a file may say which device it is for */
        rc = dfu_image_match(image, board->device->info.vid, board->device->info.pid, err);
    if (rc == DFU_OK)
        rc = dfu_session_open(board->context, board->device, &board->gang->open, &session, err);
    if (rc == DFU_OK)
        rc = plan_and_run(board, session, err);
    dfu_session_close(session);
    return rc;
}

/* What another attempt may mend: the wire, a device that lost its way, flash that took a bit wrong. */
static bool may_mend(const struct dfui_gang_board *board, int code)
{
    switch (code) {
    case DFU_ERR_USB:
    case DFU_ERR_TIMEOUT:
    case DFU_ERR_PROTOCOL:
    case DFU_ERR_STALL:
    case DFU_ERR_GONE:
    case DFU_ERR_NO_DEVICE:
    case DFU_ERR_BUSY:
    case DFU_ERR_DEVICE:
        return true;
    case DFU_ERR_MISMATCH: /* what a comparison finds is a result */
        return board->gang->options.job != DFU_GANG_VERIFY;
    default:
        return false;
    }
}

static int attempts(struct dfui_gang_board *board, struct dfu_error **err)
{
    for (;;) {
        dfui_error_clear(err);
        board->result = (struct dfu_result){.size = sizeof board->result, .erased_value = -1};
        board->info.attempts++;
        int rc = DFU_OK;
        if (tell(board, DFU_GANG_BEGIN) != 0)
            rc = dfu_error_set(err, DFU_ERR_CANCELLED, "stopped before anything was changed");
        if (rc == DFU_OK)
            rc = attempt(board, err);
        board->info.code = rc;
        if (board->info.attempts > board->gang->options.retries || !may_mend(board, rc) ||
            atomic_load_explicit(board->context->cancel, memory_order_relaxed))
            return rc;
        (void)tell(board, DFU_GANG_FAILED);
    }
}

static int make_image(struct dfui_gang_board *board, struct dfu_error **err)
{
    const struct dfu_gang_options *o = &board->gang->options;
    if (o->image == NULL)
        return DFU_OK;
    lock(board);
    int rc = o->image(&board->info, &board->own, err, o->image_user);
    unlock(board);
    if (rc >= 0)
        return DFU_OK;
    if (err != NULL && *err == NULL)
        (void)dfu_error_set(err, rc, "no image could be made for the board at %s", board->device->path);
    return rc;
}

void dfui_gang_equip(struct dfui_gang_board *board)
{
    struct dfu_context *of = board->gang->scout != NULL ? board->gang->scout : board->gang->context;
    board->info.code = dfui_context_share(of, on_log, board, &board->context, &board->error);
}

/* What stays at its path; where the bus cannot be looked at, the board that was there. */
static void look_back(struct dfui_gang_board *board)
{
    struct dfui_sighting seen;
    board->after = (struct dfui_sighting){DFUI_DFU, board->device->info.address};
    if (board->gang->scout != NULL && board->context != NULL &&
        dfui_look(board->context, board->device->path, &seen, NULL) == DFU_OK)
        board->after = seen;
}

void dfui_gang_work(struct dfui_gang_board *board)
{
    int rc = board->info.code;
    if (rc == DFU_OK && atomic_load_explicit(board->context->cancel, memory_order_relaxed))
        rc = dfu_error_set(&board->error, DFU_ERR_CANCELLED, "cancelled before it began");
    if (rc == DFU_OK)
        rc = make_image(board, &board->error);
    if (rc == DFU_OK)
        rc = attempts(board, &board->error);
    dfu_image_free(board->own);
    board->own = NULL;
    look_back(board);
    dfu_context_free(board->context);
    board->context = NULL;
    board->info.code = rc;
    board->info.state = DFU_GANG_DONE;
    (void)tell(board, DFU_GANG_END);
}
