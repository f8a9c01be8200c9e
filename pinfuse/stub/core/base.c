#include "base.h"

void zq_copy(u8 *to, const u8 *from, u32 n) {
    for (u32 i = 0; i < n; i++) to[i] = from[i];
}

void zq_fill(u8 *to, u8 value, u32 n) {
    for (u32 i = 0; i < n; i++) to[i] = value;
}

void zq_wipe(void *p, u32 n) {
    volatile u8 *v = p;
    for (u32 i = 0; i < n; i++) v[i] = 0;
}

int zq_equal(const u8 *a, const u8 *b, u32 n) {
    u32 d = 0;
    for (u32 i = 0; i < n; i++) d |= (u32)(a[i] ^ b[i]);
    return (int)((d - 1) >> 31);
}

int zq_span_equal(span a, span b) { return a.n == b.n && zq_equal(a.p, b.p, a.n); }
