/* As much of OpenSSL's interface as the clients of these tests use; the same for every version and for BoringSSL. */
#include <stddef.h>

extern void *TLS_client_method(void), *TLS_method(void), *SSL_CTX_new(void *), *SSL_new(void *);
extern void SSL_free(void *), SSL_CTX_free(void *), SSL_SESSION_free(void *), SSL_CTX_set_verify(void *, int, void *), SSL_set_connect_state(void *);
extern int SSL_CTX_load_verify_locations(void *, const char *, const char *), SSL_set_fd(void *, int), SSL_clear(void *);
extern int SSL_set1_host(void *, const char *), SSL_get_error(void *, int), SSL_shutdown(void *);
extern long SSL_ctrl(void *, int, long, void *), SSL_CTX_ctrl(void *, int, long, void *);
extern int SSL_is_init_finished(void *), SSL_connect(void *), SSL_do_handshake(void *), SSL_read(void *, void *, int);
extern int SSL_write(void *, const void *, int), SSL_write_ex(void *, const void *, size_t, size_t *);
extern int SSL_read_ex(void *, void *, size_t, size_t *);
extern int SSL_write_early_data(void *, const void *, size_t, size_t *);
extern void *SSL_get1_session(void *), *PEM_read_bio_SSL_SESSION(void *, void *, void *, void *);
extern int SSL_set_session(void *, void *), SSL_session_reused(void *), SSL_get_early_data_status(void *);
extern void *BIO_new_file(const char *, const char *);
extern void X509_STORE_CTX_set_error(void *, int);
extern unsigned long ERR_peek_error(void);

enum { SET_SERVER_NAME = 55, HOST_NAME = 0, SET_MAXIMUM = 124, TLS_1_2 = 0x0303, PEER = 1 };

#ifdef BORING /* macros of OpenSSL that are functions here, and what is not there */
extern int SSL_set_tlsext_host_name(void *, const char *), SSL_CTX_set_max_proto_version(void *, unsigned short);
extern int SSL_in_early_data(void *), SSL_early_data_accepted(void *), SSL_CTX_set_session_cache_mode(void *, int);
extern void SSL_CTX_set_early_data_enabled(void *, int), SSL_CTX_sess_set_new_cb(void *, int (*)(void *, void *));
#define SSL_ctrl(session, what, kind, name) SSL_set_tlsext_host_name(session, name)
#define SSL_CTX_ctrl(context, what, version, nothing) SSL_CTX_set_max_proto_version(context, version)
#define SSL_write_ex(session, data, size, done) (*(done) = 0, 0)
#define SSL_read_ex(session, data, size, done) (*(done) = 0, 0)
#endif
