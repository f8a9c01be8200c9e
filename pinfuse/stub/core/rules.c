#include "rules.h"

#include "vault.h"

enum { HEAD = 78, PLACE = 3, HAS_EXPIRY = 1, BLOCK_WHEN_EXPIRED = 2, FIRST_USE = 4, KIND_SHIFT = 3 };

int zq_rules_read(const u8 *plain, zq_rules *out) {
    if (plain[0] != ZQ_VERSION) return 0;
    out->flags = plain[1];
    out->least_rsa = zq_be16(plain + 2);
    out->least_ec = zq_be16(plain + 4);
    out->least_digest = zq_be16(plain + 6);
    out->first_use_limit = zq_be16(plain + 40);
    out->memory_key = plain + 42;
    out->count = zq_be16(plain + 74);
    out->addresses = zq_be16(plain + 76);
    out->plain = plain;
    return out->addresses <= out->count && HEAD + PLACE * out->count <= ZQ_PLAIN;
}

/* n bytes off the front; null when there are not so many. */
static const u8 *take(span *in, u32 n) {
    const u8 *p = in->p;
    if (in->n < n) return 0;
    in->p += n, in->n -= n;
    return p;
}

/* One rule off the front; 0 when it is cut short. */
static int read_rule(span *hosts, zq_rule *out) {
    const u8 *p;
    if (!(p = take(hosts, 2))) return 0;
    out->match = p[0];
    out->name = (span){take(hosts, p[1]), p[1]};
    if (!out->name.p || !(p = take(hosts, 1))) return 0;
    out->expires = p[0] & HAS_EXPIRY;
    out->blocks_when_expired = (p[0] & BLOCK_WHEN_EXPIRED) != 0;
    out->first_use = (p[0] & FIRST_USE) != 0;
    out->first_kind = p[0] >> KIND_SHIFT & 3;
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

int zq_rules_at(const zq_rules *rules, u32 place, zq_rule *out) {
    const u8 *p = rules->plain + HEAD + PLACE * place;
    u32 at = (u32)p[0] << 16 | zq_be16(p + 1);
    if (place >= rules->count || at > ZQ_PLAIN) return 0;
    span rest = {rules->plain + at, ZQ_PLAIN - at};
    return read_rule(&rest, out);
}

span zq_settings(const u8 *plain) {
    const u8 *p;
    zq_rules rules;
    zq_rule rule;
    span none = {0, 0}, rest;
    if (!zq_rules_read(plain, &rules)) return none;
    rest = (span){plain + HEAD + PLACE * rules.count, ZQ_PLAIN - HEAD - PLACE * rules.count};
    for (u32 i = 0; i < rules.count; i++)
        if (!read_rule(&rest, &rule)) return none;
    if (!(p = take(&rest, 2)) || zq_be16(p) > ZQ_SETTINGS) return none;
    u32 n = zq_be16(p);
    return (p = take(&rest, n)) ? (span){p, n} : none;
}

/* Less than, equal to or more than 0, as the table is sorted: bytes of the name, its length, the match. */
static i32 compare(const zq_rule *rule, u8 match, span name) {
    for (u32 i = 0; i < rule->name.n && i < name.n; i++)
        if (rule->name.p[i] != name.p[i]) return (i32)rule->name.p[i] - (i32)name.p[i];
    if (rule->name.n != name.n) return rule->name.n < name.n ? -1 : 1;
    return (i32)rule->match - (i32)match;
}

int zq_rules_find(const zq_rules *rules, u8 match, span name, zq_rule *out) {
    u32 low = rules->addresses, high = rules->count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (!zq_rules_at(rules, middle, out)) return 0;
        i32 order = compare(out, match, name);
        if (!order) return 1;
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return 0;
}
