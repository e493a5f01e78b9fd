/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes of the parts of a DfuSe file (UM0391 section 2). */
#ifndef DFUI_DFUSE_H
#define DFUI_DFUSE_H

#define DFUI_DFUSE_PREFIX 11u  /* "DfuSe", version, size (4), number of targets */
#define DFUI_DFUSE_TARGET 274u /* "Target", alt, named (4), name (255), size (4), number of elements (4) */
#define DFUI_DFUSE_ELEMENT 8u  /* address, size */

#endif
