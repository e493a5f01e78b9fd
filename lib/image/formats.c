/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/format.h"
#include <stdio.h>

/* In the order of probing: what looks at more than the beginning comes late, raw last, since it fits everything. */
static const struct dfui_format formats[] = {
    {.name = "dfuse",
     .description = "DfuSe file (.dfu) with targets",
     .suffixes = ".dfu .dfuse",
     .unit = "element",
     .addressed = true,
     .by_content = true, /* other .dfu files are raw bytes with a suffix */
     .probe = dfui_dfusefile_probe,
     .read = dfui_dfusefile_read,
     .write = dfui_dfusefile_write},
    {.name = "uf2",
     .description = "UF2 blocks",
     .suffixes = ".uf2",
     .unit = "block",
     .addressed = true,
     .probe = dfui_uf2_probe,
     .read = dfui_uf2_read,
     .write = dfui_uf2_write},
    {.name = "elf",
     .description = "ELF32, little-endian (read only)",
     .suffixes = ".elf .axf .out",
     .unit = "segment",
     .addressed = true,
     .probe = dfui_elf_probe,
     .read = dfui_elf_read},
    {.name = "srec",
     .description = "Motorola S-records",
     .suffixes = ".s19 .s28 .s37 .s1 .s2 .s3 .srec .srecord .mot .mhx .sx",
     .unit = "line",
     .addressed = true,
     .probe = dfui_srec_probe,
     .read = dfui_srec_read,
     .write = dfui_srec_write},
    {.name = "hex",
     .description = "Intel HEX",
     .suffixes = ".hex .ihex .ihx",
     .unit = "line",
     .addressed = true,
     .probe = dfui_ihex_probe,
     .read = dfui_ihex_read,
     .write = dfui_ihex_write},
    {.name = "bin",
     .description = "raw bytes without addresses",
     .suffixes = ".bin",
     .unit = "byte",
     .read = dfui_bin_read,
     .write = dfui_bin_write},
};

#define FORMATS (sizeof formats / sizeof *formats)

const struct dfui_format *dfui_format_at(size_t index)
{
    return index < FORMATS ? &formats[index] : NULL;
}

size_t dfu_format_count(void)
{
    return FORMATS;
}

const char *dfu_format_name(size_t index, const char **description)
{
    if (index >= FORMATS)
        return NULL;
    if (description != NULL)
        *description = formats[index].description;
    return formats[index].name;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* True when name, without its dot, is one of the blank-separated suffixes; case does not matter. */
static bool has_suffix(const char *suffixes, const char *name)
{
    for (const char *at = suffixes; *at != '\0';) {
        const char *n = name;
        at++; /* the dot */
        while (*at != '\0' && *at != ' ' && *at == lower(*n)) {
            at++;
            n++;
        }
        if ((*at == '\0' || *at == ' ') && *n == '\0')
            return true;
        while (*at != '\0' && *at != '.')
            at++;
    }
    return false;
}

/* "choose hex, srec, … or bin". */
static void hint_names(struct dfu_error **err)
{
    char text[128] = "";
    size_t used = 0;
    for (size_t i = 0; i < FORMATS && used < sizeof text; i++) {
        const char *between = i == 0 ? "" : i + 1 < FORMATS ? ", " : " or ";
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", between, formats[i].name);
    }
    dfu_error_set_hint(err, "choose %s", text);
}

int dfui_format_named(const char *name, const struct dfui_format **out, struct dfu_error **err)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(formats[i].name, name) == 0 || has_suffix(formats[i].suffixes, name)) {
            *out = &formats[i];
            return DFU_OK;
        }
    }
    dfu_error_set(err, DFU_ERR_ARGUMENT, "unknown format \"%s\"", name);
    hint_names(err);
    return DFU_ERR_ARGUMENT;
}

bool dfui_format_compressed(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && path[length - 3] == '.' && lower(path[length - 2]) == 'g' && lower(path[length - 1]) == 'z';
}

const struct dfui_format *dfui_format_suffixed(const char *path)
{
    char stem[32] = "";
    size_t length = strlen(path) - (dfui_format_compressed(path) ? 3 : 0);
    size_t start = length > sizeof stem - 1 ? length - (sizeof stem - 1) : 0; /* the end is enough */
    memcpy(stem, path + start, length - start);
    const char *slash = strrchr(stem, '/');
    const char *dot = strrchr(slash == NULL ? stem : slash, '.');
    for (size_t i = 0; dot != NULL && i < FORMATS; i++) {
        if (has_suffix(formats[i].suffixes, dot + 1))
            return &formats[i];
    }
    return NULL;
}

const struct dfui_format *dfui_format_probed(const uint8_t *head, size_t length)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (formats[i].probe != NULL && formats[i].probe(head, length))
            return &formats[i];
    }
    return NULL;
}
