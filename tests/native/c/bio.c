/* A native library of an app that drives OpenSSL through its BIOs alone, as OpenSSL's own guide to programming does.
 * Words: MODE PORT HOST TRUST; HOST or TRUST may be "-". */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

extern void *TLS_method(void), *SSL_CTX_new(void *), *SSL_new(void *);
extern void SSL_CTX_set_verify(void *, int, void *), SSL_CTX_free(void *), SSL_set_connect_state(void *);
extern int SSL_CTX_load_verify_locations(void *, const char *, const char *);
extern long SSL_ctrl(void *, int, long, void *), BIO_ctrl(void *, int, long, void *);
extern void *BIO_new(const void *), *BIO_s_connect(void), *BIO_f_ssl(void), *BIO_push(void *, void *);
extern void *BIO_new_ssl(void *, int), *BIO_new_ssl_connect(void *), *BIO_new_buffer_ssl_connect(void *);
extern void BIO_free_all(void *);
extern int BIO_read(void *, void *, int), BIO_write(void *, const void *, int), BIO_puts(void *, const char *);
extern int BIO_read_ex(void *, void *, size_t, size_t *), BIO_write_ex(void *, const void *, size_t, size_t *);
extern int BIO_test_flags(const void *, int);

enum { SET_NAME = 55, FLUSH = 11, SET_CONNECT = 100, DO_HANDSHAKE = 101, SET_NONBLOCKING = 102, GET_FILE = 105,
       SET_SSL = 109, GET_SSL = 110, RETRY = 8, WRITING = 2 };

static const char request[] = "GET / HTTP/1.0\r\nX: secret\r\n\r\n";
static const char *mode;

static int is(const char *name) { return !strcmp(mode, name); }

static void *connection(const char *port) {
    char where[64];
    void *made = BIO_new(BIO_s_connect());
    snprintf(where, sizeof where, "127.0.0.1:%s", port);
    BIO_ctrl(made, SET_CONNECT, 0, where);
    return made;
}

/* The methods, by whatever way an app comes to them. */
static void *methods(void) {
    if (is("byname")) return ((void *(*)(void))dlsym(dlopen("libssl.so.3", RTLD_NOW), "BIO_f_ssl"))();
    return BIO_f_ssl();
}

static void *made_by_hand(void *with, const char *port) {
    void *bio = BIO_new(methods()), *ssl = SSL_new(with);
    if (!bio) return 0;
    SSL_set_connect_state(ssl);
    BIO_ctrl(bio, SET_SSL, 1, ssl);
    return BIO_push(bio, connection(port));
}

static void *made(void *with, const char *port) {
    char where[64];
    void *bio;
    if (is("method") || is("byname")) return made_by_hand(with, port);
    if (is("new")) return (bio = BIO_new_ssl(with, 1)) ? BIO_push(bio, connection(port)) : 0;
    bio = is("buffer") ? BIO_new_buffer_ssl_connect(with) : BIO_new_ssl_connect(with);
    snprintf(where, sizeof where, "127.0.0.1:%s", port);
    if (bio) BIO_ctrl(bio, SET_CONNECT, 0, where);
    if (bio && is("nonblocking")) BIO_ctrl(bio, SET_NONBLOCKING, 1, 0);
    return bio;
}

/* The call until it is no longer told to wait. */
#define WAITING(result, call)                                                            \
    while ((result = (call)) <= 0 && BIO_test_flags(bio, RETRY)) {                       \
        int file = -1;                                                                   \
        BIO_ctrl(bio, GET_FILE, 0, &file);                                               \
        struct pollfd one = {file, BIO_test_flags(bio, WRITING) ? POLLOUT : POLLIN, 0};  \
        poll(&one, 1, 500);                                                              \
    }

int run(int count, char **words) {
    char answer[4096];
    size_t done = 0;
    void *with = SSL_CTX_new(TLS_method()), *bio, *ssl = 0;
    int result;
    mode = words[0];
    if (strcmp(words[3], "-")) SSL_CTX_load_verify_locations(with, words[3], 0), SSL_CTX_set_verify(with, 1, 0);
    if (!(bio = made(with, words[1]))) return printf("write -1\nanswer -1\nnone 1\n"), 1;
    BIO_ctrl(bio, GET_SSL, 0, &ssl);
    if (strcmp(words[2], "-")) SSL_ctrl(ssl, SET_NAME, 0, words[2]);
    if (is("shake")) printf("shake %ld\n", BIO_ctrl(bio, DO_HANDSHAKE, 0, 0));
    if (is("puts")) WAITING(result, BIO_puts(bio, request))
    else if (is("ex")) result = BIO_write_ex(bio, request, strlen(request), &done) ? (int)done : -1;
    else WAITING(result, BIO_write(bio, request, (int)strlen(request)));
    if (is("buffer")) result = BIO_ctrl(bio, FLUSH, 0, 0);
    printf("write %d\n", result);
    if (is("ex")) result = BIO_read_ex(bio, answer, sizeof answer, &done) ? (int)done : -1;
    else WAITING(result, BIO_read(bio, answer, sizeof answer));
    printf("answer %d\n", result);
    BIO_free_all(bio);
    SSL_CTX_free(with);
    return result <= 0;
}
