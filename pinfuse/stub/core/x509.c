#include "x509.h"

#include "der.h"
#include "host.h"
#include "oids.h"

enum { CONTEXT_0 = 0xa0, CONTEXT_1 = 0x81, CONTEXT_2 = 0x82, CONTEXT_3 = 0xa3, SAN_DNS = 0x82, SAN_IP = 0x87 };
enum { KEY_CERT_SIGN = 5, MOST_EXTENSIONS = 64 };

/* Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's days_from_civil). */
static i64 days(u32 y, u32 m, u32 d) {
    y -= m <= 2;
    u32 era = y / 400, yoe = y - era * 400, doy = (153 * (m + (m > 2 ? (u32)-3 : 9)) + 2) / 5 + d - 1;
    return (i64)era * 146097 + (i64)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

/* RFC 5280, 4.1.2.5: YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ. */
static int time_of(span *in, i64 *out) {
    static const u8 longest[12] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30};
    u8 tag;
    span c;
    u32 part[7], i = 0;
    if (!zq_der_any(in, &tag, &c, 0)) return 0;
    if ((tag != DER_UTC_TIME || c.n != 13) && (tag != DER_GENERAL_TIME || c.n != 15)) return 0;
    for (u32 k = 0; k + 1 < c.n; k++)
        if (c.p[k] < '0' || c.p[k] > '9') return 0;
    if (c.p[c.n - 1] != 'Z') return 0;
    for (u32 k = 0; k + 1 < c.n; k += 2) part[i++] = (u32)(c.p[k] - '0') * 10 + (u32)(c.p[k + 1] - '0');
    u32 *rest = tag == DER_UTC_TIME ? part + 1 : part + 2;
    u32 year = tag == DER_UTC_TIME ? part[0] + (part[0] < 50 ? 2000 : 1900) : part[0] * 100 + part[1];
    u32 month = rest[0], day = rest[1];
    if (year < 1 || month < 1 || month > 12 || day < 1) return 0;
    if (day > (month == 12 ? 31 : longest[month])) return 0;
    if (month == 2 && day == 29 && (year % 4 || (year % 100 == 0 && year % 400))) return 0;
    if (rest[2] > 23 || rest[3] > 59 || rest[4] > 59) return 0;
    *out = days(year, month, day) * 86400 + (i64)(rest[2] * 3600 + rest[3] * 60 + rest[4]);
    return 1;
}

/* RFC 4055, 3.1: the digest of RSASSA-PSS parameters; SHA-1 when they do not say. */
static u32 pss_bits(span parameters) {
    span sequence, tagged, algorithm, oid;
    if (!zq_der_take(&parameters, DER_SEQUENCE, &sequence) || !zq_der_maybe(&sequence, CONTEXT_0, &tagged)) return 0;
    if (!tagged.p) return 160;
    if (!zq_der_take(&tagged, DER_SEQUENCE, &algorithm) || !zq_der_take(&algorithm, DER_OID, &oid)) return 0;
    i32 bits = zq_oid_value(DIGESTS, oid);
    return bits < 0 ? 0 : (u32)bits;
}

static int signature_of(span algorithm, zq_cert *out) {
    span oid;
    if (!zq_der_take(&algorithm, DER_OID, &oid)) return 0;
    i32 bits = zq_oid_value(SIGNATURES, oid);
    out->digest_bits = bits == SIG_PSS ? pss_bits(algorithm) : bits < 0 ? 0 : (u32)bits;
    return 1;
}

static int rsa_key(span bits, zq_cert *out) {
    span sequence, modulus, exponent;
    out->key = KEY_RSA;
    if (!zq_der_take(&bits, DER_SEQUENCE, &sequence) || bits.n) return 0;
    if (!zq_der_take(&sequence, DER_INTEGER, &modulus) || !zq_der_take(&sequence, DER_INTEGER, &exponent)) return 0;
    out->key_bits = zq_der_integer_bits(modulus);
    return out->key_bits && zq_der_integer_bits(exponent) && !sequence.n;
}

static int key_of(span spki, zq_cert *out) {
    span algorithm, oid, bits, curve;
    if (!zq_der_take(&spki, DER_SEQUENCE, &algorithm) || !zq_der_take(&algorithm, DER_OID, &oid)) return 0;
    if (!zq_der_take(&spki, DER_BITS, &bits) || spki.n || bits.n < 2 || bits.p[0]) return 0;
    bits.p++, bits.n--;
    switch (zq_oid_value(KEYS, oid)) {
    case ALG_RSA:
        return rsa_key(bits, out);
    case ALG_EC:
        out->key = KEY_EC;
        if (zq_der_take(&algorithm, DER_OID, &curve)) {
            i32 size = zq_oid_value(CURVES, curve);
            out->key_bits = size < 0 ? 0 : (u32)size;
        }
        return 1;
    case ALG_ED25519:
        out->key = KEY_EC, out->key_bits = 256;
        return bits.n == 32;
    case ALG_ED448:
        out->key = KEY_EC, out->key_bits = 448;
        return bits.n == 57;
    default:
        return 1;
    }
}

static int basic_of(span value, zq_cert *out) {
    span sequence, flag, length;
    if (!zq_der_take(&value, DER_SEQUENCE, &sequence) || value.n) return 0;
    if (!zq_der_maybe(&sequence, DER_BOOLEAN, &flag) || !zq_der_maybe(&sequence, DER_INTEGER, &length)) return 0;
    if (sequence.n) return 0;
    int ca = flag.p ? zq_der_boolean(flag) : 0;
    if (ca < 0) return 0;
    out->has_basic = 1, out->is_ca = (u8)ca;
    if (!length.p) return 1;
    if (!length.n || length.p[0] & 0x80 || (length.n > 1 && !length.p[0] && !(length.p[1] & 0x80))) return 0;
    out->path_length = length.n > 2 ? 0x7fff : length.n == 2 ? (i32)zq_be16(length.p) : length.p[0];
    return 1;
}

static int usage_of(span value, zq_cert *out) {
    span bits;
    if (!zq_der_take(&value, DER_BITS, &bits) || value.n || bits.n < 2 || bits.p[0] > 7) return 0;
    out->has_usage = 1;
    out->may_sign = (bits.p[1] & (0x80 >> KEY_CERT_SIGN)) != 0;
    return 1;
}

static int extended_of(span value, zq_cert *out) {
    span sequence, oid;
    if (!zq_der_take(&value, DER_SEQUENCE, &sequence) || value.n || !sequence.n) return 0;
    out->has_extended = 1;
    while (sequence.n) {
        if (!zq_der_take(&sequence, DER_OID, &oid)) return 0;
        if (zq_oid_value(SERVING, oid) > 0) out->may_serve = 1;
    }
    return 1;
}

static int san_of(span value, zq_cert *out) {
    span sequence, name, rest;
    u8 tag;
    if (!zq_der_take(&value, DER_SEQUENCE, &sequence) || value.n || !sequence.n) return 0;
    for (rest = sequence; rest.n;) {
        if (!zq_der_any(&rest, &tag, &name, 0) || (tag & 0xc0) != 0x80) return 0;
        if (tag == SAN_IP && name.n != 4 && name.n != 16) return 0;
    }
    out->san = sequence;
    return 1;
}

static int extension_of(span extension, zq_cert *out, span seen[], u32 *count) {
    span oid, flag, value;
    if (!zq_der_take(&extension, DER_OID, &oid) || !zq_der_maybe(&extension, DER_BOOLEAN, &flag)) return 0;
    if (!zq_der_take(&extension, DER_OCTETS, &value) || extension.n) return 0;
    int critical = flag.p ? zq_der_boolean(flag) : 0;
    if (critical < 0 || *count == MOST_EXTENSIONS) return 0;
    for (u32 i = 0; i < *count; i++)
        if (zq_span_equal(seen[i], oid)) return 0;
    seen[(*count)++] = oid;
    switch (zq_oid_value(EXTENSIONS, oid)) {
    case EXT_BASIC:
        return basic_of(value, out);
    case EXT_USAGE:
        return usage_of(value, out);
    case EXT_SAN:
        return san_of(value, out);
    case EXT_EXTENDED:
        return extended_of(value, out);
    case EXT_CHECKED_BY_PLATFORM:
        return 1;
    default:
        if (critical) out->odd_critical = 1;
        return 1;
    }
}

static int extensions_of(span tagged, zq_cert *out) {
    span list, extension, seen[MOST_EXTENSIONS];
    u32 count = 0;
    if (!zq_der_take(&tagged, DER_SEQUENCE, &list) || tagged.n || !list.n) return 0;
    while (list.n)
        if (!zq_der_take(&list, DER_SEQUENCE, &extension) || !extension_of(extension, out, seen, &count)) return 0;
    return 1;
}

/* RFC 5280, 4.1: version [0], serial, signature, issuer, validity, subject, key, [1], [2], extensions [3]. */
static int body_of(span body, span outer_algorithm, zq_cert *out) {
    span version, serial, algorithm, whole, dates, ignored, extensions;
    if (!zq_der_maybe(&body, CONTEXT_0, &version)) return 0;
    if (version.p && (version.n != 3 || version.p[0] != DER_INTEGER || version.p[1] != 1 || version.p[2] > 2)) return 0;
    u32 v = version.p ? version.p[2] : 0;
    if (!zq_der_take(&body, DER_INTEGER, &serial) || !serial.n) return 0;
    if (!zq_der_take_whole(&body, DER_SEQUENCE, &algorithm, &whole) || !zq_span_equal(whole, outer_algorithm)) return 0;
    if (!signature_of(algorithm, out)) return 0;
    if (!zq_der_take_whole(&body, DER_SEQUENCE, &ignored, &out->issuer)) return 0;
    if (!zq_der_take(&body, DER_SEQUENCE, &dates)) return 0;
    if (!time_of(&dates, &out->not_before) || !time_of(&dates, &out->not_after) || dates.n) return 0;
    if (!zq_der_take_whole(&body, DER_SEQUENCE, &ignored, &out->subject)) return 0;
    if (!zq_der_take_whole(&body, DER_SEQUENCE, &ignored, &out->spki) || !key_of(ignored, out)) return 0;
    if (!zq_der_maybe(&body, CONTEXT_1, &ignored) || !zq_der_maybe(&body, CONTEXT_2, &ignored)) return 0;
    if (!zq_der_maybe(&body, CONTEXT_3, &extensions) || body.n) return 0;
    return !extensions.p || (v == 2 && extensions_of(extensions, out));
}

int zq_cert_read(span der, zq_cert *out) {
    span certificate, body, algorithm, whole, signature, rest = der;
    zq_fill((u8 *)out, 0, sizeof *out);
    out->path_length = -1;
    out->der = der;
    if (!zq_der_take(&rest, DER_SEQUENCE, &certificate) || rest.n) return 0;
    if (!zq_der_take(&certificate, DER_SEQUENCE, &body)) return 0;
    if (!zq_der_take_whole(&certificate, DER_SEQUENCE, &algorithm, &whole)) return 0;
    if (!zq_der_take(&certificate, DER_BITS, &signature) || certificate.n || !signature.n || signature.p[0]) return 0;
    return body_of(body, whole, out);
}

int zq_san_next(span *san, span *name) {
    u8 tag;
    while (san->n && zq_der_any(san, &tag, name, 0))
        if (tag == SAN_DNS) return 1;
    return 0;
}

int zq_cert_covers(const zq_cert *cert, span host) {
    u8 address[16], tag;
    u32 size = zq_host_address(host, address);
    span rest = cert->san, name;
    while (rest.n && zq_der_any(&rest, &tag, &name, 0)) {
        if (size && tag == SAN_IP && zq_span_equal(name, (span){address, size})) return 1;
        if (!size && tag == SAN_DNS && zq_host_covered(name, host)) return 1;
    }
    return 0;
}
