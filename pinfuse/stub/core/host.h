/* Host names and addresses: how they are compared, the same rule everywhere (docs/pins.md). */
#ifndef ZQ_HOST_H
#define ZQ_HOST_H

#include "base.h"

enum { ZQ_HOST = 254 };

/* Lower case, without a trailing dot, brackets or zone; 0 when it is no host (empty, too long, control bytes). */
int zq_host_normal(span host, u8 out[ZQ_HOST], span *normal);

/* 4 or 16 and the address when host is an IP literal, else 0. */
u32 zq_host_address(span host, u8 address[16]);

/* HostMatch of policy/rules.py. */
enum { MATCH_EXACT = 0, MATCH_ONE_LABEL = 1, MATCH_ANY_DEPTH = 2 };

/* The part after the first label and its dot; n 0 when there is none. */
span zq_host_parent(span host);

/* 1 when a dNSName of a certificate covers a normal host: equal, or `*.` and one label (RFC 6125, 6.4.3). */
int zq_host_covered(span name, span host);

/* Equal but for ASCII case. */
int zq_host_equal(span a, span b);

/* 1 when a pattern selects a normal host. */
int zq_host_match(u8 match, span name, span host);

#endif
