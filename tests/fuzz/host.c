/* Hosts and patterns: one text is both a session's host and, cut in two, a pattern and a certificate's name. */
#include "../../pinfuse/stub/core/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    u8 bytes[ZQ_HOST], address[16];
    span normal;
    if (!size || size > 600) return 0;
    u32 cut = data[0] % size, rest = (u32)size - cut;
    span name = {data, cut}, host = {data + cut, rest};
    if (!zq_host_normal(host, bytes, &normal)) return 0;
    if (!normal.n || normal.n >= ZQ_HOST) __builtin_trap();
    u32 kind = zq_host_address(normal, address);
    if (kind != 0 && kind != 4 && kind != 16) __builtin_trap();
    for (u8 match = 0; match < 4; match++) zq_host_match(match, name, normal);
    zq_host_covered(name, normal);
    if (!zq_host_match(MATCH_EXACT, normal, normal) && !kind) __builtin_trap();
    if (zq_host_parent(normal).n >= normal.n) __builtin_trap();
    return 0;
}
