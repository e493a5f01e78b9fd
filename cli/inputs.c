/* SPDX-License-Identifier: BSD-2-Clause */
/* FILE[@ADDR]… and the edits. */
#include "inputs.h"

#include "edits.h"
#include "mapview.h"
#include "numbers.h"
#include "out.h"
#include "sha256.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct input {
    char *path;
    uint64_t base;
    int has_base;
};

static void on_note(const char *text, void *user)
{
    out_note(user, "%s", text); /* it names the file */
}

/* Splits FILE@ADDR. A file that really has such a name wins. */
static int split_input(const char *text, struct input *input, struct dfu_error **err)
{
    const char *at = strrchr(text, '@');
    input->has_base = 0;
    input->path = text_copy(text);
    if (input->path == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    if (at == NULL || at == text || access(text, F_OK) == 0)
        return DFU_OK;
    input->path[at - text] = '\0';
    input->has_base = 1;
    return number_parse(at + 1, "address after '@'", UINT32_MAX, &input->base, err);
}

static int parse_overlap(const struct args *args, enum dfu_overlap *overlap, struct dfu_error **err)
{
    static const struct {
        const char *name;
        enum dfu_overlap value;
    } table[] = {{"error", DFU_OVERLAP_ERROR}, {"first", DFU_OVERLAP_FIRST}, {"last", DFU_OVERLAP_LAST}};
    const char *name = args_value(args, OPT_OVERLAP);
    *overlap = DFU_OVERLAP_ERROR;
    if (name == NULL)
        return DFU_OK;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *overlap = table[i].value;
            return DFU_OK;
        }
    }
    return dfu_error_set(err, DFU_ERR_ARGUMENT, "--overlap: '%s' is not error, first or last", name);
}

/* Whether path loads once a base is given: then the base was all that was missing. */
static int is_raw(const char *path, struct dfu_image_options load)
{
    struct dfu_image *image = NULL;
    load.flags |= DFU_IMAGE_BASE_SET;
    load.base = 0;
    load.note = NULL;
    int raw = dfu_image_load(path, &load, &image, NULL) == DFU_OK;
    dfu_image_free(image);
    return raw;
}

/* Adds the parts that the library, which knows nothing of command lines, leaves out. */
static void explain(int rc, const char *path, struct dfu_error **err)
{
    if (rc == DFU_ERR_FILE) {
        dfu_error_wrap(err, "cannot load %s", path);
        dfu_error_set_hint(err, "name a firmware file, e.g. app.hex or app.bin@0x08000000");
    } else if (rc == DFU_ERR_FORMAT) {
        if (dfu_error_cause(*err) == NULL)
            dfu_error_set_cause(err, "the file is damaged, cut short, or not what it seems");
        dfu_error_set_hint(err, "build or fetch it again; nothing was done with it");
    }
}

static int load_one(struct cli *cli, const char *file, enum dfu_overlap overlap, const char **unplaced,
                    struct dfu_image **out, struct dfu_error **err)
{
    struct dfu_image_options load;
    struct input input;
    DFU_INIT(&load);
    load.format = args_value(&cli->args, OPT_FORMAT);
    load.family = args_value(&cli->args, OPT_FAMILY);
    load.overlap = overlap;
    load.note = on_note;
    load.note_user = cli;
    int rc = split_input(file, &input, err);
    if (rc == DFU_OK && input.has_base) {
        load.flags = DFU_IMAGE_BASE_SET;
        load.base = input.base;
    }
    if (rc == DFU_OK) {
        rc = dfu_image_load(input.path, &load, out, err);
        explain(rc, input.path, err);
        if (rc == DFU_ERR_ARGUMENT && !input.has_base && cli->raw_at_zero) {
            load.flags = DFU_IMAGE_BASE_SET;
            dfu_error_free(*err);
            *err = NULL;
            rc = dfu_image_load(input.path, &load, out, err);
        } else if (rc == DFU_ERR_ARGUMENT && !input.has_base && is_raw(input.path, load)) {
            rc = inputs_refuse_unplaced(file, NULL, err);
            if (unplaced != NULL)
                *unplaced = file;
        }
    }
    free(input.path);
    return rc;
}

static int load_all(struct cli *cli, const char *const *files, size_t count, const char **unplaced,
                    struct dfu_image **out, struct dfu_error **err)
{
    enum dfu_overlap overlap;
    int rc = parse_overlap(&cli->args, &overlap, err);
    for (size_t i = 0; rc == DFU_OK && i < count; i++) {
        struct dfu_image *next = NULL;
        rc = load_one(cli, files[i], overlap, unplaced, &next, err);
        if (rc != DFU_OK)
            break;
        if (*out == NULL) { /* the usual case, one file: no second copy of it in memory */
            *out = next;
            continue;
        }
        rc = dfu_image_merge(*out, next, overlap, err);
        if (rc == DFU_ERR_RANGE)
            dfu_error_prefix(err, "%s", files[i]);
        dfu_image_free(next);
    }
    return rc;
}

int inputs_load(struct cli *cli, const char *const *files, size_t count, const char **unplaced, struct dfu_image **out,
                struct dfu_error **err)
{
    struct edits edits;
    *out = NULL;
    if (unplaced != NULL)
        *unplaced = NULL;
    /* Wrong options are found before large files are read. */
    int rc = edits_parse(&edits, &cli->args, err);
    if (rc == DFU_OK && count == 0) {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "no file given");
        dfu_error_set_hint(err, "name one, e.g. app.hex or app.bin@0x08000000");
    }
    if (rc == DFU_OK)
        rc = load_all(cli, files, count, unplaced, out, err);
    if (rc == DFU_OK)
        rc = edits_apply(cli, &edits, *out, err);
    edits_free(&edits);
    if (rc != DFU_OK) {
        dfu_image_free(*out);
        *out = NULL;
    }
    return rc;
}

int inputs_refuse_unplaced(const char *file, const struct dfu_memmap *map, struct dfu_error **err)
{
    char *list = map != NULL ? mapview_sentence(map) : NULL;
    uint64_t example = UINT64_C(0x08000000);
    if (map != NULL)
        (void)mapview_first_flash(map, &example);
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "%s holds no addresses, and none was given", file);
    if (list != NULL)
        dfu_error_set_cause(err, "it is a raw file; the device has %s", list);
    else
        dfu_error_set_cause(err, "it is a raw file (not .hex): only you know where it belongs");
    dfu_error_set_hint(err, "write the address after it, e.g. %s@0x%08llX", file, (unsigned long long)example);
    free(list);
    return rc;
}

void image_sha256(const struct dfu_image *image, char text[65])
{
    struct sha256 sha;
    sha256_start(&sha);
    for (size_t i = 0; i < dfu_image_count(image); i++) {
        struct dfu_segment segment;
        DFU_INIT(&segment);
        if (dfu_image_segment(image, i, &segment) == DFU_OK)
            sha256_add(&sha, segment.data, (size_t)segment.length);
    }
    sha256_hex(&sha, text);
}
