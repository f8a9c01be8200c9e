/* The four opaque functions that the proof of a build calls; docs/architecture.md has the contract. */
#include "../core/rules.h"
#include "process.h"
#include "system.h"

EXPORTED i32 zqa(void);
EXPORTED i32 zqb(const u8 *const *certificates, const u32 *sizes, u32 count, const u8 *host, u32 host_length, i64 now,
                 i32 flags, i32 out[4]);
EXPORTED i32 zqc(const u8 secret[ZQ_SECRET], const u8 *sealed, u32 sealed_size, const u8 fresh[ZQ_FRESH],
                 const u8 *const *certificates, const u32 *sizes, u32 count, const u8 *host, u32 host_length, i64 now,
                 i32 flags, i32 out[4], u8 *made, u32 *made_size);

/* The settings of the vault: their length, and where they lie; −1 while it is closed. */
EXPORTED i32 zqd(const u8 **settings);

/* More certificates than are judged become an empty chain, which is malformed. */
static void take(const u8 *const *certificates, const u32 *sizes, u32 count, span chain[ZQ_CHAIN], zq_question *out) {
    out->chain = chain;
    out->count = certificates && sizes && count <= ZQ_CHAIN ? count : 0;
    for (u32 i = 0; i < out->count; i++) chain[i] = (span){certificates[i], certificates[i] ? sizes[i] : 0};
}

static i32 give(const zq_verdict *verdict, i32 out[4]) {
    if (out) out[0] = verdict->verdict, out[1] = verdict->reason, out[2] = verdict->certificate, out[3] = verdict->pin;
    return verdict->verdict;
}

i32 zqa(void) { return zq_ready(); }

i32 zqd(const u8 **settings) {
    const u8 *plain = zq_opened();
    if (!plain) return -1;
    span found = zq_settings(plain);
    *settings = found.p;
    return (i32)found.n;
}

i32 zqb(const u8 *const *certificates, const u32 *sizes, u32 count, const u8 *host, u32 host_length, i64 now, i32 flags,
        i32 out[4]) {
    span chain[ZQ_CHAIN];
    zq_question question = {.host = host, .host_length = host_length, .now = now, .flags = (u32)flags};
    zq_verdict verdict;
    take(certificates, sizes, count, chain, &question);
    zq_ask(&question, &verdict);
    return give(&verdict, out);
}

i32 zqc(const u8 secret[ZQ_SECRET], const u8 *sealed, u32 sealed_size, const u8 fresh[ZQ_FRESH],
        const u8 *const *certificates, const u32 *sizes, u32 count, const u8 *host, u32 host_length, i64 now, i32 flags,
        i32 out[4], u8 *made, u32 *made_size) {
    static u8 kept[ZQ_SEALED_MEMORY];
    span chain[ZQ_CHAIN];
    zq_question question = {.host = host, .host_length = host_length, .now = now, .flags = (u32)flags};
    zq_verdict verdict;
    u32 n = sealed && sealed_size <= sizeof kept ? sealed_size : 0;
    take(certificates, sizes, count, chain, &question);
    if (n) zq_copy(kept, sealed, n);
    *made_size = zq_meet(secret, kept, n, fresh, &question, &verdict, made);
    return give(&verdict, out);
}
