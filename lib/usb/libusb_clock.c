/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb/libusb_clock.h"
#include <errno.h>
#include <time.h>

uint64_t dfui_clock_now_us(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static struct timespec timespec_of(uint64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
}

/* To an absolute time where the system can: what passes between looking at the clock and falling asleep is then not
 * added to the wait, and neither is what a signal handler takes. */
void dfui_clock_sleep_until_us(uint64_t deadline_us)
{
#if defined(__linux__) || defined(__FreeBSD__)
    struct timespec t = timespec_of(deadline_us);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
        /* A signal handler may have asked for a cancel; the slice ends soon anyway. */
    }
#else
    for (uint64_t now = dfui_clock_now_us(); now < deadline_us; now = dfui_clock_now_us()) {
        struct timespec t = timespec_of(deadline_us - now);
        (void)nanosleep(&t, NULL);
    }
#endif
}
