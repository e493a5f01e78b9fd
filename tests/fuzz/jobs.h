/* SPDX-License-Identifier: BSD-2-Clause */
/* What a host may do with a device whose answers are the fuzzer's: every job of the library, chosen by a number. */
#ifndef DFU_FUZZ_JOBS_H
#define DFU_FUZZ_JOBS_H

#include <libdfu/libdfu.h>

enum {
    JOB_WRITE,
    JOB_DIFF,
    JOB_PRESERVE,
    JOB_ERASE,
    JOB_MASS_ERASE,
    JOB_VERIFY,
    JOB_READ,
    JOB_OPTIONS,
    JOB_UNPROTECT,
    JOB_OTP,
    JOB_EAGER,
    JOB_RECONNECT,
    JOB_GANG_WRITE,
    JOB_GANG_VERIFY,
    JOB_GANG_ERASE,
    JOBS
};

/* The first bytes of the first region of that kind, whatever it is, or of flash. */
static inline struct dfu_image *job_image(const struct dfu_memmap *map, uint32_t kind)
{
    static const uint8_t bytes[3000] = {1, 2, 3};
    struct dfu_region r;
    struct dfu_image *image = NULL;
    uint64_t start = 0x08000000;
    DFU_INIT(&r);
    for (size_t i = 0; dfu_memmap_region(map, i, &r) == DFU_OK; i++) {
        if (r.kind == kind && r.start + sizeof bytes <= UINT32_MAX) {
            start = r.start;
            break;
        }
    }
    if (dfu_image_new(&image, NULL) == DFU_OK)
        (void)dfu_image_add(image, DFU_ALT_ANY, start, bytes, kind == DFU_MEMORY_OTP ? 8 : sizeof bytes,
                            DFU_OVERLAP_ERROR, NULL);
    return image;
}

static inline void job_options(struct dfu_session *session, uint8_t flags)
{
    static const char *const names[] = {"rdp=0", "rdp=1", "bor=1", "data0=7"};
    struct dfu_optbytes *o = NULL;
    struct dfu_protect_options po;
    struct dfu_protect_result result;
    struct dfu_range range;
    DFU_INIT(&po);
    DFU_INIT(&result);
    if (dfu_optbytes_new(dfu_session_memmap(session), NULL, &o, NULL) != DFU_OK)
        return;
    if (dfu_session_optbytes_read(session, o, NULL) == DFU_OK) {
        (void)dfu_optbytes_check(o, NULL);
        for (size_t i = 0; i < 100 && dfu_optbytes_protected(o, i, &range) == DFU_OK; i++)
            ;
        (void)dfu_optbytes_set(o, names[flags % 4], NULL);
        (void)dfu_session_optbytes_write(session, o, &po, &result, NULL);
    }
    dfu_optbytes_free(o);
}

static inline void job_plan(struct dfu_session *session, const struct dfu_image *image, unsigned job,
                            const struct dfu_plan_options *po)
{
    struct dfu_run_options ro;
    struct dfu_target target;
    struct dfu_plan *plan = NULL;
    struct dfu_image *into = NULL;
    const struct dfu_memmap *map = dfu_session_memmap(session);
    const struct dfu_range range = {0x08000000, 0x08000000 + 5000};
    DFU_INIT(&ro);
    DFU_INIT(&target);
    dfu_session_target(session, &target);
    int rc = dfu_image_new(&into, NULL);
    if (rc == DFU_OK)
        rc = job == JOB_ERASE        ? dfu_plan_erase(map, &target, &range, 1, po, &plan, NULL)
             : job == JOB_MASS_ERASE ? dfu_plan_mass_erase(map, &target, po, &plan, NULL)
             : job == JOB_VERIFY     ? dfu_plan_verify(map, &target, image, po, &plan, NULL)
                                     : dfu_plan_read(map, &target, &range, 1, po, &plan, NULL);
    ro.into = into;
    if (rc == DFU_OK)
        (void)dfu_session_run(session, plan, &ro, NULL, NULL);
    dfu_plan_free(plan);
    dfu_image_free(into);
}

static inline void job_gang(struct dfu_context *context, const struct dfu_image *image, unsigned job)
{
    static const uint32_t jobs[] = {DFU_GANG_WRITE, DFU_GANG_VERIFY, DFU_GANG_ERASE};
    const struct dfu_range range = {0x08000000, 0x08000000 + 5000};
    struct dfu_gang_options go;
    struct dfu_gang *gang = NULL;
    DFU_INIT(&go);
    go.job = jobs[job - JOB_GANG_WRITE];
    go.retries = 1;
    go.ranges = &range;
    go.range_count = 1;
    if (dfu_gang_new(context, &go, &gang, NULL) == DFU_OK && dfu_gang_add(gang, NULL, NULL, NULL) == DFU_OK)
        (void)dfu_gang_run(gang, go.job == DFU_GANG_ERASE ? NULL : image, NULL);
    dfu_gang_free(gang);
}

/* context: for the jobs that open boards themselves; session is closed by then. */
static inline void do_job(struct dfu_context *context, struct dfu_session **session, unsigned job, uint8_t flags)
{
    struct dfu_plan_options po;
    struct dfu_run_options ro;
    struct dfu_protect_result result;
    DFU_INIT(&po);
    DFU_INIT(&ro);
    DFU_INIT(&result);
    struct dfu_image *image =
        job_image(dfu_session_memmap(*session), job == JOB_OTP ? DFU_MEMORY_OTP : DFU_MEMORY_NORMAL);
    po.flags = (flags & 1 ? DFU_PLAN_FORCE_READONLY | DFU_PLAN_FORCE_OUTSIDE : 0) | (flags & 2 ? DFU_PLAN_LEAVE : 0) |
               (job == JOB_DIFF ? DFU_PLAN_DIFF : 0) | (job == JOB_PRESERVE ? DFU_PLAN_PRESERVE : 0) |
               (job == JOB_OTP ? DFU_PLAN_FORCE_OTP : 0);
    ro.flags = job == JOB_EAGER ? DFU_RUN_POLL_EAGER : 0;
    ro.reconnect_ms = job == JOB_RECONNECT ? 5000 : 0;
    switch (job) {
    case JOB_ERASE:
    case JOB_MASS_ERASE:
    case JOB_VERIFY:
    case JOB_READ:
        job_plan(*session, image, job, &po);
        break;
    case JOB_OPTIONS:
        job_options(*session, flags);
        break;
    case JOB_UNPROTECT:
        (void)dfu_session_unprotect(*session, NULL, &result, NULL);
        break;
    case JOB_GANG_WRITE:
    case JOB_GANG_VERIFY:
    case JOB_GANG_ERASE:
        dfu_session_close(*session);
        *session = NULL;
        job_gang(context, image, job);
        break;
    default:
        (void)dfu_session_write(*session, image, &po, &ro, NULL, NULL);
        break;
    }
    dfu_image_free(image);
}

#endif
