/* Layer A4: the library's own SSL_connect, SSL_do_handshake, SSL_read, SSL_write and their kin, which judge a session
 * before the first byte of the app's goes out. docs/native-tls.md. */
#ifndef ZQ_HOOKS_H
#define ZQ_HOOKS_H

#include "tls.h"

/* Put them into the libraries that are loaded by now; those that need this library first have them anyway. */
void zq_hooks_install(void);

/* For a session that goes on in another way than through these functions. Before anything is done for its handshake:
 * what was noted of an earlier one is forgotten. */
void zq_hooks_begin(const zq_tls *t, void *ssl);

/* 1 when it is ours to judge: a client's, and its library is not at early data. Only sure once something was done:
 * some sessions are a server's until their handshake begins. */
int zq_hooks_ours(const zq_tls *t, const void *ssl);

/* 1 when nothing of the handshake is left to be done before data may be moved. */
int zq_hooks_finished(const zq_tls *t, const void *ssl);

/* 1 when the session, whose handshake is over, may be used; a refused one is shut. */
int zq_hooks_admit(const zq_tls *t, void *ssl);

#endif
