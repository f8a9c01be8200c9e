/* A hostile well, and hostile rules behind an opened one. */
#include "../../pinfuse/stub/core/rules.h"
#include "../../pinfuse/stub/core/vault.h"
#include "../../pinfuse/stub/core/verdict.h"

static u8 well[ZQ_WELL], plain[ZQ_PLAIN];

static void spread(u8 *to, u32 size, const u8 *data, size_t n) {
    for (u32 i = 0; i < size; i++) to[i] = n ? data[i % n] : 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static const u8 signers[64] = {1};
    static const u8 leaf[] = {0x30, 0};
    zq_rules rules;
    zq_rule rule;
    static zq_memory memory;
    zq_verdict verdict;
    if (!size) return 0;
    if (data[0] & 1) { /* one in two: the opener is the slow part */
        spread(well, ZQ_WELL, data, size);
        if (zq_vault_open(well, (span){data, size < 100 ? (u32)size : 100}, signers, data[0] >> 1 & 1, plain)) __builtin_trap();
    }
    zq_fill(plain, 0, ZQ_PLAIN);
    zq_copy(plain, data, size < ZQ_PLAIN ? (u32)size : ZQ_PLAIN);
    plain[0] = ZQ_VERSION;
    if (zq_rules_read(plain, &rules)) {
        for (u32 i = 0; i < rules.count && i < 64; i++) zq_rules_at(&rules, i, &rule);
        span settings = zq_settings(plain);
        u8 sum = 0;
        for (u32 i = 0; i < settings.n; i++) sum ^= settings.p[i];
        if (settings.n > ZQ_SETTINGS || (sum && !settings.p)) __builtin_trap();
        zq_rules_find(&rules, 0, (span){data, size < 60 ? (u32)size : 60}, &rule);
    }
    span chain = {leaf, 2};
    zq_question question = {&chain, 1, data[0] & 2 ? data : 0, size < 200 ? (u32)size : 200, 0, data[0] >> 2 & 3};
    zq_decide(plain, &memory, &question, &verdict);
    return 0;
}
