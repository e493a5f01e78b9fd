/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/lock.h"

#if defined(_WIN32)

int dfui_sim_lock_init(struct sim_lock *lock)
{
    InitializeSRWLock(&lock->mutex);
    return 1;
}

void dfui_sim_lock_destroy(struct sim_lock *lock)
{
    (void)lock;
}

void dfui_sim_lock(struct sim_lock *lock)
{
    AcquireSRWLockExclusive(&lock->mutex);
}

void dfui_sim_unlock(struct sim_lock *lock)
{
    ReleaseSRWLockExclusive(&lock->mutex);
}

#else

int dfui_sim_lock_init(struct sim_lock *lock)
{
    return pthread_mutex_init(&lock->mutex, 0) == 0;
}

void dfui_sim_lock_destroy(struct sim_lock *lock)
{
    (void)pthread_mutex_destroy(&lock->mutex);
}

void dfui_sim_lock(struct sim_lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}

void dfui_sim_unlock(struct sim_lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}

#endif
