/* SPDX-License-Identifier: BSD-2-Clause */
#include "refuse.h"
#include <malloc.h>
#include <stddef.h>

void *__real_malloc(size_t size);               /* NOLINT: the linker's names */
void *__real_calloc(size_t count, size_t size); /* NOLINT */
void *__real_realloc(void *old, size_t size);   /* NOLINT */
void __real_free(void *old);                    /* NOLINT */
void *__wrap_malloc(size_t size);               /* NOLINT */
void *__wrap_calloc(size_t count, size_t size); /* NOLINT */
void *__wrap_realloc(void *old, size_t size);   /* NOLINT */
void __wrap_free(void *old);                    /* NOLINT */

atomic_ulong refuse_at;
atomic_ulong refuse_asked;
atomic_long refuse_alive;
atomic_long refuse_bytes;
atomic_long refuse_peak;

static int refuse(void)
{
    unsigned long n = ++refuse_asked;
    return n == refuse_at;
}

/* p is there from now on; returns it. */
static void *count(void *p)
{
    if (p == NULL)
        return NULL;
    refuse_alive++;
    refuse_bytes += (long)malloc_usable_size(p);
    if (refuse_bytes > refuse_peak)
        refuse_peak = (long)refuse_bytes;
    return p;
}

void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t count_of, size_t size)
{
    return refuse() ? NULL : count(__real_calloc(count_of, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    long before = old != NULL ? (long)malloc_usable_size(old) : 0;
    void *p = refuse() ? NULL : __real_realloc(old, size);
    if (p != NULL && old != NULL) {
        refuse_alive--;
        refuse_bytes -= before;
    }
    return count(p);
}

void __wrap_free(void *old)
{
    refuse_alive -= old != NULL;
    refuse_bytes -= old != NULL ? (long)malloc_usable_size(old) : 0;
    __real_free(old);
}
