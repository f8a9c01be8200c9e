/* ChaCha20-Poly1305 as in RFC 8439. */
#ifndef ZQ_AEAD_H
#define ZQ_AEAD_H

#include "base.h"

enum { ZQ_TAG = 16 };

/* key_nonce: 32 bytes of key, 12 of nonce. Decrypts n bytes followed by their tag; 1 when genuine, else 0 and
 * nothing was written. out may be sealed itself. */
int zq_open(const u8 key_nonce[44], span aad, const u8 *sealed, u32 n, u8 *out);

/* Encrypts n bytes into out, followed by their tag; a key and nonce serve once. out may be clear itself. */
void zq_seal(const u8 key_nonce[44], span aad, const u8 *clear, u32 n, u8 *out);

#endif
