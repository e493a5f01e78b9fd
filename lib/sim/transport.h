/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DFU_SIM_TRANSPORT_H
#define DFU_SIM_TRANSPORT_H

#include <libdfu/transport.h>

extern const struct dfu_transport_ops dfui_sim_transport;

#endif
