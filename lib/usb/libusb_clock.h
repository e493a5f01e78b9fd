/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of real devices: monotonic, in microseconds. */
#ifndef DFUI_LIBUSB_CLOCK_H
#define DFUI_LIBUSB_CLOCK_H

#include <stdint.h>

uint64_t dfui_clock_now_us(void);

/* Returns when the clock has reached the deadline. A signal does not end it. */
void dfui_clock_sleep_until_us(uint64_t deadline_us);

#endif
