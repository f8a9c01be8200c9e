/* One TLS session of a native client, judged by the rules of the vault. */
#ifndef ZQ_SESSION_H
#define ZQ_SESSION_H

#include "tls.h"

/* 1 when the session (SSL *) may be used: by what the server showed, or, before the handshake, by what it showed when
 * the session that is to be resumed was made. */
int zq_session_allowed(const zq_tls *t, const void *ssl, int before_handshake);

/* Make a refused session unusable, and leave the error that a failed verification leaves. */
void zq_session_refuse(const zq_tls *t, void *ssl);

#endif
