/* SPDX-License-Identifier: BSD-2-Clause */
/* The command-line parser. It knows nothing of what options mean: tables say what there is (commands.h). */
#ifndef CLI_OPTS_H
#define CLI_OPTS_H

#include <libdfu/error.h>
#include <stddef.h>

enum opt_id {
    OPT_NONE = 0,
    /* everywhere */
    OPT_HELP,
    OPT_VERSION,
    OPT_JSON,
    OPT_QUIET,
    OPT_VERBOSE,
    OPT_COLOR,
    OPT_PROGRESS,
    OPT_LOG,
    /* which device */
    OPT_DEVICE,
    OPT_SERIAL,
    OPT_PATH,
    OPT_ALT,
    OPT_WAIT,
    OPT_DFUSE,
    OPT_DFU11,
    OPT_TRANSFER_SIZE,
    OPT_SIM,
    OPT_RECORD,
    OPT_REPLAY,
    /* image edits, in the order written */
    OPT_CROP,
    OPT_EXCLUDE,
    OPT_FILL,
    OPT_MOVE,
    OPT_PATCH,
    OPT_STM32_CRC,
    OPT_CRC,
    OPT_CHECK_CRC,
    OPT_CRC_RANGE,
    OPT_CRC_BIG_ENDIAN,
    OPT_CRC_WIDTH,
    OPT_CRC_POLY,
    OPT_CRC_INIT,
    OPT_CRC_XOR_OUT,
    OPT_CRC_UNIT,
    OPT_CRC_REFLECT_IN,
    OPT_CRC_REFLECT_OUT,
    OPT_START,
    OPT_LIMIT,
    OPT_TARGET,
    OPT_OVERLAP,
    OPT_FORMAT,
    OPT_FAMILY,
    /* what to do */
    OPT_LEAVE,
    OPT_REQUIRE_LEAVE,
    OPT_DETACH,
    OPT_NO_VERIFY,
    OPT_REQUIRE_VERIFY,
    OPT_STRICT,
    OPT_FORCE,
    OPT_DIFF,
    OPT_PRESERVE,
    OPT_DRY_RUN,
    OPT_POLL,
    OPT_YES,
    OPT_BOARDS,
    OPT_RETRY,
    OPT_LOOP,
    OPT_DATA,
    OPT_LEDGER,
    OPT_OUTPUT,
    OPT_OUTPUT_FORMAT,
    OPT_RECORD_BYTES,
    OPT_ADDRESS_BYTES,
    OPT_HEADER,
    OPT_PRESET,
    OPT_VID,
    OPT_PID,
    OPT_BCD_DEVICE,
    OPT_ADD,
    OPT_REMOVE,
    OPT_CHECK,
    OPT_MAP,
    OPT_PROFILE,
    OPT_EVERYTHING,
    OPT_MASS_ERASE,
    OPT_SET,
    OPT_RAW,
    OPT_RDP2,
    OPT_USBIP,
    OPT_VHCI
};

enum opt_value {
    VALUE_NONE,
    VALUE_REQUIRED, /* --name=V, --name V, -nV or -n V */
    VALUE_OPTIONAL  /* --name=V or -n=V only, so that a file name after it stays a file name */
};

enum opt_group { GROUP_GLOBAL = 1u << 0, GROUP_SELECT = 1u << 1, GROUP_EDIT = 1u << 2, GROUP_OWN = 1u << 3 };

/* A row of the table of options. */
struct opt {
    enum opt_id id;
    enum opt_value value;
    unsigned group; /* one enum opt_group */
    char letter;    /* 0 = none */
    const char *name;
    const char *metavar; /* NULL without a value */
    const char *help;
};

/* One option as it was given; value is NULL when it has none. */
struct opt_use {
    const struct opt *opt;
    const char *value;
};

/* A parsed command line; everything is borrowed from argv and the table. */
struct args {
    struct opt_use *uses; /* in the order written */
    size_t use_count;
    const char **operands;
    size_t operand_count;
};

/* Splits argv[1..] by the table (ended by OPT_NONE). Free args even on failure. */
int args_parse(struct args *args, const struct opt *table, int argc, char **argv, struct dfu_error **err);
void args_free(struct args *args);

/* How often an option was given, and the value of its last use (NULL when it was not given). */
size_t args_count(const struct args *args, enum opt_id id);
const char *args_value(const struct args *args, enum opt_id id);

/* The name nearest to text among count names, or NULL when none is near. name_at gives them. */
const char *nearest_name(const char *text, size_t count, const char *(*name_at)(size_t index, const void *arg),
                         const void *arg);

#endif
