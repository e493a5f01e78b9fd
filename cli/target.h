/* SPDX-License-Identifier: BSD-2-Clause */
/* From selection options to one device, and to an open session. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli.h"
#include "wire.h"

struct simdev;

struct target {
    struct cli *cli;
    struct simdev *sim; /* NULL with real USB */
    struct wire wire;
    struct dfu_context *context;
    struct dfu_list *list;
    unsigned flags;                  /* enum dfu_selector_flags that list was made with */
    const struct dfu_device *device; /* of the list */
    struct dfu_device_info info;
    struct dfu_session *session;
    struct dfu_plan_options plan; /* alt and transfer size of the command line go here */
    struct dfu_open_options open;
};

/* Makes the context (and the simulator). Call target_close() even on failure. */
int target_start(struct target *target, struct cli *cli, struct dfu_error **err);

/* --wait: UINT32_MAX = for ever, 0 = do not wait. */
int target_wait(const struct args *args, uint32_t *ms, struct dfu_error **err);

/* Lists what the selection options match; waits when asked. */
int target_list(struct target *target, unsigned flags, struct dfu_error **err);

/* Lists again, with flags. */
int target_narrow(struct target *target, unsigned flags, struct dfu_error **err);

/* How many of the list are in that mode. */
size_t target_count(const struct target *target, enum dfu_mode mode);

/* Takes the one device of the list, and the alternate setting of --alt. */
int target_choose(struct target *target, struct dfu_error **err);

/* Takes the one run-time device of the list to DFU mode, and then into the list's place. before says what it was,
 * without strings. */
int target_detach(struct target *target, struct dfu_device_info *before, struct dfu_error **err);

/* Finds the one device in DFU mode that the options select, with --detach also one at run time, and the alternate
 * setting of --alt. Does nothing when it was found before. */
int target_find(struct target *target, struct dfu_error **err);

/* Opens it. */
int target_open(struct target *target, struct dfu_error **err);

/* The map and what a plan must know, of the session or, before that, of the list. */
const struct dfu_memmap *target_map(const struct target *target);
void target_facts(const struct target *target, struct dfu_target *facts);

/* 1 when plain DFU will be spoken: then there are no addresses. */
int target_is_plain(const struct target *target);

/* Closes everything and keeps what the simulator has to keep. rc is what happened before: it is returned unless it
 * is DFU_OK and closing fails. */
int target_close(struct target *target, int rc, struct dfu_error **err);

/* "dfuse", "dfu11" or "dfu10", as the options are called, and how people call them; "dfu" or "runtime". */
const char *protocol_text(uint32_t protocol);
const char *protocol_name(uint32_t protocol);
const char *mode_text(uint32_t mode);

#endif
