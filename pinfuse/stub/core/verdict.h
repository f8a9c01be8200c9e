/* The decision about one TLS session; docs/architecture.md has the contract. */
#ifndef ZQ_VERDICT_H
#define ZQ_VERDICT_H

#include "base.h"
#include "memory.h"

/* Reason codes: pinfuse/policy/rules.py. */
enum zq_reason {
    R_OK, R_UNLISTED, R_PIN, R_PATH, R_ROLE, R_RSA_BITS, R_EC_BITS, R_DIGEST, R_EXPIRED, R_FIRST_USE, R_HOST,
    R_MALFORMED, R_PROVENANCE, R_VAULT
};

enum { ZQ_VALIDATED = 1, ZQ_APP_TRUST = 2 };
enum { ZQ_CHAIN = 10, ZQ_CHAIN_BYTES = 65536 };

/* Bits of a verdict. ZQ_FIRST_MET: nothing is remembered of the host yet; the session may go on once wish is. */
enum { ZQ_REFUSED = 1, ZQ_FIRST_MET = 2 };

typedef struct {
    i32 verdict; /* 0: allowed */
    i32 reason;
    i32 certificate; /* index at fault, that matched, or to be remembered; -1: none */
    i32 pin;         /* index of the pin in its rule; -1: none */
    u8 wish[ZQ_ENTRY];
} zq_verdict;

typedef struct {
    const span *chain; /* DER, leaf first */
    u32 count;
    const u8 *host; /* null: unknown */
    u32 host_length;
    i64 now; /* Unix seconds */
    u32 flags;
} zq_question;

/* plain: the opened rules, ZQ_PLAIN bytes, or null when the vault is closed. Returns the verdict's verdict. */
i32 zq_decide(const u8 *plain, const zq_memory *memory, const zq_question *question, zq_verdict *out);

#endif
