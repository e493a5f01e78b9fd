/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refuses allocations on purpose, and counts them. The linker sends malloc, calloc, realloc and free here: a test that
 * uses it is linked with test_refuse. Calls from inside the C library are not seen. Threads are counted together.
 */
#ifndef DFU_TEST_REFUSE_H
#define DFU_TEST_REFUSE_H

#include <stdatomic.h>

extern atomic_ulong refuse_at;    /* the n-th allocation from now fails; 0 = none */
extern atomic_ulong refuse_asked; /* allocations asked for; set to 0 before */
extern atomic_long refuse_alive;  /* allocations not freed */
extern atomic_long refuse_bytes;  /* bytes not freed */
extern atomic_long refuse_peak;   /* the most that refuse_bytes was; set to it before */

#endif
