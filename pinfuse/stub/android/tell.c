#include "tell.h"

#include "../core/hash.h"
#include "../core/host.h"

extern int pthread_create(void *thread, const void *attributes, void *(*run)(void *), void *argument);
extern int pthread_detach(uintptr_t thread);
extern int getpid(void);

enum { WAITING = 8, HEAD = 6, MOST = HEAD + 32 * ZQ_CHAIN + ZQ_HOST, REFUSED = 1, MET = 2 };
enum { MOST_MET = HEAD + 2 * ZQ_CHAIN + ZQ_CHAIN_BYTES + ZQ_HOST };

/* As Java reads it (zqk/N.java): reason, certificate, bits (REFUSED, MET), how many were left out before it (2), how many
 * certificates follow, SHA-256 of each, or, of a host that is met, its length (2) and itself; the host (none: not
 * known). */
typedef struct {
    u32 size;
    u8 bytes[MOST];
} message;

static message ring[WAITING];
static u32 first, count, missed;
static u8 met[MOST_MET];
static u32 met_size; /* 0: nothing is there; Java has what is there until it is 0 again */
static int busy;    /* 1 while one thread is at the ring */
static int telling; /* 1 while our thread lives */

static const void *machine; /* published last */
static jref class;
static int process;

static void lock(void) {
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) continue;
}

static void unlock(void) { __atomic_store_n(&busy, 0, __ATOMIC_RELEASE); }

/* The oldest message into out, and away with it, else the host that is met, where it lies; a null p when there is
 * nothing, and then our thread is over. */
static span take(message *out) {
    span next = {0, 0};
    lock();
    if (count) *out = ring[first], first = (first + 1) % WAITING, count--, next = (span){out->bytes, out->size};
    else if (met_size) next = (span){met, met_size};
    else telling = 0;
    unlock();
    return next;
}

static void give(jni_env env, void *method, span one) {
    jref bytes = jni_new_bytes(env, (i32)one.n);
    if (jni_failed(env) || !bytes) return;
    jni_put_bytes(env, bytes, 0, (i32)one.n, one.p);
    jni_call_static(env, class, method, &(i64){(i64)(uintptr_t)bytes});
    jni_failed(env);
    jni_drop(env, bytes);
}

static void *run(void *nothing) {
    struct {
        i32 version;
        const char *name;
        jref group;
    } as = {JNI_1_6, "zqk", 0};
    jni_env env = 0;
    message one;
    void *method = 0;
    int attached = !jni_attach(machine, &env, &as) && env;
    if (attached) method = jni_static_method_id(env, class, "e", "([B)V");
    if (attached && jni_failed(env)) method = 0;
    for (span next; (next = take(&one)).p;) {
        if (method) give(env, method, next);
        if (next.p == met) lock(), met_size = 0, unlock();
    }
    if (attached) jni_detach(machine);
    return nothing;
}

void zq_tell_waiting(void) {
    uintptr_t thread;
    if (!__atomic_load_n(&machine, __ATOMIC_ACQUIRE) || getpid() != process) return; /* a fork has no machine */
    lock();
    int begin = (count || met_size) && !telling;
    if (begin) telling = 1;
    unlock();
    if (!begin) return;
    if (!pthread_create(&thread, 0, run, 0)) {
        pthread_detach(thread);
        return;
    }
    lock();
    telling = 0;
    unlock();
}

void zq_tell_whom(void *whom, jni_env env, jref of) {
    class = jni_keep(env, of);
    process = getpid();
    if (!jni_failed(env) && class) __atomic_store_n(&machine, whom, __ATOMIC_RELEASE);
}

/* The bytes in front of a message's certificates; those left out are told with it. */
static u8 *begin(u8 *p, const zq_verdict *verdict, int bits, u32 certificates) {
    p[0] = (u8)verdict->reason, p[1] = (u8)verdict->certificate, p[2] = (u8)bits;
    p[3] = (u8)(missed >> 8), p[4] = (u8)missed, p[5] = (u8)certificates, missed = 0;
    return p + HEAD;
}

static u8 *append(u8 *p, const u8 *from, u32 n) {
    zq_copy(p, from, n);
    return p + n;
}

static void leave_out(void) { missed += missed < 0xffff; }

void zq_tell(const zq_question *question, const zq_verdict *verdict, int refused) {
    u8 digests[ZQ_CHAIN][32];
    u32 n = question->count <= ZQ_CHAIN ? question->count : 0;
    u32 host = question->host && question->host_length <= ZQ_HOST ? question->host_length : 0;
    for (u32 i = 0; i < n; i++) zq_sha256_of(question->chain[i], digests[i]);
    lock();
    if (count < WAITING) {
        message *one = &ring[(first + count++) % WAITING];
        u8 *end = append(begin(one->bytes, verdict, refused ? REFUSED : 0, n), digests[0], 32 * n);
        one->size = (u32)(append(end, question->host, host) - one->bytes);
    } else {
        leave_out();
    }
    unlock();
    zq_tell_waiting();
}

void zq_tell_met(const zq_question *question, const zq_verdict *verdict, int refused) {
    lock();
    if (met_size) {
        leave_out();
    } else {
        u8 *end = begin(met, verdict, refused ? MET | REFUSED : MET, question->count);
        for (u32 i = 0; i < question->count; i++) {
            u32 n = question->chain[i].n;
            end = append(append(end, (u8[]){(u8)(n >> 8), (u8)n}, 2), question->chain[i].p, n);
        }
        met_size = (u32)(append(end, question->host, question->host_length) - met);
    }
    unlock();
    zq_tell_waiting();
}
