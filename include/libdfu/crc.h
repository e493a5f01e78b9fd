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

/**
 * A CRC, in the words of the public catalogue of parametrised CRC algorithms, and how a unit in the chip takes its
 * input. Memory is little-endian: a unit of 2 or 4 bytes is read as a number and goes in from its most significant bit
 * on. Where reflect_in is set, the bits of each byte, half-word or word of the unit are reversed first, as the REV_IN
 * field of STM32's CRC_CR does (RM0091 section 12).
 */
struct dfu_crc_model {
    size_t size;
    const char *name;     /**< for messages; NULL = "custom" */
    uint32_t width;       /**< bits: 8, 16 or 32 */
    uint32_t poly;        /**< without the highest term, highest power first: 0x04C11DB7 */
    uint32_t init;        /**< register before the first bit, not reflected */
    uint32_t xor_out;     /**< applied at the end */
    uint32_t unit;        /**< bytes that go in at once: 1, 2 or 4; 0 = 1 */
    uint32_t reflect_in;  /**< 0, or over how many bytes bits are reversed: 1, 2 or 4, at most unit */
    uint32_t reflect_out; /**< not 0: the register is reversed before xor_out */
    uint32_t reserved;
};

/**
 * Fills @p model with the preset called @p name: "stm32", "crc32", "crc32-mpeg2", "crc16-ccitt-false", "crc8"…
 * Errors: DFU_ERR_ARGUMENT lists the names. @since 0.1
 */
DFU_API int dfu_crc_preset(const char *name, struct dfu_crc_model *model, struct dfu_error **err);

/** The name of a preset and, when @p description is not NULL, what it is. NULL past the last one. Static storage.
 *  @since 0.1 */
DFU_API const char *dfu_crc_preset_name(size_t index, const char **description);

/**
 * The CRC of @p length bytes, a multiple of the model's unit. @p model NULL = "stm32".
 * Errors: DFU_ERR_ARGUMENT (a model that cannot be, a rest of a unit). @since 0.1
 */
DFU_API int dfu_crc_compute(const struct dfu_crc_model *model, const void *data, size_t length, uint32_t *value,
                            struct dfu_error **err);

/** Makes *value, the CRC of some bytes, that of those bytes with @p length more behind them. Errors as
 *  dfu_crc_compute(). @since 0.1 */
DFU_API int dfu_crc_extend(const struct dfu_crc_model *model, const void *data, size_t length, uint32_t *value,
                           struct dfu_error **err);

#ifdef __cplusplus
}
#endif

#endif
