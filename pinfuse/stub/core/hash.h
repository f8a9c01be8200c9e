/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869). */
#ifndef ZQ_HASH_H
#define ZQ_HASH_H

#include "base.h"

typedef struct {
    u32 h[8];
    u64 n;
    u8 block[64];
} zq_sha256;

void zq_sha256_init(zq_sha256 *s);
void zq_sha256_add(zq_sha256 *s, const u8 *p, u32 n);
void zq_sha256_end(zq_sha256 *s, u8 out[32]);
void zq_sha256_of(span data, u8 out[32]);

/* HKDF-SHA256 with up to 64 bytes of output (n <= 64). */
void zq_hkdf(span salt, span ikm, span info, u8 *out, u32 n);

#endif
