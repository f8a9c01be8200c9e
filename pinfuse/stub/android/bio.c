#include "bio.h"

#include "got.h"
#include "hooks.h"

/* bio.h and ssl.h: the same numbers since OpenSSL 1.0, and in LibreSSL. */
enum { BIO_TYPE_SSL = 0x207, SET_NOTHING = 0, GET_SSL = 110, STATE_MACHINE = 101 };
enum { FAILED = -1, READY = 1 };

/* The words of a table of methods: type, name, then with lengths as size_t (OpenSSL 1.1.1 and later) each function and
 * an older form of it, which is null; without (before it, and LibreSSL) the functions alone. No session can be read by
 * lines, so that word is null in both. */
enum { WRITE = 2, NARROW_READ = 3, NARROW_GETS = 5, NARROW_CTRL = 6, WIDE_READ = 4, WIDE_GETS = 7, WIDE_CTRL = 8 };

typedef int write_narrow(void *bio, const void *from, int n);
typedef int read_narrow(void *bio, void *to, int n);
typedef int write_wide(void *bio, const void *from, size_t n, size_t *done);
typedef int read_wide(void *bio, void *to, size_t n, size_t *done);
typedef long control(void *bio, int what, long n, void *p);

static void *session_of(const zq_tls *t, void *bio) {
    void *ssl = 0;
    return ((control *)t->bio.ctrl)(bio, GET_SSL, SET_NOTHING, &ssl) == 1 ? ssl : 0;
}

static long ctrl(void *bio, int what, long n, void *p) {
    const zq_tls *t = zq_tls_of_bio(bio);
    if (!t) return 0;
    void *ssl = what == STATE_MACHINE ? session_of(t, bio) : 0;
    if (ssl) zq_hooks_begin(t, ssl);
    long result = ((control *)t->bio.ctrl)(bio, what, n, p);
    return ssl && result == 1 && zq_hooks_ours(t, ssl) && !zq_hooks_admit(t, ssl) ? FAILED : result;
}

/* READY when data may be moved. The handshake is done here, so that nothing goes out before we have looked; what it
 * waits for is noted in the BIO by the library itself. */
static int ready(const zq_tls *t, void *bio) {
    void *ssl = t ? session_of(t, bio) : 0;
    if (!ssl) return FAILED;
    if (!zq_hooks_ours(t, ssl)) return READY;
    if (!zq_hooks_finished(t, ssl)) {
        zq_hooks_begin(t, ssl);
        long result = ((control *)t->bio.ctrl)(bio, STATE_MACHINE, SET_NOTHING, 0);
        if (result != 1) return result < 0 ? FAILED : (int)result;
    }
    return zq_hooks_admit(t, ssl) ? READY : FAILED;
}

static int write_n(void *bio, const void *from, int n) {
    const zq_tls *t = zq_tls_of_bio(bio);
    int may = ready(t, bio);
    return may == READY ? ((write_narrow *)t->bio.write)(bio, from, n) : may;
}

static int read_n(void *bio, void *to, int n) {
    const zq_tls *t = zq_tls_of_bio(bio);
    int may = ready(t, bio);
    return may == READY ? ((read_narrow *)t->bio.read)(bio, to, n) : may;
}

static int write_w(void *bio, const void *from, size_t n, size_t *done) {
    const zq_tls *t = zq_tls_of_bio(bio);
    int may = ready(t, bio);
    if (may == READY) return ((write_wide *)t->bio.write)(bio, from, n, done);
    return *done = 0, may;
}

static int read_w(void *bio, void *to, size_t n, size_t *done) {
    const zq_tls *t = zq_tls_of_bio(bio);
    int may = ready(t, bio);
    if (may == READY) return ((read_wide *)t->bio.read)(bio, to, n, done);
    return *done = 0, may;
}

/* Several threads may be at it, and each finds what the others left to do. */
static int take(zq_tls *t, void **words, int wide) {
    void **slots[] = {&words[WRITE], &words[wide ? WIDE_READ : NARROW_READ], &words[wide ? WIDE_CTRL : NARROW_CTRL]};
    void *ours[] = {wide ? (void *)write_w : (void *)write_n, wide ? (void *)read_w : (void *)read_n, (void *)ctrl};
    void **kept[] = {&t->bio.write, &t->bio.read, &t->bio.ctrl};
    int whole = 1;
    for (u32 i = 0; i < 3; i++) {
        void *is = __atomic_load_n(slots[i], __ATOMIC_ACQUIRE);
        if (is == ours[i]) continue;
        if (!zq_tls_holds(t, is)) return 0;
        *kept[i] = is;
    }
    __atomic_store_n(&t->bio.table, words, __ATOMIC_RELEASE);
    for (u32 i = 0; i < 3; i++) whole &= zq_got_put(slots[i], ours[i]);
    return whole;
}

int zq_bio_is_ours(const zq_tls *t) {
    if (!t || !TLS_HAS(t, BIO_f_ssl) || TLS_HAS(t, SSL_in_early_data)) return 0; /* BoringSSL's tells no session */
    if (__atomic_load_n(&t->bio.whole, __ATOMIC_ACQUIRE)) return 1;
    void **words = TLS(t, BIO_f_ssl, void **, void)();
    if (!words || !zq_tls_holds(t, words) || *(const i32 *)words != BIO_TYPE_SSL || words[NARROW_GETS]) return 0;
    int whole = take((zq_tls *)t, words, !words[NARROW_READ] && !words[WIDE_GETS]);
    if (whole) __atomic_store_n(&((zq_tls *)t)->bio.whole, 1, __ATOMIC_RELEASE);
    return whole;
}

static int never(void) { return 0; }

/* Whichever word makes a BIO, it says that it could not. */
static const struct {
    uintptr_t type;
    const char *name;
    int (*functions[10])(void);
} nothing = {BIO_TYPE_SSL, "", {never, never, never, never, never, never, never, never, never, never}};

const void *zq_bio_methods(const zq_tls *t) { return zq_bio_is_ours(t) ? (const void *)t->bio.table : &nothing; }
