/* The TLS libraries of the process (OpenSSL, BoringSSL, LibreSSL), each with its own functions. There may be several,
 * and none of them need be visible to anybody but the library that needs it. */
#ifndef ZQ_TLS_H
#define ZQ_TLS_H

#include "../core/base.h"

/* First those without which a session cannot be judged. */
#define ZQ_TLS_NEEDS(X)                                                                                              \
    X(SSL_connect) X(SSL_do_handshake) X(SSL_read) X(SSL_write) X(SSL_get_verify_mode) X(SSL_get_verify_result)      \
    X(i2d_X509)
#define ZQ_TLS_MAY_HAVE(X)                                                                                           \
    X(SSL_read_ex) X(SSL_write_ex) X(SSL_peek) X(SSL_peek_ex) X(SSL_write_early_data) X(SSL_is_init_finished)        \
    X(SSL_state) X(SSL_is_server) X(SSL_in_early_data) X(SSL_session_reused) X(SSL_get0_peer_certificate)            \
    X(SSL_get1_peer_certificate) X(SSL_get_peer_certificate) X(X509_free) X(SSL_get_session)                         \
    X(SSL_SESSION_get0_peer) X(SSL_get0_verified_chain) X(SSL_get_peer_cert_chain) X(OPENSSL_sk_num)                 \
    X(OPENSSL_sk_value) X(sk_num) X(sk_value) X(OPENSSL_free) X(CRYPTO_free) X(X509_get_subject_name)                \
    X(X509_get_issuer_name) X(X509_NAME_cmp) X(X509_get_pubkey) X(X509_verify) X(EVP_PKEY_free)                      \
    X(SSL_get_servername) X(SSL_get0_param) X(X509_VERIFY_PARAM_get0_host) X(SSL_get_ex_new_index)                   \
    X(CRYPTO_get_ex_new_index) X(SSL_set_ex_data) X(SSL_get_ex_data) X(SSL_set_verify_result) X(SSL_set_shutdown)    \
    X(ERR_set_mark) X(ERR_pop_to_mark) X(ERR_new) X(ERR_set_error) X(ERR_put_error) X(SSL_write_ex2) X(BIO_f_ssl)    \
    X(BIO_new_ssl) X(BIO_new_ssl_connect) X(BIO_new_buffer_ssl_connect)

#define ZQ_TLS_NUMBER(name) T_##name,
enum { ZQ_TLS_NEEDS(ZQ_TLS_NUMBER) T_NEEDED, T_BEFORE = T_NEEDED - 1, ZQ_TLS_MAY_HAVE(ZQ_TLS_NUMBER) T_COUNT };

typedef struct {
    uintptr_t low, high; /* where it lies */
    void *at[T_COUNT];   /* null for what it does not have */
    i32 mark;            /* number of our own datum of a session; −1 for none */
    struct {             /* the table of its BIO_f_ssl, and what stood in it before it was made ours (bio.h) */
        void **table, *write, *read, *ctrl;
        int whole;
    } bio;
} zq_tls;

/* The library that a session (SSL *) was made by; null for none that can be judged. */
const zq_tls *zq_tls_of(const void *ssl);

/* The library whose functions those are that code at this address sees; null for none. */
const zq_tls *zq_tls_seen_from(const void *code);

/* The library that an address lies in, which is its own code or data; null for none. */
const zq_tls *zq_tls_at(const void *address);

/* The library whose BIO_f_ssl made a BIO; null for a table that is not ours. */
const zq_tls *zq_tls_of_bio(const void *bio);

/* 1 when the address lies in the library. */
int zq_tls_holds(const zq_tls *t, const void *address);

/* One function: its number, the type of its result and those of its arguments; then call it. */
#define TLS(library, name, type, ...) ((type(*)(__VA_ARGS__))(library)->at[T_##name])
#define TLS_HAS(library, name) ((library)->at[T_##name] != 0)

#endif
