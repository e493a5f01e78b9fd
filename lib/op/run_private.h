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

#define DFUI_NO_REWIND SIZE_MAX

/* What a device refused, so that a second refusal of the same is seen. */
struct dfui_blame {
    const char *what; /* NULL = nothing yet */
    uint64_t address;
};

/* What a survey has seen of a sector (glance.c). */
struct dfui_glance {
    const struct dfui_sector *sector; /* NULL = none yet */
    bool differs;                     /* from the image */
    bool used;                        /* not blank */
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
    bool expecting;     /* what is about to be read is known: another place would show */
    uint64_t started_us;
    uint64_t flashed_to; /* everything the plan writes below this address is new */
    bool erased_anything;
    bool begun_again; /* what was read before the plan was made holds no more */
    uint64_t done[DFU_PHASE_LEAVE + 1];
    uint64_t total[DFU_PHASE_LEAVE + 1];
    /* Differences found by VERIFY and BLANK. */
    struct dfu_range differing; /* the run of differing bytes that is open */
    uint64_t first_difference;
    uint64_t difference_runs;
    uint8_t first_expected;
    uint8_t first_found;
    bool suspected;             /* that memory is protected: it was told */
    uint32_t uploaded_blocks;   /* plain DFU: blocks of the current upload */
    uint64_t shortest_erase_us; /* of a sector, where one was so fast that it was looked at; 0 = none */
    bool has_read;              /* an UPLOAD of this job went well */
    bool read_zeros;            /* something was read to keep or to compare */
    bool read_more;             /* and it was not only zeros */
    bool unreadable;            /* the device refuses every UPLOAD, whatever bitCanUpload says */
    /* Doing things again. */
    struct dfu_range dirty; /* sectors being erased and written again: what is in them is not known */
    uint32_t dirty_alt;
    unsigned redone;           /* how often that was done in this run */
    uint64_t repaired_at;      /* where what was read back was last found wrong, and how often in a row */
    unsigned repairs;          /* at that place */
    size_t rewind;             /* step to go on with instead of the next one, or DFUI_NO_REWIND */
    size_t stopped_at;         /* 1 + the step at which the device last went away */
    unsigned here;             /* how often in a row it did so there */
    bool upload_lost;          /* plain DFU: the blocks before this one must be read again first */
    struct dfui_blame refused; /* the last error status that a device gave at a place */
    struct dfui_ahead ahead;
    struct dfui_glance glance;
};

/* --- transfer.c: blocks with the retries that are without doubt (protocol rule 6) --- */

/* Is the device gone, whatever the failure looked like? */
bool dfui_run_lost(const struct dfui_run *run, int rc);
/* Is this a failure that trying again cannot mend? */
bool dfui_run_lasting(int code);
/* May what failed at address be tried once more? A status that names a lasting cause is believed the first time, or
 * when it is given twice for the same; anything else is worth a few tries. */
bool dfui_run_again(struct dfui_run *run, const char *what, uint64_t address, int rc, const struct dfu_error *failure);
/* The erased value of the memory that region belongs to, or DFUI_ERASED_UNKNOWN. */
int dfui_run_erased(const struct dfui_run *run, uint32_t region);
/* On flash that erases to 0xFF, behind a loader that knows of read protection. */
bool dfui_run_zeros_are_suspect(const struct dfui_run *run);
/* What the rest of blank flash must hold whose first byte is this. */
uint8_t dfui_run_blank_value(const struct dfui_run *run, uint8_t first);
/* Notes where the current run begins; SET_ADDRESS is sent when the first block needs it. */
void dfui_run_point(struct dfui_run *run, uint64_t address);
/* Reads length bytes of a block of the current run. Repeats on transient faults. */
int dfui_run_read(struct dfui_run *run, uint32_t block, void *data, uint32_t length, struct dfu_error **err);
/* Sends run->block. *broken says that a part of it may be in flash, which only an erase can mend. */
int dfui_run_send(struct dfui_run *run, const struct dfu_step *step, bool *broken, struct dfu_error **err);
/* Can what the step is about be read back? */
bool dfui_run_readable(const struct dfui_run *run, const struct dfu_step *step);
int dfui_run_erase(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);

/* --- progress.c --- */
enum dfu_phase dfui_run_phase(const struct dfu_step *step);
/* Bytes that a step adds to its phase. */
uint64_t dfui_run_weight(const struct dfu_step *step);
/* The step turns out not to be needed: it is no part of its phase. */
void dfui_run_spare(struct dfui_run *run, const struct dfu_step *step);
/* Adds bytes to what was done of a phase, and tells the user's callback, which may cancel. */
int dfui_run_report(struct dfui_run *run, enum dfu_phase phase, uint64_t address, uint64_t bytes,
                    struct dfu_error **err);

/* --- ahead.c: VERIFY, BLANK and READ steps, which follow each other, read ahead of their turn --- */

/* Reads the step's block into run->block. */
int dfui_ahead_read(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
/* Waits for what is still queued and forgets it: before any other request when the steps are not gone on with. */
void dfui_ahead_drop(struct dfui_run *run);
void dfui_ahead_free(struct dfui_run *run);

/* --- glance.c: how much of a sector a survey needs to see --- */

/* Looks at run->block, which is the step's. */
void dfui_glance_at(struct dfui_run *run, const struct dfu_step *step);
/* How many blocks are worth queueing behind the step's. */
unsigned dfui_glance_depth(const struct dfui_run *run, const struct dfu_step *step);
/* Is what becomes of the step's sector known, so that the step need not be done? */
bool dfui_glance_settled(const struct dfui_run *run, const struct dfu_step *step);

/* --- write.c: WRITE and PROBE steps --- */
int dfui_run_probe_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
int dfui_run_write_step(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);
/* Puts what is to be at the step's place into run->block; *own = how many of the bytes are the image's. */
int dfui_run_compose(struct dfui_run *run, const struct dfu_step *step, size_t *own, struct dfu_error **err);
/* Erases the sectors that range touches and writes again what the steps before `end` had put there. Grows over sectors
 * that share a block. When it fails, run->dirty says which sectors are neither as they were nor as they should be. */
int dfui_run_redo(struct dfui_run *run, uint32_t alt, struct dfu_range range, const struct dfu_step *end,
                  struct dfu_error **err);
/* Adds the sectors that dfui_run_redo() would do for range to run->dirty. */
void dfui_run_spoil(struct dfui_run *run, uint32_t alt, struct dfu_range range, const struct dfu_step *end);

/* --- repair.c --- */

/* Does run->block differ from the image, and from where to where? */
bool dfui_run_differs(struct dfui_run *run, const struct dfu_step *step, struct dfu_range *differing);
/* Reads a block that was found wrong once more, and if it is wrong again has its sectors redone, where that is safe
 * and has not been tried too often; then run->rewind says where verifying goes on. run->block is what was read. */
int dfui_run_repair(struct dfui_run *run, const struct dfu_step *step, struct dfu_error **err);

/* --- resume.c: after the device went away and came back --- */

/* The step at *index failed with rc because the device went away. Waits for it and finds out where to go on: DFU_OK
 * with *index set, or why it does not go on. */
int dfui_run_resume(struct dfui_run *run, size_t *index, int rc, struct dfu_error **err);
/* Makes ready for the step at index once more: pointer and progress as they were before it. */
void dfui_run_go_back(struct dfui_run *run, size_t index);

/* --- suspect.c --- */
/* Turns a failure into one about protection where the option bytes show it; returns the code. */
int dfui_run_suspect(struct dfui_run *run, int rc, struct dfu_error **err);

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
/* Forgets what was found to differ. */
void dfui_run_forget_differences(struct dfui_run *run);
/* Compares run->block with the image. */
void dfui_run_compare(struct dfui_run *run, const struct dfu_step *step);
/* Ends the open difference and turns what was found into an error. */
int dfui_run_judge(struct dfui_run *run, struct dfu_error **err);

/* --- same.c --- */

/* After the device was away: do the sectors that the plan leaves alone still hold the image? */
int dfui_run_still_same(struct dfui_run *run, struct dfu_error **err);

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

/* --- run.c --- */

/* Runs a plan whose result is added to that of a survey before it. */
int dfui_run_after(struct dfu_session *session, const struct dfu_plan *plan, const struct dfu_run_options *options,
                   const struct dfu_result *before, struct dfu_result *result, struct dfu_error **err);

#endif
