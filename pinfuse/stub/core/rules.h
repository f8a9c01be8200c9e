/* Reading the opened rules (docs/vault-format.md, "clear text"); every read stays inside ZQ_PLAIN bytes. */
#ifndef ZQ_RULES_H
#define ZQ_RULES_H

#include "base.h"

enum {
    RULE_ENFORCE = 1,
    RULE_BLOCK_UNLISTED = 2,
    RULE_REFUSE_NO_HOST = 4,
    RULE_CHECK_ALL = 8,
    RULE_ROLES = 16,
    RULE_FIRST_USE_ALL = 32 /* hosts without a pin are trusted on first use too */
};
enum { ZQ_SETTINGS = 8192 }; /* bytes of settings at most */
enum { PIN_LEAF_KEY = 0, PIN_ANY_KEY = 1, PIN_CERTIFICATE = 2, PIN_SIZE = 33 };

typedef struct {
    u32 flags, least_rsa, least_ec, least_digest;
    u32 count, addresses; /* rules in all, and how many of them, the first ones, are for IP addresses */
    u32 first_use_limit;  /* hosts without a rule of their own that are remembered */
    const u8 *memory_key; /* 32 bytes */
    const u8 *plain;
} zq_rules;

typedef struct {
    u8 match, blocks_when_expired, expires;
    u8 first_use, first_kind; /* trusted on first use, and the kind of pin that is remembered then */
    span name;
    i64 expiry;
    const u8 *pins; /* pin_count times a kind and 32 bytes of SHA-256; none where first_use */
    u32 pin_count;
} zq_rule;

/* 1 unless the version is another one. */
int zq_rules_read(const u8 *plain, zq_rules *out);

/* The rule at a place of the table, which is sorted by name, then by match; 0 when it lies outside. */
int zq_rules_at(const zq_rules *rules, u32 place, zq_rule *out);

/* The rule with this match and name (normal, no address); the time grows with the logarithm of their number. */
int zq_rules_find(const zq_rules *rules, u8 match, span name, zq_rule *out);

/* What the person and the app see: UTF-8 "key NUL value NUL" times any number, behind the rules; p is null where the
 * clear text is none or cut short. The time grows with the number of rules. */
span zq_settings(const u8 *plain);

#endif
