/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of verbs and the table of options: parsing, help and completion come from these rows. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "opts.h"

struct cli;

struct verb {
    const char *name;
    const char *summary;
    const char *usage[6];    /* what follows "dfu NAME", one line a form */
    const char *about;       /* what help says below the usage */
    unsigned groups;         /* enum opt_group that it takes */
    enum opt_id own[20];     /* further options, ended by OPT_NONE */
    const char *examples[5]; /* whole command lines */
    int (*run)(struct cli *cli, struct dfu_error **err);
};

extern const struct opt options[];
extern const struct verb verbs[];
size_t verb_count(void);

/* The verb called name, or NULL. */
const struct verb *verb_find(const char *name);

/* Whether verb takes opt. */
int verb_takes(const struct verb *verb, const struct opt *opt);

/* verb_find(), or an error that names the nearest. */
int verb_lookup(const char *name, const struct verb **out, struct dfu_error **err);

int cmd_list(struct cli *cli, struct dfu_error **err);
int cmd_info(struct cli *cli, struct dfu_error **err);
int cmd_flash(struct cli *cli, struct dfu_error **err);
int cmd_read(struct cli *cli, struct dfu_error **err);
int cmd_verify(struct cli *cli, struct dfu_error **err);
int cmd_erase(struct cli *cli, struct dfu_error **err);
int cmd_leave(struct cli *cli, struct dfu_error **err);
int cmd_detach(struct cli *cli, struct dfu_error **err);
int cmd_image(struct cli *cli, struct dfu_error **err);
int cmd_crc(struct cli *cli, struct dfu_error **err);
int cmd_map(struct cli *cli, struct dfu_error **err);
int cmd_unprotect(struct cli *cli, struct dfu_error **err);
int cmd_options(struct cli *cli, struct dfu_error **err);
int cmd_sim(struct cli *cli, struct dfu_error **err);

#endif
