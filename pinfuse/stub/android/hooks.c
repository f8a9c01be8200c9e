#include "hooks.h"

#include "bio.h"
#include "got.h"
#include "linker.h"
#include "session.h"

#define EXPORTED __attribute__((visibility("default")))

/* What is noted of a session until its next handshake. SENDING_EARLY: the TLS library is at it, and what it calls of
 * its own functions on the way may reach us. */
enum { UNKNOWN = 0, ALLOWED = 1, REFUSED = 2, ALLOWED_EARLY = 3, SENDING_EARLY = 4 };
enum { FAILED = -1, READY = 1, STATE_OK = 3 };

static int finished(const zq_tls *t, const void *ssl) {
    if (TLS_HAS(t, SSL_is_init_finished)) return TLS(t, SSL_is_init_finished, int, const void *)(ssl) != 0;
    return TLS(t, SSL_state, int, const void *)(ssl) == STATE_OK;
}

/* BoringSSL alone: data may go out before the server's answer is there, under the keys of an earlier session. */
static int early(const zq_tls *t, const void *ssl) {
    return TLS_HAS(t, SSL_in_early_data) && TLS(t, SSL_in_early_data, int, const void *)(ssl);
}

static int is_server(const zq_tls *t, const void *ssl) {
    return TLS_HAS(t, SSL_is_server) && TLS(t, SSL_is_server, int, const void *)(ssl);
}

static uintptr_t noted(const zq_tls *t, const void *ssl) {
    return t->mark < 0 ? UNKNOWN : (uintptr_t)TLS(t, SSL_get_ex_data, void *, const void *, int)(ssl, t->mark);
}

static void note(const zq_tls *t, void *ssl, uintptr_t what) {
    if (t->mark >= 0) TLS(t, SSL_set_ex_data, int, void *, int, void *)(ssl, t->mark, (void *)what);
}

int zq_hooks_admit(const zq_tls *t, void *ssl) {
    int is_early = early(t, ssl);
    uintptr_t was = noted(t, ssl);
    if (was == ALLOWED || (was == ALLOWED_EARLY && is_early)) return 1;
    if (was != REFUSED && zq_session_allowed(t, ssl, 0)) {
        note(t, ssl, is_early ? ALLOWED_EARLY : ALLOWED);
        return 1;
    }
    note(t, ssl, REFUSED);
    zq_session_refuse(t, ssl);
    return 0;
}

int zq_hooks_finished(const zq_tls *t, const void *ssl) { return finished(t, ssl) || early(t, ssl); }

int zq_hooks_ours(const zq_tls *t, const void *ssl) { return !is_server(t, ssl) && noted(t, ssl) != SENDING_EARLY; }

/* What the library calls of its own functions on the way may judge a session already, so only what is older than this
 * handshake is forgotten. */
void zq_hooks_begin(const zq_tls *t, void *ssl) {
    if (!zq_hooks_finished(t, ssl) && noted(t, ssl) != SENDING_EARLY) note(t, ssl, UNKNOWN);
}

/* READY when data may be moved, else what the handshake gave, which is done here and not by the call that moves data:
 * that would send before anybody could look at the server's certificate. */
static int ready(const zq_tls *t, void *ssl) {
    if (!t) return FAILED;
    if (!zq_hooks_ours(t, ssl)) return READY;
    if (!zq_hooks_finished(t, ssl)) {
        zq_hooks_begin(t, ssl);
        int result = TLS(t, SSL_do_handshake, int, void *)(ssl);
        if (result != 1) return result;
    }
    return zq_hooks_admit(t, ssl) ? READY : FAILED;
}

typedef int handshake(void *ssl);

static int shake(const zq_tls *t, void *ssl, handshake *original) {
    zq_hooks_begin(t, ssl);
    int result = original(ssl);
    return result != 1 || !zq_hooks_ours(t, ssl) || zq_hooks_admit(t, ssl) ? result : FAILED;
}

EXPORTED int SSL_connect(void *ssl);
EXPORTED int SSL_do_handshake(void *ssl);
EXPORTED int SSL_read(void *ssl, void *to, int n);
EXPORTED int SSL_peek(void *ssl, void *to, int n);
EXPORTED int SSL_write(void *ssl, const void *from, int n);
EXPORTED int SSL_read_ex(void *ssl, void *to, size_t n, size_t *done);
EXPORTED int SSL_peek_ex(void *ssl, void *to, size_t n, size_t *done);
EXPORTED int SSL_write_ex(void *ssl, const void *from, size_t n, size_t *done);
EXPORTED int SSL_write_ex2(void *ssl, const void *from, size_t n, u64 flags, size_t *done);
EXPORTED int SSL_write_early_data(void *ssl, const void *from, size_t n, size_t *done);

int SSL_connect(void *ssl) {
    const zq_tls *t = zq_tls_of(ssl);
    return t ? shake(t, ssl, (handshake *)t->at[T_SSL_connect]) : FAILED;
}

int SSL_do_handshake(void *ssl) {
    const zq_tls *t = zq_tls_of(ssl);
    return t ? shake(t, ssl, (handshake *)t->at[T_SSL_do_handshake]) : FAILED;
}

#define MOVE(name, type)                                                                                             \
    int name(void *ssl, type data, int n) {                                                                          \
        const zq_tls *t = zq_tls_of(ssl);                                                                            \
        int may = ready(t, ssl);                                                                                     \
        if (may != READY) return may;                                                                                \
        return TLS_HAS(t, name) ? TLS(t, name, int, void *, type, int)(ssl, data, n) : FAILED;                       \
    }
#define MOVE_EX(name, type)                                                                                          \
    int name(void *ssl, type data, size_t n, size_t *done) {                                                         \
        const zq_tls *t = zq_tls_of(ssl);                                                                            \
        if (ready(t, ssl) != READY || !TLS_HAS(t, name)) return 0;                                                   \
        return TLS(t, name, int, void *, type, size_t, size_t *)(ssl, data, n, done);                                \
    }

MOVE(SSL_read, void *)
MOVE(SSL_peek, void *)
MOVE(SSL_write, const void *)
MOVE_EX(SSL_read_ex, void *)
MOVE_EX(SSL_peek_ex, void *)
MOVE_EX(SSL_write_ex, const void *)

int SSL_write_ex2(void *ssl, const void *from, size_t n, u64 flags, size_t *done) {
    const zq_tls *t = zq_tls_of(ssl);
    if (ready(t, ssl) != READY || !TLS_HAS(t, SSL_write_ex2)) return 0;
    return TLS(t, SSL_write_ex2, int, void *, const void *, size_t, u64, size_t *)(ssl, from, n, flags, done);
}

/* Under the keys of an earlier session, so only its server can read it: that one's certificate is judged. */
int SSL_write_early_data(void *ssl, const void *from, size_t n, size_t *done) {
    const zq_tls *t = zq_tls_of(ssl);
    if (!t || !TLS_HAS(t, SSL_write_early_data) || t->mark < 0) return 0;
    if (!is_server(t, ssl) && !zq_session_allowed(t, ssl, 1)) return zq_session_refuse(t, ssl), 0;
    note(t, ssl, SENDING_EARLY);
    int result = TLS(t, SSL_write_early_data, int, void *, const void *, size_t, size_t *)(ssl, from, n, done);
    note(t, ssl, UNKNOWN);
    return result;
}

EXPORTED const void *BIO_f_ssl(void);
EXPORTED void *BIO_new_ssl(void *context, int client);
EXPORTED void *BIO_new_ssl_connect(void *context);
EXPORTED void *BIO_new_buffer_ssl_connect(void *context);

/* These make no session themselves: from then on the library's own BIOs ask us. */
const void *BIO_f_ssl(void) { return zq_bio_methods(zq_tls_seen_from(__builtin_return_address(0))); }

void *BIO_new_ssl(void *context, int client) {
    const zq_tls *t = zq_tls_of(context);
    return zq_bio_is_ours(t) && TLS_HAS(t, BIO_new_ssl) ? TLS(t, BIO_new_ssl, void *, void *, int)(context, client) : 0;
}

#define MAKE(name)                                                                                                   \
    void *name(void *context) {                                                                                      \
        const zq_tls *t = zq_tls_of(context);                                                                        \
        return zq_bio_is_ours(t) && TLS_HAS(t, name) ? TLS(t, name, void *, void *)(context) : 0;                         \
    }
MAKE(BIO_new_ssl_connect)
MAKE(BIO_new_buffer_ssl_connect)

extern void *android_dlopen_ext(const char *path, int flags, const void *more) __attribute__((weak));

/* bionic looks at who calls, to know which libraries he may see. What we are refused, the caller asks for himself. */
#if defined(__clang__) && !defined(__i386__)
#define AS_THE_CALLER __attribute__((musttail)) return
#else
#define AS_THE_CALLER return
#endif

static void *open_hook(const char *path, int flags) {
    void *library = dlopen(path, flags);
    if (!library) AS_THE_CALLER dlopen(path, flags);
    zq_hooks_install();
    return library;
}

static void *open_more_hook(const char *path, int flags, const void *more) {
    void *(*original)(const char *, int, const void *) = android_dlopen_ext;
    __asm__("" : "+r"(original)); /* a jump to a function that may be missing is none that every ABI has */
    void *library = original(path, flags, more);
    if (!library) AS_THE_CALLER original(path, flags, more);
    zq_hooks_install();
    return library;
}

static void *symbol_hook(void *library, const char *name);

#define HOOK(name) {#name, (void *)name, 0}
static const zq_hook hooks[] = {
    HOOK(SSL_connect), HOOK(SSL_do_handshake), HOOK(SSL_read), HOOK(SSL_peek), HOOK(SSL_write), HOOK(SSL_read_ex),
    HOOK(SSL_peek_ex), HOOK(SSL_write_ex), HOOK(SSL_write_ex2), HOOK(SSL_write_early_data), HOOK(BIO_new_ssl),
    HOOK(BIO_new_ssl_connect), HOOK(BIO_new_buffer_ssl_connect), HOOK(BIO_f_ssl),
    {"dlopen", (void *)open_hook, 1}, {"android_dlopen_ext", (void *)open_more_hook, 1},
    {"dlsym", (void *)symbol_hook, 1},
};
enum { FUNCTIONS = 14, HOOKS = sizeof hooks / sizeof *hooks };

/* Functions of a TLS library that an app looks up by name are ours too. */
static void *symbol_hook(void *library, const char *name) {
    for (u32 i = 0; name && i < FUNCTIONS; i++) {
        void *own = zq_same_text(name, hooks[i].name) ? dlsym(library, name) : 0;
        if (own && hooks[i].function == (void *)BIO_f_ssl && zq_bio_is_ours(zq_tls_at(own))) return own; /* it asks us anyway */
        if (own) return hooks[i].function;
    }
    AS_THE_CALLER dlsym(library, name);
}

void zq_hooks_install(void) { zq_got_scan(hooks, HOOKS); }
