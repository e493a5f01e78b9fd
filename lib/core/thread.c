/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/thread.h"
#include <stdlib.h>

/* What a new thread gets; it frees it. */
struct start {
    dfui_thread_fn *fn;
    void *arg;
};

static struct start *new_start(dfui_thread_fn *fn, void *arg)
{
    struct start *start = malloc(sizeof *start);
    if (start != NULL)
        *start = (struct start){fn, arg};
    return start;
}

static void begin(struct start *start)
{
    struct start copy = *start;
    free(start);
    copy.fn(copy.arg);
}

#if defined(_WIN32)

static DWORD WINAPI enter(void *arg)
{
    begin(arg);
    return 0;
}

bool dfui_thread_start(dfui_thread *thread, dfui_thread_fn *fn, void *arg)
{
    struct start *start = new_start(fn, arg);
    if (start == NULL)
        return false;
    *thread = CreateThread(NULL, 0, enter, start, 0, NULL);
    if (*thread == NULL)
        free(start);
    return *thread != NULL;
}

void dfui_thread_join(dfui_thread thread)
{
    (void)WaitForSingleObject(thread, INFINITE);
    (void)CloseHandle(thread);
}

bool dfui_mutex_init(dfui_mutex *mutex)
{
    InitializeSRWLock(mutex);
    return true;
}

void dfui_mutex_destroy(dfui_mutex *mutex)
{
    (void)mutex;
}

void dfui_mutex_lock(dfui_mutex *mutex)
{
    AcquireSRWLockExclusive(mutex);
}

void dfui_mutex_unlock(dfui_mutex *mutex)
{
    ReleaseSRWLockExclusive(mutex);
}

bool dfui_condition_init(dfui_condition *condition)
{
    InitializeConditionVariable(condition);
    return true;
}

void dfui_condition_destroy(dfui_condition *condition)
{
    (void)condition;
}

void dfui_condition_wait(dfui_condition *condition, dfui_mutex *mutex)
{
    (void)SleepConditionVariableSRW(condition, mutex, INFINITE, 0);
}

void dfui_condition_wake(dfui_condition *condition)
{
    WakeAllConditionVariable(condition);
}

#else

#include <signal.h>

static void *enter(void *arg)
{
    begin(arg);
    return NULL;
}

bool dfui_thread_start(dfui_thread *thread, dfui_thread_fn *fn, void *arg)
{
    sigset_t all;
    sigset_t before;
    struct start *start = new_start(fn, arg);
    if (start == NULL)
        return false;
    /* A new thread inherits the mask of the one that makes it. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(thread, NULL, enter, start);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        free(start);
    return rc == 0;
}

void dfui_thread_join(dfui_thread thread)
{
    (void)pthread_join(thread, NULL);
}

bool dfui_mutex_init(dfui_mutex *mutex)
{
    return pthread_mutex_init(mutex, NULL) == 0;
}

void dfui_mutex_destroy(dfui_mutex *mutex)
{
    (void)pthread_mutex_destroy(mutex);
}

void dfui_mutex_lock(dfui_mutex *mutex)
{
    (void)pthread_mutex_lock(mutex);
}

void dfui_mutex_unlock(dfui_mutex *mutex)
{
    (void)pthread_mutex_unlock(mutex);
}

bool dfui_condition_init(dfui_condition *condition)
{
    return pthread_cond_init(condition, NULL) == 0;
}

void dfui_condition_destroy(dfui_condition *condition)
{
    (void)pthread_cond_destroy(condition);
}

void dfui_condition_wait(dfui_condition *condition, dfui_mutex *mutex)
{
    (void)pthread_cond_wait(condition, mutex);
}

void dfui_condition_wake(dfui_condition *condition)
{
    (void)pthread_cond_broadcast(condition);
}

#endif
