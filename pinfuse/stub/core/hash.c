#include "hash.h"

static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const u32 H0[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static inline u32 ror(u32 x, int n) { return x >> n | x << (32 - n); }

static void compress(u32 h[8], const u8 *p) {
    u32 w[64], s[8];
    for (int i = 0; i < 16; i++) w[i] = zq_be32(p + 4 * i);
    for (int i = 16; i < 64; i++) {
        u32 a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + w[i - 7] + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
    }
    for (int i = 0; i < 8; i++) s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        u32 e = s[4], a = s[0];
        u32 t1 = s[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + K[i] + w[i];
        u32 t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        s[7] = s[6], s[6] = s[5], s[5] = e, s[4] = s[3] + t1;
        s[3] = s[2], s[2] = s[1], s[1] = a, s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) h[i] += s[i];
}

void zq_sha256_init(zq_sha256 *s) {
    for (int i = 0; i < 8; i++) s->h[i] = H0[i];
    s->n = 0;
}

void zq_sha256_add(zq_sha256 *s, const u8 *p, u32 n) {
    u32 used = (u32)s->n & 63;
    s->n += n;
    while (n) {
        if (!used && n >= 64) {
            compress(s->h, p);
            p += 64, n -= 64;
            continue;
        }
        u32 part = 64 - used < n ? 64 - used : n;
        zq_copy(s->block + used, p, part);
        p += part, n -= part, used = (used + part) & 63;
        if (!used) compress(s->h, s->block);
    }
}

void zq_sha256_end(zq_sha256 *s, u8 out[32]) {
    u64 bits = s->n * 8;
    u8 tail[72];
    u32 pad = 1 + ((119 - ((u32)s->n & 63)) & 63);
    zq_fill(tail, 0, sizeof tail);
    tail[0] = 0x80;
    for (int i = 0; i < 8; i++) tail[pad + (u32)i] = (u8)(bits >> (56 - 8 * i));
    zq_sha256_add(s, tail, pad + 8);
    for (u32 i = 0; i < 32; i++) out[i] = (u8)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void zq_sha256_of(span data, u8 out[32]) {
    zq_sha256 s;
    zq_sha256_init(&s);
    zq_sha256_add(&s, data.p, data.n);
    zq_sha256_end(&s, out);
}

/* HMAC-SHA256 over up to three pieces; the key is at most a block long. */
static void hmac(span key, span a, span b, span c, u8 out[32]) {
    zq_sha256 s;
    u8 pad[64];
    zq_fill(pad, 0x36, 64);
    for (u32 i = 0; i < key.n; i++) pad[i] ^= key.p[i];
    zq_sha256_init(&s);
    zq_sha256_add(&s, pad, 64);
    zq_sha256_add(&s, a.p, a.n);
    zq_sha256_add(&s, b.p, b.n);
    zq_sha256_add(&s, c.p, c.n);
    zq_sha256_end(&s, out);
    for (u32 i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
    zq_sha256_init(&s);
    zq_sha256_add(&s, pad, 64);
    zq_sha256_add(&s, out, 32);
    zq_sha256_end(&s, out);
    zq_wipe(pad, 64);
    zq_wipe(&s, sizeof s);
}

void zq_hkdf(span salt, span ikm, span info, u8 *out, u32 n) {
    u8 prk[32], t[32], counter = 1;
    span none = {prk, 0}, key = {prk, 32}, previous = {t, 0};
    hmac(salt, ikm, none, none, prk);
    while (n) {
        hmac(key, previous, info, (span){&counter, 1}, t);
        u32 part = n < 32 ? n : 32;
        zq_copy(out, t, part);
        out += part, n -= part, counter++, previous.n = 32;
    }
    zq_wipe(prk, 32);
    zq_wipe(t, 32);
}
