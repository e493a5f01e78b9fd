/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sixteen bytes a step ("slicing"): the CRC is linear, so the effect of each byte of a step is looked up by
 * itself and the effects are summed.
 */
#include "core/bytes.h"
#include <libdfu/crc.h>

/*
 * Row k: what the eight bits of a byte, lowest first, do to the CRC when k more bytes follow. These are the
 * powers x^(32 + 8k) to x^(39 + 8k) modulo 0x104C11DB7: each is the one before shifted left, and reduced.
 */
#define ROW0 0x04C11DB7U, 0x09823B6EU, 0x130476DCU, 0x2608EDB8U, 0x4C11DB70U, 0x9823B6E0U, 0x34867077U, 0x690CE0EEU
#define ROW1 0xD219C1DCU, 0xA0F29E0FU, 0x452421A9U, 0x8A484352U, 0x10519B13U, 0x20A33626U, 0x41466C4CU, 0x828CD898U
#define ROW2 0x01D8AC87U, 0x03B1590EU, 0x0762B21CU, 0x0EC56438U, 0x1D8AC870U, 0x3B1590E0U, 0x762B21C0U, 0xEC564380U
#define ROW3 0xDC6D9AB7U, 0xBC1A28D9U, 0x7CF54C05U, 0xF9EA980AU, 0xF7142DA3U, 0xEAE946F1U, 0xD1139055U, 0xA6E63D1DU
#define ROW4 0x490D678DU, 0x921ACF1AU, 0x20F48383U, 0x41E90706U, 0x83D20E0CU, 0x036501AFU, 0x06CA035EU, 0x0D9406BCU
#define ROW5 0x1B280D78U, 0x36501AF0U, 0x6CA035E0U, 0xD9406BC0U, 0xB641CA37U, 0x684289D9U, 0xD08513B2U, 0xA5CB3AD3U
#define ROW6 0x4F576811U, 0x9EAED022U, 0x399CBDF3U, 0x73397BE6U, 0xE672F7CCU, 0xC824F22FU, 0x9488F9E9U, 0x2DD0EE65U
#define ROW7 0x5BA1DCCAU, 0xB743B994U, 0x6A466E9FU, 0xD48CDD3EU, 0xADD8A7CBU, 0x5F705221U, 0xBEE0A442U, 0x79005533U
#define ROW8 0xF200AA66U, 0xE0C0497BU, 0xC5418F41U, 0x8E420335U, 0x18451BDDU, 0x308A37BAU, 0x61146F74U, 0xC228DEE8U
#define ROW9 0x8090A067U, 0x05E05D79U, 0x0BC0BAF2U, 0x178175E4U, 0x2F02EBC8U, 0x5E05D790U, 0xBC0BAF20U, 0x7CD643F7U
#define ROW10 0xF9AC87EEU, 0xF798126BU, 0xEBF13961U, 0xD3236F75U, 0xA287C35DU, 0x41CE9B0DU, 0x839D361AU, 0x03FB7183U
#define ROW11 0x07F6E306U, 0x0FEDC60CU, 0x1FDB8C18U, 0x3FB71830U, 0x7F6E3060U, 0xFEDC60C0U, 0xF979DC37U, 0xF632A5D9U
#define ROW12 0xE8A45605U, 0xD589B1BDU, 0xAFD27ECDU, 0x5B65E02DU, 0xB6CBC05AU, 0x69569D03U, 0xD2AD3A06U, 0xA19B69BBU
#define ROW13 0x47F7CEC1U, 0x8FEF9D82U, 0x1B1E26B3U, 0x363C4D66U, 0x6C789ACCU, 0xD8F13598U, 0xB5237687U, 0x6E87F0B9U
#define ROW14 0xDD0FE172U, 0xBEDEDF53U, 0x797CA311U, 0xF2F94622U, 0xE13391F3U, 0xC6A63E51U, 0x898D6115U, 0x17DBDF9DU
#define ROW15 0x2FB7BF3AU, 0x5F6F7E74U, 0xBEDEFCE8U, 0x797CE467U, 0xF2F9C8CEU, 0xE1328C2BU, 0xC6A405E1U, 0x89891675U

/* The table of a row: entry b is the sum of the row's entries for the bits of b. */
#define BIT(b, n, p) (((b) >> (n)&1U) * (p))
#define SUM(b, p0, p1, p2, p3, p4, p5, p6, p7)                                                                         \
    (BIT(b, 0, p0) ^ BIT(b, 1, p1) ^ BIT(b, 2, p2) ^ BIT(b, 3, p3) ^ BIT(b, 4, p4) ^ BIT(b, 5, p5) ^ BIT(b, 6, p6) ^   \
     BIT(b, 7, p7))
#define ENTRY(b, ...) SUM(b, __VA_ARGS__)
#define FOUR(b, ...)                                                                                                   \
    ENTRY(b, __VA_ARGS__), ENTRY((b) + 1U, __VA_ARGS__), ENTRY((b) + 2U, __VA_ARGS__), ENTRY((b) + 3U, __VA_ARGS__)
#define SIXTEEN(b, ...)                                                                                                \
    FOUR(b, __VA_ARGS__), FOUR((b) + 4U, __VA_ARGS__), FOUR((b) + 8U, __VA_ARGS__), FOUR((b) + 12U, __VA_ARGS__)
#define SIXTYFOUR(b, ...)                                                                                              \
    SIXTEEN(b, __VA_ARGS__), SIXTEEN((b) + 16U, __VA_ARGS__), SIXTEEN((b) + 32U, __VA_ARGS__),                         \
        SIXTEEN((b) + 48U, __VA_ARGS__)
#define TABLE(...)                                                                                                     \
    {                                                                                                                  \
        SIXTYFOUR(0U, __VA_ARGS__), SIXTYFOUR(64U, __VA_ARGS__), SIXTYFOUR(128U, __VA_ARGS__),                         \
            SIXTYFOUR(192U, __VA_ARGS__)                                                                               \
    }

static const uint32_t tables[16][256] = {
    TABLE(ROW0), TABLE(ROW1), TABLE(ROW2),  TABLE(ROW3),  TABLE(ROW4),  TABLE(ROW5),  TABLE(ROW6),  TABLE(ROW7),
    TABLE(ROW8), TABLE(ROW9), TABLE(ROW10), TABLE(ROW11), TABLE(ROW12), TABLE(ROW13), TABLE(ROW14), TABLE(ROW15),
};

/* The effect of a word, highest byte first, with 4 * row more bytes behind it. */
static inline uint32_t effect(uint32_t word, unsigned row)
{
    return tables[4 * row + 3][word >> 24] ^ tables[4 * row + 2][word >> 16 & 255] ^
           tables[4 * row + 1][word >> 8 & 255] ^ tables[4 * row][word & 255];
}

uint32_t dfu_crc_stm32(uint32_t state, const void *data, size_t length)
{
    const uint8_t *p = data;
    for (; length >= 16; length -= 16, p += 16)
        state = effect(state ^ dfui_le32(p), 3) ^ effect(dfui_le32(p + 4), 2) ^ effect(dfui_le32(p + 8), 1) ^
                effect(dfui_le32(p + 12), 0);
    for (; length >= 4; length -= 4, p += 4)
        state = effect(state ^ dfui_le32(p), 0);
    return state;
}
