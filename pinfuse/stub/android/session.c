#include "session.h"

#include "../core/hash.h"
#include "../core/rules.h"
#include "../core/verdict.h"
#include "adapter.h"
#include "tell.h"

extern long time(long *out);

enum { VERIFY_PEER = 1, VERIFIED = 0, HOST_NAME = 0 };
enum { BOTH_SHUT = 3, NOT_BY_THE_APP = 50 };
/* Number of the library of sessions, and its reason "certificate verify failed" (err.h, sslerr.h; BoringSSL's err.h
 * and ssl.h have others). */
enum { OPENSSL_SSL = 20, OPENSSL_REASON = 134, BORING_SSL = 16, BORING_REASON = 125 };
enum { MET = 32, MOST_SENT = 32 };

/* Certificates as DER in memory of the TLS library, leaf first. */
typedef struct {
    span chain[ZQ_CHAIN];
    u32 count;
    int too_many, whole; /* whole: it is the path that the library verified, up to what it trusts */
} list;

static void drop(const zq_tls *t, list *l) {
    for (u32 i = 0; i < l->count; i++) {
        void *p = (void *)(uintptr_t)l->chain[i].p;
        if (TLS_HAS(t, OPENSSL_free)) TLS(t, OPENSSL_free, void, void *)(p);
        else if (TLS_HAS(t, CRYPTO_free)) TLS(t, CRYPTO_free, void, void *, const char *, i32)(p, "", 0);
    }
    l->count = 0;
}

static int add(const zq_tls *t, list *l, void *certificate) {
    u8 *der = 0;
    if (l->count >= ZQ_CHAIN) return l->too_many = 1, 0;
    i32 n = certificate ? TLS(t, i2d_X509, i32, void *, u8 **)(certificate, &der) : 0;
    if (n <= 0 || !der) return 0;
    l->chain[l->count++] = (span){der, (u32)n};
    return 1;
}

static u32 size_of(const zq_tls *t, void *stack) {
    i32 n = !stack                       ? 0
            : TLS_HAS(t, OPENSSL_sk_num) ? TLS(t, OPENSSL_sk_num, i32, void *)(stack)
            : TLS_HAS(t, sk_num)         ? TLS(t, sk_num, i32, void *)(stack)
                                         : 0;
    return n > 0 ? (u32)n : 0;
}

static void *item(const zq_tls *t, void *stack, u32 i) {
    if (TLS_HAS(t, OPENSSL_sk_value)) return TLS(t, OPENSSL_sk_value, void *, void *, size_t)(stack, i);
    return TLS_HAS(t, sk_value) ? TLS(t, sk_value, void *, void *, size_t)(stack, i) : 0;
}

/* 1 when the issuer's key signed the certificate, by the TLS library's own check. */
static int signed_by(const zq_tls *t, void *certificate, void *issuer) {
    if (!TLS_HAS(t, X509_get_pubkey) || !TLS_HAS(t, X509_verify) || !TLS_HAS(t, EVP_PKEY_free)) return 0;
    void *key = certificate && issuer ? TLS(t, X509_get_pubkey, void *, void *)(issuer) : 0;
    int holds = key && TLS(t, X509_verify, i32, void *, void *)(certificate, key) == 1;
    if (key) TLS(t, EVP_PKEY_free, void, void *)(key);
    return holds;
}

static int names(const zq_tls *t, void *certificate, void *issuer) {
    if (!TLS_HAS(t, X509_get_issuer_name) || !TLS_HAS(t, X509_get_subject_name) || !TLS_HAS(t, X509_NAME_cmp)) return 0;
    void *wanted = TLS(t, X509_get_issuer_name, void *, void *)(certificate);
    void *is = TLS(t, X509_get_subject_name, void *, void *)(issuer);
    return wanted && is && !TLS(t, X509_NAME_cmp, i32, void *, void *)(wanted, is);
}

/* What the library says it verified, if that begins with the leaf and every signature in it holds. */
static int take_verified(const zq_tls *t, const void *ssl, void *leaf, list *l) {
    void *stack = TLS_HAS(t, SSL_get0_verified_chain) ? TLS(t, SSL_get0_verified_chain, void *, const void *)(ssl) : 0;
    u32 n = size_of(t, stack);
    list first = {.count = 0};
    for (u32 i = 0; i < n; i++)
        if (!add(t, l, item(t, stack, i)) || (i && !signed_by(t, item(t, stack, i - 1), item(t, stack, i)))) n = 0;
    int same = n && add(t, &first, leaf) && zq_span_equal(first.chain[0], l->chain[0]);
    drop(t, &first);
    if (!same) drop(t, l);
    return same;
}

/* The leaf, and of what the peer sent along the path that leads on from it, signature by signature. */
static void take_path(const zq_tls *t, const void *ssl, void *leaf, list *l) {
    void *stack = TLS_HAS(t, SSL_get_peer_cert_chain) ? TLS(t, SSL_get_peer_cert_chain, void *, const void *)(ssl) : 0;
    u32 n = size_of(t, stack), used = 0, i;
    void *last = leaf;
    if (!add(t, l, leaf)) return;
    do {
        if (names(t, last, last)) return;
        for (i = 0; i < n && i < MOST_SENT; i++) {
            void *one = item(t, stack, i);
            if (!one || used >> i & 1 || !names(t, last, one) || !signed_by(t, last, one)) continue;
            if (!add(t, l, one)) return;
            used |= 1u << i, last = one;
            break;
        }
    } while (i < n && i < MOST_SENT);
}

static void *peer_of(const zq_tls *t, const void *ssl, int before, int *owned) {
    *owned = 0;
    if (before) {
        if (!TLS_HAS(t, SSL_get_session) || !TLS_HAS(t, SSL_SESSION_get0_peer)) return 0;
        void *session = TLS(t, SSL_get_session, void *, const void *)(ssl);
        return session ? TLS(t, SSL_SESSION_get0_peer, void *, void *)(session) : 0;
    }
    if (TLS_HAS(t, SSL_get0_peer_certificate)) return TLS(t, SSL_get0_peer_certificate, void *, const void *)(ssl);
    *owned = 1;
    return TLS_HAS(t, SSL_get_peer_certificate) ? TLS(t, SSL_get_peer_certificate, void *, const void *)(ssl) : 0;
}

/* The certificates to be judged; returns the flags of the question. */
static u32 gather(const zq_tls *t, const void *ssl, int before, list *l) {
    u32 flags = ZQ_APP_TRUST;
    int owned, verified = !before && TLS(t, SSL_get_verify_mode, i32, const void *)(ssl) & VERIFY_PEER &&
                          TLS(t, SSL_get_verify_result, long, const void *)(ssl) == VERIFIED;
    void *leaf = peer_of(t, ssl, before, &owned);
    if (!leaf) return flags;
    if (TLS_HAS(t, ERR_set_mark)) TLS(t, ERR_set_mark, i32, void)();
    if (before) add(t, l, leaf);
    else if (!(l->whole = verified && take_verified(t, ssl, leaf, l))) take_path(t, ssl, leaf, l);
    if (TLS_HAS(t, ERR_set_mark) && TLS_HAS(t, ERR_pop_to_mark)) TLS(t, ERR_pop_to_mark, i32, void)();
    if (owned && TLS_HAS(t, X509_free)) TLS(t, X509_free, void, void *)(leaf);
    return verified ? flags | ZQ_VALIDATED : flags;
}

static span host_of(const zq_tls *t, const void *ssl) {
    const char *name = 0;
    u32 n = 0;
    if (TLS_HAS(t, SSL_get_servername)) name = TLS(t, SSL_get_servername, const char *, const void *, i32)(ssl, HOST_NAME);
    if (!name && TLS_HAS(t, SSL_get0_param) && TLS_HAS(t, X509_VERIFY_PARAM_get0_host)) {
        void *param = TLS(t, SSL_get0_param, void *, const void *)(ssl);
        if (param) name = TLS(t, X509_VERIFY_PARAM_get0_host, const char *, void *, i32)(param, 0);
    }
    while (name && name[n] && n <= 255) n++;
    return (span){(const u8 *)name, n};
}

/* Digests of leaf and host of sessions that were allowed on their full handshake: a resumed session shows its leaf
 * alone, and only who was judged then can resume it. */
static u8 met[MET][32];
static u32 met_count;
static int meeting;

static void digest_of(span leaf, span host, u8 out[32]) {
    zq_sha256 s;
    zq_sha256_init(&s);
    zq_sha256_add(&s, leaf.p, leaf.n);
    zq_sha256_add(&s, host.p, host.n);
    zq_sha256_end(&s, out);
}

/* 1 when it is there; with remember it is afterwards. */
static int meet(const u8 digest[32], int remember) {
    int there = 0;
    while (__atomic_exchange_n(&meeting, 1, __ATOMIC_ACQUIRE)) continue;
    for (u32 i = 0; i < MET && i < met_count; i++) there |= zq_equal(met[i], digest, 32);
    if (remember && !there) zq_copy(met[met_count++ % MET], digest, 32);
    __atomic_store_n(&meeting, 0, __ATOMIC_RELEASE);
    return there;
}

/* Of a session that is allowed: report-only mode let it through. */
static int would_be_refused(const zq_verdict *verdict) {
    zq_rules rules;
    if (verdict->reason == R_OK) return 0;
    return verdict->reason != R_UNLISTED || (zq_rules_read(zq_opened(), &rules) && rules.flags & RULE_BLOCK_UNLISTED);
}

int zq_session_allowed(const zq_tls *t, const void *ssl, int before) {
    list l = {.count = 0};
    zq_verdict verdict;
    u8 digest[32];
    u32 flags = gather(t, ssl, before, &l);
    span host = host_of(t, ssl);
    u32 count = l.too_many ? 0 : l.count;
    zq_question question = {l.chain, count, host.p, host.n, (i64)(unsigned long)time(0), flags};
    int reused = before || (TLS_HAS(t, SSL_session_reused) && TLS(t, SSL_session_reused, i32, const void *)(ssl));
    zq_decide(zq_opened(), zq_met(), &question, &verdict);
    int allowed = !(verdict.verdict & ZQ_REFUSED), known = 0;
    if (l.count) digest_of(l.chain[0], host, digest);
    if (count && !reused && verdict.reason == R_OK) meet(digest, 1);
    if (count && reused && (verdict.reason == R_PIN || verdict.reason == R_PROVENANCE)) known = meet(digest, 0);
    if (verdict.verdict & ZQ_FIRST_MET && l.whole && !reused) zq_tell_met(&question, &verdict, !allowed);
    else if (!known && (!allowed || would_be_refused(&verdict))) zq_tell(&question, &verdict, !allowed);
    drop(t, &l);
    return allowed || known;
}

void zq_session_refuse(const zq_tls *t, void *ssl) {
    if (TLS_HAS(t, SSL_set_verify_result)) TLS(t, SSL_set_verify_result, void, void *, long)(ssl, NOT_BY_THE_APP);
    if (TLS_HAS(t, SSL_set_shutdown)) TLS(t, SSL_set_shutdown, void, void *, i32)(ssl, BOTH_SHUT);
    int boring = TLS_HAS(t, SSL_in_early_data);
    if (TLS_HAS(t, ERR_new) && TLS_HAS(t, ERR_set_error)) {
        TLS(t, ERR_new, void, void)();
        TLS(t, ERR_set_error, void, i32, i32, const char *, ...)(OPENSSL_SSL, OPENSSL_REASON, 0);
    } else if (TLS_HAS(t, ERR_put_error)) {
        TLS(t, ERR_put_error, void, i32, i32, i32, const char *, i32)
        (boring ? BORING_SSL : OPENSSL_SSL, 0, boring ? BORING_REASON : OPENSSL_REASON, "", 0);
    }
}
