/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/format.h"

/* "-", /dev/stdout and the like have no ending that could tell a format. */
static bool has_ending(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strchr(slash != NULL ? slash : path, '.') != NULL;
}

/* By option, by the ending of the file name, or where it has none as it was loaded. */
static int choose(const struct dfu_image *image, const char *path, const char *name, const struct dfui_format **out,
                  struct dfu_error **err)
{
    struct dfu_image_info info = {.size = sizeof info};
    if (dfui_format_compressed(path)) {
        dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: compressed files are only read, not written", path);
        dfu_error_set_hint(err, "leave out .gz, and compress the file with gzip");
        return DFU_ERR_ARGUMENT;
    }
    if (name != NULL) {
        int rc = dfui_format_named(name, out, err);
        return rc == DFU_OK && (*out)->write == NULL
                   ? dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: format %s is only read, not written", path, name)
                   : rc;
    }
    *out = dfui_format_suffixed(path);
    if (*out != NULL && (*out)->write == NULL)
        return dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: format %s is only read, not written", path, (*out)->name);
    if (*out == NULL && !has_ending(path) && dfu_image_describe(image, &info) == DFU_OK && info.format != NULL)
        (void)dfui_format_named(info.format, out, NULL);
    if (*out != NULL && (*out)->write != NULL)
        return DFU_OK;
    dfu_error_set(err, DFU_ERR_ARGUMENT, "%s: the name does not say which format to write", path);
    dfu_error_set_hint(err, "end the name in .hex, .s19, .bin or the like, or give --format");
    return DFU_ERR_ARGUMENT;
}

int dfu_image_save(const struct dfu_image *image, const char *path, const struct dfu_image_options *options,
                   struct dfu_error **err)
{
    struct dfu_image_options o;
    const struct dfui_format *format;
    struct dfui_sink sink;
    int rc = dfui_sized_in(&o, sizeof o, options, "dfu_image_options", err);
    if (rc == DFU_OK)
        rc = choose(image, path, o.format, &format, err);
    if (rc == DFU_OK)
        rc = dfui_sink_open(&sink, path, err);
    if (rc != DFU_OK)
        return rc;
    rc = format->write(image, &o, &sink, err);
    if (rc == DFU_OK)
        return dfui_sink_commit(&sink, err);
    if (rc != DFU_ERR_FILE) /* those name the file already */
        dfu_error_prefix(err, "%s", path);
    dfui_sink_abort(&sink);
    return rc;
}
