/* SPDX-License-Identifier: BSD-2-Clause */
/* The CRC of a part of an image, with every doubt about what it covers refused. */
#include "image/crc_model.h"
#include "image/image.h"
#include <inttypes.h>

#define MAX_SLOT 4u

/* What to cover and where the result lies. */
struct job {
    struct dfu_crc_model model;
    uint32_t bytes; /* of the CRC */
    struct dfu_range range;
    struct dfu_range slot;
    uint32_t alt;
    bool check;
    bool big_endian;
};

static int bad_range(struct dfu_error **err, const char *format, ...) DFU_PRINTF(2, 3);

static int bad_range(struct dfu_error **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)dfu_error_vset(err, DFU_ERR_RANGE, format, args);
    va_end(args);
    return DFU_ERR_RANGE;
}

static int place(const struct dfu_image *image, const struct dfu_image_crc_options *o, struct job *job,
                 struct dfu_error **err)
{
    bool range_given = o->flags & DFU_IMAGE_CRC_RANGE_SET;
    bool at_given = o->flags & DFU_IMAGE_CRC_AT_SET;
    job->check = o->flags & DFU_IMAGE_CRC_CHECK;
    job->big_endian = o->flags & DFU_IMAGE_CRC_BIG_ENDIAN;
    if (image->count == 0)
        return bad_range(err, "a CRC needs data, and the image holds none");
    if (range_given) {
        int rc = dfui_range_check(o->range, "CRC", err);
        if (rc != DFU_OK)
            return rc;
    }
    job->bytes = job->model.width / 8;
    job->range = range_given ? o->range : dfui_image_span(image);
    uint64_t end = job->range.end;
    if (job->check && !range_given && end - job->range.start >= job->bytes && (!at_given || o->at == end - job->bytes))
        job->range.end = end - job->bytes; /* a stored CRC at the end of the image covers what is before it */
    uint64_t at = at_given ? o->at : job->range.end;
    if (at > DFUI_4GIB - job->bytes)
        return bad_range(err, "the CRC slot at 0x%08" PRIX64 " ends past 4 GiB", at);
    job->slot = (struct dfu_range){at, at + job->bytes};
    return DFU_OK;
}

static int check_slot(const struct job *job, struct dfu_error **err)
{
    if (dfui_range_empty(dfui_range_cut(job->range, job->slot)))
        return DFU_OK;
    bad_range(err, "the CRC slot at 0x%08" PRIX64 " lies inside its own range 0x%08" PRIX64 "..0x%08" PRIX64,
              job->slot.start, job->range.start, job->range.end);
    dfui_error_address(err, job->slot.start);
    if (job->slot.start > job->range.start)
        dfu_error_set_hint(err, "end the range before the slot: --crop 0x%08" PRIX64 "..0x%08" PRIX64, job->range.start,
                           job->slot.start);
    return DFU_ERR_RANGE;
}

static int check_units(const struct job *job, struct dfu_error **err)
{
    struct dfu_range r = job->range;
    uint64_t length = r.end - r.start;
    uint64_t unit = job->model.unit;
    if (r.start % unit != 0) {
        bad_range(err, "the CRC range starts at 0x%08" PRIX64 ", which is no multiple of %" PRIu64, r.start, unit);
        dfu_error_set_hint(err, "begin at a word: --fill 0xFF@0x%08" PRIX64 "..0x%08" PRIX64, r.start / unit * unit,
                           r.start);
        return DFU_ERR_RANGE;
    }
    if (length % unit != 0 || length == 0) {
        if (length == 0)
            return bad_range(err, "nothing lies before the CRC slot at 0x%08" PRIX64, job->slot.start);
        bad_range(err,
                  "the CRC covers %" PRIu64 "-bit words, but 0x%08" PRIX64 "..0x%08" PRIX64 " has %" PRIu64
                  " bytes, no multiple of %" PRIu64,
                  unit * 8, r.start, r.end, length, unit);
        dfu_error_set_hint(err, "pad the last word: --fill 0xFF@0x%08" PRIX64 "..0x%08" PRIX64, r.end,
                           r.start + (length + unit - 1) / unit * unit);
        return DFU_ERR_RANGE;
    }
    return DFU_OK;
}

/* Data for one alt only: a CRC over a mixture would be the CRC of no memory. */
static int choose_alt(const struct dfu_image *image, struct job *job, struct dfu_error **err)
{
    if (dfui_image_alts(image, job->range, &job->alt) > 1)
        return bad_range(err, "several alternate settings have data in 0x%08" PRIX64 "..0x%08" PRIX64, job->range.start,
                         job->range.end);
    return DFU_OK;
}

static int compute(const struct dfu_image *image, const struct job *job, uint32_t *crc, struct dfu_error **err)
{
    int rc = dfu_crc_compute(&job->model, NULL, 0, crc, err);
    for (uint64_t at = job->range.start; rc == DFU_OK && at < job->range.end;) {
        const uint8_t *data;
        uint64_t n;
        dfui_image_at(image, job->alt, at, job->range.end, &data, &n);
        if (data == NULL || n != job->range.end - at) { /* one alt has no adjacent segments: a rest is a hole */
            uint64_t hole = data == NULL ? at : at + n;
            dfui_image_at(image, job->alt, hole, job->range.end, &data, &n);
            bad_range(err, "nothing is set in 0x%08" PRIX64 "..0x%08" PRIX64 ", which the CRC would cover", hole,
                      hole + n);
            dfui_error_address(err, hole);
            dfu_error_set_hint(err, "set it as it will be in flash: --fill 0xFF@0x%08" PRIX64 "..0x%08" PRIX64, hole,
                               hole + n);
            return DFU_ERR_RANGE;
        }
        rc = dfu_crc_extend(&job->model, data, (size_t)n, crc, err);
        at += n;
    }
    return rc;
}

/* The bytes of the CRC in the order they lie in memory. */
static void spell(const struct job *job, uint32_t crc, uint8_t bytes[MAX_SLOT])
{
    for (uint32_t i = 0; i < job->bytes; i++)
        bytes[job->big_endian ? job->bytes - 1 - i : i] = (uint8_t)(crc >> (8 * i));
}

static uint32_t unspell(const struct job *job, const uint8_t bytes[MAX_SLOT])
{
    uint32_t crc = 0;
    for (uint32_t i = 0; i < job->bytes; i++)
        crc |= (uint32_t)bytes[job->big_endian ? job->bytes - 1 - i : i] << (8 * i);
    return crc;
}

static int check(const struct dfu_image *image, const struct job *job, uint32_t crc, struct dfu_error **err)
{
    uint8_t stored[MAX_SLOT];
    int digits = (int)job->bytes * 2;
    const char *name = strcmp(job->model.name, "stm32") == 0 ? "STM32" : job->model.name;
    if (dfu_image_read(image, job->alt, job->slot.start, stored, job->bytes) != job->bytes)
        return bad_range(err, "the image holds no CRC at 0x%08" PRIX64, job->slot.start);
    uint32_t found = unspell(job, stored);
    if (found == crc)
        return DFU_OK;
    dfu_error_set(err, DFU_ERR_MISMATCH,
                  "%s CRC of 0x%08" PRIX64 "..0x%08" PRIX64 " is 0x%0*" PRIX32 ", stored at 0x%08" PRIX64
                  " is 0x%0*" PRIX32,
                  name, job->range.start, job->range.end, digits, crc, job->slot.start, digits, found);
    dfui_error_address(err, job->slot.start);
    return DFU_ERR_MISMATCH;
}

static int store(struct dfu_image *image, const struct job *job, uint32_t crc, struct dfu_error **err)
{
    uint8_t bytes[MAX_SLOT] = {0};
    uint8_t there[MAX_SLOT];
    spell(job, crc, bytes);
    memcpy(there, bytes, MAX_SLOT);
    (void)dfu_image_read(image, job->alt, job->slot.start, there, job->bytes);
    for (uint32_t i = 0; i < job->bytes; i++) {
        if (there[i] == bytes[i])
            continue;
        bad_range(err, "the CRC slot at 0x%08" PRIX64 " holds other data: 0x%02X at 0x%08" PRIX64 " instead of 0x%02X",
                  job->slot.start, there[i], job->slot.start + i, bytes[i]);
        dfui_error_contents(err, job->slot.start + i, bytes[i], there[i]);
        dfu_error_set_hint(err, "drop what is there: --exclude 0x%08" PRIX64 "..0x%08" PRIX64, job->slot.start,
                           job->slot.end);
        return DFU_ERR_RANGE;
    }
    return dfu_image_add(image, job->alt, job->slot.start, bytes, job->bytes, DFU_OVERLAP_LAST, err);
}

static int run(struct dfu_image *image, const struct dfu_image_crc_options *o, uint32_t *value, struct dfu_error **err)
{
    struct job job = {0};
    uint32_t crc = 0;
    int rc = dfui_crc_model(&job.model, o->model, err);
    if (rc == DFU_OK)
        rc = place(image, o, &job, err);
    if (rc == DFU_OK)
        rc = check_slot(&job, err);
    if (rc == DFU_OK)
        rc = check_units(&job, err);
    if (rc == DFU_OK)
        rc = choose_alt(image, &job, err);
    if (rc == DFU_OK)
        rc = compute(image, &job, &crc, err);
    if (rc == DFU_OK)
        rc = job.check ? check(image, &job, crc, err) : store(image, &job, crc, err);
    if (value != NULL && (rc == DFU_OK || rc == DFU_ERR_MISMATCH))
        *value = crc;
    return rc;
}

int dfu_image_crc(struct dfu_image *image, const struct dfu_image_crc_options *options, uint32_t *value,
                  struct dfu_error **err)
{
    struct dfu_image_crc_options o;
    int rc = dfui_sized_in(&o, sizeof o, options, "dfu_image_crc_options", err);
    return rc == DFU_OK ? run(image, &o, value, err) : rc;
}

int dfu_image_stm32_crc(struct dfu_image *image, const struct dfu_image_crc_options *options, uint32_t *value,
                        struct dfu_error **err)
{
    struct dfu_image_crc_options o;
    int rc = dfui_sized_in(&o, sizeof o, options, "dfu_image_crc_options", err);
    o.model = NULL;
    return rc == DFU_OK ? run(image, &o, value, err) : rc;
}
