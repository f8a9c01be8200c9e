#include "aead.h"

static inline u32 rol(u32 x, int n) { return x << n | x >> (32 - n); }

#define QUARTER(a, b, c, d)                    \
    a += b, d = rol(d ^ a, 16), c += d, b = rol(b ^ c, 12); \
    a += b, d = rol(d ^ a, 8), c += d, b = rol(b ^ c, 7)

/* One block of key stream: RFC 8439, 2.3. */
static void chacha_block(const u8 key_nonce[44], u32 counter, u8 out[64]) {
    u32 in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, x[16];
    for (u32 i = 0; i < 8; i++) in[4 + i] = zq_le32(key_nonce + 4 * i);
    in[12] = counter;
    for (u32 i = 0; i < 3; i++) in[13 + i] = zq_le32(key_nonce + 32 + 4 * i);
    for (int i = 0; i < 16; i++) x[i] = in[i];
    for (int i = 0; i < 10; i++) {
        QUARTER(x[0], x[4], x[8], x[12]);
        QUARTER(x[1], x[5], x[9], x[13]);
        QUARTER(x[2], x[6], x[10], x[14]);
        QUARTER(x[3], x[7], x[11], x[15]);
        QUARTER(x[0], x[5], x[10], x[15]);
        QUARTER(x[1], x[6], x[11], x[12]);
        QUARTER(x[2], x[7], x[8], x[13]);
        QUARTER(x[3], x[4], x[9], x[14]);
    }
    for (u32 i = 0; i < 64; i++) out[i] = (u8)((x[i / 4] + in[i / 4]) >> (8 * (i % 4)));
}

/* Poly1305 with 26-bit limbs: RFC 8439, 2.5. */
typedef struct {
    u32 r[5], h[5];
} poly;

static void poly_init(poly *s, const u8 *key) {
    s->r[0] = zq_le32(key) & 0x3ffffff;
    s->r[1] = zq_le32(key + 3) >> 2 & 0x3ffff03;
    s->r[2] = zq_le32(key + 6) >> 4 & 0x3ffc0ff;
    s->r[3] = zq_le32(key + 9) >> 6 & 0x3f03fff;
    s->r[4] = zq_le32(key + 12) >> 8 & 0x00fffff;
    for (int i = 0; i < 5; i++) s->h[i] = 0;
}

static void poly_block(poly *s, const u8 m[16]) {
    u32 *h = s->h;
    const u32 *r = s->r;
    u64 d[5];
    h[0] += zq_le32(m) & 0x3ffffff;
    h[1] += zq_le32(m + 3) >> 2 & 0x3ffffff;
    h[2] += zq_le32(m + 6) >> 4 & 0x3ffffff;
    h[3] += zq_le32(m + 9) >> 6 & 0x3ffffff;
    h[4] += zq_le32(m + 12) >> 8 | 1u << 24;
    for (int i = 0; i < 5; i++) {
        d[i] = 0;
        for (int j = 0; j < 5; j++) d[i] += (u64)h[j] * (j <= i ? r[i - j] : 5 * r[5 + i - j]);
    }
    u64 carry = 0;
    for (int i = 0; i < 5; i++) {
        d[i] += carry;
        h[i] = (u32)d[i] & 0x3ffffff;
        carry = d[i] >> 26;
    }
    h[0] += (u32)carry * 5;
    h[1] += h[0] >> 26;
    h[0] &= 0x3ffffff;
}

/* Whole blocks; the last one is padded with zeros: RFC 8439, 2.8 pads both parts. */
static void poly_padded(poly *s, const u8 *p, u32 n) {
    u8 last[16];
    for (; n >= 16; p += 16, n -= 16) poly_block(s, p);
    if (!n) return;
    zq_fill(last, 0, 16);
    zq_copy(last, p, n);
    poly_block(s, last);
}

static void poly_end(poly *s, const u8 *pad, u8 tag[16]) {
    u32 *h = s->h, g[5], c = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5; i++) h[i] += c, c = h[i] >> 26, h[i] &= 0x3ffffff;
        c *= 5;
    }
    h[0] += c;
    c = 5;
    for (int i = 0; i < 5; i++) g[i] = h[i] + c, c = g[i] >> 26, g[i] &= 0x3ffffff;
    u32 take_g = (u32)0 - c;
    for (int i = 0; i < 5; i++) h[i] = (h[i] & ~take_g) | (g[i] & take_g);
    u32 w[4] = {h[0] | h[1] << 26, h[1] >> 6 | h[2] << 20, h[2] >> 12 | h[3] << 14, h[3] >> 18 | h[4] << 8};
    u64 f = 0;
    for (u32 i = 0; i < 4; i++) {
        f += (u64)w[i] + zq_le32(pad + 4 * i);
        for (u32 j = 0; j < 4; j++) tag[4 * i + j] = (u8)(f >> (8 * j));
        f >>= 32;
    }
}

/* The tag over aad and n sealed bytes: RFC 8439, 2.8. */
static void tag_of(const u8 key_nonce[44], span aad, const u8 *sealed, u32 n, u8 tag[ZQ_TAG]) {
    u8 block[64], lengths[16];
    poly s;
    chacha_block(key_nonce, 0, block);
    poly_init(&s, block);
    poly_padded(&s, aad.p, aad.n);
    poly_padded(&s, sealed, n);
    zq_fill(lengths, 0, 16);
    for (u32 i = 0; i < 4; i++) lengths[i] = (u8)(aad.n >> (8 * i)), lengths[8 + i] = (u8)(n >> (8 * i));
    poly_block(&s, lengths);
    poly_end(&s, block + 16, tag);
    zq_wipe(block, sizeof block);
    zq_wipe(&s, sizeof s);
}

static void stream(const u8 key_nonce[44], const u8 *in, u32 n, u8 *out) {
    u8 block[64];
    for (u32 i = 0; i < n; i++) {
        if (i % 64 == 0) chacha_block(key_nonce, 1 + i / 64, block);
        out[i] = in[i] ^ block[i % 64];
    }
    zq_wipe(block, sizeof block);
}

int zq_open(const u8 key_nonce[44], span aad, const u8 *sealed, u32 n, u8 *out) {
    u8 tag[ZQ_TAG];
    tag_of(key_nonce, aad, sealed, n, tag);
    if (!zq_equal(tag, sealed + n, ZQ_TAG)) return 0;
    stream(key_nonce, sealed, n, out);
    return 1;
}

void zq_seal(const u8 key_nonce[44], span aad, const u8 *clear, u32 n, u8 *out) {
    stream(key_nonce, clear, n, out);
    tag_of(key_nonce, aad, out, n, out + n);
}
