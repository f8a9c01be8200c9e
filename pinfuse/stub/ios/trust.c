#include "trust.h"

#include "../core/host.h"
#include "keep.h"
#include "process.h"
#include "tell.h"

enum { LONGEST_OID = 64 };

/* Values of kSecPolicyOid that speak of no TLS session: S/MIME, EAP, IPsec, iChat, PKINIT, code signing, receipts,
 * identities, time stamps and passes (SecPolicy.c in Security). */
static const char *const OTHER_PURPOSES[] = {"8", "9", "11", "12", "14", "15", "16", "17", "18", "20", "22", 0};
static const char APPLES_POLICIES[] = "1.2.840.113635.100.1.";

int zq_platform_accepts(cf trust) {
    u32 result = 0;
    if (own_SecTrustEvaluateWithError) return own_SecTrustEvaluateWithError(trust, 0);
    return !own_SecTrustEvaluate(trust, &result) && (result == TRUST_PROCEED || result == TRUST_UNSPECIFIED);
}

cf zq_refusal(void) { return CFErrorCreate(0, kCFErrorDomainOSStatus, ERR_NOT_TRUSTED, 0); }

static int same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

/* 1 for a policy under which no TLS peer is judged. */
static int other_purpose(cf properties) {
    char oid[LONGEST_OID];
    cf value = CFDictionaryGetValue(properties, kSecPolicyOid);
    const char *rest = oid, *prefix = APPLES_POLICIES;
    if (!value || !CFStringGetCString(value, oid, sizeof oid, CF_UTF8)) return 0;
    while (*prefix && *rest == *prefix) rest++, prefix++;
    for (u32 i = 0; !*prefix && OTHER_PURPOSES[i]; i++)
        if (same(rest, OTHER_PURPOSES[i])) return 1;
    return 0;
}

enum { NOT_TLS, NO_NAME, NAMED };

/* The host that the policies of a trust object ask for. */
static int host_of(cf trust, char host[ZQ_HOST + 1]) {
    cf policies = 0;
    int found = NOT_TLS;
    if (SecTrustCopyPolicies(trust, &policies) || !policies) return NO_NAME;
    cf_index count = CFArrayGetCount(policies);
    if (!count) found = NO_NAME;
    for (cf_index i = 0; i < count && found != NAMED; i++) {
        cf properties = SecPolicyCopyProperties(CFArrayGetValueAtIndex(policies, i));
        if (!properties) {
            found = NO_NAME;
            continue;
        }
        cf name = CFDictionaryGetValue(properties, kSecPolicyName);
        if (!other_purpose(properties))
            found = name && CFStringGetCString(name, host, ZQ_HOST + 1, CF_UTF8) && *host ? NAMED : NO_NAME;
        CFRelease(properties);
    }
    CFRelease(policies);
    return found;
}

typedef struct {
    cf data[ZQ_CHAIN];
    span chain[ZQ_CHAIN];
    u32 count;
} certificates;

/* The chain of an evaluated trust object; empty when it has none, or more than is judged. */
static void take_chain(cf trust, certificates *out) {
    cf all = SecTrustCopyCertificateChain ? SecTrustCopyCertificateChain(trust) : 0;
    cf_index count = all ? CFArrayGetCount(all) : SecTrustGetCertificateCount(trust);
    out->count = 0;
    for (cf_index i = 0; i < count && count <= ZQ_CHAIN; i++) {
        cf one = all ? CFArrayGetValueAtIndex(all, i) : SecTrustGetCertificateAtIndex(trust, i);
        cf data = one ? SecCertificateCopyData(one) : 0;
        if (!data) break;
        out->data[out->count] = data;
        out->chain[out->count++] = (span){CFDataGetBytePtr(data), (u32)CFDataGetLength(data)};
    }
    if (all) CFRelease(all);
}

int zq_judge(cf trust, int accepted, const char *host, int final) {
    char name[ZQ_HOST + 1];
    certificates found;
    zq_verdict verdict;
    int known = host && *host ? NAMED : host_of(trust, name);
    if (known == NOT_TLS) return ZQ_GO_ON;
    if (known == NAMED && !(host && *host)) host = name;
    zq_question question = {.now = (i64)CFAbsoluteTimeGetCurrent() + CF_EPOCH, .flags = accepted ? ZQ_VALIDATED : 0};
    if (known == NAMED) {
        question.host = (const u8 *)host;
        while (question.host_length <= ZQ_HOST && host[question.host_length]) question.host_length++;
    } else {
        question.flags |= ZQ_APP_TRUST;
    }
    take_chain(trust, &found);
    question.chain = found.chain, question.count = found.count;
    zq_ready();
    zq_ask(&question, &verdict);
    int waits = verdict.verdict & ZQ_FIRST_MET && !accepted && !final;
    if (verdict.verdict & ZQ_FIRST_MET && !waits) zq_keep(&question, &verdict);
    while (found.count) CFRelease(found.data[--found.count]);
    if (waits) return ZQ_IF_ACCEPTED;
    zq_tell(known == NAMED ? host : 0, &verdict);
    return verdict.verdict ? ZQ_STOP : ZQ_GO_ON;
}
