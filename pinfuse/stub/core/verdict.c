#include "verdict.h"

#include "hash.h"
#include "host.h"
#include "rules.h"
#include "x509.h"

enum { RECALLED = 8 }; /* pins that the names of one leaf may recall */

typedef struct {
    const zq_question *q;
    const zq_memory *memory;
    zq_rules rules;
    zq_cert certs[ZQ_CHAIN];
    span host; /* normal; n 0 when unknown */
    u8 host_bytes[ZQ_HOST];
    u32 read; /* certificates already parsed */
    u8 recalled[RECALLED * PIN_SIZE];
} session;

/* Which pin matches where; certificate -1 when none does. */
typedef struct {
    i32 certificate, pin;
} match;

static i32 say(const session *s, zq_verdict *out, enum zq_reason reason, i32 certificate, i32 pin) {
    int allowed = reason == R_OK || (reason == R_UNLISTED && !(s->rules.flags & RULE_BLOCK_UNLISTED));
    out->verdict = !allowed && (s->rules.flags & RULE_ENFORCE || reason == R_VAULT) ? ZQ_REFUSED : 0;
    out->reason = (i32)reason, out->certificate = certificate, out->pin = pin;
    return out->verdict;
}

/* Index of the first certificate that is malformed, or count. */
static u32 parse(session *s, u32 count) {
    while (s->read < count && zq_cert_read(s->q->chain[s->read], &s->certs[s->read])) s->read++;
    return s->read;
}

/* The most specific rule of a host: its own, then the longest name above it, one label before any depth. */
static int select_rule(const session *s, span host, zq_rule *best) {
    u8 address[16];
    const zq_rules *rules = &s->rules;
    if (zq_host_address(host, address)) {
        for (u32 i = 0; i < rules->addresses; i++)
            if (zq_rules_at(rules, i, best) && zq_host_match(best->match, best->name, host)) return 1;
        return 0;
    }
    if (zq_rules_find(rules, MATCH_EXACT, host, best) || zq_rules_find(rules, MATCH_ANY_DEPTH, host, best)) return 1;
    span up = zq_host_parent(host);
    if (up.n && up.p > host.p + 1 && zq_rules_find(rules, MATCH_ONE_LABEL, up, best)) return 1;
    for (; up.n; up = zq_host_parent(up))
        if (up.p > host.p + 1 && zq_rules_find(rules, MATCH_ANY_DEPTH, up, best)) return 1;
    return 0;
}

/* SHA-256 of key and certificate, made once for each and only when a pin asks. */
typedef struct {
    u8 key[32], whole[32];
    u8 has_key, has_whole;
} digests;

static int pin_matches(const zq_cert *cert, const u8 *pin, digests *d) {
    if (pin[0] == PIN_CERTIFICATE) {
        if (!d->has_whole) zq_sha256_of(cert->der, d->whole), d->has_whole = 1;
        return zq_equal(d->whole, pin + 1, 32);
    }
    if (!d->has_key) zq_sha256_of(cert->spki, d->key), d->has_key = 1;
    return zq_equal(d->key, pin + 1, 32);
}

static match find_pin(const session *s, const zq_rule *rule) {
    for (u32 c = 0; c < s->q->count; c++) {
        digests d = {.has_key = 0};
        for (u32 i = 0; i < rule->pin_count; i++) {
            const u8 *pin = rule->pins + i * PIN_SIZE;
            if (c && pin[0] == PIN_LEAF_KEY) continue;
            if (pin_matches(&s->certs[c], pin, &d)) return (match){(i32)c, (i32)i};
        }
    }
    return (match){-1, -1};
}

/* The last certificate when it is its own issuer: the trust anchor, whose dates and signature nobody judges. */
static int is_anchor(const session *s, u32 i) {
    return i && i + 1 == s->q->count && zq_span_equal(s->certs[i].subject, s->certs[i].issuer);
}

static i32 bad_path(const session *s) {
    for (u32 i = 0; i < s->q->count; i++) {
        if (s->certs[i].odd_critical) return (i32)i;
        if (i && !zq_span_equal(s->certs[i - 1].issuer, s->certs[i].subject)) return (i32)i;
    }
    return -1;
}

static i32 bad_dates(const session *s) {
    for (u32 i = 0; i < s->q->count; i++)
        if (!is_anchor(s, i) && (s->q->now < s->certs[i].not_before || s->q->now > s->certs[i].not_after)) return (i32)i;
    return -1;
}

/* RFC 5280, 4.2.1.3, 4.2.1.9 and 4.2.1.12; certificates that are their own issuer do not count for the length. */
static i32 bad_role(const session *s, match found) {
    const zq_cert *leaf = &s->certs[0];
    i32 below = 0;
    if (leaf->is_ca && found.certificate != 0) return 0;
    if (leaf->has_extended && !leaf->may_serve) return 0;
    for (u32 i = 1; i < s->q->count; i++) {
        const zq_cert *c = &s->certs[i];
        if (!c->has_basic || !c->is_ca || (c->has_usage && !c->may_sign)) return (i32)i;
        if (c->path_length >= 0 && below > c->path_length) return (i32)i;
        if (!zq_span_equal(c->subject, c->issuer)) below++;
    }
    return -1;
}

static i32 weak_key(const session *s, enum zq_key kind, u32 least) {
    for (u32 i = 0; least && i < s->q->count; i++) {
        enum zq_key is = s->certs[i].key == KEY_RSA ? KEY_RSA : KEY_EC;
        if (is == kind && s->certs[i].key_bits < least) return (i32)i;
    }
    return -1;
}

static i32 weak_digest(const session *s) {
    for (u32 i = 0; i < s->q->count; i++)
        if (!is_anchor(s, i) && s->certs[i].digest_bits < s->rules.least_digest) return (i32)i;
    return -1;
}

/* The strict checks, first reason first; R_OK and *at -1 when all hold. */
static enum zq_reason strict(const session *s, match found, i32 *at) {
    if (s->rules.flags & RULE_ROLES && (*at = bad_role(s, found)) >= 0) return R_ROLE;
    if ((*at = weak_key(s, KEY_RSA, s->rules.least_rsa)) >= 0) return R_RSA_BITS;
    if ((*at = weak_key(s, KEY_EC, s->rules.least_ec)) >= 0) return R_EC_BITS;
    if (s->rules.least_digest && (*at = weak_digest(s)) >= 0) return R_DIGEST;
    return R_OK;
}

/* Everything about a chain whose certificates are parsed; rule is null for a host without a pin. */
static enum zq_reason judge(const session *s, const zq_rule *rule, match *found) {
    i32 at = bad_path(s);
    match m = {-1, -1};
    enum zq_reason reason;
    if (rule) m = find_pin(s, rule);
    *found = (match){at, -1};
    if (at >= 0) return R_PATH;
    if (m.certificate > 0 && !(s->q->flags & ZQ_VALIDATED)) return *found = m, R_PROVENANCE;
    *found = (match){0, -1};
    if (s->host.n && !zq_cert_covers(&s->certs[0], s->host)) return R_HOST;
    *found = (match){bad_dates(s), -1};
    if (found->certificate >= 0) return R_EXPIRED;
    if (rule && rule->expires && rule->blocks_when_expired && s->q->now >= rule->expiry) return R_EXPIRED;
    reason = strict(s, m, &found->certificate);
    if (reason != R_OK) return reason;
    *found = m;
    return rule && m.certificate < 0 ? R_PIN : R_OK;
}

static int lapsed(const session *s, const zq_rule *rule) {
    return rule->expires && !rule->blocks_when_expired && s->q->now >= rule->expiry;
}

/* A chain that is fine, from a host of which nothing is remembered: its leaf, or the end of its path, will be. */
static i32 first_met(const session *s, const zq_rule *rule, zq_verdict *out) {
    u32 at = rule->first_kind == PIN_ANY_KEY ? s->q->count - 1 : 0;
    int own_rule = rule->match == MATCH_EXACT;
    u8 pin[PIN_SIZE];
    if (at && !(s->q->flags & ZQ_VALIDATED)) return say(s, out, R_PROVENANCE, (i32)at, -1);
    if (!zq_memory_has_room(s->memory, own_rule, s->rules.first_use_limit)) return say(s, out, R_UNLISTED, -1, -1);
    pin[0] = rule->first_kind;
    zq_sha256_of(pin[0] == PIN_CERTIFICATE ? s->certs[at].der : s->certs[at].spki, pin + 1);
    zq_memory_entry(out->wish, own_rule, s->host, pin);
    say(s, out, R_FIRST_USE, (i32)at, -1);
    return out->verdict |= ZQ_FIRST_MET;
}

static void recall(session *s, zq_rule *rule, span host) {
    const u8 *pin = rule->pin_count < RECALLED ? zq_memory_find(s->memory, host) : 0;
    if (pin) zq_copy(s->recalled + rule->pin_count++ * PIN_SIZE, pin, PIN_SIZE);
}

static i32 listed(session *s, zq_rule *rule, zq_verdict *out) {
    match at;
    if (rule->first_use && s->host.n) {
        rule->pins = s->recalled, rule->pin_count = 0;
        recall(s, rule, s->host);
    }
    enum zq_reason reason = judge(s, rule, &at);
    if (rule->first_use && reason == R_PIN) {
        if (!rule->pin_count) return first_met(s, rule, out);
        reason = R_FIRST_USE;
    }
    return say(s, out, reason, at.certificate, at.pin);
}

/* Every host that no pin speaks of, where the set has those trusted on first use too. */
static const zq_rule everyone = {.match = MATCH_ANY_DEPTH, .first_use = 1, .first_kind = PIN_ANY_KEY};

static i32 listed_if_parsed(session *s, const zq_rule *rule, zq_verdict *out) {
    zq_rule own = *rule;
    u32 bad = parse(s, s->q->count);
    return bad < s->q->count ? say(s, out, R_MALFORMED, (i32)bad, -1) : listed(s, &own, out);
}

/* A host that no pin speaks of: the platform alone decides, unless the set says more. */
static i32 unlisted(session *s, zq_verdict *out) {
    match at = {-1, -1};
    if (s->host.n && s->rules.flags & RULE_FIRST_USE_ALL) return listed_if_parsed(s, &everyone, out);
    if (s->rules.flags & RULE_BLOCK_UNLISTED || !(s->rules.flags & RULE_CHECK_ALL)) return say(s, out, R_UNLISTED, -1, -1);
    u32 bad = parse(s, s->q->count);
    if (bad < s->q->count) return say(s, out, R_MALFORMED, (i32)bad, -1);
    enum zq_reason reason = judge(s, 0, &at);
    return say(s, out, reason == R_OK ? R_UNLISTED : reason, reason == R_OK ? -1 : at.certificate, -1);
}

/* A name that no server has (RFC 6761, 6.4): the self-test host, whose key stands in the vault for whoever opens it. */
static int is_of_nobody(span name) {
    static const u8 nobody[] = {'.', 'i', 'n', 'v', 'a', 'l', 'i', 'd'};
    return name.n > sizeof nobody && zq_equal(name.p + name.n - sizeof nobody, nobody, sizeof nobody);
}

/* 1 when one of the leaf's names is a host of this rule; an exact rule's host may also be one of the
 * leaf's addresses, or lie under a wildcard name. Of a host trusted on first use something must be remembered; a
 * rule without a name is for every one. */
static int named_by(session *s, zq_rule *rule) {
    span rest = s->certs[0].san, name, normal;
    u8 bytes[ZQ_HOST];
    int named = !rule->match && zq_cert_covers(&s->certs[0], rule->name);
    if (is_of_nobody(rule->name)) return 0;
    if (rule->first_use) rule->pins = s->recalled, rule->pin_count = 0;
    if (rule->first_use && named) recall(s, rule, rule->name);
    while (zq_san_next(&rest, &name)) {
        if (!zq_host_normal(name, bytes, &normal)) continue;
        if (rule->name.n && !zq_host_match(rule->match, rule->name, normal)) continue;
        named = 1;
        if (rule->first_use && (rule->match || !rule->pin_count)) recall(s, rule, normal);
    }
    return named && !(rule->first_use && !rule->pin_count);
}

/* Host unknown: the rules that the leaf's own names select; the first that is satisfied, else a refusal. */
static i32 by_names(session *s, zq_verdict *out) {
    zq_rule rule;
    int any = 0;
    if (!parse(s, 1)) return say(s, out, R_MALFORMED, 0, -1);
    for (u32 i = 0; i < s->rules.count && zq_rules_at(&s->rules, i, &rule); i++) {
        if (!named_by(s, &rule) || lapsed(s, &rule)) continue;
        any = 1;
        listed_if_parsed(s, &rule, out);
        if (out->reason == R_OK || out->reason == R_MALFORMED) return out->verdict;
    }
    if (any) return out->verdict;
    rule = everyone;
    if (s->rules.flags & RULE_FIRST_USE_ALL && named_by(s, &rule)) return listed_if_parsed(s, &rule, out);
    if (s->q->flags & ZQ_APP_TRUST && s->rules.flags & RULE_REFUSE_NO_HOST) return say(s, out, R_HOST, -1, -1);
    return unlisted(s, out);
}

static int too_much(const zq_question *q) {
    u32 bytes = 0;
    if (!q->count || q->count > ZQ_CHAIN) return 1;
    for (u32 i = 0; i < q->count; i++) {
        if (q->chain[i].n > ZQ_CHAIN_BYTES) return 1;
        bytes += q->chain[i].n;
    }
    return bytes > ZQ_CHAIN_BYTES;
}

i32 zq_decide(const u8 *plain, const zq_memory *memory, const zq_question *q, zq_verdict *out) {
    session s;
    zq_rule rule;
    s.q = q, s.memory = memory, s.read = 0, s.host = (span){0, 0};
    s.rules.flags = RULE_ENFORCE;
    if (!plain || !zq_rules_read(plain, &s.rules)) return say(&s, out, R_VAULT, -1, -1);
    if (too_much(q)) return say(&s, out, R_MALFORMED, -1, -1);
    if (!q->host) return by_names(&s, out);
    if (!zq_host_normal((span){q->host, q->host_length}, s.host_bytes, &s.host)) return say(&s, out, R_MALFORMED, -1, -1);
    if (!select_rule(&s, s.host, &rule) || lapsed(&s, &rule)) return unlisted(&s, out);
    return listed_if_parsed(&s, &rule, out);
}
