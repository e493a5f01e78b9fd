/* SPDX-License-Identifier: BSD-2-Clause */
/* Many boards at once: who belongs to the gang, their threads, and the sum of how they fared. */
#include "core/checked.h"
#include "op/gang_private.h"
#include <stdlib.h>

static int take_options(struct dfu_gang *gang, const struct dfu_gang_options *options, struct dfu_error **err)
{
    struct dfu_gang_options *o = &gang->options;
    int rc = dfui_sized_in(o, sizeof *o, options, "gang options", err);
    if (rc == DFU_OK)
        rc = dfui_sized_in(&gang->open, sizeof gang->open, o->open, "open options", err);
    if (rc == DFU_OK)
        rc = dfui_sized_in(&gang->plan, sizeof gang->plan, o->plan, "plan options", err);
    if (rc == DFU_OK)
        rc = dfui_sized_in(&gang->run, sizeof gang->run, o->run, "run options", err);
    if (rc == DFU_OK && o->job > DFU_GANG_ERASE)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "gang: unknown job %u", o->job);
    if (rc == DFU_OK && (o->flags & ~(uint32_t)DFU_GANG_REQUIRE_LEAVE) != 0)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "gang: unknown flags 0x%X", o->flags);
    return rc;
}

int dfu_gang_new(struct dfu_context *context, const struct dfu_gang_options *options, struct dfu_gang **out,
                 struct dfu_error **err)
{
    if (context == NULL || out == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no context, or no place for the gang");
    *out = NULL;
    struct dfu_gang *gang = calloc(1, sizeof *gang);
    if (gang == NULL)
        return dfui_error_no_memory(err);
    int rc = take_options(gang, options, err);
    if (rc == DFU_OK && !dfui_mutex_init(&gang->mutex))
        rc = dfui_error_no_memory(err);
    if (rc != DFU_OK) {
        free(gang);
        return rc;
    }
    if (!dfui_condition_init(&gang->changed)) {
        dfui_mutex_destroy(&gang->mutex);
        free(gang);
        return dfui_error_no_memory(err);
    }
    gang->context = context;
    atomic_init(&gang->stop, false);
    *out = gang;
    return DFU_OK;
}

static const struct dfu_device *at_path(const struct dfu_gang *gang, const char *path)
{
    for (size_t i = 0; i < gang->count; i++) {
        if (strcmp(gang->boards[i]->device->path, path) == 0)
            return gang->boards[i]->device;
    }
    return NULL;
}

/* A device with two DFU interfaces is one board. Where the second was asked for, the first cannot stand for it. */
static int pass_over(const struct dfu_gang *gang, const struct dfu_device *known, const struct dfu_device *device,
                     const struct dfu_selector *s, struct dfu_error **err)
{
    if (known->info.interface_number == device->info.interface_number)
        return DFU_OK;
    if (s->path == NULL || strchr(s->path, ':') == NULL) {
        dfui_log(&gang->context->log, DFU_LOG_WARNING, "%s has several DFU interfaces: %u is taken, %u is not",
                 device->path, known->info.interface_number, device->info.interface_number);
        return DFU_OK;
    }
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "interface %u of the device at %s takes part already",
                        known->info.interface_number, device->path);
    dfu_error_set_hint(err, "do one interface of a device after the other");
    return DFU_ERR_UNSUPPORTED;
}

void dfui_gang_free_board(struct dfui_gang_board *board)
{
    dfui_device_free(board->device);
    dfui_error_clear(&board->error);
    free(board);
}

int dfui_gang_add_board(struct dfu_gang *gang, const struct dfu_device *device, struct dfu_error **err)
{
    struct dfui_gang_board **boards = realloc(gang->boards, (gang->count + 1) * sizeof(struct dfui_gang_board *));
    if (boards == NULL)
        return dfui_error_no_memory(err);
    gang->boards = boards;
    struct dfui_gang_board *board = calloc(1, sizeof *board);
    if (board == NULL)
        return dfui_error_no_memory(err);
    int rc = dfui_device_copy(device, &board->device, err);
    if (rc != DFU_OK) {
        dfui_gang_free_board(board);
        return rc;
    }
    board->gang = gang;
    board->result = (struct dfu_result){.size = sizeof board->result, .erased_value = -1};
    board->info = (struct dfu_gang_board){.size = sizeof board->info,
                                          .path = board->device->path,
                                          .serial = board->device->serial,
                                          .result = &board->result,
                                          .index = gang->numbered,
                                          .vid = device->info.vid,
                                          .pid = device->info.pid};
    gang->boards[gang->count++] = board;
    gang->numbered++;
    return DFU_OK;
}

int dfu_gang_add(struct dfu_gang *gang, const struct dfu_selector *selector, size_t *added, struct dfu_error **err)
{
    struct dfu_selector s;
    struct dfu_list *list = NULL;
    size_t count = 0;
    if (gang == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no gang to add boards to");
    int rc = dfui_sized_in(&s, sizeof s, selector, "selector", err);
    s.flags |= DFU_SELECT_DFU_ONLY | DFU_SELECT_IN_FORCE;
    if (rc == DFU_OK)
        rc = dfui_list_scan(gang->context, &s, &list, err);
    /* Of several DFU interfaces the first is taken, as dfu_session_open_path() does. */
    for (size_t i = 0; rc == DFU_OK && i < dfu_list_count(list); i++) {
        const struct dfu_device *device = dfu_list_at(list, i);
        const struct dfu_device *known = at_path(gang, device->path);
        rc = known != NULL ? pass_over(gang, known, device, &s, err) : dfui_gang_add_board(gang, device, err);
        count += rc == DFU_OK && known == NULL;
    }
    dfu_list_free(list);
    if (added != NULL)
        *added = count;
    return rc;
}

/* The thread of a board. */
static void work(void *arg)
{
    struct dfui_gang_board *board = arg;
    dfui_gang_work(board);
    dfui_mutex_lock(&board->gang->mutex);
    board->over = true;
    dfui_condition_wake(&board->gang->changed);
    dfui_mutex_unlock(&board->gang->mutex);
}

size_t dfui_gang_gather(struct dfu_gang *gang, bool wait)
{
    size_t running = 0;
    bool gathered = false;
    dfui_mutex_lock(&gang->mutex);
    do {
        running = 0;
        for (size_t i = 0; i < gang->count; i++) {
            struct dfui_gang_board *board = gang->boards[i];
            if (!board->has_thread)
                continue;
            if (!board->over) {
                running++;
                continue;
            }
            dfui_mutex_unlock(&gang->mutex);
            dfui_thread_join(board->thread);
            dfui_mutex_lock(&gang->mutex);
            board->has_thread = false;
            gathered = true;
        }
        if (wait && !gathered && running > 0)
            dfui_condition_wait(&gang->changed, &gang->mutex);
    } while (wait && !gathered && running > 0);
    dfui_mutex_unlock(&gang->mutex);
    return running;
}

size_t dfui_gang_most(const struct dfu_gang *gang)
{
    if (!dfui_context_can_share(gang->context))
        return 1;
    return gang->options.parallel != 0 ? gang->options.parallel : SIZE_MAX;
}

void dfui_gang_start(struct dfu_gang *gang, struct dfui_gang_board *board)
{
    size_t most = dfui_gang_most(gang);
    size_t running = dfui_gang_gather(gang, false);
    board->info.state = DFU_GANG_RUNNING;
    while (running >= most)
        running = dfui_gang_gather(gang, true);
    dfui_gang_equip(board);
    while (!dfui_thread_start(&board->thread, work, board)) {
        if (running == 0) { /* not one thread is to be had: then it is done here */
            dfui_gang_work(board);
            return;
        }
        running = dfui_gang_gather(gang, true);
    }
    board->has_thread = true;
}

static int sum_up(const struct dfu_gang *gang, struct dfu_error **err)
{
    const struct dfui_gang_board *first = NULL;
    size_t failed = 0;
    bool alike = true;
    for (size_t i = 0; i < gang->count; i++) {
        const struct dfui_gang_board *board = gang->boards[i];
        if (board->info.code == DFU_OK)
            continue;
        failed++;
        if (first == NULL)
            first = board;
        alike = alike && board->info.code == first->info.code;
    }
    if (first == NULL)
        return DFU_OK;
    int code = DFU_ERR_SOME_FAILED;
    if (alike && failed == gang->count)
        code = first->info.code;
    if (atomic_load_explicit(gang->context->cancel, memory_order_relaxed))
        code = DFU_ERR_CANCELLED;
    (void)dfu_error_set(err, code, "%zu of %zu board%s failed", failed, gang->count, gang->count == 1 ? "" : "s");
    dfu_error_set_cause(err, "%s: %s", first->device->path, dfu_error_message(first->error));
    if (dfu_error_hint(first->error) != NULL)
        dfu_error_set_hint(err, "%s", dfu_error_hint(first->error));
    return code;
}

int dfu_gang_run(struct dfu_gang *gang, const struct dfu_image *image, struct dfu_error **err)
{
    if (gang == NULL || (image == NULL && gang->options.job != DFU_GANG_ERASE))
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no gang to run, or no image for it");
    if (gang->count == 0)
        return dfu_error_set(err, DFU_ERR_NO_DEVICE, "no boards to work on");
    gang->image = image;
    for (size_t i = 0; i < gang->count; i++) {
        if (gang->boards[i]->info.state == DFU_GANG_WAITING)
            dfui_gang_start(gang, gang->boards[i]);
    }
    while (dfui_gang_gather(gang, true) > 0) {
        /* until the last is in */
    }
    gang->image = NULL;
    return sum_up(gang, err);
}

size_t dfu_gang_count(const struct dfu_gang *gang)
{
    return gang == NULL ? 0 : gang->count;
}

int dfu_gang_describe(const struct dfu_gang *gang, size_t index, struct dfu_gang_board *board)
{
    if (gang == NULL || board == NULL)
        return DFU_ERR_ARGUMENT;
    if (index >= gang->count)
        return DFU_ERR_RANGE;
    struct dfu_gang_board now = gang->boards[index]->info;
    now.error = gang->boards[index]->error;
    return dfui_sized_out(board, &now, sizeof now);
}

void dfu_gang_free(struct dfu_gang *gang)
{
    if (gang == NULL)
        return;
    for (size_t i = 0; i < gang->count; i++)
        dfui_gang_free_board(gang->boards[i]);
    free(gang->boards);
    dfui_condition_destroy(&gang->changed);
    dfui_mutex_destroy(&gang->mutex);
    free(gang);
}
