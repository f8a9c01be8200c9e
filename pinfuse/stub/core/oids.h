/* Object identifiers (content bytes) and what they mean here. */
#ifndef ZQ_OIDS_H
#define ZQ_OIDS_H

#include "base.h"

typedef struct {
    u8 n;
    u8 oid[9];
    u16 value;
} zq_oid;

/* The value of an OID in a table that ends with n 0; -1 when it is not there. */
static inline i32 zq_oid_value(const zq_oid *table, span oid) {
    for (; table->n; table++)
        if (table->n == oid.n && zq_equal(table->oid, oid.p, oid.n)) return table->value;
    return -1;
}

enum { SIG_PSS = 1 };

/* Signature algorithm -> bits of its digest (RFC 3279, 4055, 5758, 8410; SHA-3: RFC 9688 arcs are left out). */
static const zq_oid SIGNATURES[] = {
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11}, 256}, /* sha256WithRSAEncryption */
    {8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}, 256},        /* ecdsa-with-SHA256 */
    {8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3}, 384},
    {8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4}, 512},
    {8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1}, 224},
    {7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1}, 160}, /* ecdsa-with-SHA1 */
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12}, 384},
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13}, 512},
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 14}, 224},
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}, SIG_PSS},
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5}, 160}, /* sha1WithRSAEncryption */
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4}, 128}, /* md5WithRSAEncryption */
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 2}, 128}, /* md2WithRSAEncryption */
    {5, {0x2b, 0x0e, 3, 2, 29}, 160},                        /* sha1WithRSA, OIW */
    {7, {0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3}, 160},          /* dsa-with-sha1 */
    {9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1}, 224},       /* dsa-with-sha224 */
    {9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2}, 256},
    {3, {0x2b, 0x65, 0x70}, 512}, /* Ed25519 */
    {3, {0x2b, 0x65, 0x71}, 512}, /* Ed448: SHAKE256 with 114 bytes */
    {0, {0}, 0},
};

/* Digest -> bits, for RSASSA-PSS parameters. */
static const zq_oid DIGESTS[] = {
    {9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1}, 256},
    {9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2}, 384},
    {9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3}, 512},
    {9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4}, 224},
    {5, {0x2b, 0x0e, 3, 2, 26}, 160},
    {8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5}, 128},
    {0, {0}, 0},
};

enum { ALG_RSA, ALG_EC, ALG_ED25519, ALG_ED448 };

/* Public key algorithm (RFC 3279, 4055, 5480, 8410). */
static const zq_oid KEYS[] = {
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}, ALG_RSA},
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}, ALG_RSA},
    {7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, ALG_EC},
    {3, {0x2b, 0x65, 0x70}, ALG_ED25519},
    {3, {0x2b, 0x65, 0x71}, ALG_ED448},
    {0, {0}, 0},
};

/* Named curve -> bits (RFC 5480, 5639; SEC 2). */
static const zq_oid CURVES[] = {
    {8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}, 256}, /* P-256 */
    {5, {0x2b, 0x81, 0x04, 0, 34}, 384},
    {5, {0x2b, 0x81, 0x04, 0, 35}, 521},
    {5, {0x2b, 0x81, 0x04, 0, 33}, 224},
    {5, {0x2b, 0x81, 0x04, 0, 10}, 256}, /* secp256k1 */
    {8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1}, 192},
    {9, {0x2b, 0x24, 3, 3, 2, 8, 1, 1, 3}, 192}, /* brainpool */
    {9, {0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7}, 256},
    {9, {0x2b, 0x24, 3, 3, 2, 8, 1, 1, 11}, 384},
    {9, {0x2b, 0x24, 3, 3, 2, 8, 1, 1, 13}, 512},
    {0, {0}, 0},
};

enum { EXT_BASIC, EXT_USAGE, EXT_SAN, EXT_EXTENDED, EXT_CHECKED_BY_PLATFORM };

/* Extensions that may be critical: those read here, and those that every platform's path validation handles. */
static const zq_oid EXTENSIONS[] = {
    {3, {0x55, 0x1d, 19}, EXT_BASIC},
    {3, {0x55, 0x1d, 15}, EXT_USAGE},
    {3, {0x55, 0x1d, 17}, EXT_SAN},
    {3, {0x55, 0x1d, 37}, EXT_EXTENDED},
    {3, {0x55, 0x1d, 30}, EXT_CHECKED_BY_PLATFORM}, /* nameConstraints */
    {3, {0x55, 0x1d, 32}, EXT_CHECKED_BY_PLATFORM}, /* certificatePolicies */
    {3, {0x55, 0x1d, 33}, EXT_CHECKED_BY_PLATFORM}, /* policyMappings */
    {3, {0x55, 0x1d, 36}, EXT_CHECKED_BY_PLATFORM}, /* policyConstraints */
    {3, {0x55, 0x1d, 54}, EXT_CHECKED_BY_PLATFORM}, /* inhibitAnyPolicy */
    {0, {0}, 0},
};

/* Extended key usages under which a certificate may serve TLS. */
static const zq_oid SERVING[] = {
    {8, {0x2b, 6, 1, 5, 5, 7, 3, 1}, 1}, /* id-kp-serverAuth */
    {4, {0x55, 0x1d, 37, 0}, 1},         /* anyExtendedKeyUsage */
    {0, {0}, 0},
};

#endif
