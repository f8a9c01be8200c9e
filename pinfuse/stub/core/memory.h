/* What this install remembers of hosts that are trusted on first use (docs/first-use.md). Entries are only ever added,
 * so that a reader needs no lock beside the one writer. */
#ifndef ZQ_MEMORY_H
#define ZQ_MEMORY_H

#include "base.h"

enum {
    ZQ_REMEMBERED = 512,
    ZQ_ENTRY = 1 + 32 + 33, /* whether a rule names just this host; SHA-256 of the host; a pin as in rules.h */
    ZQ_FRESH = 32,
    ZQ_SECRET = 32,
    ZQ_MEMORY_KEY = 32,
    ZQ_MEMORY_HEAD = 4,
    ZQ_SEALED_MEMORY = ZQ_FRESH + ZQ_MEMORY_HEAD + ZQ_REMEMBERED * ZQ_ENTRY + 16
};

typedef struct {
    u32 count;
    u8 entries[ZQ_REMEMBERED * ZQ_ENTRY];
} zq_memory;

/* The keys of a memory: what the vault holds, and what this install holds. */
typedef struct {
    const u8 *vault;   /* ZQ_MEMORY_KEY bytes */
    const u8 *install; /* ZQ_SECRET bytes */
} zq_memory_keys;

/* The pin (33 bytes) that is remembered of a normal host; null for a host that was never met. */
const u8 *zq_memory_find(const zq_memory *memory, span host);

/* 1 while one more host may be remembered; limit counts the hosts without a rule of their own. */
int zq_memory_has_room(const zq_memory *memory, int own_rule, u32 limit);

/* The entry that remembers a pin of a normal host. */
void zq_memory_entry(u8 entry[ZQ_ENTRY], int own_rule, span host, const u8 pin[33]);

/* Add what is sealed and not yet there; 1 when it is genuine, else 0 and nothing was added. Overwrites sealed. */
int zq_memory_load(zq_memory *memory, zq_memory_keys keys, u8 *sealed, u32 n);

/* Seal what is there and one entry more under ZQ_FRESH bytes that no other call had; the length, 0 for no room. */
u32 zq_memory_seal(const zq_memory *memory, zq_memory_keys keys, const u8 *entry, const u8 *fresh,
                   u8 out[ZQ_SEALED_MEMORY]);

#endif
