/* SPDX-License-Identifier: BSD-2-Clause */
/* Running the steps of plain DFU. A block that is lost cannot be sent alone: the download begins again. */
#include "op/run_private.h"
#include "proto/dfu11.h"
#include "proto/request.h"
#include <inttypes.h>

#define TRIES 3

/* What a device that goes by itself may take beyond its wDetachTimeOut. */
#define GO_MS 500

/* Longest upload that is believed; a device that never ends is no reason to fill memory. */
#define MAX_UPLOAD (UINT64_C(256) << 20)

static int send_one(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    enum dfui_outcome outcome;
    (void)dfu_image_read(run->plan->image, DFU_ALT_ANY, step->address, run->block, step->length);
    return dfui_dfu11_write(&run->session->link, (uint16_t)step->block, run->block, step->length, &outcome, err);
}

/* Sends the blocks before `step` once more, from dfuIDLE. */
static int send_again(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    int rc = dfui_session_recover(run->session, err);
    run->session->link.retries++;
    for (const struct dfu_step *s = run->plan->steps; rc == DFU_OK && s < step; s++) {
        if (s->kind == DFU_STEP_WRITE)
            rc = send_one(run, s, err);
    }
    return rc;
}

int dfui_run_plain_write(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    int rc = send_one(run, step, err);
    for (int attempt = 1; rc != DFU_OK && attempt < TRIES && dfui_run_again(run, "write", step->address, rc, *err);
         attempt++) {
        dfui_error_clear(err);
        dfui_log(run->session->link.log, DFU_LOG_WARNING, "block %u was lost, beginning the download again",
                 step->block);
        rc = send_again(run, step, err);
        if (rc == DFU_OK)
            rc = send_one(run, step, err);
    }
    if (rc == DFU_OK)
        run->result.bytes += step->length;
    return rc;
}

/* bitWillDetach is made for DETACH, but devices that have it may also end their manifestation without a reset. */
static bool goes_by_itself(struct dfui_run *run)
{
    const struct dfu_device_info *info = &run->session->device->info;
    uint32_t left;
    return (info->attributes & DFU_WILL_DETACH) &&
           dfui_session_watch(run->session, (uint32_t)info->detach_timeout + GO_MS, &left, NULL) == DFU_OK &&
           left != DFU_LEFT_STILL_DFU;
}

int dfui_run_plain_manifest(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfu_session *s = run->session;
    bool tolerant = run->plan->target.attributes & DFU_MANIFESTATION_TOLERANT;
    bool needs_reset = false;
    bool gone = false;
    int rc = dfui_dfu11_manifest(&s->link, (uint16_t)step->block, tolerant, &needs_reset, &gone, err);
    for (int attempt = 1;
         rc != DFU_OK && attempt < TRIES && dfui_run_again(run, "manifestation", step->address, rc, *err); attempt++) {
        dfui_error_clear(err);
        rc = send_again(run, step, err);
        if (rc == DFU_OK)
            rc = dfui_dfu11_manifest(&s->link, (uint16_t)step->block, tolerant, &needs_reset, &gone, err);
    }
    if (rc != DFU_OK || !(needs_reset || gone))
        return rc;
    /* All blocks were taken; what the device does now cannot spoil that. */
    if (needs_reset && !goes_by_itself(run))
        (void)s->context->ops.reset(s->link.conn, NULL);
    s->gone = true;
    return dfui_session_watch(s, run->options.leave_watch_ms, &run->result.left, err);
}

int dfui_run_plain_leave(struct dfui_run *run, struct dfu_error **err)
{
    struct dfu_session *s = run->session;
    (void)dfui_idle(&s->link, NULL);
    (void)dfui_request_detach(&s->link, s->device->info.detach_timeout, NULL);
    (void)s->context->ops.reset(s->link.conn, NULL);
    s->gone = true;
    return dfui_session_watch(s, run->options.leave_watch_ms, &run->result.left, err);
}

/* A short frame ends an upload, and the device is in dfuIDLE then (DFU 1.1 section 6.2.2). In dfuUPLOAD-IDLE it
 * believes that it sent the whole block: the frame was cut on its way. */
static bool was_cut(struct dfui_run *run)
{
    uint8_t state = DFU_STATE_IDLE;
    bool cut = dfui_request_getstate(&run->session->link, &state, NULL) == DFU_OK && state == DFU_STATE_UPLOAD_IDLE;
    if (cut)
        run->session->link.state = DFU_STATE_UPLOAD_IDLE;
    return cut;
}

/* The block that `step` names; after a fault or a reconnection with those before it. */
static int fetch(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfui_link *link = &run->session->link;
    int rc = DFU_OK;
    for (int attempt = 1;; attempt++) {
        uint64_t first = attempt == 1 && !run->upload_lost ? run->uploaded_blocks : 0;
        run->upload_lost = true; /* until all went well */
        for (uint64_t n = first; rc >= 0 && n < run->uploaded_blocks; n++)
            rc = dfui_dfu11_read(link, (uint16_t)n, run->block, run->plan->target.block_size, err);
        if (rc >= 0)
            rc = dfui_dfu11_read(link, (uint16_t)step->block, run->block, step->length, err);
        /* A device that says so three times means it. */
        bool good = rc >= 0 && ((uint32_t)rc == step->length || attempt == TRIES || !was_cut(run));
        if (good || attempt == TRIES || (rc < 0 && !dfui_run_again(run, "read", step->address, rc, *err)))
            break;
        dfui_error_clear(err);
        link->retries++;
        rc = dfui_session_recover(run->session, err);
        if (rc != DFU_OK)
            break;
    }
    run->upload_lost = rc < 0;
    run->uploaded_blocks += rc >= 0;
    return rc;
}

/* The last block of a comparison that has written nothing: only then does it matter where the upload ends. */
static bool ends_comparison(const struct dfui_run *run, const struct dfu_step *step)
{
    const struct dfu_plan *plan = run->plan;
    return plan->summary.write_blocks == 0 &&
           (step + 1 == plan->steps + plan->count || step[1].kind != DFU_STEP_VERIFY);
}

static bool is_blank(const uint8_t *data, uint32_t length)
{
    return length == 0 || ((data[0] == 0xFF || data[0] == 0x00) && memcmp(data, data + 1, length - 1) == 0);
}

/* Is there something behind the image? That is told, and is no difference: many devices send all their memory, whatever
 * it holds. */
static void look_beyond(struct dfui_run *run, const struct dfu_step *step, uint32_t got)
{
    uint32_t size = run->plan->target.block_size;
    bool blank = is_blank(run->block + step->length, got - step->length);
    int next = 0;
    if (blank && got == size)
        next = dfui_dfu11_read(&run->session->link, (uint16_t)(step->block + 1), run->block, size, NULL);
    if (!blank || (next > 0 && !is_blank(run->block, (uint32_t)next)))
        dfui_log(run->session->link.log, DFU_LOG_WARNING,
                 "the device holds more than the image: what follows its %" PRIu64 " bytes is not blank",
                 (uint64_t)step->block * size + step->length);
}

int dfui_run_plain_verify(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfu_step asked = *step;
    bool last = ends_comparison(run, step);
    if (last)
        asked.length = run->plan->target.block_size; /* so that a short frame shows the end */
    int got = fetch(run, &asked, err);
    if (got < 0)
        return got;
    if ((uint32_t)got < step->length) {
        (void)dfu_error_set(err, DFU_ERR_MISMATCH,
                            "the device holds fewer bytes than the image: the upload ended after %" PRIu64
                            " bytes in block %u",
                            (uint64_t)step->block * run->plan->target.block_size + (uint32_t)got, step->block);
        dfui_error_address(err, step->address + (uint32_t)got);
        return DFU_ERR_MISMATCH;
    }
    dfui_run_compare(run, step);
    if (last)
        look_beyond(run, step, (uint32_t)got);
    return DFU_OK;
}

int dfui_run_plain_upload(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err)
{
    struct dfu_step block = *step;
    int got;
    block.length = run->plan->target.block_size;
    uint64_t at = (uint64_t)run->uploaded_blocks * block.length; /* after a reconnection */
    do {
        block.block = (uint32_t)(at / block.length) & UINT16_MAX;
        got = fetch(run, &block, err);
        if (got < 0)
            return got;
        int rc = got == 0 ? DFU_OK
                          : dfu_image_add(run->options.into, DFU_ALT_ANY, at, run->block, (size_t)got,
                                          DFU_OVERLAP_ERROR, err);
        if (rc != DFU_OK)
            return rc;
        at += (uint32_t)got;
        if (at > MAX_UPLOAD)
            return dfu_error_set(err, DFU_ERR_PROTOCOL, "the upload does not end: %" PRIu64 " bytes so far", at);
    } while ((uint32_t)got == block.length);
    run->result.bytes += at;
    return DFU_OK;
}
