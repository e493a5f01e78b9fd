/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file crc.h
 * Checksums that firmware and its loaders use.
 */
#ifndef LIBDFU_CRC_H
#define LIBDFU_CRC_H

#include <libdfu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Initial state of dfu_crc_stm32(): reset value of CRC_DR (RM0090 section 4.4.1). */
#define DFU_CRC_STM32_INIT UINT32_C(0xFFFFFFFF)

/**
 * The CRC unit of STM32 parts at its reset settings: polynomial 0x04C11DB7, input taken as 32-bit
 * little-endian words, most significant bit first, no reflection, no final xor (RM0090 section 4;
 * the same as srec_cat -STM32). @p length is in bytes; a rest that does not fill a word is ignored, so
 * pass multiples of four. Chain calls through @p state, which starts as DFU_CRC_STM32_INIT.
 * One word 0x12345678 gives 0xDF8A8A2B. @since 0.1
 */
DFU_API uint32_t dfu_crc_stm32(uint32_t state, const void *data, size_t length);

#ifdef __cplusplus
}
#endif

#endif
