/* SPDX-License-Identifier: BSD-2-Clause */
#include "srec.h"
#include <fcntl.h>
#include <unistd.h>

#define WORDS 128

struct run {
    struct srec_job *job;
    char text[4096];
    char *words[WORDS + 1];
    unsigned at;
    enum dfu_overlap overlap;
    char input[512]; /* of the pipe: "cat FILE | srec_cat - …" */
};

static int parse_input(struct run *r, struct dfu_image **out);

static int unknown(struct run *r, const char *word)
{
    (void)snprintf(r->job->unknown, sizeof r->job->unknown, "%s", word == NULL ? "end" : word);
    return SREC_UNKNOWN;
}

static const char *peek(const struct run *r)
{
    return r->words[r->at];
}

static int is(const struct run *r, const char *word)
{
    return peek(r) != NULL && strcmp(peek(r), word) == 0;
}

static int take(struct run *r, const char *word)
{
    int yes = is(r, word);
    r->at += (unsigned)yes;
    return yes;
}

static int is_number(const struct run *r)
{
    const char *w = peek(r);
    return w != NULL && ((*w >= '0' && *w <= '9') || (*w == '-' && w[1] >= '0' && w[1] <= '9'));
}

static int64_t number(struct run *r)
{
    return is_number(r) ? strtoll(r->words[r->at++], NULL, 0) : 0;
}

static struct dfu_range range(struct run *r)
{
    struct dfu_range range;
    range.start = (uint64_t)number(r);
    range.end = (uint64_t)number(r);
    return range;
}

/* "-over (input)": from the lowest to the highest address of that input. */
static int over(struct run *r, struct dfu_range *range)
{
    struct dfu_image *image = NULL;
    struct dfu_image_info info;
    DFU_INIT(&info);
    int rc = parse_input(r, &image);
    if (rc == DFU_OK)
        rc = dfu_image_describe(image, &info);
    *range = info.span;
    dfu_image_free(image);
    return rc;
}

static int fill(struct run *r, struct dfu_image *image)
{
    uint8_t value = (uint8_t)number(r);
    int rc = DFU_OK;
    struct dfu_range over_range;
    if (take(r, "-over")) {
        rc = over(r, &over_range);
        return rc == DFU_OK ? dfu_image_fill(image, value, over_range, &r->job->err) : rc;
    }
    while (rc == DFU_OK && is_number(r))
        rc = dfu_image_fill(image, value, range(r), &r->job->err);
    return rc;
}

/* Several ranges: crop to all of them at once by cutting out what lies between. */
static int crop(struct run *r, struct dfu_image *image)
{
    struct dfu_range all = range(r);
    struct dfu_range gaps[8];
    unsigned n = 0;
    while (is_number(r) && n < 8) {
        struct dfu_range next = range(r);
        gaps[n++] = (struct dfu_range){all.end, next.start};
        all.end = next.end;
    }
    int rc = dfu_image_crop(image, all, NULL, &r->job->err);
    for (unsigned i = 0; rc == DFU_OK && i < n; i++)
        rc = dfu_image_exclude(image, gaps[i], NULL, &r->job->err);
    return rc;
}

static int exclude(struct run *r, struct dfu_image *image)
{
    int rc = DFU_OK;
    while (rc == DFU_OK && is_number(r))
        rc = dfu_image_exclude(image, range(r), NULL, &r->job->err);
    return rc;
}

/* -CRC16's default is the CCITT polynomial with sixteen zero bits behind the data. */
static const struct {
    const char *word;
    const char *preset;
    uint32_t flags;
} crcs[] = {
    {"-STM32", "stm32", 0},
    {"-STM32_LE", "stm32", 0},
    {"-STM32_BE", "stm32", DFU_IMAGE_CRC_BIG_ENDIAN},
    {"-CRC32_LE", "crc32", 0},
    {"-CRC32_BE", "crc32", DFU_IMAGE_CRC_BIG_ENDIAN},
    {"-CRC16_LE", "crc16-aug-ccitt", 0},
    {"-CRC16_BE", "crc16-aug-ccitt", DFU_IMAGE_CRC_BIG_ENDIAN},
};

#define CRCS (sizeof crcs / sizeof crcs[0])

static size_t find_crc(const struct run *r)
{
    size_t i = 0;
    while (i < CRCS && !is(r, crcs[i].word))
        i++;
    return i;
}

static int crc(struct run *r, struct dfu_image *image, size_t which)
{
    struct dfu_crc_model model;
    struct dfu_image_crc_options o;
    DFU_INIT(&model);
    DFU_INIT(&o);
    r->at++;
    if (!is_number(r))
        return unknown(r, "a CRC without address");
    o.at = (uint64_t)number(r);
    o.flags = DFU_IMAGE_CRC_AT_SET | crcs[which].flags;
    o.model = &model;
    int rc = dfu_crc_preset(crcs[which].preset, &model, &r->job->err);
    return rc == DFU_OK ? dfu_image_crc(image, &o, &r->job->crc, &r->job->err) : rc;
}

static int filters(struct run *r, struct dfu_image *image)
{
    int rc = DFU_OK;
    while (rc == DFU_OK) {
        if (take(r, "-fill"))
            rc = fill(r, image);
        else if (take(r, "-crop"))
            rc = crop(r, image);
        else if (take(r, "-exclude"))
            rc = exclude(r, image);
        else if (take(r, "-offset"))
            rc = dfu_image_move(image, number(r), &r->job->err);
        else if (find_crc(r) < CRCS)
            rc = crc(r, image, find_crc(r));
        else
            break;
    }
    return rc;
}

static int load(struct run *r, struct dfu_image **out)
{
    struct dfu_image_options o;
    char path[1024];
    const char *name = peek(r);
    if (name == NULL || (name[0] == '-' && name[1] != '\0'))
        return unknown(r, name);
    r->at++;
    DFU_INIT(&o);
    o.overlap = r->overlap;
    if (take(r, "-Binary")) {
        o.format = "bin";
        o.flags = DFU_IMAGE_BASE_SET;
    } else if (take(r, "-Motorola")) {
        o.format = "srec";
    } else if (!take(r, "-Intel")) {
        return unknown(r, peek(r));
    }
    (void)snprintf(path, sizeof path, "%s/%s", r->job->folder, strcmp(name, "-") == 0 ? r->input : name);
    if (strcmp(name, "-") != 0)
        return dfu_image_load(path, &o, out, &r->job->err);
    int saved = dup(STDIN_FILENO);
    int fd = open(path, O_RDONLY);
    assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    int rc = dfu_image_load("-", &o, out, &r->job->err);
    assert_true(dup2(saved, STDIN_FILENO) == STDIN_FILENO);
    assert_int_equal(close(saved), 0);
    assert_int_equal(close(fd), 0);
    return rc;
}

static int generate(struct run *r, struct dfu_image **out)
{
    struct dfu_range where = range(r);
    int rc = dfu_image_new(out, &r->job->err);
    if (rc == DFU_OK && take(r, "-constant"))
        return dfu_image_fill(*out, (uint8_t)number(r), where, &r->job->err);
    if (rc != DFU_OK || !take(r, "-constant-le"))
        return rc == DFU_OK ? unknown(r, peek(r)) : rc;
    uint64_t value = (uint64_t)number(r);
    uint8_t bytes[8];
    size_t n = (size_t)number(r);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    assert_true(n <= 8 && n == where.end - where.start);
    return dfu_image_patch(*out, where.start, bytes, n, &r->job->err);
}

/* Inputs up to the end or a closing bracket, merged. */
static int parse_list(struct run *r, struct dfu_image **out)
{
    int rc = parse_input(r, out);
    while (rc == DFU_OK && peek(r) != NULL && !is(r, ")") && !is(r, "-o")) {
        struct dfu_image *next = NULL;
        rc = parse_input(r, &next);
        if (rc == DFU_OK)
            rc = dfu_image_merge(*out, next, r->overlap, &r->job->err);
        dfu_image_free(next);
    }
    return rc;
}

static int parse_input(struct run *r, struct dfu_image **out)
{
    int rc;
    if (take(r, "(")) {
        rc = parse_list(r, out);
        if (rc == DFU_OK && !take(r, ")"))
            rc = unknown(r, peek(r));
    } else if (take(r, "-generate")) {
        rc = generate(r, out);
    } else {
        rc = load(r, out);
    }
    return rc == DFU_OK ? filters(r, *out) : rc;
}

/* srec_cat names itself in the header, unless the input had one. */
#define HEADER "http://srecord.sourceforge.net/"

static int save(struct run *r, struct dfu_image *image)
{
    struct dfu_image_options o;
    DFU_INIT(&o);
    if (!take(r, "-o") || peek(r) == NULL)
        return unknown(r, peek(r));
    (void)snprintf(r->job->named, sizeof r->job->named, "%s", r->words[r->at++]);
    if (take(r, "-Intel"))
        o.format = "hex";
    else if (take(r, "-Binary"))
        o.format = "bin";
    else if (take(r, "-Motorola"))
        o.format = "srec";
    else
        return unknown(r, peek(r));
    if (image != NULL && dfu_image_label(image, DFU_ALT_ANY) == NULL)
        assert_dfu_ok(dfu_image_set_label(image, DFU_ALT_ANY, HEADER, &r->job->err), r->job->err);
    while (peek(r) != NULL) {
        if (strncmp(peek(r), "-obs=", 5) == 0)
            o.record_bytes = (uint32_t)strtoul(peek(r) + 5, NULL, 0);
        else if (strncmp(peek(r), "-address-length=", 16) == 0 && strcmp(o.format, "srec") == 0)
            o.address_bytes = (uint32_t)strtoul(peek(r) + 16, NULL, 0);
        else if (strcmp(peek(r), "--disable=optional-address") != 0) /* that is the default */
            return unknown(r, peek(r));
        r->at++;
    }
    return image == NULL ? DFU_OK : dfu_image_save(image, r->job->output, &o, &r->job->err);
}

static void split(struct run *r)
{
    unsigned n = 0;
    char *rest = NULL;
    (void)snprintf(r->text, sizeof r->text, "%s", r->job->command);
    for (char *w = strtok_r(r->text, " ", &rest); w != NULL && n < WORDS; w = strtok_r(NULL, " ", &rest)) {
        size_t length = strlen(w);
        if (length > 2 && w[0] == '\'' && w[length - 1] == '\'') { /* '(' */
            w[length - 1] = '\0';
            w++;
        }
        r->words[n++] = w;
    }
    r->words[n] = NULL;
}

int srec_run(struct srec_job *job)
{
    struct run r = {.job = job};
    struct dfu_image *image = NULL;
    split(&r);
    job->unknown[0] = job->named[0] = '\0';
    if (take(&r, "cat")) {
        (void)snprintf(r.input, sizeof r.input, "%s", r.words[r.at++]);
        (void)take(&r, "|");
    }
    if (!take(&r, "srec_cat"))
        return unknown(&r, peek(&r));
    if (take(&r, "-contradictory-bytes=warning")) /* then the last one wins */
        r.overlap = DFU_OVERLAP_LAST;
    int rc = parse_list(&r, &image);
    if (rc == DFU_OK)
        rc = save(&r, image);
    dfu_image_free(image);
    return rc;
}
