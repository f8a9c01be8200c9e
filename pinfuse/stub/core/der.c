#include "der.h"

int zq_der_any(span *in, u8 *tag, span *content, span *whole) {
    const u8 *p = in->p;
    u32 n = in->n, head = 2, length;
    if (n < 2 || (p[0] & 0x1f) == 0x1f) return 0;
    length = p[1];
    if (length > 0x7f) {
        u32 bytes = length & 0x7f;
        if (bytes < 1 || bytes > 3 || n < 2 + bytes || !p[2]) return 0;
        length = 0;
        for (u32 i = 0; i < bytes; i++) length = length << 8 | p[2 + i];
        if (length < 0x80) return 0;
        head = 2 + bytes;
    }
    if (length > n - head) return 0;
    *tag = p[0];
    *content = (span){p + head, length};
    if (whole) *whole = (span){p, head + length};
    *in = (span){p + head + length, n - head - length};
    return 1;
}

int zq_der_take_whole(span *in, u8 tag, span *content, span *whole) {
    u8 found;
    return in->n && in->p[0] == tag && zq_der_any(in, &found, content, whole);
}

int zq_der_take(span *in, u8 tag, span *content) { return zq_der_take_whole(in, tag, content, 0); }

int zq_der_maybe(span *in, u8 tag, span *content) {
    *content = (span){0, 0};
    if (!in->n || in->p[0] != tag) return 1;
    return zq_der_take(in, tag, content);
}

int zq_der_boolean(span content) {
    if (content.n != 1) return -1;
    return content.p[0] == 0xff ? 1 : content.p[0] == 0 ? 0 : -1;
}

u32 zq_der_integer_bits(span c) {
    if (!c.n || c.p[0] & 0x80) return 0;
    if (c.n > 1 && !c.p[0]) {
        if (!(c.p[1] & 0x80)) return 0;
        c.p++, c.n--;
    }
    u32 bits = c.n * 8;
    for (u8 top = c.p[0]; bits && !(top & 0x80); top = (u8)(top << 1)) {
        bits--;
        if (!top) return 0;
    }
    return bits;
}
