/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/quirks.h"
#include <stdbool.h>
#include <stdio.h>

#define QUIRK(id, seen, where, rule, simulated, tests, source)
#define NOT_OURS(id, seen, where, reason)
#define OPEN(id, seen, where, what)
#define DEVICE(id, vid, pid_first, pid_last, bcd_first, bcd_last, flags, reason, source)                               \
    {vid, pid_first, pid_last, bcd_first, bcd_last, flags, id, reason},

static const struct dfui_quirk_row rows[] = {
#include "proto/quirks.def"
};

static bool is_about(const struct dfui_quirk_row *r, uint16_t vid, uint16_t pid, uint16_t bcd_device)
{
    return r->vid == vid && pid >= r->pid_first && pid <= r->pid_last && bcd_device >= r->bcd_first &&
           bcd_device <= r->bcd_last;
}

const struct dfui_quirk_row *dfui_quirk_row(uint16_t vid, uint16_t pid, uint16_t bcd_device, size_t index)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_about(&rows[i], vid, pid, bcd_device) && index-- == 0)
            return &rows[i];
    }
    return NULL;
}

uint32_t dfui_quirks_of(uint16_t vid, uint16_t pid, uint16_t bcd_device)
{
    uint32_t quirks = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_about(&rows[i], vid, pid, bcd_device))
            quirks |= rows[i].quirks;
    }
    return quirks;
}

const char *dfui_quirk_gd32_map(const char *serial, char *buffer, size_t size)
{
    /* Third letter of the serial, which is the part number's flash code. */
    static const struct {
        char code;
        unsigned pages;
    } sizes[] = {{'B', 128}, {'8', 64}, {'6', 32}, {'4', 16}};
    if (serial == NULL || strlen(serial) < 3)
        return NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (serial[2] == sizes[i].code) {
            (void)snprintf(buffer, size, "@Internal Flash  /0x08000000/%03u*001Kg", sizes[i].pages);
            return buffer;
        }
    }
    return NULL;
}
