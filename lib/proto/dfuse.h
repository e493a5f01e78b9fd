/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of DfuSe (UM0391 section 4, AN3156): each leaves the link in a known state or says why not. */
#ifndef DFUI_DFUSE_H
#define DFUI_DFUSE_H

#include "proto/exec.h"

/* First wBlockNum of data; 0 is for commands, 1 is reserved (AN3156 section 3). */
#define DFUI_DFUSE_FIRST_BLOCK 2u

/* SET_ADDRESS (0x21). Harmless to repeat, so it is repeated on transient faults, and where the device was done without
 * a wait. */
int dfui_dfuse_set_address(struct dfui_link *link, uint32_t address, struct dfu_error **err);
/* The same, believing the device: for reading what is known anyway, so that it would show. */
int dfui_dfuse_try_address(struct dfui_link *link, uint32_t address, struct dfu_error **err);

/* Erases the sector at address (0x41 and four bytes); sector_size sets the time limit. */
int dfui_dfuse_erase(struct dfui_link *link, uint32_t address, uint32_t sector_size, struct dfu_error **err);

/* Mass erase (0x41 alone); bytes sets the time limit. */
int dfui_dfuse_mass_erase(struct dfui_link *link, uint64_t bytes, struct dfu_error **err);

/* Asks for the command codes. Returns how many, or a code. Leaves the device in dfuIDLE. */
int dfui_dfuse_commands(struct dfui_link *link, uint8_t *codes, size_t max, struct dfu_error **err);

/* One data block. Never sent twice by itself: see enum dfui_outcome. */
int dfui_dfuse_write(struct dfui_link *link, uint16_t block, const void *data, size_t length,
                     enum dfui_outcome *outcome, struct dfu_error **err);

/* Reads exactly length bytes of block, going to dfuIDLE first when that is needed. One try. */
int dfui_dfuse_read(struct dfui_link *link, uint16_t block, void *data, size_t length, struct dfu_error **err);

/* The zero-length block and its one GETSTATUS. Whatever the device answers, or does not, is no error here. */
void dfui_dfuse_leave(struct dfui_link *link);

#endif
