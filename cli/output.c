/* SPDX-License-Identifier: BSD-2-Clause */
/* Where images go. */
#include "output.h"

#include "numbers.h"
#include "out.h"
#include "suffix.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int is_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t tail = strlen(end);
    return length >= tail && text_same(text + length - tail, end);
}

int output_is_raw(const struct cli *cli, enum opt_id format_id, const char *path)
{
    const char *format = args_value(&cli->args, format_id);
    if (format != NULL)
        return strcmp(format, "bin") == 0;
    return is_stdout(path) || ends_with(path, ".bin");
}

int output_is_dfu(const struct cli *cli, enum opt_id format_id, const char *path)
{
    const char *format = args_value(&cli->args, format_id);
    if (format != NULL)
        return strcmp(format, "dfuse") == 0 || strcmp(format, "dfu") == 0;
    return ends_with(path, ".dfu") || ends_with(path, ".dfuse");
}

/* The folder must exist: better known now than after a minute of reading. */
static int check_folder(const char *path, struct dfu_error **err)
{
    struct stat st;
    char *folder = text_copy(path);
    if (folder == NULL)
        return dfu_error_set(err, DFU_ERR_NO_MEMORY, "out of memory");
    char *slash = strrchr(folder, '/');
    int rc = DFU_OK;
    if (slash != NULL && slash != folder) {
        *slash = '\0';
        if (stat(folder, &st) != 0)
            rc = dfu_error_set(err, DFU_ERR_FILE, "cannot write %s: %s: %s", path, folder, strerror(errno));
        else if (!S_ISDIR(st.st_mode))
            rc = dfu_error_set(err, DFU_ERR_FILE, "cannot write %s: %s is no folder", path, folder);
    }
    if (rc == DFU_OK && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        rc = dfu_error_set(err, DFU_ERR_FILE, "cannot write %s: it is a folder", path);
    free(folder);
    return rc;
}

int output_check(const struct cli *cli, const char **path, struct dfu_error **err)
{
    int rc;
    *path = args_value(&cli->args, OPT_OUTPUT);
    if (*path == NULL || **path == '\0') {
        rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "no output file given");
        dfu_error_set_hint(err, "add -o FILE, e.g. -o out.hex, or -o - for standard output");
        return rc;
    }
    if (!is_stdout(*path))
        return check_folder(*path, err);
    if (!cli->voice.json)
        return DFU_OK;
    rc = dfu_error_set(err, DFU_ERR_ARGUMENT, "-o - and --json both want standard output");
    dfu_error_set_hint(err, "write to a file, or drop --json");
    return rc;
}

static int parse_bytes(const struct args *args, enum opt_id id, const char *what, uint32_t *out, struct dfu_error **err)
{
    uint64_t value = 0;
    const char *text = args_value(args, id);
    int rc = text == NULL ? DFU_OK : number_parse(text, what, UINT32_MAX, &value, err);
    *out = (uint32_t)value;
    return rc;
}

/* The ids in a .dfu file: each by its option, else the device's, else any. */
static int parse_ids(const struct args *args, const struct output_device *device, struct dfu_image_options *save,
                     struct dfu_error **err)
{
    struct suffix_ids ids = {0};
    int rc = suffix_parse_ids(args, &ids, err);
    if (rc != DFU_OK || (!ids.given && device == NULL))
        return rc;
    save->flags |= DFU_IMAGE_IDS_SET;
    save->vid = device == NULL || args_count(args, OPT_VID) > 0 ? ids.vid : device->vid;
    save->pid = device == NULL || args_count(args, OPT_PID) > 0 ? ids.pid : device->pid;
    save->bcd_device = device == NULL || args_count(args, OPT_BCD_DEVICE) > 0 ? ids.bcd_device : device->bcd_device;
    return DFU_OK;
}

/* How to write, as the options say. */
static int parse_options(const struct args *args, const struct output_device *device, struct dfu_image_options *save,
                         struct dfu_error **err)
{
    int rc = parse_bytes(args, OPT_RECORD_BYTES, "--record-bytes", &save->record_bytes, err);
    if (rc == DFU_OK)
        rc = parse_bytes(args, OPT_ADDRESS_BYTES, "--address-bytes", &save->address_bytes, err);
    return rc == DFU_OK ? parse_ids(args, device, save, err) : rc;
}

static void on_note(const char *text, void *user)
{
    out_note(user, "%s", text);
}

int output_save(struct cli *cli, enum opt_id format_id, const char *path, const struct dfu_image *image,
                const struct output_device *device, struct dfu_error **err)
{
    struct dfu_image_options save;
    struct dfu_image_info info;
    DFU_INIT(&save);
    DFU_INIT(&info);
    save.format = args_value(&cli->args, format_id);
    save.family = args_value(&cli->args, OPT_FAMILY);
    save.note = on_note;
    save.note_user = cli;
    /* Memory that was read has no format of its own; through a pipe it is bytes. */
    if (save.format == NULL && is_stdout(path) && dfu_image_describe(image, &info) == DFU_OK && info.format == NULL)
        save.format = "bin";
    if (!output_is_dfu(cli, format_id, path)) /* nobody asked for a suffix behind raw bytes */
        device = NULL;
    if (save.format == NULL && device != NULL && device->plain)
        save.format = "bin";
    (void)fflush(stdout);
    int rc = parse_options(&cli->args, device, &save, err);
    if (rc == DFU_OK)
        rc = dfu_image_save(image, path, &save, err);
    if (rc == DFU_ERR_FILE) {
        dfu_error_wrap(err, "cannot save the image");
        dfu_error_set_hint(err, "make room there, or choose another place with -o");
    }
    return rc;
}
