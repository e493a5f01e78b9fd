/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans for plain DFU: one stretch of bytes from block 0 on. Where it goes is the device's business. */
#include "op/plan_private.h"

bool dfui_plan_is_plain(const struct dfu_plan *plan)
{
    return plan->target.flags & DFU_TARGET_PLAIN;
}

static int choose_alt(const struct dfu_plan *plan, uint32_t *alt, struct dfu_error **err)
{
    if (plan->options.flags & DFU_PLAN_ALT_SET) {
        *alt = plan->options.alt;
        return DFU_OK;
    }
    *alt = plan->target.first_alt;
    if (plan->target.alt_count <= 1)
        return DFU_OK;
    (void)dfu_error_set(err, DFU_ERR_AMBIGUOUS, "the device has %u alternate settings and no addresses to choose by",
                        plan->target.alt_count);
    dfu_error_set_hint(err, "choose one with --alt, by number or by name as 'dfu list' shows it");
    return DFU_ERR_AMBIGUOUS;
}

static int blocks(struct dfu_plan *plan, const struct dfu_segment *s, uint32_t alt, uint32_t kind,
                  struct dfu_error **err)
{
    uint32_t block = 0;
    int rc = DFU_OK;
    for (uint64_t at = 0; rc == DFU_OK && at < s->length; block++) {
        uint32_t length = (uint32_t)dfui_min(plan->target.block_size, s->length - at);
        struct dfu_step step = {.kind = kind,
                                .alt = alt,
                                .address = s->address + at,
                                .length = length,
                                .block = block & UINT16_MAX,
                                .region = DFUI_NO_STEP_REGION};
        rc = dfui_plan_step(plan, &step, err);
        at += length;
    }
    return rc;
}

/* The image's one segment. */
static int only_segment(const struct dfu_plan *plan, struct dfu_segment *s, struct dfu_error **err)
{
    size_t count = dfu_image_count(plan->image);
    s->size = sizeof *s;
    if (count == 1 && dfu_image_segment(plan->image, 0, s) == DFU_OK)
        return DFU_OK;
    if (count == 0)
        return dfu_error_set(err, DFU_ERR_RANGE, "the image is empty");
    (void)dfu_error_set(err, DFU_ERR_RANGE, "the image has %zu pieces, but plain DFU has no addresses to put them at",
                        count);
    dfu_error_set_hint(err, "close the gaps with --fill, or keep one piece with --crop");
    return DFU_ERR_RANGE;
}

/* After a download that resets the device, or one that cannot be uploaded, there is nothing to compare with. */
static const char *why_not_verified(const struct dfu_plan *plan)
{
    if (!(plan->target.attributes & DFU_CAN_UPLOAD))
        return "the device says that it cannot be read back (bitCanUpload is 0)";
    if (!(plan->target.attributes & DFU_MANIFESTATION_TOLERANT))
        return "the device leaves DFU mode to take the image in (bitManifestationTolerant is 0)";
    return NULL;
}

static int plan_read_back(struct dfu_plan *plan, const struct dfu_segment *s, uint32_t alt, struct dfu_error **err)
{
    const char *why = why_not_verified(plan);
    if (why != NULL && (plan->options.flags & DFU_PLAN_REQUIRE_VERIFY)) {
        (void)dfu_error_set(err, DFU_ERR_MISMATCH, "what would be written cannot be verified: %s", why);
        dfu_error_set_hint(err, "leave out --require-verify to flash without reading back");
        return DFU_ERR_MISMATCH;
    }
    if (why != NULL)
        return dfui_plan_note(plan, DFU_NOTE_NO_VERIFY, err, "not verified: %s", why);
    plan->summary.verifies = 1;
    return blocks(plan, s, alt, DFU_STEP_VERIFY, err);
}

int dfui_plan_plain_leave(struct dfu_plan *plan, struct dfu_error **err)
{
    struct dfu_step step = {.kind = DFU_STEP_LEAVE, .alt = plan->target.first_alt, .region = DFUI_NO_STEP_REGION};
    if (plan->options.flags & DFU_PLAN_LEAVE_SET)
        return dfu_error_set(err, DFU_ERR_RANGE, "plain DFU has no addresses: the device knows what to start");
    return dfui_plan_step(plan, &step, err);
}

int dfui_plan_plain_write(struct dfu_plan *plan, struct dfu_error **err)
{
    struct dfu_segment s;
    uint32_t alt;
    int rc = choose_alt(plan, &alt, err);
    if (rc == DFU_OK)
        rc = only_segment(plan, &s, err);
    if (rc != DFU_OK)
        return rc;
    plan->summary.image_bytes = s.length;
    rc = blocks(plan, &s, alt, DFU_STEP_WRITE, err);
    struct dfu_step manifest = {.kind = DFU_STEP_MANIFEST,
                                .alt = alt,
                                .address = s.address,
                                .block = plan->summary.write_blocks & UINT16_MAX,
                                .region = DFUI_NO_STEP_REGION};
    if (rc == DFU_OK)
        rc = dfui_plan_step(plan, &manifest, err);
    if (rc == DFU_OK && !(plan->options.flags & DFU_PLAN_NO_VERIFY))
        rc = plan_read_back(plan, &s, alt, err);
    if (rc == DFU_OK && (plan->options.flags & (DFU_PLAN_LEAVE | DFU_PLAN_LEAVE_SET)))
        rc = dfui_plan_plain_leave(plan, err);
    return rc;
}

int dfui_plan_plain_verify(struct dfu_plan *plan, struct dfu_error **err)
{
    struct dfu_segment s;
    uint32_t alt;
    int rc = choose_alt(plan, &alt, err);
    if (rc == DFU_OK)
        rc = only_segment(plan, &s, err);
    if (rc != DFU_OK)
        return rc;
    plan->summary.verifies = 1;
    return blocks(plan, &s, alt, DFU_STEP_VERIFY, err);
}

int dfui_plan_plain_read(struct dfu_plan *plan, size_t range_count, struct dfu_error **err)
{
    struct dfu_step step = {.kind = DFU_STEP_UPLOAD, .region = DFUI_NO_STEP_REGION};
    if (range_count > 0) {
        (void)dfu_error_set(err, DFU_ERR_RANGE, "plain DFU has no addresses: it can only be read as a whole");
        dfu_error_set_hint(err, "leave the range out");
        return DFU_ERR_RANGE;
    }
    int rc = choose_alt(plan, &step.alt, err);
    return rc == DFU_OK ? dfui_plan_step(plan, &step, err) : rc;
}

int dfui_plan_plain_refuse(const char *what, struct dfu_error **err)
{
    (void)dfu_error_set(err, DFU_ERR_UNSUPPORTED, "plain DFU has no command to %s", what);
    dfu_error_set_hint(err, "use --dfuse if the device speaks DfuSe although its descriptor says otherwise");
    return DFU_ERR_UNSUPPORTED;
}
