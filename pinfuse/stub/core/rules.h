/* Reading the opened rules (docs/vault-format.md, "clear text"); every read stays inside ZQ_PLAIN bytes. */
#ifndef ZQ_RULES_H
#define ZQ_RULES_H

#include "base.h"

enum { RULE_ENFORCE = 1, RULE_BLOCK_UNLISTED = 2, RULE_REFUSE_NO_HOST = 4, RULE_CHECK_ALL = 8, RULE_ROLES = 16 };
enum { PIN_LEAF_KEY = 0, PIN_ANY_KEY = 1, PIN_CERTIFICATE = 2, PIN_SIZE = 33 };

typedef struct {
    u32 flags, least_rsa, least_ec, least_digest, count;
    span hosts; /* the rules, not yet read */
} zq_rules;

typedef struct {
    u8 match, blocks_when_expired, expires;
    span name;
    i64 expiry;
    const u8 *pins; /* pin_count times a kind and 32 bytes of SHA-256 */
    u32 pin_count;
} zq_rule;

/* 1 unless the version is another one. */
int zq_rules_read(const u8 *plain, zq_rules *out);

/* The next rule off the front of *hosts; 0 when they are cut short. */
int zq_rules_next(span *hosts, zq_rule *out);

#endif
