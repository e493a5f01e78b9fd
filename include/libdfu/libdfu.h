/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file libdfu.h
 * Everything but the simulator (sim.h): include this one.
 */
#ifndef LIBDFU_LIBDFU_H
#define LIBDFU_LIBDFU_H

#include <libdfu/types.h>
#include <libdfu/error.h>
#include <libdfu/context.h>
#include <libdfu/transport.h>
#include <libdfu/device.h>
#include <libdfu/memmap.h>
#include <libdfu/optbytes.h>
#include <libdfu/crc.h>
#include <libdfu/image.h>
#include <libdfu/plan.h>
#include <libdfu/session.h>
#include <libdfu/gang.h>

#endif
