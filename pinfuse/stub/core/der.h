/* Reading DER (X.690): definite lengths in their shortest form, nothing else. */
#ifndef ZQ_DER_H
#define ZQ_DER_H

#include "base.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BITS = 0x03,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_UTC_TIME = 0x17,
    DER_GENERAL_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31
};

/* Take the next element of any tag off the front of *in: its tag, its content, and, unless null, all of its
 * bytes. 0 when there is no well-formed element. */
int zq_der_any(span *in, u8 *tag, span *content, span *whole);

/* The same for one expected tag. */
int zq_der_take(span *in, u8 tag, span *content);
int zq_der_take_whole(span *in, u8 tag, span *content, span *whole);

/* The same when the next element may be there or not: content.p is null when it is not; 0 for a damaged one. */
int zq_der_maybe(span *in, u8 tag, span *content);

/* A BOOLEAN's content: 0, 1, or -1 when it is not DER. */
int zq_der_boolean(span content);

/* Number of significant bits of a non-negative INTEGER; 0 for zero, negative or not minimal ones. */
u32 zq_der_integer_bits(span content);

#endif
