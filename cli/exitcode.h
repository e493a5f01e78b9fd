/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit statuses: frozen, part of the command's interface. */
#ifndef CLI_EXITCODE_H
#define CLI_EXITCODE_H

enum exit_status {
    EXIT_GOOD = 0,         /* every check that the device allows passed */
    EXIT_INTERNAL = 1,     /* a bug, or no memory */
    EXIT_USAGE = 2,        /* the command line is wrong */
    EXIT_NO_DEVICE = 3,    /* nothing matches */
    EXIT_SEVERAL = 4,      /* several match */
    EXIT_ACCESS = 5,       /* no access, or busy */
    EXIT_BAD_INPUT = 6,    /* bad file, address or range; nothing was touched */
    EXIT_DIFFERS = 7,      /* contents differ, or a check found something */
    EXIT_REFUSED = 8,      /* the device refused: DFU status, protection */
    EXIT_USB = 9,          /* USB, timeout, disconnected */
    EXIT_NOT_LEFT = 10,    /* still in DFU mode after a leave */
    EXIT_SOME_FAILED = 11, /* some boards failed */
    EXIT_CANCELLED = 130   /* stopped by a signal (128 + SIGINT, as shells do) */
};

/* The exit status of an enum dfu_code. */
int exit_status_of(int code);

#endif
