/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DFUI_LIST_H
#define DFUI_LIST_H

#include "proto/link.h"
#include "session/context_private.h"
#include "usb/desc.h"
#include <libdfu/device.h>

/* One DFU interface as found; owns its strings and its map. */
struct dfu_device {
    struct dfu_device_info info; /* strings point to the members below */
    char *path;
    char *serial;
    char *product;
    char *access_error;
    char *driver;
    char **alt_names; /* info.alt_count of them, each may be NULL */
    uint8_t *alts;    /* bAlternateSetting of each */
    struct dfu_memmap *map;
    uint32_t quirks;
    uint8_t serial_index;
    uint8_t product_index;
    uint8_t *name_indices;
};

/* A deep copy whose life is independent of the list. */
int dfui_device_copy(const struct dfu_device *device, struct dfu_device **out, struct dfu_error **err);
void dfui_device_free(struct dfu_device *device);

/* Fills strings and map from an open connection; alts that cannot be read stay without a name. */
int dfui_device_read_strings(struct dfu_context *context, struct dfu_device *device, void *conn,
                             struct dfu_error **err);

/* dfu_list_new() that opens nothing: product, names and map are not known, the serial number only where the system
 * has it. */
int dfui_list_scan(struct dfu_context *context, const struct dfu_selector *selector, struct dfu_list **out,
                   struct dfu_error **err);
/* Opens a device of such a list for as long as it takes to read what is missing. That it cannot be opened is a
 * finding, which info.access tells, and no error. */
int dfui_device_look_inside(struct dfu_context *context, struct dfu_device *device, struct dfu_error **err);

/* The map that the names of its alts describe, whatever protocol the descriptor names. */
int dfui_device_build_map(struct dfu_context *context, struct dfu_device *device, struct dfu_error **err);

/* Whether its interface is in the configuration in force, as far as that is known; else DFU_ERR_BUSY. */
int dfui_device_check_config(const struct dfu_device *device, struct dfu_error **err);

/* True when it speaks DfuSe by its descriptor. */
bool dfui_device_is_dfuse(const struct dfu_device *device);

/* What is on the bus at path now. */
enum dfui_presence { DFUI_ABSENT, DFUI_OTHER, DFUI_RUNTIME, DFUI_DFU };
struct dfui_sighting {
    enum dfui_presence presence;
    uint8_t address; /* USB address: a new one means that it was re-enumerated */
};
int dfui_look(struct dfu_context *context, const char *path, struct dfui_sighting *out, struct dfu_error **err);

/* Until devices may have come or gone, or the deadline: for 50 ms at most, or 500 ms where the transport tells of
 * changes. DFU_ERR_CANCELLED when a cancel was seen. By the transport's own clock. */
int dfui_pause_for_change(struct dfu_context *context, uint64_t deadline_us, struct dfu_error **err);
/* The same with a connection open, by its clock. */
int dfui_link_pause_for_change(struct dfu_context *context, struct dfui_link *link, uint64_t deadline_us,
                               struct dfu_error **err);
/* 50 ms, or to the deadline, before something is tried again that no event will tell of. */
int dfui_pause_to_retry(struct dfu_context *context, uint64_t deadline_us, struct dfu_error **err);

/* udev has set the permissions of a new device by then, or will not. */
#define DFUI_SETTLE_US UINT64_C(2000000)

/*
 * Waits up to limit_us for a device in DFU mode at path, by the transport's own clock. *out lists it, whichever board
 * it is, or is NULL when time was up; *last is what was seen at the end. An open that is refused is tried again for a
 * while: permissions are often set only after a device has appeared.
 */
int dfui_await_dfu(struct dfu_context *context, const char *path, uint64_t limit_us, struct dfui_sighting *last,
                   struct dfu_list **out, struct dfu_error **err);

#endif
