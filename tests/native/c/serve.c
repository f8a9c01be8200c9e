/* A native library of an app that is the TLS server of one connection, which it opens itself. Words: MODE PORT CHAIN
 * KEY. */
#include "openssl.h"
#include "system.h"

extern void SSL_set_accept_state(void *);
extern int SSL_accept(void *), SSL_CTX_use_certificate_chain_file(void *, const char *);
extern int SSL_CTX_use_PrivateKey_file(void *, const char *, int), reach(const char *port);

int run(int count, char **words) {
    char request[256];
    void *with = SSL_CTX_new(TLS_method()), *ssl;
    int result = 1, state = !strcmp(words[0], "state"), handshake = !strcmp(words[0], "handshake");
    (void)count;
    SSL_CTX_use_certificate_chain_file(with, words[2]), SSL_CTX_use_PrivateKey_file(with, words[3], 1);
    ssl = SSL_new(with);
    SSL_set_fd(ssl, reach(words[1]));
    if (state || handshake) SSL_set_accept_state(ssl);
    if (!state) result = handshake ? SSL_do_handshake(ssl) : SSL_accept(ssl);
    printf("shake %d\n", result);
    printf("read %d\n", SSL_read(ssl, request, sizeof request));
    printf("write %d\n", result = SSL_write(ssl, "hello", 5));
    SSL_shutdown(ssl);
    return result != 5;
}
