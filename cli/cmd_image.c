/* SPDX-License-Identifier: BSD-2-Clause */
/* dfu image: edit, info and diff, without a device. */
#include "imagediff.h"
#include "imagefit.h"
#include "imageview.h"
#include "inputs.h"
#include "out.h"
#include "output.h"
#include "suffix.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static void add_notes(const struct cli *cli, json_t *object)
{
    (void)json_object_set_new(object, "notes", cli->notes != NULL ? json_incref(cli->notes) : json_array());
}

static int check_strict(const struct cli *cli, const struct dfu_image *image, struct dfu_error **err)
{
    return args_count(&cli->args, OPT_STRICT) > 0 ? imagefit_check_vectors(image, err) : DFU_OK;
}

static int refuse_map(const struct cli *cli, const char *verb, struct dfu_error **err)
{
    if (args_count(&cli->args, OPT_MAP) + args_count(&cli->args, OPT_PROFILE) == 0)
        return DFU_OK;
    int rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu image %s' takes no --map or --profile", verb);
    dfu_error_set_hint(err, "compare with a map by 'dfu image info', or with a range by --limit");
    return rc;
}

static int image_edit(struct cli *cli, const char *const *files, size_t count, struct dfu_error **err)
{
    struct dfu_image *image = NULL;
    const char *path;
    int rc = output_check(cli, &path, err);
    if (rc == DFU_OK)
        rc = refuse_map(cli, "edit", err);
    if (rc == DFU_OK)
        rc = inputs_load(cli, files, count, NULL, &image, err);
    if (rc == DFU_OK && args_count(&cli->args, OPT_HEADER) > 0)
        rc = dfu_image_set_label(image, DFU_ALT_ANY, args_value(&cli->args, OPT_HEADER), err);
    if (rc == DFU_OK)
        rc = check_strict(cli, image, err);
    if (rc == DFU_OK)
        rc = output_save(cli, OPT_OUTPUT_FORMAT, path, image, NULL, err);
    if (rc == DFU_OK && cli->voice.json) {
        json_t *object = imageview_json(image);
        (void)json_object_set_new(object, "output", json_text(path));
        add_notes(cli, object);
        out_json(cli, object);
    } else if (rc == DFU_OK && strcmp(path, "-") != 0 && !cli->voice.quiet) {
        struct dfu_image_info info;
        DFU_INIT(&info);
        (void)dfu_image_describe(image, &info);
        out_text(cli, "wrote %" PRIu64 " bytes in 0x%08" PRIX64 "..0x%08" PRIX64 " to %s\n", info.bytes,
                 info.span.start, info.span.end, path);
    }
    dfu_image_free(image);
    return rc;
}

static int refuse_output(const struct cli *cli, const char *verb, struct dfu_error **err)
{
    if (args_count(&cli->args, OPT_OUTPUT) + args_count(&cli->args, OPT_OUTPUT_FORMAT) == 0)
        return DFU_OK;
    return dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu image %s' writes no file", verb);
}

/* Returns DFU_ERR_MISMATCH, without an error object, where the image does not fit the map: the picture says it. */
static int show(struct cli *cli, const char *name, const struct dfu_image *image, const struct dfu_memmap *map)
{
    int fits = 1;
    if (cli->voice.json) {
        json_t *object = imageview_json(image);
        if (map != NULL)
            fits = imagefit_json(object, map, image);
        add_notes(cli, object);
        out_json(cli, object);
    } else {
        imageview_print(cli, name, image);
        if (map != NULL)
            fits = imagefit_print(cli, map, image);
    }
    return fits ? DFU_OK : DFU_ERR_MISMATCH;
}

static int image_info(struct cli *cli, const char *const *files, size_t count, struct dfu_error **err)
{
    struct dfu_image *image = NULL;
    struct dfu_memmap *map = NULL;
    int rc = refuse_output(cli, "info", err);
    if (rc == DFU_OK)
        rc = imagefit_map(&cli->args, &map, err);
    if (rc == DFU_OK)
        rc = inputs_load(cli, files, count, NULL, &image, err);
    if (rc == DFU_OK)
        rc = check_strict(cli, image, err);
    if (rc == DFU_OK)
        rc = show(cli, count == 1 ? files[0] : "all files", image, map);
    dfu_image_free(image);
    dfu_memmap_free(map);
    return rc;
}

struct diff {
    struct cli *cli;
    const char *names[2];
    const struct dfu_image *images[2];
    uint64_t bytes[4]; /* by enum difference */
    json_t *ranges;    /* NULL for text */
};

static void print_bytes(const struct diff *diff, uint32_t alt, struct dfu_range range)
{
    uint8_t a = 0;
    uint8_t b = 0;
    (void)dfu_image_read(diff->images[0], alt, range.start, &a, 1);
    (void)dfu_image_read(diff->images[1], alt, range.start, &b, 1);
    out_text(diff->cli, "  first 0x%02X and 0x%02X\n", a, b);
}

static void on_difference(enum difference kind, uint32_t alt, struct dfu_range range, void *user)
{
    static const char *const json_names[] = {"", "differs", "only_first", "only_second"};
    struct diff *diff = user;
    char size[TEXT_SIZE];
    diff->bytes[kind] += range.end - range.start;
    if (diff->ranges != NULL) {
        json_t *object = json_object();
        json_add_range(object, range.start, range.end);
        if (alt != DFU_ALT_ANY)
            (void)json_object_set_new(object, "alt", json_integer(alt));
        (void)json_object_set_new(object, "kind", json_string(json_names[kind]));
        (void)json_array_append_new(diff->ranges, object);
        return;
    }
    out_text(diff->cli, "0x%08" PRIX64 "..0x%08" PRIX64 "  %10s  ", range.start, range.end,
             text_size(size, range.end - range.start));
    if (alt != DFU_ALT_ANY)
        out_text(diff->cli, "alt %" PRIu32 "  ", alt);
    if (kind == DIFFERENCE_BYTES)
        print_bytes(diff, alt, range);
    else
        out_text(diff->cli, "only in %s\n", diff->names[kind == DIFFERENCE_ONLY_FIRST ? 0 : 1]);
}

static int report_diff(struct diff *diff)
{
    int equal = diff->bytes[1] + diff->bytes[2] + diff->bytes[3] == 0;
    if (diff->ranges != NULL) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "equal", json_boolean(equal));
        (void)json_object_set_new(object, "differing_bytes", json_integer((json_int_t)diff->bytes[DIFFERENCE_BYTES]));
        (void)json_object_set_new(object, "only_first_bytes",
                                  json_integer((json_int_t)diff->bytes[DIFFERENCE_ONLY_FIRST]));
        (void)json_object_set_new(object, "only_second_bytes",
                                  json_integer((json_int_t)diff->bytes[DIFFERENCE_ONLY_SECOND]));
        (void)json_object_set_new(object, "ranges", diff->ranges);
        diff->ranges = NULL;
        out_json(diff->cli, object);
    } else if (equal && !diff->cli->voice.quiet) {
        out_text(diff->cli, "no difference\n");
    }
    return equal ? DFU_OK : DFU_ERR_MISMATCH; /* without an error object: the listing has said it */
}

static int image_diff(struct cli *cli, const char *const *files, size_t count, struct dfu_error **err)
{
    struct dfu_image *images[2] = {NULL, NULL};
    int rc = refuse_output(cli, "diff", err);
    if (rc == DFU_OK)
        rc = refuse_map(cli, "diff", err);
    if (rc == DFU_OK && count != 2)
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "'dfu image diff' compares two files, not %zu", count);
    for (size_t i = 0; i < 2 && rc == DFU_OK; i++)
        rc = inputs_load(cli, files + i, 1, NULL, &images[i], err);
    if (rc == DFU_OK) {
        struct diff result = {.cli = cli, .names = {files[0], files[1]}, .images = {images[0], images[1]}};
        result.ranges = cli->voice.json ? json_array() : NULL;
        rc = imagediff_run(images[0], images[1], on_difference, &result, err);
        if (rc == DFU_OK)
            rc = report_diff(&result);
        json_decref(result.ranges);
    }
    dfu_image_free(images[0]);
    dfu_image_free(images[1]);
    return rc;
}

int cmd_image(struct cli *cli, struct dfu_error **err)
{
    const char *const *words = cli->args.operands;
    size_t count = cli->args.operand_count;
    const char *what = count > 0 ? words[0] : "";
    if (strcmp(what, "info") == 0)
        return image_info(cli, words + 1, count - 1, err);
    if (strcmp(what, "diff") == 0)
        return image_diff(cli, words + 1, count - 1, err);
    if (strcmp(what, "suffix") == 0)
        return suffix_run(cli, words + 1, count - 1, err);
    if (args_count(&cli->args, OPT_ADD) + args_count(&cli->args, OPT_REMOVE) + args_count(&cli->args, OPT_CHECK) > 0)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "--add, --remove and --check belong to 'dfu image suffix FILE'");
    if (strcmp(what, "edit") == 0)
        return image_edit(cli, words + 1, count - 1, err);
    return image_edit(cli, words, count, err);
}
