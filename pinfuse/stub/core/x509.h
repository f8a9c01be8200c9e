/* What the verdict needs of a certificate (RFC 5280), as spans into its DER. */
#ifndef ZQ_X509_H
#define ZQ_X509_H

#include "base.h"

enum zq_key { KEY_OTHER, KEY_RSA, KEY_EC };

typedef struct {
    span der, issuer, subject, spki;
    span san; /* content of SubjectAltName, or p null */
    i64 not_before, not_after;
    enum zq_key key;
    u32 key_bits;    /* of the RSA modulus or the curve; 0 when unknown */
    u32 digest_bits; /* of the signature's digest; 0 when unknown */
    i32 path_length; /* -1: none */
    u8 has_basic, is_ca;
    u8 has_usage, may_sign;     /* key usage present; it has keyCertSign */
    u8 has_extended, may_serve; /* extended key usage present; it allows serverAuth or anything */
    u8 odd_critical;            /* a critical extension that nobody here knows */
} zq_cert;

/* 1 when all of der is one well-formed certificate. */
int zq_cert_read(span der, zq_cert *out);

/* 1 when SubjectAltName has host (as zq_host_normal leaves it) as name, wildcard name or address. */
int zq_cert_covers(const zq_cert *cert, span host);

/* The next dNSName of a SubjectAltName content: 1 and *name, else 0 at its end. */
int zq_san_next(span *san, span *name);

#endif
