/* SPDX-License-Identifier: BSD-2-Clause */
/* Option bytes of a device: reading them, and writing them with the reset that follows (AN3156, AN2606). */
#include "core/checked.h"
#include "map/optbytes_private.h"
#include "op/protect_private.h"
#include "op/run_private.h"
#include "proto/dfuse.h"
#include "proto/request.h"
#include <inttypes.h>
#include <stdlib.h>

#define TRIES 4
#define READ_MS 5000
/* The chip resets as soon as it has answered; what is still there after this time did not reset. */
#define LEAVE_MS 5000
#define RETURN_MS 20000
#define RETURN_MS_MIB 35000

static uint64_t return_limit_ms(const struct dfui_protect *p)
{
    uint64_t bytes = 0;
    const struct dfu_memmap *map = p->session->device->map;
    for (size_t i = 0; p->erases && i < dfu_memmap_count(map); i++) {
        const struct dfu_region *r = dfui_map_region(map, i);
        if ((r->access & DFU_ACCESS_ERASE) && !dfui_map_duplicate(map, r->alt, NULL))
            bytes += r->end - r->start;
    }
    uint64_t usual = RETURN_MS + dfui_min((bytes + 0xFFFFF) >> 20, 60) * RETURN_MS_MIB;
    return dfui_max(usual, p->options.timeout_ms);
}

static int waiting(uint64_t ms, uint64_t limit_ms, void *arg)
{
    const struct dfui_protect *p = arg;
    struct dfu_progress now = {
        .board = p->options.board, .phase = DFU_PHASE_RETURN, .done = ms, .total = limit_ms, .elapsed_us = ms * 1000};
    return p->options.progress != NULL ? p->options.progress(&now, p->options.user) : 0;
}

int dfui_protect_again(struct dfui_protect *p, uint32_t leave_ms, bool *went, struct dfu_error **err)
{
    return dfui_session_again(p->session, leave_ms, return_limit_ms(p), waiting, p, went, err);
}

int dfui_protect_begin(struct dfui_protect *p, struct dfu_session *session, const struct dfu_protect_options *options,
                       struct dfu_error **err)
{
    memset(p, 0, sizeof *p);
    if (session == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no session");
    int rc = dfui_sized_in(&p->options, sizeof p->options, options, "protection options", err);
    if (rc != DFU_OK)
        return rc;
    if (p->options.flags & ~(uint32_t)DFU_PROTECT_ALLOW_RDP2)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "protection options: unknown flags 0x%X", p->options.flags);
    if (session->gone)
        return dfu_error_set(err, DFU_ERR_GONE, "the device at %s left or was lost: open it again",
                             session->device->path);
    if (!session->dfuse)
        return dfu_error_set(err, DFU_ERR_UNSUPPORTED, "plain DFU knows nothing of protection or option bytes");
    p->session = session;
    p->result.size = sizeof p->result;
    p->result.rdp_before = p->result.rdp_after = DFU_RDP_UNKNOWN;
    p->started_us = session->context->ops.now_us(session->context->self, NULL);
    return DFU_OK;
}

int dfui_protect_end(struct dfui_protect *p, struct dfu_protect_result *result, int rc, struct dfu_error **err)
{
    if (p->session != NULL) {
        struct dfu_context *c = p->session->context;
        p->result.elapsed_us = c->ops.now_us(c->self, NULL) - p->started_us;
        if (!p->session->gone && rc != DFU_ERR_GONE)
            (void)dfui_idle(&p->session->link, NULL);
    }
    if (rc == DFU_ERR_GONE)
        dfu_error_set_hint(err, "check cable and power, put the board into DFU mode again, then repeat the command");
    else if (rc != DFU_OK && rc != DFU_ERR_UNSUPPORTED)
        dfu_error_set_hint(err, "repeat the command");
    if (result != NULL && p->session != NULL && dfui_sized_out(result, &p->result, sizeof p->result) != DFU_OK &&
        rc == DFU_OK)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "the result's size is not set (use DFU_INIT)");
    return rc;
}

/* One try to read up to length bytes at address; *got may be fewer: some ROMs announce more than they have (C19). */
static int try_read(struct dfu_session *s, uint64_t address, uint8_t *data, uint32_t length, uint32_t *got,
                    struct dfu_error **err)
{
    struct dfui_link *link = &s->link;
    *got = length;
    int rc = dfui_dfuse_set_address(link, (uint32_t)address, err);
    if (rc == DFU_OK)
        rc = dfui_dfuse_read(link, DFUI_DFUSE_FIRST_BLOCK, data, length, err);
    if (rc != DFU_ERR_PROTOCOL || link->state != DFU_STATE_UPLOAD_IDLE)
        return rc;
    /* A short answer: believed when it is given twice. */
    dfui_error_clear(err);
    rc = dfui_dfuse_set_address(link, (uint32_t)address, err);
    if (rc == DFU_OK)
        rc = dfui_idle(link, err);
    if (rc == DFU_OK)
        rc = dfui_request_upload(link, DFUI_DFUSE_FIRST_BLOCK, data, length, READ_MS, err);
    link->state = DFUI_STATE_UNKNOWN;
    if (rc < 0)
        return rc;
    *got = (uint32_t)rc;
    return dfui_idle(link, err);
}

static int read_piece(struct dfu_session *s, uint64_t address, uint8_t *data, uint32_t length, uint32_t *got,
                      struct dfu_error **err)
{
    for (int attempt = 1;; attempt++) {
        int rc = try_read(s, address, data, length, got, err);
        if (rc == DFU_OK || dfui_run_lasting(rc) || attempt == TRIES || dfui_session_recover(s, NULL) != DFU_OK)
            return rc;
        s->link.retries++;
        dfui_error_clear(err);
    }
}

static int read_area(struct dfu_session *s, struct dfu_optbytes *o, const struct dfu_optbytes_area_info *a,
                     struct dfu_error **err)
{
    int rc = dfui_session_select(s, a->alt, err);
    uint8_t *piece = malloc(s->block_size);
    if (piece == NULL)
        return dfui_error_no_memory(err);
    for (uint32_t done = 0; rc == DFU_OK && done < a->length;) {
        uint32_t length = (uint32_t)dfui_min(s->block_size, a->length - done);
        uint32_t got = 0;
        rc = read_piece(s, a->start + done, piece, length, &got, err);
        if (rc == DFU_OK)
            rc = dfu_optbytes_load(o, a->start + done, piece, got, err);
        if (got < length)
            break;
        done += length;
    }
    free(piece);
    return rc;
}

/* The refusal itself says less, and its hint is to look at the option bytes. */
static int explain_closed(struct dfu_error **err)
{
    struct dfu_error_info info = {.size = sizeof info};
    char *refusal = err == NULL || *err == NULL ? NULL : dfui_strdup(dfu_error_message(*err));
    if (refusal == NULL)
        return DFU_ERR_PROTECTED;
    bool described = dfu_error_describe(*err, &info) == DFU_OK;
    (void)dfu_error_set(err, DFU_ERR_PROTECTED, "%s", refusal);
    dfu_error_set_cause(err, "read protection is on: with it, this loader refuses everything but its removal");
    dfu_error_set_hint(err, "remove it with 'dfu unprotect', which erases all of flash");
    if (described)
        dfu_error_set_info(err, &info);
    free(refusal);
    return DFU_ERR_PROTECTED;
}

int dfu_session_optbytes_read(struct dfu_session *session, struct dfu_optbytes *optbytes, struct dfu_error **err)
{
    struct dfui_protect p;
    if (optbytes == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no option bytes to load");
    int rc = dfui_protect_begin(&p, session, NULL, err);
    for (size_t i = 0; rc == DFU_OK && i < dfu_optbytes_area_count(optbytes); i++) {
        struct dfu_optbytes_area_info a = {.size = sizeof a};
        (void)dfu_optbytes_area(optbytes, i, &a);
        rc = read_area(session, optbytes, &a, err);
        if (rc == DFU_OK || i == 0 || rc == DFU_ERR_GONE || rc == DFU_ERR_CANCELLED || rc == DFU_ERR_NO_MEMORY)
            continue;
        dfui_log(session->link.log, DFU_LOG_INFO, "option bytes at 0x%08" PRIX64 " cannot be read", a.start);
        dfui_error_clear(err);
        rc = dfui_session_recover(session, err);
    }
    if (rc != DFU_OK) {
        dfu_error_prefix(err, "option bytes");
        if (rc == DFU_ERR_PROTECTED)
            rc = explain_closed(err);
    }
    return dfui_protect_end(&p, NULL, rc, err);
}

enum dfu_rdp dfui_protect_level(struct dfu_session *session, int *code)
{
    struct dfu_optbytes *o = NULL;
    enum dfu_rdp level = DFU_RDP_UNKNOWN;
    int rc = dfu_optbytes_new(session->device->map, NULL, &o, NULL);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_read(session, o, NULL);
    if (rc == DFU_OK)
        level = dfu_optbytes_rdp(o);
    if (code != NULL)
        *code = rc;
    dfu_optbytes_free(o);
    return level;
}

/* The area at index of both, which must hold the same bytes' worth. */
static int area_pair(const struct dfu_optbytes *wanted, const struct dfu_optbytes *now, size_t index,
                     struct dfu_optbytes_area_info *w, struct dfu_optbytes_area_info *n, struct dfu_error **err)
{
    *w = (struct dfu_optbytes_area_info){.size = sizeof *w};
    *n = (struct dfu_optbytes_area_info){.size = sizeof *n};
    if (dfu_optbytes_area(wanted, index, w) != DFU_OK || dfu_optbytes_area(now, index, n) != DFU_OK ||
        w->start != n->start || w->known != n->known)
        return dfu_error_set(err, DFU_ERR_ARGUMENT,
                             "the option bytes at 0x%08" PRIX64 " are %u bytes on the device, but %u were given",
                             n->start, n->known, w->known);
    return DFU_OK;
}

static int check_level(const struct dfui_protect *p, const struct dfu_optbytes *wanted, const struct dfu_optbytes *now,
                       struct dfu_error **err)
{
    bool may_be_2 = dfu_optbytes_rdp(wanted) == DFU_RDP_2;
    for (size_t i = 0; dfu_optbytes_rdp(wanted) == DFU_RDP_UNKNOWN && i < dfu_optbytes_area_count(wanted); i++) {
        struct dfu_optbytes_area_info w;
        struct dfu_optbytes_area_info n;
        int rc = area_pair(wanted, now, i, &w, &n, err);
        if (rc != DFU_OK)
            return rc;
        for (uint32_t k = 0; k < w.known; k++)
            may_be_2 = may_be_2 || (w.data[k] == 0xCC && n.data[k] != 0xCC);
    }
    if (dfu_optbytes_rdp(now) > DFU_RDP_0) {
        (void)dfu_error_set(err, DFU_ERR_PROTECTED, "read protection is on (level %d): loaders change nothing then",
                            (int)dfu_optbytes_rdp(now));
        dfu_error_set_hint(err, dfu_optbytes_rdp(now) == DFU_RDP_1
                                    ? "remove it first with 'dfu unprotect', which erases all of flash"
                                    : "replace the chip: level 2 is for ever");
        return DFU_ERR_PROTECTED;
    }
    if (!may_be_2 || (p->options.flags & DFU_PROTECT_ALLOW_RDP2))
        return DFU_OK;
    (void)dfu_error_set(err, DFU_ERR_ARGUMENT,
                        dfu_optbytes_rdp(wanted) == DFU_RDP_2
                            ? "read protection level 2 (0xCC) is for ever: no loader and no debugger gets in again"
                            : "a byte becomes 0xCC, which may be read protection level 2, and that is for ever");
    dfu_error_set_hint(err, "if that is really meant, say so with --rdp2-is-forever");
    return DFU_ERR_ARGUMENT;
}

/* The one write of an area. What looks like a failure is as a rule the reset: the comparison decides. */
static int write_area(struct dfui_protect *p, const struct dfu_optbytes_area_info *a, bool *taken,
                      struct dfu_error **err)
{
    struct dfu_session *s = p->session;
    for (int attempt = 1;; attempt++) {
        enum dfui_outcome outcome = DFUI_NOT_RUN;
        *taken = false;
        int rc = dfui_session_select(s, a->alt, err);
        if (rc == DFU_OK)
            rc = dfui_dfuse_set_address(&s->link, (uint32_t)a->start, err);
        s->link.last = (struct dfui_status){.state = DFU_STATE_IDLE};
        if (rc == DFU_OK)
            rc = dfui_dfuse_write(&s->link, DFUI_DFUSE_FIRST_BLOCK, a->data, a->known, &outcome, err);
        *taken = rc == DFU_OK || (outcome == DFUI_UNKNOWN && s->link.last.state == DFU_STATE_DNBUSY);
        if (rc == DFU_OK)
            return rc;
        if (outcome == DFUI_UNKNOWN && rc != DFU_ERR_CANCELLED && rc != DFU_ERR_NO_MEMORY) {
            dfui_error_clear(err);
            return DFU_OK;
        }
        if (outcome != DFUI_NOT_RUN || dfui_run_lasting(rc) || attempt == TRIES ||
            dfui_session_recover(s, NULL) != DFU_OK)
            return rc;
        dfui_error_clear(err);
    }
}

static int compare(const struct dfu_optbytes *wanted, const struct dfu_optbytes *now, struct dfu_error **err)
{
    for (size_t i = 0; i < dfu_optbytes_area_count(wanted); i++) {
        struct dfu_optbytes_area_info w;
        struct dfu_optbytes_area_info n;
        int rc = area_pair(wanted, now, i, &w, &n, err);
        for (uint32_t k = 0; rc == DFU_OK && k < w.known; k++) {
            if (w.data[k] == n.data[k])
                continue;
            (void)dfu_error_set(err, DFU_ERR_MISMATCH,
                                "the option byte at 0x%08" PRIX64 " is 0x%02X after writing 0x%02X", w.start + k,
                                n.data[k], w.data[k]);
            dfui_error_contents(err, w.start + k, w.data[k], n.data[k]);
            dfu_error_set_hint(err, "look at 'dfu options': bits that are reserved or locked do not change");
            return DFU_ERR_MISMATCH;
        }
        if (rc != DFU_OK)
            return rc;
    }
    return DFU_OK;
}

/* Reads again and compares. With read protection just put on, a refusal is the proof that it is. */
static int check_written(struct dfui_protect *p, const struct dfu_optbytes *wanted, struct dfu_optbytes *now,
                         struct dfu_error **err)
{
    int rc = dfu_session_optbytes_read(p->session, now, err);
    if (rc == DFU_ERR_PROTECTED && dfu_optbytes_rdp(wanted) == DFU_RDP_1) {
        p->result.rdp_after = DFU_RDP_1;
        dfui_error_clear(err);
        return dfui_session_recover(p->session, err);
    }
    if (rc == DFU_OK) {
        p->result.rdp_after = dfu_optbytes_rdp(now);
        rc = compare(wanted, now, err);
    }
    p->result.verified = rc == DFU_OK;
    return rc;
}

/* The last area first: the first one may switch read protection on, after which nothing can be written. */
static int write_areas(struct dfui_protect *p, const struct dfu_optbytes *wanted, struct dfu_optbytes *now,
                       struct dfu_error **err)
{
    for (size_t i = dfu_optbytes_area_count(wanted); i-- > 0;) {
        struct dfu_optbytes_area_info w;
        struct dfu_optbytes_area_info n;
        uint8_t sent[DFUI_OPTBYTES_BYTES]; /* our own: what goes through a transport may come out changed */
        bool taken = false;
        bool went = false;
        int rc = area_pair(wanted, now, i, &w, &n, err);
        if (rc == DFU_OK && memcmp(w.data, n.data, w.known) == 0)
            continue;
        if (rc == DFU_OK && w.known > dfui_min(p->session->block_size, sizeof sent))
            rc = dfu_error_set(err, DFU_ERR_UNSUPPORTED, "%u option bytes do not go in one block of %u", w.known,
                               p->session->block_size);
        if (rc == DFU_OK) {
            memcpy(sent, w.data, w.known);
            w.data = sent;
            rc = write_area(p, &w, &taken, err);
        }
        if (rc != DFU_OK)
            return rc;
        p->result.changed = 1;
        rc = dfui_protect_again(p, LEAVE_MS, &went, err);
        if (i == 0 && taken && went && rc == DFU_ERR_GONE && dfu_optbytes_rdp(wanted) == DFU_RDP_2) {
            dfui_error_clear(err); /* as it should be: its loader does not start again */
            return DFU_OK;
        }
        if (rc == DFU_OK && !went)
            rc = dfui_session_recover(p->session, err);
        if (rc != DFU_OK)
            return rc;
    }
    return check_written(p, wanted, now, err);
}

int dfu_session_optbytes_write(struct dfu_session *session, const struct dfu_optbytes *wanted,
                               const struct dfu_protect_options *options, struct dfu_protect_result *result,
                               struct dfu_error **err)
{
    struct dfui_protect p;
    struct dfu_optbytes *now = NULL;
    if (wanted == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "no option bytes to write");
    int rc = dfui_protect_begin(&p, session, options, err);
    if (rc != DFU_OK)
        return rc;
    rc = dfu_optbytes_new(session->device->map, dfu_optbytes_family_name(wanted), &now, err);
    if (rc == DFU_OK)
        rc = dfu_session_optbytes_read(session, now, err);
    p.result.rdp_before = p.result.rdp_after = dfu_optbytes_rdp(now);
    struct dfu_error *differs = NULL;
    int same = rc == DFU_OK ? compare(wanted, now, &differs) : rc;
    if (rc == DFU_OK && same == DFU_OK)
        p.result.verified = 1;
    if (rc == DFU_OK && same != DFU_OK && same != DFU_ERR_MISMATCH)
        rc = dfu_error_set(err, same, "%s", dfu_error_message(differs));
    dfui_error_clear(&differs);
    if (rc == DFU_OK && same == DFU_ERR_MISMATCH) {
        rc = dfu_optbytes_check(wanted, err);
        if (rc == DFU_OK)
            rc = check_level(&p, wanted, now, err);
        if (rc == DFU_OK)
            rc = write_areas(&p, wanted, now, err);
    }
    dfu_optbytes_free(now);
    return dfui_protect_end(&p, result, rc, err);
}
