/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, mutexes and conditions: POSIX, or Windows. C11's own are missing on macOS and in older compilers. */
#ifndef DFUI_THREAD_H
#define DFUI_THREAD_H

#include <stdbool.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef HANDLE dfui_thread;
typedef SRWLOCK dfui_mutex;
typedef CONDITION_VARIABLE dfui_condition;
#else
#include <pthread.h>
typedef pthread_t dfui_thread;
typedef pthread_mutex_t dfui_mutex;
typedef pthread_cond_t dfui_condition;
#endif

typedef void dfui_thread_fn(void *arg);

/* Runs fn(arg) on a new thread, to which no signal is delivered: handlers run on the program's own threads. False
 * when the system has no thread left. */
bool dfui_thread_start(dfui_thread *thread, dfui_thread_fn *fn, void *arg);
void dfui_thread_join(dfui_thread thread);

bool dfui_mutex_init(dfui_mutex *mutex);
void dfui_mutex_destroy(dfui_mutex *mutex);
void dfui_mutex_lock(dfui_mutex *mutex);
void dfui_mutex_unlock(dfui_mutex *mutex);

bool dfui_condition_init(dfui_condition *condition);
void dfui_condition_destroy(dfui_condition *condition);
/* The mutex is held before and after, and not while it waits. May return for no reason. */
void dfui_condition_wait(dfui_condition *condition, dfui_mutex *mutex);
void dfui_condition_wake(dfui_condition *condition);

#endif
