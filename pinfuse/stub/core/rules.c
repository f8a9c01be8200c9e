#include "rules.h"

#include "vault.h"

enum { HEAD = 42, HAS_EXPIRY = 1, BLOCK_WHEN_EXPIRED = 2 };

int zq_rules_read(const u8 *plain, zq_rules *out) {
    if (plain[0] != ZQ_VERSION) return 0;
    out->flags = plain[1];
    out->least_rsa = zq_be16(plain + 2);
    out->least_ec = zq_be16(plain + 4);
    out->least_digest = zq_be16(plain + 6);
    out->count = zq_be16(plain + 40);
    out->hosts = (span){plain + HEAD, ZQ_PLAIN - HEAD};
    return 1;
}

/* n bytes off the front; null when there are not so many. */
static const u8 *take(span *in, u32 n) {
    const u8 *p = in->p;
    if (in->n < n) return 0;
    in->p += n, in->n -= n;
    return p;
}

int zq_rules_next(span *hosts, zq_rule *out) {
    const u8 *p = take(hosts, 2);
    if (!p) return 0;
    out->match = p[0];
    out->name = (span){take(hosts, p[1]), p[1]};
    if (!out->name.p || !(p = take(hosts, 1))) return 0;
    out->expires = p[0] & HAS_EXPIRY;
    out->blocks_when_expired = (p[0] & BLOCK_WHEN_EXPIRED) != 0;
    out->expiry = 0;
    if (out->expires) {
        if (!(p = take(hosts, 8))) return 0;
        out->expiry = (i64)zq_be64(p);
    }
    if (!(p = take(hosts, 1))) return 0;
    out->pin_count = p[0];
    out->pins = take(hosts, out->pin_count * PIN_SIZE);
    return out->pins != 0;
}
