/* Layer A4: the library's own SSL_connect, SSL_do_handshake, SSL_read, SSL_write and their kin, which judge a session
 * before the first byte of the app's goes out. docs/native-tls.md. */
#ifndef ZQ_HOOKS_H
#define ZQ_HOOKS_H

/* Put them into the libraries that are loaded by now; those that need this library first have them anyway. */
void zq_hooks_install(void);

#endif
