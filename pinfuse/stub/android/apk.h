/* Who signed an APK: the certificates in its signing block (AOSP: APK Signature Scheme v2, v3, v3.1). */
#ifndef ZQ_APK_H
#define ZQ_APK_H

#include "../core/base.h"

enum { ZQ_SIGNERS = 16 };

/* SHA-256 of up to ZQ_SIGNERS certificates, signers and lineage, into out; returns how many, 0 for a file that
 * cannot be read or has no signing block. */
u32 zq_apk_signers(const char *path, u8 out[ZQ_SIGNERS * 32]);

#endif
