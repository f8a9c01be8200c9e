/* What the stub takes from iOS, declared by itself: no SDK is needed to build it. Sources: the headers of CoreFoundation,
 * Security, libdispatch, the Objective-C runtime and libSystem in Apple's open source. */
#ifndef ZQ_SYSTEM_H
#define ZQ_SYSTEM_H

#include <stdbool.h>

#include "../core/base.h"

#define EXPORTED __attribute__((visibility("default")))
#define MAY_BE_ABSENT __attribute__((weak_import))
/* The system's own function behind a name that the stub exports too. The build links `_Q…` and gives the import its
 * real name afterwards (stub/build/ios_image.py). */
#define SYSTEMS_OWN(name) __asm__("_Q" name)

typedef const void *cf; /* any CoreFoundation or Objective-C object */
typedef const void *cf_kept __attribute__((NSObject)); /* one that a copied block keeps for as long as it lives */
typedef long cf_index;

/* libSystem: blocks (BlocksRuntime) and queues (libdispatch) */
void own_Block_object_assign(void *to, const void *from, const int flags) SYSTEMS_OWN("Block_object_assign");
void own_Block_object_dispose(const void *object, const int flags) SYSTEMS_OWN("Block_object_dispose");

typedef u32 zq_lock; /* os_unfair_lock of libplatform (iOS 10): 0 when nobody holds it */
void os_unfair_lock_lock(zq_lock *lock) MAY_BE_ABSENT;
void os_unfair_lock_unlock(zq_lock *lock) MAY_BE_ABSENT;
int sched_yield(void);
void zq_take(zq_lock *lock);
void zq_give(zq_lock *lock);
cf _Block_copy(cf block);
void _Block_release(cf block);

extern const u8 main_queue[] __asm__("__dispatch_main_q");
#define MAIN_QUEUE ((cf)main_queue)
void dispatch_async_f(cf queue, void *context, void (*work)(void *context));

void dispatch_after_f(u64 when, cf queue, void *context, void (*work)(void *context));
u64 dispatch_time(u64 when, i64 nanoseconds);

/* libSystem: files */
int access(const char *path, int mode);
int close(int file);
int flock(int file, int operation);
int fsync(int file);
int open(const char *path, int flags, ...);
i64 read(int file, void *to, size_t n);
int rename(const char *from, const char *to);
i64 write(int file, const void *from, size_t n);
cf NSHomeDirectory(void); /* Foundation */

/* CoreFoundation */
enum { CF_UTF8 = 0x08000100, CF_INT32 = 3 };
static const i64 CF_EPOCH = 978307200; /* 2001-01-01 in Unix seconds */
extern const cf kCFErrorDomainOSStatus, kCFBooleanTrue;
extern const u8 kCFTypeDictionaryKeyCallBacks, kCFTypeDictionaryValueCallBacks;
cf CFArrayCreate(cf allocator, const cf *values, cf_index n, const void *of_values);
cf_index CFArrayGetCount(cf array);
cf CFArrayGetValueAtIndex(cf array, cf_index i);
cf CFBundleGetIdentifier(cf bundle);
cf CFBundleGetMainBundle(void);
cf_index CFDataGetLength(cf data);
const u8 *CFDataGetBytePtr(cf data);
cf CFBundleGetValueForInfoDictionaryKey(cf bundle, cf key);
cf CFDataCreate(cf allocator, const u8 *bytes, cf_index n);
cf CFDictionaryCreate(cf allocator, const cf *keys, const cf *values, cf_index n, const void *of_keys,
                      const void *of_values);
cf CFLocaleCopyPreferredLanguages(void);
cf CFNumberCreate(cf allocator, cf_index type, const void *value);
cf CFStringCreateWithBytes(cf allocator, const u8 *bytes, cf_index n, u32 encoding, unsigned char external);
cf CFStringCreateWithCString(cf allocator, const char *text, u32 encoding);
cf CFURLCopyHostName(cf address);
cf CFURLCreateWithString(cf allocator, cf text, cf base);
cf CFDictionaryGetValue(cf dictionary, cf key);
cf CFErrorCreate(cf allocator, cf domain, cf_index code, cf user_info);
double CFAbsoluteTimeGetCurrent(void);
void CFRelease(cf object);
cf CFRetain(cf object);
unsigned char CFStringGetCString(cf string, char *out, cf_index size, u32 encoding);

/* Security */
enum { TRUST_PROCEED = 1, TRUST_UNSPECIFIED = 4, TRUST_FATAL = 6 };
enum { ERR_NOT_TRUSTED = -67843, ERR_XCERT_CHAIN_INVALID = -9807, ERR_SERVER_AUTH_COMPLETED = -9841 };
extern const cf kSecPolicyName, kSecPolicyOid;
cf SecCertificateCopyData(cf certificate);
cf SecPolicyCopyProperties(cf policy);
i32 SecTrustCopyPolicies(cf trust, cf *policies);
cf SecTrustCopyCertificateChain(cf trust) MAY_BE_ABSENT; /* iOS 15 */
cf SecTrustGetCertificateAtIndex(cf trust, cf_index i);
cf_index SecTrustGetCertificateCount(cf trust);

typedef void (^trust_block)(cf trust, u32 result);
typedef void (^trust_error_block)(cf trust, bool trusted, cf error);
i32 own_SecTrustEvaluate(cf trust, u32 *result) SYSTEMS_OWN("ecTrustEvaluate");
i32 own_SecTrustEvaluateAsync(cf trust, cf queue, trust_block done) SYSTEMS_OWN("ecTrustEvaluateAsync");
bool own_SecTrustEvaluateWithError(cf trust, cf *error) SYSTEMS_OWN("ecTrustEvaluateWithError") MAY_BE_ABSENT;
i32 own_SecTrustEvaluateAsyncWithError(cf trust, cf queue, trust_error_block done)
    SYSTEMS_OWN("ecTrustEvaluateAsyncWithError") MAY_BE_ABSENT;
i32 own_SecTrustGetTrustResult(cf trust, u32 *result) SYSTEMS_OWN("ecTrustGetTrustResult");

/* Security: the Keychain */
enum { ERR_ITEM_NOT_FOUND = -25300, ERR_DUPLICATE_ITEM = -25299, ERR_MISSING_ENTITLEMENT = -34018 };
extern const cf kSecAttrAccessible, kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, kSecAttrAccount, kSecAttrService,
    kSecClass, kSecClassGenericPassword, kSecReturnData, kSecValueData;
i32 SecItemAdd(cf attributes, cf *result);
i32 SecItemCopyMatching(cf query, cf *result);
i32 SecRandomCopyBytes(cf generator, size_t n, u8 *out);

/* SecureTransport, and sec_protocol_options of Network.framework (iOS 12) */
typedef void (^verify_answer)(bool trusted);
typedef void (^verify_block)(cf metadata, cf trust, verify_answer answer);
i32 own_SSLHandshake(cf context) SYSTEMS_OWN("SLHandshake");
i32 SSLCopyPeerTrust(cf context, cf *trust);
i32 SSLGetPeerDomainName(cf context, char *name, size_t *size);
i32 SSLGetPeerDomainNameLength(cf context, size_t *size);
void own_sec_protocol_options_set_verify_block(cf options, verify_block block, cf queue)
    SYSTEMS_OWN("ec_protocol_options_set_verify_block") MAY_BE_ABSENT;
const char *sec_protocol_metadata_get_server_name(cf metadata) MAY_BE_ABSENT;
cf sec_trust_copy_ref(cf trust) MAY_BE_ABSENT;

#endif
