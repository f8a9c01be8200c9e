#include "tls.h"

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

static int inside(const zq_tls *t, const void *at) { return (uintptr_t)at >= t->low && (uintptr_t)at < t->high; }

/* Every function out of the library itself and those it needs; 0 when it is no TLS library that can be judged. */
static int learn(const place *p, zq_tls *t) {
    void *library = p->path && *p->path ? dlopen(p->path, ALREADY_THERE) : 0;
    const char *name = names;
    if (!library) return 0;
    t->low = p->low, t->high = p->high, t->mark = -1;
    for (u32 i = 0; i < T_COUNT; i++) {
        t->at[i] = dlsym(library, name);
        while (*name++) continue;
    }
    for (u32 i = 0; i < T_NEEDED; i++)
        if (!t->at[i]) return 0;
    if (!inside(t, t->at[T_SSL_connect]) || !(TLS_HAS(t, SSL_is_init_finished) || TLS_HAS(t, SSL_state))) return 0;
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
    return found;
}

/* Every such library begins its sessions with a pointer to a table of methods among its own data, behind a version
 * or a type at most (ssl_local.h of OpenSSL 1.0 to 3.x, ssl/internal.h of BoringSSL, ssl_local.h of LibreSSL). */
const zq_tls *zq_tls_of(const void *ssl) {
    const uintptr_t *words = ssl;
    zq_tls fresh;
    if (!ssl) return 0;
    u32 n = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (u32 w = 0; w < WORDS; w++)
        for (u32 i = 0; i < n; i++)
            if (inside(&known[i], (const void *)words[w])) return &known[i];
    for (u32 w = 0; w < WORDS; w++) {
        place p = {words[w], 0, 0, 0};
        if (dl_iterate_phdr(find, &p) && learn(&p, &fresh)) return add(&fresh);
    }
    return 0;
}
