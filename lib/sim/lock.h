/* SPDX-License-Identifier: BSD-2-Clause */
/* A mutex: POSIX, or Windows. */
#ifndef DFU_SIM_LOCK_H
#define DFU_SIM_LOCK_H

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
struct sim_lock {
    SRWLOCK mutex;
};
#else
#include <pthread.h>
struct sim_lock {
    pthread_mutex_t mutex;
};
#endif

/* 0 when the system has none left. */
int dfui_sim_lock_init(struct sim_lock *lock);
void dfui_sim_lock_destroy(struct sim_lock *lock);
void dfui_sim_lock(struct sim_lock *lock);
void dfui_sim_unlock(struct sim_lock *lock);

#endif
