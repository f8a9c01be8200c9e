#include "memory.h"

#include "aead.h"
#include "hash.h"
#include "host.h"

enum { FORM = 1, MEMORY = 5, HOST_AT = 1, PIN_AT = 33, LAST_PIN_KIND = 2 };

static u32 published(const zq_memory *memory) { return __atomic_load_n(&memory->count, __ATOMIC_ACQUIRE); }

/* An address by its bytes, so that every spelling is the same host; a name by its own. */
static void digest_of(span host, u8 out[32]) {
    u8 address[16], size = (u8)zq_host_address(host, address);
    zq_sha256 s;
    zq_sha256_init(&s);
    zq_sha256_add(&s, &size, 1);
    zq_sha256_add(&s, size ? address : host.p, size ? size : host.n);
    zq_sha256_end(&s, out);
}

static const u8 *find(const zq_memory *memory, const u8 digest[32]) {
    u32 count = published(memory);
    for (u32 i = 0; i < count; i++) {
        const u8 *entry = memory->entries + i * ZQ_ENTRY;
        if (zq_equal(entry + HOST_AT, digest, 32)) return entry + PIN_AT;
    }
    return 0;
}

const u8 *zq_memory_find(const zq_memory *memory, span host) {
    u8 digest[32];
    digest_of(host, digest);
    return find(memory, digest);
}

int zq_memory_has_room(const zq_memory *memory, int own_rule, u32 limit) {
    u32 count = published(memory), others = 0;
    for (u32 i = 0; i < count; i++) others += !memory->entries[i * ZQ_ENTRY];
    return count < ZQ_REMEMBERED && (own_rule || others < limit);
}

void zq_memory_entry(u8 entry[ZQ_ENTRY], int own_rule, span host, const u8 pin[33]) {
    entry[0] = own_rule != 0;
    digest_of(host, entry + HOST_AT);
    zq_copy(entry + PIN_AT, pin, 33);
}

/* Key and nonce of one sealing. */
static void derive(zq_memory_keys keys, const u8 *fresh, u8 key[44]) {
    u8 both[ZQ_MEMORY_KEY + ZQ_SECRET], code = MEMORY;
    zq_copy(both, keys.vault, ZQ_MEMORY_KEY);
    zq_copy(both + ZQ_MEMORY_KEY, keys.install, ZQ_SECRET);
    zq_hkdf((span){fresh, ZQ_FRESH}, (span){both, sizeof both}, (span){&code, 1}, key, 44);
    zq_wipe(both, sizeof both);
}

static void add(zq_memory *memory, const u8 *entry) {
    u32 count = memory->count;
    if (count >= ZQ_REMEMBERED || entry[PIN_AT] > LAST_PIN_KIND || find(memory, entry + HOST_AT)) return;
    zq_copy(memory->entries + count * ZQ_ENTRY, entry, ZQ_ENTRY);
    __atomic_store_n(&memory->count, count + 1, __ATOMIC_RELEASE);
}

int zq_memory_load(zq_memory *memory, zq_memory_keys keys, u8 *sealed, u32 n) {
    u8 key[44], *clear = sealed + ZQ_FRESH;
    if (n < ZQ_FRESH + ZQ_MEMORY_HEAD + ZQ_TAG || n > ZQ_SEALED_MEMORY) return 0;
    u32 size = n - ZQ_FRESH - ZQ_TAG;
    derive(keys, sealed, key);
    int genuine = zq_open(key, (span){sealed, 0}, clear, size, clear);
    zq_wipe(key, sizeof key);
    if (!genuine || clear[0] != FORM || zq_be16(clear + 2) * ZQ_ENTRY != size - ZQ_MEMORY_HEAD) return 0;
    for (u32 at = ZQ_MEMORY_HEAD; at < size; at += ZQ_ENTRY) add(memory, clear + at);
    zq_wipe(clear, size);
    return 1;
}

u32 zq_memory_seal(const zq_memory *memory, zq_memory_keys keys, const u8 *entry, const u8 *fresh,
                   u8 out[ZQ_SEALED_MEMORY]) {
    u8 key[44], *clear = out + ZQ_FRESH;
    u32 count = published(memory), size = ZQ_MEMORY_HEAD + (count + 1) * ZQ_ENTRY;
    if (count >= ZQ_REMEMBERED) return 0;
    zq_copy(out, fresh, ZQ_FRESH);
    clear[0] = FORM, clear[1] = 0, clear[2] = (u8)((count + 1) >> 8), clear[3] = (u8)(count + 1);
    zq_copy(clear + ZQ_MEMORY_HEAD, memory->entries, count * ZQ_ENTRY);
    zq_copy(clear + ZQ_MEMORY_HEAD + count * ZQ_ENTRY, entry, ZQ_ENTRY);
    derive(keys, fresh, key);
    zq_seal(key, (span){out, 0}, clear, size, clear);
    zq_wipe(key, sizeof key);
    return ZQ_FRESH + size + ZQ_TAG;
}
