#include "tls.h"

#include "bio.h"
#include "linker.h"

enum { KNOWN = 16, WORDS = 6 };

static zq_tls known[KNOWN];
static u32 count;   /* published */
static int adding;

static const char names[] =
#define ZQ_TLS_NAME(name) #name "\0"
    ZQ_TLS_NEEDS(ZQ_TLS_NAME) ZQ_TLS_MAY_HAVE(ZQ_TLS_NAME);

typedef struct {
    uintptr_t at;
    const char *path;
    uintptr_t low, high;
} place;

static int find(loaded *library, size_t size, void *data) {
    place *p = data;
    (void)size;
    if (!zq_lies_in(library, p->at)) return 0;
    p->path = library->name, p->low = ~(uintptr_t)0, p->high = 0;
    for (u32 i = 0; i < library->count; i++) {
        const elf_program *one = &library->programs[i];
        uintptr_t start = library->base + one->address, end = start + one->size;
        if (one->kind != PT_LOAD) continue;
        if (start < p->low) p->low = start;
        if (end > p->high) p->high = end;
    }
    return 1;
}

int zq_tls_holds(const zq_tls *t, const void *at) { return (uintptr_t)at >= t->low && (uintptr_t)at < t->high; }

/* Every function out of the library itself and those it needs; 0 when it is no TLS library that can be judged. */
static int learn(const place *p, zq_tls *t) {
    void *library = p->path && *p->path ? dlopen(p->path, ALREADY_THERE) : 0;
    const char *name = names;
    if (!library) return 0;
    t->low = p->low, t->high = p->high, t->mark = -1, t->bio.table = 0, t->bio.whole = 0;
    for (u32 i = 0; i < T_COUNT; i++) {
        t->at[i] = dlsym(library, name);
        while (*name++) continue;
    }
    for (u32 i = 0; i < T_NEEDED; i++)
        if (!t->at[i]) return 0;
    if (!zq_tls_holds(t, t->at[T_SSL_connect]) || !(TLS_HAS(t, SSL_is_init_finished) || TLS_HAS(t, SSL_state))) return 0;
    if (!TLS_HAS(t, SSL_set_ex_data) || !TLS_HAS(t, SSL_get_ex_data)) return 1;
    if (TLS_HAS(t, SSL_get_ex_new_index))
        t->mark = TLS(t, SSL_get_ex_new_index, i32, long, void *, void *, void *, void *)(0, 0, 0, 0, 0);
    else if (TLS_HAS(t, CRYPTO_get_ex_new_index)) /* its first class of objects is the sessions */
        t->mark = TLS(t, CRYPTO_get_ex_new_index, i32, i32, long, void *, void *, void *, void *)(0, 0, 0, 0, 0, 0);
    return 1;
}

static const zq_tls *add(const zq_tls *t) {
    const zq_tls *found = 0;
    while (__atomic_exchange_n(&adding, 1, __ATOMIC_ACQUIRE)) continue;
    u32 n = count;
    for (u32 i = 0; i < n; i++)
        if (known[i].low == t->low) found = &known[i];
    if (!found && n < KNOWN) {
        known[n] = *t;
        found = &known[n];
        __atomic_store_n(&count, n + 1, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&adding, 0, __ATOMIC_RELEASE);
    zq_bio_is_ours(found);
    return found;
}

const zq_tls *zq_tls_at(const void *address) {
    place p = {(uintptr_t)address, 0, 0, 0};
    zq_tls fresh;
    u32 n = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (u32 i = 0; i < n; i++)
        if (zq_tls_holds(&known[i], address)) return &known[i];
    return dl_iterate_phdr(find, &p) && learn(&p, &fresh) ? add(&fresh) : 0;
}

/* Every such library begins its sessions and their contexts with a pointer to a table of methods among its own data,
 * behind a version, a type or a pointer at most (ssl_local.h of OpenSSL 1.0 to 3.x, ssl/internal.h of BoringSSL,
 * ssl_local.h of LibreSSL). */
const zq_tls *zq_tls_of(const void *ssl) {
    const uintptr_t *words = ssl;
    if (!ssl) return 0;
    u32 n = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (u32 w = 0; w < WORDS; w++)
        for (u32 i = 0; i < n; i++)
            if (zq_tls_holds(&known[i], (const void *)words[w])) return &known[i];
    for (u32 w = 0; w < WORDS; w++) {
        const zq_tls *t = zq_tls_at((const void *)words[w]);
        if (t) return t;
    }
    return 0;
}

const zq_tls *zq_tls_seen_from(const void *code) {
    place p = {(uintptr_t)code, 0, 0, 0};
    void *library = dl_iterate_phdr(find, &p) && p.path && *p.path ? dlopen(p.path, ALREADY_THERE) : 0;
    void *seen = library ? dlsym(library, "SSL_new") : 0;
    if (seen) return zq_tls_at(seen);
    return __atomic_load_n(&count, __ATOMIC_ACQUIRE) ? &known[0] : 0;
}

/* A BIO begins with that table, or has one pointer before it (bio_local.h of OpenSSL and LibreSSL). */
const zq_tls *zq_tls_of_bio(const void *bio) {
    void *const *const *words = bio;
    for (u32 w = 0; w < 2; w++)
        for (u32 i = 0; i < KNOWN; i++)
            if (words[w] && words[w] == (void *const *)__atomic_load_n(&known[i].bio.table, __ATOMIC_ACQUIRE))
                return &known[i];
    return 0;
}
