/* SPDX-License-Identifier: BSD-2-Clause */
/* Where images go. */
#include "output.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int copy_to_stdout(const char *path, struct dfu_error **err)
{
    char chunk[16384];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return dfu_error_set(err, DFU_ERR_FILE, "cannot read %s: %s", path, strerror(errno));
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        (void)fwrite(chunk, 1, n, stdout); /* a failure is found when main() flushes */
    (void)fclose(f);
    return DFU_OK;
}

/* By way of a temporary file, so that every format can do it. */
static int save_to_stdout(const struct dfu_image *image, const struct dfu_image_options *save, struct dfu_error **err)
{
    const char *temporary = getenv("TMPDIR");
    char folder[1024];
    char path[1100];
    int n = snprintf(folder, sizeof folder, "%s/dfu-XXXXXX",
                     temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp");
    if (n < 0 || (size_t)n >= sizeof folder || mkdtemp(folder) == NULL)
        return dfu_error_set(err, DFU_ERR_FILE, "cannot make a temporary folder: %s", strerror(errno));
    (void)snprintf(path, sizeof path, "%s/out", folder);
    int rc = dfu_image_save(image, path, save, err);
    if (rc == DFU_OK)
        rc = copy_to_stdout(path, err);
    (void)unlink(path);
    (void)rmdir(folder);
    return rc;
}

int output_save(struct cli *cli, enum opt_id format_id, const char *path, const struct dfu_image *image,
                struct dfu_error **err)
{
    struct dfu_image_options save;
    DFU_INIT(&save);
    save.format = args_value(&cli->args, format_id);
    if (!is_stdout(path)) {
        int rc = dfu_image_save(image, path, &save, err);
        if (rc == DFU_ERR_FILE) {
            dfu_error_wrap(err, "cannot save the image");
            dfu_error_set_hint(err, "make room there, or choose another place with -o");
        }
        return rc;
    }
    if (save.format == NULL)
        save.format = "bin";
    return save_to_stdout(image, &save, err);
}
