/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4). Only names what was flashed in reports, so 100 lines are lighter than a crypto library. */
#ifndef CLI_SHA256_H
#define CLI_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t length);
void sha256_end(struct sha256 *sha, uint8_t digest[32]);

/* The digest as 64 lower-case digits and a 0. */
void sha256_hex(struct sha256 *sha, char text[65]);

#endif
