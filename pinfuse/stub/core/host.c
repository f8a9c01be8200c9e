#include "host.h"

static u8 lower(u8 c) { return c >= 'A' && c <= 'Z' ? (u8)(c + 32) : c; }

int zq_host_equal(span a, span b) {
    if (a.n != b.n) return 0;
    for (u32 i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i])) return 0;
    return 1;
}

int zq_host_normal(span host, u8 out[ZQ_HOST], span *normal) {
    if (host.n && host.p[0] == '[') {
        host.p++, host.n--;
        if (!host.n || host.p[host.n - 1] != ']') return 0;
        host.n--;
    } else if (host.n > 1 && host.p[host.n - 1] == '.') {
        host.n--;
    }
    for (u32 i = 0; i < host.n; i++)
        if (host.p[i] == '%') host.n = i;
    if (!host.n || host.n >= ZQ_HOST) return 0;
    for (u32 i = 0; i < host.n; i++) {
        if (host.p[i] <= ' ' || host.p[i] == 0x7f) return 0;
        out[i] = lower(host.p[i]);
    }
    *normal = (span){out, host.n};
    return 1;
}

static u32 ipv4(span h, u8 *out) {
    u32 part = 0, digits = 0, value = 0;
    for (u32 i = 0; i <= h.n; i++) {
        u8 c = i < h.n ? h.p[i] : '.';
        if (c == '.') {
            if (!digits || part > 3) return 0;
            out[part++] = (u8)value;
            digits = value = 0;
        } else {
            if (c < '0' || c > '9' || (digits && !value)) return 0;
            value = value * 10 + (u32)(c - '0');
            if (++digits > 3 || value > 255) return 0;
        }
    }
    return part == 4 ? 4 : 0;
}

static i32 hex(u8 c) {
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 4291, 2.2: groups, one `::`, and an IPv4 tail. */
static u32 ipv6(span h, u8 *out) {
    u8 head[16];
    u32 n = 0, gap = 99, i = 0;
    zq_fill(head, 0, 16);
    if (h.n >= 2 && h.p[0] == ':' && h.p[1] == ':') gap = 0, i = 2;
    while (i < h.n) {
        u32 value = 0, digits = 0, start = i;
        for (; i < h.n && hex(h.p[i]) >= 0; i++) {
            value = value << 4 | (u32)hex(h.p[i]);
            if (++digits > 4) return 0;
        }
        if (i < h.n && h.p[i] == '.') {
            if (n > 12 || !ipv4((span){h.p + start, h.n - start}, head + n)) return 0;
            n += 4;
            break;
        }
        if (!digits || n > 14) return 0;
        head[n++] = (u8)(value >> 8), head[n++] = (u8)value;
        if (i == h.n) break;
        if (h.p[i++] != ':') return 0;
        if (i < h.n && h.p[i] == ':') {
            if (gap != 99) return 0;
            gap = n;
            i++;
        } else if (i == h.n) {
            return 0;
        }
    }
    if (gap == 99 ? n != 16 : n > 14) return 0;
    if (gap == 99) gap = n;
    zq_fill(out, 0, 16);
    zq_copy(out, head, gap);
    zq_copy(out + 16 - (n - gap), head + gap, n - gap);
    return 16;
}

u32 zq_host_address(span host, u8 address[16]) {
    for (u32 i = 0; i < host.n; i++)
        if (host.p[i] == ':') return ipv6(host, address);
    return ipv4(host, address);
}

span zq_host_parent(span host) {
    for (u32 i = 0; i < host.n; i++)
        if (host.p[i] == '.') return (span){host.p + i + 1, host.n - i - 1};
    return (span){host.p, 0};
}

int zq_host_covered(span name, span host) {
    if (name.n > 1 && name.p[name.n - 1] == '.') name.n--;
    if (zq_host_equal(name, host)) return 1;
    if (name.n < 4 || name.p[0] != '*' || name.p[1] != '.') return 0;
    span up = zq_host_parent(host), tail = {name.p + 2, name.n - 2};
    return up.p != host.p + 1 && zq_host_parent(tail).n && zq_host_equal(tail, up);
}

int zq_host_match(u8 match, span name, span host) {
    u8 a[16], b[16];
    u32 size = zq_host_address(host, a);
    if (size) return match == MATCH_EXACT && zq_host_address(name, b) == size && zq_equal(a, b, size);
    switch (match) {
    case MATCH_EXACT:
        return zq_host_equal(name, host);
    case MATCH_ONE_LABEL:
        return zq_host_equal(zq_host_parent(host), name) && host.p[0] != '.';
    case MATCH_ANY_DEPTH:
        if (zq_host_equal(name, host)) return 1;
        if (host.n <= name.n + 1 || host.p[host.n - name.n - 1] != '.') return 0;
        return zq_host_equal(name, (span){host.p + host.n - name.n, name.n});
    default:
        return 0;
    }
}
