/* ChaCha20-Poly1305 as in RFC 8439, opening only: the app never seals. */
#ifndef ZQ_AEAD_H
#define ZQ_AEAD_H

#include "base.h"

enum { ZQ_TAG = 16 };

/* key_nonce: 32 bytes of key, 12 of nonce. Decrypts n bytes followed by their tag; 1 when genuine, else 0 and
 * nothing was written. */
int zq_open(const u8 key_nonce[44], span aad, const u8 *sealed, u32 n, u8 *out);

#endif
