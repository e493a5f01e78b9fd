/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refuses allocations on purpose, and counts them. The linker sends malloc, calloc, realloc and free here: a test that
 * uses it is linked with test_refuse. Calls from inside the C library are not seen.
 */
#ifndef DFU_TEST_REFUSE_H
#define DFU_TEST_REFUSE_H

extern unsigned long refuse_at;    /* the n-th allocation from now fails; 0 = none */
extern unsigned long refuse_asked; /* allocations asked for; set to 0 before */
extern long refuse_alive;          /* allocations not freed */
extern long refuse_bytes;          /* bytes not freed */
extern long refuse_peak;           /* the most that refuse_bytes was; set to it before */

#endif
