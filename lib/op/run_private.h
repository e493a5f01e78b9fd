/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan being run. */
#ifndef DFUI_RUN_PRIVATE_H
#define DFUI_RUN_PRIVATE_H

#include "op/plan_private.h"
#include "session/session_private.h"

/* What is known of the erased value of a memory, beside 0x00…0xFF. */
#define DFUI_ERASED_UNKNOWN (-1)

/* Blocks that are on their way (ahead.c). */
struct dfui_ahead {
    uint8_t *room;  /* for DFU_QUEUE_DEPTH blocks, a ring; NULL = not used yet */
    unsigned first; /* place of the oldest */
    unsigned count;
    bool off; /* the transport would not queue */
};

struct dfui_run {
    struct dfu_session *session;
    const struct dfu_plan *plan;
    struct dfu_run_options options;
    struct dfu_result result;
    uint8_t *block;  /* one block, being put together or read */
    uint8_t *other;  /* what is compared with it */
    int16_t *erased; /* by region: learnt erased value of its memory, or DFUI_ERASED_UNKNOWN */
    size_t region_count;
    uint64_t run_start; /* address that the current run is relative to */
    bool pointed;       /* the device's pointer is run_start */
    uint64_t started_us;
    uint64_t flashed_to; /* everything the plan writes below this address is new */
    bool erased_anything;
    uint64_t done[DFU_PHASE_LEAVE + 1];
    uint64_t total[DFU_PHASE_LEAVE + 1];
    /* Differences found by VERIFY and BLANK. */
    struct dfu_range differing; /* the run of differing bytes that is open */
    uint64_t first_difference;
    uint64_t difference_runs;
    uint8_t first_expected;
    uint8_t first_found;
    uint32_t uploaded_blocks; /* plain DFU: blocks of the current upload */
    unsigned redone;          /* sectors erased and written a second time */
    struct dfui_ahead ahead;
};

/* --- transfer.c: blocks with the retries that are without doubt (protocol rule 6) --- */

/* Is this a failure that trying again cannot mend? */
bool dfui_run_lasting(int code);
/* The erased value of the memory that region belongs to, or DFUI_ERASED_UNKNOWN. */
int dfui_run_erased(const struct dfui_run *run, uint32_t region);
/* Notes where the current run begins; SET_ADDRESS is sent when the first block needs it. */
void dfui_run_point(struct dfui_run *run, uint64_t address);
/* Reads length bytes of a block of the current run. Repeats on transient faults. */
int dfui_run_read(struct dfui_run *run, uint32_t block, void *data, uint32_t length, struct dfu_error **err);
/* Sends run->block. *broken says that a part of it may be in flash, which only an erase can mend. */
int dfui_run_send(struct dfui_run *run, const struct dfu_step *step, bool *broken, struct dfu_error **err);
int dfui_run_erase(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);

/* --- ahead.c: VERIFY, BLANK and READ steps, which follow each other, read ahead of their turn --- */

/* Reads the step's block into run->block. */
int dfui_ahead_read(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
/* Waits for what is still queued and forgets it: before any other request when the steps are not gone on with. */
void dfui_ahead_drop(struct dfui_run *run);
void dfui_ahead_free(struct dfui_run *run);

/* --- write.c: WRITE and PROBE steps --- */
int dfui_run_probe_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
int dfui_run_write_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);

/* --- otp.c --- */
bool dfui_run_is_otp(const struct dfui_run *run, const struct dfu_step *step);
/* Before anything is changed: can all that goes to OTP come out right? */
int dfui_run_check_otp(struct dfui_run *run, struct dfu_error **err);
/* Writes a block of OTP unless it is there already. */
int dfui_run_otp_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);

/* --- compare.c: VERIFY, BLANK and READ steps --- */
int dfui_run_verify_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
int dfui_run_blank_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
int dfui_run_read_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
/* Compares run->block with the image. */
void dfui_run_compare(struct dfui_run *run, const struct dfu_step *step);
/* Ends the open difference and turns what was found into an error. */
int dfui_run_judge(struct dfui_run *run, struct dfu_error **err);

/* --- times.c --- */

/* Remembers how long a step took that was carried out. */
void dfui_run_measure(struct dfui_run *run, const struct dfu_step *step, uint64_t us);

/* --- plain.c: the steps of plain DFU --- */
int dfui_run_plain_write(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
int dfui_run_plain_manifest(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
int dfui_run_plain_verify(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
/* DETACH and a reset, which is how dfu-util -R ends a session; then watches the bus. */
int dfui_run_plain_leave(struct dfui_run *run, struct dfu_error **err);
int dfui_run_plain_upload(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);

#endif
