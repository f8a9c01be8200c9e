/* What an install remembers: hostile bytes, and hostile contents behind a seal that holds. */
#include "../../pinfuse/stub/core/memory.c"

static u8 sealed[ZQ_SEALED_MEMORY + 64];

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static const u8 vault[ZQ_MEMORY_KEY] = {1}, install[ZQ_SECRET] = {2};
    static zq_memory memory;
    zq_memory_keys keys = {vault, install};
    u8 key[44], entry[ZQ_ENTRY];
    u32 most = ZQ_SEALED_MEMORY - ZQ_FRESH - ZQ_TAG, n = size < most ? (u32)size : most;
    span host = {data, n < 60 ? n : 60};
    memory.count = 0;
    zq_copy(sealed, data, n);
    if (zq_memory_load(&memory, keys, sealed, n)) __builtin_trap();
    zq_fill(sealed, 7, ZQ_FRESH);
    zq_copy(sealed + ZQ_FRESH, data, n);
    derive(keys, sealed, key);
    zq_seal(key, (span){sealed, 0}, sealed + ZQ_FRESH, n, sealed + ZQ_FRESH);
    zq_memory_load(&memory, keys, sealed, ZQ_FRESH + n + ZQ_TAG);
    if (memory.count > ZQ_REMEMBERED) __builtin_trap();
    if (!zq_memory_has_room(&memory, 0, n) || zq_memory_find(&memory, host)) return 0;
    zq_fill(entry, 1, ZQ_ENTRY);
    zq_memory_entry(entry, n & 1, host, entry + PIN_AT);
    u32 before = memory.count, made = zq_memory_seal(&memory, keys, entry, vault, sealed);
    if (!made || !zq_memory_load(&memory, keys, sealed, made) || memory.count != before + 1) __builtin_trap();
    if (!zq_memory_find(&memory, host)) __builtin_trap();
    return 0;
}
