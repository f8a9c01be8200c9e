/* Chains of hostile certificates through the whole decision: the first byte says how the rest is cut. */
#include "../../pinfuse/stub/core/hash.h"
#include "../../pinfuse/stub/core/vault.h"
#include "../../pinfuse/stub/core/verdict.h"
#include "../../pinfuse/stub/core/x509.h"

/* Rules by hand: all checks on, a host that is pinned to 32 times 'p', anywhere on the path, or that is trusted on
 * first use (docs/vault-format.md). */
static u8 plain[ZQ_PLAIN] = {
    ZQ_VERSION, 0x1d, 8, 0, 1, 0, 1, 0, /* enforce, refuse_no_host, check_all, roles; 2048, 256, 256 */
    [41] = 4, [75] = 1, [78] = 0, 0, 81, /* four hosts remembered at most; one rule, at 81 */
    [81] = 2, 11, 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'c', 'o', 'm', 0, 1, 1,
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    span chain[ZQ_CHAIN];
    static zq_memory memory;
    zq_verdict verdict;
    zq_cert cert;
    if (size < 2 || size > ZQ_CHAIN_BYTES) return 0;
    zq_fill(plain + 97, 'p', 32);
    plain[94] = data[0] & 8 ? 4 : 0;
    u32 count = 1 + data[0] % 3, n = (u32)size - 1, step = n / count;
    for (u32 i = 0; i < count; i++) chain[i] = (span){data + 1 + i * step, i + 1 < count ? step : n - i * step};
    for (u32 i = 0; i < count; i++)
        if (zq_cert_read(chain[i], &cert)) zq_cert_covers(&cert, (span){(const u8 *)"api.example.com", 15});
    const u8 *host = data[0] & 0x40 ? 0 : (const u8 *)"api.example.com";
    zq_question question = {chain, count, host, 15, (i64)data[0] << 24, data[0] >> 4 & 3};
    zq_decide(plain, &memory, &question, &verdict);
    if (verdict.verdict < 0 || verdict.verdict > 3) __builtin_trap();
    return 0;
}
