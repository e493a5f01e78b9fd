/* SPDX-License-Identifier: BSD-2-Clause */
#include "refuse.h"
#include <stddef.h>

void *__real_malloc(size_t size);               /* NOLINT: the linker's names */
void *__real_calloc(size_t count, size_t size); /* NOLINT */
void *__real_realloc(void *old, size_t size);   /* NOLINT */
void __real_free(void *old);                    /* NOLINT */
void *__wrap_malloc(size_t size);               /* NOLINT */
void *__wrap_calloc(size_t count, size_t size); /* NOLINT */
void *__wrap_realloc(void *old, size_t size);   /* NOLINT */
void __wrap_free(void *old);                    /* NOLINT */

unsigned long refuse_at;
unsigned long refuse_asked;
long refuse_alive;

static int refuse(void)
{
    return ++refuse_asked == refuse_at;
}

void *__wrap_malloc(size_t size)
{
    void *p = refuse() ? NULL : __real_malloc(size);
    refuse_alive += p != NULL;
    return p;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *p = refuse() ? NULL : __real_calloc(count, size);
    refuse_alive += p != NULL;
    return p;
}

void *__wrap_realloc(void *old, size_t size)
{
    void *p = refuse() ? NULL : __real_realloc(old, size);
    refuse_alive += p != NULL && old == NULL;
    return p;
}

void __wrap_free(void *old)
{
    refuse_alive -= old != NULL;
    __real_free(old);
}
